# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A redacted trace says nothing of anybody, and plays like the original."""

import pytest
from recordings import record, session

from camera_driver.catalog import TYPES
from camera_driver.devices.fuji_mx.codec import Block
from camera_driver.devices.intelix.codec import Message
from camera_driver.devices.ix_link.codec import Reply, Request
from camera_driver.devices.sierra.codec import Code, command, Packet, Type
from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.link.redaction import GREY, redacted
from camera_driver.link.trace import Entry, Heading, read
from camera_driver.pictures.image import check
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.replay import Replay

NAME, SERIAL = b'MUELLER', b'SN471107'
WINDOW = 10  # bytes of a picture that would be recognised


def secretive(name):
    """Return a simulated device that has something to tell, and what of it is private."""
    simulator = TYPES[name].simulator_class()
    if name == 'sierra':
        simulator = simulator(serial_number=SERIAL.decode())
        simulator.camera.registers[NUMBER['camera_id']] = NAME
        return simulator, [NAME, SERIAL]
    if name == 'fuji_mx':
        return simulator(camera_id=NAME.decode()), [NAME]
    simulator = simulator()
    if name == 'intelix':
        simulator.preset_names = {number: NAME + b' ' for number in simulator.preset_names}
        return simulator, [NAME]
    return simulator, []


def said(trace):
    """Return all bytes of each side."""
    return [b''.join(entry.data for entry in trace if isinstance(entry, Entry)
                     and entry.mark == mark) for mark in '<>']


def without_private(name, path):
    """Return a trace, redacted."""
    kind = TYPES[name]
    return redacted(read(path), kind.codec_module(), kind.redaction_rule())


@pytest.mark.parametrize('fault', [None, 'flip', 'cut'])
@pytest.mark.parametrize('name', TYPES)
def test_nothing_private_stays(tmp_path, name, fault):
    path = tmp_path / 'wire.log'
    simulator, secrets = secretive(name)
    faults = {'to_host': Faults({fault: 0.1}, 5)} if fault else {}
    record(TYPES[name], path, simulator, **faults)
    trace = without_private(name, path)
    before, after = said(read(path)), said(trace)
    assert all(any(secret in side for side in before) for secret in secrets)
    assert not any(secret[:4] in side for secret in secrets for side in after)
    kept = {side[i:i + WINDOW] for side in after for i in range(len(side))}
    for frame in getattr(simulator, 'frames', []):
        parts = {frame.data[i:i + WINDOW] for i in range(0, len(frame.data) - WINDOW)}
        parts = {part for part in parts if len(set(part)) > 5 and part not in GREY}
        assert not parts & kept
    assert 'loop' not in ''.join(map(str, trace))


@pytest.mark.parametrize('name', TYPES)
def test_it_plays_like_the_original(tmp_path, name):
    kind, path = TYPES[name], tmp_path / 'wire.log'
    simulator, _ = secretive(name)
    recorded = record(kind, path, simulator)
    replay = Replay(without_private(name, path), kind.comparable)
    results = session(kind, LoopPort(replay, kind.device_class().LINE))
    assert replay.difference is None and replay.done
    assert len(results) == len(recorded) and results[-1] == recorded[-1]
    pictures = [one for one in results if isinstance(one, bytes)]
    assert [len(one) for one in pictures] == [
        len(one) for one in recorded if isinstance(one, bytes)]
    for one in pictures:
        assert check(one, 'jpeg').width == 16


@pytest.mark.parametrize(('name', 'mark', 'frames', 'after'), [
    ('sierra', '>', [command(Code.SET_VDATA, NUMBER['camera_id'], value=NAME)],
     [command(Code.SET_VDATA, NUMBER['camera_id'], value=b'xxxxxxx')]),
    ('sierra', '>', [command(Code.SET_VDATA, NUMBER['upload_data'], value=NAME),
                     Packet(Type.LAST, 1, NAME)],
     [command(Code.SET_VDATA, NUMBER['upload_data'], value=GREY[:7]),
      Packet(Type.LAST, 1, GREY[:7])]),
    ('sierra', '<', [Packet(Type.LAST, 0, NAME)], [Packet(Type.LAST, 0, bytes(7))]),
    ('sierra', '>', [command(Code.SET_INT, 1, value=bytes(4) + NAME), command(Code.GET_INT, 2)],
     [command(Code.SET_INT, 1, value=bytes(11)), command(Code.GET_INT, 2)]),
    ('fuji_mx', '>', [Block(0x82, NAME)], [Block(0x82, b'xxxxxxx')]),
    ('fuji_mx', '>', [Block(0x0f, b'HOUSE.JPG')], [Block(0x0f, b'xxxxxxxxx')]),
    ('fuji_mx', '>', [Block(0x0f, b'DSC00007.JPG')], [Block(0x0f, b'DSC00007.JPG')]),
    ('fuji_mx', '>', [Block(0x0e, GREY[::-1], False), Block(0x0e, NAME)],
     [Block(0x0e, GREY, False), Block(0x0e, bytes(7))]),
    ('fuji_mx', '<', [Block(0x99, NAME)], [Block(0x99, b'xxxxxxx')]),
    ('ix_link', '<', [Reply(0, 8, NAME)], [Reply(0, 8, bytes(7))]),
    ('ix_link', '>', [Request(200, NAME)], [Request(200, bytes(7))]),
    ('intelix', '>', [Message(b'\0\x051234')], [Message(b'\0\x05****')]),
    ('intelix', '>', [Message(b'\1\0\3ABCDE')], [Message(b'\1\0\3xxxxx')]),
    ('intelix', '<', [Message(b'\x09\0' + NAME)], [Message(b'\x09\0' + bytes(7))])])
def test_what_goes_of_a_frame(name, mark, frames, after):
    codec, rule = TYPES[name].codec_module(), TYPES[name].redaction_rule()
    data = b''.join(map(codec.encode, frames))
    _, *lines = redacted([Heading(name, '/dev/tty', 0.0, 0.0)] + [
        Entry(0.001 * i, mark, data[i:i + 5]) for i in range(0, len(data), 5)], codec, rule)
    assert b''.join(line.data for line in lines) == b''.join(map(codec.encode, after))
    assert all(line.data for line in lines)

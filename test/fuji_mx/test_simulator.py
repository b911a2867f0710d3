# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera against the conversations and rules of docs/protocols/fuji_mx.md."""

from datetime import datetime

from fuji_mx.conversations import (
    ACK, connect, CONVERSATIONS, DEVICE, ENQ, EOT, example_frames, GREY, Host, NAK)
from helpers import pattern
from hypothesis import given, settings, strategies as st
import pytest

from camera_driver.devices.fuji_mx.codec import Block, encode, message
from camera_driver.devices.fuji_mx.commands import Command, DS_7_COMMANDS, TABLE
from camera_driver.devices.fuji_mx.simulator.options import FAULTS
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator, State
from camera_driver.pictures.image import check, ycbcr422_to_rgb
from camera_driver.pictures.jpeg import jpeg_in
from camera_driver.sim.scene import stills

COUNT = encode(Block(0x0b))
THREE = bytes.fromhex('10 02 00 06 02 00 03 00 10 03 04')
LIST = encode(Block(0x4c))


@pytest.fixture
def camera():
    return connect()


def test_every_section_is_read():
    assert list(CONVERSATIONS) == [f'6.{i}' for i in range(1, 14)]


@pytest.mark.parametrize('section', ['6.2', '6.3', '6.4', '6.6', '6.8', '6.9', '6.11', '6.12'])
def test_conversation(camera, section):
    for conversation in CONVERSATIONS[section]:
        camera[1].play(conversation)


def test_6_1_connect():
    simulator = FujiMxSimulator()
    host = Host(simulator)
    conversation = CONVERSATIONS['6.1'][0]
    host.play(conversation[:-2])
    assert (simulator.state, simulator.line.baudrate) == (State.CLOSED, 115200)
    host.play(conversation[-2:])
    assert (simulator.state, simulator.line.baudrate) == (State.OPEN, 115200)


def test_6_1_a_refused_speed():
    simulator, host = connect(max_speed=57600)
    conversation = CONVERSATIONS['6.1'][1]
    host.play(conversation[:-1])
    assert host.send(conversation[-1][1], 1.0) == ACK + encode(Block(0x08, b'\0'))
    assert simulator.line.baudrate == 9600
    assert host.send(ACK + EOT) == b''
    assert simulator.line.baudrate == 57600


def test_6_5_pictures(camera):
    simulator, host = camera
    host.play(CONVERSATIONS['6.5'][0])
    simulator.misbehave('damaged_block', skip=1)
    host.play(CONVERSATIONS['6.5'][1])


def test_6_7_preview():
    connect(preview=GREY)[1].play(CONVERSATIONS['6.7'][0])


def test_6_10_clock(camera):
    simulator, host = camera
    conversation = CONVERSATIONS['6.10'][0]
    host.play(conversation[:4])
    host.wait(1.0)
    host.play(conversation[4:])


def test_6_13_unsupported_and_reset():
    simulator, host = connect(commands=DS_7_COMMANDS)
    conversation = CONVERSATIONS['6.13'][0]
    host.play(conversation[:6])
    assert simulator.state is State.OPEN
    host.play(conversation[:4] + conversation[6:])  # had the host gone on
    assert conversation[-1] == (DEVICE, EOT)
    assert simulator.state is State.CLOSED


def test_usable_without_arguments():
    simulator = FujiMxSimulator()
    host = Host(simulator)
    assert host.send(ENQ) == ACK
    assert host.ask(0x0b) == bytes([len(stills()), 0])
    for index, still in enumerate(stills(), 1):
        number = bytes([index, 0])
        assert host.ask(0x02, number) == still.data
        assert int.from_bytes(host.ask(0x17, number), 'little') == len(still.data)
        head = host.ask(0x00, number)
        assert still.data.startswith(head) and len(head) <= 10500
        assert jpeg_in(head) == still.thumbnail
    assert host.ask(0x64) == bytes(2)
    preview = host.ask(0x62)
    assert preview[:4] == bytes.fromhex('50 00 3c 00')
    assert ycbcr422_to_rgb(preview[4:], 80, 60).std() > 10
    assert host.ask(0x27) == bytes([len(stills()) + 1, 0, 0, 0])
    picture = simulator.frames[-1]
    assert (check(picture.data, 'jpeg').width, picture.name) == (640, 'DSC00006.JPG')
    assert simulator.press_shutter() is simulator.frames[-1]


def test_closed_until_enq():
    simulator = FujiMxSimulator()
    host = Host(simulator)
    for data in (COUNT, ACK, NAK, EOT, b'\x10\x02'):
        assert host.send(data, 1.0) == b''
    assert host.send(ENQ) == ACK


def test_enq_at_any_time_drops_the_answer(camera):
    _, host = camera
    assert host.send(COUNT, 0.1) == ACK + THREE
    assert host.send(ENQ) == ACK
    assert host.send(NAK, 0.5) == host.send(ACK, 0.5) == b''
    assert host.send(COUNT, 0.1) == ACK + THREE
    assert host.send(COUNT, 0.1) == ACK + THREE  # a new command does, too
    assert host.send(NAK, 0.1) == host.send(NAK, 0.1) == THREE


def test_bad_blocks_and_the_third(camera):
    simulator, host = camera
    wrong = bytes.fromhex('10 02 00 0b 00 00 10 03 09')
    assert host.send(wrong) == b''
    assert host.send(b'rest', 0.1) == b''  # still not silent
    assert host.send(b'', 0.2) == NAK
    assert host.send(bytes.fromhex('10 02 00 0b 10'), 1.0) == NAK  # its end is missing
    assert host.send(COUNT, 0.1) == ACK + THREE
    assert host.send(ACK) == b''
    assert host.send(wrong, 0.3) == host.send(wrong, 0.3) == NAK
    assert host.send(ENQ) == ACK
    assert host.send(wrong, 0.3) == host.send(wrong, 0.3) == NAK
    assert host.send(wrong, 0.3) == EOT
    assert host.send(COUNT, 0.3) == b''
    assert simulator.line == FujiMxSimulator.LINE


def test_noise_is_ignored(camera):
    _, host = camera
    assert host.send(b'abc\x06', 1.0) == b''
    assert host.send(COUNT, 0.1) == ACK + THREE


def test_length_that_does_not_fit():
    empty_date = bytes.fromhex('10 02 00 86 0e 00 10 03 8b')  # as libgphoto2 sends it (8 #14)
    assert connect()[1].send(empty_date, 0.3) == NAK
    simulator, host = connect(lax=True)
    assert host.send(empty_date, 0.3) == ACK + encode(Block(0x87, b'\1'))


@pytest.mark.parametrize('block', [
    Block(0x4c), Block(0x05), Block(0x0b, prefix=1), Block(0x07, b'\x08'),
    Block(0x0b, last=False)])
def test_refused_commands(block):
    assert connect(commands=DS_7_COMMANDS)[1].send(encode(block), 5.0) == NAK


def test_eot_and_speeds():
    simulator, host = connect()
    assert host.ask(0x07, b'\x07', 1) == b'\0'
    assert simulator.line.baudrate == 9600
    host.send(EOT)
    assert (simulator.line.baudrate, simulator.line.parity) == (57600, 'E')
    assert host.send(ENQ) == ACK
    host.send(EOT)
    assert simulator.line.baudrate == 9600
    simulator, host = connect(eot_keeps_speed=True, garbles_above=57600)
    host.ask(0x07, b'\x07', 1)
    host.send(EOT + ENQ)
    host.send(EOT)
    assert simulator.line.baudrate == 57600
    host.send(ENQ)
    assert host.ask(0x07, b'\x09', 1) == host.ask(0x07, b'', 1) == b'\1'
    host.ask(0x07, b'\x08', 1)
    host.send(EOT)
    assert host.send(ENQ, 1.0) == b''
    simulator.power_cycle()
    assert simulator.line.baudrate == 9600


def test_answers_about_pictures_that_are_not_there(camera):
    _, host = camera
    for number in (b'\0\0', b'\4\0', b''):
        assert [host.ask(n, number) for n in (0x00, 0x02, 0x0a)] == [b''] * 3
        assert host.ask(0x17, number) == bytes(4)
        assert host.ask(0x19, number) == b'\1'


def test_deleting_renumbers(camera):
    simulator, host = camera
    before = host.ask(0x1b)
    assert host.ask(0x19, b'\1\0') == b'\0'
    assert host.ask(0x0b) == b'\2\0'
    assert host.ask(0x0a, b'\1\0') == b'DSC00002.JPG'
    assert host.ask(0x15) == b'DSC00003.JPG'
    assert int.from_bytes(host.ask(0x1b)[1:], 'little') == int.from_bytes(before[1:],
                                                                          'little') + 1536


def test_card():
    assert connect(card_status=2)[1].ask(0x1b) == bytes([2, 0, 0, 0, 0])
    assert connect(card_status_last=True)[1].ask(0x1b) == bytes.fromhex('00 40 1f 00 00')


def test_no_room():
    simulator, host = connect(memory_size=4096)
    assert host.ask(0x27) == bytes([0, 0, 1, 0])
    assert len(simulator.frames) == 3
    with pytest.raises(RuntimeError, match='no room'):
        simulator.press_shutter()


def test_busy_while_it_executes(camera):
    simulator, host = camera
    assert host.send(encode(Block(0x27)), 1.0) == ACK
    assert simulator.state is State.EXECUTING
    assert host.send(NAK, 0.5) == b''
    answer = encode(Block(0x28, b'\4\0\0\0'))
    assert host.send(b'', 1.0) == answer + answer  # the NAK is read afterwards
    assert host.send(ACK, 1.0) == b''
    assert simulator.shots == [0.0]


def test_uploads(camera):
    simulator, host = camera

    def upload(name, data):
        result = host.ask(0x0f, name)
        answers = [host.send(encode(block)) for block in message(0x0e, data)]
        assert answers == [ACK] * len(answers)
        return result

    assert upload(b'DSC00009.JPG', pattern(1024)) == b'\0'
    assert (simulator.frames[3].name, simulator.frames[3].data) == ('DSC00009.JPG', pattern(1024))
    assert host.ask(0x00, b'\4\0') == b''  # no thumbnail
    assert upload(b'DSC00002.JPG', b'new') == b'\1'
    assert simulator.frames[1].data == b'new'
    for name in (b'DSC9.JPG', b'dsc00009.jpg', b'', b'DSC00009.JPGX'):
        assert upload(name, b'lost') == b'\3'
    assert [host.send(encode(block)) for block in message(0x0e, b'no name')] == [ACK]
    assert len(simulator.frames) == 4
    host.ask(0x0f, b'DSC00010.JPG')
    assert host.send(encode(Block(0x0e, bytes(512), last=False))) == ACK
    assert host.ask(0x0b) == b'\4\0'  # anything else ends it
    host.send(encode(Block(0x0e, b'end')))
    assert len(simulator.frames) == 4


def test_settings(camera):
    simulator, host = camera
    assert host.ask(0x30) == b'\3'
    assert [host.ask(0x32, value) for value in (b'\1', b'\4', b'')] == [b'\0', b'\1', b'\1']
    assert host.ask(0x30) == b'\1'
    host.ask(0x82, b'a name that is too long')
    assert host.ask(0x80) == b'a name tha'
    assert host.ask(0x86, b'20440101000000') == host.ask(0x86, b'1999') == b'\1'
    assert host.ask(0x34, b'\xc8\0') == b'\0'
    assert simulator.charged == [200]


def test_every_command_answers(camera):
    simulator, host = connect(commands=bytes(TABLE))
    for number in TABLE:
        answer = host.ask(number, b'\x09', int(number == Command.SET_SPEED))
        assert answer not in (NAK, EOT), number
        assert simulator.state is State.OPEN
    assert simulator.log[-1] == bytes([*TABLE][-1:]) + b'\x09'


def test_idle_timeout():
    simulator, host = connect(idle_timeout=30.0)
    host.wait(29.0)
    assert host.send(COUNT, 1.0) == ACK + THREE
    assert host.send(ACK, 31.0) == b''
    assert host.send(COUNT, 1.0) == b''
    assert simulator.state is State.CLOSED


def test_there_is_no_such_option():
    with pytest.raises(TypeError, match='colour'):
        FujiMxSimulator(colour=1)


@pytest.mark.parametrize('fault, heard', [
    ('nak_command', NAK), ('eot_command', EOT), ('silence', b''), ('lose_ack', THREE),
    ('lose_answer', ACK), ('lose_both', b''), ('hang', ACK), ('lost_block', ACK),
    ('truncated_block', ACK + THREE[:-3]), ('wrong_bcc', ACK + THREE[:-1] + b'\5'),
    ('wrong_number', ACK + encode(Block(0x46, b'\3\0'))),
    ('huge_count', ACK + encode(Block(0x06, b'\xff\xff'))),
    ('empty_answer', ACK + encode(Block(0x06))),
    ('short_answer', ACK + encode(Block(0x06, b'\3'))),
    ('damaged_answer', ACK + encode(Block(0x06, b'\3\x40'))),
    ('late_block', ACK), ('very_late_block', ACK),
])
def test_faults(camera, fault, heard):
    simulator, host = camera
    simulator.misbehave(fault, command=b'\x0b')
    assert host.send(COUNT, 0.1) == heard
    assert simulator.faults.pending == []
    late = host.send(b'', 5.0)
    assert late == (THREE if 'late' in fault else b'')


def test_faults_in_transfers(camera):
    simulator, host = camera
    blocks = [encode(block) for block in message(0x03, pattern(1100))]
    picture = encode(Block(0x02, b'\1\0'))
    simulator.misbehave('duplicate_block')
    assert host.send(picture, 0.1) == ACK + blocks[0]
    assert [host.send(ACK) for _ in range(4)] == [blocks[0], blocks[1], blocks[2], b'']
    simulator.misbehave('endless_data')
    assert host.send(picture, 0.1) == ACK + blocks[0]
    assert len({host.send(ACK) for _ in range(30)}) == 3
    simulator.misbehave('eot_in_transfer')
    assert host.send(picture, 0.1) == ACK + blocks[0]
    assert host.send(ACK) == EOT


def test_failing_commands(camera):
    simulator, host = camera
    simulator.misbehave('fail', 3)
    assert host.ask(0x27) == bytes([0, 0, 1, 0])
    assert host.ask(0x19, b'\1\0') == host.ask(0x07, b'\x08', 1) == b'\1'
    assert (len(simulator.frames), simulator.shots) == (3, [])
    simulator.misbehave('silent_enq')
    assert [host.send(ENQ), host.send(ENQ)] == [b'', ACK]
    simulator.misbehave('hostile_name')
    assert host.ask(0x0a, b'\1\0') == b'../../etc/passwd'
    simulator.misbehave('huge_size')
    assert host.ask(0x17, b'\1\0') == b'\xff' * 4
    simulator.misbehave('huge_preview')
    assert host.ask(0x62) == b'\xff' * 4


def test_clock_runs(camera):
    simulator, host = camera
    host.wait(3600.0)
    assert simulator.time == datetime(2001, 6, 14, 11, 0, 0)


commands = st.builds(lambda number, payload, last, prefix: encode(
    Block(number, payload, last, prefix)), st.sampled_from([*TABLE, 0x0e, 0x99]),
    st.sampled_from([b'', b'\1\0', b'\x08', b'DSC00007.JPG', pattern(512)]), st.booleans(),
    st.sampled_from([0, 0, 0, 1]))
pieces = st.lists(st.binary(max_size=30) | commands | st.sampled_from([ACK, NAK, ENQ, EOT]),
                  max_size=30)


@settings(deadline=None)
@given(pieces, st.lists(st.sampled_from(sorted(FAULTS)), max_size=3), st.floats(0, 3))
def test_any_bytes_and_any_faults(pieces, faults, pause):
    """It neither fails nor babbles, and is there again after power-on."""
    simulator, host = connect(width=160, height=120, frames=example_frames(),
                              memory_size=30_000 // 512 * 512, preview=GREY)
    for fault in faults:
        simulator.misbehave(fault)
    for piece in pieces:
        assert len(host.send(piece, pause)) <= 1100 * (len(pieces) + 1)
    host.send(b'', 100.0)
    assert host.send(b'', 100.0) == b''
    simulator.power_cycle()
    assert ACK in [host.send(ENQ) for _ in range(5)]

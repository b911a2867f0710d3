# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Registers saved, compared and loaded."""

import json

from hypothesis import given, settings, strategies as st
from kp_fd30.rig import Camera
import pytest

from camera_driver.devices.kp_fd30.camera import KpFd30Camera
from camera_driver.devices.kp_fd30.registers import BY_NAME
from camera_driver.devices.kp_fd30.snapshot import dump, FORMAT, parse, READABLE
from camera_driver.errors import (
    Forbidden, NotConfirmed, options_of, OutcomeUnknown)
from camera_driver.model import Difference
from camera_driver.sim.loop import LoopPort

NAMES = [register.name for register in READABLE]


def connect(allow=False, **registers):
    """Return a simulated camera that holds these, and the device at it."""
    simulator = Camera(registers=registers)
    return simulator, KpFd30Camera(LoopPort(simulator), {'allow_factory_store': allow})


def writes(simulator):
    return [command for command in simulator.log if not command.reads]


def test_save():
    simulator, device = connect(video_level=b'\x40\1\2', cy_matrix_9e=b'\x10\1\0')
    steps = []
    text = device.save(steps.append)
    document = json.loads(text)
    assert document['format'] == FORMAT
    assert document['registers']['video_level'] == '40 01 02'
    assert document['registers']['awc_r_gain_offset'] == '80 00 00'
    assert document['factory']['cy_matrix_9e'] == '10 01 00'
    assert 'cy_matrix_9e' not in document['registers']
    assert len(document['registers']) + len(document['factory']) == len(NAMES) == 19
    assert [(p.done, p.total, p.activity) for p in steps] == [
        (number, 19, name) for number, name in enumerate(NAMES)]
    assert parse(text) == simulator.registers
    assert not writes(simulator)


def test_nothing_differs():
    _, device = connect(True)
    assert device.compare(device.save(), factory=True) == []
    device.load([])


def test_the_difference_is_shown_before_it_is_written():
    simulator, device = connect(
        shutter_mode=b'\1\0\0', preset_shutter=b'\x22\0\0', video_level=b'\x40\0\0',
        standard_gain=b'\x77\0\0')
    text = device.save()
    simulator, device = connect()
    differences = device.compare(text)
    assert differences == [
        Difference('video_level', '00 00 00', '40 00 00', b'\x40\0\0'),
        Difference('shutter_mode', 'off [00 00 00]', 'preset [01 00 00]', b'\1\0\0'),
        Difference('preset_shutter', '0 [00 00 00]', '34 [22 00 00]', b'\x22\0\0')]
    assert not writes(simulator)
    device.load(differences)
    assert simulator.registers['preset_shutter'] == b'\x22\0\0'
    assert simulator.registers['standard_gain'] == bytes(3)
    assert [c.status for c in writes(simulator)] == [0, 0, 0]
    assert device.compare(text) == []


def test_factory_values_and_eeprom_are_guarded():
    text = connect(standard_gain=b'\x77\0\0', alc_mode=b'\1\0\0')[1].save()
    simulator, device = connect()
    everything = device.compare(text, factory=True)
    assert [(d.name, d.factory) for d in everything] == [
        ('alc_mode', False), ('standard_gain', True)]
    with pytest.raises(Forbidden, match='standard_gain') as error:
        device.load(everything)
    assert options_of(error.value) == ('allow_factory_store',)
    with pytest.raises(Forbidden, match='EEPROM'):
        device.load(device.compare(text), store=True)
    assert not writes(simulator)
    simulator, device = connect(True)
    device.load(device.compare(text, factory=True), store=True)
    assert simulator.eeprom['standard_gain'] == b'\x77\0\0'
    assert simulator.eeprom_writes == 2


def test_load_and_store_writes_all_of_it():
    text = connect(alc_mode=b'\1\0\0', agc_mode=b'\5\0\0', video_level=b'\x40\0\0')[1].save()
    for first in ([], ['agc_mode'], ['alc_mode', 'agc_mode', 'video_level']):
        simulator, device = connect(True)
        differences = device.compare(text)
        assert len(differences) == 3
        device.load([one for one in differences if one.name in first])
        differences = device.compare(text, store=True)
        assert len(differences) == 10
        done = []
        device.load(differences, store=True, written=done.append)
        assert done == differences and simulator.eeprom_writes == 10
        simulator.power_cycle()
        assert not device.compare(text)


@pytest.mark.parametrize('name, data, message', [
    ('alc_mode', '03 00 00', 'alc_mode: 3 is not allowed; allowed: 0 to 2'),
    ('alc_mode', '01 00 01', '01 00 01 is not a value of 1 byte'),
    ('variable_shutter', '02 0a 00', 'allowed: 0 to 521'),
    ('awc_r_gain_offset', '80 01 00', 'not a value of 1 byte'),
    ('preset_shutter', '25 00 00', 'allowed: 0 to 36'),
])
def test_values_that_set_refuses(name, data, message):
    simulator, device = connect()
    with pytest.raises(ValueError, match=message):
        device.compare(json.dumps({'format': FORMAT, 'registers': {name: data}}))
    assert not writes(simulator)
    # Held by the camera all the same, it is nothing to write.
    simulator.registers[name] = bytes.fromhex(data)
    assert device.compare(device.save()) == []


@pytest.mark.parametrize('store', [False, True])
def test_what_may_be_written_is_told(store):
    text = connect(alc_mode=b'\1\0\0', alc_area=b'\1\0\0', shutter_mode=b'\1\0\0')[1].save()
    simulator, device = connect(True)
    differences = device.compare(text)
    assert len(differences) == 3
    simulator.misbehave('lose_text_ack', register='alc_area', skip=store)
    simulator.after(1.0, lambda: setattr(simulator, 'mute', True))
    done = []
    with pytest.raises((NotConfirmed, OutcomeUnknown), match='already written: alc_mode'):
        device.load(differences, store, done.append)
    assert [one.name for one in done] == ['alc_mode', 'alc_area']
    assert simulator.registers['alc_area'] == b'\1\0\0'


def test_a_failure_says_what_is_written_already():
    text = connect(alc_mode=b'\1\0\0', alc_area=b'\1\0\0', shutter_mode=b'\1\0\0')[1].save()
    simulator, device = connect()
    simulator.misbehave('ignore_write', register='shutter_mode')
    with pytest.raises(NotConfirmed, match=r'shutter_mode: .* \(already .*: alc_mode, alc_area\)'):
        device.load(device.compare(text))


@pytest.mark.parametrize('text, message', [
    ('', 'not a file of saved registers'),
    ('[' * 100_000, 'not a file of saved registers'),
    ('[]', 'its "format" should be'),
    ('{"format": "camera_driver sierra 1"}', 'its "format" should be'),
    ('{"format": "FORMAT", "registers": 1}', '"registers" should hold'),
    ('{"format": "FORMAT", "registers": {"gamma": "00 00 00"}}', "no such register: 'gamma'"),
    ('{"format": "FORMAT", "registers": {"awc_preset_restart": "00 00 00"}}', 'no such register'),
    ('{"format": "FORMAT", "registers": {"standard_gain": "00 00 00"}}', 'no such register'),
    ('{"format": "FORMAT", "factory": {"alc_mode": "00 00 00"}}', 'no such register'),
    ('{"format": "FORMAT", "registers": {"alc_mode": "00 00"}}', 'is not three bytes'),
    ('{"format": "FORMAT", "registers": {"alc_mode": "zz"}}', 'is not three bytes'),
    ('{"format": "FORMAT", "registers": {"alc_mode": 1}}', 'is not three bytes'),
    ('{"format": "FORMAT", "registers": {"alc_mode": null}}', 'is not three bytes'),
])
def test_what_is_no_such_file(text, message):
    simulator, device = connect()
    with pytest.raises(ValueError, match=message):
        device.compare(text.replace('FORMAT', FORMAT))
    assert not simulator.heard


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.binary(min_size=3, max_size=3)))
def test_there_and_back(held):
    assert parse(dump(held)) == held


@settings(deadline=None)
@given(st.text() | st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(['registers', 'factory', *NAMES]), inner, max_size=3)).map(
            lambda value: json.dumps(
                {**value, 'format': FORMAT} if isinstance(value, dict) else value)))
def test_any_text(text):
    try:
        held = parse(text)
    except ValueError:
        return
    assert all(name in BY_NAME and len(data) == 3 for name, data in held.items())

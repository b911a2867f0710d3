# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera against kp_fd30.md: 3.6 row by row, section 9, its faults."""

from hypothesis import given, settings, strategies as st
from kp_fd30.host import ACK, ENQ, Host, NAK
from kp_fd30.rig import FLOWS
from kp_fd30.vectors import command, PRESET_SUMS, ROWS, VECTORS, wire
import pytest

from camera_driver.devices.kp_fd30.codec import encode, Reply
from camera_driver.devices.kp_fd30.registers import BY_NAME
from camera_driver.devices.kp_fd30.simulator.faults import FAULTS
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator, State

READ_ALC = '01ff813a000000'
ALC_REPLY = encode(Reply(bytes(3)))
WRITE_ALC = '00ff013a010000'


@pytest.fixture
def line():
    """Return a simulated camera and a host."""
    camera = KpFd30Simulator()
    return camera, Host(camera)


# The conversations of section 6.

def test_6_1_preset_shutter(line):
    camera, host = line
    host.play(FLOWS['6.1'])
    assert camera.registers['shutter_mode'] == b'\1\0\0'
    assert camera.registers['preset_shutter'] == b'\x22\0\0'
    assert camera.eeprom_writes == 0


def test_6_2_read(line):
    camera, host = line
    camera.registers['alc_mode'] = b'\1\0\0'
    host.play(FLOWS['6.2'])
    assert camera.state is State.IDLE


def test_6_3_stored(line):
    camera, host = line
    host.play(FLOWS['6.3'])
    assert camera.eeprom['variable_shutter'] == bytes.fromhex('01 cd 00')
    assert camera.eeprom_writes == 2


def test_6_4_control_abort(line):
    camera, host = line
    camera.misbehave('nak', 4)
    host.play(FLOWS['6.4'])
    assert host.say(ENQ) == ACK


def test_6_5_data_error(line):
    camera, host = line
    camera.misbehave('deaf', 2)
    host.play(FLOWS['6.5'])
    assert camera.registers['awc_r_gain_offset'] == b'\x90\0\0'


def test_6_6_damaged_reply(line):
    camera, host = line
    camera.registers['awc_r_gain_offset'] = b'\x90\0\0'
    camera.misbehave('damaged_reply')
    host.play(FLOWS['6.6'])
    assert host.wait(20.0) == b''


def test_6_7_matrix(line):
    camera, host = line
    camera.registers['cy_matrix_gb_y_r_g_plus'] = b'\0\1\0'
    host.play(FLOWS['6.7'])
    assert camera.registers['cy_matrix_gb_y_r_g_plus'] == b'\x10\1\0'


# The rows of the manual.

@pytest.mark.parametrize('row', ROWS)
def test_row_of_the_manual(line, row):
    camera, host = line
    name, _ = ROWS[row]
    assert host.say(ENQ) == ACK
    answer = host.say(wire(row))
    if row.split()[3] in ('81', '82'):
        assert answer == ACK + encode(Reply(camera.registers[name]))
        assert host.say(ACK) == b''
    else:
        assert answer == ACK
        stored = row.split()[1] == '01'
        assert camera.eeprom_writes == stored
        if name != 'awc_preset_restart':
            data = command(' '.join(row.split()[1:8])).data
            assert camera.registers[name] == data
            assert host.ask(f'01ff{0x80 | BY_NAME[name].area:02x}{BY_NAME[name].number:02x}'
                            '000000') == data
    assert not camera.ignored


def test_every_preset_code(line):
    camera, host = line
    for code in range(len(PRESET_SUMS[0].split())):
        host.ask(f'00ff0108{code:02x}0000')
        assert camera.registers['preset_shutter'] == bytes([code, 0, 0])
    host.ask('00ff0108250000')
    assert camera.registers['preset_shutter'] == b'\x24\0\0'
    assert camera.ignored == {'preset_shutter': 1}


def test_as_delivered(line):
    camera, _ = line
    assert camera.registers == camera.eeprom
    assert {name for name, data in camera.eeprom.items() if any(data)} == {
        'awc_r_gain_offset', 'awc_b_gain_offset'}
    assert camera.eeprom['awc_r_gain_offset'] == b'\x80\0\0'


# The states (3.6).

def test_idle_ignores_all_but_enq(line):
    camera, host = line
    for data in (ACK, NAK, encode(command(WRITE_ALC)), ALC_REPLY, b'\x41\3'):
        assert host.say(data) == b''
    assert not camera.log
    assert host.say(ENQ) == ACK


def test_waiting_for_a_text(line):
    camera, host = line
    assert host.say(ENQ) == host.say(ENQ) == ACK
    assert host.say(ACK) == host.say(b'\xff') == host.say(ALC_REPLY) == b''
    assert host.say(WRITE_ALC) == ACK
    assert camera.state is State.IDLE


def test_waiting_for_a_text_ends(line):
    _, host = line
    host.say(ENQ)
    assert host.wait(11.9) == b''
    assert host.say(WRITE_ALC) == ACK
    host.say(ENQ)
    assert host.wait(12.1) == b''
    assert host.say(WRITE_ALC) == b''


@pytest.mark.parametrize('number, text', [
    (23, '02 30 31 46 46 30 31 33 41 30 31 30 30 30 30 03 31 38'),
    (24, '02 30 31 66 66 30 31 33 61 30 31 30 30 30 30 03 42 37'),
    (25, '02 30 31 46 46 30 31 33 41 30 31 30 30 30 03 31 37'),
])
def test_a_bad_text_is_not_answered_and_comes_again(line, number, text):
    camera, host = line
    host.say(ENQ)
    assert host.say(bytes.fromhex(text)) == b''
    assert host.wait(3.0) == b''
    assert host.say(bytes.fromhex(VECTORS[2][0])) == ACK
    assert camera.registers['alc_mode'] == b'\1\0\0'


def test_vector_26_a_noisy_text(line):
    _, host = line
    host.say(ENQ)
    assert host.say(bytes.fromhex('30 30 02 30 31' + VECTORS[2][0])) == ACK


def test_a_gap_in_a_text(line):
    camera, host = line
    text = encode(command(WRITE_ALC))
    host.say(ENQ)
    for byte in text[:-1]:  # slow, but not too slow
        assert host.say(bytes([byte])) == host.wait(0.6) == b''
    assert host.say(text[-1:]) == ACK
    host.say(ENQ)
    assert host.say(text[:9]) == host.wait(1.1) == host.say(text[9:]) == b''
    assert host.wait(2.0) == b''
    assert host.say(text) == ACK


def test_a_reply_is_repeated_three_times(line):
    camera, host = line
    host.say(ENQ)
    assert host.say(READ_ALC) == ACK + ALC_REPLY
    assert [host.wait(2.9), host.wait(0.2)] == [b'', ALC_REPLY]
    assert host.say(NAK) == host.say(READ_ALC) == b''
    assert [host.wait(3.0), host.wait(3.0)] == [ALC_REPLY, ALC_REPLY]
    assert camera.state is State.WAIT_FINAL_ACK
    assert host.wait(30.0) == b''
    assert camera.state is State.IDLE


def test_enq_drops_a_reply(line):
    _, host = line
    host.say(ENQ)
    host.say(READ_ALC)
    assert host.say(ENQ) == ACK
    assert host.wait(11.0) == b''
    assert host.say(WRITE_ALC) == ACK


@pytest.mark.parametrize('camera_number, obeyed', [(5, True), (6, False), (0xFF, True)])
def test_camera_numbers(camera_number, obeyed):
    camera = KpFd30Simulator(camera_number=5)
    host = Host(camera)
    host.say(ENQ)
    assert host.say(f'00{camera_number:02x}013a010000') == (ACK if obeyed else b'')
    assert camera.state is State.IDLE
    assert bool(camera.log) == obeyed


# EEPROM, odd registers and values (9).

def test_power_cycle(line):
    camera, host = line
    host.ask('00ff013a020000')
    host.ask('01ff0136a00000')
    host.say(ENQ)
    host.say(READ_ALC)
    camera.power_cycle()
    assert host.wait(10.0) == b''
    assert host.ask(READ_ALC) == bytes(3)
    assert host.ask('01ff8136000000') == b'\xa0\0\0'
    assert camera.eeprom_writes == 1


def test_unknown_registers(line):
    camera, host = line
    assert host.ask('00ff0120010203') == b''
    assert host.ask('01ff8120000000') == bytes(3)
    assert host.ask('00ff7f20010203') == b''
    assert camera.ignored == {'01/20': 1, '7f/20': 1}


@pytest.mark.parametrize('name, data, taken', [
    ('alc_mode', '030000', False), ('alc_mode', '010001', False),
    ('shutter_mode', '050000', False),
    ('variable_shutter', '020a00', False), ('variable_shutter', '020900', True),
    ('alc_area', '070000', True), ('video_level', '123456', True),
    ('cy_matrix_9e', 'ff0100', True), ('cy_matrix_9e', '000200', False),
])
def test_values_out_of_range(name, data, taken):
    register = BY_NAME[name]
    fields = f'00ff{register.area:02x}{register.number:02x}{data}'
    for anything in (False, True):
        camera = KpFd30Simulator(stores_anything=anything)
        Host(camera).ask(fields)
        assert (camera.registers[name] == bytes.fromhex(data)) == (taken or anything)
        assert bool(camera.ignored) == (not taken and not anything)


def test_restart_of_the_white_adjustment(line):
    camera, host = line
    assert host.ask('00ff0107000000') == b''
    assert host.ask('01ff8107000000') == bytes(3)
    assert (camera.restarts, camera.eeprom_writes) == (1, 0)


def test_options():
    camera = KpFd30Simulator(registers={'video_level': b'\x40\0\0'})
    assert Host(camera).ask('01ff810c000000') == b'\x40\0\0'
    with pytest.raises(TypeError, match='colour'):
        KpFd30Simulator(colour=1)
    with pytest.raises(KeyError, match='volume'):
        KpFd30Simulator(registers={'volume': bytes(3)})
    with pytest.raises(ValueError, match='no such fault: melt; there are: lose_enq'):
        camera.misbehave('melt')


# Faults.

@pytest.mark.parametrize('fault, at_once, later', [
    ('lose_enq', b'', b''), ('nak', NAK, b''), ('lose_enq_ack', b'', b''),
    ('late_enq_ack', b'', ACK), ('stale_reply', encode(Reply(b'\xee' * 3)) + ACK, b''),
])
def test_faults_of_enq(line, fault, at_once, later):
    camera, host = line
    camera.misbehave(fault)
    assert [host.say(ENQ), host.wait(2.0), host.say(ENQ)] == [at_once, later, ACK]
    assert camera.faults.pending == []


@pytest.mark.parametrize('fault, at_once, after_1_6, after_3, after_4', [
    ('deaf', b'', b'', b'', b''),
    ('nak_text', NAK, b'', b'', b''),
    ('lose_text_ack', ALC_REPLY, b'', ALC_REPLY, b''),
    ('no_reply', ACK, b'', b'', b''),
    ('lost_reply', ACK, b'', ALC_REPLY, b''),
    ('damaged_reply', ACK + ALC_REPLY[:-1] + b'0', b'', ALC_REPLY, b''),
    ('short_reply', ACK + ALC_REPLY[:-3], b'', ALC_REPLY, b''),
    ('long_reply', ACK + b'\2' b'00000000' b'\3' b'7A', b'', ALC_REPLY, b''),
    ('lower_case_reply', ACK + b'\2' b'0a0000' b'\3' b'A9', b'', ALC_REPLY, b''),
    ('gap_in_reply', ACK + ALC_REPLY[:4], ALC_REPLY[4:], ALC_REPLY, b''),
    ('late_reply', ACK, b'', b'', ALC_REPLY),
    ('noise', ACK + bytes.fromhex('30 aa 03 15') + ALC_REPLY, b'', ALC_REPLY, b''),
    ('wrong_value', ACK + encode(Reply(b'\xfe\xdc\xba')), b'', encode(Reply(b'\xfe\xdc\xba')),
     b''),
])
def test_faults_of_a_read(line, fault, at_once, after_1_6, after_3, after_4):
    camera, host = line
    camera.misbehave(fault)
    host.say(ENQ)
    assert [host.say(READ_ALC), host.wait(1.6), host.wait(1.5), host.wait(1.0)] == [
        at_once, after_1_6, after_3, after_4]
    assert camera.faults.pending == []


def test_a_slow_reply(line):
    camera, host = line
    camera.misbehave('slow_reply')
    host.say(ENQ)
    assert host.say(READ_ALC) == ACK
    assert host.wait(0.85) == ALC_REPLY[:9]
    assert host.wait(0.1) == ALC_REPLY[9:]


def test_other_faults(line):
    camera, host = line
    camera.misbehave('lose_final_ack')
    host.say(ENQ)
    host.say(READ_ALC)
    assert [host.say(ACK), host.wait(3.0), host.say(ACK), host.wait(9.0)] == [
        b'', ALC_REPLY, b'', b'']
    camera.misbehave('ignore_write')
    host.ask(WRITE_ALC)
    assert camera.registers['alc_mode'] == bytes(3)
    host.ask(WRITE_ALC)
    assert camera.registers['alc_mode'] == b'\1\0\0'


def test_a_fault_waits_for_its_register_and_occasion(line):
    camera, host = line
    camera.misbehave('wrong_value', skip=1, register='alc_area')
    assert host.ask(READ_ALC) == host.ask('01ff811c000000') == host.ask(READ_ALC) == bytes(3)
    assert host.ask('01ff811c000000') == b'\xfe\xdc\xba'
    assert host.ask('01ff811c000000') == bytes(3)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20) | st.just(ENQ) | st.just(ACK)
                | st.builds(lambda fields: encode(command(fields.hex())),
                            st.binary(min_size=7, max_size=7)), max_size=30),
       st.lists(st.sampled_from(sorted(FAULTS)), max_size=3), st.floats(0, 3))
def test_any_bytes_and_any_faults(pieces, faults, pause):
    """It neither fails nor babbles, and falls silent."""
    camera = KpFd30Simulator()
    host = Host(camera)
    for fault in faults:
        camera.misbehave(fault)
    for piece in pieces:
        host.say(piece)
        host.wait(pause)
    host.wait(30.0)
    assert host.wait(100.0) == b''
    assert camera.state is State.IDLE
    camera.power_cycle()
    camera.faults.pending.clear()
    assert host.ask(READ_ALC) == camera.eeprom['alc_mode']

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The camera in a photographer's words: settings, exposure, registers, guards, EEPROM."""


from kp_fd30.rig import Camera
from kp_fd30.vectors import ROWS
import pytest

from camera_driver.devices.kp_fd30.camera import KpFd30Camera
from camera_driver.devices.kp_fd30.registers import BY_NAME, REGISTERS, TABLE
from camera_driver.devices.kp_fd30.settings import ROW_OF
from camera_driver.devices.kp_fd30.settings import ROWS as SETTING_ROWS
from camera_driver.devices.kp_fd30.shutter import time_of
from camera_driver.errors import (
    DeviceError, Forbidden, NotConfirmed, NotSupported, OutcomeUnknown, ProtocolError, Refused,
    ReplyTimeout)
from camera_driver.link.port import SerialPort
from camera_driver.model import Exposure, Identity
from camera_driver.sim.faults import Faults, KINDS
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.terminal import Terminal

LONGEST = 41.0  # s, that a request may take (session's table)


def connect(options=(), **simulated):
    """Return a simulated camera, and the device at it, open."""
    simulator = Camera(**simulated)
    device = KpFd30Camera(LoopPort(simulator), dict(options))
    device.open()
    return simulator, device


@pytest.fixture
def rig():
    return connect()


@pytest.fixture
def allowed():
    return connect({'allow_factory_store': True})


# Who and how it is.

def test_identity(rig):
    simulator, device = rig
    identity = device.open()
    assert identity == Identity('kp_fd30')
    assert not identity.verifiable and str(identity) == 'kp_fd30'
    assert {(c.area, c.register) for c in simulator.log} == {(0x81, 0x3A)}


def test_open_drops_a_reply_to_another_program():
    simulator = Camera(registers={'alc_mode': b'\2\0\0'})
    device = KpFd30Camera(LoopPort(simulator), {})
    simulator.misbehave('lose_text_ack')
    simulator.misbehave('lost_reply')
    simulator.after(0.5, lambda: simulator.send(bytes.fromhex('02 30 37 30 30 30 30 03 44 33')))
    device.open()
    assert device.get('alc_mode') == 'peak_ave'


def test_nobody_there():
    simulator = Camera()
    simulator.mute = True
    device = KpFd30Camera(LoopPort(simulator), {})
    with pytest.raises(ReplyTimeout, match='Is it switched on'):
        device.open()
    device.close()
    device.close()


def test_status(rig):
    _, device = rig
    status = device.poll()
    assert status.live_view is None and status.battery is None
    assert status.details == {'line': '9600 8N1', 'camera number': 'any (255)',
                              'shutter mode': 'off [00 00 00]'}
    simulator, device = connect({'camera_number': 3}, camera_number=3)
    assert device.poll().details['camera number'] == '3'
    assert {c.camera for c in simulator.log} == {3}


def test_self_test(rig):
    simulator, device = rig
    results = {one.name: one for one in device.self_test()}
    assert all(one.passed for one in results.values())
    assert results['echo'].detail.startswith('20 of 20 answers alike')
    assert 'awc_r_gain_offset 128' in results['settings'].detail
    assert not [c for c in simulator.log if not c.reads]
    simulator.misbehave('wrong_value', register='alc_mode', skip=1)  # the first of the echo
    simulator.misbehave('damaged_reply', register='alc_mode')
    assert [one.name for one in device.self_test() if not one.passed] == ['echo', 'line']


def test_the_self_test_finds_what_was_forgotten(rig):
    simulator, device = rig
    device.set('shutter_mode', 'aes')
    simulator.power_cycle()
    failed, = (one for one in device.self_test() if not one.passed)
    assert failed.name == 'settings'
    assert 'shutter_mode off [00 00 00] instead of aes' in failed.detail


# Settings.

def test_what_has_a_setting():
    known = [row.name for row in TABLE if row.readable and row.size is not None
             and not row.factory]
    assert [row.setting.name for row in SETTING_ROWS] == known
    assert {row.setting.name for row in SETTING_ROWS} == {s.name for s in KpFd30Camera.SETTINGS}
    assert all(s.source.startswith('kp_fd30.md 4.') for s in KpFd30Camera.SETTINGS)


@pytest.mark.parametrize('row', [row for row in ROWS if ROWS[row][0] in ROW_OF
                                 and ROWS[row][1] is not None])
def test_row_of_the_manual(rig, row):
    simulator, device = rig
    name, value = ROWS[row]
    held = device.set(name, value)
    assert held == (pytest.approx(value, rel=1e-4) if isinstance(value, float) else value)
    assert device.get(name) == held
    assert simulator.registers[name] == bytes.fromhex(''.join(row.split()[5:8]))
    assert simulator.eeprom_writes == 0 and not simulator.ignored


@pytest.mark.parametrize('name', ROW_OF)
def test_every_word_and_both_ends(rig, name):
    _, device = rig
    setting = device.settings()[name]
    for value in setting.words or (setting.minimum, setting.maximum):
        held = device.set(name, value)
        assert held == device.get(name) == device.set(name, held)
        assert held == (pytest.approx(value, rel=1e-4) if isinstance(value, float) else value)


@pytest.mark.parametrize('printed, held', [(9.70026e-05, 9.7003e-05), (0.01667, 0.016667)])
def test_what_is_printed_elsewhere_can_be_set(rig, printed, held):
    _, device = rig
    assert device.set('variable_shutter', printed) == pytest.approx(held, rel=1e-6)


@pytest.mark.parametrize('name, value, message', [
    ('alc_mode', 'spot', 'allowed: ave, area, peak_ave'),
    ('alc_mode', 'raw:3', 'alc_mode: 3 is not allowed; allowed: 0 to 2'),
    ('preset_shutter', '1/100s', '8.0s, 7.5s'),
    ('preset_shutter', 'raw:37', 'allowed: 0 to 36'),
    ('preset_shutter', 8.0, 'allowed'),
    ('alc_area', 'raw:-1', 'allowed: 0 to 255'),
    ('variable_shutter', 0.02, 'to 0.016667 s'),
    ('variable_shutter', float('nan'), 'allowed'),
    ('awc_r_gain_offset', 256, '0 to 255'),
    ('awc_r_gain_offset', 1.5, '0 to 255'),
    ('awc_r_gain_offset', True, '0 to 255'),
])
def test_values_that_are_not_allowed(rig, name, value, message):
    simulator, device = rig
    sent = len(simulator.heard)
    with pytest.raises(ValueError, match=message):
        device.set(name, value)
    assert len(simulator.heard) == sent


def test_raw_words(rig):
    simulator, device = rig
    assert device.set('preset_shutter', 'raw:17') == 'raw:17'
    assert device.set('alc_area', 'raw:5') == 'raw:5'
    assert device.set('alc_area', 'raw:1') == 'no2'


def test_preset_times_of_the_user():
    simulator, device = connect({'preset_times': '0x02=7.0'})
    assert device.settings()['preset_shutter'].words['7.0s'] == 2
    assert device.set('preset_shutter', '7.0s') == '7.0s'
    assert device.set_exposure(Exposure(7.0)) == Exposure(7.0)
    assert simulator.registers['preset_shutter'] == b'\2\0\0'


@pytest.mark.parametrize('name, held, value', [
    ('alc_mode', '070000', 'raw:7'), ('alc_mode', '010001', None),
    ('variable_shutter', '020a00', None), ('variable_shutter', '000001', None),
    ('awc_r_gain_offset', 'ff0100', None), ('preset_shutter', '250000', 'raw:37'),
])
def test_values_out_of_range_are_told_with_a_warning(rig, caplog, name, held, value):
    simulator, device = rig
    simulator.registers[name] = bytes.fromhex(held)
    assert device.get(name) == value
    assert bytes.fromhex(held).hex(' ') in caplog.text


def test_no_such_setting(rig):
    _, device = rig
    for call in (lambda: device.get('gamma'), lambda: device.set('gamma', 1),
                 lambda: device.store(['gamma'])):
        with pytest.raises((NotSupported, Forbidden), match="no setting 'gamma'; there are: alc_"):
            call()


@pytest.mark.parametrize('options', [
    {'camera_number': 256}, {'camera_number': 'x'}, {'preset_times': 'x'},
    {'allow_factory_store': 1}])
def test_options_of_no_use(options):
    with pytest.raises(ValueError):
        KpFd30Camera(LoopPort(Camera()), options)


# Writes in doubt.

def test_a_write_that_had_no_effect(rig):
    simulator, device = rig
    simulator.misbehave('ignore_write')
    with pytest.raises(Refused, match=r'alc_mode: the camera holds ave \[00 00 00\] after it'):
        device.set('alc_mode', 'area')


def test_a_lost_ack_is_settled_by_asking(rig):
    simulator, device = rig
    simulator.misbehave('lose_text_ack', register='alc_mode')
    assert device.set('alc_mode', 'area') == 'area'
    simulator.misbehave('deaf', 4, register='alc_mode')
    assert device.set('alc_mode', 'peak_ave') == 'peak_ave'  # not taken, and written once more
    simulator.misbehave('deaf', 4, register='alc_mode')
    simulator.misbehave('deaf', 4, skip=1, register='alc_mode')
    with pytest.raises(ReplyTimeout, match='as before: .*; try again'):
        device.set('alc_mode', 'ave')
    simulator.misbehave('lose_text_ack')
    simulator.misbehave('lose_enq', 4, skip=1)
    with pytest.raises(NotConfirmed, match='not be read back'):
        device.set('alc_mode', 'ave')


def test_restart_of_the_white_balance(rig):
    simulator, device = rig
    device.restart_white_balance()
    assert simulator.restarts == 1
    command = simulator.log[-1]
    assert command.fields == bytes.fromhex('00 ff 01 07 00 00 00')
    simulator.misbehave('lose_text_ack')
    with pytest.raises(OutcomeUnknown):
        device.restart_white_balance()
    assert simulator.restarts == 2


# Exposure.

@pytest.mark.parametrize('registers, time', [
    ({'shutter_mode': 'off'}, None),
    ({'shutter_mode': 'ext_trigger'}, None),
    ({'shutter_mode': 'aes'}, 0.0),
    ({'shutter_mode': 'preset', 'preset_shutter': '1/20000s'}, 1 / 20000),
    ({'shutter_mode': 'preset', 'preset_shutter': 'raw:9'}, None),
    ({'shutter_mode': 'variable', 'variable_shutter': 0.002}, time_of(461)),
])
def test_exposure(rig, registers, time):
    _, device = rig
    for name, value in registers.items():
        device.set(name, value)
    assert device.exposure() == Exposure(exposure_time=time)


def test_exposure_of_strange_values(rig):
    simulator, device = rig
    simulator.registers.update(shutter_mode=b'\2\0\0', variable_shutter=b'\xff\xff\0')
    assert device.exposure() == Exposure()
    simulator.registers.update(shutter_mode=b'\1\0\0', preset_shutter=b'\0\1\0')
    assert device.exposure() == Exposure()
    simulator.registers.update(shutter_mode=b'\x09\0\0')
    assert device.exposure() == Exposure()


@pytest.mark.parametrize('time, mode, held', [
    (0, 'aes', 0.0), (0.002, 'variable', time_of(461)), (1 / 60, 'variable', time_of(0)),
    (1 / 10309, 'variable', time_of(521)), (8.0, 'preset', 8.0), (7.5, 'preset', 7.5),
    (1 / 20000, 'preset', 1 / 20000), (1 / 50000, 'preset', 1 / 50000),
])
def test_set_exposure(rig, time, mode, held):
    simulator, device = rig
    assert device.set_exposure(Exposure(time)) == Exposure(held)
    assert device.get('shutter_mode') == mode
    writes = [c.register for c in simulator.log if not c.reads]
    assert writes[0] == 0x17  # the mode first (8, item 18)
    assert simulator.eeprom_writes == 0


def test_nearest_exposure(rig):
    _, device = rig
    with pytest.raises(ValueError, match='the nearest is 0.00098'):
        device.set_exposure(Exposure(0.001))
    assert device.set_exposure(Exposure(0.001), nearest=True) == Exposure(time_of(493))
    assert device.set_exposure(Exposure(100.0), nearest=True) == Exposure(8.0)
    assert device.set_exposure(Exposure(1e-9), nearest=True) == Exposure(1 / 50000)
    assert device.set_exposure(Exposure()) == Exposure(1 / 50000)


@pytest.mark.parametrize('exposure, error', [
    (Exposure(-1.0), ValueError), (Exposure(float('inf')), ValueError),
    (Exposure(float('nan')), ValueError), (Exposure(1.0), ValueError),
    (Exposure(f_number=2.8), NotSupported), (Exposure(iso=100.0), NotSupported),
    (Exposure(aperture='high'), NotSupported),
])
def test_exposures_that_cannot_be(rig, exposure, error):
    simulator, device = rig
    with pytest.raises(error):
        device.set_exposure(exposure)
    assert not [c for c in simulator.log if not c.reads]


def test_exposure_ranges(rig):
    _, device = rig
    times = device.exposure_ranges()['exposure_time']
    assert (times.minimum, times.maximum) == (time_of(521), time_of(0))
    assert times.minimum + 521 * times.step == pytest.approx(times.maximum)
    for time in (times.minimum, times.maximum, times.minimum + 60 * times.step):
        assert device.set_exposure(Exposure(time)).exposure_time == pytest.approx(time, rel=1e-4)


def test_step_exposure(rig):
    _, device = rig
    device.set_exposure(Exposure(0.002))
    for steps, time in ((1, 0.004), (-2, 0.001)):
        held = device.step_exposure('exposure_time', steps)
        assert held.exposure_time == pytest.approx(time, rel=0.02)
    for steps in (10, -9, 1e-6, 1e9, float('nan')):
        with pytest.raises(ValueError):
            device.step_exposure('exposure_time', steps)
    with pytest.raises(ValueError, match='allowed: exposure_time'):
        device.step_exposure('iso', 1)
    device.set('shutter_mode', 'aes')
    with pytest.raises(ValueError, match='nothing to step from'):
        device.step_exposure('exposure_time', 1)


# Raw registers and messages.

def test_raw_registers(rig):
    simulator, device = rig
    simulator.registers['cy_matrix_9e'] = b'\x10\1\0'
    simulator.registers['video_level'] = b'\x40\0\0'
    assert device.read_register(0x36) == device.read_register(0x136) == 128
    assert device.read_register(0x29E) == 272
    assert device.read_register(0x29E, 'bytes') == b'\x10\1\0'
    assert device.read_register(0x0C, 'bytes') == b'\x40\0\0'
    assert device.read_register(0x120, 'bytes') == bytes(3)
    device.write_register(0x36, 200)
    device.write_register(0x0C, b'\x41\0\0')
    assert simulator.registers['awc_r_gain_offset'] == b'\xc8\0\0'
    assert simulator.registers['video_level'] == b'\x41\0\0'
    simulator.registers['awc_r_gain_offset'] = b'\0\0\1'
    with pytest.raises(ProtocolError, match='00 00 01 is not a value of 1 bytes'):
        device.read_register(0x36)


@pytest.mark.parametrize('call, error, message', [
    (lambda d: d.read_register(0x0C), ValueError, 'three bytes'),
    (lambda d: d.read_register(0x120), ValueError, 'three bytes'),
    (lambda d: d.read_register(0x36, 'text'), ValueError, 'allowed: int, bytes'),
    (lambda d: d.read_register(0x336), ValueError, r'area 02'),
    (lambda d: d.read_register(-1), ValueError, 'area 02'),
    (lambda d: d.read_register(0x07, 'bytes'), Forbidden, 'never read'),
    (lambda d: d.write_register(0x36, 256), ValueError, '0 to 255'),
    (lambda d: d.write_register(0x36, b'\1'), ValueError, '1 bytes; it takes three'),
    (lambda d: d.write_register(0x29D, 1), Forbidden, 'best value at the factory'),
    (lambda d: d.write_register(0x2E, bytes(3)), Forbidden, 'standard_gain'),
    (lambda d: d.write_register(0x120, bytes(3)), Forbidden, 'may be a factory value'),
    (lambda d: d.send_message(b'\1\xff\1\x36\0\0\0'), Forbidden, 'EEPROM is locked'),
    (lambda d: d.send_message(b'\0\xff\2\x9d\0\0\0'), Forbidden, 'factory'),
    (lambda d: d.send_message(b'\1\xff\x81\7\0\0\0'), Forbidden, 'never read'),
    (lambda d: d.send_message(b'\2\xff\1\x36\0\0\0'), ValueError, '7 bytes: status'),
    (lambda d: d.send_message(b'\0\xff\3\x36\0\0\0'), ValueError, '7 bytes: status'),
    (lambda d: d.send_message(b'\0\xff\1\x36\0\0'), ValueError, '7 bytes: status'),
    (lambda d: d.send_message(b''), ValueError, '7 bytes: status'),
    (lambda d: d.store(), Forbidden, 'EEPROM is locked'),
])
def test_guards_and_bad_input(rig, call, error, message):
    simulator, device = rig
    sent = len(simulator.heard)
    with pytest.raises(error, match=message):
        call(device)
    assert len(simulator.heard) == sent


def test_messages(rig):
    simulator, device = rig
    assert device.send_message(bytes.fromhex('01 ff 81 36 00 00 00')) == b'\x80\0\0'
    assert device.send_message(bytes.fromhex('00 ff 01 36 90 00 00')) == b'\6'
    assert simulator.registers['awc_r_gain_offset'] == b'\x90\0\0'


def test_what_the_guard_lets_pass(allowed):
    simulator, device = allowed
    device.write_register(0x29D, 511)
    device.write_register(0x120, bytes(3))
    assert device.send_message(bytes.fromhex('01 ff 02 9d 10 01 00')) == b'\6'
    assert simulator.eeprom['cy_matrix_gb_y_r_g_plus'] == b'\x10\1\0'
    with pytest.raises(Forbidden):
        device.read_register(0x07, 'bytes')


# EEPROM.

def test_store(allowed):
    simulator, device = allowed
    device.set('shutter_mode', 'aes')
    device.set('alc_mode', 'area')
    device.store(['shutter_mode'])
    assert simulator.eeprom_writes == 1
    simulator.power_cycle()
    assert (device.get('shutter_mode'), device.get('alc_mode')) == ('aes', 'ave')
    device.set('alc_mode', 'area')
    device.store()
    assert simulator.eeprom_writes == 1 + len(device.KEPT)
    assert {'video_level', 'agc_mode', 'alc_peak_ratio', *ROW_OF} == set(device.KEPT)
    simulator.power_cycle()
    assert device.get('alc_mode') == 'area'
    simulator.misbehave('lose_text_ack', register='alc_mode', skip=1)
    with pytest.raises(OutcomeUnknown, match=r'\(already written: alc_area\)'):
        device.store(['alc_area', 'alc_mode'])


WRITES = {
    'set': lambda device: device.set('variable_shutter', 0.01),
    'store': lambda device: device.store(['variable_shutter']),
    'write_register': lambda device: device.write_register(0x109, bytes((0, 5, 0))),
    'send_message': lambda device: device.send_message(bytes.fromhex('00 ff 01 09 00 05 00'))}


@pytest.mark.parametrize('fault', ['lose_enq_ack', 'lose_text_ack'])
@pytest.mark.parametrize('write', WRITES)
def test_power_lost_around_a_write_that_failed_is_noticed(allowed, write, fault):
    simulator, device = allowed
    device.set('variable_shutter', 0.005)
    if fault == 'lose_enq_ack':  # then nothing of it is ever sent; a store reads first
        simulator.misbehave(fault, times=50, skip=int(write == 'store'))
    else:
        simulator.misbehave(fault, times=4)
        simulator.misbehave('no_reply', times=50, skip=int(write == 'store'))
    with pytest.raises(DeviceError):
        WRITES[write](device)
    simulator.faults.pending.clear()
    simulator.power_cycle()
    assert device.sessions == 1
    device.poll()
    # What was stored is still there; what a message has left is not known.
    same = fault == 'lose_text_ack' and write in ('store', 'send_message')
    assert device.sessions == (1 if same else 2)


# Faults of the line: what is held in the end is what was told, or there was an error.

@pytest.mark.parametrize('rate', [0.03, 0.15])
@pytest.mark.parametrize('seed', range(40))
def test_faults_in_both_directions(seed, rate):
    simulator, device = connect()
    rates = dict.fromkeys(KINDS, rate / 3)
    port = device.session.port
    port.to_host, port.to_device = Faults(rates, seed), Faults(rates, seed + 1000)
    good = 0
    for name, value in [('alc_mode', 'area'), ('variable_shutter', 0.005), ('alc_mode', 'ave'),
                        ('awc_r_gain_offset', 99), ('shutter_mode', 'aes')]:
        start = port.now()
        try:
            device.set(name, value)
            assert simulator.registers[name] == ROW_OF[name].encode(value, ROW_OF[name].setting)
            good += 1
        except DeviceError:
            pass
        assert port.now() - start < 2 * LONGEST
    assert good >= (4 if rate < 0.1 else 1)
    assert not simulator.ignored


# Real time, real pyserial.

def test_on_a_terminal():
    simulator = Camera(registers={'cy_matrix_a0': b'\1\1\0'})
    with Terminal(simulator, paced=True) as terminal:
        device = KpFd30Camera(SerialPort(terminal.path, KpFd30Camera.LINE), {})
        device.open()
        assert device.set('variable_shutter', 0.002) == time_of(461)
        assert device.set_exposure(Exposure(1 / 20000)) == Exposure(1 / 20000)
        assert device.read_register(0x2A0) == 257
        terminal.do(lambda: simulator.misbehave('nak', 2))
        terminal.do(lambda: simulator.misbehave('lose_enq_ack'))
        assert device.get('shutter_mode') == 'preset'
        assert device.statistics.damaged_frames == 0
        terminal.power_cycle()
        assert device.get('shutter_mode') == 'off'
        device.close()


def test_on_a_terminal_without_a_camera():
    simulator = Camera()
    simulator.mute = True
    with Terminal(simulator) as terminal:
        device = KpFd30Camera(SerialPort(terminal.path, KpFd30Camera.LINE), {})
        with pytest.raises(ReplyTimeout):
            device.open()
        device.close()


def test_all_registers_are_reached_by_their_numbers(allowed):
    _, device = allowed
    for (area, number), register in REGISTERS.items():
        if register.readable:
            assert device.read_register(area << 8 | number, 'bytes') == device.bank.read(
                BY_NAME[register.name])

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of devices that tell all they hold, at a simulated kp_fd30."""

import io

import pytest

from camera_driver.catalog import TYPES
from camera_driver.sim.terminal import Terminal

AREA = bytes.fromhex('01 00 00')


@pytest.fixture
def terminal():
    """Run a simulated kp_fd30 on a pseudo-terminal."""
    with Terminal(TYPES['kp_fd30'].simulator_class()()) as terminal:
        yield terminal


@pytest.fixture
def camera(command, terminal):
    """Give a function that runs `camera-driver kp_fd30 --port ...` in this process."""
    return lambda *words: command('kp_fd30', '--port', terminal.path, *words)


@pytest.fixture
def saved(camera, tmp_path):
    """Return a file of the camera as delivered, whose light control has been changed since."""
    path = tmp_path / 'saved.json'
    result = camera('save', path)
    assert (result.code, result.out) == (0, f'Saved as {path}.\n')
    assert camera('set', 'alc_mode', 'area').code == 0
    return path


def held(terminal, name='alc_mode'):
    return terminal.simulator.registers[name]


def test_a_file_is_not_overwritten(camera, saved):
    before = saved.read_text()
    result = camera('save', saved)
    assert result.code == 6 and 'exists' in result.error
    assert saved.read_text() == before
    result = camera('save', saved.parent / 'no' / 'file')
    assert result.code == 6 and 'No such file' in result.error


def test_load_shows_what_differs_and_writes_it(camera, saved, terminal):
    result = camera('load', saved, '--yes')
    assert result.code == 0 and result.err == ''
    header, row, done = result.out.splitlines()
    assert header.split() == ['NAME', 'HOLDS', 'TO', 'BE', 'WRITTEN']
    assert row.split('  ') == ['alc_mode', 'area [01 00 00]', 'ave [00 00 00]']
    assert done == 'Written: 1 value.'
    assert held(terminal) == bytes(3)
    assert camera('load', saved, '--yes').out == 'The device holds the same.\n'
    assert terminal.simulator.eeprom_writes == 0


def test_load_asks(camera, saved, terminal, monkeypatch):
    result = camera('load', saved)
    assert result.code == 2 and 'to write this without a question, add --yes' in result.error
    assert 'alc_mode' in result.out and held(terminal) == AREA
    for answer, code, value in (('n', 1, AREA), ('', 1, AREA), ('y', 0, bytes(3))):
        stdin = io.StringIO(answer + '\n')
        stdin.isatty = lambda: True
        monkeypatch.setattr('sys.stdin', stdin)
        result = camera('load', saved)
        assert result.code == code
        assert result.err.startswith('Write this to the device, until power-off? [y/N] ')
        assert held(terminal) == value


def test_load_as_json(camera, saved):
    result = camera('load', saved, '--yes', '--json')
    assert result.code == 0
    one, = result.document['differences']
    assert (one['name'], one['wanted'], one['data']) == ('alc_mode', 'ave [00 00 00]', '000000')
    assert result.document['written'] is True
    assert camera('load', saved, '--json').document == {
        'differences': [], 'written': False, 'count': 0}


def test_eeprom_and_factory_values_are_guarded(camera, saved, terminal):
    result = camera('load', saved, '--yes', '--store')
    assert result.code == 1 and 'allow it (--allow-factory-store)' in result.error
    assert held(terminal) == AREA and terminal.simulator.eeprom_writes == 0
    saved.write_text(saved.read_text().replace('"standard_gain": "00', '"standard_gain": "11'))
    assert 'standard_gain' not in camera('load', saved, '--yes').out
    result = camera('load', saved, '--yes', '--factory')
    assert result.code == 1 and 'standard_gain' in result.error
    result = camera('load', saved, '--yes', '--factory', '--store', '--allow-factory-store')
    assert result.code == 0
    assert terminal.simulator.eeprom['standard_gain'] == bytes.fromhex('11 00 00')


def test_what_is_loaded_and_then_stored_is_stored(camera, saved, terminal):
    saved.write_text(saved.read_text().replace('"video_level": "00', '"video_level": "40'))
    assert camera('load', saved, '--yes').code == 0
    assert camera('load', saved, '--yes').out == 'The device holds the same.\n'
    result = camera('load', saved, '--yes', '--store', '--allow-factory-store')
    assert (result.code, result.out.splitlines()[-1]) == (0, 'Stored: 10 values.')
    assert terminal.simulator.eeprom_writes == 10
    terminal.power_cycle()
    assert held(terminal, 'video_level') == bytes.fromhex('40 00 00')


def test_load_refuses_what_set_refuses(camera, saved, terminal):
    saved.write_text(saved.read_text().replace('"alc_mode": "00', '"alc_mode": "03'))
    result = camera('load', saved, '--yes')
    assert result.code == 2 and 'alc_mode: 3 is not allowed; allowed: 0 to 2' in result.error
    assert held(terminal) == AREA


def test_what_is_no_such_file(camera, tmp_path):
    path = tmp_path / 'x'
    result = camera('load', path)
    assert result.code == 6 and 'No such file' in result.error
    for content in (b'', b'{}', b'\xff\xfe'):
        path.write_bytes(content)
        result = camera('load', path, '--yes')
        assert result.code == 2 and f'{path}: not a file of saved registers' in result.error


def test_store(camera, terminal):
    assert camera('set', 'alc_mode', 'area').code == 0
    result = camera('store', 'alc-mode')
    assert result.code == 1 and 'allow it (--allow-factory-store)' in result.error
    result = camera('store', 'alc-mode', '--allow-factory-store')
    assert (result.code, result.out) == (0, 'Stored: alc_mode.\n')
    assert terminal.simulator.eeprom['alc_mode'] == AREA
    assert terminal.simulator.eeprom_writes == 1
    assert camera('store', 'alc_mod').code == 2
    result = camera('store', 'video-level', '--allow-factory-store')  # no setting
    assert (result.code, result.out) == (0, 'Stored: video_level.\n')


def test_write_register_reads_back(camera, terminal):
    result = camera('write-register', '0x36', '7', '--allow-raw-writes')
    assert (result.code, result.out) == (0, 'register 54 = 7\n')
    terminal.do(lambda: terminal.simulator.misbehave('ignore_write'))
    result = camera('write-register', '0x36', '9', '--allow-raw-writes')
    assert result.code == 1 and 'holds 7 [07 00 00] after it acknowledged' in result.error


def test_restart_white_balance(camera, terminal):
    assert camera('restart-white-balance').code == 0
    assert terminal.simulator.restarts == 1


def test_only_devices_that_can_have_these_commands(command):
    assert '    load ' in command('kp_fd30', '--help').out
    assert '    load ' not in command('sierra', '--help').out

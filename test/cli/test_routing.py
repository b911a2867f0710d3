# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that only switchers have, at a simulated matrix."""

import pytest

from camera_driver.catalog import TYPES
from camera_driver.sim.terminal import Terminal

STRAIGHT = [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.fixture
def terminal():
    """Run a simulated matrix on a pseudo-terminal."""
    with Terminal(TYPES['intelix'].simulator_class()()) as terminal:
        yield terminal


@pytest.fixture
def matrix(command, terminal):
    """Give a function that runs `camera-driver intelix --port ...` in this process."""
    return lambda *words: command('intelix', '--port', terminal.path, *words)


def test_presets_and_routing(matrix, terminal):
    inputs = [8, 1, 1, 1, 1, 1, 1, 2]
    result = matrix('preset', 2, '--inputs', *inputs, '--name', 'NEWS', '--json')
    assert result.document == {'preset': 2, 'name': 'NEWS', 'inputs': inputs}
    assert matrix('preset', 2).out.splitlines()[:2] == ["preset 2 'NEWS'", 'output 1: input 8']
    assert list(terminal.simulator.routes) == STRAIGHT
    assert matrix('trigger', 2, '--json').document == {'routing': inputs}
    assert list(terminal.simulator.routes) == inputs
    result = matrix('route', *STRAIGHT, '--preset', 8)
    assert result.code == 0 and result.out.splitlines()[-1] == 'output 8: input 8'
    assert list(terminal.simulator.routes) == STRAIGHT


def test_what_is_not_known_has_an_exit_code_of_its_own(matrix, terminal):
    terminal.do(lambda: terminal.simulator.misbehave('no_report', 2, command=b'\x03\x06'))
    result = matrix('route', *STRAIGHT, '--preset', 8)
    assert result.code == 8 and 'unknown whether it did' in result.error
    result = matrix('trigger', 1)
    earlier, now = result.err.splitlines()
    assert 'an earlier command left in doubt, route of' in earlier
    assert result.code == 8 and 'unknown whether it did' in now
    terminal.do(lambda: terminal.simulator.misbehave('deaf', 1000, command=b'\x03\x01'))
    terminal.do(lambda: terminal.simulator.misbehave('no_report', 1000, command=b'\x03\x00'))
    assert matrix('route', *STRAIGHT, '--preset', 8).code == 8


def test_wrong_numbers(matrix):
    assert matrix('preset', 0).code == 2
    result = matrix('route', 1, 2, '--preset', 8)
    assert result.code == 2 and '2 inputs: there has to be one for each' in result.error
    assert matrix('route', *STRAIGHT).code == 2  # without a preset
    assert matrix('lock', 'door').code == 2
    assert matrix('preset', 100).code == 5


def test_routing_is_heard(matrix, terminal):
    assert matrix('routing', '--wait', '0').out.startswith('unknown: ')

    def press():
        terminal.simulator.press(1, 7)
        terminal.simulator.after(0.02, press)

    terminal.do(press)
    assert matrix('routing', '--wait', '20', '--json').document == {'routing': [7, *STRAIGHT[1:]]}


def test_names(matrix, terminal):
    assert 'cannot read it back' in matrix('name', 3, 'NADIR').out
    assert terminal.simulator.input_names[3] == b'NADIR'


def test_locks_and_passwords(matrix, terminal, tmp_path, monkeypatch):
    monkeypatch.delenv('INTELIX_PANEL_PASSWORD', raising=False)
    file, trace = tmp_path / 'password', tmp_path / 'wire.log'
    file.write_text('a1b2\n')
    assert matrix('password', 'panel', file).out == 'changed\n'
    assert terminal.simulator.passwords['panel'] == b'a1b2'
    assert matrix('lock', 'panel').out == 'locked: no\n'
    result = matrix('lock', 'panel', 'on')
    assert result.code == 2 and 'the panel was not locked' in result.error
    assert '(--panel-password-file); to lock it all the same without a question, add --yes' in (
        result.error)
    assert not terminal.simulator.locked['panel']
    assert matrix('lock', 'panel', 'on', '--yes').out == 'locked: yes\n'
    assert matrix('--panel-password-file', file, 'lock', 'panel', 'off').out == 'locked: no\n'
    assert matrix('--panel-password-file', file, 'lock', 'panel', 'on').out == 'locked: yes\n'
    result = matrix('lock', 'panel', 'off')
    assert result.code == 1 and 'INTELIX_PANEL_PASSWORD' in result.error
    result = matrix('--panel-password-file', file, '--trace', trace, '-v', 'lock', 'panel', 'off')
    assert (result.code, result.out) == (0, 'locked: no\n')
    shown = result.err + trace.read_text()
    assert 'a1b2' not in shown and b'a1b2'.hex(' ') not in shown
    assert '> message 00 02 ****' in result.err


def test_a_password_is_in_no_shown_trace(matrix, terminal, tmp_path, command):
    file, trace = tmp_path / 'password', tmp_path / 'wire.log'
    file.write_text('a1b2')
    matrix('--trace', trace, 'password', 'admin', file)
    shown = command('trace', trace).out
    assert 'set_admin_password ****' in shown and 'set_admin_password_report success' in shown


def test_raw_messages_are_guarded(matrix):
    assert matrix('send', '03 01 01').code == 2
    assert matrix('--allow-raw-writes', 'send', '03', '01', '01').out.startswith('03 02 01 01 02')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a command leaves in doubt is settled by the next one at the same port."""

import os
import signal
import subprocess
import sys

from helpers import wait_until
import pytest

from camera_driver.cli.doubts import Doubts
from camera_driver.model import Identity

TAKE_PICTURE, ERASE_FRAME = b'\x02\x02', b'\x02\x07'
WORDS = {TAKE_PICTURE: ('capture',), ERASE_FRAME: ('delete', '--yes', '2')}


@pytest.fixture
def interrupted(terminal, command):
    """Give a function that ends a command behind what must not be sent twice."""
    simulator = terminal.simulator

    def interrupt(action, obeyed, how=signal.SIGINT):
        fault = 'lose_done' if obeyed else 'silence'
        terminal.do(lambda: simulator.misbehave(fault, 1000, command=action))
        words = [sys.executable, '-m', 'camera_driver.cli.main', 'sierra', '--port',
                 terminal.path, *WORDS[action]]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as running:
            wait_until(lambda: any(one.startswith(action) for one in [*simulator.log]))
            running.send_signal(how)
            _, said = running.communicate(timeout=60)
        terminal.do(simulator.faults.pending.clear)
        assert running.returncode == (8 if how is signal.SIGINT else -how), said

    return interrupt


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize('action, obeyed, words', [
    (TAKE_PICTURE, True, 'capture of 2'), (TAKE_PICTURE, False, 'capture of 2'),
    (ERASE_FRAME, False, 'delete of 2')])
def test_the_next_command_says_what_became_of_it(terminal, command, state, interrupted, how,
                                                 action, obeyed, words):
    before = len(terminal.simulator.frames)
    interrupted(action, obeyed, how)
    assert len(list(state.iterdir())) == 1
    after = before + obeyed
    wait_until(lambda: len(terminal.simulator.frames) == after)  # the exposure takes a while
    result = command('sierra', '--port', terminal.path, '--json', 'info')
    assert result.code == 0 and result.document
    found = 'done' if after != before else 'not done'
    assert words in result.error and f': {found}' in result.error
    assert (f'(picture {after})' in result.error) == (after > before)
    assert not list(state.iterdir())
    assert not command('sierra', '--port', terminal.path, 'info').err


def test_what_was_done_or_refused_leaves_nothing(terminal, command, state):
    assert command('sierra', '--port', terminal.path, 'capture').code == 0
    terminal.simulator.frames[0].protected = True
    assert command('sierra', '--port', terminal.path, 'delete', '--yes', 1).code == 1
    assert not list(state.iterdir())


def test_it_is_not_asked_of_another_camera(terminal, command, state, interrupted):
    interrupted(TAKE_PICTURE, True)
    file, = state.iterdir()
    file.write_text(file.read_text().replace('SIM00001', 'SIM00002'))
    assert not command('sierra', '--port', terminal.path, 'info').err
    assert file.exists()


@pytest.mark.parametrize('text', ['', '[]', '{"identity": {}}', '{"identity": {"a": 1}}'])
def test_a_file_that_is_no_such_thing_ends_no_command(terminal, command, state, text):
    Doubts('sierra', terminal.path).path.parent.mkdir(parents=True)
    Doubts('sierra', terminal.path).path.write_text(text)
    assert command('sierra', '--port', terminal.path, 'info').code == 0


def test_a_state_directory_that_is_no_use_ends_no_command(terminal, command, monkeypatch):
    monkeypatch.setenv('XDG_STATE_HOME', os.devnull)
    assert command('sierra', '--port', terminal.path, 'capture').code == 0
    assert command('sierra', '--port', terminal.path, 'info').code == 0


def test_what_the_protocol_cannot_tell_is_said_once(capsys, state):
    doubts = Doubts('kp_fd30', '/dev/x')
    with pytest.raises(KeyboardInterrupt), doubts.record(
            Identity('kp_fd30'), {'operation': 'restart_white_balance'}):
        raise KeyboardInterrupt

    class Told:
        def settle(self, evidence):
            from camera_driver.operations import Outcome, Settlement
            return Settlement(Outcome.UNKNOWN, 'nobody knows')

    doubts.settle(Told(), Identity('kp_fd30'))
    assert 'unknown, if it is the same device: nobody knows' in capsys.readouterr().err
    doubts.settle(Told(), Identity('kp_fd30'))
    assert not capsys.readouterr().err

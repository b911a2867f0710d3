# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import json
import signal

import pytest


@pytest.fixture
def wire(tmp_path, camera):
    """Return a trace of two commands at a simulated camera."""
    path = tmp_path / 'wire.log'
    for words in (['list'], ['get', 'flash_mode']):
        assert camera('--trace', path, *words).code == 0
    return path


@pytest.fixture
def replay(started, tmp_path, wire):
    """Start the replay of the trace."""
    process = started('replay', wire, '--link', tmp_path / 'camera', '--json')
    assert json.loads(process.stdout.readline())['type'] == 'sierra'
    return process


@pytest.fixture
def driver(command, tmp_path):
    """Give a function that runs a command at the replay."""
    return lambda *words: command('sierra', '--port', tmp_path / 'camera', *words)


def test_the_same_commands_see_the_same(replay, driver, camera):
    for words in (['list'], ['get', 'flash_mode']):
        again = driver(*words)
        assert (again.code, again.out) == (0, camera(*words).out)
    out, err = replay.communicate()
    assert (replay.returncode, err) == (0, '')
    document = json.loads(out)
    assert document['difference'] is None and document['played'] > 20


def test_another_command_is_told_in_words(replay, driver):
    assert driver('set', 'flash_mode', 'off').code  # the port is gone
    out, _ = replay.communicate()
    assert replay.returncode == 1
    difference = json.loads(out)['difference']
    assert difference['record'] > 1
    assert 'get_int' in ' '.join(difference['expected']['text'])
    assert difference['came']['text'] != difference['expected']['text']
    assert difference['before']['bytes']


def test_less_than_was_recorded(started, wire, driver, tmp_path):
    process = started('replay', wire, '--link', tmp_path / 'camera')
    port = tmp_path / 'camera'
    assert process.stdout.readline() == (
        f'A recorded sierra device is at {port} (19200 8N1). Ctrl-C ends it.\n')
    assert driver('list').code == 0
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, err) == (1, '')
    head, before, expected, came = out.splitlines()
    assert head.startswith('Not all was played: the driver stopped at record ')
    assert head.endswith(' s in session 2:')
    assert before.startswith('before   < ')
    assert expected == 'expected > NUL   [00]'
    assert came == 'came     > nothing'


@pytest.mark.parametrize(('content', 'code', 'message'), [
    (b'hello', 6, 'not a wire trace'),
    (b'# camera_driver trace 1 toaster loop 0 0\n', 2, "no device type 'toaster'"),
    (b'# camera_driver trace 1 sierra loop 0 0\n', 2, 'nobody says anything in this trace')])
def test_what_cannot_be_played(command, tmp_path, content, code, message):
    path = tmp_path / 'wire.log'
    path.write_bytes(content)
    result = command('replay', path)
    assert result.code == code and message in result.error

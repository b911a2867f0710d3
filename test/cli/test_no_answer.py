# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Silence and garbage, and a camera that falls silent in mid-transfer.

The drivers ask patiently, so all of these run side by side.
"""

from contextlib import ExitStack

from helpers import wait_until
import pytest

from camera_driver.catalog import TYPES
from camera_driver.cli import probe
from camera_driver.link.port import LineSettings
from camera_driver.sim.simulator import Simulator
from camera_driver.sim.terminal import Terminal


class Machine(Simulator):
    """Another kind of device: sends `answer` for each byte that it gets."""

    LINE = LineSettings(19200)

    def __init__(self, answer=b''):
        super().__init__()
        self.answer = answer

    def on_bytes(self, data):
        self.send(self.answer * len(data))

    def on_power(self):
        pass


@pytest.mark.timeout(120)
@pytest.mark.long
def test_silence_and_garbage(started, tmp_path):
    camera = TYPES['sierra'].simulator_class()()
    with ExitStack() as stack:
        ports = [stack.enter_context(Terminal(machine)).path for machine in (
            Machine(), Machine(b'@'))]
        dying = stack.enter_context(Terminal(camera, paced=True))
        info_silent = started('intelix', '--port', ports[0], 'info')
        info_garbage = started('intelix', '--port', ports[1], 'info')
        wire, directory = tmp_path / 'wire.log', tmp_path / 'out'
        download = started('sierra', '--port', dying.path, '--trace', wire, 'download', '--all',
                           '--directory', directory)
        wait_until(lambda: wire.exists() and ' < 02 02 00 08' in wire.read_text())
        dying.do(lambda: setattr(camera, 'on_bytes', lambda data: None))

        out, err = info_silent.communicate()
        assert (info_silent.returncode, out) == (4, '')
        assert err.count('\n') == 1 and err.startswith(f'camera-driver: {ports[0]}: ')
        assert err.endswith(f'camera-driver probe {ports[0]}\n')

        out, err = info_garbage.communicate()
        assert (info_garbage.returncode, out) == (5, '')
        assert err.count('\n') == 1 and err.startswith(f'camera-driver: {ports[1]}: ')

        out, err = download.communicate()
        assert download.returncode == 4
        assert err.count('\n') == 1 and dying.path in err
        assert len(list(directory.iterdir())) == len(out.splitlines())


@pytest.mark.parametrize('said, code, words', [
    (b'', 4, 'nothing answers'), (b'@', 5, 'something else answers')])
def test_probe(command, monkeypatch, said, code, words):
    monkeypatch.setattr(probe, 'ROUNDS', (0.1, 0.2))
    with Terminal(Machine(said)) as terminal:
        result = command('probe', terminal.path, '--json')
        assert result.code == code and result.err == ''
        verdicts = {answer['verdict'] for answer in result.document['answers']}
        assert verdicts == {'nothing'} if code == 4 else 'something else' in verdicts
        assert words in command('probe', terminal.path).out

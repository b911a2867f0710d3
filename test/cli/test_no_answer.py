# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Silence and garbage, and a camera that falls silent in mid-transfer.

The drivers ask patiently, so all of these run side by side.
"""

from contextlib import ExitStack
import json

from helpers import wait_until
import pytest

from camera_driver.catalog import TYPES
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
def test_silence_and_garbage(started, tmp_path):
    camera = TYPES['sierra'].simulator_class()()
    with ExitStack() as stack:
        ports = [stack.enter_context(Terminal(machine)).path for machine in (
            Machine(), Machine(), Machine(b'@'), Machine(b'@'))]
        dying = stack.enter_context(Terminal(camera, paced=True))
        info_silent = started('sierra', '--port', ports[0], 'info')
        probe_silent = started('probe', ports[1], '--json')
        info_garbage = started('sierra', '--port', ports[2], 'info')
        probe_garbage = started('probe', ports[3])
        wire, directory = tmp_path / 'wire.log', tmp_path / 'out'
        download = started('sierra', '--port', dying.path, '--trace', wire, 'download', '--all',
                           '--directory', directory)
        wait_until(lambda: wire.exists() and ' < 02 02 00 08' in wire.read_text())
        dying.do(lambda: setattr(camera, 'on_bytes', lambda data: None))

        out, err = info_silent.communicate()
        assert (info_silent.returncode, out) == (4, '')
        assert err.count('\n') == 1 and err.startswith(f'camera-driver: {ports[0]}: ')

        out, err = probe_silent.communicate()
        assert (probe_silent.returncode, err) == (4, '')
        document = json.loads(out)
        assert document['verdict'] == 'nothing' and document['heard'] == ''
        assert {answer['verdict'] for answer in document['answers']} == {'nothing'}

        out, err = info_garbage.communicate()
        assert (info_garbage.returncode, out) == (5, '')
        assert err.count('\n') == 1 and err.startswith(f'camera-driver: {ports[2]}: ')

        out, err = probe_garbage.communicate()
        assert (probe_garbage.returncode, err) == (5, '')
        assert 'something else answers' in out

        out, err = download.communicate()
        assert download.returncode == 4
        assert err.count('\n') == 1 and dying.path in err
        assert len(list(directory.iterdir())) == len(out.splitlines())

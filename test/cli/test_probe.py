# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from contextlib import ExitStack
import json

import pytest

from camera_driver.catalog import TYPES
from camera_driver.cli import probe
from camera_driver.cli.probe import Answer, FOUND, judge, NOTHING, OTHER
from camera_driver.sim.terminal import Terminal


def answer(verdict):
    return Answer('sierra', '19200 8N1', verdict, 'words')


@pytest.mark.parametrize('verdicts, heard, verdict', [
    ([FOUND], b'', 'found'), ([NOTHING, OTHER, FOUND], b'x', 'found'),
    ([NOTHING, NOTHING], b'', 'nothing'),
    ([NOTHING], b'x', 'something else'), ([OTHER, NOTHING], b'', 'something else')])
def test_verdict(verdicts, heard, verdict):
    assert judge([answer(one) for one in verdicts], heard) == verdict


@pytest.mark.long
def test_every_type_is_found(started):
    with ExitStack() as stack:
        ports = {name: stack.enter_context(Terminal(kind.simulator_class()())).path
                 for name, kind in TYPES.items()}
        processes = {name: started('probe', port, '--json') for name, port in ports.items()}
        for name, process in processes.items():
            out, err = process.communicate()
            assert (process.returncode, err) == (0, ''), (name, out)
            document = json.loads(out)
            assert document['verdict'] == 'found'
            assert [one['device_type'] for one in document['answers']] == [name]


def test_a_slow_device_is_found_in_the_second_round(command, monkeypatch, terminal):
    monkeypatch.setattr(probe, 'ROUNDS', (0.0, 6.0))
    assert command('probe', terminal.path).code == 0


def test_ends_with_the_device_that_tells_its_model(command, terminal):
    result = command('probe', terminal.path)
    assert result.code == 0 and result.err == ''
    found, hint = result.out.splitlines()
    assert found.startswith('sierra at 19200 8N1: ')
    assert hint == f'Next:  camera-driver sierra --port {terminal.path} info'


def test_leaves_the_camera_as_it_was(command, camera, terminal):
    before = camera('list', '--json').document
    assert command('probe', terminal.path).code == 0
    assert camera('list', '--json').document == before


def test_absent_port(command, tmp_path):
    result = command('probe', tmp_path / 'ttyUSB9')
    assert result.code == 3 and 'no such port' in result.error

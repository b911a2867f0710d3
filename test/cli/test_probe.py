# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from camera_driver.catalog import TYPES
from camera_driver.cli.probe import Answer, FOUND, judge, NOTHING, OTHER
from camera_driver.sim.terminal import Terminal


def answer(verdict):
    return Answer('sierra', '19200 8N1', verdict, 'words')


@pytest.mark.parametrize('verdicts, heard, verdict', [
    ([FOUND], b'', 'found'), ([FOUND, NOTHING, OTHER], b'x', 'found'),
    ([FOUND, FOUND], b'', 'ambiguous'), ([NOTHING, NOTHING], b'', 'nothing'),
    ([NOTHING], b'x', 'something else'), ([OTHER, NOTHING], b'', 'something else')])
def test_verdict(verdicts, heard, verdict):
    assert judge([answer(one) for one in verdicts], heard) == verdict


def test_finds_a_camera(command, terminal):
    result = command('probe', terminal.path)
    assert result.code == 0 and result.err == ''
    found, *others, hint = result.out.splitlines()
    assert found.startswith('sierra at 19200 8N1: ')
    assert [line.split(' at ')[0] for line in others] == [name for name in TYPES
                                                          if name != 'sierra']
    assert all(line.endswith(': no answer') for line in others)
    assert hint == f'Next:  camera-driver sierra --port {terminal.path} info'


def test_finds_a_video_camera(command):
    with Terminal(TYPES['kp_fd30'].simulator_class()()) as terminal:
        result = command('probe', terminal.path, '--json')
    assert result.code == 0 and result.document['verdict'] == 'found'
    assert [one['device_type'] for one in result.document['answers']
            if one['verdict'] == 'found'] == ['kp_fd30']


def test_leaves_the_camera_as_it_was(command, camera, terminal):
    before = camera('list', '--json').document
    assert command('probe', terminal.path).code == 0
    assert camera('list', '--json').document == before


def test_absent_port(command, tmp_path):
    result = command('probe', tmp_path / 'ttyUSB9')
    assert result.code == 3 and 'no such port' in result.error

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""folders, audio, animation, summary."""

from helpers import pattern
import pytest

from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator
from camera_driver.sim.terminal import Terminal


@pytest.fixture
def terminal():
    """Run a camera whose second picture has a sound, and which has an animation."""
    frames = SierraSimulator().frames[:2]
    frames[1].audio = pattern(3000)
    moving = Frame(pattern(4000), b'', '', frames[0].taken, animation=2)
    with Terminal(SierraSimulator(frames=frames, animations=[moving])) as terminal:
        yield terminal


def test_folders(command, camera, tmp_path):
    assert camera('folders').error == 'this camera has no folders (it refuses register 84)'
    first, second, third = SierraSimulator().frames[:3]
    with Terminal(SierraSimulator(folders={
            'DCIM/100SIERR': [first, second], 'DCIM/101SIERR': [third]})) as terminal:
        port = ('sierra', '--port', terminal.path)
        lines = [line.split() for line in command(*port, 'folders').out.splitlines()]
        assert lines == [['FOLDER', 'LABEL', 'PICTURES'], ['(root)', '-', '-'],
                         ['DCIM', 'DCIM', '-'], ['DCIM/100SIERR', '100SIERR', '1-2'],
                         ['DCIM/101SIERR', '101SIERR', '3']]
        listed = command(*port, 'list', '1-2', '--json').document['images']
        assert [(image['index'], image['folder']) for image in listed] == [
            (1, 'DCIM/100SIERR'), (2, 'DCIM/100SIERR')]
        assert command(*port, 'folders', '--json').document['folders'][3] == {
            'name': 'DCIM/101SIERR', 'first_index': 3, 'images': 1, 'label': '101SIERR'}


def test_audio(camera, tmp_path):
    result = camera('audio', '2', '--directory', tmp_path, '--json')
    assert result.document == {'index': 2, 'path': str(tmp_path / 'P1010002.audio'), 'bytes': 3000}
    assert (tmp_path / 'P1010002.audio').read_bytes() == pattern(3000)
    silent = camera('audio', '1', '--directory', tmp_path)
    assert silent.code == 1 and silent.error == 'picture 1 has no sound'
    assert len(list(tmp_path.iterdir())) == 1


def test_animation(camera, tmp_path):
    assert camera('animation', '1', '--directory', tmp_path).code == 0
    assert (tmp_path / 'animation_0001.dat').read_bytes() == pattern(4000)
    assert camera('animation', '2').error == 'animation 2: the camera has 1 animations'


def test_summary(camera):
    whole = camera('summary', '--json').document
    assert whole['animations'] == 1 and whole['frames_taken (A)'] == 2
    one = camera('summary', '2', '--json').document
    assert one['sound, expanded'] == 6000 and one['animation'] == 'no'
    assert 'sound, expanded  6000' in camera('summary', '2').out.replace(':', '')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The commands at a simulated Fuji camera: the same ones as at a sierra camera."""

from datetime import datetime
from pathlib import Path

import pytest

from camera_driver.catalog import TYPES
from camera_driver.pictures.image import check, decode, ycbcr422_to_rgb
from camera_driver.sim.scene import jpeg
from camera_driver.sim.terminal import Terminal


@pytest.fixture(scope='module')
def terminal():
    simulator = TYPES['fuji_mx'].simulator_class()(
        exposure_duration=0.05, charge_duration=0.05, width=320, height=240)
    with Terminal(simulator) as terminal:
        yield terminal


@pytest.fixture
def camera(command, terminal):
    """Give a function that runs `camera-driver fuji_mx --port ...` in this process."""
    return lambda *words: command('fuji_mx', '--port', terminal.path, *words)


def files(path):
    return {entry.name: entry.read_bytes() for entry in Path(path).iterdir()}


def frames(terminal):
    return terminal.do(lambda: {frame.name: frame.data for frame in terminal.simulator.frames})


def test_info_and_summary(camera, terminal):
    document = camera('info', '--json').document
    assert document['identity']['model'] == 'MX-700' and document['line'] == '115200 8E1'
    assert document['status']['images_stored'] == len(frames(terminal))
    result = camera('summary')
    assert result.code == 0 and 'camera_type        DIGCAM' in result.out
    assert 'take_preview, get_camera_id' in result.out
    assert camera('summary', '2', '--json').document['name'] == 'DSC00002.JPG'


def test_list_download_and_thumbnails(camera, terminal, tmp_path):
    stored = frames(terminal)
    images = camera('list', '--json').document['images']
    assert {image['name']: image['size'] for image in images} == {
        name: len(data) for name, data in stored.items()}
    assert camera('download', '--all', '--directory', tmp_path / 'all').code == 0
    assert files(tmp_path / 'all') == stored
    assert camera('thumbnails', '1-2', '--directory', tmp_path / 'small').code == 0
    small = files(tmp_path / 'small')
    assert set(small) == {'thumb_DSC00001.JPG', 'thumb_DSC00002.JPG'}
    assert {check(data, 'jpeg').width for data in small.values()} == {160}


def test_preview_is_saved_as_png(camera, terminal, tmp_path):
    result = camera('preview', '--directory', tmp_path)
    assert result.code == 0 and '80 x 60' in result.out
    saved = files(tmp_path)
    assert set(saved) == {'preview.png'}
    taken = terminal.do(lambda: terminal.simulator.camera.preview[4:])
    assert (decode(saved['preview.png']) == ycbcr422_to_rgb(taken, 80, 60)).all()


def test_capture_and_delete(camera, terminal, tmp_path):
    before = len(frames(terminal))
    result = camera('--charge-flash', '200', 'capture', '--download', '--directory', tmp_path)
    assert result.code == 0 and result.out.startswith(f'Picture {before + 1} taken in ')
    assert ' to make it ready' in result.out
    assert terminal.simulator.charged[-1:] == [200]
    name, = files(tmp_path)
    assert files(tmp_path)[name] == frames(terminal)[name]
    result = camera('delete', str(before + 1), '--yes')
    assert result.code == 0 and name not in frames(terminal)
    result = camera('delete', '99', '--yes')
    assert result.code == 1 and 'image 99' in result.error


def test_upload(camera, terminal, tmp_path):
    picture = tmp_path / 'other.jpg'
    picture.write_bytes(jpeg(3, 640, 480, datetime(1999, 6, 6)))
    result = camera('upload', picture, '--yes')
    assert result.code == 2 and 'names such as DSC00042.JPG' in result.error
    result = camera('upload', picture, '--name', 'DSC00042.JPG', '--yes')
    assert result.code == 0 and 'picture' in result.out
    assert frames(terminal)['DSC00042.JPG'] == picture.read_bytes()
    result = camera('upload', picture, '--name', 'DSC00042.JPG', '--yes')
    assert result.code == 1 and 'has an image of that name' in result.error


def test_settings_and_clock(camera):
    assert camera('set', 'flash_mode', 'off').out == 'off\n'
    assert camera('set', 'camera_id', 'NADIR').out == 'NADIR\n'
    assert camera('get', 'flash_mode', 'camera_id', '--json').document == {
        'flash_mode': 'off', 'camera_id': 'NADIR'}
    assert 'as this computer' in camera('clock', '--set').out
    result = camera('--baudrate', '300', 'info')
    assert result.code == 2 and 'allowed: 9600, 12000, 14400' in result.error


def test_raw_and_self_test(camera):
    assert camera('--allow-raw-writes', 'send', '0a 02 00').out.endswith('  DSC00002.JPG\n')
    assert camera('self-test').code == 0

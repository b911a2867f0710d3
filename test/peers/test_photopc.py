# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The real photopc works with the simulated sierra camera (sierra.md 9)."""

import time

from peers.clients import ClientError, Photopc
from peers.pictures import make_frame
import pytest

READ_PICTURE = bytes.fromhex('04 0e')


@pytest.fixture
def photopc(port, tmp_path):
    return Photopc(port, 115200, tmp_path / 'photopc')


def test_query(photopc, simulator):
    settings = dict(
        line.split(': ', 1) for line in photopc.run('query').output.splitlines() if ': ' in line)
    assert settings['Model'] == f'"{simulator.options.model_name}"'
    assert settings['Frames in folder'] == '3'


def test_list(photopc, simulator):
    simulator.frames[1].protected = True
    rows = [line.split() for line in photopc.run('list').output.splitlines()[2:]]
    assert [(int(row[0]), int(row[1]), row[3], row[-1]) for row in rows] == [
        (number, len(frame.data), 'P' if frame.protected else '-', frame.name)
        for number, frame in enumerate(simulator.frames, 1)]


@pytest.mark.parametrize('speed', [9600, 19200, 38400, 57600, 115200])
def test_download(port, tmp_path, simulator, speed):
    photopc = Photopc(port, speed, tmp_path / 'photopc')
    photopc.run('image', 'all', '.')
    assert list(photopc.files().values()) == [frame.data for frame in simulator.frames]


@pytest.mark.parametrize('simulator', [
    {'frames': [make_frame(1, 1), make_frame(2, 2048), make_frame(3, 2 * 2048)]},
    {'frames': [make_frame(1, 257 * 2048 + 1)]},
    {'folders': {'DCIM/100SIERR': [make_frame(1, 3000), make_frame(2, 3001)]}},
], ids=['whole packets', 'numbers wrap', 'folders'], indirect=True)
def test_download_others(photopc, simulator):
    """Whole packets; more packets than their numbers count to, which photopc checks; folders."""
    photopc.run('image', 'all', '.')
    assert list(photopc.files().values()) == [frame.data for frame in simulator.frames]


@pytest.mark.parametrize('fault', [
    'damaged_packet', 'lost_packet', 'truncated_packet', 'duplicate_packet', 'nak_command'])
def test_recovery(photopc, simulator, fault):
    simulator.misbehave(fault, command=READ_PICTURE)
    photopc.run('image', '2', 'x.jpg')
    assert photopc.files() == {'x.jpg': simulator.frames[1].data}


def test_download_thumbnails(photopc, simulator):
    photopc.run('thumbnail', 'all', '.')
    assert list(photopc.files().values()) == [frame.thumbnail for frame in simulator.frames]


def test_capture(photopc, simulator):
    run = photopc.run('snapshot', 'count', 'image', '4', 'new.jpg', 'thumbnail', '4', 'small.jpg')
    assert run.output == '4\n'
    assert len(simulator.frames) == 4
    assert photopc.files() == {
        'new.jpg': simulator.frames[3].data, 'small.jpg': simulator.frames[3].thumbnail}


def test_preview(photopc, simulator):
    photopc.run('preview', 'preview.jpg')
    assert photopc.files() == {'preview.jpg': simulator.preview}


def test_delete_some(photopc, simulator):
    second = simulator.frames[1]
    photopc.run('erase', '1,3')
    assert simulator.frames == [second]


def test_protected_picture_survives(photopc, simulator):
    first = simulator.frames[0]
    with pytest.raises(ClientError, match='"erase" failed'):
        photopc.run('protect', '1', 'On', 'erase', '1')
    assert len(simulator.frames) == 3
    photopc.run('eraseall')
    assert simulator.frames == [first]
    photopc.run('protect', '1', 'Off', 'eraselast')
    assert simulator.frames == []


def test_settings(photopc, simulator):
    photopc.run('flash', 'SlowSync', 'shutter', '1/250', 'lcd-brightness', '6', 'id', 'Mast 4')
    assert simulator.registers[7] == 4
    assert simulator.registers[3] == 4000
    assert simulator.registers[35] == 6
    output = photopc.run('query').output
    assert 'Flash: 4 - SlowSync\n' in output
    assert 'Camera I.D.: "Mast 4"\n' in output


def test_clock(photopc, simulator):
    before = int(time.time())
    photopc.run('clock')
    assert before <= simulator.registers[2] <= time.time()


def test_upload(photopc, simulator):
    picture = simulator.frames[0].data
    (photopc.directory / 'upload.jpg').write_bytes(picture)
    photopc.run('upload', 'upload.jpg')
    assert [frame.data for frame in simulator.frames[3:]] == [picture]


def test_refusal(photopc):
    with pytest.raises(ClientError, match='"image" failed'):
        photopc.run('image', '9', 'x.jpg')
    assert photopc.run('count').output == '3\n'


def test_off(photopc, simulator):
    photopc.run('off')
    assert simulator.log[-1] == bytes.fromhex('02 04 00')
    assert photopc.run('count').output == '3\n'

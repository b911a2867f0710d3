# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The real gphoto2 works with the simulated sierra camera (sierra.md 9).

What it does with every model, and with faults, is in test_models.py.
"""

from pathlib import Path

from peers.clients import ClientError, Gphoto2
from peers.pictures import make_frame
import pytest

FLASH = '/Camera Configuration/Picture Settings/Flash Mode'
OFF = 2  # flash_mode, sierra.md 4.2
READ_PICTURE = bytes.fromhex('04 0e')


@pytest.fixture
def gphoto2(connect):
    return connect('Olympus C-860L', 115200)


@pytest.fixture
def connect(port, tmp_path, modem):
    """Return a function that makes gphoto2 for one camera model at one speed."""
    return lambda model, speed: Gphoto2(port, model, speed, tmp_path / 'gphoto2', modem)


@pytest.mark.parametrize(('model', 'speed'), [
    ('Olympus C-860L', 9600),
    ('Polaroid PDC 2300Z', 19200),  # neither wake-up nor change of speed
])
def test_download(connect, simulator, model, speed):
    gphoto2 = connect(model, speed)
    gphoto2.run('--get-all-files')
    assert gphoto2.files() == {frame.name: frame.data for frame in simulator.frames}


@pytest.mark.parametrize('simulator', [
    {'frames': [make_frame(1, 1), make_frame(2, 2048), make_frame(3, 2 * 2048)]},
    {'folders': {'DCIM/100SIERR': [make_frame(1, 3000)], 'DCIM/101SIERR': [make_frame(2, 3001)]}},
], ids=['whole packets', 'folders'], indirect=True)
def test_download_others(gphoto2, simulator):
    gphoto2.run('--get-all-files')
    assert gphoto2.files() == {
        frame.name: frame.data
        for folder in simulator.camera.card.root.walk() for frame in folder.frames}


@pytest.mark.parametrize('fault', ['damaged_packet', 'truncated_packet'])
def test_recovery(gphoto2, simulator, fault):
    simulator.misbehave(fault, command=READ_PICTURE)
    gphoto2.run('--get-file', '2')
    assert list(gphoto2.files().values()) == [simulator.frames[1].data]


def test_download_thumbnails(gphoto2, simulator):
    """
    Take one copy or two: gphoto2 saves what it received, then the JPEG that it found in it.

    In odd seconds it overwrites the first, in even seconds it appends: 2.5.28 chooses between two
    ways of writing a file by time(NULL) & 1 (sierra.md 9.4, 8).
    """
    gphoto2.run('--get-all-thumbnails')
    files = gphoto2.files()
    assert list(files) == [f'thumb_{Path(frame.name).stem}.jpg' for frame in simulator.frames]
    for content, frame in zip(files.values(), simulator.frames):
        assert content in (frame.thumbnail, frame.thumbnail * 2)


def test_capture_after_a_deletion(gphoto2, simulator):
    """The new picture is found by its name although its number is an old picture's."""
    gphoto2.run('--delete-file', '1')
    gphoto2.run('--capture-image-and-download', '--keep')
    assert len(simulator.frames) == 3
    assert gphoto2.files() == {simulator.frames[2].name: simulator.frames[2].data}


def test_preview(gphoto2, simulator):
    gphoto2.run('--capture-preview')
    assert gphoto2.files() == {'capture_preview.jpg': simulator.preview}
    assert len(simulator.frames) == 3


def test_delete_one(gphoto2, simulator):
    first, _, third = simulator.frames
    gphoto2.run('--delete-file', '2')
    assert simulator.frames == [first, third]


def test_delete_all(gphoto2, simulator):
    gphoto2.run('--delete-all-files')
    assert simulator.frames == []


def test_protected_picture_survives(gphoto2, simulator):
    """gphoto2 says so: after "erase all" it tries what is left one by one, and is refused."""
    second = simulator.frames[1]
    second.protected = True
    with pytest.raises(ClientError, match='unexpected answer'):
        gphoto2.run('--delete-all-files')
    assert simulator.frames == [second]


def test_setting(gphoto2, simulator):
    gphoto2.run('--set-config', f'{FLASH}=Off')
    assert simulator.registers[7] == OFF
    assert 'Current: Off\n' in gphoto2.run('--get-config', FLASH).output


def test_upload(gphoto2, simulator):
    picture = simulator.frames[0].data
    (gphoto2.directory / 'upload.jpg').write_bytes(picture)
    gphoto2.run('--upload-file', 'upload.jpg')
    assert [frame.data for frame in simulator.frames[3:]] == [picture]

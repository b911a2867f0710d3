# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a sierra camera stores besides downloads and lists, over DDS: upload, folders, sounds."""

from helpers import pattern
from node_rig import rig, sierra
import pytest

from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.sim import scene
from camera_driver.srv import (
    Capture, DownloadFile, GetSummary, ListFolders, ListImages, UploadImage)


def camera_with(tmp_path, simulator, **parameters):
    return rig(SierraNode, simulator, tmp_path, **parameters)


@pytest.fixture(scope='module')
def rich(tmp_path_factory):
    """Run a camera with folders, whose second picture has a sound, and with an animation."""
    first, second, third = sierra().frames
    second.audio = pattern(3000)
    moving = type(first)(pattern(4000), b'', '', first.taken, animation=2)
    simulator = sierra(folders={'DCIM/100SIERR': [first, second], 'DCIM/EMPTY': [],
                                'DCIM/101SIERR': [third]}, animations=[moving])
    folder = tmp_path_factory.mktemp('rich')
    (folder / 'out').mkdir()
    (folder / 'out' / 'new.jpg').write_bytes(scene.jpeg(9, 320, 240, first.taken))
    (folder / 'out' / 'half.jpg').write_bytes(first.data[:2000])
    (folder / 'secret.jpg').write_bytes(first.data)
    with camera_with(folder, simulator, upload_directory=str(folder / 'out')) as one:
        yield one


def test_folders(rich):
    response = rich.call(ListFolders, 'list_folders')
    assert response.success, response.message
    listed = {one.name: (one.label, one.first_index, one.images) for one in response.folders}
    stored = len(rich.simulator.frames)
    assert listed == {'': ('', 0, 0), 'DCIM': ('DCIM', 0, 0), 'DCIM/EMPTY': ('EMPTY', 0, 0),
                      'DCIM/100SIERR': ('100SIERR', 1, 2),
                      'DCIM/101SIERR': ('101SIERR', 3, stored)}
    some = rich.call(ListImages, 'list_images', indices=[2, 1])
    assert [(one.index, one.folder) for one in some.images] == [
        (2, 'DCIM/100SIERR'), (1, 'DCIM/100SIERR')]
    same = rich.call(ListImages, 'list_images', indices=[2] * 100_000)
    assert same.success and [one.index for one in same.images] == [2]
    absent = rich.call(ListImages, 'list_images', indices=[99])
    assert not absent.success and absent.message.startswith('image 99: the camera has ')


def test_no_folders(tmp_path):
    with camera_with(tmp_path, sierra()) as one:
        response = one.call(ListFolders, 'list_folders')
        assert not response.success and 'no folders' in response.message
        locked = one.call(UploadImage, 'upload_image', file='new.jpg')
        assert not locked.success and 'upload_directory' in locked.message
        none = one.call(DownloadFile, 'download_animation', index=1)
        assert not none.success and none.message == 'animation 1: the camera has 0 animations'


def test_upload(rich):
    response = rich.call(UploadImage, 'upload_image', file='new.jpg')
    assert response.success, response.message
    path = rich.folder / 'out' / 'new.jpg'
    assert rich.simulator.frames[-1].data == path.read_bytes()
    image = response.image
    assert (image.folder, image.size) == ('DCIM/101SIERR', path.stat().st_size)
    assert image.index == 2 + len(rich.simulator.frames) and image.name
    assert rich.call(Capture, 'capture', wait=True).image_index == image.index + 1


@pytest.mark.parametrize('file, why', [
    ('half.jpg', 'half.jpg is not a valid JPEG'),
    ('../secret.jpg', "'../secret.jpg' leads out of"), ('/etc/hostname', 'leads out of'),
    ('absent.jpg', 'there is no such file'),
    ('', 'there is no such file')])
def test_what_is_not_uploaded(rich, file, why):
    before = len(rich.simulator.frames)
    response = rich.call(UploadImage, 'upload_image', file=file)
    assert not response.success and why in response.message, response.message
    assert len(rich.simulator.frames) == before


def test_an_upload_that_the_camera_does_not_store(rich):
    before = len(rich.simulator.frames)
    rich.terminal.do(lambda: rich.simulator.misbehave('fail_action', command=b'\x02\x0b'))
    response = rich.call(UploadImage, 'upload_image', file='new.jpg')
    assert not response.success and response.message
    assert len(rich.simulator.frames) == before


def test_audio(rich):
    response = rich.call(DownloadFile, 'download_audio', index=2, directory='sounds')
    assert response.success, response.message
    path = rich.folder / 'pictures' / 'sounds' / 'P1010002.audio'
    assert (response.file, response.size) == (str(path), 3000)
    assert path.read_bytes() == pattern(3000)
    silent = rich.call(DownloadFile, 'download_audio', index=1)
    assert not silent.success and silent.message == 'image 1 has no sound'
    absent = rich.call(DownloadFile, 'download_audio', index=-1)
    assert not absent.success and absent.message.startswith('image -1: the camera has ')


def test_animation(rich):
    response = rich.call(DownloadFile, 'download_animation', index=1)
    assert response.success, response.message
    path = rich.folder / 'pictures' / 'animation_0001.dat'
    assert response.file == str(path) and path.read_bytes() == pattern(4000)
    outside = rich.call(DownloadFile, 'download_animation', index=1, directory='../..')
    assert not outside.success and 'leads out' in outside.message


def test_summary(rich):
    def values(index):
        response = rich.call(GetSummary, 'get_summary', index=index)
        assert response.success, response.message
        return {one.key: one.value for one in response.values}

    assert values(0)['animations'] == '1'
    picture = values(2)
    assert (picture['sound, expanded'], picture['protected']) == ('6000', 'false')
    assert picture['size'] == str(len(
        rich.simulator.camera.card.root.enter('DCIM').enter('100SIERR').frames[1].data))

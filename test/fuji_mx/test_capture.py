# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Taking, deleting and storing pictures with a Fuji camera, whatever happens on the way."""

from datetime import datetime

from fuji_mx.conversations import example_frames, new_camera
import pytest

from camera_driver.devices.fuji_mx.commands import MX_700_COMMANDS
from camera_driver.errors import (
    DamagedPicture, DeviceError, NotSupported, OutcomeUnknown, PortError, Refused)
from camera_driver.pictures.image import check
from camera_driver.sim.faults import Faults
from camera_driver.sim.scene import jpeg


# Shots

def test_capture(opened):
    camera, simulator = opened
    triggered = []
    shot = camera.capture(triggered.append)
    assert (len(simulator.shots), simulator.charged) == (1, [])
    assert triggered == [shot.sent] == simulator.shots
    assert (shot.image_index, shot.settled, shot.delay) == (6, '', 0.0)
    assert shot.sent <= shot.accepted < shot.done
    assert check(camera.download(6).data, 'jpeg').width == 640
    assert camera.session.last_picture_name() == 'DSC00006.JPG'


def test_capture_with_a_charged_flash():
    camera, simulator = new_camera({'charge_flash': 200})
    camera.open()
    shot = camera.capture()
    assert simulator.charged == [200]
    assert shot.delay == pytest.approx(simulator.options.charge_duration, abs=0.1)
    simulator.misbehave('fail', command=b'\x34')
    with pytest.raises(Refused, match='charge flash'):
        camera.capture()
    assert len(simulator.shots) == 1


@pytest.mark.parametrize('fault, settled', [
    ('lose_ack', ''), ('lost_block', ''), ('lose_answer', 'counts 6 images instead of 5'),
    ('lose_both', 'counts 6 images instead of 5'), ('empty_answer', ''), ('wrong_number', '')])
def test_a_doubtful_shot_is_settled(opened, fault, settled):
    camera, simulator = opened
    simulator.misbehave(fault, command=b'\x27')
    shot = camera.capture()
    assert len(simulator.shots) == 1
    assert (shot.image_index, bool(shot.settled)) == (6, bool(settled))
    assert settled in shot.settled


@pytest.mark.parametrize('fault, message', [
    ('silence', 'still counts 5 images: no picture was taken'), ('eot_command', 'still counts'),
    ('fail', 'reported status 1'), ('nak_command', 'refused to take picture')])
def test_a_shot_that_was_not(opened, fault, message):
    camera, simulator = opened
    simulator.misbehave(fault, command=b'\x27')
    with pytest.raises(Refused, match=message):
        camera.capture()
    assert simulator.shots == []
    assert camera.capture().image_index == 6


def test_a_full_card():
    camera, simulator = new_camera(frames=example_frames(), memory_size=4096)
    camera.open()
    with pytest.raises(Refused, match='reported status 1 .*card may be full'):
        camera.capture()


def test_a_camera_that_hangs(opened):
    camera, simulator = opened
    simulator.misbehave('hang', command=b'\x27')
    with pytest.raises(OutcomeUnknown):
        camera.capture()
    simulator.power_cycle()
    assert camera.capture().image_index == 6
    assert camera.sessions == 2


def test_unplugged_in_a_shot(opened):
    camera, simulator = opened
    simulator.after(0.5, camera.session.port.unplug)
    with pytest.raises(OutcomeUnknown) as caught:
        camera.capture()
    assert isinstance(caught.value.__cause__, PortError)
    assert caught.value.evidence == {'operation': 'capture', 'count': 5, 'last': 'DSC00005.JPG'}


def test_a_ds_7_without_shots():
    camera, _ = new_camera(commands=MX_700_COMMANDS.replace(b'\x27', b''))
    camera.open()
    with pytest.raises(NotSupported, match='take_picture'):
        camera.capture()


@pytest.mark.parametrize('seed', range(40))
def test_shots_over_a_bad_line(seed):
    rates = dict.fromkeys(('lose', 'cut', 'drop', 'flip', 'insert', 'delay'), 0.03)
    faults = Faults(rates, seed), Faults(rates, seed + 99)
    camera, simulator = new_camera({'baudrate': 38400}, *faults, frames=[], width=160, height=120)
    for _ in range(6):
        before = len(simulator.shots)
        try:
            shot = camera.capture()
            assert shot.image_index in (None, len(simulator.frames))
            assert len(simulator.shots) == before + 1
        except OutcomeUnknown:
            assert len(simulator.shots) <= before + 1
        except DeviceError:
            assert len(simulator.shots) == before


# Deleting

def test_delete(opened):
    camera, simulator = opened
    names = [frame.name for frame in simulator.frames]
    camera.delete([2, 4, 2])
    assert [frame.name for frame in simulator.frames] == [names[0], names[2], names[4]]
    for indices in ([1, 4], [0], [3, 9]):
        with pytest.raises(IndexError):
            camera.delete(indices)
    assert len(simulator.frames) == 3
    camera.delete_all()
    assert (simulator.frames, camera.list_images()) == ([], [])


@pytest.mark.parametrize('fault', ['lose_ack', 'lose_answer', 'lose_both', 'lost_block'])
def test_a_doubtful_deletion_is_settled(opened, fault):
    camera, simulator = opened
    simulator.misbehave(fault, command=b'\x19')
    camera.delete([2])
    assert [frame.name[-5] for frame in simulator.frames] == ['1', '3', '4', '5']


def test_deletions_that_fail(opened):
    camera, simulator = opened
    simulator.misbehave('silence', command=b'\x19')
    with pytest.raises(Refused, match='Image 2 is still there'):
        camera.delete([2])
    simulator.misbehave('fail', skip=1, command=b'\x19')
    with pytest.raises(Refused, match='image 1 was not deleted.*deleted: 5; still there: 1'):
        camera.delete([1, 5])
    simulator.misbehave('fail', command=b'\x19')
    with pytest.raises(Refused, match='1 images were not deleted.*deleted: 3, 2, 1; .*there: 4'):
        camera.delete_all()  # what is refused stays
    assert [frame.name for frame in simulator.frames] == ['DSC00004.JPG']


# Uploads

def picture(width=640, height=480):
    return jpeg(77, width, height, datetime(2001, 6, 14))


def test_upload(opened):
    camera, simulator = opened
    progress = []
    image = camera.upload('DSC00042.JPG', picture(), progress=progress.append)
    assert (image.index, image.name, image.size) == (6, 'DSC00042.JPG', len(picture()))
    assert progress[-1].done == progress[-1].total == len(picture())
    assert camera.download(6).data == picture()
    with pytest.raises(NotSupported, match='no thumbnail'):
        camera.thumbnail(6)
    with pytest.raises(Refused, match='has an image of that name'):
        camera.upload('DSC00042.JPG', picture())
    camera.upload('DSC00042.JPG', picture(1280, 960), overwrite=True)
    assert simulator.frames[5].data == picture(1280, 960)


@pytest.mark.parametrize('name, size, error', [
    ('photo.jpg', (640, 480), 'names such as'), ('DSC00042.JPG', (320, 240), '320 x 240 pixels')])
def test_uploads_that_the_camera_would_not_show(opened, name, size, error):
    sent = opened[0].statistics.frames_sent
    with pytest.raises(ValueError, match=error):
        opened[0].upload(name, picture(*size))
    with pytest.raises(DamagedPicture):
        opened[0].upload('DSC00042.JPG', picture()[:-100])
    assert opened[0].statistics.frames_sent == sent


def test_uploads_that_go_wrong(opened):
    camera, simulator = opened
    simulator.misbehave('lose_ack', skip=len(picture()) // 512, command=b'\x0e')
    assert camera.upload('DSC00042.JPG', picture()).index == 6  # the last one: settled
    simulator.misbehave('silence', skip=3, command=b'\x0e')
    with pytest.raises(Refused, match='DSC00043.JPG is not in its list'):
        camera.upload('DSC00043.JPG', picture())
    simulator.misbehave('silence', skip=3, command=b'\x0e')
    with pytest.raises(OutcomeUnknown, match='as long as the new one'):
        camera.upload('DSC00042.JPG', picture(), overwrite=True)
    assert len(camera.list_images()) == 6
    simulator.misbehave('damaged_answer', command=b'\x0f')
    with pytest.raises(Refused, match='does not take this name .answer 64'):
        camera.upload('DSC00044.JPG', picture())
    camera, _ = new_camera(memory_size=512 * 1000)
    camera.open()
    with pytest.raises(Refused, match='are free on the card'):
        camera.upload('DSC00042.JPG', picture())


@pytest.mark.parametrize('seed', range(30))
def test_uploads_over_a_bad_line(seed):
    rates = dict.fromkeys(('lose', 'cut', 'drop', 'flip', 'insert', 'repeat'), 0.005)
    camera, simulator = new_camera(None, Faults(rates, seed), Faults(rates, seed + 99), frames=[])
    try:
        image = camera.upload('DSC00042.JPG', picture())
        assert (image.size, simulator.frames[-1].data) == (len(picture()), picture())
    except DeviceError:
        pass

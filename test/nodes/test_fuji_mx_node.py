# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The fuji_mx node over DDS: each thing that the protocol can do, and what a model cannot."""

from array import array
from datetime import datetime, timedelta, timezone
from pathlib import Path

from helpers import wait_until
from node_rig import fuji_mx, rig
import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import Trigger

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.devices.fuji_mx.commands import DS_7_COMMANDS, MX_700_COMMANDS
from camera_driver.msg import CameraStatus, CaptureEvent
from camera_driver.nodes.fuji_mx_node import FujiMxNode
from camera_driver.pictures.image import decode, ycbcr422_to_rgb
from camera_driver.sim.scene import jpeg
from camera_driver.srv import (
    Capture, Command, DeleteImages, GetSummary, ListImages, SendMessage, UploadImage)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('fuji_mx')


@pytest.fixture(scope='module')
def shared(folder):
    # Under a name of its own: it runs beside the others.
    with rig(FujiMxNode, fuji_mx(), folder, name='shared', allow_delete=True,
             allow_raw_writes=True, charge_flash=200, upload_directory=str(folder)) as one:
        yield one


@pytest.fixture
def camera(shared):
    """Give the one camera of this module as it was at the beginning."""
    frames = shared.terminal.do(lambda: list(shared.simulator.frames))
    yield shared
    shared.terminal.do(lambda: shared.simulator.frames.__setitem__(slice(None), frames))


def get(one, name):
    """Return a parameter as a client sees it; None = not set."""
    value, = one.call(GetParameters, 'get_parameters', names=[name]).values
    return Parameter.from_parameter_msg(Parameter(name).to_parameter_msg().__class__(
        name=name, value=value)).value


def put(one, name, value):
    """Set a parameter as a client does; return why it failed."""
    result, = one.call(SetParameters, 'set_parameters', parameters=[
        Parameter(name, value=value).to_parameter_msg()]).results
    return result.reason


def names(one):
    return [frame.name for frame in one.terminal.do(lambda: list(one.simulator.frames))]


def test_who_it_is_and_how_many_it_holds(camera):
    states = camera.listen(CameraStatus, 'status')
    one = wait_until(lambda: states and states[-1])
    assert (one.camera_type, one.model, one.firmware_version) == ('fuji_mx', 'MX-700', '01.00')
    wait_until(lambda: states[-1].images_stored == 3)
    assert states[-1].memory_free > 0 and np.isnan(states[-1].battery)


def test_list(camera):
    response = camera.call(ListImages, 'list_images')
    assert response.success, response.message
    assert [(one.index, one.name, one.size, one.stamp.sec) for one in response.images] == [
        (number, frame.name, len(frame.data), 0)
        for number, frame in enumerate(camera.simulator.frames, 1)]


def test_capture_with_download(camera):
    events = camera.listen(CaptureEvent, 'capture_event')
    compressed = camera.listen(CompressedImage, 'image_raw/compressed')
    charged = len(camera.simulator.charged)
    response = camera.call(Capture, 'capture', wait=True, download=True)
    assert response.success and response.image_index == 4, response.message
    wait_until(lambda: events and compressed)
    assert camera.simulator.charged[charged:] == [200]
    assert (events[0].shot_id, events[0].stamp_source) == (response.shot_id, 'trigger')
    assert 0 < events[0].stamp_uncertainty < 5
    assert compressed[0].header.stamp == events[0].header.stamp == response.stamp
    assert bytes(compressed[0].data) == camera.simulator.frames[3].data


def test_sequence(camera):
    result = camera.act(CaptureSequence, 'capture_sequence', count=2, interval=0.1)
    assert result.success and result.taken == 2, result.message
    assert len(names(camera)) == 5


def test_a_sequence_ends_at_once_on_a_model_that_takes_no_pictures(tmp_path):
    with rig(FujiMxNode, fuji_mx(commands=MX_700_COMMANDS.replace(b'\x27', b'')),
             tmp_path) as one:
        result = one.act(CaptureSequence, 'capture_sequence', count=0, interval=0.0)
        assert not result.success and 'not among its commands' in result.message
        assert (result.taken, result.failed) == (0, 1)


def test_thumbnails(camera):
    thumbnails = camera.listen(CompressedImage, 'thumbnail/compressed')
    result = camera.act(DownloadImages, 'download_images', indices=[1, 3], thumbnails_only=True,
                        directory='small', publish=True)
    assert result.success, result.message
    assert [Path(file).name for file in result.files] == [
        'DSC00001_thumbnail.jpg', 'DSC00003_thumbnail.jpg']
    wait_until(lambda: len(thumbnails) == 2)
    assert {decode(bytes(one.data)).shape for one in thumbnails} == {(120, 160, 3)}


def test_preview_is_converted(camera):
    raw = camera.listen(Image, 'preview/image_raw')
    response = camera.call(Trigger, 'take_preview')
    assert response.success and '80 x 60 pixels' in response.message
    one = wait_until(lambda: raw and raw[0])
    assert (one.width, one.height, one.encoding) == (80, 60, 'rgb8')
    pixels = np.frombuffer(one.data, np.uint8).reshape(60, 80, 3)
    taken = camera.terminal.do(lambda: camera.simulator.camera.preview[4:])
    assert np.array_equal(pixels, ycbcr422_to_rgb(taken, 80, 60))
    assert one.header.stamp.sec > 0 and len(names(camera)) == 3


def test_a_preview_that_makes_no_sense_is_not_published(camera):
    raw = camera.listen(Image, 'preview/image_raw')
    camera.terminal.do(lambda: camera.simulator.misbehave('short_answer', 9, command=b'\x62'))
    response = camera.call(Trigger, 'take_preview')
    camera.terminal.do(lambda: camera.simulator.faults.pending.clear())
    assert not response.success and not raw, response.message


def test_delete(camera):
    response = camera.call(DeleteImages, 'delete_images', indices=[1, 3], without_copy=True)
    assert response.success and response.deleted == 2, response.message
    assert names(camera) == ['DSC00002.JPG']
    response = camera.call(DeleteImages, 'delete_images', all=True, without_copy=True)
    assert response.success and names(camera) == []


def test_upload(camera, folder):
    (folder / 'other.jpg').write_bytes(jpeg(3, 640, 480, datetime(1999, 6, 6)))
    response = camera.call(UploadImage, 'upload_image', file='other.jpg')
    assert not response.success and 'names such as DSC00042.JPG' in response.message
    response = camera.call(UploadImage, 'upload_image', file='other.jpg', name='DSC00042.JPG')
    assert response.success and response.image.index == 4, response.message
    assert camera.simulator.frames[3].data == (folder / 'other.jpg').read_bytes()
    response = camera.call(UploadImage, 'upload_image', file='other.jpg', name='DSC00042.JPG')
    assert not response.success and 'has an image of that name' in response.message


def test_summary(camera):
    values = {one.key: one.value for one in camera.call(GetSummary, 'get_summary').values}
    assert (values['version'], values['picture_count']) == ('01.00,MX-700', '3')
    assert 'take_picture' in values['commands'].split(', ')
    values = {one.key: one.value for one in camera.call(
        GetSummary, 'get_summary', index=2).values}
    assert values['name'] == 'DSC00002.JPG'


def test_settings(camera):
    assert (get(camera, 'flash_mode'), get(camera, 'camera_id')) == ('auto', 'TESTCAM')
    assert not put(camera, 'flash_mode', 'off')
    assert camera.simulator.camera.flash_mode == 0
    assert not put(camera, 'camera_id', 'NADIR')
    assert camera.simulator.camera.camera_id == b'NADIR     '
    assert 'text of at most 10 bytes' in put(camera, 'camera_id', 'ELEVEN CHARS')
    assert 'allowed: off, force, anti_red_eye, auto' in put(camera, 'flash_mode', 'disco')
    assert not put(camera, 'camera_id', 'TESTCAM') and not put(camera, 'flash_mode', 'auto')


def test_clock(camera):
    response = camera.call(Command, 'sync_clock')
    assert response.success and 'UTC' in response.message
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    assert abs(camera.terminal.do(lambda: camera.simulator.time) - now) < timedelta(seconds=30)


def test_raw_messages(camera):
    response = camera.call(SendMessage, 'send_message', message=array('B', b'\x0a\2\0'))
    assert response.success and bytes(response.reply) == b'DSC00002.JPG'
    response = camera.call(SendMessage, 'send_message', message=array('B', b'\x07\x08'))
    assert not response.success and 'never sent raw' in response.message


def test_self_test_and_reset(camera):
    response = camera.call(Trigger, 'self_test')
    assert response.success and '20 of 20 answers alike' in response.message
    put(camera, 'flash_mode', 'force')
    response = camera.call(Trigger, 'reset_device')
    assert response.success and 'flash_mode' in response.message, response.message
    assert get(camera, 'flash_mode') == 'force'
    assert not put(camera, 'flash_mode', 'auto')


@pytest.mark.parametrize('commands, assumed', [
    (bytes(number for number in MX_700_COMMANDS if number not in b'\x00\x19\x27\x62\x82\x86'),
     False),
    (bytes(number for number in DS_7_COMMANDS if number not in b'\x00\x17\x19\x27\x32'), True)],
                         ids=['told', 'assumed'])
@pytest.mark.long
def test_what_this_model_cannot_do(tmp_path, commands, assumed):
    """Its list of commands tells, or what it refuses when it has no such list."""
    with rig(FujiMxNode, fuji_mx(commands=commands), tmp_path, allow_delete=True) as one:
        cannot = [one.call(Capture, 'capture', wait=True), one.call(Trigger, 'take_preview'),
                  one.call(Command, 'sync_clock'),
                  one.call(DeleteImages, 'delete_images', indices=[1], without_copy=True),
                  one.act(DownloadImages, 'download_images', indices=[1], thumbnails_only=True)]
        for answer in cannot:
            assert not answer.success
            assert ('not among its commands' in answer.message
                    or assumed and 'refused to' in answer.message), answer.message
        reason = put(one, 'flash_mode' if assumed else 'camera_id', 'off')
        assert ('refused' if assumed else 'read-only') in reason
        assert len(names(one)) == 3
        result = one.act(DownloadImages, 'download_images')
        assert result.success and len(result.files) == 3, result.message


def test_pulled_cable_and_power_cycle(tmp_path):
    with rig(FujiMxNode, fuji_mx(), tmp_path, keep_alive=0.2) as one:
        assert not put(one, 'flash_mode', 'off')
        one.terminal.unplug()
        wait_until(lambda: not one.node.connected)
        one.terminal.do(one.simulator.power_cycle)
        one.terminal.do(lambda: setattr(one.simulator.camera, 'flash_mode', 3))
        one.terminal.replug()
        wait_until(lambda: one.node.connected)
        assert one.simulator.camera.flash_mode == 0
        response = one.call(Capture, 'capture', wait=True)
        assert response.success, response.message
        assert response.image_index == 4

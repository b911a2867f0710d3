# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A Fuji camera in a photographer's words, against the simulated one."""

from contextlib import suppress
from datetime import datetime, timedelta
import itertools

from fuji_mx.conversations import example_frames, new_camera
from helpers import pattern, wait_until
import pytest

from camera_driver.devices.fuji_mx.camera import FujiMxCamera
from camera_driver.devices.fuji_mx.commands import Command, DS_7_COMMANDS, MX_700_COMMANDS, TABLE
from camera_driver.devices.fuji_mx.simulator.simulator import Frame, FujiMxSimulator, State
from camera_driver.errors import (
    Cancelled, DamagedPicture, DeviceError, Forbidden, NotSupported, OutcomeUnknown, PortError,
    ProtocolError, Refused)
from camera_driver.link.port import LineSettings, SerialPort
from camera_driver.model import Access, Identity
from camera_driver.operations import Outcome
from camera_driver.pictures.image import resized, ycbcr422_to_rgb
from camera_driver.sim.scene import scene, stills
from camera_driver.sim.terminal import Terminal

DS_7 = DS_7_COMMANDS.replace(b'\x17', b'')


def without(*numbers):
    """Return the MX-700's commands without some."""
    return bytes(number for number in MX_700_COMMANDS if number not in numbers)


# Device

def test_open_and_close():
    camera, simulator = new_camera()
    assert camera.open() == Identity('fuji_mx', 'FUJIFILM', 'MX-700', firmware_version='01.00')
    assert camera.session.port.line == LineSettings(115200, 'E')
    assert camera.sessions == 1
    camera.close()
    camera.close()
    assert (simulator.state, simulator.line) == (State.CLOSED, FujiMxCamera.LINE)
    with pytest.raises(PortError, match='closed'):
        camera.poll()


@pytest.mark.parametrize('arguments, expected', [
    ({'version': '02.10', 'camera_type': 'DIGCAM\\DS-7\\FUJIFILM'},
     Identity('fuji_mx', 'FUJIFILM', 'DS-7', firmware_version='02.10')),
    ({'version': '01.00,QT200', 'camera_type': 'X'},
     Identity('fuji_mx', model='QT200', firmware_version='01.00')),
    ({'commands': without(0x09, 0x29)}, Identity('fuji_mx')),
    ({'commands': DS_7},
     Identity('fuji_mx', 'FUJIFILM', 'MX-700', firmware_version='01.00')),
])
def test_who_it_is(arguments, expected):
    assert new_camera(**arguments)[0].open() == expected


def test_options():
    for options in ({'baudrate': 12345}, {'baudrate': 300}, {'keep_alive': -1.0},
                    {'charge_flash': 70000}):
        with pytest.raises(ValueError, match=next(iter(options))):
            new_camera(options)
    camera, _ = new_camera({'baudrate': 19200})
    camera.open()
    assert camera.session.port.line.baudrate == 19200


def test_poll(opened):
    camera, simulator = opened
    status = camera.poll()
    assert (status.images_stored, status.memory_free) == (len(stills()), simulator.camera.free)
    assert status.details == {'line': '115200 8E1', 'log-ins': '1', 'commands': '33',
                              'card': 'normal', 'last picture': simulator.frames[-1].name}
    assert status.battery is status.images_left is None
    camera, _ = new_camera(card_status=3)
    camera.open()
    assert camera.poll().details['card'] == 'status 3'
    camera, _ = new_camera(commands=DS_7)
    camera.open()
    assert camera.poll().details['commands'] == '20 (assumed)'


def test_settings(opened):
    camera, simulator = opened
    assert {name: setting.access for name, setting in camera.settings().items()} == {
        'flash_mode': Access.READ_WRITE, 'camera_id': Access.READ_WRITE}
    assert (camera.get('flash_mode'), camera.get('camera_id')) == ('auto', 'TESTCAM')
    for word, raw in (('off', 0), ('force', 1), ('anti_red_eye', 2), ('auto', 3), ('raw:1', 1)):
        held = camera.set('flash_mode', word)
        assert (held, simulator.camera.flash_mode) == (
            'force' if word == 'raw:1' else word, raw)
    assert camera.set('camera_id', 'drone 7') == 'drone 7'
    assert simulator.camera.camera_id == b'drone 7   '


@pytest.mark.parametrize('name, value, error', [
    ('flash_mode', 'sometimes', ValueError), ('flash_mode', 'raw:256', ValueError),
    ('flash_mode', 'raw:9', Refused), ('camera_id', 'longer than 10', ValueError),
    ('camera_id', 'caméra', ValueError), ('camera_id', 'a\nb', ValueError),
    ('colour', 'red', NotSupported)])
def test_wrong_settings(opened, name, value, error):
    camera, simulator = opened
    sent = camera.statistics.frames_sent
    with pytest.raises(error):
        camera.set(name, value)
    assert error is Refused or camera.statistics.frames_sent == sent
    assert simulator.camera.flash_mode == 3


def test_settings_of_lesser_cameras():
    camera, _ = new_camera(commands=without(0x30, 0x82))
    camera.open()
    assert camera.get('flash_mode') is None
    assert camera.set('flash_mode', 'off') == camera.get('flash_mode') == 'off'
    with pytest.raises(Refused, match='no command to write'):
        camera.set('camera_id', 'x')
    camera, _ = new_camera(commands=without(0x30, 0x32, 0x80, 0x82))
    camera.open()
    with pytest.raises(NotSupported, match='there are: none'):
        camera.get('flash_mode')


def test_a_setting_that_does_not_hold(opened):
    camera, simulator = opened
    simulator.misbehave('damaged_answer', command=b'\x30')
    with pytest.raises(Refused, match="accepted 'off' and holds 'raw:64'"):
        camera.set('flash_mode', 'off')
    simulator.misbehave('fail', command=b'\x82')
    with pytest.raises(Refused, match='set camera id .*error 1'):
        camera.set('camera_id', 'x')


def test_clock(opened):
    camera, simulator = opened
    now = datetime(2026, 11, 21, 8, 0, 0)
    assert camera.set_clock(now) == now
    assert abs(camera.clock() - now) < timedelta(seconds=2)
    with pytest.raises(Refused, match='set date'):
        camera.set_clock(datetime(2050, 1, 1))
    camera, _ = new_camera(commands=DS_7)
    camera.open()
    with pytest.raises(NotSupported, match='cannot get_date: it is not among its commands'):
        camera.clock()


@pytest.mark.parametrize('word', ['utc', 'local'])
def test_what_the_clock_shows(word):
    assert new_camera({'camera_clock': word})[0].clock_shows == word
    assert new_camera()[0].clock_shows == 'utc'


def test_summary(opened):
    camera, simulator = opened
    told = camera.summary()
    assert (told['version'], told['camera_type']) == ('01.00,MX-700', 'DIGCAM\\MX-700\\FUJIFILM')
    assert (told['camera_id'], told['picture_count']) == ('TESTCAM', len(stills()))
    assert told['last_picture_name'] == simulator.frames[-1].name
    assert (told['card_status'], told['card_free']) == (0, simulator.camera.free)
    assert told['date'] == '2001-06-14 10:00:00'
    assert told['commands'].startswith('get_thumbnail, get_picture, set_speed, get_version')
    assert told['commands_assumed'] is False
    assert camera.summary(2) == {'name': 'DSC00002.JPG', 'size': len(stills()[1].data)}
    with pytest.raises(IndexError, match='image 99'):
        camera.summary(99)
    camera, _ = new_camera(commands=DS_7)
    camera.open()
    told = camera.summary()
    assert told['camera_id'] is told['date'] is None and told['commands_assumed'] is True


def test_messages(opened):
    camera, simulator = opened
    assert camera.send_message(b'\x0a\2\0') == b'DSC00002.JPG'
    assert camera.send_message(b'\x20') == bytes(2)
    with pytest.raises(OutcomeUnknown, match='refused to command 77'):
        camera.send_message(b'\x77')
    for message in (b'', bytes(514)):
        with pytest.raises(ValueError, match='a message is'):
            camera.send_message(message)
    for message in (b'\x07\x08', b'\x0edata'):
        with pytest.raises(Forbidden):
            camera.send_message(message)


def test_self_test(opened):
    camera, simulator = opened
    results = camera.self_test()
    assert [(result.name, result.passed) for result in results] == [
        (name, True) for name in ('identity', 'card', 'images', 'echo', 'line')]
    assert '20 of 20' in results[3].detail
    camera, simulator = new_camera(card_status=1)
    camera.open()
    simulator.misbehave('wrong_bcc')
    assert [result.passed for result in camera.self_test()] == [True, False, True, True, False]


# Pictures

def test_list(opened):
    camera, simulator = opened
    progress = []
    images = camera.list_images(progress.append)
    assert [(i.index, i.name, i.size) for i in images] == [
        (n, frame.name, len(frame.data)) for n, frame in enumerate(simulator.frames, 1)]
    assert [p.done for p in progress] == [1, 2, 3, 4, 5]
    assert camera.list_images(indices=[2, 4]) == [images[1], images[3]]
    with pytest.raises(IndexError, match='image 6: the camera has 5 images, numbered 1 to 5'):
        camera.list_images(indices=[6])


def test_download_and_thumbnail(opened):
    camera, simulator = opened
    for still in stills():
        progress = []
        picture = camera.download(still.number, progress.append)
        assert (picture.data, picture.format) == (still.data, 'jpeg')
        assert (picture.name, picture.index) == (f'DSC{still.number:05}.JPG', still.number)
        assert progress[-1].done == progress[-1].total == len(still.data)
        assert len(progress) == -(-len(still.data) // 512)
        small = camera.thumbnail(still.number)
        assert (small.data, small.format) == (still.thumbnail, 'jpeg')
    for index in (0, 6, -1):
        for call in (camera.download, camera.thumbnail):
            with pytest.raises(IndexError):
                call(index)
    simulator.press_shutter()
    assert camera.download(6).data == simulator.frames[5].data


def test_a_ds_7_tells_no_sizes():
    camera, simulator = new_camera(commands=DS_7)
    camera.open()
    images = camera.list_images()
    assert [image.size for image in images] == [None] * 5
    assert 0x17 not in camera.session.commands
    assert camera.download(3).data == stills()[2].data
    assert simulator.log.count(b'\x17\1\0') <= 4


def test_formats_and_absent_data():
    frames = [Frame(b'II*\0rest', b'head', 'DSC00001.TIF'), Frame(b'', b'', 'DSC00002.JPG'),
              Frame(b'RIFF', b'\xff\xd8\xff\xe1\x20\0cut', '')]
    camera, _ = new_camera(frames=frames)
    camera.open()
    assert camera.download(1).format == 'tiff'
    assert camera.download(3).format == 'unknown'
    assert (camera.thumbnail(1).data, camera.thumbnail(1).format) == (b'head', 'unknown')
    with pytest.raises(NotSupported, match='image 2: the camera sends nothing'):
        camera.download(2)
    with pytest.raises(NotSupported, match='image 2 has no thumbnail'):
        camera.thumbnail(2)
    with pytest.raises(DamagedPicture, match='Exif data end after 9 bytes'):
        camera.thumbnail(3)


def test_hostile_answers(opened):
    camera, simulator = opened
    simulator.misbehave('hostile_name')
    assert camera.list_images(indices=[1])[0].name == '../../etc/passwd'  # storage makes it safe
    simulator.misbehave('huge_size')
    images = camera.list_images()  # one that cannot be is no reason to list none
    assert [image.size is None for image in images] == [True, *[False] * 4]
    simulator.misbehave('huge_size')
    assert camera.download(1).data == simulator.frames[0].data
    simulator.misbehave('huge_count')
    with pytest.raises(ProtocolError, match='claims 65535 images and has no image 6'):
        camera.list_images()
    simulator.misbehave('huge_preview')
    with pytest.raises(ProtocolError, match='longer than the 1048576 bytes'):
        camera.take_preview()
    simulator.misbehave('empty_answer', command=b'\x62')
    with pytest.raises(DamagedPicture, match='0 bytes'):
        camera.take_preview()
    assert len(camera.list_images()) == 5


@pytest.mark.parametrize('first', [100, 4, 1, 0])
@pytest.mark.parametrize('operation', [
    lambda c: c.poll(), lambda c: c.capture(), lambda c: c.list_images(),
    lambda c: c.list_images(indices=[1]), lambda c: c.download(1), lambda c: c.delete([1]),
    lambda c: c.delete_all()])
def test_a_count_that_runs_backwards_ends_everything(first, operation):
    camera, simulator = new_camera()
    camera.open()
    execute, counts = simulator.camera.execute, itertools.count(first, -1)
    simulator.camera.execute = lambda number, payload: (
        max(0, next(counts)).to_bytes(2, 'little') if number == Command.GET_PICTURE_COUNT
        else execute(number, payload))
    start = camera.session.port.now()
    with suppress(DeviceError, IndexError):
        operation(camera)
    assert camera.session.port.now() - start < 10.0


def test_no_card():
    camera, _ = new_camera(card_status=2, frames=[])
    camera.open()
    with pytest.raises(Refused, match='no usable memory card'):
        camera.list_images()
    camera, _ = new_camera(card_status=2)  # nobody knows what that means
    camera.open()
    assert len(camera.list_images()) == len(stills())


def test_a_damaged_download_is_never_whole(opened):
    camera, simulator = opened
    simulator.misbehave('short_answer', 3, command=b'\x02')
    with pytest.raises(DamagedPicture, match='announced'):
        camera.download(1)
    assert camera.download(1).data == stills()[0].data


def test_preview(opened):
    camera, _ = opened
    progress = []
    picture = camera.take_preview(progress.append)
    assert (picture.format, picture.width, picture.height) == ('ycbcr422', 80, 60)
    assert (len(progress), progress[0].total) == (19, 9604)
    seen = ycbcr422_to_rgb(picture.data, 80, 60).astype(int)
    assert abs(seen - resized(scene(6, 320, 240), 80, 60)).mean() < 6
    camera, _ = new_camera(commands=DS_7)
    camera.open()
    with pytest.raises(NotSupported, match='take_preview'):
        camera.take_preview()


# The whole way: real pyserial on a pseudo-terminal.

@pytest.fixture
def terminal():
    simulator = FujiMxSimulator(frames=example_frames(), exposure_duration=0.1, width=160,
                                height=120)
    with Terminal(simulator) as terminal:
        yield terminal


def test_on_a_pseudo_terminal(terminal):
    for _ in range(3):  # one after the other: the line is back at 9600 each time
        camera = FujiMxCamera(SerialPort(terminal.path, FujiMxCamera.LINE), {})
        assert camera.open().model == 'MX-700'
        assert camera.session.port.line == LineSettings(115200, 'E')
        assert camera.download(1).data == pattern(1100)
        before = len(camera.list_images())
        assert camera.capture().image_index == before + 1
        assert len(camera.take_preview().data) == 9600
        assert camera.statistics.retries == 0
        camera.close()
        wait_until(lambda: terminal.do(lambda: terminal.simulator.line) == FujiMxCamera.LINE)


def test_ff_is_one_byte_on_a_pseudo_terminal(terminal):
    frames = [Frame(bytes(range(256)) * 9 + b'\xff\x10\xff' * 999, b'', 'DSC00001.JPG')]
    terminal.do(lambda: terminal.simulator.frames.__setitem__(slice(None), frames))
    camera = FujiMxCamera(SerialPort(terminal.path, FujiMxCamera.LINE), {'baudrate': 57600})
    camera.open()
    assert camera.download(1).data == frames[0].data
    camera.close()


def test_cancelled_from_another_thread(terminal):
    frames = [Frame(pattern(200_000), b'', 'DSC00001.JPG')]
    terminal.do(lambda: terminal.simulator.frames.__setitem__(slice(None), frames))
    port = SerialPort(terminal.path, FujiMxCamera.LINE)
    camera = FujiMxCamera(port, {})
    camera.open()
    with pytest.raises(Cancelled):
        camera.download(1, lambda progress: port.cancel())
    camera.close()
    camera = FujiMxCamera(SerialPort(terminal.path, FujiMxCamera.LINE), {})
    camera.open()  # found in mid-transfer, at 115200
    assert camera.download(1).data == pattern(200_000)
    camera.close()


def test_every_command_of_the_table_is_offered():
    """By name, or as a raw message: what is known of it, no more."""
    camera, _ = new_camera(commands=bytes(TABLE) + b'\x0e')
    camera.open()
    for number in TABLE:
        if number != Command.SET_SPEED:
            assert isinstance(camera.send_message(bytes([number, 1, 0])), bytes)


@pytest.mark.parametrize('answer', ['empty_answer', 'short_answer'])
def test_a_command_list_that_says_nothing(answer):
    camera, simulator = new_camera()
    simulator.misbehave(answer, command=b'\x4c')
    camera.open()
    assert camera.session.assumed == (answer == 'empty_answer')
    assert camera.download(1).data == stills()[0].data


def test_a_thumbnail_within_a_head_that_is_cut():
    head = stills()[0].data
    head = head[:4] + (20000).to_bytes(2, 'big') + head[6:4 + int.from_bytes(head[4:6], 'big')]
    camera, _ = new_camera(frames=[Frame(b'x', head, 'DSC00001.JPG')])
    camera.open()
    assert camera.thumbnail(1).format == 'jpeg'


def test_odd_answers_to_speed_and_flash():
    camera, simulator = new_camera({'charge_flash': 200})
    simulator.misbehave('empty_answer', command=b'\x07')
    simulator.misbehave('empty_answer', command=b'\x34')
    camera.open()
    assert camera.session.port.line.baudrate == 115200
    assert camera.capture().image_index == 6 and simulator.charged == [200]


def test_a_command_of_the_list_that_is_refused():
    camera, simulator = new_camera()
    camera.open()
    simulator.misbehave('nak_command', 1000, command=b'\x0a')
    simulator.misbehave('nak_command', 1000, command=b'\x17')
    assert camera.download(1).data == stills()[0].data
    assert camera.capture().image_index == 6


def test_a_count_that_follows_late():
    camera, simulator = new_camera()
    camera.open()
    take, stored = simulator.camera.take_picture, []

    def later():
        simulator.after(1.5, lambda: stored.append(take()))
        return len(simulator.frames) + 1, 0

    simulator.camera.take_picture = later
    shot = camera.capture()
    assert (shot.image_index, shot.settled, len(stored)) == (6, '', 1)


def test_equal_indices_are_asked_for_once(opened):
    camera, simulator = opened
    assert [image.index for image in camera.list_images(indices=[2, 2] * 1000)] == [2] * 2000
    assert simulator.log.count(b'\x0a\2\0') == 1


def test_what_is_of_no_known_operation_settles_nothing(opened):
    assert opened[0].settle({'operation': 'send_message'}).outcome is Outcome.UNKNOWN

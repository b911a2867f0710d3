# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a MAVLink camera answers, on a virtual clock, through pymavlink's codec both ways."""

import math
import random

from mavlink.station import NAN, Relay, Rig, Station
from pymavlink.dialects.v20 import common as mavlink
import pytest

from camera_driver.mavlink.camera import Optics, Position, Shot
from camera_driver.mavlink.images import LISTED

REQUEST, START, STOP = (mavlink.MAV_CMD_REQUEST_MESSAGE, mavlink.MAV_CMD_IMAGE_START_CAPTURE,
                        mavlink.MAV_CMD_IMAGE_STOP_CAPTURE)
ACCEPTED, REJECTED, DENIED, UNSUPPORTED, FAILED, IN_PROGRESS = range(6)


def single(rig, number=NAN, **more):
    """Ask for one picture, as MAVSDK does."""
    rig.station.command(START, 0, 0, 1, number, **more)


# Presence.

def test_heartbeat_each_second_whatever_the_camera_does(rig):
    rig.camera.exposure = 60
    single(rig, 1)
    rig.run(10)
    beats = [at for at, one in rig.station.received if one.get_type() == 'HEARTBEAT']
    assert len(beats) == 11
    assert max(b - a for a, b in zip(beats, beats[1:])) < 1.5
    beat = rig.station.last('HEARTBEAT')
    assert (beat.type, beat.autopilot, beat.system_status) == (
        mavlink.MAV_TYPE_CAMERA, mavlink.MAV_AUTOPILOT_INVALID, mavlink.MAV_STATE_ACTIVE)
    assert (beat.get_srcSystem(), beat.get_srcComponent()) == (1, 100)
    rig.camera.change(connected=False)
    rig.run(1)
    assert rig.station.last('HEARTBEAT').system_status == mavlink.MAV_STATE_CRITICAL


def test_information_also_while_the_camera_is_away(rig):
    rig.camera.change(connected=False)
    rig.station.command(REQUEST, mavlink.MAVLINK_MSG_ID_CAMERA_INFORMATION)
    info = rig.station.last('CAMERA_INFORMATION')
    assert bytes(info.vendor_name).rstrip(b'\0') == b'Sierra'
    assert bytes(info.model_name).rstrip(b'\0') == b'SD500'
    assert info.firmware_version == 0x00030201
    assert info.flags == mavlink.CAMERA_CAP_FLAGS_CAPTURE_IMAGE
    assert math.isnan(info.focal_length)
    assert (info.cam_definition_uri, info.cam_definition_version != 0) == (
        'mftp:///info/camera_100.xml.xz', True)


def test_sensor_and_lens_that_somebody_has_written_down(rig):
    rig.camera.change(optics=Optics.parse('7.2x5.3,10.3'))
    rig.run(0.1)
    info = rig.station.last('CAMERA_INFORMATION')
    assert (info.sensor_size_h, info.sensor_size_v, info.focal_length) == pytest.approx(
        (7.2, 5.3, 10.3))


@pytest.mark.parametrize('text', ['', '7.2x5.3', '7.2,5.3,10', '0x5.3,10.3', '7.2x5.3,10.3mm'])
def test_a_lens_that_is_none(text):
    with pytest.raises(ValueError, match='write WIDTHxHEIGHT,FOCAL_LENGTH in mm'):
        Optics.parse(text)


def test_another_model_is_told_to_all(rig):
    rig.run(0.1)
    before = len(rig.station.all('CAMERA_INFORMATION'))
    rig.camera.change(model='SD600', settings=())
    rig.run(0.6)
    assert len(rig.station.all('CAMERA_INFORMATION')) == before + 1
    info = rig.station.last('CAMERA_INFORMATION')
    assert (info.cam_definition_uri, info.cam_definition_version) == ('', 0)


@pytest.mark.parametrize(('message', 'old', 'kind'), [
    (259, 521, 'CAMERA_INFORMATION'), (260, 522, 'CAMERA_SETTINGS'),
    (261, 525, 'STORAGE_INFORMATION'), (262, 527, 'CAMERA_CAPTURE_STATUS')])
def test_each_message_by_the_new_and_the_old_command(rig, message, old, kind):
    rig.station.command(REQUEST, message)  # all else NaN, as MAVSDK sends it
    rig.station.command(old, 1, rest=0)
    assert rig.station.results(REQUEST) == rig.station.results(old) == [ACCEPTED]
    assert len(rig.station.all(kind)) == 2
    kinds = [one.get_type() for _, one in rig.station.received]
    assert kinds == ['COMMAND_ACK', kind] * 2
    ack = rig.station.last('COMMAND_ACK')
    assert (ack.target_system, ack.target_component) == (255, 190)


def test_what_is_not_supported_is_refused_at_once(rig):
    rig.station.command(31999)
    rig.station.command(REQUEST, 148)
    rig.station.command(REQUEST, NAN)
    rig.station.command(REQUEST, 269)  # no video
    rig.station.command(mavlink.MAV_CMD_REQUEST_VIDEO_STREAM_STATUS, 0)
    assert [one.result for one in rig.station.all('COMMAND_ACK')] == [UNSUPPORTED] * 5
    rig.station.command(mavlink.MAV_CMD_SET_CAMERA_MODE, 0, mavlink.CAMERA_MODE_IMAGE)
    rig.station.command(mavlink.MAV_CMD_SET_CAMERA_MODE, 0, mavlink.CAMERA_MODE_VIDEO)
    assert rig.station.results(mavlink.MAV_CMD_SET_CAMERA_MODE) == [ACCEPTED, DENIED]
    rig.camera.change(takes_pictures=False)
    rig.run(0.6)
    single(rig)
    assert rig.station.results(START) == [UNSUPPORTED]
    assert rig.station.last('CAMERA_INFORMATION').flags == 0  # it says so by itself


def test_only_what_is_addressed_to_it_or_to_all(rig):
    for component, system in ((101, 1), (100, 2), (1, 1)):
        single(rig, component=component, system=system)
        rig.station.command(31999, component=component, system=system)
    rig.station.command(31999, component=0)  # for others, who know it
    assert rig.station.received == []
    rig.station.command(START, 0, 0, 1, component=0, system=0)
    assert rig.station.results(START) == [IN_PROGRESS]


def test_video_where_there_is_some(rig):
    rig.camera.change(video_url='rtsp://10.0.0.2/nadir')
    rig.run(0.6)
    rig.station.command(REQUEST, 269, 0)
    rig.station.command(mavlink.MAV_CMD_REQUEST_VIDEO_STREAM_STATUS, 1)
    rig.station.command(REQUEST, 269, 2)
    assert rig.station.last('VIDEO_STREAM_INFORMATION').uri == 'rtsp://10.0.0.2/nadir'
    assert rig.station.last('VIDEO_STREAM_STATUS').flags == 1
    assert rig.station.results(REQUEST) == [ACCEPTED, DENIED]


def test_storage_is_what_the_camera_tells(rig):
    rig.station.command(525, 0, 1)
    assert rig.station.last('STORAGE_INFORMATION').status == mavlink.STORAGE_STATUS_NOT_SUPPORTED
    rig.camera.change(memory_free=3 * 1024 ** 2)
    rig.run(0.6)  # and tells of a change by itself
    storage = rig.station.last('STORAGE_INFORMATION')
    assert (storage.status, storage.available_capacity) == (mavlink.STORAGE_STATUS_READY, 3.0)
    rig.station.command(525, 2, 1)
    assert rig.station.results(525) == [ACCEPTED, DENIED]


def test_messages_at_an_interval(rig):
    set_interval = mavlink.MAV_CMD_SET_MESSAGE_INTERVAL
    rig.station.command(set_interval, 262, 200_000)
    rig.run(1.05)
    assert len(rig.station.all('CAMERA_CAPTURE_STATUS')) == 6
    rig.station.command(mavlink.MAV_CMD_GET_MESSAGE_INTERVAL, 262)
    assert rig.station.last('MESSAGE_INTERVAL').interval_us == 200_000
    rig.station.command(set_interval, 262, -1)
    rig.run(1)
    assert len(rig.station.all('CAMERA_CAPTURE_STATUS')) == 6
    for number, microseconds in ((0, -1), (262, NAN), (262, 1), (148, 1e6)):
        rig.station.command(set_interval, number, microseconds)
    assert rig.station.results(set_interval)[2:] == [DENIED, DENIED, DENIED, UNSUPPORTED]


def test_time_is_told(rig):
    rig.run(2)
    rig.station.send(mavlink.MAVLink_timesync_message(0, 77))
    answer = rig.station.last('TIMESYNC')
    assert (answer.tc1, answer.ts1) == (pytest.approx(2e9), 77)
    rig.station.send(mavlink.MAVLink_timesync_message(5, 77))  # somebody's answer
    assert len(rig.station.all('TIMESYNC')) == 1


# Pictures.

def test_one_picture_acknowledged_before_it_is_announced(rig):
    single(rig, 1)
    assert rig.station.results(START) == [IN_PROGRESS]
    assert rig.station.last('CAMERA_CAPTURE_STATUS').image_status == 1
    rig.run(1)
    assert rig.station.results(START) == [IN_PROGRESS, ACCEPTED]
    kinds = [one.get_type() for _, one in rig.station.received if one.get_type() != 'HEARTBEAT']
    assert kinds == ['COMMAND_ACK', 'CAMERA_CAPTURE_STATUS', 'COMMAND_ACK',
                     'CAMERA_IMAGE_CAPTURED', 'CAMERA_CAPTURE_STATUS']
    image = rig.station.last('CAMERA_IMAGE_CAPTURED')
    assert (image.image_index, image.capture_result) == (0, 1)
    assert image.time_utc == round(rig.camera.taken[0] * 1e6)
    assert (image.lat, image.lon, image.alt, image.relative_alt) == (2 ** 31 - 1,) * 4
    assert all(map(math.isnan, image.q))
    status = rig.station.last('CAMERA_CAPTURE_STATUS')
    assert (status.image_status, status.image_count) == (0, 1)


def test_a_long_exposure_is_in_progress_again_and_again(rig):
    rig.camera.exposure = 5.5
    single(rig, 1)
    rig.run(6)
    assert rig.station.results(START) == [IN_PROGRESS] * 6 + [ACCEPTED]


@pytest.mark.parametrize('outcome', [False, None])
def test_a_failed_picture_is_announced_and_counted(rig, outcome):
    rig.camera.outcome = outcome
    single(rig, 1)
    rig.run(1)
    assert rig.station.results(START)[-1] == FAILED
    image = rig.station.last('CAMERA_IMAGE_CAPTURED')
    assert (image.image_index, image.capture_result) == (0, 0)
    assert rig.station.last('CAMERA_CAPTURE_STATUS').image_count == 1


def test_a_doubt_that_is_settled_is_announced_again(rig):
    rig.component.shot(Shot('a', None, 1.8e9))
    rig.component.shot(Shot('a', None, 1.8e9))  # the answer of the service, the same shot
    rig.component.shot(Shot('a', True, 1.8e9, settled=True))
    rig.component.shot(Shot('of before', True, 1.8e9, settled=True))
    images = rig.station.all('CAMERA_IMAGE_CAPTURED')
    assert [(one.image_index, one.capture_result) for one in images] == [(0, 0), (0, 1)]


def test_pictures_that_others_asked_for_are_announced(rig):
    single(rig, 1)
    rig.component.shot(Shot('by ROS', True, 1.8e9))  # amid another
    assert rig.station.all('CAMERA_IMAGE_CAPTURED') == []
    rig.run(1)
    assert [one.image_index for one in rig.station.all('CAMERA_IMAGE_CAPTURED')] == [0, 1]


def test_a_sequence(rig):
    rig.station.command(START, 0, 2.0, 3)
    rig.run(1)
    assert rig.station.last('CAMERA_CAPTURE_STATUS').image_status == 2
    single(rig, 7)
    rig.run(9)
    assert rig.station.results(START) == [ACCEPTED, REJECTED]
    assert [at - rig.camera.taken[0] for at in rig.camera.taken] == pytest.approx([0, 2, 4])
    assert [one.image_index for one in rig.station.all('CAMERA_IMAGE_CAPTURED')] == [0, 1, 2]
    status = rig.station.last('CAMERA_CAPTURE_STATUS')
    assert (status.image_status, status.image_interval) == (0, 0)


def test_for_ever_until_it_is_stopped(rig):
    rig.camera.exposure = 1.5  # every other place of the grid
    rig.station.command(START, 0, 1.0, 0)
    rig.station.command(START, 0, 1.0, 0)  # repeated, with a frame of its own
    rig.run(9.5)
    rig.station.command(STOP, 0)
    rig.run(9)
    assert rig.station.results(START) == [ACCEPTED, ACCEPTED]
    assert rig.station.results(STOP) == [ACCEPTED]
    assert [at - rig.camera.taken[0] for at in rig.camera.taken] == pytest.approx([0, 2, 4, 6, 8])
    assert rig.station.last('CAMERA_CAPTURE_STATUS').image_status == 0


def test_failures_of_a_sequence_do_not_pile_up(rig):
    rig.camera.outcome = False
    rig.camera.exposure = 0.0
    rig.station.command(START, 0, 0, 0)
    rig.run(9.5)
    assert len(rig.station.all('CAMERA_IMAGE_CAPTURED')) == 10


@pytest.mark.parametrize('parameters', [
    (7, 0, 1, 1), (0, -1, 1, 1), (0, math.inf, 1, 1), (0, 0, NAN, 1), (0, 0, -1, 1),
    (0, 0, 1.5, 1), (0, 0, math.inf, 1), (0, 0, 1, -3), (0, 0, 1, math.inf), (math.inf, 0, 1, 1)])
def test_what_makes_no_sense_is_denied(rig, parameters):
    rig.station.command(START, *parameters)
    assert (rig.station.results(START), rig.camera.taken) == ([DENIED], [])


def test_older_ways_to_ask(rig):
    digicam = mavlink.MAV_CMD_DO_DIGICAM_CONTROL
    rig.station.command(digicam, 0, 0, 0, 0, 1, 0, 0)
    rig.run(1)
    rig.station.command(digicam, 0, 0, 0, 0, 1, 0, 0)
    rig.run(1)
    rig.station.command(digicam, 0, 50, 0, 0, 0, 0, 0)
    assert rig.station.results(digicam) == [IN_PROGRESS, ACCEPTED] * 2 + [UNSUPPORTED]
    assert len(rig.camera.taken) == 2
    interval = mavlink.MAV_CMD_DO_SET_CAM_TRIGG_INTERVAL
    rig.station.command(interval, 0, 0, 0)
    rig.station.command(interval, 1000, 0, 0)
    rig.run(2.5)
    rig.station.command(STOP)
    assert rig.station.results(interval) == [DENIED, ACCEPTED]
    assert len(rig.camera.taken) == 5


def test_what_an_autopilot_does_by_itself_is_not_done_twice(rig):
    interval = mavlink.MAV_CMD_DO_SET_CAM_TRIGG_INTERVAL
    rig.station.command(interval, 1000, 0, 0, component=0)  # for all
    rig.station.command(interval, 1000, 5, 0)  # a pulse of 5 ms, which there is not
    rig.run(2)
    assert rig.station.results(interval) == [DENIED]
    assert rig.camera.taken == []
    rig.station.command(interval, 1000, -1, 0)
    rig.run(1.5)
    rig.station.command(interval, 2000, 0, 0)  # takes the place of the one before
    rig.run(2.5)
    rig.station.command(STOP)
    assert rig.station.results(interval) == [DENIED, ACCEPTED, ACCEPTED]
    assert [at - rig.camera.taken[0] for at in rig.camera.taken] == pytest.approx(
        [0, 1, 1.5, 3.5])


def test_another_interval_amid_a_picture(rig):
    interval = mavlink.MAV_CMD_DO_SET_CAM_TRIGG_INTERVAL
    rig.camera.exposure = 0.8
    rig.station.command(interval, 5000, 0, 0)
    rig.run(0.3)
    rig.station.command(interval, 2000, 0, 0)
    rig.run(5)
    assert rig.station.results(interval) == [ACCEPTED, ACCEPTED]
    assert [at - rig.camera.taken[0] for at in rig.camera.taken] == pytest.approx(
        [0, 2.3, 4.3])


DISTANCE = mavlink.MAV_CMD_DO_SET_CAM_TRIGG_DIST


def fly(rig, autopilot, seconds, speed=10.0, start=0.0):
    """Fly to the north with 5 positions a second; a degree is 111.2 km here."""
    for step in range(int(5 * seconds)):
        autopilot.send(mavlink.MAVLink_global_position_int_message(
            0, round((47 + (start + speed * step / 5) / 111178) * 1e7), 80000000, 500000, 100000,
            0, 0, 0, 0))
        rig.run(0.2)


def test_pictures_along_the_way(rig):
    rig.camera.exposure = 0.1
    autopilot = Station(rig, 1, 1)
    rig.station.command(DISTANCE, 25, 0, 0)
    assert rig.station.results(DISTANCE) == [REJECTED]  # where it is is not known
    fly(rig, autopilot, 1)
    rig.station.command(DISTANCE, 25, 0, 1)
    rig.station.command(DISTANCE, 25, 0, 1)  # repeated
    begin = rig.world.utc()
    fly(rig, autopilot, 12, start=10)
    assert rig.station.results(DISTANCE)[1:] == [ACCEPTED, ACCEPTED]
    # At once, then each 2.5 s, as soon as a look tells that the place is there.
    assert [at - begin for at in rig.camera.taken] == pytest.approx([0, 2.5, 5, 7.5, 10], abs=0.3)
    assert rig.station.last('CAMERA_CAPTURE_STATUS').image_status == 2
    rig.station.command(DISTANCE, 50, -1, 0)
    fly(rig, autopilot, 6, start=130)
    assert len(rig.camera.taken) == 6
    rig.station.command(DISTANCE, 0, 0, 0)
    fly(rig, autopilot, 6, start=190)
    assert len(rig.camera.taken) == 6
    assert rig.station.last('CAMERA_CAPTURE_STATUS').image_status == 0
    for parameters in ((NAN,), (-5, 0, 0), (25, 5, 0), (25, 0, 0, 3), (math.inf, 0, 0)):
        rig.station.command(DISTANCE, *parameters)
    assert rig.station.results(DISTANCE)[-5:] == [DENIED] * 5


def test_places_that_the_camera_cannot_keep_are_missed(rig, caplog):
    rig.camera.exposure = 3.0
    autopilot = Station(rig, 1, 1)
    fly(rig, autopilot, 1)
    rig.station.command(DISTANCE, 20, 0, 1)
    fly(rig, autopilot, 12, start=10)
    assert 3 <= len(rig.camera.taken) <= 4
    assert 'places were missed' in caplog.text


def test_what_no_camera_here_has(rig):
    for command in (mavlink.MAV_CMD_RESET_CAMERA_SETTINGS, mavlink.MAV_CMD_VIDEO_START_CAPTURE,
                    mavlink.MAV_CMD_VIDEO_STOP_CAPTURE, mavlink.MAV_CMD_SET_CAMERA_ZOOM):
        rig.station.command(command, 1)
        assert rig.station.results(command) == [UNSUPPORTED]


def test_a_command_int_is_a_command(rig):
    rig.station.send(mavlink.MAVLink_command_int_message(
        1, 100, 0, START, 0, 0, 0, 0, 1, 1, 0, 0, 0))
    assert rig.station.results(START) == [IN_PROGRESS]


# Exactly once.

def test_a_datagram_that_comes_twice_is_one_picture(rig):
    rig.camera.exposure = 0.01
    frame = rig.station.frame(mavlink.MAVLink_command_long_message(
        1, 100, START, 0, 0, 0, 1, 0, 0, 0, 0))
    rig.station.transmit(frame)
    rig.run(0.05)
    rig.station.transmit(frame)
    rig.run(1)
    assert len(rig.camera.taken) == 1
    assert rig.station.results(START) == [IN_PROGRESS, ACCEPTED, ACCEPTED]


def test_two_deliberate_pictures_with_number_zero_are_two(rig):
    for _ in range(2):  # QGroundControl: no number, unused parameters 0
        rig.station.command(START, 0, 0, 1, rest=0)
        rig.run(1)
    assert len(rig.camera.taken) == 2


@pytest.mark.parametrize('number', [0, 1, 7])
def test_mavsdk_repeats_with_the_same_number_and_confirmation(rig, number):
    rig.camera.exposure = 0.1
    for _ in range(4):
        single(rig, number)
        rig.run(0.5)
    assert len(rig.camera.taken) == 1
    assert rig.station.results(START) == [IN_PROGRESS, *[ACCEPTED] * 4]


def test_px4_repeats_with_another_confirmation(rig):
    for confirmation in range(4):
        single(rig, 3, confirmation=confirmation)
        rig.run(0.5)
    assert len(rig.camera.taken) == 1


def test_a_repeat_whose_first_was_lost_is_a_picture(rig):
    single(rig, 3, confirmation=1)
    rig.run(1)
    assert len(rig.camera.taken) == 1


def test_a_repeat_while_it_is_being_taken_is_told_so(rig):
    rig.camera.exposure = 20
    single(rig, 0)
    rig.run(12)
    before = len(rig.station.results(START))
    single(rig, 0)
    assert rig.station.results(START)[before:] == [IN_PROGRESS]
    rig.run(10)
    assert len(rig.camera.taken) == 1


def test_the_same_survey_flown_again_takes_its_pictures(rig):
    for _ in range(2):
        for number in range(1, 11):
            single(rig, number)
            rig.run(2)
        rig.run(60)
    assert len(rig.camera.taken) == 20
    assert [one.image_index for one in rig.station.all('CAMERA_IMAGE_CAPTURED')] == [*range(20)]


def test_the_first_answer_alone_is_lost(tmp_path):
    lost = []

    def relay(data, there):
        if not lost and data[7] == mavlink.MAVLINK_MSG_ID_COMMAND_ACK:
            lost.append(data)
        else:
            there(data)

    rig = Rig(tmp_path, exposure=0.1)
    rig.station = Station(rig, relay=relay)
    for _ in range(2):
        single(rig, 0)
        rig.run(0.5)
    assert len(lost) == len(rig.camera.taken) == 1
    assert rig.station.results(START)[-1] == ACCEPTED
    rig.store.close()


def test_whose_command_each_picture_was_taken_for(rig):
    other = Station(rig, 7, 1)
    single(rig, 5)
    rig.run(1)
    other.command(START, 0, 2.0, 2, NAN)
    rig.run(6)
    single(rig, 0)
    rig.run(1)
    rig.component.shot(Shot('by ROS', None, 1.8e9))
    rig.component.stored('shot-1', 'file:///pictures/1.jpg')
    rows = [dict(zip(LISTED, row)) for row in rig.store.listed()]
    assert {(row['camera'], row['component']) for row in rows} == {('/nadir', 100)}
    assert [[row[name] for name in (
        'image_index', 'shot_id', 'capture_result', 'file_url', 'sender_system',
        'sender_component', 'command', 'sequence')] for row in rows] == [
        [0, 'shot-1', 1, 'file:///pictures/1.jpg', 255, 190, START, 5],
        [1, 'shot-2', 1, '', 7, 1, START, None], [2, 'shot-3', 1, '', 7, 1, START, None],
        [3, 'shot-4', 1, '', 255, 190, START, 0], [4, 'by ROS', 0, '', None, None, None, None]]


def test_the_same_number_of_another_sender_is_another_picture(rig):
    other = Station(rig, 254)
    single(rig, 1)
    rig.run(1)
    other.command(START, 0, 0, 1, 1)
    rig.run(1)
    assert len(rig.camera.taken) == 2
    # What is for all reaches both.
    assert len(other.all('CAMERA_IMAGE_CAPTURED')) == 2
    assert other.results(START) == [IN_PROGRESS, ACCEPTED]


def test_who_comes_while_another_picture_is_taken_is_told_to_try_later(rig):
    other = Station(rig, 254)
    single(rig, 1)
    other.command(START, 0, 0, 1, 1)
    assert other.results(START) == [REJECTED]
    rig.run(1)
    assert len(rig.camera.taken) == 1


def test_a_repeat_that_reaches_the_next_process_takes_nothing(rig):
    single(rig, 5)
    rig.store.close()  # killed; the camera takes the picture
    rig.start()
    rig.system.links.append(rig.station.link)
    single(rig, 5)
    assert rig.station.results(START) == [IN_PROGRESS, FAILED]
    rig.run(6)
    assert len(rig.camera.taken) == 1
    single(rig, 5)
    rig.run(1)
    assert len(rig.camera.taken) == 2


@pytest.mark.parametrize(('seed', 'lost'), [
    *((seed, 0.2) for seed in range(6)), *((seed, 0.05) for seed in range(3))])
def test_over_a_bad_link_each_number_is_one_picture(tmp_path, seed, lost):
    """Some lost, 10 % doubled, up to 0.3 s late, both ways; as MAVSDK repeats and asks again."""
    rig = Rig(tmp_path, exposure=0.1)
    station = Station(rig, relay=Relay(rig.world, seed, lost))
    heard = set()
    for number in range(20):
        answered = False
        for _ in range(4):
            before = len(station.received)
            station.command(START, 0, 0, 1, number)
            heard.add(number)
            rig.run(0.5)
            new = [one for _, one in station.received[before:] if one.get_type() == 'COMMAND_ACK']
            answered = bool(new)
            if answered:
                break
        rig.run(2.0)
        if len(rig.camera.taken) < number + 1:  # all tries were lost
            heard.discard(number)
    assert len(rig.camera.taken) == len(heard)
    for _ in range(100):
        count = max(one.image_count for one in station.all('CAMERA_CAPTURE_STATUS'))
        known = {one.image_index for one in station.all('CAMERA_IMAGE_CAPTURED')}
        missing = set(range(count)) - known
        if not missing and count == len(rig.camera.taken):
            break
        if missing:
            station.command(2002, min(missing))
        station.command(527, 1)
        rig.run(0.5)
    assert known == set(range(len(rig.camera.taken)))
    rig.store.close()


# Pictures that are asked for again.

@pytest.fixture
def seven(rig):
    """Give a system of which seven pictures are known, after it was killed."""
    for number in range(7):
        rig.component.shot(Shot(f'{number}', True, 1.8e9 + number))
    rig.store.close()
    rig.start()
    rig.station.received.clear()
    rig.system.links.append(rig.station.link)
    return rig


def test_numbers_go_on_after_a_restart(seven):
    seven.station.command(527, 1)
    assert seven.station.last('CAMERA_CAPTURE_STATUS').image_count == 7
    single(seven, 1)
    seven.run(1)
    assert seven.station.last('CAMERA_IMAGE_CAPTURED').image_index == 7


@pytest.mark.parametrize(('parameters', 'numbers'), [
    ((3,), [3]), ((0, 0), [0]), ((2, 4), [2, 3, 4]), ((4, -1), [4, 5, 6]), ((-1,), [*range(7)])])
def test_pictures_by_number_range_and_all(seven, parameters, numbers):
    seven.station.command(REQUEST, 263, *parameters)
    assert seven.station.results(REQUEST) == [ACCEPTED]
    seven.run(1)
    images = seven.station.all('CAMERA_IMAGE_CAPTURED')
    assert [one.image_index for one in images] == numbers
    assert all(one.time_utc == round((1.8e9 + one.image_index) * 1e6) for one in images)


@pytest.mark.parametrize('parameters', [
    (NAN,), (7,), (-2,), (1.5,), (3, 2), (3, 7), (0, math.inf)])
def test_pictures_that_there_are_not_are_denied(seven, parameters):
    seven.station.command(REQUEST, 263, *parameters)
    assert seven.station.results(REQUEST) == [DENIED]


def test_the_old_command_for_a_lost_picture(seven):
    seven.station.command(2002, 6)
    seven.station.command(2002, 7)
    assert seven.station.results(2002) == [ACCEPTED, DENIED]
    assert [one.image_index for one in seven.station.all('CAMERA_IMAGE_CAPTURED')] == [6]


def test_formatting(seven):
    form = mavlink.MAV_CMD_STORAGE_FORMAT
    seven.station.command(form, 1, 1, 1)
    assert (seven.station.results(form), seven.camera.formatted) == ([DENIED], 0)
    seven.camera.change(may_format=True)
    seven.run(6)
    seven.station.command(form, 1, 1, 1)
    single(seven, 1)
    seven.run(1)
    assert seven.station.results(form) == [DENIED, IN_PROGRESS, ACCEPTED]
    assert seven.station.results(START) == [REJECTED]
    assert seven.camera.formatted == 1
    assert seven.station.last('CAMERA_CAPTURE_STATUS').image_count == 0
    seven.camera.problem = 'two are protected'
    single(seven, 2)
    seven.run(6)
    seven.station.command(form, 1, 1, 1)
    seven.run(1)
    assert seven.station.results(form)[-1] == FAILED
    assert seven.station.last('CAMERA_CAPTURE_STATUS').image_count == 1


# Positions.

def test_where_it_was_taken_between_two_positions(rig):
    autopilot = Station(rig, 1, 1)
    for step in range(3):
        autopilot.send(mavlink.MAVLink_global_position_int_message(
            0, 600000000 + 1000 * step, -1799999000 - 2000 * step, 100000, 50000 + 1000 * step,
            0, 0, 0, 0))
        autopilot.send(mavlink.MAVLink_attitude_quaternion_message(
            0, *((1, 0, 0, 0) if step != 1 else (-math.sqrt(.5), 0, 0, -math.sqrt(.5))), 0, 0, 0))
        if step == 1:
            rig.run(0.1)
            single(rig, 1)
        rig.run(0.2)
    rig.run(0.2)
    image = rig.station.last('CAMERA_IMAGE_CAPTURED')
    assert (image.lat, image.lon) == (600001333, 1799998333)
    assert (image.alt, image.relative_alt) == (100000, 51333)
    assert [*map(abs, image.q)] == pytest.approx([0.863, 0, 0, 0.505], abs=0.001)


def test_an_autopilot_that_sends_no_position_is_asked_for_it(rig):
    autopilot = Station(rig, 1, 1)
    beat = mavlink.MAVLink_heartbeat_message(mavlink.MAV_TYPE_QUADROTOR, 3, 0, 0, 4, 3)
    for _ in range(40):
        autopilot.send(beat)
        rig.run(1)
    asked = autopilot.all('COMMAND_LONG')
    assert [(one.target_component, one.command, one.param1, one.param2) for one in asked] == [
        (1, mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, number, 200_000) for number in (33, 31)] * 2
    assert rig.station.all('COMMAND_LONG') == []


def test_an_old_position_says_nothing(rig):
    autopilot = Station(rig, 1, 1)
    autopilot.send(mavlink.MAVLink_global_position_int_message(
        0, 600000000, 240000000, 100000, 50000, 0, 0, 0, 0))
    rig.run(3)
    single(rig, 1)
    rig.run(1)
    assert rig.station.last('CAMERA_IMAGE_CAPTURED').lat == 2 ** 31 - 1


def test_who_knows_the_position_better_says_so(rig):
    single(rig, 1)
    rig.run(1)
    rig.component.located('shot-1', Position(60.0, 24.0, 120.5))
    rig.component.located('shot-1', Position(60.0, 24.0, 120.5))
    rig.component.stored('shot-1', 'file:///pictures/1.jpg')
    rig.station.command(2002, 0)
    images = rig.station.all('CAMERA_IMAGE_CAPTURED')
    assert [(one.lat, one.alt, one.file_url) for one in images[1:]] == [
        (600000000, 120500, ''), (600000000, 120500, 'file:///pictures/1.jpg')]


def autopilot_clock(autopilot, start):
    """Let an autopilot whose clock was 0 at `start` UTC [s] answer TIMESYNC."""
    rig = autopilot.rig
    for asked in autopilot.all('TIMESYNC'):
        if not asked.tc1:
            autopilot.send(mavlink.MAVLink_timesync_message(
                round((rig.world.utc() - start) * 1e9), asked.ts1))
    autopilot.received.clear()


BEAT = mavlink.MAVLink_heartbeat_message(mavlink.MAV_TYPE_QUADROTOR, 3, 0, 0, 4, 3)


def test_triggers_and_positions_are_of_the_time_of_the_autopilot(rig, caplog):
    autopilot, heard, triggers = Station(rig, 1, 1), [], []
    rig.system.autopilot.listener = lambda at, message: heard.append(at)
    rig.system.autopilot.trigger_listener = triggers.append
    start = rig.world.utc() - 100
    trigger = mavlink.MAVLink_camera_trigger_message(102_500_000, 7)
    autopilot.send(trigger)
    autopilot.send(trigger)
    assert (triggers, caplog.text.count('answers no TIMESYNC')) == ([], 1)
    autopilot.send(BEAT)
    assert mavlink.MAVLINK_MSG_ID_CAMERA_TRIGGER in [
        one.param1 for one in autopilot.all('COMMAND_LONG')]
    autopilot_clock(autopilot, start)
    rig.run(4)
    autopilot.send(trigger)
    position = mavlink.MAVLink_global_position_int_message(
        102_000, 600000000, 240000000, 100000, 50000, 0, 0, 0, 0)
    autopilot.send(position)
    assert (triggers[0].time, triggers[0].sequence) == (pytest.approx(start + 102.5), 7)
    assert heard == [pytest.approx(start + 102)]
    autopilot.send(mavlink.MAVLink_camera_trigger_message(round((start + 5) * 1e6), 8))
    assert triggers[1].time == pytest.approx(start + 5)  # it knows the date
    # It starts anew, and an answer of somebody else says nothing.
    start = rig.world.utc() - 1
    rig.station.send(mavlink.MAVLink_timesync_message(5, int(rig.world.now * 1e9)))
    autopilot.send(BEAT)
    autopilot_clock(autopilot, start)
    autopilot.send(mavlink.MAVLink_camera_trigger_message(500_000, 0))
    assert triggers[2].time == pytest.approx(start + 0.5)


# Anything at all.

def test_fuzzed_commands_and_bytes_break_nothing(rig, caplog):
    chance = random.Random(1)
    numbers = [0, 1, -1, NAN, math.inf, -math.inf, 1e30, 255, 263, 0.5, 100]
    known = [*rig.component._commands]
    for _ in range(3000):
        command = chance.choice([chance.randrange(65536), chance.choice(known)])
        rig.station.command(command, *(chance.choice(numbers) for _ in range(7)),
                            component=chance.choice([100, 100, 0, 55]),
                            confirmation=chance.randrange(4))
        rig.station.send(mavlink.MAVLink_command_int_message(
            1, chance.choice([100, 0, 55]), 0, command, 0, 0,
            *(chance.choice(numbers) for _ in range(4)), chance.randrange(-2 ** 31, 2 ** 31),
            chance.randrange(-2, 3), chance.choice(numbers)))
        frame = bytearray(rig.station.frame(mavlink.MAVLink_command_long_message(
            1, 100, START, 0, 0, 0, 1, 0, 0, 0, 0)))
        del frame[chance.randrange(len(frame)):]
        rig.station.transmit(bytes(frame) + chance.randbytes(chance.randrange(30)))
        if not chance.randrange(10):
            rig.run(0.3)
    rig.station.command(STOP)
    rig.run(2)
    assert 'Traceback' not in caplog.text
    assert all(one.get_srcComponent() == 100 for _, one in rig.station.received)
    rig.station.received.clear()
    rig.station.command(REQUEST, 262)
    assert rig.station.results(REQUEST) == [ACCEPTED]


def test_an_answer_within_half_a_second_to_each_command(rig):
    rig.camera.exposure = 60
    single(rig, 1)
    for command in range(0, 3000, 7):
        before = len(rig.station.received)
        rig.station.command(command, 0, 0, 0, 0, 0, 0, 0)
        assert rig.station.received[before][1].get_type() == 'COMMAND_ACK'

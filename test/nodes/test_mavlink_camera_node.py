# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras for ground stations: camera nodes over DDS, and stations on real sockets."""

from contextlib import closing, ExitStack
import json
import os
from pathlib import Path
import signal
import struct
import subprocess
import sys

from helpers import wait_until
from node_rig import rig, sierra
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import NavSatFix, TimeReference
from spinning import executor_thread
from std_srvs.srv import SetBool

from camera_driver.errors import DeviceError
from camera_driver.model import Access, Setting
from camera_driver.msg import CaptureEvent, Geotag
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Capture

pytest.importorskip('pymavlink')

from mavlink.udp_station import UdpStation  # noqa: E402, I100, I202
from pymavlink.dialects.v20 import common as mavlink  # noqa: E402
from rcl_interfaces.msg import ParameterDescriptor  # noqa: E402, I100

from camera_driver.nodes.mavlink_camera import of_model  # noqa: E402
from camera_driver.nodes.mavlink_camera_node import MavlinkCameraNode  # noqa: E402, I100

ACCEPTED, DENIED, FAILED = (mavlink.MAV_RESULT_ACCEPTED, mavlink.MAV_RESULT_DENIED,
                            mavlink.MAV_RESULT_FAILED)
HALF = 0.5 ** 0.5


@pytest.fixture
def station():
    """Give a ground station."""
    with closing(UdpStation()) as one:
        yield one


def begin(stack, one, station, **parameters):
    """Run the MAVLink node of a rig's camera, in a context of its own."""
    executor = stack.enter_context(executor_thread(2, one.domain))
    values = {'cameras': ['/camera'], 'links': [station.name],
              'store_file': str(one.folder / 'mavlink.sqlite3'), **parameters}
    node = MavlinkCameraNode(context=executor.context, parameter_overrides=[
        Parameter(key, value=value) for key, value in values.items()])
    executor.add_node(node)
    node.begin()
    station.received.clear()
    station.wait('HEARTBEAT', lambda beat: beat.system_status == mavlink.MAV_STATE_ACTIVE)
    station.wait('CAMERA_INFORMATION', lambda info: info.cam_definition_uri)


def number(message):
    """Return the value of a parameter."""
    return struct.unpack_from('<i', message._param_value_raw.ljust(128, b'\0'))[0]


def test_a_station_takes_pictures_and_sets_a_setting(station, tmp_path):
    simulator = sierra()
    with rig(SierraNode, simulator, tmp_path, status_rate=20.0) as one, ExitStack() as stack:
        begin(stack, one, station)

        # As QGroundControl asks, one after the other.
        for message, kind in ((259, 'CAMERA_INFORMATION'), (260, 'CAMERA_SETTINGS'),
                              (261, 'STORAGE_INFORMATION'), (262, 'CAMERA_CAPTURE_STATUS')):
            station.received.clear()
            station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, message)
            assert station.wait('COMMAND_ACK').result == ACCEPTED
            station.wait(kind)
        assert station.wait('CAMERA_CAPTURE_STATUS').image_status == 0

        station.send(mavlink.MAVLink_param_ext_request_list_message(1, 100))
        count = station.wait('PARAM_EXT_VALUE').param_count
        station.wait('PARAM_EXT_VALUE', number=count)
        names = [value.param_id for value in station.all('PARAM_EXT_VALUE')]
        assert {'CAM_MODE', 'FLASH_MODE', 'CAM_EV'} <= {*names}

        before = len(simulator.frames)
        assert station.take() == ACCEPTED
        image = station.wait('CAMERA_IMAGE_CAPTURED')
        assert (image.image_index, image.capture_result) == (0, 1)
        assert station.take() == ACCEPTED
        assert len(simulator.frames) == before + 2

        # What the camera holds is told, and what it cannot is refused with that.
        write = station.send
        words = of_model(next(setting for setting in one.node.device_class.SETTINGS
                              if setting.name == 'flash_mode'),
                         one.node.describe_parameter('flash_mode')).words
        write(mavlink.MAVLink_param_ext_set_message(
            1, 100, b'FLASH_MODE', struct.pack('<i', words['off']), 6))
        done = station.wait('PARAM_EXT_ACK', lambda ack: ack.param_result != 3)
        assert (done.param_result, number(done)) == (0, words['off'])
        assert one.node.get_parameter('flash_mode').value == 'off'
        station.received.clear()
        write(mavlink.MAVLink_param_ext_set_message(
            1, 100, b'FLASH_MODE', struct.pack('<i', 99), 6))
        refused = station.wait('PARAM_EXT_ACK')
        assert (refused.param_result, number(refused)) == (1, words['off'])

        # What is done by ROS is told as well.
        events = one.listen(CaptureEvent, 'capture_event')
        assert one.call(Capture, 'capture', wait=True).success
        wait_until(lambda: events)
        image = station.wait('CAMERA_IMAGE_CAPTURED')
        assert image.image_index == 2
        stamp = events[0].header.stamp
        assert image.time_utc == pytest.approx(stamp.sec * 1e6 + stamp.nanosec / 1e3, abs=2)
        one.node.set_parameters([Parameter('flash_mode', value='force')])
        station.received.clear()

        def read():
            station.send(mavlink.MAVLink_param_ext_request_read_message(
                1, 100, b'FLASH_MODE', -1))
            station.hear()
            values = station.all('PARAM_EXT_VALUE')
            return values and number(values[-1]) == words['force']
        wait_until(read)


def test_what_is_denied_and_what_fails(station, tmp_path):
    simulator = sierra()
    with rig(SierraNode, simulator, tmp_path, allow_delete=True, start_locked=True,
             status_rate=20.0) as one, ExitStack() as stack:
        begin(stack, one, station)
        form = mavlink.MAV_CMD_STORAGE_FORMAT
        station.command(form, 1, 1, 1)
        assert station.wait('COMMAND_ACK').result == DENIED
        assert one.call(SetBool, 'lock', data=False).success

        def answered():
            station.received.clear()
            station.command(form, 1, 1, 1)
            return station.wait('COMMAND_ACK', lambda ack: ack.result != 5).result
        # The node itself refuses: there is no copy of these pictures.
        wait_until(lambda: answered() == FAILED)
        assert len(simulator.frames) == 3

        # The camera is gone.
        one.terminal.unplug()
        station.wait('HEARTBEAT', lambda beat: beat.system_status == mavlink.MAV_STATE_CRITICAL)
        station.received.clear()
        station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 259)
        assert bytes(station.wait('CAMERA_INFORMATION').vendor_name).startswith(b'SIM')
        assert station.take() == FAILED
        assert station.wait('CAMERA_IMAGE_CAPTURED').capture_result == 0

        # It is there again.
        station.received.clear()
        one.terminal.replug()
        station.wait('HEARTBEAT', lambda beat: beat.system_status == mavlink.MAV_STATE_ACTIVE)
        wait_until(lambda: station.take() == ACCEPTED)
        one.end_node()  # and now there is nobody
        wait_until(lambda: station.take() == FAILED)


def test_shots_are_tagged_with_what_the_autopilot_tells(tmp_path):
    """Its positions and orientations, and its triggers, as topics that other nodes read."""
    with rig(SierraNode, sierra(), tmp_path, geotag_fix_topic='/fix', geotag_height='msl',
             geotag_attitude_topic='/attitude', geotag_attitude_type='quaternion') as one, (
             ExitStack()) as stack, closing(UdpStation(1, 1)) as autopilot:
        begin(stack, one, autopilot, fix_topic='/fix', attitude_topic='/attitude',
              trigger_topic='/trigger')
        tags, fixes = one.listen(Geotag, 'geotags'), one.listen(NavSatFix, '/fix')
        triggers = one.listen(TimeReference, '/trigger')

        def fly():
            autopilot.send(mavlink.MAVLink_global_position_int_message(
                0, 475000000, 82500000, 612500, 50000, 0, 0, 0, 0))
            autopilot.send(mavlink.MAVLink_attitude_quaternion_message(
                0, HALF, 0, 0, HALF, 0, 0, 0))  # to the east
            autopilot.hear()

        wait_until(lambda: (fly(), len(fixes) > 2 and one.node.count_publishers('/fix'))[1])

        def tagged():  # not the first, if the camera's node had not found the topic yet
            asked, before = one.begin(Capture, 'capture', wait=True), len(tags)
            wait_until(lambda: (fly(), len(tags) > before)[1])
            assert one.result(asked).success
            return tags[-1].status == Geotag.TAGGED

        assert any(tagged() for _ in range(5)), tags[-1].message
        tag = tags[-1]
        assert tag.height_over == Geotag.MEAN_SEA_LEVEL
        assert (tag.latitude, tag.longitude, tag.height, tag.yaw, tag.pitch) == pytest.approx(
            (47.5, 8.25, 612.5, 90.0, 0.0), abs=1e-3)
        # The picture is announced with that position, and keeps the orientation.
        image = autopilot.wait('CAMERA_IMAGE_CAPTURED', lambda image: image.lat == 475000000)
        assert (image.alt, image.q[0]) == (612500, pytest.approx(HALF, abs=1e-3))

        autopilot.send(mavlink.MAVLink_camera_trigger_message(1_795_837_342_250_000, 3))
        trigger, = wait_until(lambda: triggers)
        assert seconds(trigger.header.stamp) == pytest.approx(1_795_837_342.25, abs=2e-6)
        assert trigger.source == 'CAMERA_TRIGGER 3'


@pytest.mark.parametrize(('parameters', 'words'), [
    ({}, 'cameras is empty'), ({'cameras': ['/a']}, 'links is empty'),
    ({'cameras': ['/a'], 'links': ['nowhere']}, 'is no MAVLink link'),
    ({'cameras': ['/a'], 'links': ['udpout:127.0.0.1:1'], 'system_id': 300}, 'system_id'),
    ({'cameras': ['/a'], 'links': ['udpout:127.0.0.1:1'], 'signing_key_file': '/none'}, 'key'),
    ({'cameras': ['/a'], 'links': ['udpout:127.0.0.1:1'], 'fix_topic': 'a b'}, 'is no topic'),
    ({'cameras': ['/a'], 'links': ['udpout:127.0.0.1:1'], 'fix_topic': '/fix',
      'use_sim_time': True}, 'use_sim_time'),
    ({'cameras': ['/a'], 'links': ['udpout:127.0.0.1:1'], 'definition_address': '8090'}, 'HOST:P'),
    ({'cameras': [*'abcdefg'], 'links': ['udpout:127.0.0.1:1']}, '7 cameras')])
def test_what_is_wrong_is_said(tmp_path, parameters, words):
    with executor_thread(2) as executor:
        with pytest.raises((ValueError, DeviceError), match=words):
            node = MavlinkCameraNode(context=executor.context, parameter_overrides=[
                Parameter(key, value=value) for key, value in {
                    'store_file': str(tmp_path / 'store'), **parameters}.items()])
            executor.add_node(node)
            node.begin()


def test_settings_are_those_of_the_model():
    def model(setting, text):
        return of_model(setting, ParameterDescriptor(additional_constraints=text))

    choice = Setting('flash', str, '', words={}, access=Access.WRITE_ONLY)
    assert dict(model(choice, 'allowed: off, on, raw:NUMBER; write-only').words) == {
        'off': 0, 'on': 1}
    assert model(choice, 'this model has none') is None
    values = model(Setting('ev', float, '', 'EV', values=(0.0,)), 'allowed: -2.0, -1.7, 1e-3 EV')
    assert values.values == (-2.0, -1.7, 1e-3)
    ranged = model(Setting('zoom', int, '', minimum=0, maximum=1), 'allowed: -5 to 7 %')
    assert (ranged.minimum, ranged.maximum) == (-5, 7)
    truth = Setting('live', bool, '')
    assert model(truth, 'allowed: true, false') == truth


def test_the_command_offers_the_cameras_of_a_rig(station, tmp_path):
    """Also before there are any: an autopilot looks for cameras in its first minute alone."""
    file = tmp_path / 'rig.yaml'
    file.write_text('devices:\n- {name: nadir, type: sierra}\n- {name: matrix, type: intelix}\n'
                    '- {name: left, type: fuji_mx, namespace: wing}\n')
    process = subprocess.Popen(
        [sys.executable, '-m', 'camera_driver.cli.main', '--json', 'mavlink', str(file),
         '--link', station.name, '--system-id', '9', '--lens', 'wing/left=7.2x5.3,10.3'],
        stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE, env={**os.environ, 'ROS_HOME': str(tmp_path)})
    with process:
        try:
            assert json.loads(process.stdout.readline())['cameras'] == ['/nadir', '/wing/left']
            beats = [station.wait('HEARTBEAT', lambda one: one.get_srcComponent() == component)
                     for component in (100, 101)]
            assert [(one.get_srcSystem(), one.system_status) for one in beats] == [
                (9, mavlink.MAV_STATE_CRITICAL)] * 2
            station.send(mavlink.MAVLink_command_long_message(
                9, 101, mavlink.MAV_CMD_REQUEST_MESSAGE, 0, 259, *[0] * 6))
            assert station.wait('CAMERA_INFORMATION').sensor_size_h == pytest.approx(7.2)
        finally:
            process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=20)
    assert process.returncode == 0, words
    assert Path(tmp_path, 'camera_driver', 'mavlink.sqlite3').exists()

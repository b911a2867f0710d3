# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node that offers cameras to ground stations and autopilots as MAVLink components."""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
from queue import SimpleQueue
import signal
import sys
from types import MappingProxyType
from typing import Any

from rcl_interfaces.msg import ParameterEvent
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from camera_driver.errors import DeviceError
from camera_driver.host.process import ending_signals, tell_manager
from camera_driver.mavlink.camera import Optics
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.service import Service
from camera_driver.mavlink.system import read_key
from camera_driver.model import Setting, When
from camera_driver.nodes.logs import NodeLog
from camera_driver.nodes.mavlink_camera import EVENTS, RosCamera
from camera_driver.nodes.mavlink_topics import AutopilotTopics, TOPICS
from camera_driver.nodes.parameters import Configuration
from camera_driver.nodes.shared_memory import check_room
from camera_driver.nodes.spinning import Spinner

PARAMETERS = (
    Setting('cameras', str, 'full names of the nodes of the cameras, such as /survey/nadir; six '
            'at most', many=True, when=When.START),
    Setting('links', str, 'udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or DEVICE:BAUD, any '
            'number', many=True, when=When.START),
    Setting('system_id', int, 'of the vehicle: that of its autopilot', minimum=1, maximum=255,
            default=1, when=When.START),
    Setting('signing_key_file', str, '64 hexadecimal digits: all is signed with that key, and '
            'what is not is not heard; empty: nothing is signed', default='', when=When.START),
    Setting('definition_address', str, 'HOST:PORT where the files that describe settings are '
            'served by HTTP; empty: by MAVLink FTP, which needs no address', default='',
            when=When.START),
    Setting('lenses', str, 'CAMERA=WIDTHxHEIGHT,FOCAL_LENGTH, sensor and lens in mm, of those '
            'that are known; such as /survey/nadir=7.2x5.3,10.3', many=True, when=When.START),
    Setting('store_file', str, 'where pictures are numbered; empty: '
            '${ROS_HOME}/camera_driver/mavlink.sqlite3', default='', when=When.START),
    Setting('fix_topic', str, "NavSatFix of the autopilot's GLOBAL_POSITION_INT, over mean sea "
            'level; empty: not published', default='', when=When.START),
    Setting('attitude_topic', str, "QuaternionStamped of the autopilot's ATTITUDE_QUATERNION; "
            'empty: not published', default='', when=When.START),
    Setting('trigger_topic', str, "TimeReference of the autopilot's CAMERA_TRIGGER; empty: not "
            'published', default='', when=When.START),
)

LOOK_PERIOD = 0.5  # s between looks whether the nodes that were asked are still there


class MavlinkCameraNode(Node):  # type: ignore[misc]
    """Cameras as MAVLink components."""

    def __init__(self, **arguments: Any) -> None:
        """Begin. Raises ValueError and DeviceError that say what is wrong."""
        super().__init__('mavlink_camera', **arguments)
        self.log = NodeLog(self.get_logger())
        configuration = Configuration(self, lambda: False, lambda what: None)
        configuration.declare(PARAMETERS)
        configuration.listen(lambda values: None, lambda: None)
        self._values = configuration.values
        for name in ('cameras', 'links'):
            if not self._values[name]:
                raise ValueError(f'the parameter {name} is empty: name at least one')
        lenses = [one.partition('=') for one in self._values['lenses']]
        self._optics = {'/' + name.strip('/'): Optics.parse(text) for name, _, text in lenses}
        unknown = {*self._optics} - {'/' + name.strip('/') for name in self._values['cameras']}
        if unknown:
            raise ValueError(f'the parameter lenses names {", ".join(sorted(unknown))}, which is '
                             'none of the cameras')
        self._topics = AutopilotTopics(self, {name: self._values[name] for name in TOPICS})
        self._service: Service | None = None

    def begin(self) -> None:
        """Open the links; an executor has the node. Raises ValueError and DeviceError."""
        with self.log.speaking():
            key_file = self._values['signing_key_file']
            key = read_key(Path(key_file)) if key_file else None
            home = os.environ.get('ROS_HOME') or str(Path.home() / '.ros')
            store = Store(Path((self._values['store_file'] or
                                '${ROS_HOME}/camera_driver/mavlink.sqlite3'
                                ).replace('${ROS_HOME}', home)))
            cameras: dict[str, RosCamera] = {}

            def make(service: Service) -> dict[str, RosCamera]:
                for name in self._values['cameras']:
                    full = '/' + name.strip('/')
                    cameras[full] = RosCamera(self, full, service.post, self._optics.get(full))
                return cameras

            self._service = service = Service(
                self._values['system_id'], make, self._values['links'], store, key,
                self._values['definition_address'])
            service.post(lambda: self._topics.listen(service.system.autopilot))

            def look() -> None:
                for camera in cameras.values():
                    camera.look()

            def changed(event: ParameterEvent) -> None:
                for camera in cameras.values():
                    camera.parameters(event)

            # One of each for all: an executor looks at all there is whenever anything happens.
            self.create_timer(LOOK_PERIOD, look)
            self.create_subscription(ParameterEvent, '/parameter_events', changed, EVENTS)
            for name, component in self._service.system.components.items():
                cameras[name].component = component
                self.get_logger().info(f'{name} is MAVLink component {component.component} of '
                                       f'system {self._values["system_id"]}')

    def destroy_node(self) -> None:
        """Close the links and destroy the node."""
        if self._service:
            self._service.close()
        super().destroy_node()
        self.log.close()


def run(values: Mapping[str, Any] = MappingProxyType({}),
        ros_arguments: Sequence[str] | None = None) -> int:
    """
    Run the node until it is told to end (exit code 0), or cannot start (1).

    :param values: of its parameters.
    """
    try:
        check_room()
    except OSError as error:
        print(f'{sys.argv[0]}: {error}', file=sys.stderr)
        return 1
    rclpy.init(args=ros_arguments, signal_handler_options=SignalHandlerOptions.NO)
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    for number in ending_signals():
        signal.signal(number, lambda *_: ended.put(None))
    spinner = node = None
    try:
        node = MavlinkCameraNode(parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()])
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        node.begin()
        spinner = Spinner(executor, 'executor', ended.put)
        tell_manager('READY=1')
        defect = ended.get()
        if defect:
            raise defect
        return 0
    except (ValueError, DeviceError) as error:
        get_logger('mavlink_camera').fatal(f'cannot start: {error}')
        return 1
    finally:
        tell_manager('STOPPING=1')
        if spinner:
            spinner.end(1.0)
        if node:
            node.destroy_node()
        rclpy.try_shutdown()

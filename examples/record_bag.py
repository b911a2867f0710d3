# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Record what a mission needs of its cameras into a bag of rosbag2, in an MCAP file.

    pip install rosbags
    python3 examples/record_bag.py flight /nadir /tail --fix /gps/fix --imu /imu/data

It ends with Ctrl-C. `ros2 bag play flight`, Foxglove and rosbags read it. It is for where there is
no `ros2 bag`; where there is, docs/ros.md has its command.
"""

import argparse
from collections import Counter
from pathlib import Path
import sys
import time

from ament_index_python.packages import get_package_share_directory
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import Log
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rosbags.interfaces import (
    Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime)
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores
from sensor_msgs.msg import (
    CameraInfo, CompressedImage, Imu, JointState, NavSatFix, TimeReference)
from tf2_msgs.msg import TFMessage

from camera_driver.msg import CameraStatus, CaptureEvent, Geotag, PictureReport

DRAIN = 1.0  # s, in which what was sent before Ctrl-C is still written

LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RELIABLE = QoSProfile(depth=100)
BEST_EFFORT = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
OF_A_CAMERA = {
    'capture_event': (CaptureEvent, RELIABLE), 'geotags': (Geotag, LATCHED),
    'pictures': (PictureReport, LATCHED), 'camera_info': (CameraInfo, RELIABLE),
    'image_raw/compressed': (CompressedImage, RELIABLE), 'status': (CameraStatus, LATCHED)}
OF_THE_VEHICLE = {  # by the option that names the topic
    'fix': NavSatFix, 'imu': Imu, 'joints': JointState, 'events': TimeReference}
OF_ALL = {
    '/diagnostics': (DiagnosticArray, RELIABLE), '/rosout': (Log, LATCHED),
    '/tf': (TFMessage, BEST_EFFORT), '/tf_static': (TFMessage, LATCHED)}


def types():
    """Return the message types of ROS 2 Jazzy and of camera_driver."""
    store = get_typestore(Stores.ROS2_JAZZY)
    folder = Path(get_package_share_directory('camera_driver')) / 'msg'
    for path in folder.glob('*.msg'):
        store.register(get_types_from_msg(path.read_text(), f'camera_driver/msg/{path.stem}'))
    return store


def offered(qos):
    """Say how a topic is to be published when the bag is played."""
    latched = qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
    never = QosTime(sec=2147483647, nsec=4294967295)
    return Qos(QosHistory.KEEP_LAST, qos.depth, QosReliability.RELIABLE,
               QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
               never, never, QosLiveliness.AUTOMATIC, never, False)


class Recorder(Node):
    """Writes messages as they come, without looking into them."""

    def __init__(self, writer, cameras, more):
        """Subscribe; `more`: topics of the vehicle with their types."""
        super().__init__('record_bag')
        self.counts = Counter()
        self.writer = writer
        self.types = types()
        for camera in cameras:
            for name, (kind, qos) in OF_A_CAMERA.items():
                self.record(f'{camera}/{name}', kind, qos)
        for topic, (kind, qos) in OF_ALL.items():
            self.record(topic, kind, qos)
        for topic, kind in more:
            self.record(topic, kind, BEST_EFFORT)

    def record(self, topic, kind, qos):
        """Write the messages of one topic, with the time of their arrival."""
        connection = self.writer.add_connection(
            topic, f'{kind.__module__.partition(".")[0]}/msg/{kind.__name__}',
            typestore=self.types, offered_qos_profiles=[offered(qos)])

        def write(data):
            self.writer.write(connection, self.get_clock().now().nanoseconds, data)
            self.counts[topic] += 1

        self.create_subscription(kind, topic, write, qos, raw=True)


def main():
    """Record until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('folder', type=Path, help='of the bag; it must not exist yet')
    parser.add_argument('cameras', nargs='+', help='full names of camera nodes, such as /nadir')
    for name, kind in OF_THE_VEHICLE.items():
        parser.add_argument(f'--{name}', metavar='TOPIC', action='append', default=[],
                            help=f'{kind.__name__}, for camera-driver geotag --track')
    arguments = parser.parse_args()
    more = [(topic, kind) for name, kind in OF_THE_VEHICLE.items()
            for topic in getattr(arguments, name)]
    if arguments.folder.exists():
        sys.exit(f'{arguments.folder} exists already; name another folder')
    # Not rclpy's handler, which would end the context before the last messages are written.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    with Writer(arguments.folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        recorder = Recorder(writer, arguments.cameras, more)
        print(f'recording into {arguments.folder}', flush=True)
        try:
            rclpy.spin(recorder)
        except KeyboardInterrupt:
            end = time.monotonic() + DRAIN
            while time.monotonic() < end:
                rclpy.spin_once(recorder, timeout_sec=0.1)
    for topic, count in sorted(recorder.counts.items()):
        print(f'{count:8} {topic}')


if __name__ == '__main__':
    main()

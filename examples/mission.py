# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A mission script: take pictures at an interval, then fetch what is not on this computer yet.

    python3 examples/mission.py /sierra --count 5 --interval 3

It uses nothing but the driver's ROS interface, so it works with every still camera.
"""

import argparse

import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.msg import CaptureEvent


class Mission(Node):
    """A client of one camera."""

    def __init__(self, camera):
        """Connect to the camera's actions and events."""
        super().__init__('mission')
        self.camera = camera
        self.sequence = ActionClient(self, CaptureSequence, f'{camera}/capture_sequence')
        self.download = ActionClient(self, DownloadImages, f'{camera}/download_images')
        self.create_subscription(CaptureEvent, f'{camera}/capture_event', self.event, 10)

    def event(self, event):
        """Print a shot; its stamp is the time of the exposure."""
        stamp = event.header.stamp
        print(f'  shot {event.shot_id}: image {event.image_index} at {stamp.sec}.'
              f'{stamp.nanosec // 1000000:03d} +/- {event.stamp_uncertainty * 1000:.1f} ms '
              f'({event.stamp_source}) {event.message}')

    def run(self, client, goal, feedback):
        """Send a goal, print its feedback, return its result."""
        if not client.wait_for_server(timeout_sec=10.0):
            raise SystemExit(f'{self.camera}: no camera node answers; is it running under that '
                             'name, in this ROS_DOMAIN_ID?')
        sending = client.send_goal_async(goal, feedback_callback=feedback)
        rclpy.spin_until_future_complete(self, sending)
        handle = sending.result()
        if not handle.accepted:
            raise SystemExit('the camera is at work on another goal of this kind')
        result = handle.get_result_async()
        rclpy.spin_until_future_complete(self, result)
        return result.result().result


def percent(message):
    """Print how far a download is."""
    f = message.feedback
    print(f'  image {f.number} of {f.count}: {f.bytes_done / 1000:.0f} of '
          f'{f.bytes_total / 1000:.0f} kB, {f.rate / 1000:.1f} kB/s', end='\r', flush=True)


def main():
    """Fly the mission."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('camera', help="the camera's node, such as /sierra")
    parser.add_argument('--count', type=int, default=5)
    parser.add_argument('--interval', type=float, default=3.0, help='[s]')
    arguments = parser.parse_args()
    rclpy.init()
    try:
        mission = Mission(arguments.camera)
        print(f'{arguments.count} pictures, one every {arguments.interval:g} s:')
        result = mission.run(mission.sequence, CaptureSequence.Goal(
            count=arguments.count, interval=arguments.interval), None)
        print(result.message)
        print('fetching what is not here yet:')
        result = mission.run(mission.download, DownloadImages.Goal(), percent)
        print(f'\n{result.message}')
        for file in result.files:
            print(f'  {file}')
        raise SystemExit(0 if result.success else 1)
    except KeyboardInterrupt:
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()

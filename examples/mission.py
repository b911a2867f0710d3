# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A mission script: take pictures at an interval, then fetch what is not on this computer yet.

    python3 examples/mission.py /sierra --count 5 --interval 3

It uses nothing but the driver's ROS interface, so it works with every still camera.

A shot whose outcome is unknown may have been taken. It is not commanded again, the mission goes
on, and when the driver has found out, the event of the shot comes again. What is unknown in the
end is listed, and the exit code is 8. While the camera is away pictures are lost, and the mission
goes on when it is back.
"""

import argparse
import time

import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.msg import CaptureEvent
from camera_driver.srv import GetCapabilities

TRIES, PAUSE = 10, 3.0  # s; reading may be repeated as often as one likes
LATE = 5.0  # s, for what was found out about a shot to arrive, at most


class Mission(Node):
    """A client of one camera."""

    def __init__(self, camera):
        """Connect to the camera's actions and events."""
        super().__init__('mission')
        self.camera = camera
        self.sequence = ActionClient(self, CaptureSequence, f'{camera}/capture_sequence')
        self.download = ActionClient(self, DownloadImages, f'{camera}/download_images')
        self.told = set()  # shot_id of events
        self.unknown = {}  # shot_id -> what was said of it
        self.create_subscription(CaptureEvent, f'{camera}/capture_event', self.event, 100)

    def abilities(self):
        """Ask what the camera can do."""
        client = self.create_client(GetCapabilities, f'{self.camera}/get_capabilities')
        if not client.wait_for_service(timeout_sec=10.0):
            raise SystemExit(f'{self.camera}: no camera node answers; is it running under that '
                             'name, in this ROS_DOMAIN_ID?')
        asking = client.call_async(GetCapabilities.Request())
        rclpy.spin_until_future_complete(self, asking)
        if not asking.result().success:
            raise SystemExit(f'{self.camera}: {asking.result().message}')
        return asking.result().abilities

    def event(self, event):
        """Print a shot; its stamp is the time of the exposure."""
        self.told.add(event.shot_id)
        self.unknown.pop(event.shot_id, None)  # an update settles what an earlier event left open
        if event.outcome_unknown:
            self.unknown[event.shot_id] = event.message
            text = f'may have been taken: {event.message}'
        elif event.success:
            stamp = event.header.stamp
            text = (f'image {event.image_index} at {stamp.sec}.{stamp.nanosec // 1000000:03d} '
                    f'+/- {event.stamp_uncertainty * 1000:.1f} ms ({event.stamp_source}) '
                    f'{event.message}')
        else:
            text = f'not taken: {event.message}'
        print(f'  shot {event.shot_id}: {"settled: " * event.update}{text}'.rstrip(), flush=True)

    def fetch(self):
        """Fetch what is not here yet; a camera that is away may come back meanwhile."""
        for _ in range(TRIES):
            result = self.run(self.download, DownloadImages.Goal(), percent)
            if result:
                print(f'\n{result.message}', flush=True)
                if result.success:
                    break
            self.listen(PAUSE)
        return result

    def listen(self, seconds, enough=lambda: False):
        """Take in events."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not enough():
            rclpy.spin_once(self, timeout_sec=0.1)

    def run(self, client, goal, feedback):
        """Send a goal, print its feedback, return its result; None: it was rejected."""
        if not client.wait_for_server(timeout_sec=10.0):
            raise SystemExit(f'{self.camera} does not answer any more')
        sending = client.send_goal_async(goal, feedback_callback=feedback)
        rclpy.spin_until_future_complete(self, sending)
        handle = sending.result()
        if not handle.accepted:
            print(f'{self.camera} rejected the goal: another one of its kind is under way, the '
                  'node is not active, or a value is not allowed; its log says which', flush=True)
            return None
        result = handle.get_result_async()
        rclpy.spin_until_future_complete(self, result)
        return result.result().result


def lost(message):
    """Print why a picture could not even be commanded, which has no event."""
    if not message.feedback.shot_id:
        print(f'  no shot: {message.feedback.message}', flush=True)


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
    parser.add_argument('--max-delay', type=float, metavar='S', help='[s] how late a picture may '
                        'be; 0 = no bound; default: half the interval, as it is nearer to the '
                        "next one's place then")
    arguments = parser.parse_args()
    if arguments.max_delay is None:
        arguments.max_delay = arguments.interval / 2
    rclpy.init()
    try:
        mission = Mission(arguments.camera)
        abilities = mission.abilities()
        if 'takes_pictures' not in abilities:
            raise SystemExit(f'{arguments.camera} takes no pictures; it can: '
                             f'{", ".join(abilities)}')
        print(f'{arguments.count} pictures, one every {arguments.interval:g} s:')
        result = mission.run(mission.sequence, CaptureSequence.Goal(
            count=arguments.count, interval=arguments.interval,
            max_delay=arguments.max_delay), lost)
        if result is None:
            raise SystemExit(1)
        mission.listen(LATE, lambda: mission.told.issuperset(result.shot_ids))
        print(result.message, flush=True)
        if 'stores_images' in abilities:
            print('fetching what is not here yet:')
            result = mission.fetch()
            for file in result.files if result else ():
                print(f'  {file}')
        else:
            print('the pictures stay in the camera: they do not come over its line')
        mission.listen(LATE, lambda: not mission.unknown)
        if mission.unknown:
            print('may have been taken or not; look at the pictures:')
        for shot, message in mission.unknown.items():
            print(f'  {shot}: {message}')
        raise SystemExit(8 if mission.unknown else 0 if result and result.success else 1)
    except KeyboardInterrupt:
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()

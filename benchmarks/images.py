# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A 12-megapixel JPEG from bytes in the node to a subscriber in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
import os
from pathlib import Path
import select
from statistics import median
import subprocess
import sys
from tempfile import NamedTemporaryFile
from time import monotonic

from ament_index_python.packages import get_package_share_directory
import numpy as np
import rclpy
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos import QoSProfile
import ros
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from table import cpu_time, Table

from camera_driver.nodes.convert import image_message
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.pictures.image import check, decode
from camera_driver.sim import scene

TIMES = 10
TOPICS = {'image_raw': Image, 'image_raw/compressed': CompressedImage}


def measure() -> Iterator[Table]:
    """Measure the parts in this process, then the way between two others."""
    data = scene.jpeg(1, 4000, 3000, datetime(2001, 9, 9))
    pixels = decode(data)
    size = f'{len(data) / 1e6:.2f} MB of JPEG, {pixels.nbytes / 1e6:.0f} MB of pixels'
    yield Table(f'A 12-megapixel picture ({size}), each alone, median of {TIMES}',
                ('', 'time [ms]', 'CPU [ms]'), (
                    _alone('check before anything is published', lambda: check(data, 'jpeg')),
                    _alone('decode', lambda: decode(data)),
                    _alone('copy of the pixels', lambda: np.copy(pixels)),
                    _alone('copy of the pixels into a message',
                           lambda: image_message(pixels, Header()))))
    profile = Path(get_package_share_directory('camera_driver'), 'config/large_images_fastdds.xml')
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        rows = [_between(topic, file.name, name, environment)
                for name, environment in (
                    ('the one that is shipped', {'FASTRTPS_DEFAULT_PROFILES_FILE': str(profile)}),
                    ('none (Fast DDS as it comes)', {}))
                for topic in TOPICS]
    yield Table(f'From JPEG bytes in a node to the callback of a subscriber in another process, '
                f'median of {TIMES}',
                ('topic', 'Fast DDS profile', 'time [ms]', 'maximum [ms]', 'CPU of the node [ms]',
                 'CPU of the subscriber [ms]'), rows,
                'Reliable on both sides. image_raw: message, transport; '
                'image_raw/compressed: the bytes as they are. The check is not part of it.')


def _alone(name: str, work: Callable[[], object]) -> tuple[str, float, float]:
    times, cpus = [], []
    for _ in range(TIMES):
        cpu, start = cpu_time(), monotonic()
        work()
        times.append(monotonic() - start)
        cpus.append(cpu_time() - cpu)
    return name, 1e3 * median(times), 1e3 * median(cpus)


def _between(topic: str, picture: str, name: str, environment: dict[str, str],
             ) -> tuple[str | float, ...]:
    """Publish one after the other; each waits until the one before has arrived."""
    with ExitStack() as stack:
        publisher, subscriber = (
            stack.enter_context(_Part(environment, *arguments))
            for arguments in (('publish', topic, picture), ('subscribe', topic)))
        publisher.ask('match')
        times, node, other = [], [], []
        for _ in range(1 + TIMES):
            start = float(publisher.ask('publish'))
            end, cpu = map(float, subscriber.listen().split())
            times.append(end - start)
            other.append(cpu)
            node.append(float(publisher.ask('cpu')))
    return (topic, name, 1e3 * median(times[1:]), 1e3 * max(times[1:]), 1e3 * median(node[1:]),
            1e3 * median(other[1:]))


class _Part:
    """One of the two processes, spoken to by lines."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        inherited = {name: value for name, value in os.environ.items()
                     if name != 'FASTRTPS_DEFAULT_PROFILES_FILE'}
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**inherited, **environment})

    def __enter__(self) -> _Part:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(ros.PATIENCE)

    def ask(self, question: str) -> str:
        """Send a line and return the answer."""
        assert self._process.stdin
        self._process.stdin.write(question + '\n')
        self._process.stdin.flush()
        return self.listen()

    def listen(self) -> str:
        """Return the next line."""
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], ros.PATIENCE)[0]:
            raise RuntimeError('no picture arrived')
        return self._process.stdout.readline()


def _say(*values: float) -> None:
    print(*values, flush=True)


def publish(topic: str, picture: str) -> None:
    """Do what lines on stdin say: wait for the other side, publish, tell the CPU time of that."""
    node = LifecycleNode(ros.NAME)
    topics = ImageTopics(node)
    node.trigger_configure()
    node.trigger_activate()
    data = Path(picture).read_bytes()
    checked = check(data, 'jpeg')
    cpu = 0.0
    for line in sys.stdin:
        word = line.strip()
        if word == 'match':
            end = monotonic() + ros.PATIENCE
            while not node.count_subscribers(f'{ros.NAME}/{topic}') and monotonic() < end:
                rclpy.spin_once(node, timeout_sec=0.05)
            _say()
        elif word == 'publish':
            cpu, start = cpu_time(), monotonic()
            topics.publish(checked, Header(frame_id='camera'))
            _say(start)
        else:
            _say(cpu_time() - cpu)


def subscribe(topic: str) -> None:
    """Tell when pictures arrive, and the CPU time since the one before."""
    node = Node('benchmark_subscriber')
    cpu = cpu_time()

    def heard(_: object) -> None:
        nonlocal cpu
        now, before, cpu = monotonic(), cpu, cpu_time()
        _say(now, cpu - before)

    node.create_subscription(TOPICS[topic], f'{ros.NAME}/{topic}', heard, QoSProfile(depth=5))
    with ros.spinning(node):
        sys.stdin.read()


if __name__ == '__main__':
    rclpy.init()
    {'publish': publish, 'subscribe': subscribe}[sys.argv[1]](*sys.argv[2:])
    rclpy.try_shutdown()

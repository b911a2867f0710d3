# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Video of 1920 x 1080 pixels at 30 Hz from a node to a subscriber in another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
import os
from pathlib import Path
import subprocess
import tempfile
from time import monotonic

from ament_index_python.packages import get_package_share_directory
import cv2
from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile
from registers import simulated
import ros
from sensor_msgs.msg import CompressedImage, Image
from table import cpu_time, spread, Table

from camera_driver.sim.video import draw, VideoSignal
from camera_driver.video.sources import Capture

RATE = 30
SIZE = 1920, 1080
DURATION = 20.0  # s
TICK = os.sysconf('SC_CLK_TCK')
TOPICS = {'image_raw': Image, 'image_raw/compressed': CompressedImage}


def measure() -> Iterator[Table]:
    """Measure the parts in this process, then the way between two others."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        film = _film(folder / 'film.avi')
        yield Table(f'A frame of {SIZE[0]} x {SIZE[1]} pixels, Motion JPEG in a file, mean of 100',
                    ('', 'time [ms]', 'CPU [ms]'), _alone(film))
        stream = stack.enter_context(simulated('--video', '0'))['video']
        rclpy.init()
        stack.callback(rclpy.try_shutdown)
        rows = [_between(source, name, topic, encoding, folder)
                for source, name, topic, encoding in (
                    (film, '1080p file', '', 'bgr8'),
                    (film, '1080p file', 'image_raw', 'bgr8'),
                    (film, '1080p file', 'image_raw', 'mono8'),
                    (film, '1080p file', 'image_raw/compressed', 'bgr8'),
                    (stream, '480p HTTP stream', '', 'bgr8'),
                    (stream, '480p HTTP stream', 'image_raw', 'bgr8'))]
    yield Table(
        f'From the grabbing of a frame to the callback of a subscriber in another process, '
        f'{DURATION:.0f} s each',
        ('source', 'topic', 'encoding', 'rate [Hz]', 'latency, median [ms]', '99 % [ms]',
         'maximum [ms]', 'dropped by the node', 'missing at the subscriber', 'CPU of the node [%]',
         'CPU of the subscriber [%]'), rows,
        'CPU: of one core. A file is not read while nobody subscribes; of a stream FFmpeg decodes '
        'each frame when it is grabbed. With the Fast DDS profile that is shipped, reliable on '
        'both sides.')


def _film(path: Path) -> str:
    """Write two seconds of a moving mark on land."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), RATE, SIZE)
    for number in range(2 * RATE):
        writer.write(draw(VideoSignal(*SIZE), number / RATE)[..., ::-1].copy())
    writer.release()
    return str(path)


def _alone(film: str) -> list[tuple[str, float, float]]:
    """Measure grab and retrieve of a file."""
    source = Capture(film).make()
    source.open()
    times = {'grab (FFmpeg decodes here)': [0.0, 0.0], 'retrieve (to BGR)': [0.0, 0.0]}
    for _ in range(100):
        for total, work in zip(times.values(), (source.grab, source.retrieve)):
            cpu, start = cpu_time(), monotonic()
            work()
            total[0] += monotonic() - start
            total[1] += cpu_time() - cpu
    source.close()
    return [(name, 10 * time, 10 * cpu) for name, (time, cpu) in times.items()]


class Watcher(Node):
    """Subscribes to a node's pictures, and to what it says of its video."""

    def __init__(self, topic: str) -> None:
        super().__init__('benchmark_subscriber')
        self.arrivals: list[tuple[float, float]] = []  # stamp, latency [s]
        self.counters: dict[str, int] = {}
        if topic:
            self.create_subscription(TOPICS[topic], f'{ros.NAME}/{topic}', self._heard,
                                     QoSProfile(depth=5))
        self.create_subscription(DiagnosticArray, '/diagnostics', self._told, 10)

    def _heard(self, message: Image | CompressedImage) -> None:
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        self.arrivals.append((stamp, 1e-9 * self.get_clock().now().nanoseconds - stamp))

    def _told(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith(': video'):
                self.counters = {value.key: int(value.value) for value in status.values
                                 if value.value.isdecimal()}


def _between(source: str, name: str, topic: str, encoding: str, folder: Path,
             ) -> tuple[str | float, ...]:
    """Watch a node for a while."""
    profile = Path(get_package_share_directory('camera_driver'), 'config/large_images_fastdds.xml')
    os.environ['FASTRTPS_DEFAULT_PROFILES_FILE'] = str(profile)
    pause = ros.threading.Event()
    with ros.device_node('kp_fd30', 'simulated', folder, simulate='true', video_source=source,
                         video_encoding=encoding) as process:
        watcher = Watcher(topic)
        with ros.spinning(watcher):
            end = monotonic() + ros.PATIENCE
            while not (watcher.counters and (watcher.arrivals or not topic)):
                if monotonic() > end:
                    raise RuntimeError('no picture arrived')
                pause.wait(0.1)
            pause.wait(3.0)  # the first ones wait for those who find each other late
            before, cpu, own = dict(watcher.counters), _cpu(process), cpu_time()
            watcher.arrivals.clear()
            pause.wait(DURATION)
            arrivals = list(watcher.arrivals)
            after, cpu, own = dict(watcher.counters), _cpu(process) - cpu, cpu_time() - own
        watcher.destroy_node()
    done = {key: after[key] - before[key] for key in after}
    if not arrivals:
        return (name, topic or 'nobody subscribes', '', '', '', '', '', '', '',
                100 * cpu / DURATION, 100 * own / DURATION)
    stamps = [stamp for stamp, _ in arrivals]
    middle, most, maximum = spread([latency for _, latency in arrivals])
    rate = (len(stamps) - 1) / (stamps[-1] - stamps[0])
    sent = round((stamps[-1] - stamps[0]) * RATE) + 1
    dropped = done['grabbed'] - done['delivered']  # told once a second: one or two are under way
    return (name, topic, encoding, rate, 1e3 * middle, 1e3 * most, 1e3 * maximum,
            max(0, dropped - 1), max(0, sent - len(stamps)), 100 * cpu / DURATION,
            100 * own / DURATION)


def _cpu(process: subprocess.Popen[str]) -> float:
    """Return the CPU time of another process [s]."""
    fields = Path(f'/proc/{process.pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK

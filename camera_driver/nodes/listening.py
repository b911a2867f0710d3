# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Hear what nodes tell of themselves, from outside: for `camera-driver rig status` and `watch`."""

from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from math import inf
import time

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from camera_driver.msg import CameraStatus, CaptureEvent
from camera_driver.nodes.shared_memory import check_room

POLL = 0.1  # s; Ctrl-C is noticed between two of them
STATES = {getattr(CameraStatus, name): name for name in (
    'DISCONNECTED', 'CONNECTING', 'READY', 'BUSY', 'ERROR', 'INACTIVE')}
FRESH = 2  # messages: the first may be an old one, kept for whoever comes later


@dataclass
class Heard:
    """What was heard of one node."""

    status: CameraStatus | None = None  # the last
    messages: int = 0
    lateness: float = inf  # s, least, from the stamp to the arrival, by this computer's clock
    at: float = -inf  # when the last came, by time.monotonic() [s]
    gap: float = 0.0  # s between the last two
    shot: CaptureEvent | None = None  # the last

    def take(self, status: CameraStatus) -> None:
        """Take a status that has just come."""
        stamp = status.header.stamp.sec + status.header.stamp.nanosec * 1e-9
        now = time.monotonic()
        self.gap = now - self.at if self.messages else 0.0
        self.status, self.messages, self.at = status, self.messages + 1, now
        self.lateness = min(self.lateness, time.time() - stamp)

    @property
    def state(self) -> str:
        """Return its state as CameraStatus.msg names it; '' = not heard."""
        return STATES[self.status.state] if self.status else ''

    @property
    def offset(self) -> float | None:
        """
        Return by how much this clock is ahead of the node's, at most [s]; None: not known.

        It contains the time that messages take: only negative values are certain.
        """
        return self.lateness if self.messages >= FRESH else None


class Listener:
    """Listens to nodes until it is closed, as often as `listen` is called."""

    def __init__(self, names: Collection[str], shots: bool = False) -> None:
        """Begin; `shots`: to the events of their shots, too. Raises OSError: no shared memory."""
        check_room()
        self.found = {name: Heard() for name in names}
        self._context = rclpy.Context()
        rclpy.init(context=self._context, args=[])
        node = Node('camera_driver_rig', context=self._context, enable_rosout=False,
                    start_parameter_services=False)
        for name, heard in self.found.items():
            node.create_subscription(CameraStatus, f'{name}/status', heard.take,
                                     QoSProfile(depth=10,
                                                durability=DurabilityPolicy.TRANSIENT_LOCAL))
            if shots:
                node.create_subscription(CaptureEvent, f'{name}/capture_event',
                                         partial(setattr, heard, 'shot'), 10)
        self._spinning = SingleThreadedExecutor(context=self._context)
        self._spinning.add_node(node)

    def listen(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Listen for so long, or until it is `enough`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not enough():
            self._spinning.spin_once(timeout_sec=min(POLL, left))

    def close(self) -> None:
        """End."""
        rclpy.shutdown(context=self._context)


def hear(names: Collection[str], seconds: float) -> Mapping[str, Heard]:
    """Listen to ~/status of nodes, until each was heard FRESH times, or so long."""
    with closing(Listener(names)) as listener:
        listener.listen(seconds, lambda: all(
            heard.messages >= FRESH for heard in listener.found.values()))
        return listener.found

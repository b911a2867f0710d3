# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Hear what nodes tell of themselves, from outside: what `camera-driver rig status` shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
import time

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from camera_driver.msg import CameraStatus
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


def hear(names: Collection[str], seconds: float) -> Mapping[str, Heard]:
    """Listen to ~/status of nodes, until each was heard FRESH times, or so long."""
    check_room()
    found = {name: Heard() for name in names}

    def take(name: str, status: CameraStatus) -> None:
        heard = found[name]
        stamp = status.header.stamp.sec + status.header.stamp.nanosec * 1e-9
        heard.status, heard.messages = status, heard.messages + 1
        heard.lateness = min(heard.lateness, time.time() - stamp)

    context = rclpy.Context()
    rclpy.init(context=context, args=[])
    try:
        node = Node('camera_driver_rig', context=context, enable_rosout=False,
                    start_parameter_services=False)
        for name in names:
            node.create_subscription(
                CameraStatus, f'{name}/status', partial(take, name),
                QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(
                heard.messages < FRESH for heard in found.values()):
            executor.spin_once(timeout_sec=POLL)
        return found
    finally:
        rclpy.shutdown(context=context)

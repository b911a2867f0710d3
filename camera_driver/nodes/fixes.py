# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Fixes and attitudes from topics, as `payload` wants them.

Parameters have the frames of ROS (REP 103) as messages have: the body is forward, left, up, the
camera right, down, forward. `mounting` turns them into those of `payload`.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
import time
from typing import Any, Generic, TypeVar

from rclpy.callback_groups import CallbackGroup
from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from camera_driver.nodes.mount import quaternion
from camera_driver.payload.geometry import product, Quaternion, to_angles
from camera_driver.payload.geotag import Mounting, NOWHERE
from camera_driver.payload.messages import HALF, TO_FLU
from camera_driver.payload.track import Attitude, fault, Fix

KEEP = 130.0  # s for which records are kept after they came
BURST = 100  # messages that may come while a shot is tagged

TO_OPTICAL: Quaternion = (HALF, 0.0, 0.0, -HALF)  # from the picture's top, its right, ahead

R = TypeVar('R', Fix, Attitude)


def mounting(lever_arm: Sequence[float], boresight: Sequence[float]) -> Mounting:
    """
    Return how a camera sits on its platform.

    :param lever_arm: from the antenna to the camera [m] forward, left, up; empty: there is none.
    :param boresight: roll, pitch, yaw [rad] about the body's fixed axes to the optical frame;
        empty: it looks down, the top of the picture ahead.
    """
    forward, left, up = lever_arm or NOWHERE
    if not boresight:
        return Mounting((forward, -left, -up))
    turn = quaternion(*boresight)
    return Mounting((forward, -left, -up), to_angles(product(
        product(TO_FLU, (turn.w, turn.x, turn.y, turn.z)), TO_OPTICAL)))


class Source(Generic[R]):
    """What has come on a topic lately; to be used in its callback group."""

    def __init__(self, node: Node, kind: type, topic: str, read: Callable[[Any], R | str],
                 most: int, group: CallbackGroup, changed: Callable[[], None]) -> None:
        """
        Subscribe.

        :param read: returns a message's record, or why it has none.
        :param most: records that are kept.
        :param changed: is called when a record has come that can be used.

        Raises ValueError for a topic that is none.
        """
        self.topic = topic
        self.dropped: Counter[str] = Counter()
        self.last: R | None = None  # that can be used
        self._read: Callable[[Any], R | str] = read
        self._changed = changed
        self._records: deque[tuple[float, R]] = deque(maxlen=most)  # and when it came
        qos = QoSProfile(depth=BURST, reliability=ReliabilityPolicy.BEST_EFFORT)
        try:
            self._subscription = node.create_subscription(kind, topic, self._take, qos,
                                                          callback_group=group)
        except NameValidationException as error:
            raise ValueError(f'{topic!r} is no topic: {error}') from None

    @property
    def kept(self) -> int:
        """How many records are kept."""
        return len(self._records)

    @property
    def dispute(self) -> str:
        """Say that there are several publishers; empty: there are not."""
        number = self._subscription.get_publisher_count()
        return f'{number} publishers on {self.topic}, and nothing tells which is right' if (
            number > 1) else ''

    def records(self) -> list[R]:
        """Return what is kept, as it came."""
        return [record for _, record in list(self._records)]  # atomic, unlike a loop

    def _take(self, message: Any) -> None:
        record = self._read(message)
        if self.dispute:  # rclpy does not tell from whom a message is
            self._records.clear()
            self.last, record = None, 'from one of several publishers'
        elif not (message.header.stamp.sec or message.header.stamp.nanosec):
            record = 'without a stamp'  # a time of 0 would be one that went back
        if isinstance(record, str):
            self.dropped[record] += 1
            return
        now = time.monotonic()
        while self._records and now - self._records[0][0] > KEEP:
            self._records.popleft()
        self._records.append((now, record))
        if wrong := fault(record):
            self.dropped[wrong] += 1
        else:
            self.last = record
            self._changed()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a node tells by itself, in every lifecycle state: ~/status and /diagnostics."""

from time import monotonic
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, LivelinessPolicy

from camera_driver.msg import CameraStatus
from camera_driver.nodes import diagnostics
from camera_driver.nodes.qos import publisher

HUNG = 10.0  # s without a turn for a timer of one second
LEASE = 5.0  # s after which a monitor hears that the process is gone, if it asks for that
MISSED = 3.0  # periods without ~/status after which it hears that the node says nothing


class Reports:
    """Publishes both, regularly and when something has changed."""

    def __init__(self, node: Any, rate: float, clock: Clock) -> None:
        """
        Publish from now on.

        :param rate: of ~/status [Hz] at least.
        """
        self._node = node
        self._status = publisher(
            node.create_publisher, CameraStatus, '~/status', depth=1,
            durability=DurabilityPolicy.TRANSIENT_LOCAL, liveliness=LivelinessPolicy.AUTOMATIC,
            liveliness_lease_duration=Duration(seconds=LEASE),
            deadline=Duration(seconds=MISSED / min(1.0, rate)))
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._beat = self._told = monotonic()
        # One timer for both: an executor looks at all that a node has whenever one is due.
        self._rate, self._period = rate, 1.0 / max(1.0, rate)
        node.create_timer(self._period, self._publish, node.quick, clock)

    @property
    def alive(self) -> bool:
        """Whether the node's timers get their turn: a busy node's do, a hung one's do not."""
        return monotonic() - self._beat < HUNG

    def _publish(self) -> None:
        early = monotonic() + self._period / 2
        if early - self._told > 1.0 / self._rate:
            self._told = early - self._period / 2
            self.publish_status()
        if early - self._beat > 1.0:
            self.publish_diagnostics()

    def publish_status(self) -> None:
        """Publish ~/status as it is now; from any thread."""
        def message() -> CameraStatus:
            status = diagnostics.status_message(self._node.view())
            for part in self._node.parts:
                part.tell(status)
            return status

        self._node.publish(self._status, message)

    def publish_diagnostics(self) -> None:
        """Publish /diagnostics as they are now."""
        self._beat = monotonic()
        self._node.publish(self._diagnostics, lambda: diagnostics.diagnostics_message(
            self._node.view(), self._node.tasks()))

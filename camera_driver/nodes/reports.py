# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a node tells by itself, in every lifecycle state: ~/status and /diagnostics."""

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

from camera_driver.msg import CameraStatus
from camera_driver.nodes import diagnostics


class Reports:
    """Publishes both, regularly and when something has changed."""

    def __init__(self, node: Any, rate: float, clock: Clock) -> None:
        """
        Publish from now on.

        :param rate: of ~/status [Hz] at least.
        """
        self._node = node
        self._status = node.create_publisher(
            CameraStatus, '~/status', QoSProfile(
                depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        node.create_timer(1.0 / rate, self.publish_status, node.quick, clock)
        node.create_timer(1.0, self.publish_diagnostics, node.quick, clock)

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
        self._node.publish(self._diagnostics, lambda: diagnostics.diagnostics_message(
            self._node.view(), [task for part in self._node.parts for task in part.tasks()]))

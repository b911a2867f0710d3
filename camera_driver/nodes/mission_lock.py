# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
`~/lock`: what a mission must not do by mistake is refused until it is unlocked.

Refused are deleting and uploading pictures, resetting, raw writes and messages, what outlasts
power-off (EEPROM, presets, names), and parameters of the port and the line. ROS does not tell a
service who calls it, so that only the time is known. A survey locks the node as well, whatever is
said to `~/lock` meanwhile; at its end that holds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from rclpy.qos import DurabilityPolicy
from std_msgs.msg import Bool
from std_srvs.srv import SetBool

from camera_driver.errors import Forbidden
from camera_driver.nodes.qos import publisher, REQUESTS


class MissionLock:
    """Whether a node is locked, published to ~/locked; in every state of the lifecycle."""

    def __init__(self, node: Any, locked: bool) -> None:
        """
        Begin.

        :param locked: from the start on; so it stays locked when it is started again.
        """
        self._node = node
        self._topic = publisher(node.create_publisher, Bool, '~/locked', depth=1,
                                durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._said = 'by its parameter start_locked' if locked else ''
        self._survey = ''  # what is under way
        node.create_service(SetBool, '~/lock', self._lock, qos_profile=REQUESTS,
                            callback_group=node.quick)
        self._publish()

    def check(self, what: str) -> None:
        """Raise Forbidden that says why, and how to go on, while it is locked."""
        if self._survey:
            raise Forbidden(f'{what} is refused: the node is locked for a mission, '
                            f'{self._survey}; wait for its end, or cancel it')
        if self._said:
            raise Forbidden(f'{what} is refused: the node is locked for a mission, {self._said}; '
                            'unlock it first (~/lock with data: false)')

    @property
    def words(self) -> str:
        """What diagnostics say."""
        held = self._survey or self._said
        return f'locked {held}' if held else 'not locked'

    @contextmanager
    def held(self, by: str) -> Iterator[None]:
        """Lock for as long as something takes, `by` what; one at a time."""
        self._survey = by
        self._publish()
        try:
            yield
        finally:
            self._survey = ''
            self._publish()

    def _lock(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        with self._node.log.speaking():
            before = self.words
            if request.data != bool(self._said):
                now = datetime.fromtimestamp(self._node.seconds(), timezone.utc)
                self._said = f'by ~/lock at {now:%Y-%m-%dT%H:%M:%SZ}' if request.data else ''
                self._node.get_logger().warning(self.words + f' (it was {before})')
                self._publish()
            response.success = request.data or not self._survey
            response.message = self.words
        return response

    def _publish(self) -> None:
        self._node.publish(self._topic, lambda: Bool(data=bool(self._survey or self._said)))

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the autopilot tells on the link, as topics: for geotags, surveys and exposure events."""

from typing import Any

from geometry_msgs.msg import Quaternion, QuaternionStamped
from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from sensor_msgs.msg import NavSatFix, NavSatStatus, TimeReference
from std_msgs.msg import Header

from camera_driver.mavlink.autopilot import Autopilot, Trigger
from camera_driver.nodes.convert import time_message
from camera_driver.payload.messages import orientation_of

TOPICS = {'fix_topic': NavSatFix, 'attitude_topic': QuaternionStamped,
          'trigger_topic': TimeReference}
DEPTH = 100


class AutopilotTopics:
    """Publishes from the components' thread; stamps are those of the autopilot, in UTC."""

    def __init__(self, node: Node, topics: dict[str, str]) -> None:
        """
        Make the publishers of topics that are named.

        :param topics: by the keys of TOPICS; empty: not published.

        Raises ValueError for a topic that is none, and where time is simulated.
        """
        self._publishers = {}
        for key, topic in topics.items():
            if not topic:
                continue
            if node.get_parameter('use_sim_time').value:
                raise ValueError(f'{key}: stamps are those of the autopilot, in UTC; use_sim_time '
                                 'has to be false')
            try:
                self._publishers[key] = node.create_publisher(TOPICS[key], topic, DEPTH)
            except NameValidationException as error:
                raise ValueError(f'{key} {topic!r} is no topic: {error}') from None

    def listen(self, autopilot: Autopilot) -> None:
        """Publish what comes from now on."""
        if 'trigger_topic' in self._publishers:
            autopilot.trigger_listener = self._triggered
        if self._publishers.keys() - {'trigger_topic'}:
            autopilot.listener = self._heard

    def _heard(self, at: float, message: Any) -> None:
        header = Header(stamp=time_message(at))
        if message.get_type() == 'GLOBAL_POSITION_INT':
            if 'fix_topic' in self._publishers and (message.lat or message.lon):
                self._publishers['fix_topic'].publish(NavSatFix(
                    header=header, status=NavSatStatus(status=NavSatStatus.STATUS_FIX),
                    latitude=message.lat / 1e7, longitude=message.lon / 1e7,
                    altitude=message.alt / 1e3))
        elif 'attitude_topic' in self._publishers:
            w, x, y, z = orientation_of((message.q1, message.q2, message.q3, message.q4))
            self._publishers['attitude_topic'].publish(QuaternionStamped(
                header=header, quaternion=Quaternion(w=w, x=x, y=y, z=z)))

    def _triggered(self, trigger: Trigger) -> None:
        self._publishers['trigger_topic'].publish(TimeReference(
            header=Header(stamp=time_message(trigger.time)),
            time_ref=time_message(trigger.autopilot_time),
            source=f'CAMERA_TRIGGER {trigger.sequence}'))

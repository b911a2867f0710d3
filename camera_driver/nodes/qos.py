# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Quality of service of what a node publishes: what it is, and what who starts the node can choose.

With the parameter `qos_overrides./TOPIC.publisher.durability` as transient_local the last messages
are kept for whoever subscribes later.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSPolicyKind, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

CHOOSABLE = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY,
             QoSPolicyKind.DURABILITY)

REQUESTS = QoSProfile(depth=100)
"""Of services and actions: more unread requests are lost, and their clients wait for ever."""

P = TypeVar('P', bound=Publisher)


def publisher(create: Callable[..., P], kind: type, topic: str, **policies: Any) -> P:
    """
    Return what `create` of a node makes; `policies` hold unless parameters say otherwise.

    Raises ValueError for parameters with words that are none.
    """
    try:
        return create(kind, topic, QoSProfile(**policies),
                      qos_overriding_options=QoSOverridingOptions(CHOOSABLE))
    except RuntimeError as error:  # of rclpy
        raise ValueError(str(error)) from None


def keeps_last(publisher: Publisher) -> bool:
    """Return whether who subscribes later gets the last messages."""
    return bool(publisher.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL)

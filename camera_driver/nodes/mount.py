# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Where a camera is mounted, as a static transform for tf2.

The parameters are those of tf2_ros' static_transform_publisher, with the optical frame as the
child. They are off by default: on most vehicles the URDF has the cameras.
"""

from collections.abc import Mapping, Sequence
import math
from typing import Any, TYPE_CHECKING

from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rclpy.qos import DurabilityPolicy, QoSProfile

from camera_driver.model import Setting, When

if TYPE_CHECKING:  # it imports the parts, which import this
    from camera_driver.nodes.base import DeviceNode

PARENT, TRANSLATION, ROTATION = 'tf_parent', 'tf_translation', 'tf_rotation'
SETTINGS = (
    Setting(PARENT, str, 'frame that the camera is mounted on, such as base_link: the node '
            'publishes a static transform from it to the frame of the images; empty: none, '
            'something else does', default='', when=When.START),
    Setting(TRANSLATION, float, 'x, y, z of the optical centre in tf_parent, such as '
            '[0.0, 0.1, -0.2]; empty: 0, 0, 0', 'm', many=True, when=When.ANY_TIME),
    Setting(ROTATION, float, 'roll, pitch, yaw from tf_parent to the optical frame (about its '
            'fixed x, y, z, in this order), such as [3.14159, 0.0, -1.5708] for a camera that '
            'looks down with the top of its image forward; empty: 0, 0, 0', 'rad', many=True,
            when=When.ANY_TIME),
)


def check(values: Mapping[str, Any], prefix: str = '') -> None:
    """Raise ValueError for values of SETTINGS, named with a prefix, that do not go together."""
    for name in (TRANSLATION, ROTATION):
        given = values[prefix + name]
        if given and len(given) != 3:
            raise ValueError(f'{prefix}{name}: {list(given)} is not allowed; write three numbers')
        if given and not values[prefix + PARENT]:
            raise ValueError(f'{prefix}{name}: in which frame? Say {prefix}{PARENT}')


class Mount:
    """The static transform of one camera, published if its parameters say so."""

    def __init__(self, node: 'DeviceNode', frame_id: str, prefix: str = '') -> None:
        """
        Publish it; `prefix` is what the names of its parameters begin with.

        Raises ValueError where it cannot be, or makes no sense.
        """
        self._node = node
        self._frame_id = frame_id
        self._prefix = prefix
        self._said: tuple[Any, ...] = ()
        self._parent = node.parameter(prefix + PARENT)
        if not self._parent:
            return
        if self._parent == frame_id:
            raise ValueError(f'{prefix}{PARENT}: {frame_id} is the frame of the images itself')
        try:
            from tf2_msgs.msg import TFMessage
        except ImportError:
            raise ValueError(f'{prefix}{PARENT}: tf2_msgs is not installed, and transforms are '
                             'its messages: apt install ros-jazzy-tf2-msgs') from None
        self._message = TFMessage
        self._publisher = node.create_publisher(TFMessage, '/tf_static', QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        self.follow()

    def follow(self) -> None:
        """Publish it again if it has changed."""
        now = self._read(TRANSLATION), self._read(ROTATION)
        if not self._parent or now == self._said:
            return
        self._said = now
        (x, y, z), angles = now
        transform = TransformStamped(child_frame_id=self._frame_id)
        transform.header.frame_id = self._parent
        transform.header.stamp = self._node.get_clock().now().to_msg()
        transform.transform.translation = Vector3(x=x, y=y, z=z)
        transform.transform.rotation = quaternion(*angles)
        self._publisher.publish(self._message(transforms=[transform]))

    def _read(self, name: str) -> Sequence[float]:
        return self._node.parameter(self._prefix + name) or (0.0, 0.0, 0.0)


def quaternion(roll: float, pitch: float, yaw: float) -> Quaternion:
    """Return the rotation by roll, pitch and yaw [rad] about fixed x, y and z, in this order."""
    (sr, cr), (sp, cp), (sy, cy) = (
        (math.sin(angle / 2), math.cos(angle / 2)) for angle in (roll, pitch, yaw))
    return Quaternion(x=sr * cp * cy - cr * sp * sy, y=cr * sp * cy + sr * cp * sy,
                      z=cr * cp * sy - sr * sp * cy, w=cr * cp * cy + sr * sp * sy)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Fixes, attitudes and gimbal angles from ROS messages, whoever has deserialized them.

Messages have the frames of ROS (REP 103): the body is forward, left, up, the world east, north,
up. `payload` has forward, right, down and north, east, down; `rotation_of` turns the one into the
other. Why a message cannot be used is said in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, inf, isfinite, sin, sqrt
from typing import Any

from camera_driver.payload.geometry import product, Quaternion
from camera_driver.payload.track import Attitude, Fix

HALF = sqrt(0.5)
TO_NED: Quaternion = (0.0, HALF, HALF, 0.0)  # from east, north, up
TO_FLU: Quaternion = (0.0, 1.0, 0.0, 0.0)  # from forward, right, down; and back
NO_FIX, COVARIANCE_UNKNOWN = -1, 0  # as NavSatStatus.msg and NavSatFix.msg have them
AXES = 'xyz'  # of the body: forward, left, up


def seconds(message: Any) -> float:
    """Return the stamp of a message [s]."""
    stamp = message.header.stamp
    return float(stamp.sec + stamp.nanosec / 1_000_000_000)


def rotation_of(message: Any) -> Quaternion:
    """Return a geometry_msgs/Quaternion, body to world as ROS has them, as `payload` has it."""
    turn: Quaternion = (float(message.w), float(message.x), float(message.y), float(message.z))
    return product(product(TO_NED, turn), TO_FLU)


def orientation_of(rotation: Quaternion) -> Quaternion:
    """Return what `payload` has as ROS has it, w first."""
    return product(product(TO_NED, rotation), TO_FLU)


def fix_of(message: Any) -> Fix | str:
    """Return the fix of a sensor_msgs/NavSatFix, or in words why it is none."""
    if message.status.status == NO_FIX:
        return 'without a fix'
    horizontal = vertical = None
    if message.position_covariance_type != COVARIANCE_UNKNOWN:
        east, north, up = (float(message.position_covariance[n]) for n in (0, 4, 8))
        horizontal, vertical = _deviation(max(east, north)), _deviation(up)
    return Fix(seconds(message), float(message.latitude), float(message.longitude),
               float(message.altitude), horizontal, vertical)


def attitude_of(message: Any) -> Attitude | str:
    """Return the attitude of a sensor_msgs/Imu or QuaternionStamped, or why it is none."""
    if hasattr(message, 'quaternion'):
        return Attitude(seconds(message), rotation_of(message.quaternion))
    if message.orientation_covariance[0] == -1:  # as Imu.msg has it
        return 'without an orientation'
    return Attitude(seconds(message), rotation_of(message.orientation))


def gimbal_reader(joints: Sequence[str], axes: str) -> Callable[[Any], Attitude | str]:
    """
    Return a function that returns the rotation of a gimbal from a sensor_msgs/JointState.

    It turns the camera against the body, both in the axes of `payload`, or is in words why there
    is none.

    :param joints: from the body to the camera; each turns what comes behind it.
    :param axes: of AXES, what each of them turns about at 0, by the right-hand rule, as in a URDF.
    :raises ValueError: these do not go together.
    """
    if not joints or len(joints) != len(axes) or set(axes) - set(AXES):
        raise ValueError(f'{len(joints)} joints and the axes {axes!r}: write for each joint one '
                         'of x (forward), y (left), z (up), such as zxy')
    if not all(joints) or len(set(joints)) < len(joints):
        raise ValueError(f'the joints {", ".join(joints)}: each needs a name of its own')

    def gimbal_of(message: Any) -> Attitude | str:
        angles = dict(zip(message.name, message.position))
        rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
        for joint, axis in zip(joints, axes):
            if joint not in angles:
                return f'without the joint {joint}'
            half = float(angles[joint]) / 2
            if not isfinite(half):
                return 'not a number'
            # To the right and down is the other way round than to the left and up.
            turn = sin(half) if axis == 'x' else -sin(half)
            w, x, y, z = (cos(half), *(turn if axis == one else 0.0 for one in AXES))
            rotation = product(rotation, (w, x, y, z))
        return Attitude(seconds(message), rotation)

    return gimbal_of


def _deviation(variance: float) -> float | None:
    return sqrt(variance) if 0 < variance < inf else None

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Positions on the WGS 84 ellipsoid and rotations, as far as geotags need them.

Body axes are forward, right, down; local axes north, east, down. A rotation is a quaternion (w, x,
y, z) that turns a vector of the body into local axes. Yaw, pitch and roll are degrees, applied in
this order about down, right and forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, atan2, copysign, cos, degrees, hypot, radians, sin, sqrt
from typing import TypeAlias

Vector: TypeAlias = tuple[float, float, float]
Quaternion: TypeAlias = tuple[float, float, float, float]

AXIS = 6378137.0  # m, semi-major
FLATTENING = 1 / 298.257223563
E2 = FLATTENING * (2 - FLATTENING)


def ecef(latitude: float, longitude: float, height: float) -> Vector:
    """Return the earth-fixed coordinates [m] of degrees and a height [m] over the ellipsoid."""
    phi, lam = radians(latitude), radians(longitude)
    normal = AXIS / sqrt(1 - E2 * sin(phi) ** 2)
    across = (normal + height) * cos(phi)
    return across * cos(lam), across * sin(lam), (normal * (1 - E2) + height) * sin(phi)


def geodetic(point: Vector) -> Vector:
    """Return latitude, longitude [deg] and height [m] of a point not deep in the earth."""
    x, y, z = point
    across = hypot(x, y)
    phi = atan2(z, across * (1 - E2))
    for _ in range(7):  # each gains more than two digits
        normal = AXIS / sqrt(1 - E2 * sin(phi) ** 2)
        phi = atan2(z + E2 * normal * sin(phi), across)
    height = across * cos(phi) + z * sin(phi) - AXIS * sqrt(1 - E2 * sin(phi) ** 2)
    return degrees(phi), degrees(atan2(y, x)), height


def local_axes(latitude: float, longitude: float) -> tuple[Vector, Vector, Vector]:
    """Return north, east and down as earth-fixed unit vectors."""
    phi, lam = radians(latitude), radians(longitude)
    return ((-sin(phi) * cos(lam), -sin(phi) * sin(lam), cos(phi)),
            (-sin(lam), cos(lam), 0.0),
            (-cos(phi) * cos(lam), -cos(phi) * sin(lam), -sin(phi)))


def to_local(vector: Vector, axes: tuple[Vector, Vector, Vector]) -> Vector:
    """Return an earth-fixed vector in local axes."""
    north, east, down = axes
    return dot(vector, north), dot(vector, east), dot(vector, down)


def moved(place: Vector, offset: Vector) -> Vector:
    """Return latitude, longitude, height of a place [m] north, east and down from another."""
    latitude, longitude, height = place
    axes = local_axes(latitude, longitude)
    start = ecef(latitude, longitude, height)
    return geodetic(tuple_of([start[i] + sum(offset[k] * axes[k][i] for k in range(3))
                              for i in range(3)]))


def tuple_of(values: Sequence[float]) -> Vector:
    """Return three numbers as a vector."""
    x, y, z = values
    return x, y, z


def minus(one: Vector, other: Vector) -> Vector:
    """Return the difference of two vectors."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def times(factor: float, vector: Vector) -> Vector:
    """Return a vector multiplied."""
    return factor * vector[0], factor * vector[1], factor * vector[2]


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the scalar product."""
    return sum(a * b for a, b in zip(one, other))


def norm(vector: Sequence[float]) -> float:
    """Return the length."""
    return sqrt(dot(vector, vector))


def from_angles(yaw: float, pitch: float, roll: float) -> Quaternion:
    """Return the rotation of yaw, pitch and roll [deg]."""
    cy, cp, cr = (cos(radians(angle) / 2) for angle in (yaw, pitch, roll))
    sy, sp, sr = (sin(radians(angle) / 2) for angle in (yaw, pitch, roll))
    return (cy * cp * cr + sy * sp * sr, cy * cp * sr - sy * sp * cr,
            cy * sp * cr + sy * cp * sr, sy * cp * cr - cy * sp * sr)


def to_angles(rotation: Quaternion) -> Vector:
    """
    Return yaw (0 to 360), pitch (-90 to 90) and roll (-180 to 180) [deg].

    At a pitch of 90 degrees up or down yaw and roll are one rotation: it is given as yaw.
    """
    w, x, y, z = rotation
    sine = 2 * (w * y - x * z)
    if abs(sine) > 1 - 1e-12:
        yaw = copysign(2.0, -sine) * atan2(x, w)
        pitch, roll = copysign(90.0, sine), 0.0
    else:
        yaw = atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        pitch = degrees(asin(sine))
        roll = degrees(atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)))
    return degrees(yaw) % 360.0, pitch, roll


def unit(rotation: Quaternion) -> Quaternion:
    """Return a rotation whose length is one."""
    w, x, y, z = (part / norm(rotation) for part in rotation)
    return w, x, y, z


def product(one: Quaternion, other: Quaternion) -> Quaternion:
    """Return the rotation that does `other` first, seen in the axes that `one` turns."""
    a, b, c, d = one
    w, x, y, z = other
    return (a * w - b * x - c * y - d * z, a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x, a * z + b * y - c * x + d * w)


def turned(rotation: Quaternion, vector: Vector) -> Vector:
    """Return a vector of the body in local axes."""
    w, x, y, z = rotation
    _, *result = product(product(rotation, (0.0, *vector)), (w, -x, -y, -z))
    return tuple_of(result)


def slerp(one: Quaternion, other: Quaternion, fraction: float) -> Quaternion:
    """Return the rotation between two, the short way at a constant rate; also beyond them."""
    cosine = dot(one, other)
    if cosine < 0:  # the same rotation has two quaternions
        other = (-other[0], -other[1], -other[2], -other[3])
    # The sine keeps its digits for small angles, unlike the cosine.
    angle = 2 * atan2(norm([a - b for a, b in zip(one, other)]),
                      norm([a + b for a, b in zip(one, other)]))
    if angle < 1e-9:
        return one
    first, second = (sin(part * angle) / sin(angle) for part in (1 - fraction, fraction))
    w, x, y, z = (first * a + second * b for a, b in zip(one, other))
    return w, x, y, z

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a picture shows of flat ground, from its geotag and the calibration of its camera."""

from __future__ import annotations

from collections.abc import Sequence

from camera_driver.payload.geometry import from_angles, moved, norm, times, turned, Vector
from camera_driver.payload.geotag import Tag
from camera_driver.pictures.calibration import Intrinsics

STEEPEST = 0.1  # cosine of 84 degrees; what is nearer to the horizon is nowhere


class NoFootprint(ValueError):
    """A picture does not tell what ground it shows; the text says why."""


def footprint(tag: Tag, camera: Intrinsics, ground: float) -> Sequence[tuple[float, float]]:
    """
    Return latitude and longitude [deg] of the corners, from the top left one clockwise.

    The corners are those of the pinhole camera: distortion is left out. The ground is level at the
    height `ground` [m], over what the tag's height is over.

    :raises NoFootprint: the angles are not known, or a corner does not look at the ground.
    """
    if tag.yaw is None or tag.pitch is None or tag.roll is None:
        raise NoFootprint('how the camera looked is not known')
    if tag.height <= ground:
        raise NoFootprint(f'the camera was not above the ground at {ground:g} m')
    rotation = from_angles(tag.yaw, tag.pitch, tag.roll)
    fx, fy, cx, cy = camera.k[0], camera.k[4], camera.k[2], camera.k[5]
    corners = []
    for x, y in ((0, 0), (camera.width, 0), (camera.width, camera.height), (0, camera.height)):
        # Pixels have their centres at whole numbers; at 0/0/0 the top of the picture is ahead.
        look = turned(rotation, (-(y - 0.5 - cy) / fy, (x - 0.5 - cx) / fx, 1.0))
        if look[2] < STEEPEST * norm(look):
            raise NoFootprint('it shows the horizon')
        place: Vector = (tag.latitude, tag.longitude, tag.height)
        latitude, longitude, _ = moved(place, times((tag.height - ground) / look[2], look))
        corners.append((latitude, longitude))
    return corners

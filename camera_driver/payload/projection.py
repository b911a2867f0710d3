# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Positions on a map, and omega, phi, kappa there: what photogrammetry had before yaw, pitch, roll.

The map is a zone of UTM, by `pyproj`. Omega, phi and kappa turn the camera (right, the top of the
picture, back) into the map (east, north, up) about x, then the turned y, then the turned z:
R = Rx(omega) Ry(phi) Rz(kappa), counted counterclockwise. North is that of the map, which is off
true north by the convergence of the meridians.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, floor, hypot
from typing import Any

from camera_driver.errors import NotSupported
from camera_driver.payload.geometry import from_angles, turned, Vector

SOUTH, NORTH = -80.0, 84.0  # deg, where UTM ends


def opk(yaw: float, pitch: float, roll: float) -> Vector:
    """
    Return omega, phi, kappa [deg] of a camera's angles, yaw from the north of the map.

    At a phi of 90 degrees omega and kappa are one rotation: it is given as omega.
    """
    # Columns of the matrix: where the picture's right, top and back point; in north, east, down.
    rotation = from_angles(yaw, pitch, roll)
    right, top, back = (turned(rotation, axis) for axis in (
        (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)))
    if hypot(right[1], top[1]) < 1e-12:
        return degrees(atan2(-top[2], top[0])), degrees(atan2(back[1], 0.0)), 0.0
    return (degrees(atan2(-back[0], -back[2])),
            degrees(atan2(back[1], hypot(right[1], top[1]))),
            degrees(atan2(-top[1], right[1])))


class Map:
    """The zone of UTM in which a place is."""

    def __init__(self, latitude: float, longitude: float) -> None:
        """
        Choose the zone.

        :raises NotSupported: pyproj is not installed.
        :raises ValueError: UTM has no zone there.
        """
        try:
            import pyproj
        except ImportError:
            raise NotSupported('a map projection needs pyproj: pip install pyproj') from None
        if not SOUTH <= latitude <= NORTH:
            raise ValueError(f'UTM ends at {SOUTH:g} and {NORTH:g} degrees of latitude, and a '
                             f'position is at {latitude:.2f}')
        zone = floor((longitude + 180) / 6) % 60 + 1
        self.crs = f'EPSG:{(32600 if latitude >= 0 else 32700) + zone}'
        self._proj: Any = pyproj.Proj(self.crs)

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return easting and northing [m]."""
        east, north = self._proj(longitude, latitude)
        return float(east), float(north)

    def opk(self, latitude: float, longitude: float, angles: Sequence[float]) -> Vector:
        """Return omega, phi, kappa of yaw, pitch, roll from true north, at a place [deg]."""
        yaw, pitch, roll = angles
        factors = self._proj.get_factors(longitude, latitude)
        return opk(yaw - float(factors.meridian_convergence), pitch, roll)

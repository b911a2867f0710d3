# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The part of the sensor that live view shows: REP-104 rectangles and centre and scale.

The camera takes a centre, 1 to 255 from edge to edge, y from the bottom up, and a scale in percent
of the whole picture (ix_link.md 4.1). A region that reaches beyond the edge is assumed to be moved
inwards; the centres chosen here keep what was wanted in view whether it is moved or cut off.
"""

from __future__ import annotations

from camera_driver.model import LiveViewRegion, Rectangle, RegionOfInterest

CENTERS = range(1, 256)
SCALES = range(1, 101)  # assumed
WHOLE = LiveViewRegion()

_UNIT = 254 * 200  # of a pixel: ends of regions are whole numbers of it


def check(region: LiveViewRegion) -> None:
    """Raise ValueError for what is not a region."""
    for name, allowed in (('center_x', CENTERS), ('center_y', CENTERS), ('scale', SCALES)):
        value = getattr(region, name)
        if value not in allowed:
            raise ValueError(f'{name}: {value!r}; allowed: {allowed[0]} to {allowed[-1]}')


def region_for(roi: RegionOfInterest, width: int, height: int) -> LiveViewRegion:
    """
    Return the smallest region that shows all of a rectangle of a sensor of this size [pixels].

    Raises ValueError for a rectangle that is not within the sensor.
    """
    if roi == RegionOfInterest():
        return WHOLE
    right, bottom = roi.x_offset + roi.width, roi.y_offset + roi.height
    if (min(roi.x_offset, roi.y_offset) < 0 or min(roi.width, roi.height) < 1
            or right > width or bottom > height):
        raise ValueError(f'{roi.width} x {roi.height} pixels at ({roi.x_offset}, {roi.y_offset}): '
                         f'not within the sensor, which has {width} x {height}')
    smallest = max(-(-100 * roi.width // width), -(-100 * roi.height // height))
    for scale in range(smallest, 100):
        x = _center(roi.x_offset, right, width, scale)
        y = _center(height - bottom, height - roi.y_offset, height, scale)
        if x and y:
            return LiveViewRegion(x, y, scale)
    return WHOLE


def roi_of(region: LiveViewRegion, width: int, height: int) -> RegionOfInterest:
    """Return what a region shows of a sensor of this size, in whole pixels."""
    left, right = _inside(region.center_x, width, region.scale)
    low, high = _inside(region.center_y, height, region.scale)
    x, y = left // _UNIT, (height * _UNIT - high) // _UNIT
    return RegionOfInterest(x, y, -(-right // _UNIT) - x,
                            -((low - height * _UNIT) // _UNIT) - y)


def part_of(region: LiveViewRegion) -> Rectangle:
    """Return what a region shows of the picture, moved inwards where it reaches beyond it."""
    left, right = _inside(region.center_x, 1, region.scale)
    low, high = _inside(region.center_y, 1, region.scale)
    return left / _UNIT, 1 - high / _UNIT, right / _UNIT, 1 - low / _UNIT


def within(region: LiveViewRegion) -> bool:
    """Say whether a region reaches over no edge: else what is shown is only assumed."""
    return all(_ends(center, 1, region.scale) == _inside(center, 1, region.scale)
               for center in (region.center_x, region.center_y))


def _ends(center: int, size: int, scale: int) -> tuple[int, int]:
    """Return where a region begins and ends, in 1 / _UNIT pixels."""
    middle, half = size * (center - 1) * 200, size * scale * 254
    return middle - half, middle + half


def _inside(center: int, size: int, scale: int) -> tuple[int, int]:
    """Return the ends of a region that is moved inwards where it reaches beyond the edge."""
    low, high = _ends(center, size, scale)
    shift = max(-low, 0) - max(high - size * _UNIT, 0)
    return low + shift, high + shift


def _center(start: int, end: int, size: int, scale: int) -> int | None:
    """Return the best centre of those that show all from `start` to `end`; None: there is none."""
    start, end = start * _UNIT, end * _UNIT

    def badness(center: int) -> tuple[int, int]:
        low, high = _ends(center, size, scale)
        return max(-low, high - size * _UNIT, 0), abs(low + high - start - end)
    good = [c for c in CENTERS
            if _ends(c, size, scale)[0] <= start and end <= _ends(c, size, scale)[1]]
    return min(good, key=badness, default=None)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A camera's own clock against that of the shots: its offset and its drift.

Still cameras write whole seconds, and they cut off what is beyond: a picture at T has the time
floor(T + offset + drift (T - middle)), so that each picture says of the line only that it passes
through an interval of one second. A line by least squares through the middles of the intervals is
what the fit begins with. Its usual error, 0.29 s (1 / sqrt 12) over the root of the number of
pictures, would be right if the exposures fell evenly into the seconds. At a regular interval they
do not, and no number of pictures helps then. Therefore all lines through all intervals are taken,
a polygon in the plane of offset and drift: its centre is the result, its standard deviations are
the errors. Where the exposures do fall evenly into the seconds, these shrink with the number of
pictures itself and not with its root.

The reference has errors of its own: intervals are wider by three times what is known of these, and
where no line passes through all of them, by twice what it takes, which is told as `slack`. Where
errors that are not known leave a polygon that is small by chance, the errors of the result are
those that many even exposures would give, LEAST over their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FEWEST = 4  # pictures
FAR = 1000.0  # s; no clock drifts by that in a flight
MOST = 0.25  # s by which the intervals may have to be wider
FINE = 1e-4  # s
SIGMAS = 3.0
LEAST = np.array([1.5, 1.5 * 3 ** 0.5])  # s, of the line in the middle, and at its ends from there

Point = tuple[float, float]


class CameraClock(NamedTuple):
    """What a camera's clock is ahead; errors are standard deviations."""

    time: float  # Unix s, for which the offset holds: the middle of the pictures
    offset: float  # s
    offset_error: float  # s
    drift: float  # s/s; positive: it gains
    drift_error: float
    residual: float  # s, root mean square, from the middles of the seconds; 0.29 is as expected
    slack: float  # s by which intervals had to be wider, on either side
    pictures: int


def fit(told: Sequence[float], taken: Sequence[float], uncertainty: Sequence[float] = ()
        ) -> CameraClock:
    """
    Fit the clock of a camera.

    :param told: times of pictures as the camera has them [Unix s], whole seconds cut off.
    :param taken: middles of their exposures by the clock of the shots, in the same order;
        `uncertainty` [s]: their standard deviations, 0 where not known.
    :raises ValueError: there are too few, or no line fits; with the numbers.
    """
    if len(told) < FEWEST or min(taken, default=0.0) == max(taken, default=0.0):
        raise ValueError(f'{len(told)} pictures with a time of the camera and a stamp: at least '
                         f'{FEWEST} at different times are needed')
    times = np.array(taken, dtype=np.float64)
    middle, half = (times.min() + times.max()) / 2, (times.max() - times.min()) / 2
    along = (times - middle) / half  # -1 to 1
    ahead = np.array(told) - times + 0.5
    design = np.stack([np.ones_like(along), along], axis=1)
    start = np.linalg.lstsq(design, ahead, rcond=None)[0]
    rest = ahead - design @ start
    width = 0.5 + SIGMAS * (np.array(uncertainty) if len(uncertainty) else np.zeros_like(along))
    slack = _slack(along, rest, width)
    polygon = _polygon(along, rest, width + 2 * slack)
    centre, deviation = _moments(polygon)
    deviation = np.maximum(deviation, LEAST / len(told))
    offset, slope = start + centre
    residual = np.sqrt(np.mean((ahead - offset - slope * along) ** 2))
    return CameraClock(float(middle), float(offset), float(deviation[0]), float(slope / half),
                       float(deviation[1] / half), float(residual), slack, len(told))


def _slack(along: NDArray[np.float64], rest: NDArray[np.float64], width: NDArray[np.float64]
           ) -> float:
    """Return the least by which intervals have to be wider, so that there is a line."""
    if _polygon(along, rest, width):
        return 0.0
    if not _polygon(along, rest, width + MOST):
        worst = float(np.abs(rest).max()) - 0.5
        raise ValueError(f'no clock with a constant drift tells these times: {worst:.2f} s are '
                         f'left of one picture, {MOST:g} s at most would do; the camera may have '
                         'been set in between, or the stamps be those of other pictures')
    low, high = 0.0, MOST
    while high - low > FINE:
        between = (low + high) / 2
        low, high = (low, between) if _polygon(along, rest, width + between) else (between, high)
    return high


def _polygon(along: NDArray[np.float64], rest: NDArray[np.float64], width: NDArray[np.float64]
             ) -> list[Point]:
    """Return the corners of all (a, b) with |a + b along - rest| <= width; none: no corners."""
    corners: list[Point] = [(-FAR, -FAR), (FAR, -FAR), (FAR, FAR), (-FAR, FAR)]
    for u, value, most in zip(along.tolist(), rest.tolist(), width.tolist()):
        for sign in (1.0, -1.0):
            corners = _cut(corners, [most - sign * (a + b * u - value) for a, b in corners])
    return corners if len(corners) > 2 else []


def _cut(corners: list[Point], room: list[float]) -> list[Point]:
    """Return the part of a convex polygon where there is room, of which corners have so much."""
    if min(room, default=0.0) >= 0:
        return corners
    kept: list[Point] = []
    for (one, r), (other, s) in zip(zip(corners, room), zip(corners[1:] + corners[:1],
                                                            room[1:] + room[:1])):
        if r >= 0:
            kept.append(one)
        if (r >= 0) != (s >= 0):
            part = r / (r - s)
            kept.append((one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])))
    return kept


def _moments(corners: Sequence[Point]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centre and the standard deviations of a convex polygon, by its triangles."""
    points = np.array(corners)
    base = points[0]
    one, two = points[1:-1] - base, points[2:] - base
    area = (one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
    total = area.sum()
    if total <= 0:
        return points.mean(axis=0), np.ptp(points, axis=0)
    centre = (area[:, None] * (one + two)).sum(axis=0) / 3 / total
    square = (area[:, None] * (one ** 2 + two ** 2 + one * two)).sum(axis=0) / 6 / total
    return base + centre, np.sqrt(np.maximum(square - centre ** 2, 0.0))

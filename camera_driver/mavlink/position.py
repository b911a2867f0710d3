# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Where the vehicle was at a moment, from what its autopilot sends on the link."""

from __future__ import annotations

from bisect import bisect
from collections import deque
import math
from typing import Any

from camera_driver.mavlink.camera import Position

KEPT = 600  # messages of each kind: a minute at 10 Hz
LONGEST_GAP = 2.0  # s between two messages that are interpolated
BEYOND = 0.3  # s behind the last, or before the first, that one still holds for


class Track:
    """Positions and orientations of late, by the UTC [s] at which they arrived."""

    def __init__(self) -> None:
        self._positions: deque[tuple[float, Any]] = deque(maxlen=KEPT)
        self._orientations: deque[tuple[float, Any]] = deque(maxlen=KEPT)

    def heard(self, at: float, message: Any) -> None:
        """Take a message of the autopilot, if it tells of either."""
        if message.get_type() == 'GLOBAL_POSITION_INT' and (message.lat or message.lon):
            self._positions.append((at, message))
        elif message.get_type() == 'ATTITUDE_QUATERNION':
            self._orientations.append((at, message))

    def at(self, moment: float) -> Position | None:
        """Return where the vehicle was; None: not known."""
        place = _between(self._positions, moment)
        if place is None:
            return None
        before, after, share = place

        def mean(name: str) -> float:
            first, second = getattr(before, name), getattr(after, name)
            return float(first + share * (second - first))

        longitude = before.lon + share * ((after.lon - before.lon + 1.8e9) % 3.6e9 - 1.8e9)
        return Position(mean('lat') / 1e7, (longitude / 1e7 + 180) % 360 - 180, mean('alt') / 1e3,
                        mean('relative_alt') / 1e3, self._orientation(moment))

    def _orientation(self, moment: float) -> tuple[float, float, float, float] | None:
        """Return the orientation of the vehicle's body."""
        place = _between(self._orientations, moment)
        if place is None:
            return None
        before, after, share = place
        first = [before.q1, before.q2, before.q3, before.q4]
        second = [after.q1, after.q2, after.q3, after.q4]
        near = math.copysign(1.0, sum(map(float.__mul__, first, second)))  # q and -q are the same
        mixed = [(1 - share) * a + share * near * b for a, b in zip(first, second)]
        length = math.hypot(*mixed)
        if not length > 0:  # nor NaN
            return None
        w, x, y, z = (one / length for one in mixed)
        return w, x, y, z


def _between(messages: deque[tuple[float, Any]], moment: float) -> tuple[Any, Any, float] | None:
    """Return the messages before and after, and how far between them; None: too far from any."""
    known = list(messages)
    place = bisect([at for at, _ in known], moment)
    if 0 < place < len(known) and known[place][0] - known[place - 1][0] <= LONGEST_GAP:
        (start, before), (end, after) = known[place - 1:place + 1]
        return before, after, (moment - start) / (end - start)
    near = min(known[max(0, place - 1):place + 1], key=lambda one: abs(one[0] - moment),
               default=None)
    if near is None or abs(near[0] - moment) > BEYOND:
        return None
    return near[1], near[1], 0.0

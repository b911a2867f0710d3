# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Where the vehicle was at a moment, from what its autopilot sends on the link."""

from __future__ import annotations

from bisect import bisect
from collections import deque
import math
from typing import Any

from camera_driver.mavlink.camera import Position
from camera_driver.payload.survey import Look, Odometer, Places
from camera_driver.payload.track import Fix

KEPT = 600  # messages of each kind: a minute at 10 Hz
LONGEST_GAP = 2.0  # s between two messages that are interpolated
BEYOND = 0.3  # s behind the last, or before the first, that one still holds for


class Track:
    """Positions and orientations of late, by their times, UTC [s]."""

    def __init__(self) -> None:
        self._positions: deque[tuple[float, Any]] = deque(maxlen=KEPT)
        self._orientations: deque[tuple[float, Any]] = deque(maxlen=KEPT)

    def heard(self, at: float, message: Any) -> None:
        """Take a message of the autopilot, if it tells of either."""
        if message.get_type() == 'GLOBAL_POSITION_INT' and (message.lat or message.lon):
            _add(self._positions, at, message)
        elif message.get_type() == 'ATTITUDE_QUATERNION':
            _add(self._orientations, at, message)

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

    def since(self, moment: float) -> list[Fix]:
        """Return the positions behind a moment."""
        return [Fix(at, one.lat / 1e7, one.lon / 1e7, one.alt / 1e3)
                for at, one in self._positions if at > moment]

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


class Way:
    """Evenly spaced places on the way of a track, as a survey has them."""

    def __init__(self, track: Track, spacing: float, now: float) -> None:
        """Begin now, UTC [s]; the first place is `spacing` [m] from here."""
        self._track = track
        self._odometer = Odometer(spacing)
        self._places = Places(spacing)
        self._places.restart(spacing)
        self._until = now

    def look(self, utc: float, now: float, busy: bool) -> Look:
        """Say whether to take a picture now, UTC and monotonic [s]; and what was missed."""
        for fix in self._track.since(self._until):
            self._odometer.add(fix)
            self._until = fix.time
        way = self._odometer.travelled(utc)
        return Look(False, 0) if way is None else self._places.look(way, now, busy)


def _add(messages: deque[tuple[float, Any]], at: float, message: Any) -> None:
    """Add the next one; what is of a time that goes back begins anew."""
    if messages and at < messages[-1][0]:
        messages.clear()
    messages.append((at, message))


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

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Where the platform was at a moment: a track of fixes, and of attitudes, with what is told of them.

No moment gets a wrong position for bad input: what cannot be used is dropped and counted, and
where nothing is left near enough, the answer is the reason. In particular:

======================  ======================================================================
not a number, out of    dropped
range, or exactly 0/0
the time stands still   the first of that time counts, the others are dropped
the time goes back      dropped, and the whole doubtful period, which was told twice, has no
                        positions
a jump                  the longest run of fixes without one counts, and all that can be reached
                        from it at `max_speed`; others are dropped
a gap                   not bridged when longer than `max_gap`
the end of the track,   no more than `max_age` beyond the last fix, at its last velocity
or a gap
no covariance           the position counts, its uncertainty is not known
attitude alone          no position
gimbal angles           as attitudes
======================  ======================================================================

Times are Unix seconds. Heights are metres over what `Track.height_kind` names.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot, isfinite
from typing import NamedTuple, TypeVar

from camera_driver.payload.geometry import (
    ecef, geodetic, local_axes, minus, norm, Quaternion, slerp, times, to_local, tuple_of, unit,
    Vector)

ELLIPSOID, MEAN_SEA_LEVEL = 'ellipsoid', 'mean sea level'
HEIGHT_KINDS = (ELLIPSOID, MEAN_SEA_LEVEL)

MAX_AGE, MAX_GAP = 0.2, 2.0  # s
MAX_SPEED = 100.0  # m/s
ROUNDING = 1e-6  # s; Unix seconds have no more digits
SCATTER = 5.0  # m by which fixes may jump at any rate


class Untagged(ValueError):
    """There is no position for a moment; the text says why."""


@dataclass(frozen=True)
class Fix:
    """One position; accuracies are standard deviations [m], None = not known."""

    time: float
    latitude: float  # deg
    longitude: float  # deg
    height: float  # m
    horizontal: float | None = None
    vertical: float | None = None


@dataclass(frozen=True)
class Attitude:
    """
    The rotation of the body (forward, right, down) against north, east, down.

    Of a gimbal: of the camera against the body, from where its boresight has it.
    """

    time: float
    rotation: Quaternion


@dataclass(frozen=True)
class Position:
    """A position between fixes, with the uncertainty of the fixes and of what is between them."""

    latitude: float  # deg
    longitude: float  # deg
    height: float  # m
    horizontal: float | None  # m, standard deviation; None: not known
    vertical: float | None
    velocity: Vector  # m/s north, east, down
    before: float  # s since the fix before; negative: that much before the first
    after: float  # s to the fix after; negative: that much after the last


class Rotations(NamedTuple):
    """What can be used of attitudes, and their times."""

    times: Sequence[float]
    records: Sequence[Attitude]


T = TypeVar('T', Fix, Attitude)


class Track:
    """Fixes and attitudes of a flight; `dropped`: how many could not be used, by the reason."""

    def __init__(self, fixes: Iterable[Fix], attitudes: Iterable[Attitude] = (),
                 gimbal: Iterable[Attitude] | None = None, *, height_kind: str,
                 max_age: float = MAX_AGE, max_gap: float = MAX_GAP,
                 max_speed: float = MAX_SPEED) -> None:
        """
        Sort out what can be used.

        :param gimbal: None: the camera sits on the body itself.
        :param height_kind: what heights are over, one of HEIGHT_KINDS.
        :param max_age: [s] from a fix to a moment outside of what the track covers.
        :param max_gap: [s] between neighbours that belong together.
        :param max_speed: [m/s] that the platform cannot exceed.
        """
        if height_kind not in HEIGHT_KINDS:
            raise ValueError(f'heights over {height_kind!r}: {" or ".join(HEIGHT_KINDS)} is known')
        self.height_kind = height_kind
        self.dropped: Counter[str] = Counter()
        self._max_age, self._max_gap = max_age + ROUNDING, max_gap + ROUNDING
        self._max_speed = max_speed
        self._doubtful: list[tuple[float, float]] = []
        self._fixes = self._reachable(self._in_order(
            fix for fix in fixes if self._keeps(fault(fix))))
        self._attitudes = self._rotations(attitudes)
        self._gimbal = self._rotations(gimbal or ())
        self._has_gimbal = gimbal is not None
        self._points = [_point(fix) for fix in self._fixes]
        self._fix_times = [fix.time for fix in self._fixes]

    @property
    def has_attitudes(self) -> bool:
        """Say whether any attitude can be used."""
        return bool(self._attitudes.times)

    def position(self, time: float) -> Position:
        """
        Return where the platform was.

        Between two fixes on the straight line, so that poles and the antimeridian are places as
        all others. Its distance from the true path follows from the acceleration there.

        :raises Untagged: nothing is known for this moment.
        """
        first, fraction = self._segment(self._fix_times, time, 'fix')
        one, two = self._fixes[first], self._fixes[first + 1]
        start, end = self._points[first:first + 2]
        latitude, longitude, _ = geodetic(tuple_of(
            [a + fraction * (b - a) for a, b in zip(start, end)]))
        axes = local_axes(latitude, longitude)
        bend = to_local(self._acceleration(first), axes)
        lever = abs((time - one.time) * (time - two.time)) / 2
        return Position(
            latitude, longitude, one.height + fraction * (two.height - one.height),
            _combined(one.horizontal, two.horizontal, lever * hypot(bend[0], bend[1])),
            _combined(one.vertical, two.vertical, lever * abs(bend[2])),
            to_local(self._velocity(first), axes), time - one.time, two.time - time)

    def attitude(self, time: float) -> Quaternion:
        """
        Return the rotation of the body against north, east, down.

        :raises Untagged: nothing is known for this moment.
        """
        return self._rotation(self._attitudes, time, 'attitude')

    def gimbal(self, time: float) -> Quaternion | None:
        """
        Return the rotation of a gimbal against the body; None: nothing is ever known of it.

        :raises Untagged: nothing is known for this moment.
        """
        if not self._has_gimbal:
            return 1.0, 0.0, 0.0, 0.0
        if not self._gimbal.times:
            return None
        return self._rotation(self._gimbal, time, 'gimbal angle')

    def _rotations(self, records: Iterable[Attitude]) -> Rotations:
        kept = self._in_order(Attitude(one.time, unit(one.rotation)) for one in records
                              if self._keeps(fault(one)))
        return Rotations([one.time for one in kept], kept)

    def _rotation(self, known: Rotations, time: float, what: str) -> Quaternion:
        first, fraction = self._segment(known.times, time, what)
        one, two = known.records[first:first + 2]
        return slerp(one.rotation, two.rotation, fraction)

    def _segment(self, moments: Sequence[float], time: float, what: str) -> tuple[int, float]:
        """Return the number of the neighbour before, and the part of the way to the next."""
        if not isfinite(time):
            raise Untagged('its time is not known')
        for start, end in self._doubtful:
            if start <= time <= end:
                raise Untagged(f'the time of the track goes back by {end - start:.3f} s there')
        if not moments:
            raise Untagged(f'the track has no usable {what}{self._loss()}')
        at = bisect_right(moments, time)
        near = [first for first in (at - 2, at - 1, at) if self._whole(moments, first)
                and moments[first] - self._max_age <= time <= moments[first + 1] + self._max_age]
        if not near:
            raise Untagged(self._distance(moments, at, time, what))
        first = min(near, key=lambda n: max(moments[n] - time, time - moments[n + 1]))
        return first, (time - moments[first]) / (moments[first + 1] - moments[first])

    def _whole(self, moments: Sequence[float], first: int) -> bool:
        return (0 <= first < len(moments) - 1
                and moments[first + 1] - moments[first] <= self._max_gap)

    def _distance(self, moments: Sequence[float], at: int, time: float, what: str) -> str:
        if at == 0:
            return f'{moments[0] - time:.3f} s before the first {what} of the track'
        if at == len(moments):
            return f'{time - moments[-1]:.3f} s after the last {what} of the track'
        return (f'in a gap of {moments[at] - moments[at - 1]:.3f} s between two {what}'
                f'{"es" if what == "fix" else "s"}{self._loss()}')

    def _loss(self) -> str:
        words = ', '.join(f'{count} {reason}' for reason, count in self.dropped.items())
        return f' (dropped: {words})' if words else ''

    def _keeps(self, fault: str) -> bool:
        if fault:
            self.dropped[fault] += 1
        return not fault

    def _in_order(self, records: Iterable[T]) -> list[T]:
        """Return records whose times go on."""
        kept: list[T] = []
        for record in records:
            if not kept or record.time > kept[-1].time:
                kept.append(record)
            elif record.time == kept[-1].time:
                self.dropped['repeat a time'] += 1
            else:
                self.dropped['go back in time'] += 1
                start, end = record.time, kept[-1].time
                if self._doubtful and self._doubtful[-1][1] == end:
                    start = min(start, self._doubtful.pop()[0])
                self._doubtful.append((start, end))
        return kept

    def _reachable(self, fixes: Sequence[Fix]) -> list[Fix]:
        """Return the longest run of fixes without a jump, and all that can be reached from it."""
        runs: list[list[Fix]] = []
        for fix in fixes:
            if runs and self._can_follow(runs[-1][-1], fix):
                runs[-1].append(fix)
            else:
                runs.append([fix])
        kept: list[tuple[float, list[Fix]]] = []
        for run in sorted(runs, key=len, reverse=True):
            at = bisect_left(kept, run[0].time, key=lambda one: one[0])
            if (at == 0 or self._can_follow(kept[at - 1][1][-1], run[0])) and (
                    at == len(kept) or self._can_follow(run[-1], kept[at][1][0])):
                insort(kept, (run[0].time, run), key=lambda one: one[0])
            else:
                self.dropped[f'faster than {self._max_speed:g} m/s'] += len(run)
        return [fix for _, run in kept for fix in run]

    def _can_follow(self, one: Fix, other: Fix) -> bool:
        way = norm(minus(_point(other), _point(one)))
        return way <= SCATTER + self._max_speed * (other.time - one.time)

    def _velocity(self, first: int) -> Vector:
        """Return the earth-fixed velocity between a fix and the next [m/s]."""
        duration = self._fix_times[first + 1] - self._fix_times[first]
        return times(1 / duration, minus(self._points[first + 1], self._points[first]))

    def _acceleration(self, first: int) -> Vector:
        """Return the larger of the accelerations from the segment before and to the next."""
        here, moments = self._velocity(first), self._fix_times
        found = [(0.0, 0.0, 0.0)]
        for other in (first - 1, first + 1):
            if self._whole(moments, other):
                middle = (moments[other] + moments[other + 1] - moments[first]
                          - moments[first + 1]) / 2
                found.append(times(1 / middle, minus(self._velocity(other), here)))
        return max(found, key=norm)


def _point(fix: Fix) -> Vector:
    return ecef(fix.latitude, fix.longitude, fix.height)


def fault(record: Fix | Attitude) -> str:
    """Say in words why a record cannot be used, whatever comes before it; empty: it can."""
    if isinstance(record, Attitude):
        if not all(map(isfinite, (record.time, *record.rotation))):
            return 'not a number'
        return '' if abs(norm(record.rotation) - 1) < 0.01 else 'without a rotation'
    if not all(map(isfinite, (record.time, record.latitude, record.longitude, record.height))):
        return 'not a number'
    if abs(record.latitude) > 90 or abs(record.longitude) > 180 or abs(record.height) > 100_000:
        return 'out of range'
    return 'at 0/0' if record.latitude == record.longitude == 0 else ''


def _combined(one: float | None, other: float | None, between: float) -> float | None:
    """Return the uncertainty between two fixes [m]; None and what makes no sense: not known."""
    if one is None or other is None or not (0 < one < float('inf') and 0 < other < float('inf')):
        return None
    return hypot(max(one, other), between)

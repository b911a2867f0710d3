# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
When a survey takes its pictures: at places that are evenly spaced in time, or along the track.

No bad input makes two triggers come closer than the camera can follow, or pictures be made up for:

=========================  ===================================================================
not a number, out of       the fix is dropped
range, or exactly 0/0
a jump, a time that goes   dropped; if what follows goes on from there (RUN fixes), it counts
back or stands still       from there, and the way between is not known: it is left out
no fix for MAX_GAP         there is no place meanwhile; then the straight way across the gap
                           counts, and the places on it are missed
noise while it hovers      no way, below a tenth of the spacing or NOISE times the accuracy of
                           the fixes
the clock is set back      time of the survey stands still; set forward: places are missed
the camera is at work      the place is missed, unless it is free within LATE of the spacing
=========================  ===================================================================

Times are seconds, of fixes Unix seconds.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import NamedTuple

from camera_driver.payload.geometry import ecef, minus, norm, Vector
from camera_driver.payload.track import fault, Fix, MAX_GAP, MAX_SPEED, ROUNDING, SCATTER

INTERVAL, DISTANCE, OVERLAP = TRIGGERS = 'interval', 'distance', 'overlap'
UNITS = {'interval': 's', 'distance': 'm', 'overlap': '', 'height': 'm', 'sensor_size': 'm',
         'focal_length': 'm', 'speed': 'm/s', 'cycle_time': 's'}
RANGES: Mapping[str, dict[str, tuple[float, float]]] = {  # of what goes with each trigger
    INTERVAL: {'interval': (0.1, 86400.0)},
    DISTANCE: {'distance': (0.1, 1e6)},
    OVERLAP: {'overlap': (0.0, 0.99), 'height': (0.1, 1e6), 'sensor_size': (1e-5, 10.0),
              'focal_length': (1e-5, 10.0)},
}
OF_ALL = {'speed': (0.01, 1000.0), 'cycle_time': (0.001, 86400.0)}
OPTIONAL = {*OF_ALL, 'sensor_size', 'focal_length'}  # 0: not said

LATE = 0.1  # of the spacing: as late may a picture be
BASE = 1.0  # s over which the speed is taken
NOISE = 6  # standard deviations, between two fixes of one place hardly more
RUN = 5  # fixes that go on from each other are no outliers


@dataclass(frozen=True)
class Plan:
    """How far the places are apart, and what is known of how fast they come; None: not known."""

    trigger: str
    spacing: float  # s with INTERVAL, else m
    speed: float | None  # m/s
    cycle_time: float | None  # s from trigger to trigger that the camera needs
    footprint: float | None = None  # m along the track, with OVERLAP

    @property
    def in_time(self) -> bool:
        """Say whether the places are in time, not along the track."""
        return self.trigger == INTERVAL

    @property
    def unit(self) -> str:
        """Return the unit of the spacing."""
        return 's' if self.in_time else 'm'

    @property
    def interval(self) -> float | None:
        """Return the time between two places [s]; None: the speed is not known."""
        if self.in_time:
            return self.spacing
        return self.spacing / self.speed if self.speed else None

    @property
    def problem(self) -> str:
        """Say with the numbers that the camera is too slow; empty: it is not, or not known."""
        interval, cycle = self.interval, self.cycle_time
        if interval is None or cycle is None or interval >= cycle:
            return ''
        way = slower = ''
        if not self.in_time:
            way = f' ({self.spacing:.4g} m at {self.speed:g} m/s)'
            slower = f' fly at most {floor(100 * self.spacing / cycle) / 100:g} m/s,'
        least = ceil(100 * self.slowed().spacing) / 100
        return (f'the camera cannot do it: it needs {cycle:.3g} s from trigger to trigger, and '
                f'the places are {interval:.3g} s apart{way};{slower} space them at least '
                f'{least:g} {self.unit}, or let it be slowed down')

    @property
    def unchecked(self) -> str:
        """Say why the rate cannot be checked; empty: it can."""
        lack = [words for value, words in (
            (self.interval, 'the speed of the flight'),
            (self.cycle_time, "the camera's cycle time")) if value is None]
        return 'not checked whether the camera can do it: that needs ' + ' and '.join(lack) if (
            lack) else ''

    def slowed(self) -> Plan:
        """Return the plan as the camera can do it."""
        interval, cycle = self.interval, self.cycle_time
        if interval is None or cycle is None or interval >= cycle:
            return self
        return replace(self, spacing=cycle if self.in_time else cycle * (self.speed or 0.0))


def make_plan(trigger: str, calibrated: Callable[[], float], **given: float) -> Plan:
    """
    Return the plan of a survey; 0: not said.

    :param calibrated: returns what a picture sees along the track from one metre above the ground
        [m]; is asked where `sensor_size` and `focal_length` [m] do not tell it.
    :param given: what UNITS has.
    :raises ValueError: a value is impossible, missing, or does not go with the trigger.
    """
    if trigger not in TRIGGERS:
        raise ValueError(f'trigger {trigger!r}: {", ".join(TRIGGERS)} is known')
    values = dict.fromkeys(UNITS, 0.0) | given
    ranges = RANGES[trigger] | OF_ALL
    for name, value in values.items():
        if name not in ranges:
            if value:
                raise ValueError(f'{name}: does not go with trigger {trigger}')
            continue
        low, high = ranges[name]
        if not low <= value <= high and (value or name not in OPTIONAL):  # nor is NaN
            raise ValueError(f'{name}: {value:g} is not allowed; {low:g} to {high:g} '
                             f'{UNITS[name]}'.rstrip() + f' with trigger {trigger}')
    speed, cycle_time = values['speed'] or None, values['cycle_time'] or None
    if trigger != OVERLAP:
        return Plan(trigger, values[trigger], speed, cycle_time)
    size, length = values['sensor_size'], values['focal_length']
    if bool(size) != bool(length):
        raise ValueError('sensor_size and focal_length: both, or none and a calibration')
    footprint = values['height'] * (size / length if size else calibrated())
    return Plan(trigger, footprint * (1 - values['overlap']), speed, cycle_time, footprint)


class Look(NamedTuple):
    """What is to be done now: trigger, and how many places were missed since the last look."""

    trigger: bool
    missed: int


class Places:
    """The places of a survey; the first is where it begins."""

    def __init__(self, spacing: float, cycle_time: float = 0.0) -> None:
        """
        Begin at 0.

        :param spacing: from place to place, in the unit of `here`.
        :param cycle_time: [s] in which there are no two triggers.
        """
        self.spacing = spacing
        self.next = 0.0  # where the next place is
        self._cycle_time = cycle_time
        self._last = -inf  # when it was triggered last

    def restart(self, here: float) -> None:
        """Go on with a place here; those that were to come before are neither taken nor missed."""
        self.next = here

    def look(self, here: float, now: float, busy: bool = False) -> Look:
        """
        Say whether to take a picture now.

        :param here: how far the survey is, in time or along the track.
        :param now: by a clock that does not go back [s].
        :param busy: the camera is still at work.
        """
        if here < self.next:
            return Look(False, 0)
        missed = floor((here - self.next) / self.spacing)
        self.next += missed * self.spacing
        if here - self.next > LATE * self.spacing:
            trigger, missed = False, missed + 1
        elif busy or now < self._last + self._cycle_time:
            return Look(False, missed)  # it may be free in time
        else:
            trigger, self._last = True, now
        self.next += self.spacing
        return Look(trigger, missed)


class Elapsed:
    """Time by a clock that may stand still or be set back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = clock()
        self._sum = 0.0

    def __call__(self) -> float:
        """Return the time since it was made [s]; never less than before."""
        now = self._clock()
        self._sum += max(0.0, now - self._last)
        self._last = now
        return self._sum


class Odometer:
    """The way along a track [m], over ground; `dropped`: fixes that did not count, by reason."""

    def __init__(self, spacing: float, max_speed: float = MAX_SPEED) -> None:
        """
        Begin with the first fix.

        :param spacing: [m] of the places: how much of the way noise may be.
        :param max_speed: [m/s] that the platform cannot exceed.
        """
        self.dropped: Counter[str] = Counter()
        self._spacing = spacing
        self._max_speed = max_speed
        self._way = 0.0  # to the anchor
        self._anchor: Vector | None = None
        self._recent: deque[tuple[float, Vector]] = deque()  # the last, and those BASE before
        self._rival: list[Fix] = []  # fixes that go on from each other, and not from the last

    def add(self, fix: Fix) -> None:
        """Go on to a fix."""
        if wrong := fault(fix) or self._misfit(fix):
            self.dropped[wrong] += 1
            return
        point = _point(fix)
        while self._recent and fix.time - self._recent[0][0] > BASE + ROUNDING and (
                len(self._recent) > 1 or fix.time - self._recent[-1][0] > MAX_GAP):
            self._recent.popleft()
        self._recent.append((fix.time, point))
        self._anchor = self._anchor or point
        step = norm(minus(point, self._anchor))
        noise = max(self._spacing / 10, NOISE * (fix.horizontal or 0.0))
        if step >= min(noise, self._spacing / 2):
            self._way += step
            self._anchor = point

    def travelled(self, now: float) -> float | None:
        """
        Return the way until now [m], a little beyond the last fix at the last speed.

        :returns: None when it is not known: no fix, or none for MAX_GAP; see `why`.
        """
        if self.why(now) or self._anchor is None:
            return None
        time, point = self._recent[-1]
        return self._way + norm(minus(point, self._anchor)) + self.speed * (now - time)

    def why(self, now: float) -> str:
        """Say why the way is not known; empty: it is."""
        if not self._recent:
            return 'no fix has come yet'
        age = now - self._recent[-1][0]
        if abs(age) <= MAX_GAP:
            return ''
        return f'the last fix is {abs(age):.1f} s {"old" if age > 0 else "ahead of the clock"}'

    @property
    def speed(self) -> float:
        """Return the speed over ground [m/s]; 0: not known."""
        if len(self._recent) < 2:
            return 0.0
        (begin, one), (end, other) = self._recent[0], self._recent[-1]
        return norm(minus(other, one)) / (end - begin)

    def _misfit(self, fix: Fix) -> str:
        """Say why a fix does not go on from those before; begin anew with a run of such."""
        if not self._recent:
            return ''
        wrong = self._between(*self._recent[-1], fix)
        if not wrong:
            self._rival.clear()
            return ''
        if self._rival and self._between(self._rival[-1].time, _point(self._rival[-1]), fix):
            self._rival.clear()
        self._rival.append(fix)
        if len(self._rival) < RUN:
            return wrong
        if self._anchor:
            self._way += norm(minus(self._recent[-1][1], self._anchor))
        self._anchor = None
        self._recent.clear()
        self._rival.clear()
        return ''

    def _between(self, time: float, point: Vector, fix: Fix) -> str:
        if fix.time == time:
            return 'repeat a time'
        if fix.time < time:
            return 'go back in time'
        way = norm(minus(_point(fix), point))
        return f'faster than {self._max_speed:g} m/s' if (
            way > SCATTER + self._max_speed * (fix.time - time)) else ''


def _point(fix: Fix) -> Vector:
    """Return a place on the ellipsoid: how high it is does not count."""
    return ecef(fix.latitude, fix.longitude, 0.0)

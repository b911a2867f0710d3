# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Which exposure event belongs to which shot: mid-exposure feedback of a camera's hot shoe.

Events may be lost, and some are of no shot: a picture by hand, noise on the wire. Both are in time
order, and of all assignments in which no two share anything the best one counts: it has the
largest sum of tolerance² - difference², found exactly. Once ENOUGH pairs are known, what they
differ by tells the camera's delay and how much it varies, and what is farther off than GATE times
that is no pair, however large the tolerance. A pair to which another one comes too close is left
out: rather no event than another's.

Times are seconds by one clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from math import inf, isfinite
from statistics import median
from typing import NamedTuple

EXPOSURE_EVENT = 'exposure_event'
"""The `stamp_source` of a shot whose stamp is its event: the middle of the exposure."""

TOLERANCE = 0.1  # s
ENOUGH = 8  # pairs that tell the delay
GATE = 5.0  # standard deviations
FINEST = 1e-4  # s; no clock here is better
DEVIATION = 1.4826  # of a normal distribution, of its median absolute deviation
KEPT = 50  # last pairs that tell it in flight
WAIT = 2.0  # s for an event, on its way from a flight controller
LONGEST = 60.0  # s for a shot, which is known when its picture is taken


class Delay(NamedTuple):
    """What events are behind the stamps of their shots, and how much that varies."""

    offset: float  # s
    deviation: float  # s, standard deviation; infinite: not known
    gate: float  # s off the offset at which there is no pair


class Association(NamedTuple):
    """Pairs of the numbers of a shot and its event; the others are in no pair."""

    pairs: Sequence[tuple[int, int]]
    delay: Delay


def associate(shots: Sequence[float], events: Sequence[float], tolerance: float = TOLERANCE
              ) -> Association:
    """
    Return which event is of which shot.

    :param shots: middle of the exposure, as stamped; in any order, as `events`.
    :param tolerance: [s] from a shot to its event.
    """
    delay = Delay(0.0, inf, tolerance)
    for _ in range(2):
        differences = [events[event] - shots[shot] for shot, event in _pairs(
            shots, events, delay)]
        delay = _delay(differences, tolerance)
    return Association(_clear(shots, events, _pairs(shots, events, delay), delay), delay)


class Events:
    """The association while shots and events come in; each is told once what became of it."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._shots: list[tuple[float, str]] = []
        self._events: list[float] = []
        self._differences: deque[float] = deque(maxlen=KEPT)
        self._last = -inf  # event

    @property
    def delay(self) -> Delay:
        """Return what is known of the delay."""
        return _delay(self._differences, self._tolerance)

    def shot(self, shot_id: str, middle: float) -> None:
        """Hear of a shot, by the middle of its exposure."""
        self._shots.append((middle, shot_id))

    def event(self, time: float) -> str:
        """Hear of an event; return why it does not count, empty: it does."""
        if not isfinite(time):
            return 'not a number'
        if time in self._events:
            return 'repeat a time'
        self._events.append(time)
        self._last = max(self._last, time)
        return ''

    def decide(self, now: float, all_of_them: bool = False
               ) -> tuple[Sequence[tuple[str, float | None]], Sequence[float]]:
        """
        Return shots with their events, None: without, and events that are of no shot.

        A shot is decided when a later event has come, or none for WAIT.

        :param now: by the clock of the shots.
        """
        delay = self.delay
        far = delay.offset + delay.gate
        ripe = {number for number, (middle, _) in enumerate(self._shots)
                if all_of_them or self._last > middle + far or now > middle + far + WAIT
                or now < middle - WAIT}  # time was set back: nothing will come
        times = [middle for middle, _ in self._shots]
        found = dict(_clear(times, self._events, _pairs(times, self._events, delay), delay))
        decided = [(self._shots[number][1], self._events[found[number]]
                    if number in found else None) for number in sorted(ripe)]
        used = {found[number] for number in ripe if number in found}
        self._differences.extend(self._events[found[number]] - times[number]
                                 for number in sorted(ripe) if number in found)
        taken = used | (set() if all_of_them else set(found.values()))
        lost = {number for number, time in enumerate(self._events) if number not in taken
                and (all_of_them or abs(now - time) > LONGEST)}
        strays = [self._events[number] for number in sorted(lost)]
        self._shots = [one for number, one in enumerate(self._shots) if number not in ripe]
        self._events = [time for number, time in enumerate(self._events)
                        if number not in used | lost]
        return decided, strays


def _delay(differences: Sequence[float] | deque[float], tolerance: float) -> Delay:
    if len(differences) < ENOUGH:
        return Delay(0.0, inf, tolerance)
    offset = median(differences)
    deviation = DEVIATION * median(abs(one - offset) for one in differences)
    return Delay(offset, deviation, min(tolerance, max(FINEST, GATE * deviation)))


def _pairs(shots: Sequence[float], events: Sequence[float], delay: Delay
           ) -> list[tuple[int, int]]:
    """Return the best assignment: by rows of shots, where events are within the gate."""
    ours = sorted(range(len(shots)), key=lambda number: shots[number])
    theirs = sorted(range(len(events)), key=lambda number: events[number])
    times = [events[number] for number in theirs]
    best = [0.0]  # of the shots so far and the first n events
    rows: list[tuple[int, list[int]]] = []  # where events begin, and what is best with each
    for number in ours:
        expected = shots[number] + delay.offset
        low = bisect_left(times, expected - delay.gate)
        high = bisect_right(times, expected + delay.gate)
        best += [best[-1]] * (high + 1 - len(best))
        choices = []
        diagonal = best[low]
        for n in range(low + 1, high + 1):
            gain = diagonal + delay.gate ** 2 - (times[n - 1] - expected) ** 2
            diagonal = best[n]
            values = (best[n], best[n - 1], gain)  # no event; not this one; this one
            best[n] = max(values)
            choices.append(values.index(best[n]))
        rows.append((low, choices))
    pairs = []
    at = len(best) - 1
    for number, (low, choices) in zip(reversed(ours), reversed(rows)):
        at = min(at, low + len(choices))
        while at > low and choices[at - low - 1] == 1:
            at -= 1
        if at > low and choices[at - low - 1] == 2:
            at -= 1
            pairs.append((number, theirs[at]))
    return pairs[::-1]


def _clear(shots: Sequence[float], events: Sequence[float], pairs: Sequence[tuple[int, int]],
           delay: Delay) -> list[tuple[int, int]]:
    """Return the pairs to which no shot or event without a partner comes too close."""
    near = min(delay.gate, GATE * delay.deviation)
    free_shots = sorted({*range(len(shots))} - {shot for shot, _ in pairs},
                        key=lambda number: shots[number])
    free_events = sorted({*range(len(events))} - {event for _, event in pairs},
                         key=lambda number: events[number])
    shot_times = [shots[number] + delay.offset for number in free_shots]
    event_times = [events[number] for number in free_events]
    kept = []
    for shot, event in pairs:
        expected, time = shots[shot] + delay.offset, events[event]
        rival = min(_distance(event_times, expected), _distance(shot_times, time))
        if rival > delay.gate or rival ** 2 - (time - expected) ** 2 > near ** 2:
            kept.append((shot, event))
    return kept


def _distance(times: Sequence[float], time: float) -> float:
    """Return how far the nearest is; infinite: there is none."""
    at = bisect_left(times, time)
    return min((abs(one - time) for one in times[max(0, at - 1):at + 1]), default=inf)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure events, 5 % of them lost and 5 % false: how many are given to a wrong shot."""

from collections.abc import Iterator
from time import perf_counter

from payload.test_events import flight, run
from table import Table

from camera_driver.payload.events import associate

SHOTS, FLIGHTS = 10_000, 10


def measure() -> Iterator[Table]:
    """Associate after the flight, and in flight."""
    rows = []
    for jitter in (0.0002, 0.001, 0.005):
        wrong = [0, 0]
        without = [0, 0]
        right = 0
        seconds = 0.0
        for seed in range(FLIGHTS):
            shots, events, of = flight(seed, SHOTS, jitter=jitter)
            begun = perf_counter()
            pairs, _ = associate(shots, events)
            seconds += perf_counter() - begun
            live, _ = run(shots, events)
            times = dict(zip(events, of))
            found = [{shot: of[event] for shot, event in pairs},
                     {int(shot): times[event] for shot, event in live.items() if event}]
            there = sum(one >= 0 for one in of)
            right += there
            for n, one in enumerate(found):
                good = sum(shot == its for shot, its in one.items())
                wrong[n] += len(one) - good
                without[n] += there - good
        for n, when in enumerate(('after the flight', 'in flight')):
            rows.append((f'{when}, jitter {1000 * jitter:g} ms', wrong[n], wrong[n] / FLIGHTS,
                         100 * without[n] / right, seconds / FLIGHTS if n == 0 else '-'))
    yield Table(
        f'Exposure events, {FLIGHTS} flights of {SHOTS} shots each 1.5 to 2.5 s, delay 30 ms, 5 % '
        'lost, 5 % false ones at random times, tolerance 100 ms',
        ('', 'wrong', 'wrong of 10,000', 'not given [%]', 'time of a flight [s]'), rows,
        'Wrong: given to a shot that it is not of. What is left is a false event within five '
        'standard deviations of where that of a shot would be that has lost its own: nothing '
        'tells them apart, and the stamp is off by no more than that.')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure events: the best assignment, none that is another's, and what is left over is told."""

from itertools import combinations, permutations
import math

from hypothesis import given, settings, strategies as st
import numpy as np
from payload.flights import START
import pytest

from camera_driver.payload.events import _pairs, associate, Delay, ENOUGH, Events, WAIT

MILLISECONDS = st.integers(0, 400).map(lambda value: value / 1000)


def flight(seed, count, *, delay=0.03, jitter=0.001, lost=0.05, false=0.05):
    """Return shots, events, and the shot that each event is of; -1: none."""
    random = np.random.default_rng(seed)
    shots = START + np.cumsum(random.uniform(1.5, 2.5, count))
    events = shots + delay + random.normal(0, jitter, count)
    of = np.arange(count)
    there = random.random(count) >= lost
    wrong = random.uniform(shots[0], shots[-1], round(false * count))
    events = np.concatenate([events[there], wrong])
    of = np.concatenate([of[there], np.full(len(wrong), -1)])
    order = np.argsort(events)
    return shots.tolist(), events[order].tolist(), of[order].tolist()


@given(st.lists(MILLISECONDS, max_size=5), st.lists(MILLISECONDS, max_size=5),
       st.sampled_from([0.02, 0.1, 0.5]))
@settings(max_examples=200)
def test_no_assignment_is_better(shots, events, tolerance):
    def gain(pairs):
        return sum(tolerance ** 2 - (events[event] - shots[shot]) ** 2 for shot, event in pairs)

    best = 0.0
    for size in range(min(len(shots), len(events)) + 1):
        for ours in combinations(range(len(shots)), size):
            for theirs in permutations(range(len(events)), size):
                pairs = list(zip(ours, theirs))
                if all(abs(events[event] - shots[shot]) <= tolerance for shot, event in pairs):
                    best = max(best, gain(pairs))
    found = _pairs(shots, events, Delay(0.0, math.inf, tolerance))
    assert gain(found) == pytest.approx(best, abs=1e-12)
    assert len({shot for shot, _ in found}) == len({event for _, event in found}) == len(found)
    assert all(abs(events[event] - shots[shot]) <= tolerance for shot, event in found)


def test_with_lost_and_false_events_none_is_another_shots():
    shots, events, of = flight(1, 2000)
    pairs, delay = associate(shots, events)
    assert not [event for shot, event in pairs if of[event] != shot]
    assert len(pairs) > 0.99 * sum(one >= 0 for one in of)
    assert delay.offset == pytest.approx(0.03, abs=1e-4)
    assert delay.deviation == pytest.approx(0.001, rel=0.1)
    assert delay.gate < 0.006


def test_shots_closer_together_than_the_tolerance():
    """A burst, of which an event is lost: no other moves up."""
    shots = [START + 0.08 * number for number in range(40)]
    events = [shot + 0.02 for shot in shots]
    del events[7]
    pairs, _ = associate(shots, events, 0.1)
    assert [shot for shot, _ in pairs] == [number for number in range(40) if number != 7]
    assert all(events[event] - shots[shot] == pytest.approx(0.02) for shot, event in pairs)


def test_what_cannot_be_told_apart_is_left_out():
    shots = [START + 2.0 * number for number in range(20)]
    events = [shot + 0.03 + (-1) ** number * 0.001 for number, shot in enumerate(shots)]
    events.append(shots[5] + 0.0305)  # nearer than its own
    pairs, _ = associate(shots, events)
    assert 5 not in dict(pairs) and len(pairs) == 19
    events[-1] = shots[5] + 0.06  # clearly none of its own
    assert dict(associate(shots, events).pairs)[5] == 5


def test_nothing_to_associate():
    for shots, events in (([], []), ([1.0], []), ([], [1.0])):
        assert associate(shots, events).pairs == []
    assert associate([START], [START + 0.2]).pairs == []


def run(shots, events, latency=0.3, tolerance=0.1):
    """Let shots and events come as they would; return shot -> event, and the strays."""
    live, found, strays = Events(tolerance), {}, []
    for when, kind, number in sorted([
            *((shot + 0.5, 'shot', number) for number, shot in enumerate(shots)),
            *((event + latency, 'event', number) for number, event in enumerate(events))]):
        if kind == 'shot':
            live.shot(str(number), shots[number])
        else:
            assert not live.event(events[number])
        for decided, stray in (live.decide(when),):
            found |= decided
            strays += stray
    for decided, stray in (live.decide(shots[-1] + 100, all_of_them=True),):
        found |= decided
        strays += stray
    return found, strays


@pytest.mark.parametrize('latency', [0.0, 0.3, 1.4])
def test_in_flight(latency):
    shots, events, of = flight(2, 400)
    found, strays = run(shots, events, latency)
    assert len(found) == len(shots)
    right = {str(shot): event for shot, event in zip(of, events) if shot >= 0}
    assert not [shot for shot, event in found.items() if event and event != right.get(shot)]
    told = [event for event in found.values() if event]
    assert len(told) > 0.98 * len(right)
    assert sorted(told + strays) == events  # each is told of, once


def test_a_shot_waits_for_its_event_and_not_for_ever():
    live = Events(0.1)
    live.shot('a', START)
    assert live.decide(START + 0.1) == ([], [])
    assert live.decide(START + WAIT) == ([], [])
    assert live.decide(START + WAIT + 0.2) == ([('a', None)], [])
    assert live.event(START + 0.05) == ''  # too late
    assert live.decide(START + 4) == ([], [])
    assert live.decide(START + 61) == ([], [START + 0.05])


def test_events_that_are_none():
    live = Events(0.1)
    assert live.event(math.nan) == 'not a number'
    assert live.event(START) == '' and live.event(START) == 'repeat a time'
    live.shot('a', START + 0.01)
    live.event(START - 3)  # goes back in time
    assert live.decide(START + 1) == ([], [])
    live.event(START + 1)
    assert live.decide(START + 1.1) == ([('a', START)], [])
    live.shot('b', START + 10)
    assert live.decide(START - 100)[0] == [('b', None)]  # the clock was set back


def test_the_delay_needs_some_pairs():
    shots, events, _ = flight(3, ENOUGH - 1, lost=0, false=0)
    assert associate(shots, events).delay == Delay(0.0, math.inf, 0.1)

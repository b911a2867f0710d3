# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The clock's offset from the intervals between shots, or none where two would fit."""

from hypothesis import given, settings, strategies as st
import numpy as np
from payload.flights import START
import pytest

from camera_driver.payload.offset import find_offset


def mission(random, count=80):
    """Return trigger times: lines with pauses between, by distance and therefore not regular."""
    intervals = random.normal(2.0, 0.25, count)
    intervals[9::10] += random.uniform(15, 25, len(intervals[9::10]))
    return START + np.cumsum(intervals)


@given(seed=st.integers(0, 10_000), offset=st.floats(-5000, 5000))
@settings(max_examples=60, deadline=None)
def test_offset_is_found_with_shots_and_triggers_missing(seed, offset):
    random = np.random.default_rng(seed)
    times = mission(random)
    shots = times[random.random(len(times)) < 0.9] + random.normal(0, 0.005, 1)
    shots = shots + random.normal(0, 0.005, len(shots))
    triggers = np.append(times[random.random(len(times)) < 0.9],
                         random.uniform(times[0], times[-1], 4)) + offset
    random.shuffle(triggers)
    found = find_offset(shots.tolist(), triggers.tolist())
    assert abs(found.offset - offset) < 0.02
    assert found.residual < 0.03 and found.residual <= found.worst <= 0.1
    assert (found.shots, found.triggers) == (len(shots), len(triggers))
    assert 0.7 * len(shots) < found.matched <= len(shots)


def test_exact_times_leave_no_residual():
    times = mission(np.random.default_rng(1))
    found = find_offset((times - 37).tolist(), times.tolist())
    assert (found.offset, found.matched) == (pytest.approx(37, abs=1e-6), len(times))
    assert found.worst < 1e-6


def test_regular_intervals_have_no_offset():
    times = START + 2.0 * np.arange(50)
    with pytest.raises(ValueError, match=r'two offsets are possible: .* fits 50 of 50 shots and '
                                         r'.* fits 4\d; the intervals are too regular'):
        find_offset(times.tolist(), (times + 0.3).tolist())


def test_lines_flown_at_regular_intervals_have_one():
    lines = np.concatenate([START + 2.0 * np.arange(20) + 70 * line for line in range(6)])
    assert find_offset(lines.tolist(), (lines + 0.3).tolist()).offset == pytest.approx(0.3)
    # A trigger more before each line, and a shift of one interval fits as well.
    more = np.concatenate([lines, START - 2.0 + 70 * np.arange(6)])
    with pytest.raises(ValueError, match='two offsets are possible'):
        find_offset(lines.tolist(), (more + 0.3).tolist())


def test_log_of_another_flight_has_none():
    shots, triggers = (mission(np.random.default_rng(seed), 40) for seed in (3, 4))
    with pytest.raises(ValueError, match='no offset fits: the best, .* of 40 shots'):
        find_offset(shots.tolist(), triggers.tolist())


def test_too_few_and_too_many():
    few = [0.0, 1.0, 2.7, 5.2]
    assert find_offset(few, [time + 5 for time in few]).offset == 5
    with pytest.raises(ValueError, match='3 shots and 4 triggers'):
        find_offset(few[:3], few)
    with pytest.raises(ValueError, match='2 shots and 9 triggers: at least 4 of both'):
        find_offset([1.0, 2.0], [float(n) for n in range(9)])
    with pytest.raises(ValueError, match='too many to compare'):
        find_offset([1.0] * 2001, [1.0] * 2000)

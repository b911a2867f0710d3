# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Offset and drift of a clock that tells whole seconds, and how well they are known."""

from hypothesis import given, settings, strategies as st
import numpy as np
from payload.flights import START
import pytest

from camera_driver.payload.camera_clock import fit

DRIFT = 40e-6  # a cheap crystal


def flight(random, count=200):
    """Return times of exposures, not regular."""
    return START + np.cumsum(random.normal(2.5, 0.4, count))


def told(times, offset, drift=DRIFT):
    """Return what the camera writes; the offset is that of the middle."""
    middle = (times.min() + times.max()) / 2
    return np.floor(times + offset + drift * (times - middle))


@given(seed=st.integers(0, 10_000), offset=st.floats(-50_000, 50_000),
       drift=st.floats(-300e-6, 300e-6), count=st.integers(4, 300))
@settings(max_examples=60, deadline=None)
def test_what_was_planted_is_found(seed, offset, drift, count):
    times = flight(np.random.default_rng(seed), count)
    found = fit(told(times, offset, drift).tolist(), times.tolist())
    # All lines that are possible lie within 2 * sqrt 2 standard deviations, and often nearer.
    assert abs(found.offset - offset) < 3.5 * found.offset_error + 1e-6
    assert abs(found.drift - drift) < 3.5 * found.drift_error + 1e-9
    assert (found.slack, found.pictures) == (0, count)
    assert found.time == (times.min() + times.max()) / 2
    if count > 50:  # better than least squares
        assert found.offset_error < 0.29 / np.sqrt(count)
        assert 0.2 < found.residual < 0.4


def test_the_errors_are_neither_too_small_nor_too_large():
    errors = []
    for seed in range(60):
        times = flight(np.random.default_rng(seed))
        found = fit(told(times, 3600.37).tolist(), times.tolist())
        errors.append(((found.offset - 3600.37) / found.offset_error,
                       (found.drift - DRIFT) / found.drift_error))
        assert found.offset_error < 0.02 and found.drift_error < 1e-4
    assert np.all(np.abs(np.std(errors, axis=0) - 0.7) < 0.3)


def test_at_a_regular_interval_the_second_is_not_known():
    """All exposures fall on the same part of the second: many say no more than one."""
    times = START + 0.3 + 2.0 * np.arange(500)
    found = fit(told(times, 12.0, 0.0).tolist(), times.tolist())
    assert found.residual < 0.01
    # Of |offset| + |drift to the end| < 0.5 s, which is what is left of all lines.
    assert found.offset_error == pytest.approx(1 / np.sqrt(24), rel=0.01)
    assert abs(found.offset - 12) < 2 * found.offset_error


def test_stamps_that_are_not_exact():
    random = np.random.default_rng(3)
    errors = []
    for noise in (0.003, 0.01, 0.03):
        for count in (40, 200) * 15:
            times = flight(random, count)
            stamps = times + random.normal(0, noise, count)
            for known in ([noise] * count, ()):  # known or not, the errors hold
                found = fit(told(times, 7.3).tolist(), stamps.tolist(), known)
                errors.append(((found.offset - 7.3) / found.offset_error,
                               (found.drift - DRIFT) / found.drift_error))
                assert found.slack < 4 * noise and found.offset_error < 3 * noise + 2 / count
    assert np.abs(errors).max() < 4 and np.all(np.std(errors, axis=0) < 1)


def test_a_clock_that_was_set_in_between_has_no_line():
    times = flight(np.random.default_rng(5))
    wrong = told(times, 7.3) + np.where(np.arange(200) < 90, 0, 2)
    with pytest.raises(ValueError, match=r'no clock with a constant drift tells these times: '
                                         r'0\.\d\d s are left of one picture, 0.25 s at most'):
        fit(wrong.tolist(), times.tolist())


@pytest.mark.parametrize('times', [[], [START, START + 1.5], [START] * 5])
def test_too_few(times):
    with pytest.raises(ValueError, match=f'{len(times)} pictures .* 4 at different times'):
        fit(times, times)

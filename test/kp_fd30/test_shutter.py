# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure times: the table of kp_fd30.md 4.5, and the preset times that a user gives."""

from hypothesis import given, settings, strategies as st
import pytest

from camera_driver.devices.kp_fd30.shutter import (
    LONGEST, MOST_STEPS, parse_presets, PRESETS, seconds, SHORTEST, STEP, steps_of, time_of)


@pytest.mark.parametrize('steps, milliseconds, per_second', [
    (0, 16.667, 60), (1, 16.635, 60.1), (255, 8.557, 116.9), (256, 8.525, 117.3),
    (492, 1.019, 981), (521, 0.097, 10309),
])
def test_table(steps, milliseconds, per_second):
    assert time_of(steps) * 1000 == pytest.approx(milliseconds, abs=0.0005)
    assert 1 / time_of(steps) == pytest.approx(per_second, rel=0.001)
    assert steps_of(milliseconds / 1000) == steps


def test_ends():
    assert time_of(0) == LONGEST
    assert SHORTEST <= time_of(MOST_STEPS) < SHORTEST + 1e-9
    assert pytest.approx(31.8042e-6, abs=1e-10) == STEP
    assert steps_of(1 / 60) == steps_of(1.0) == 0
    assert steps_of(0.0) == MOST_STEPS
    assert steps_of(0.002) == 461  # 6.3


@settings(deadline=None)
@given(st.integers(0, MOST_STEPS))
def test_there_and_back(steps):
    assert steps_of(time_of(steps)) == steps


@settings(deadline=None)
@given(st.floats(SHORTEST, LONGEST))
def test_the_nearest_step(time):
    assert abs(time_of(steps_of(time)) - time) <= STEP / 2 + 1e-9


@pytest.mark.parametrize('word, time', [('8.0s', 8.0), ('1/20000s', 5e-5), ('7', 7.0)])
def test_seconds(word, time):
    assert seconds(word) == time


def test_preset_times():
    assert parse_presets('') == PRESETS
    assert parse_presets(' 0x02=7.0, 33=1/10000s') == {
        **PRESETS, '7.0s': 2, '1/10000s': 0x21}


@pytest.mark.parametrize('text, message', [
    ('7.0', 'write CODE=SECONDS'), ('0x02=', 'write CODE=SECONDS'), ('x=1', 'write CODE=SECONDS'),
    ('2=1/0', 'write CODE=SECONDS'), ('2=-1', 'write CODE=SECONDS'), ('2=nan', 'write CODE'),
    ('2=inf', 'write CODE'), ('37=1', 'allowed: 0 to 36'), ('0=9.0', 'there already'),
    ('2=7.5', 'there already'), ('2=7,3=7', 'there already'),
])
def test_bad_preset_times(text, message):
    with pytest.raises(ValueError, match=message):
        parse_presets(text)

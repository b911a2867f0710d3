# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""When a survey triggers: plans against the camera, places, and the way along a track."""

from dataclasses import replace
import math
import random

from hypothesis import given, settings, strategies as st
import numpy as np
from payload.flights import START
import pytest

from camera_driver.payload.geometry import moved
from camera_driver.payload.survey import Elapsed, LATE, make_plan, Odometer, Places, RUN
from camera_driver.payload.track import Fix

HOME = 47.5, 8.25, 600.0


def no_calibration():
    raise ValueError('no calibration')


def plan(trigger, **given):
    return make_plan(trigger, no_calibration, **given)


def test_spacing_of_an_overlap():
    # A sensor of 24 mm behind 35 mm sees 82.29 m from 120 m.
    one = plan('overlap', overlap=0.75, height=120.0, sensor_size=0.024, focal_length=0.035)
    assert one.footprint == pytest.approx(120 * 24 / 35)
    assert one.spacing == pytest.approx(one.footprint / 4) and one.unit == 'm'
    assert one.interval is None and 'the speed of the flight' in one.unchecked
    by_calibration = make_plan('overlap', lambda: 24 / 35, overlap=0.75, height=120.0)
    assert by_calibration.spacing == pytest.approx(one.spacing)


def test_a_plan_that_is_too_fast_says_the_numbers():
    one = plan('distance', distance=24.0, speed=15.0, cycle_time=2.4)
    assert one.interval == pytest.approx(1.6) and one.unchecked == ''
    assert one.problem == (
        'the camera cannot do it: it needs 2.4 s from trigger to trigger, and the places are 1.6 '
        's apart (24 m at 15 m/s); fly at most 10 m/s, space them at least 36 m, or let it be '
        'slowed down')
    slowed = one.slowed()
    assert (slowed.spacing, slowed.problem) == (pytest.approx(36.0), '')
    assert plan('interval', interval=1.0, cycle_time=2.4).problem == (
        'the camera cannot do it: it needs 2.4 s from trigger to trigger, and the places are 1 s '
        'apart; space them at least 2.4 s, or let it be slowed down')
    assert plan('interval', interval=2.4, cycle_time=2.4).problem == ''
    assert "the camera's cycle time" in plan('interval', interval=2.4).unchecked
    assert plan('interval', interval=2.4).slowed().spacing == 2.4


@pytest.mark.parametrize('trigger, values, words', [
    ('time', {}, "trigger 'time': interval, distance, overlap is known"),
    ('interval', {}, 'interval: 0 is not allowed; 0.1 to 86400 s with trigger interval'),
    ('interval', {'interval': math.nan}, 'interval: nan is not allowed'),
    ('distance', {'distance': -5.0}, 'distance: -5 is not allowed'),
    ('distance', {'distance': 5.0, 'interval': 1.0}, 'interval: does not go with trigger dist'),
    ('distance', {'distance': 5.0, 'focal_length': 1.0}, 'focal_length: does not go with'),
    ('distance', {'distance': 5.0, 'speed': -1.0}, 'speed: -1 is not allowed'),
    ('distance', {'distance': 5.0, 'cycle_time': math.inf}, 'cycle_time: inf is not allowed'),
    ('overlap', {'overlap': 1.0, 'height': 50.0}, 'overlap: 1 is not allowed; 0 to 0.99 with tr'),
    ('overlap', {'overlap': 0.6}, 'height: 0 is not allowed; 0.1 to 1e+06 m'),
    ('overlap', {'overlap': 0.6, 'height': 50.0, 'sensor_size': 0.01}, 'both, or none and a cal'),
    ('overlap', {'overlap': 0.6, 'height': 50.0}, 'no calibration'),
    ('overlap', {'overlap': 0.6, 'height': 50.0, 'sensor_size': 24.0, 'focal_length': 35.0},
     'sensor_size: 24 is not allowed; 1e-05 to 10 m'),
])
def test_plans_that_are_none(trigger, values, words):
    with pytest.raises(ValueError) as error:
        plan(trigger, **values)
    assert words in str(error.value)


def test_places_that_pass_are_missed_and_not_made_up_for():
    places = Places(10.0)
    assert places.look(0.0, 0.0) == (True, 0)
    assert places.look(9.99, 1.0) == (False, 0)
    assert places.look(10.0, 2.0, busy=True) == (False, 0)
    assert places.look(10.9, 2.1) == (True, 0)  # late, but not too late
    assert places.look(20.0, 3.0, busy=True) == (False, 0)
    assert places.look(21.1, 3.1) == (False, 1)
    assert places.look(21.2, 3.2) == (False, 0)
    assert places.look(67.0, 9.0) == (False, 4)  # 30 to 60
    assert places.look(70.0, 9.1) == (True, 0)
    places.restart(73.0)
    assert places.look(73.0, 9.2) == (True, 0)
    assert places.look(82.0, 9.3) == (False, 0)


@given(seed=st.integers(0, 10 ** 6), spacing=st.floats(0.1, 100.0), cycle=st.floats(0.0, 10.0))
@settings(max_examples=200)
def test_triggers_are_never_closer_than_the_camera_can(seed, spacing, cycle):
    """Whatever the way does: it stands still, leaps, goes back; and the camera."""
    draw = random.Random(seed)
    places, here, now, farthest = Places(spacing, cycle), 0.0, 0.0, 0.0
    taken, missed = [], 0
    for _ in range(400):
        now += draw.choice((0.0, 0.01, 0.1, 1.0, 5.0)) * draw.random()
        here = max(0.0, here + spacing * draw.choice((0.0, 0.01, 0.1, 0.1, 1.0, 20.0, -2.0))
                   * draw.random())
        farthest = max(farthest, here)
        before = places.next
        look = places.look(here, now, busy=draw.random() < 0.3)
        missed += look.missed
        if look.trigger:
            taken.append((now, places.next - spacing))
            assert -1e-6 <= here - taken[-1][1] <= LATE * spacing + 1e-6
        assert places.next >= before
    gaps = np.diff(np.array(taken), axis=0)
    assert (gaps[:, 0] >= cycle - 1e-9).all()
    assert (gaps[:, 1] > 0.99 * spacing).all()
    # Each place was taken or missed, but for one that may still be taken.
    assert abs(len(taken) + missed - (math.floor(farthest / spacing) + 1)) <= 1


def test_time_that_stands_still_or_is_set_back():
    times = iter([5.0, 6.0, 6.0, -100.0, -99.5, 1e6])
    elapsed = Elapsed(lambda: next(times))
    assert [elapsed() for _ in range(5)] == [1.0, 1.0, 1.0, 1.5, 1e6 + 101.0]


def fix(t, north, east=0.0, **fields):
    """Return a fix some metres from home."""
    latitude, longitude, height = moved(HOME, (north, east, 0.0))
    return Fix(START + t, latitude, longitude, height, **fields)


def test_the_way_on_a_straight_line():
    odometer = Odometer(10.0)
    assert odometer.travelled(START) is None and odometer.why(START) == 'no fix has come yet'
    for number in range(11):
        odometer.add(fix(0.2 * number, 3.0 * number))
    assert odometer.travelled(START + 2.0) == pytest.approx(30.0, rel=1e-3)
    assert odometer.travelled(START + 2.1) == pytest.approx(31.5, rel=1e-3)  # ahead of the next
    assert odometer.speed == pytest.approx(15.0, rel=1e-3)
    assert odometer.travelled(START + 4.1) is None
    assert odometer.why(START + 4.1) == 'the last fix is 2.1 s old'
    assert odometer.why(START - 4) == 'the last fix is 6.0 s ahead of the clock'
    # No fixes for five seconds: the straight way between.
    odometer.add(fix(7.0, 105.0))
    assert odometer.travelled(START + 7.0) == pytest.approx(105.0, rel=1e-3)
    assert odometer.speed == 0.0  # as long as there is but one


def test_noise_while_it_hovers_is_no_way():
    draw = random.Random(1)
    odometer = Odometer(20.0)
    for number in range(3000):
        odometer.add(fix(0.2 * number, draw.gauss(0, 0.5), draw.gauss(0, 0.5), horizontal=0.5))
    assert odometer.travelled(START + 0.2 * 2999) < 20.0  # in ten minutes


def test_a_climb_is_no_way():
    odometer = Odometer(10.0)
    for number in range(50):
        odometer.add(replace(fix(number, 0.0), height=600.0 + 5 * number))
    assert odometer.travelled(START + 49) < 0.1


def test_after_a_jump_that_stays_the_way_goes_on_from_there():
    odometer = Odometer(10.0)
    for number in range(11):
        odometer.add(fix(number, 10.0 * number))
    for number in range(11, 31):  # another place, or a receiver that was told another time
        odometer.add(fix(number, 5000.0 + 10.0 * number))
    assert odometer.dropped == {'faster than 100 m/s': RUN - 1}
    assert odometer.travelled(START + 30) == pytest.approx(100 + 10 * (20 - RUN), rel=0.01)
    for number in range(20):
        odometer.add(fix(number, 5300.0 + 10.0 * number))
    assert odometer.dropped['go back in time'] == RUN - 1
    assert odometer.travelled(START + 19) == pytest.approx(
        100 + 10 * (20 - RUN) + 10 * (20 - RUN), rel=0.01)


@given(seed=st.integers(0, 10 ** 6), radius=st.floats(30.0, 1000.0), spacing=st.floats(8.0, 60.0))
@settings(max_examples=40)
def test_on_a_curved_track_with_bad_fixes(seed, radius, spacing):
    """
    Every place of a circle is taken within a metre and some per cent, once, in turn.

    Between good fixes at 5 Hz there are jumps, repeated and older ones, and what is no number.
    """
    draw = random.Random(seed)
    speed, odometer = 15.0, Odometer(spacing)
    places, taken, missed = Places(spacing, 0.2), [], 0
    for number in range(200):
        t = 0.2 * number
        turn = speed * t / radius
        place = radius * math.sin(turn), radius * (1 - math.cos(turn))
        good = fix(t, *place)
        odometer.add(good)
        for bad in draw.sample((
                good, fix(t - 3 * draw.random() - 0.01, *place), replace(good, latitude=math.nan),
                fix(t + 0.05, place[0] + draw.choice((-1, 1)) * draw.uniform(50, 5000), place[1]),
                replace(good, time=math.nan), Fix(START + t + 0.1, 0.0, 0.0, 0.0),
                replace(good, longitude=1e9)), draw.choice((0, 0, 1, 2))):
            odometer.add(bad)
        for step in range(20):
            now = t + 0.01 * step
            here = odometer.travelled(START + now)
            look = places.look(here, now)
            missed += look.missed
            if look.trigger:
                taken.append(speed * now)
    assert missed == 0 and len(taken) > 9
    expected = spacing * np.arange(len(taken))
    assert (np.abs(np.array(taken) - expected) <= 1.0 + 0.03 * expected).all()

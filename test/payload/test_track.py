# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks and geotags: against closed formulas, over poles and the antimeridian, bad input."""

from dataclasses import replace
from math import inf, isclose, nan, sqrt

from hypothesis import given, settings, strategies as st
import numpy as np
from payload.flights import distance, earth, Flight, ground, matrix, shot, START
import pytest

from camera_driver.payload.geometry import (
    ecef, from_angles, geodetic, moved, slerp, to_angles, turned)
from camera_driver.payload.geotag import geotag, Mounting, NO_PICTURE
from camera_driver.payload.track import Attitude, ELLIPSOID, Fix, MEAN_SEA_LEVEL, Track, Untagged

LATE = 0.08
MOUNTING = Mounting((0.35, -0.12, 0.2), (90.0, 2.0, -1.5))


@pytest.fixture(scope='module')
def flight():
    return Flight()


@pytest.fixture(scope='module')
def track(flight):
    return flight.track(60, LATE)


def truth(flight, t, mounting=MOUNTING):
    """Return where a camera is, and its matrix, by the closed formula."""
    point = flight.point(t)
    # The axes at the platform, not at the origin of the curve.
    latitude, longitude, _ = geodetic(tuple(point))
    body = matrix(*flight.angles(t))
    return (point + body @ mounting.lever_arm @ ground(latitude, longitude),
            body @ matrix(*mounting.boresight))


def test_synthetic_flight(flight, track):
    for t in np.random.default_rng(1).uniform(0.1, 59.7, 500):
        exposure = 0.01
        found = geotag(shot(START + t - exposure / 2, exposure_time=exposure), track, MOUNTING,
                       LATE)
        point, rotation = truth(flight, t)
        assert max(distance(found, point)) < 0.005
        turned_by = matrix(found.yaw, found.pitch, found.roll).T @ rotation
        assert np.degrees(np.arccos(min(1, (np.trace(turned_by) - 1) / 2))) < 0.01
        assert isclose(found.time, START + t + LATE, abs_tol=1e-6)


def test_uncertainty_holds_when_the_stamps_are_noisy(flight, track):
    random, uncertainty, good = np.random.default_rng(2), 0.01, 0
    moments = random.uniform(1, 58, 1500)
    for t, noise in zip(moments, random.normal(0, uncertainty, len(moments))):
        found = geotag(shot(START + t + noise, stamp_uncertainty=uncertainty), track, MOUNTING,
                       LATE)
        horizontal, vertical = distance(found, truth(flight, t)[0])
        good += horizontal <= 2 * found.horizontal and vertical <= 2 * found.vertical
    assert good >= 0.95 * len(moments)


def straight(speed=30.0, **fields):
    """Return a track along a meridian, one fix a second."""
    axes = ground(10, 20)
    places = [geodetic(tuple(earth(10, 20, 100) + speed * t * axes[0])) for t in range(11)]
    return Track([Fix(START + t, *place, **fields) for t, place in enumerate(places)],
                 height_kind=ELLIPSOID)


def test_uncertainty_is_of_the_fix_and_of_the_stamp():
    track = straight(horizontal=0.5, vertical=0.8)
    found = geotag(shot(START + 4.4, stamp_uncertainty=0.04), track)
    assert isclose(found.horizontal, sqrt(0.5 ** 2 + (30 * 0.04) ** 2), rel_tol=1e-3)
    assert isclose(found.vertical, 0.8, rel_tol=1e-3)
    assert isclose(found.speed, 30, rel_tol=1e-4)
    assert (found.yaw, found.before, found.after) == (None, pytest.approx(0.4), pytest.approx(0.6))
    # The clock of a camera that tells seconds: the user has to see what that means.
    assert geotag(shot(START + 4, stamp_uncertainty=1.0), track).horizontal > 30
    assert geotag(shot(START + 4, stamp_uncertainty=None), track).horizontal is None


@pytest.mark.parametrize('value', [None, nan, 0.0, -1.0, inf])
def test_no_covariance_is_no_uncertainty_of_zero(value):
    found = geotag(shot(START + 4.5), straight(horizontal=value, vertical=value))
    assert found.horizontal is None and found.vertical is None


def test_a_change_of_speed_counts_on_both_of_its_sides():
    north = ground(10, 20)[0]
    metres = [0, 10, 20, 30, 50, 70, 90]  # twice as fast from the third second on
    places = [geodetic(tuple(earth(10, 20, 100) + way * north)) for way in metres]
    track = Track([Fix(START + t, *place, 0.001, 0.001) for t, place in enumerate(places)],
                  height_kind=ELLIPSOID)
    found = [track.position(START + t + 0.5).horizontal for t in range(6)]
    assert found == pytest.approx([0, 0, 10 / 8, 10 / 8, 0, 0], abs=2e-3)


def test_uncertainty_between_fixes_that_turn():
    """A circle of 50 m at 20 m/s: the chord of a second is a metre from the arc."""
    axes = ground(0, 0)
    circle = [earth(0, 0, 100) + 50 * (np.cos(0.4 * t) * axes[0] + np.sin(0.4 * t) * axes[1])
              for t in np.arange(0, 10, 0.5)]
    fixes = [Fix(START + t, *geodetic(tuple(point)), 0.01, 0.01) for t, point in enumerate(circle)]
    track = Track(fixes[::2], height_kind=ELLIPSOID)
    for t in (3, 5, 7, 9):
        found = geotag(shot(START + t), track)
        horizontal, _ = distance(found, circle[t])
        assert found.horizontal == pytest.approx(horizontal, rel=0.05)


@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), height=st.floats(-500, 20_000))
@settings(max_examples=200, deadline=None)
def test_there_and_back(latitude, longitude, height):
    point = ecef(latitude, longitude, height)
    assert np.allclose(point, earth(latitude, longitude, height), atol=1e-8, rtol=1e-14)
    assert np.allclose(ecef(*geodetic(point)), point, atol=2e-8, rtol=0)
    assert abs(geodetic(point)[0] - latitude) < 1e-12


@given(st.tuples(st.floats(0, 360), st.floats(-90, 90), st.floats(-180, 180)),
       st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9)))
@settings(max_examples=200, deadline=None)
def test_rotations_are_those_of_the_matrices(angles, vector):
    rotation = from_angles(*angles)
    assert np.allclose(turned(rotation, vector), matrix(*angles) @ vector, atol=1e-9)
    assert np.allclose(matrix(*to_angles(rotation)), matrix(*angles), atol=3e-6)


def test_slerp_goes_the_short_way():
    one, two = from_angles(350, 10, 5), from_angles(20, 10, 5)
    for other in (two, tuple(-x for x in two)):
        assert to_angles(slerp(one, other, 0)) == pytest.approx((350, 10, 5))
        yaw, _, _ = to_angles(slerp(one, other, 0.5))
        assert min(yaw, 360 - yaw) == pytest.approx(5, abs=0.01)
    assert slerp(one, one, 0.3) == one
    level = [from_angles(yaw, 0, 0) for yaw in (10, 40)]
    assert to_angles(slerp(*level, 1 / 3))[0] == pytest.approx(20)


@pytest.mark.parametrize(('one', 'two', 'middle'), [
    ((0, 179.9999, 10), (0, -179.9999, 20), (0, 180, 15)),
    ((89.9999, 0, 100), (89.9999, 180, 100), (90, None, 100)),
    ((-89.9999, 90, 0), (-89.9999, -90, 0), (-90, None, 0)),
    ((-0.0001, 0.0001, 5), (0.0001, -0.0001, 5), (0, 0, 5)),
])
def test_antimeridian_and_poles_are_places_as_others(one, two, middle):
    track = Track([Fix(START, *one), Fix(START + 1, *two)], height_kind=ELLIPSOID)
    found = track.position(START + 0.5)
    assert found.latitude == pytest.approx(middle[0], abs=1e-9)
    if middle[1] is not None:
        assert abs(found.longitude) == pytest.approx(middle[1], abs=1e-9)
    assert found.height == pytest.approx(middle[2])


def test_moved_by_a_lever_arm_at_the_antimeridian():
    latitude, longitude, height = moved((0, 180 - 1e-6, 0), (0, 1.0, -2.0))
    assert longitude == pytest.approx(-180 + 1 / 111_319.49 - 1e-6, abs=1e-9)
    assert (latitude, height) == (pytest.approx(0), pytest.approx(2, abs=1e-6))


@pytest.mark.parametrize(('at', 'words'), [
    (-0.201, 'before the first fix'), (10.201, '0.201 s after the last fix'),
    (nan, 'time is not known')])
def test_never_extrapolated_further_than_its_age(at, words):
    with pytest.raises(Untagged, match=words):
        straight().position(START + at)


@pytest.mark.parametrize('at', [-0.2, -0.1, 0.0, 10.0, 10.2])
def test_extrapolated_at_the_last_velocity(at):
    found = geotag(shot(START + at), straight())
    point = earth(10, 20, 100) + 30 * at * ground(10, 20)[0]
    assert distance(found, point)[0] < 1e-3


def test_gap_is_not_bridged():
    whole = straight()._fixes
    track = Track(whole[:4] + whole[7:], height_kind=ELLIPSOID)
    with pytest.raises(Untagged, match='in a gap of 4.000 s between two fixes'):
        track.position(START + 5)
    for at in (3.15, 6.85):  # but what is near enough is
        assert track.position(START + at)
    assert Track(whole[:4] + whole[7:], height_kind=ELLIPSOID, max_gap=4).position(START + 5)


@pytest.mark.parametrize(('fields', 'reason'), [
    ({'latitude': nan}, 'not a number'), ({'height': inf}, 'not a number'),
    ({'time': nan}, 'not a number'), ({'latitude': 91}, 'out of range'),
    ({'longitude': -180.1}, 'out of range'), ({'latitude': 0, 'longitude': 0}, 'at 0/0'),
    ({'latitude': 10.01}, 'faster than 100 m/s'), ({'time': START + 4}, 'repeat a time'),
    ({'height': 900}, 'faster than 100 m/s')])
def test_bad_fix_is_dropped_and_makes_no_position(fields, reason):
    fixes = list(straight()._fixes)
    fixes[5] = replace(fixes[5], **fields)
    track = Track(fixes, height_kind=ELLIPSOID)
    assert track.dropped == {reason: 1}
    for t in (4.5, 5.0, 5.5):  # a gap of two seconds, which is bridged
        found = geotag(shot(START + t), track)
        assert distance(found, earth(10, 20, 100) + 30 * t * ground(10, 20)[0])[0] < 1e-3
    with pytest.raises(Untagged, match=f'gap of 2.000 s.*dropped: 1 {reason}'):
        Track(fixes, height_kind=ELLIPSOID, max_gap=1.5).position(START + 5)


def test_places_that_jump_away_and_back_are_none():
    fixes = [replace(fix, latitude=fix.latitude + 0.5) if 3 <= n <= 5 else fix
             for n, fix in enumerate(straight()._fixes)]
    for first in (0, 3):  # also a track that begins with them
        track = Track(fixes[first:], height_kind=ELLIPSOID)
        assert track.dropped == {'faster than 100 m/s': 3}
        for t in (3.0, 4.5, 5.0):
            with pytest.raises(Untagged):
                track.position(START + t)
        assert track.position(START + 6.5)


def test_the_next_place_has_to_be_in_reach_and_not_the_one_after_it():
    """The last of the shorter run is 160 m from the next fix, and 190 m from the one after."""
    north = ground(10, 20)[0]
    metres = [0, 30, 60, 90, -10, 150, 180, 210, 240, 270, 300]
    track = Track([Fix(START + t, *geodetic(tuple(earth(10, 20, 100) + way * north)))
                   for t, way in enumerate(metres)], height_kind=ELLIPSOID)
    assert track.dropped == {'faster than 100 m/s': 5}


def test_time_that_goes_back_makes_its_period_doubtful():
    fixes = straight()._fixes
    again = [replace(fix, time=fix.time - 4) for fix in fixes[8:]]
    track = Track(fixes[:8] + again, height_kind=ELLIPSOID)
    for t in (4.0, 5.5, 7.0):
        with pytest.raises(Untagged, match='goes back by 3.000 s there'):
            track.position(START + t)
    assert track.position(START + 3.5)
    assert track.dropped == {'go back in time': 3}


def test_shots_without_a_picture_or_a_stamp():
    for state, words in NO_PICTURE.items():
        with pytest.raises(Untagged, match=f'{words}: no film'):
            geotag(shot(state=state, message='no film'), straight())
    for stamp in (None, nan):
        with pytest.raises(Untagged, match='time of its exposure is not known'):
            geotag(shot(stamp), straight())


def test_a_gap_as_long_as_allowed_is_bridged_whatever_the_rounding():
    for start in np.arange(START, START + 1, 0.1):
        one, two = straight()._fixes[:2]
        track = Track([replace(one, time=start), replace(two, time=start + 2.0)],
                      height_kind=ELLIPSOID)
        assert track.position(start + 1) and track.position(start + 2.2)


def test_a_quaternion_that_is_a_little_long_makes_no_longer_lever_arm():
    attitudes = [Attitude(START + t, tuple(1.009 * x for x in from_angles(30, 5, 5)))
                 for t in range(11)]
    plain, arm = (geotag(shot(START + 5), Track(straight()._fixes, attitudes,
                                                height_kind=ELLIPSOID), mounting)
                  for mounting in (Mounting(), Mounting((6, 0, 8))))
    assert np.hypot(*distance(arm, earth(plain.latitude, plain.longitude, plain.height))) == (
        pytest.approx(10, abs=1e-4))


def test_one_line_too_early_makes_a_short_doubt():
    fixes = straight()._fixes
    track = Track([*fixes[:5], fixes[6], fixes[5], *fixes[7:]], height_kind=ELLIPSOID)
    assert track.dropped == {'go back in time': 1}
    assert track.position(START + 4.9) and track.position(START + 6.1)
    with pytest.raises(Untagged, match='goes back by 1.000 s there'):
        track.position(START + 5.5)


def test_a_single_fix_before_a_jump_counts():
    fixes = list(straight()._fixes)
    fixes[1] = replace(fixes[1], latitude=11)
    assert Track(fixes, height_kind=ELLIPSOID).position(START + 0.5)


def test_attitudes_that_are_none():
    level = from_angles(10, 0, 0)
    fixes = straight()._fixes
    track = Track(fixes, [Attitude(START, level), Attitude(START + 0.5, (nan,) * 4),
                          Attitude(START + 0.6, (0.0,) * 4), Attitude(START + 0.1, level),
                          Attitude(START + 1, level)], height_kind=MEAN_SEA_LEVEL)
    assert track.dropped == {'not a number': 1, 'without a rotation': 1}
    assert geotag(shot(START + 0.7), track).yaw == 10
    with pytest.raises(Untagged, match='after the last attitude'):
        geotag(shot(START + 5), track)
    with pytest.raises(Untagged, match='no usable fix'):
        geotag(shot(START + 0.7), Track([], [Attitude(START, level)], height_kind=ELLIPSOID))
    with pytest.raises(Untagged, match='a lever arm needs the attitude'):
        geotag(shot(START + 0.7), straight(), Mounting((0, 0, 0.1)))
    with pytest.raises(ValueError, match="heights over 'geoid'"):
        Track(fixes, height_kind='geoid')


def test_forward_looking_camera():
    """A boresight with a pitch of 90 degrees: yaw is where it looks."""
    track = Track(straight()._fixes, [Attitude(START + t, from_angles(30, 0, 0))
                                      for t in range(11)], height_kind=ELLIPSOID)
    found = geotag(shot(START + 5), track, Mounting(boresight=(0, 90, 0)))
    assert (found.yaw, found.pitch, found.roll) == (pytest.approx(30), 90, 0)


def test_a_full_turn_is_none():
    track = Track(straight()._fixes, [Attitude(START + t, from_angles(359.99996, 1, 0))
                                      for t in range(11)], height_kind=ELLIPSOID)
    found = geotag(shot(START + 5), track)
    assert (found.yaw, found.course) == (0, 0)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations in other optical states, held against a scene that a pin-hole camera sees."""

from dataclasses import replace
import re

from hypothesis import assume, given
from hypothesis import strategies as st
import numpy as np
from PIL import Image
import pytest

from camera_driver.model import OpticalState
from camera_driver.pictures.calibration import (
    Calibrated, dump_all, Intrinsics, MOST_BYTES, MOST_CALIBRATIONS, parse, parse_all)
from camera_driver.pictures.optics import applied, told

WIDTH, HEIGHT = 1280, 720
R = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
FULL = Intrinsics(
    WIDTH, HEIGHT, 'plumb_bob', (-0.2, 0.05, 0.001, -0.002, 0.01),
    (1000.0, 0.0, 630.0, 0.0, 1010.0, 350.0, 0.0, 0.0, 1.0), R,
    (980.0, 0.0, 628.0, -50.0, 0.0, 985.0, 352.0, 0.0, 0.0, 0.0, 1.0, 0.0))
WIDE = OpticalState(focal_length=8.0)
ends = st.tuples(st.floats(0.0, 0.95), st.floats(0.05, 1.0)).map(
    lambda pair: (pair[0], pair[0] + pair[1] * (1 - pair[0])))
regions = st.tuples(ends, ends).map(lambda both: (both[0][0], both[1][0], both[0][1], both[1][1]))
points = st.lists(st.tuples(st.floats(-3, 3), st.floats(-2, 2), st.floats(4, 20)), min_size=1,
                  max_size=9).map(np.array)


def project(found, scene):
    """Return where points of the world are in a picture: (points, 2) pixels."""
    x, y = scene[:, 0] / scene[:, 2], scene[:, 1] / scene[:, 2]
    k1, k2, p1, p2, k3 = found.d
    r = x * x + y * y
    radial = 1 + k1 * r + k2 * r ** 2 + k3 * r ** 3
    bent = np.stack([x * radial + 2 * p1 * x * y + p2 * (r + 2 * x * x),
                     y * radial + p1 * (r + 2 * y * y) + 2 * p2 * x * y, np.ones_like(x)])
    return (np.reshape(found.k, (3, 3)) @ bent)[:2].T


def rectified(found, scene):
    """Return where points of the world are in the rectified picture: (points, 2) pixels."""
    seen = np.vstack([np.reshape(found.r, (3, 3)) @ scene.T, np.ones(len(scene))])
    seen = np.reshape(found.p, (3, 4)) @ seen
    return (seen[:2] / seen[2]).T


def shown(pixels, region, zoom, size):
    """Return where pixels of the full picture are in what is shown of it, at another size."""
    place = (pixels + 0.5) / (WIDTH, HEIGHT)  # 0 to 1 from edge to edge
    place = 0.5 + zoom * (place - 0.5)
    start, end = np.array(region[:2]), np.array(region[2:])
    return (place - start) / (end - start) * size - 0.5


@given(points, regions, st.floats(1.0, 8.0))
def test_known_scene_in_any_region_and_zoom(scene, region, zoom):
    found = applied([Calibrated(FULL)], OpticalState(region, zoom), WIDTH, HEIGHT)
    for see in (project, rectified):
        expected = shown(see(FULL, scene), region, zoom, (WIDTH, HEIGHT))
        assert np.allclose(see(found, scene), expected, rtol=1e-6, atol=1e-3)
    assert (found.width, found.height, found.d, found.r) == (WIDTH, HEIGHT, FULL.d, FULL.r)


@given(points, regions, regions, st.floats(1.0, 4.0))
def test_calibration_made_of_a_part(scene, made, inside, zoom):
    part = applied([Calibrated(FULL)], OpticalState(made), WIDTH, HEIGHT)
    left, top, right, bottom = made
    region = tuple(start + end * (stop - start) for start, stop, end in (
        (left, right, inside[0]), (top, bottom, inside[1]),
        (left, right, inside[2]), (top, bottom, inside[3])))
    direct = applied([Calibrated(FULL)], OpticalState(region), WIDTH, HEIGHT)
    found = applied([Calibrated(part, OpticalState(made, focal_length=None))],
                    OpticalState(region), WIDTH, HEIGHT)
    assert np.allclose(project(found, scene), project(direct, scene), rtol=1e-6, atol=1e-3)


@given(points, st.integers(1, 6), st.integers(0, 500), st.integers(0, 300),
       st.integers(200, 700), st.integers(100, 400))
def test_pixels_of_a_sensor_cut_and_binned(scene, binning, x, y, width, height):
    # A picture that is not brought to another size: so many pixels of the sensor, binned.
    width, height = width // binning, height // binning
    region = (x / WIDTH, y / HEIGHT, (x + binning * width) / WIDTH,
              (y + binning * height) / HEIGHT)
    found = applied([Calibrated(FULL)], OpticalState(region, binning=binning), width, height)
    expected = (project(FULL, scene) - (x, y) + 0.5) / binning - 0.5
    assert np.allclose(project(found, scene), expected, rtol=1e-9, atol=1e-6)
    assert (found.width, found.height) == (width, height)


def test_sensor_of_odd_size_binned():
    odd = FULL._replace(width=1281)
    found = applied([Calibrated(odd)], OpticalState(binning=2), 640, 360)
    assert found.k[0] == 500.0 and found.k[2] == 314.75
    assert isinstance(applied([Calibrated(odd)], OpticalState(binning=2), 638, 360), str)


def grid_picture():
    """Return points on a plane, and the picture that the full camera takes of them: spots."""
    across, down = np.meshgrid(np.arange(-15, 16), np.arange(-8, 9))
    scene = np.stack([across.ravel() * 0.4, down.ravel() * 0.4, np.full(across.size, 10.0)]).T
    picture = np.zeros((HEIGHT, WIDTH))
    for u, v in project(FULL, scene):
        left, top = max(0, round(u) - 15), max(0, round(v) - 15)
        y, x = np.mgrid[top:min(HEIGHT, top + 31), left:min(WIDTH, left + 31)]
        picture[top:top + 31, left:left + 31] += 250 * np.exp(
            -((x - u) ** 2 + (y - v) ** 2) / 18)
    return scene, Image.fromarray(np.clip(picture, 0, 255).round().astype(np.uint8))


def test_picture_of_a_grid_is_reprojected():
    scene, picture = grid_picture()
    for region, zoom, size in (
            ((0.0, 0.0, 1.0, 1.0), 1.0, (WIDTH, HEIGHT)),
            ((0.41, 0.3, 0.59, 0.48), 1.0, (WIDTH, HEIGHT)),  # 5.55 times as large
            ((0.1234, 0.5678, 0.6234, 0.9678), 1.0, (WIDTH, HEIGHT)),  # of other proportions
            ((0.0, 0.0, 1.0, 1.0), 3.0, (WIDTH, HEIGHT)),
            ((0.25, 0.0, 1.0, 0.75), 1.0, (960, 540))):  # cut, and as large as it was
        ends = [0.5 + (end - 0.5) / zoom for end in region]
        box = [end * side for end, side in zip(ends, (WIDTH, HEIGHT, WIDTH, HEIGHT))]
        seen = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box), dtype=float)
        found = applied([Calibrated(FULL)], OpticalState(region, zoom), *size)
        scale = found.k[0] / FULL.k[0]
        half = round(15 * scale)  # of a window around a spot
        hits = 0
        for u, v in project(found, scene):
            left, top = round(u) - half, round(v) - half
            if left < 0 or top < 0 or round(u) + half >= size[0] or round(v) + half >= size[1]:
                continue
            window = seen[top:top + 2 * half + 1, left:left + 2 * half + 1]
            y, x = np.mgrid[top:top + 2 * half + 1, left:left + 2 * half + 1]
            middle = np.array([(x * window).sum(), (y * window).sum()]) / window.sum()
            assert np.hypot(*(middle - (u, v))) < 0.5, (region, u, v)
            hits += 1
        assert hits >= 8


def test_same_state_gives_the_same_numbers():
    assert applied([Calibrated(FULL)], OpticalState(), WIDTH, HEIGHT) is FULL
    part = OpticalState((0.1, 0.2, 0.3, 0.4), 1.7, focal_length=None)
    found = applied([Calibrated(FULL, part)], replace(part, focal_length=0.0), WIDTH, HEIGHT)
    assert found is FULL
    assert applied([], OpticalState(), WIDTH, HEIGHT) == ''


@pytest.mark.parametrize('made, state, size, why', [
    ({}, {}, (640, 360), 'for 1280 x 720 pixels and the image has 640 x 360'),
    ({}, {'region': None}, (1280, 720), 'shown is not known of this image.*fixed: true'),
    ({}, {'digital_zoom': None}, (1280, 720), 'digital zoom is not known of this image'),
    ({}, {'binning': None}, (1280, 720), 'binning is not known of this image'),
    ({}, {'focal_length': None}, (1280, 720), 'focal length is not known of this image'),
    ({}, {'focal_length': 8.0}, (1280, 720), 'does not say for which .* and it was 8 mm'),
    ({'focal_length': 8.0}, {}, (1280, 720), 'of 8 mm, and the camera does not tell its own'),
    ({'focal_length': 8.0}, {'focal_length': 8.1}, (1280, 720), 'of 8 mm, and it was 8.1 mm'),
    ({'region': None}, {}, (1280, 720), 'shown was not known when it was made.*region: ..'),
    ({'digital_zoom': None}, {}, (1280, 720), 'digital zoom was not known when it was made'),
    ({'region': (0.0, 0.0, 0.5, 0.5)}, {}, (1280, 720), 'there is more in this one'),
    ({'digital_zoom': 2.0}, {'digital_zoom': 1.9}, (1280, 720), 'there is more in this one'),
    ({'region': (0.0, 0.2, 1.0, 1.0)}, {}, (1280, 720), 'there is more in this one'),
    ({'region': (0.2, 0.0, 1.0, 1.0)}, {}, (1280, 720), 'there is more in this one'),
    ({'region': (0.0, 0.0, 0.8, 1.0)}, {}, (1280, 720), 'there is more in this one'),
    ({'region': (0.0, 0.0, 1.0, 0.8)}, {}, (1280, 720), 'there is more in this one'),
    ({}, {'binning': 2.0}, (640, 480), 'not known whether that was scaled or cut'),
    ({}, {'region': (0.0, 0.0, 0.5, 0.5)}, (320, 180), 'scaled or cut')])
def test_reasons(made, state, size, why):
    known = [Calibrated(FULL, OpticalState(**{'focal_length': None, **made}))]
    reason = applied(known, OpticalState(**state), *size)
    assert isinstance(reason, str) and re.search(why, reason)


def test_reason_of_the_main_calibration_is_told():
    small = Calibrated(FULL._replace(width=64, height=36))
    assert 'for 64 x 36 pixels' in applied([small, Calibrated(FULL)], OpticalState(), 640, 360)


@pytest.mark.parametrize('state, words', [
    (OpticalState(), {}),
    (OpticalState(focal_length=8.1), {'focal length [mm]': '8.1'}),
    (OpticalState((0.25, 1 / 3, 0.5, 0.75), 2.0, 4.0, None), {
        'region (left, top, right, bottom; 0 to 1)': '0.25, 0.333333, 0.5, 0.75',
        'digital zoom': '2', 'binning': '4', 'focal length [mm]': 'not known'}),
    (OpticalState(None), {'region (left, top, right, bottom; 0 to 1)': 'not known'})])
def test_a_state_in_words(state, words):
    assert told(state) == words


def test_what_never_changes_need_not_be_told():
    known = [Calibrated(FULL, fixed=True)]
    nothing = OpticalState(None, None, None, None)
    assert applied(known, nothing, WIDTH, HEIGHT) is FULL
    assert 'does not say for which' in applied(
        known, OpticalState(focal_length=8.0), WIDTH, HEIGHT)
    assert applied([Calibrated(FULL, WIDE, fixed=True)], nothing, WIDTH, HEIGHT) is FULL
    two = [Calibrated(FULL, WIDE, fixed=True), zoomed(16.0)]
    assert 'focal length is not known' in applied(two, nothing, WIDTH, HEIGHT)
    assert applied(two, WIDE, WIDTH, HEIGHT) is FULL
    told = OpticalState((0.0, 0.0, 0.5, 0.5), focal_length=None)  # what is told counts
    assert applied(known, told, WIDTH, HEIGHT).k[0] == 2000.0
    assert '640 x 360' in applied(known, OpticalState(), 640, 360)


def zoomed(focal_length, **changes):
    scale = focal_length / 8.0
    k = (scale * 1000, 0.0, 630.0 + scale, 0.0, scale * 1010, 350.0, 0.0, 0.0, 1.0)
    p = (scale * 980, 0.0, 628.0, 0.0, 0.0, scale * 985, 352.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    d = tuple(one / scale for one in FULL.d)
    return Calibrated(FULL._replace(k=k, p=p, d=d, **changes),
                      OpticalState(focal_length=focal_length))


@given(st.floats(8.0, 32.0), regions)
def test_focal_lengths_between(focal_length, region):
    known = [zoomed(16.0), zoomed(8.0), zoomed(32.0)]
    state = OpticalState(region, focal_length=focal_length)
    assume(all(abs(focal_length - one) > 0.06 for one in (8, 16, 32)))
    found = applied(known, state, WIDTH, HEIGHT)
    expected = zoomed(focal_length).intrinsics
    width = region[2] - region[0]
    assert found.k[0] == pytest.approx(expected.k[0] / width)
    assert (found.k[2] + 0.5) * width + region[0] * WIDTH == pytest.approx(expected.k[2] + 0.5)
    assert found.p[5] == pytest.approx(expected.p[5] / (region[3] - region[1]))
    low, high = ((known[1], known[0]) if focal_length < 16 else (known[0], known[2]))
    assert min(low.intrinsics.d[0], high.intrinsics.d[0]) <= found.d[0] <= max(
        low.intrinsics.d[0], high.intrinsics.d[0])


def test_focal_lengths_at_the_ends_and_beyond():
    known = [zoomed(16.0), zoomed(8.0)]
    for focal_length in (8.0, 16.0, 7.96, 16.04):
        found = applied(known, replace(WIDE, focal_length=focal_length), WIDTH, HEIGHT)
        assert found is known[focal_length < 10].intrinsics
    for focal_length in (7.0, 17.0):
        reason = applied(known, replace(WIDE, focal_length=focal_length), WIDTH, HEIGHT)
        assert f'of 8, 16 mm, and it was {focal_length:g} mm' in reason


@pytest.mark.parametrize('changes', [
    {'distortion_model': 'equidistant'}, {'d': (0.1, 0.2)}, {'r': (0.0, *R[1:])}])
def test_unlike_calibrations_are_not_mixed(changes):
    known = [zoomed(8.0), Calibrated(zoomed(16.0).intrinsics._replace(**changes),
                                     OpticalState(focal_length=16.0))]
    assert 'cannot be interpolated' in applied(
        known, OpticalState(focal_length=12.0), WIDTH, HEIGHT)


def test_the_first_of_those_that_fit():
    small = FULL._replace(width=640, height=360)
    newer = FULL._replace(d=(0.0,) * 5)
    known = [Calibrated(small), Calibrated(newer), Calibrated(FULL)]
    assert applied(known, OpticalState(), WIDTH, HEIGHT) is newer
    assert applied(known, OpticalState(), 640, 360) is small


# Files.

values = st.one_of(st.none(), st.floats(0.01, 1000.0))
states = st.builds(OpticalState, st.one_of(st.none(), regions), values, values, values)


@given(st.lists(st.tuples(states, st.booleans()), min_size=1, max_size=3))
def test_files_keep_the_state(made):
    long = FULL._replace(d=tuple(n / 7e5 for n in range(14)))
    known = [Calibrated(long, state, fixed) for state, fixed in made]
    assume(all(not one.fixed or None not in (
        one.state.region, one.state.digital_zoom, one.state.binning) for one in known))
    text = dump_all(known, 'front')
    found = parse_all(text)
    assert [(one.state, one.fixed) for one in found] == [(one.state, one.fixed) for one in known]
    assert all(tuple(one.intrinsics.d) == long.d for one in found)
    assert parse(text) == found[0].intrinsics


def test_file_of_others_stays_as_it_is():
    assert 'optical_state' not in dump_all([Calibrated(FULL)], 'front')
    plain, = parse_all(dump_all([Calibrated(FULL, OpticalState())], 'front'))
    assert plain.state == OpticalState(focal_length=None) and not plain.fixed


def test_a_file_is_full_at_some_time():
    long = FULL._replace(d=tuple(n / 7e5 for n in range(14)))
    one = Calibrated(long, OpticalState((1 / 7, 1 / 7, 6 / 7, 6 / 7), 1 / 7, 1 / 7, 1 / 7))
    with pytest.raises(ValueError, match='16 calibrations of this camera already'):
        dump_all((MOST_CALIBRATIONS + 1) * [one], 'front')
    text = dump_all(MOST_CALIBRATIONS * [one], 'front')
    assert len(text) < MOST_BYTES / 2
    assert parse_all(text) == MOST_CALIBRATIONS * [
        one._replace(intrinsics=parse(text))]
    end = text.index('- image_width')
    with pytest.raises(ValueError, match='more than'):
        parse_all(text + text[end:])


@pytest.mark.parametrize('keys, why', [
    ('optical_state: fixed', 'optical_state is not of the form'),
    ('optical_state: {zoom: 2}', "optical_state has 'zoom'; there are region, digital_zoom"),
    ('optical_state: {region: [0, 0, 1]}', 'region of optical_state is not'),
    ('optical_state: {region: [0, 0, 1, 0]}', 'region of optical_state is not'),
    ('optical_state: {region: [0, 0, 2, 1]}', 'region of optical_state is not'),
    ('optical_state: {region: [0.5, 0, 0.5000001, 1]}', 'region of optical_state is not'),
    ('optical_state: {region: all}', 'region of optical_state is not'),
    ('optical_state: {digital_zoom: 0}', "digital_zoom of optical_state is '0' and should be"),
    ('optical_state: {binning: -1}', "binning of optical_state is '-1' and should be"),
    ('optical_state: {focal_length: 8 mm}', "focal_length of optical_state is '8 mm' and"),
    ('optical_state: {focal_length: 1e400}', 'focal_length of optical_state'),
    ('optical_state: {focal_length: [8]}', 'focal_length of optical_state'),
    ('optical_state: {fixed: 1}', 'fixed of optical_state is neither true nor false'),
    ('optical_state: {fixed: true, region: unknown}', 'what is fixed is not unknown'),
    ('more_calibrations: 1', 'more_calibrations is not a list'),
    ('more_calibrations: [1]', 'more_calibrations is not a list'),
    ('more_calibrations: [{image_width: 1}]', 'image_height is None')])
def test_wrong_keys_are_said(keys, why):
    with pytest.raises(ValueError, match=why) as caught:
        parse_all(dump_all([Calibrated(FULL)], 'front') + keys)
    assert len(str(caught.value)) < 300

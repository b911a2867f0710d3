# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Live view regions: REP-104 rectangles to centre and scale, and back (ix_link.md 4.1)."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from camera_driver.devices.ix_link.region import (
    check, part_of, region_for, roi_of, WHOLE, within)
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.model import LiveViewRegion, OpticalState, RegionOfInterest
from camera_driver.pictures.calibration import Calibrated, Intrinsics
from camera_driver.pictures.image import resized
from camera_driver.pictures.optics import applied
from camera_driver.sim.video import draw

SIZE = 14204, 10652


def test_the_whole_sensor():
    assert region_for(RegionOfInterest(), *SIZE) == WHOLE == LiveViewRegion(128, 128, 100)
    assert region_for(RegionOfInterest(0, 0, *SIZE), *SIZE) == WHOLE
    assert roi_of(WHOLE, *SIZE) == RegionOfInterest(0, 0, *SIZE)


@pytest.mark.parametrize('region, roi', [
    ((128, 128, 50), (250, 250, 500, 500)),
    ((1, 255, 10), (0, 0, 100, 100)),  # y grows upwards: the upper left corner, moved inwards
    ((255, 255, 10), (900, 0, 100, 100)),
    ((1, 1, 10), (0, 900, 100, 100)),
    ((1, 255, 100), (0, 0, 1000, 1000)),
])
def test_where_a_region_is(region, roi):
    assert roi_of(LiveViewRegion(*region), 1000, 1000) == RegionOfInterest(*roi)


@pytest.mark.parametrize('roi', [
    (250, 250, 500, 500), (0, 0, 100, 100), (900, 0, 100, 100), (900, 900, 100, 100)])
def test_the_smallest_region_is_taken(roi):
    region = region_for(RegionOfInterest(*roi), 1000, 1000)
    assert region.scale <= roi[2] // 10 + 1
    shown = roi_of(region, 1000, 1000)
    assert shown.width == shown.height == 10 * region.scale


def rectangles(size):
    return st.tuples(st.integers(0, size - 1), st.integers(1, size)).map(
        lambda pair: (pair[0], min(pair[1], size - pair[0])))


@given(st.integers(1, 20000), st.integers(1, 20000), st.data())
def test_all_that_was_wanted_is_shown(width, height, data):
    x, across = data.draw(rectangles(width))
    y, down = data.draw(rectangles(height))
    region = region_for(RegionOfInterest(x, y, across, down), width, height)
    check(region)
    shown = roi_of(region, width, height)
    assert 0 <= shown.x_offset <= x and x + across <= shown.x_offset + shown.width <= width
    assert 0 <= shown.y_offset <= y and y + down <= shown.y_offset + shown.height <= height
    # No more than the quantised centre and scale cost: 1 % and 1/127 of the sensor, and a pixel.
    assert (shown.width <= max(across / width, down / height) * width + 0.03 * width + 2)
    # What is shown is attained: asking for it needs no more than that.
    again = roi_of(region_for(shown, width, height), width, height)
    assert again.width * again.height >= shown.width * shown.height


@pytest.mark.parametrize('roi', [
    (-1, 0, 10, 10), (0, -1, 10, 10), (0, 0, 0, 10), (0, 0, 10, 0), (0, 0, 101, 10),
    (95, 0, 10, 10), (0, 45, 10, 10), (5, 5, 0, 0)])
def test_not_within_the_sensor(roi):
    with pytest.raises(ValueError, match='not within the sensor, which has 100 x 50'):
        region_for(RegionOfInterest(*roi), 100, 50)


@pytest.mark.parametrize('region, name', [
    ((0, 1, 1), 'center_x'), ((256, 1, 1), 'center_x'), ((1, 0, 1), 'center_y'),
    ((1, 1, 0), 'scale'), ((1, 1, 101), 'scale'), ((1.5, 1, 1), 'center_x')])
def test_no_region(region, name):
    with pytest.raises(ValueError, match=f'{name}: .*; allowed: 1 to'):
        check(LiveViewRegion(*region))


regions = st.builds(LiveViewRegion, st.integers(1, 255), st.integers(1, 255), st.integers(1, 100))


@given(regions, st.integers(1, 20000), st.integers(1, 20000))
def test_what_is_shown_exactly(region, width, height):
    left, top, right, bottom = part_of(region)
    assert right - left == pytest.approx(region.scale / 100)
    assert bottom - top == pytest.approx(region.scale / 100)
    assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
    roi = roi_of(region, width, height)  # in whole pixels, all of which it touches
    assert (left * width, top * height) == pytest.approx((roi.x_offset, roi.y_offset), abs=1.001)
    assert (right * width, bottom * height) == pytest.approx(
        (roi.x_offset + roi.width, roi.y_offset + roi.height), abs=1.001)
    if within(region):
        assert (left + right) / 2 == pytest.approx((region.center_x - 1) / 254)
        assert (top + bottom) / 2 == pytest.approx((255 - region.center_y) / 254)


@pytest.mark.parametrize('region, inside', [
    ((128, 128, 100), True), ((128, 128, 18), True), ((64, 192, 49), True),
    ((64, 192, 50), False), ((1, 128, 1), False), ((128, 255, 10), False)])
def test_over_an_edge(region, inside):
    assert within(LiveViewRegion(*region)) is inside


@pytest.mark.parametrize('region', [(128, 128, 18), (60, 200, 30), (170, 90, 55)])
def test_pictures_show_what_the_camera_info_says(region):
    simulator = IxLinkSimulator()
    simulator.live_view = True
    whole = draw(simulator.video_signal(), 0.0).mean(axis=2)
    simulator.region = LiveViewRegion(*region)
    seen = draw(simulator.video_signal(), 0.0).mean(axis=2)
    calibration = Calibrated(Intrinsics(
        1280, 720, 'plumb_bob', (0.0,) * 5, (1000.0, 0, 640.0, 0, 1000.0, 360.0, 0, 0, 1.0),
        (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0),
        (1000.0, 0, 640.0, 0, 0, 1000.0, 360.0, 0, 0, 0, 1.0, 0)))
    found = applied([calibration], OpticalState(part_of(simulator.region)), 1280, 720)
    scale = found.k[0] / 1000.0
    assert scale == pytest.approx(100 / region[2])

    def expected(right, down):
        """Cut out of the whole picture what the intrinsics say, and so many pixels beside."""
        left = (-0.5 - right - found.k[2]) / scale + 640.5
        top = (-0.5 - down - found.k[5]) / scale + 360.5
        part = (left / 1280, top / 720, (left + 1280 / scale) / 1280, (top + 720 / scale) / 720)
        return resized(whole.round().astype(np.uint8), 1280, 720, part)

    middle = np.s_[120:600, 40:1240]  # without caption and mark
    errors = {(right, down): np.square(expected(right, down)[middle] - seen[middle]).mean()
              for right in (-2, -1, 0, 1, 2) for down in (-2, -1, 0, 1, 2)}
    assert min(errors, key=errors.get) == (0, 0)

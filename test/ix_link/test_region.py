# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Live view regions: REP-104 rectangles to centre and scale, and back (ix_link.md 4.1)."""

from hypothesis import given, strategies as st
import pytest

from camera_driver.devices.ix_link.region import check, region_for, roi_of, WHOLE
from camera_driver.model import LiveViewRegion, RegionOfInterest

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

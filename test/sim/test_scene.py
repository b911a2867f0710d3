# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Generated pictures: the same every time, different from each other, real JPEGs."""

from datetime import datetime

import numpy as np
import pytest

from camera_driver.pictures import image
from camera_driver.pictures.image import read_exif
from camera_driver.pictures.jpeg import jpeg_in
from camera_driver.sim import scene


@pytest.mark.parametrize(('width', 'height'), [(640, 480), (160, 120), (1000, 333), (48, 32)])
def test_any_size_and_always_the_same(width, height):
    first = scene.scene(7, width, height)
    assert first.shape == (height, width, 3) and first.dtype == np.uint8
    assert np.array_equal(first, scene.scene(7, width, height))


def test_pictures_differ_by_more_than_their_number():
    pictures = [scene.scene(number, 160, 120).astype(int) for number in range(1, 13)]
    for number, picture in enumerate(pictures):
        for other in pictures[:number]:
            assert np.abs(picture - other).mean() > 10


def test_exposure_makes_brighter_and_darker():
    means = [scene.scene(1, 160, 120, exposure).mean() for exposure in (-2, -1, 0, 1, 2)]
    assert means == sorted(means) and means[0] < 60 < 170 < means[-1]


def test_a_jpeg_is_what_a_camera_would_write():
    taken = datetime(2003, 1, 2, 3, 4, 5)
    data = scene.jpeg(2, 320, 240, taken, 'E-10')
    scene.jpeg.cache_clear()
    assert scene.jpeg(2, 320, 240, taken, 'E-10') == data
    checked = image.check(data, 'jpeg')
    assert (checked.width, checked.height, checked.mode) == (320, 240, 'RGB')
    exif = read_exif(data)
    assert (exif.taken, exif.model, exif.iso, exif.orientation) == (taken, 'E-10', 100, 1)
    assert exif.exposure_time == pytest.approx(1 / 240) and exif.f_number == 5.6
    head = data[:4 + int.from_bytes(data[4:6], 'big')]
    assert len(head) < 10500 and jpeg_in(head) == scene.thumbnail(2)


def test_the_memory_of_a_still_camera():
    stills = scene.stills()
    assert [still.number for still in stills] == [1, 2, 3, 4, 5]
    assert len({(still.width, still.height) for still in stills}) == 4
    sizes = [len(still.data) for still in stills]
    assert max(sizes) == pytest.approx(150_000, rel=0.05)
    assert sum(size > 64 * 2048 for size in sizes) == 2
    for still in stills:
        checked = image.check(still.data, 'jpeg')
        assert (checked.width, checked.height) == (still.width, still.height)
        assert read_exif(still.data).taken == still.taken
        small = image.check(still.thumbnail, 'jpeg')
        assert (small.width, small.height) == (160, 120) and len(still.thumbnail) < 10_000


def test_raw_colour_is_the_picture():
    data = scene.ycbcr422(3, 80, 60)
    small = image.resized(scene.scene(3, 320, 240), 80, 60).astype(int)
    seen = image.ycbcr422_to_rgb(data, 80, 60).astype(int)
    assert np.abs(seen - small).mean() < 6  # two pixels share a colour
    assert (data == scene.ycbcr422(3, 80, 60)) and data != scene.ycbcr422(4, 80, 60)

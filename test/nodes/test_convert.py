# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Between the driver's values and messages: units, unknowns, pixels, hostile text."""

from datetime import datetime
import math
import time

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

from camera_driver import msg
from camera_driver.model import Exposure, Range, StoredImage
from camera_driver.nodes import convert
from camera_driver.pictures.image import Checked


def test_exposure_there_and_back():
    exposure = Exposure(0.004, 2.8, 100.0, 'low')
    assert convert.exposure_request(convert.exposure_message(exposure)) == exposure


def test_what_the_device_does_not_say_is_nan():
    message = convert.exposure_message(Exposure(exposure_time=0))
    assert message.exposure_time == 0.0
    assert math.isnan(message.f_number) and math.isnan(message.iso)
    assert convert.exposure_request(message) == Exposure(0.0)
    assert convert.exposure_request(msg.Exposure(iso=math.nan)) == Exposure(0.0)


@pytest.mark.parametrize('value', [math.inf, -math.inf, -0.1])
def test_impossible_exposure_is_named(value):
    with pytest.raises(ValueError, match='iso'):
        convert.exposure_request(msg.Exposure(exposure_time=math.nan, iso=value))


def test_ranges():
    message, = convert.range_messages({'iso': Range(100, 400, values=(100, 200, 400))})
    assert (message.quantity, message.minimum, message.maximum) == ('iso', 100, 400)
    assert math.isnan(message.step)
    assert list(message.values) == [100, 200, 400]


def test_stored_image():
    image = StoredImage(3, 'P3.JPG', 'DCIM', 1234, None, datetime(2001, 2, 3, 4, 5, 6), True)
    message = convert.stored_image_message(image, True)
    assert (message.index, message.name, message.folder) == (3, 'P3.JPG', 'DCIM')
    assert (message.size, message.thumbnail_size) == (1234, -1)
    assert message.stamp.sec == 981173106  # 2001-02-03 04:05:06 UTC
    assert message.write_protected and message.downloaded


def test_stored_image_of_a_clock_in_local_time(monkeypatch):
    monkeypatch.setenv('TZ', 'XYZ-05:30')
    time.tzset()
    try:
        image = StoredImage(3, stamp=datetime(2001, 2, 3, 4, 5, 6), clock='local')
        message = convert.stored_image_message(image, True)
        assert message.stamp.sec == 981173106 - 5.5 * 3600
        for year in (1, 9999):
            image = StoredImage(3, stamp=datetime(year, 1, 1), clock='local')
            assert convert.stored_image_message(image, True).stamp.sec == 0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_hostile_text_and_dates_can_be_sent():
    image = StoredImage(1, 'a\0b\udcff', stamp=datetime(9999, 1, 1))
    message = convert.stored_image_message(image, False)
    again = deserialize_message(serialize_message(message), msg.StoredImage)
    assert again.name == 'ab?'
    assert again.stamp.sec == 0


@pytest.mark.parametrize('seconds', [0.0, 1.5, 1_800_000_000.25, 0.9999999999])
def test_time(seconds):
    assert convert.seconds(convert.time_message(seconds)) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize('shape, encoding, step', [
    ((3, 5, 3), 'rgb8', 15), ((3, 5), 'mono8', 5)])
def test_pixels(shape, encoding, step):
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    message = convert.image_message(pixels, Header(frame_id='lens'))
    assert (message.height, message.width, message.step) == (3, 5, step)
    assert (message.encoding, message.header.frame_id) == (encoding, 'lens')
    assert np.array_equal(np.frombuffer(message.data, np.uint8).reshape(shape), pixels)


def test_pixels_that_lie_scattered_in_memory():
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    message = convert.image_message(pixels[::-1, ::-1], Header())
    assert bytes(message.data) == pixels[::-1, ::-1].tobytes()


@pytest.mark.parametrize('mode, format_', [
    ('RGB', 'rgb8; jpeg compressed bgr8'), ('L', 'mono8; jpeg compressed mono8')])
def test_jpeg_untouched(mode, format_):
    data = bytes(range(256))
    message = convert.compressed_message(
        Checked('jpeg', 8, 8, mode, data=data), Header(frame_id='lens'))
    assert bytes(message.data) == data
    assert message.format == format_

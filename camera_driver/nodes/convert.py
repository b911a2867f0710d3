# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Between the driver's values and ROS messages; pure functions, both ways in one place.

Messages check no field by default, and an int in a float field goes out as garbage: every number
is converted explicitly.
"""

from array import array
from collections.abc import Mapping
from datetime import datetime, timezone
import math

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import KeyValue
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from sensor_msgs.msg import RegionOfInterest as RoiMessage
from std_msgs.msg import Header

from camera_driver import msg
from camera_driver.errors import options_of
from camera_driver.model import (
    Exposure, ImageFolder, Range, RegionOfInterest, SettingValue, StoredImage)
from camera_driver.pictures.image import Checked, Pixels

NANOSECONDS = 1_000_000_000
DOUBT = 'outcome unknown: '
"""Begins what is said where a field `outcome_unknown` is missing, e.g. of a parameter."""

ZONES = {'utc': 'UTC', 'local': 'local time'}  # what a camera's clock shows


def words(error: Exception) -> str:
    """Say an error in words; the options that would help against it are parameters here."""
    names = options_of(error)
    return str(error) + (f' (parameter{"s"[:len(names) - 1]} {", ".join(names)})' if names else '')


def number(value: float | None) -> float:
    """Return a float for a message; NaN = the device does not say."""
    return math.nan if value is None else float(value)


def count(value: int | None) -> int:
    """Return an int for a message; -1 = the device does not say."""
    return -1 if value is None else int(value)


def time_message(seconds: float) -> Time:
    """Convert ROS time in seconds."""
    return Time(**dict(zip(('sec', 'nanosec'), divmod(round(seconds * NANOSECONDS), NANOSECONDS))))


def seconds(time: Time) -> float:
    """Convert ROS time to seconds."""
    return float(time.sec + time.nanosec / NANOSECONDS)


def date_message(date: datetime | None, clock: str = 'utc') -> Time:
    """Convert what a clock showed, 'utc' or 'local'; 0 = none, or outside of what fits."""
    if date is None:
        return Time()
    try:
        stamp = int(date.replace(tzinfo=None if clock == 'local' else timezone.utc).timestamp())
    except (OverflowError, ValueError):  # local time, at the ends of the calendar
        return Time()
    return Time(sec=stamp) if 0 <= stamp < 2 ** 31 else Time()


def exposure_message(exposure: Exposure) -> msg.Exposure:
    """Convert exposure settings."""
    return msg.Exposure(
        exposure_time=number(exposure.exposure_time), f_number=number(exposure.f_number),
        iso=number(exposure.iso), aperture=exposure.aperture)


def exposure_request(message: msg.Exposure) -> Exposure:
    """
    Convert the exposure that somebody asks for; NaN, and an impossible f-number of 0, = leave.

    Raises ValueError that names the bad quantity.
    """
    values = {}
    for name in ('exposure_time', 'f_number', 'iso'):
        value = float(getattr(message, name))
        if math.isinf(value) or value < 0:
            raise ValueError(f'{name}: {value:g} is not allowed; NaN leaves it as it is')
        leave = math.isnan(value) or (name == 'f_number' and not value)
        values[name] = None if leave else value
    return Exposure(**values, aperture=str(message.aperture))


def range_messages(ranges: Mapping[str, Range]) -> list[msg.QuantityRange]:
    """Convert the values that the quantities of an exposure can take."""
    return [msg.QuantityRange(
        quantity=quantity, minimum=float(one.minimum), maximum=float(one.maximum),
        step=number(one.step), step_ev=number(one.step_ev),
        values=[float(value) for value in one.values])
        for quantity, one in ranges.items()]


def image_folder_message(folder: ImageFolder) -> msg.ImageFolder:
    """Convert one folder of the camera's memory."""
    return msg.ImageFolder(name=_text(folder.name), label=_text(folder.label),
                           first_index=int(folder.first_index or 0), images=int(folder.images))


def key_values(values: Mapping[str, SettingValue | None]) -> list[KeyValue]:
    """Convert what a device tells, by its own names."""
    return [KeyValue(key=name, value='' if value is None else
                     str(value).lower() if isinstance(value, bool) else _text(str(value)))
            for name, value in values.items()]


def roi_message(roi: RegionOfInterest) -> RoiMessage:
    """Convert a rectangle of the sensor."""
    return RoiMessage(x_offset=int(roi.x_offset), y_offset=int(roi.y_offset),
                      width=int(roi.width), height=int(roi.height))


def roi_request(message: RoiMessage) -> RegionOfInterest:
    """Convert the rectangle that somebody asks for. Raises ValueError for rectification."""
    if message.do_rectify:
        raise ValueError('roi: do_rectify is not possible here: nothing rectifies the pictures')
    return RegionOfInterest(message.x_offset, message.y_offset, message.width, message.height)


def stored_image_message(image: StoredImage, downloaded: bool) -> msg.StoredImage:
    """Convert one entry of the list of what is in the camera."""
    return msg.StoredImage(
        index=int(image.index), name=_text(image.name), folder=_text(image.folder),
        size=count(image.size), thumbnail_size=count(image.thumbnail_size),
        stamp=date_message(image.stamp, image.clock), write_protected=bool(image.write_protected),
        downloaded=bool(downloaded))


def image_message(pixels: Pixels, header: Header, colours: str = 'rgb8') -> Image:
    """
    Convert pixels: uint8, (height, width, 3) as `colours` or (height, width) as mono8.

    The data go in by one copy of their bytes; any other way is 10 to 600 times slower.
    """
    data = array('B')
    data.frombytes(np.ascontiguousarray(pixels).data.cast('B'))
    height, width = pixels.shape[:2]
    colour = pixels.ndim == 3
    message = Image(header=header, height=height, width=width,
                    encoding=colours if colour else 'mono8', is_bigendian=0,
                    step=width * (3 if colour else 1))
    message.data = data
    return message


def compressed_message(checked: Checked, header: Header, colours: str = 'rgb8'
                       ) -> CompressedImage:
    """
    Convert a JPEG or PNG, untouched.

    The transport's `format` names the encoding of the image that a subscriber gets, as
    `image_message` does (`colours`), and the one that its decoder makes, as
    compressed_image_transport's own publisher writes it (CompressedImage.msg).
    """
    content = array('B')
    content.frombytes(checked.data)
    message = CompressedImage(header=header)
    message.format = (f'mono8; {checked.format} compressed mono8' if checked.mode == 'L' else
                      f'{colours}; {checked.format} compressed bgr8')
    message.data = content
    return message


def _text(text: str) -> str:
    """Return a device's text as a string that the middleware takes: no NUL, no half characters."""
    return text.replace('\0', '').encode('utf-8', 'replace').decode()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What OpenCV does not tell of a V4L2 device, or set on it: who it is, and its television standard.

Numbers and layouts are those of linux/videodev2.h (V4L2 API of Linux 3.4 or later).
"""

from __future__ import annotations

from collections.abc import Mapping
import errno
import fcntl
import os
from pathlib import Path
import stat
import struct

from camera_driver.errors import VideoError

QUERYCAP, S_INPUT, S_STD = 0x80685600, 0xC0045627, 0x40085618
CAPABILITY = struct.Struct('16s32s32s3I12x')  # driver, card, bus, version, of all, of this node
CAPTURE = 0x1
OF_THIS_NODE = 0x80000000  # the last number says what this node of the device can

STANDARDS: Mapping[str, int] = {
    'pal': 0xFF, 'pal_m': 0x100, 'pal_n': 0x200, 'pal_60': 0x800, 'ntsc': 0xB000,
    'ntsc_j': 0x2000, 'secam': 0xFF0000}


def prepare(path: str, number: int | None, standard: str) -> str:
    """
    Select input and television standard of a frame grabber and return its name.

    `number` None and `standard` '' leave what is set. Raises VideoError that says what is wrong.
    """
    try:
        if not stat.S_ISCHR(os.stat(path).st_mode):
            raise VideoError(f'{path} is not a device')
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise VideoError(f'{path}: {_reason(error)}') from None
    try:
        data = bytearray(CAPABILITY.size)
        try:
            fcntl.ioctl(handle, QUERYCAP, data)
        except OSError:
            raise VideoError(f'{path} is not a video device') from None
        _, card, _, _, every, here = CAPABILITY.unpack(data)
        if not (here if every & OF_THIS_NODE else every) & CAPTURE:
            raise VideoError(f'{path} delivers no pictures: a device has several nodes, take '
                             f'another one{_devices()}')
        if number is not None:
            _set(handle, S_INPUT, struct.pack('i', number), f'{path}: video_input {number}')
        if standard:
            _set(handle, S_STD, struct.pack('Q', STANDARDS[standard]),
                 f'{path}: video_standard {standard}')
        return bytes(card).split(b'\0')[0].decode('utf-8', 'replace')
    finally:
        os.close(handle)


def _set(handle: int, request: int, value: bytes, what: str) -> None:
    try:
        fcntl.ioctl(handle, request, bytearray(value))
    except OSError as error:
        why = {errno.EINVAL: 'no such input or format', errno.ENOTTY: 'it has none to choose from',
               errno.ENODATA: 'this input has none', errno.EBUSY: 'another program uses it'}
        raise VideoError(f'{what}: {why.get(error.errno or 0, error.strerror)}') from None


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f'there is no such device; is it plugged in?{_devices()}'
    if error.errno == errno.EACCES:
        return 'no permission; is the user in the group video?'
    if error.errno == errno.EBUSY:
        return 'another program uses it'
    return str(error.strerror)


def _devices() -> str:
    """Name the devices that are there."""
    found = sorted(str(path) for path in Path('/dev/v4l/by-id').glob('*'))
    found = found or sorted(str(path) for path in Path('/dev').glob('video*'))
    return f' (there are: {", ".join(found[:8])})' if found else ' (there is none)'

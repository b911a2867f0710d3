# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exif data as bytes: where they lie in a picture, and how a picture gets them."""

from datetime import datetime
import re
import struct
from typing import NamedTuple

from camera_driver.errors import DamagedPicture
from camera_driver.pictures.jpeg import segments

APP1 = 0xe1
# TIFF 6.0, section 2; Exif 2.2, 4.6.
ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SIGNED_RATIONAL = 2, 3, 4, 5, 7, 10
SIZE = {ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, SIGNED_RATIONAL: 8}
NUMBER = {SHORT: 'H', LONG: 'I', RATIONAL: 'II', SIGNED_RATIONAL: 'ii'}
LONGEST_TEXT = 200

Entries = list[tuple[int, int, bytes | None]]     # tag, type, value; None: left out


class Exif(NamedTuple):
    """What matters of a picture's Exif data; None where it is missing or makes no sense."""

    taken: datetime | None = None           # local time of the camera, as written
    make: str | None = None
    model: str | None = None
    exposure_time: float | None = None      # s
    f_number: float | None = None
    iso: int | None = None
    orientation: int | None = None          # 1 ... 8 as in TIFF: 1 upright, 6 needs a turn right


def read_exif(data: bytes) -> Exif:
    """
    Return what a JPEG, the head of one, an Exif block or a TIFF says of itself; never raises.

    Early cameras write exposure time and f-number only as APEX values: these are converted.
    """
    tiff = _tiff_in(data) or b''
    order = '>' if tiff[:2] == b'MM' else '<'
    camera = _entries(tiff, order, struct.unpack(order + 'I', tiff[4:8].ljust(4, b'\0'))[0])
    pointer = camera.get(0x8769)
    shot = _entries(tiff, order, int(pointer)) if isinstance(pointer, float) else {}

    def number(value: float | str | None) -> float | None:
        return value if isinstance(value, float) and 0 < value < 1e6 else None

    def apex(value: float | str | None, sign: float) -> float | None:
        return 2 ** (sign * value) if isinstance(value, float) and abs(value) < 30 else None

    def text(value: float | str | None) -> str | None:
        return value if isinstance(value, str) and value else None

    iso, orientation = number(shot.get(0x8827)), number(camera.get(0x0112))
    return Exif(
        taken=_date(shot.get(0x9003)) or _date(shot.get(0x9004)) or _date(camera.get(0x0132)),
        make=text(camera.get(0x010f)), model=text(camera.get(0x0110)),
        exposure_time=number(shot.get(0x829a)) or apex(shot.get(0x9201), -1),
        f_number=number(shot.get(0x829d)) or apex(shot.get(0x9202), 0.5),
        iso=int(iso) if iso else None,
        orientation=int(orientation) if orientation and orientation <= 8 else None)


def exif_block(exif: Exif, thumbnail: bytes = b'') -> bytes:
    """
    Return the payload of an APP1 segment: the 'Exif' mark and a little-endian TIFF structure.

    :param thumbnail: a JPEG file, put into the second directory as cameras do; below 60 KB.
    """
    def rational(value: float | None) -> bytes | None:
        if value is None:
            return None
        if 0 < value < 0.3:     # as cameras write it: 1/250
            return struct.pack('<2I', 1, round(1 / value))
        return struct.pack('<2I', round(1000 * value), 1000)

    def text(value: str | None) -> bytes | None:
        return None if value is None else value.encode('ascii', 'replace') + b'\0'

    def short(value: int | None) -> bytes | None:
        return None if value is None else struct.pack('<H', value)

    taken = text(None if exif.taken is None else f'{exif.taken:%Y:%m:%d %H:%M:%S}')
    shot: Entries = [
        (0x829a, RATIONAL, rational(exif.exposure_time)),
        (0x829d, RATIONAL, rational(exif.f_number)),
        (0x8827, SHORT, short(exif.iso)),
        (0x9000, UNDEFINED, b'0210'),
        (0x9003, ASCII, taken)]
    camera: Entries = [
        (0x010f, ASCII, text(exif.make)),
        (0x0110, ASCII, text(exif.model)),
        (0x0112, SHORT, short(exif.orientation)),
        (0x0132, ASCII, taken)]
    pointer: Entries = [(0x8769, LONG, bytes(4))]
    shot_at = 8 + len(_directory(camera + pointer, 8))
    small_at = shot_at + len(_directory(shot, shot_at))
    small: Entries = [
        (0x0103, SHORT, short(6)),
        (0x0201, LONG, bytes(4)),
        (0x0202, LONG, struct.pack('<I', len(thumbnail)))]
    data_at = small_at + len(_directory(small, small_at))
    pointer = [(0x8769, LONG, struct.pack('<I', shot_at))]
    small[1] = (0x0201, LONG, struct.pack('<I', data_at))
    block = b'II*\0' + struct.pack('<I', 8) + _directory(
        camera + pointer, 8, small_at if thumbnail else 0) + _directory(shot, shot_at)
    if thumbnail:
        block += _directory(small, small_at) + thumbnail
    return b'Exif\0\0' + block


def _directory(entries: Entries, at: int, following: int = 0) -> bytes:
    """Return one TIFF directory for offset `at`, with its long values behind it."""
    given = [(tag, kind, value) for tag, kind, value in entries if value is not None]
    head, tail = struct.pack('<H', len(given)), b''
    behind = at + 2 + 12 * len(given) + 4
    for tag, kind, value in given:
        field = value.ljust(4, b'\0')
        if len(value) > 4:
            field = struct.pack('<I', behind + len(tail))
            tail += value + bytes(len(value) & 1)
        head += struct.pack('<HHI', tag, kind, len(value) // SIZE[kind]) + field
    return head + struct.pack('<I', following) + tail


def _tiff_in(data: bytes) -> bytes | None:
    """Return the TIFF structure with the Exif data of a JPEG, a head of one, or a TIFF."""
    if data[:4] in (b'II*\0', b'MM\0*'):
        return data
    if data[:6] == b'Exif\0\0':
        return data[6:]
    try:
        for segment in segments(data):
            if segment.marker == APP1 and segment.payload[:6] == b'Exif\0\0':
                return segment.payload[6:]
    except DamagedPicture:
        pass
    return None


def _entries(tiff: bytes, order: str, start: int) -> dict[int, float | str]:
    """Return the first value of each entry of a directory, as far as it is whole."""
    found: dict[int, float | str] = {}
    try:
        count, = struct.unpack_from(order + 'H', tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, values = struct.unpack_from(order + 'HHI', tiff, entry)
            where = entry + 8
            if SIZE.get(kind, 1) * values > 4:
                where, = struct.unpack_from(order + 'I', tiff, where)
            if kind == ASCII:
                raw = tiff[where:where + min(values, LONGEST_TEXT)].split(b'\0')[0]
                found[tag] = raw.decode('ascii', 'replace').strip()
            elif kind in NUMBER:
                value = struct.unpack_from(order + NUMBER[kind], tiff, where)
                if len(value) == 1 or value[1]:
                    found[tag] = value[0] / value[-1] if len(value) == 2 else float(value[0])
    except struct.error:
        pass    # the directory is cut off
    return found


def _date(value: float | str | None) -> datetime | None:
    if not isinstance(value, str):
        return None
    numbers = [int(n) for n in re.findall('[0-9]+', value)]
    try:
        return datetime(*numbers[:6]) if len(numbers) >= 6 else None     # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A geotag as EXIF and XMP in a JPEG, with every other byte as it was.

The TIFF block of the Exif data stays where it is, so that maker notes, whose own offsets nobody
knows, and the thumbnail keep their places: new directories (IFDs) are added behind it, and the
pointer to the first is changed. Exif 2.31 (CIPA DC-008), section 4.6; XMP part 1 and 3.

XMP is Pix4D's set: namespace with the slash at its end, prefix `Camera`, attributes of one
rdf:Description; readers differ in what else they find.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
import re
import struct
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from camera_driver.errors import DamagedPicture, NotSupported
from camera_driver.payload.geotag import Tag
from camera_driver.payload.lens import Lens
from camera_driver.payload.rig import Place
from camera_driver.payload.track import ELLIPSOID
from camera_driver.pictures import jpeg

EXIF, XMP = b'Exif\0\0', b'http://ns.adobe.com/xap/1.0/\0'
MOST = 0xffff - 2  # bytes in one segment
CAMERA = 'http://pix4d.com/camera/1.0/'

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
EXIF_IFD, GPS_IFD, VERSION = 0x8769, 0x8825, 0x9000
PLANE_RESOLUTION, PLANE_UNIT, MILLIMETRE = (0xa20e, 0xa20f), 0xa210, 4
SECOND = 10_000_000  # parts of an angle's second: 3 micrometres


class Entry(NamedTuple):
    """One entry of a directory; `data` in the file's byte order."""

    kind: int
    number: int  # of values
    data: bytes  # the value, or, of an entry that stays, the four bytes in its place


def tagged(data: bytes, tag: Tag, shot_id: str, rig: Place | None = None,
           lens: Lens | None = None) -> bytes:
    """
    Return a JPEG with a geotag; one that it has is replaced.

    :param shot_id: what the capture's identifier is made from, if the shot has no place in a rig.
    :param lens: its calibration, if that is to be in it.
    :raises DamagedPicture: it is no sound JPEG, or its Exif data make no sense.
    :raises NotSupported: they would not fit in a segment, or there is XMP that cannot be merged.
    """
    if data[:2] != b'\xff\xd8':
        raise NotSupported('only a JPEG can be given a geotag; the ledger has its position')
    jpeg.structure(data)
    found = list(jpeg.segments(data))
    old_exif = [one for one in found if _holds(one, EXIF)]
    old_xmp = [one for one in found if _holds(one, XMP)]
    for name, several in (('Exif', old_exif), ('XMP', old_xmp)):
        if len(several) > 1:
            raise NotSupported(f'the picture has {len(several)} segments of {name} data: which '
                               'counts is not clear; its copy gets no geotag')
    frame = next(one for one in found if one.marker in jpeg.FRAMES)
    height, width = struct.unpack('>HH', frame.payload[1:5])
    if lens and lens.size != (width, height):
        raise NotSupported('the calibration is of pictures of {} x {} pixels, this one has '
                           '{} x {}'.format(*lens.size, width, height))
    exif = _segment('Exif', EXIF + _exif(old_exif[0].payload[6:] if old_exif else b'', tag,
                                         width, height, lens))
    values = [*_camera(tag, shot_id, rig), *(lens.tags() if lens else ())]
    xmp = _segment('XMP', XMP + _xmp(old_xmp[0].payload[len(XMP):] if old_xmp else b'', values))
    # Behind what says that it is JFIF, which has to be the first.
    start = found[1].offset if found[0].marker == 0xe0 else 2
    at, behind = (old_exif[0].offset, old_exif[0].scan_offset) if old_exif else (start, start)
    place = (old_xmp[0].offset, old_xmp[0].scan_offset) if old_xmp else (behind, behind)
    # From the end, and of two at one place the second first.
    for begin, end, new in sorted([(*place, xmp), (at, behind, exif)], key=lambda one: -one[0]):
        data = data[:begin] + new + data[end:]
    return data


def _holds(segment: jpeg.Segment, name: bytes) -> bool:
    return segment.marker == jpeg.APP1 and segment.payload.startswith(name)


def _segment(name: str, payload: bytes) -> bytes:
    if len(payload) > MOST:
        raise NotSupported(f'the {name} data would be {len(payload)} bytes and a segment holds '
                           f'{MOST}: the picture gets no geotag; remove some of its {name} data')
    return b'\xff\xe1' + struct.pack('>H', len(payload) + 2) + payload


# The TIFF block.

def _exif(block: bytes, tag: Tag, width: int, height: int, lens: Lens | None) -> bytes:
    """Return the block with new directories behind it."""
    new = not block
    block = block or b'MM\0*\0\0\0\x08' + bytes(6)  # one directory without entries
    order = {b'II*\0': '<', b'MM\0*': '>'}.get(block[:4])
    if order is None or len(block) < 8:
        raise DamagedPicture('the Exif data are no TIFF block; the picture gets no geotag')
    first, following = _directory(block, order, struct.unpack(order + 'I', block[4:8])[0])
    inner: dict[int, Entry] = {}
    if EXIF_IFD in first:
        inner, _ = _directory(block, order, struct.unpack(order + 'I', first[EXIF_IFD].data)[0])
    make = _Maker(order)
    if new:
        first |= {0x011a: make.rational(72, 1), 0x011b: make.rational(72, 1),
                  0x0128: make.short(2), 0x0213: make.short(1)}
        inner |= {0x9101: make.undefined(b'\1\2\3\0'), 0xa000: make.undefined(b'0100'),
                  0xa001: make.short(1), 0xa002: make.long(width), 0xa003: make.long(height)}
    inner |= _times(make, tag)
    if lens:
        inner |= {number: make.decimal(value, 100_000) for number, value in
                  zip(PLANE_RESOLUTION, lens.resolution)} | {PLANE_UNIT: make.short(MILLIMETRE)}
    if VERSION not in inner or inner[VERSION].data < b'0231':
        inner[VERSION] = make.undefined(b'0231')  # in which these entries are

    block += bytes(len(block) % 2)
    at = len(block)
    for pointer, entries in ((EXIF_IFD, inner), (GPS_IFD, _gps(make, tag))):
        first[pointer] = make.long(at)
        written = _written(order, entries, at, 0)
        block, at = block + written, at + len(written)
    block += _written(order, first, at, following)
    return block[:4] + struct.pack(order + 'I', at) + block[8:]


def _directory(block: bytes, order: str, at: int) -> tuple[dict[int, Entry], int]:
    """Return the entries of a directory, and where the next one is."""
    try:
        count, = struct.unpack_from(order + 'H', block, at)
        entries = {}
        for number in range(count):
            tag, kind, many, value = struct.unpack_from(order + 'HHI4s', block,
                                                        at + 2 + 12 * number)
            entries[tag] = Entry(kind, many, value)
        following, = struct.unpack_from(order + 'I', block, at + 2 + 12 * count)
    except struct.error:
        raise DamagedPicture(f'the Exif data end inside of the directory at byte {at}; the '
                             'picture gets no geotag') from None
    return entries, following


def _written(order: str, entries: dict[int, Entry], at: int, following: int) -> bytes:
    """Return a directory for this place in the block, with its values behind it."""
    table, values = struct.pack(order + 'H', len(entries)), b''
    place = at + 2 + 12 * len(entries) + 4
    for tag, entry in sorted(entries.items()):
        value = entry.data.ljust(4, b'\0')
        if len(value) > 4:
            value = struct.pack(order + 'I', place + len(values))
            values += entry.data + bytes(len(entry.data) % 2)
        table += struct.pack(order + 'HHI4s', tag, entry.kind, entry.number, value)
    return table + struct.pack(order + 'I', following) + values


class _Maker:
    """Makes entries in one byte order."""

    def __init__(self, order: str) -> None:
        self._order = order

    def short(self, value: int) -> Entry:
        return Entry(SHORT, 1, struct.pack(self._order + 'H', value))

    def long(self, value: int) -> Entry:
        return Entry(LONG, 1, struct.pack(self._order + 'I', value))

    def text(self, text: str) -> Entry:
        return Entry(ASCII, len(text) + 1, text.encode('ascii') + b'\0')

    def undefined(self, data: bytes) -> Entry:
        return Entry(UNDEFINED, len(data), data)

    def octets(self, *values: int) -> Entry:
        return Entry(BYTE, len(values), bytes(values))

    def rational(self, *values: int) -> Entry:
        """Numerator and denominator of one number after the other."""
        return Entry(RATIONAL, len(values) // 2, struct.pack(f'{self._order}{len(values)}I',
                                                             *values))

    def decimal(self, value: float, parts: int) -> Entry:
        """Return a number to one of so many parts, and a large one as a whole number."""
        parts = parts if value * parts < 1 << 32 else 1
        return self.rational(round(value * parts), parts)

    def angle(self, value: float) -> Entry:
        """Degrees, minutes and seconds; none of them is ever 60."""
        minutes, seconds = divmod(round(abs(value) * 3600 * SECOND), 60 * SECOND)
        return self.rational(minutes // 60, 1, minutes % 60, 1, seconds, SECOND)


def _moment(tag: Tag) -> tuple[datetime, int]:
    """Return the time in UTC, in whole seconds, and the microseconds."""
    whole, rest = divmod(round(tag.time * 1_000_000), 1_000_000)
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=whole), rest


def _times(make: _Maker, tag: Tag) -> dict[int, Entry]:
    moment, rest = _moment(tag)
    fraction = make.text(f'{rest:06}')
    return {0x9003: make.text(f'{moment:%Y:%m:%d %H:%M:%S}'), 0x9011: make.text('+00:00'),
            0x9290: fraction, 0x9291: fraction}  # some readers know the first alone


def _gps(make: _Maker, tag: Tag) -> dict[int, Entry]:
    moment, rest = _moment(tag)
    entries = {
        0x00: make.octets(2, 3, 0, 0),
        0x01: make.text('S' if tag.latitude < 0 else 'N'), 0x02: make.angle(tag.latitude),
        0x03: make.text('W' if tag.longitude < 0 else 'E'), 0x04: make.angle(tag.longitude),
        0x05: make.octets(tag.height < 0), 0x06: make.decimal(abs(tag.height), 10_000),
        0x07: make.rational(moment.hour, 1, moment.minute, 1,
                            moment.second * 1_000_000 + rest, 1_000_000),
        0x09: make.text('A'),
        0x0c: make.text('K'), 0x0d: make.decimal(tag.speed * 3.6, 1000),
        0x0e: make.text('T'), 0x0f: make.decimal(tag.course, 1000),
        0x12: make.text('WGS-84'), 0x1d: make.text(f'{moment:%Y:%m:%d}')}
    if tag.yaw is not None:
        entries |= {0x10: make.text('T'), 0x11: make.decimal(tag.yaw, 10_000)}
    if tag.horizontal is not None:
        entries[0x1f] = make.decimal(tag.horizontal, 10_000)
    return entries


# XMP.

EMPTY = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
RDF = '{http://www.w3.org/1999/02/22-rdf-syntax-ns#}'
END = '</rdf:RDF>'
OWN = re.compile(f'<rdf:Description rdf:about=(?:"[^"<]*"|\'[^\'<]*\') xmlns:Camera="{CAMERA}" '
                 '[^<>]*/>\n')


def _xmp(packet: bytes, values: Sequence[tuple[str, str]]) -> bytes:
    """Return the packet with values of Pix4D's namespace, our own ones replaced."""
    try:
        text = OWN.sub('', packet.decode('utf-8')) if packet else EMPTY
        root = ElementTree.fromstring(text.replace('\ufeff', '').strip('\0 \r\n\t'))
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise NotSupported(f'the picture has XMP data that cannot be read ({error}): it gets no '
                           'geotag; remove them') from None
    names = [name for one in root.iter() for name in (one.tag, *one.attrib)]
    if any(name.startswith((f'{{{CAMERA}}}', f'{{{CAMERA[:-1]}}}')) for name in names):
        raise NotSupported('the picture has a position or calibration in its XMP data from '
                           'another program (Camera:...): it gets no geotag; remove that')
    if text.count(END) != 1:
        raise NotSupported(f'the XMP data of the picture have {text.count(END)} times {END}: it '
                           'gets no geotag; remove them')
    about = next((one.attrib[RDF + 'about'] for one in root.iter(RDF + 'Description')
                  if RDF + 'about' in one.attrib), '')
    attributes = ' '.join(f'Camera:{name}={quoteattr(value)}' for name, value in values)
    ours = (f'<rdf:Description rdf:about={quoteattr(about)} xmlns:Camera="{CAMERA}" '
            f'{attributes}/>\n')
    return text.replace(END, ours + END).encode('utf-8')


def capture_uuid(shot_id: str) -> str:
    """Return the identifier of a capture."""
    return uuid5(NAMESPACE_URL, shot_id).hex.upper()


def _camera(tag: Tag, shot_id: str, rig: Place | None) -> Sequence[tuple[str, str]]:
    """Return what Pix4D's namespace has for a geotag."""
    # 5714: mean sea level, of no particular geoid.
    values = [('HorizCS', 'EPSG:4326'),
              ('VertCS', 'ellipsoidal' if tag.height_kind == ELLIPSOID else 'EPSG:5714'),
              ('CaptureUUID', capture_uuid(rig.capture if rig else shot_id))]
    if rig:
        values += [('RigName', rig.rig), ('RigCameraIndex', str(rig.index))]
    for name, value, digits in (
            ('Yaw', tag.yaw, 4), ('Pitch', tag.pitch, 4), ('Roll', tag.roll, 4),
            ('GPSXYAccuracy', tag.horizontal, 4), ('GPSZAccuracy', tag.vertical, 4)):
        if value is not None:
            values.append((name, f'{value:.{digits}f}'))
    return values

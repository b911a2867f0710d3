# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
JPEG as bytes: the walk over its markers and its entropy-coded data.

libjpeg repairs what it can and tells its callers little, so "it decodes" proves little: a picture
with a packet lost, doubled or exchanged decodes without complaint. What it swallows is found
here: every marker, and for sequential Huffman pictures (all that the cameras here produce) every
code word up to the last block. ITU-T T.81, annexes B and F.

simplejpeg's strict mode makes an error of each of libjpeg-turbo's warnings, 15 times faster, and
finds less: of 960 colour pictures with a packet or a byte lost, doubled or changed, 23 were found
by the walk alone (blocks with too many coefficients, a few bytes left over), none by the library
alone; of 240 progressive ones, which the walk cannot follow, the library found 175. So
`image.check` walks, decodes with the library, and takes its word where the walk has none.

Only the walk needs numpy, and loads it: a fuji_mx camera is spoken to without.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
import re
import struct
from typing import NamedTuple

from camera_driver.errors import DamagedPicture

SOI, EOI, SOS, DHT, DRI, APP1 = 0xd8, 0xd9, 0xda, 0xc4, 0xdd, 0xe1
SEQUENTIAL = (0xc0, 0xc1)
PROGRESSIVE = (0xc2, 0xc6, 0xca, 0xce)
MOST_MEMORY = 256 << 20     # bytes for the decoder: samples, and coefficients if progressive
FRAMES = tuple(m for m in range(0xc0, 0xd0) if m not in (DHT, 0xc8, 0xcc))
# A marker that ends entropy-coded data: not a stuffed zero, not a restart, not a fill byte.
END_OF_SCAN = re.compile(rb'\xff[^\x00\xff\xd0-\xd7]')
RESTART = re.compile(rb'\xff([\xd0-\xd7])')
END_OF_BLOCK = 128      # added to a coefficient index it exceeds every legal sum
AC = 16                 # class bit of a table's identifier, T.81 B.2.4.2

# By the next 16 bits; 0: no code.
Table = Sequence[int]   # coefficients << 10 | bits of the code << 5 | bits with what follows it
Runs = Sequence[int]    # of one code, or all that fit: coefficients << 6 | bits

CHUNK = 1 << 15  # bytes of image data that are looked at together: 16 times as much memory
BLOCK = 256      # bytes that the longest block takes, 64 times 31 bits, and a little more


class Segment(NamedTuple):
    """One marker segment; a SOS carries the entropy-coded data that follows it."""

    marker: int
    offset: int         # of the marker's 0xff, bytes from the start
    payload: bytes      # without marker and length
    scan: bytes = b''   # as in the file, byte stuffing and restart markers included

    @property
    def scan_offset(self) -> int:
        return self.offset + 4 + len(self.payload)


class Frame(NamedTuple):
    """What the frame header (SOF) says."""

    marker: int
    width: int
    height: int
    components: dict[int, tuple[int, int]]     # identifier -> sampling factors (h, v)


class Structure(NamedTuple):
    """A JPEG whose structure is sound, and where its end marker ends."""

    width: int
    height: int
    components: int
    end: int            # bytes up to and with EOI
    padding: int        # bytes after it


def segments(data: bytes) -> Iterator[Segment]:
    """
    Yield the segments from SOI's successor to EOI, in linear time.

    :raises DamagedPicture: at the first thing that cannot be, with its byte offset; what came
        before has been yielded by then.
    """
    if data[:2] != b'\xff\xd8':
        raise DamagedPicture(f'not a JPEG: begins with {data[:4].hex(" ") or "nothing"}, '
                             'not with ff d8; download the picture again')
    at = 2
    while True:
        start = at
        while data[at:at + 1] == b'\xff':
            at += 1
        if at >= len(data):
            raise _damaged(len(data), 'the picture ends before its end marker (ff d9)')
        if at == start:
            raise _damaged(at, f'{data[at]:02x} where a marker (ff ..) must begin')
        marker = data[at]
        start, at = at - 1, at + 1
        if marker == EOI:
            yield Segment(EOI, start, b'')
            return
        if marker < 0xc0 or SOI >= marker >= 0xd0:
            raise _damaged(start, f'marker ff {marker:02x} has no place here')
        length = int.from_bytes(data[at:at + 2], 'big')
        if length < 2 or at + length > len(data):
            raise _damaged(start, f'segment ff {marker:02x} of {length} bytes in a picture with '
                                  f'{len(data) - at} left')
        payload, at = data[at + 2:at + length], at + length
        scan = b''
        if marker == SOS:
            end = END_OF_SCAN.search(data, at)
            if end is None:
                raise _damaged(len(data), 'the picture ends inside its image data, without the '
                                          'end marker (ff d9)')
            scan, at = data[at:end.start()], end.start()
        yield Segment(marker, start, payload, scan)


def jpeg_in(data: bytes) -> bytes | None:
    """
    Return the JPEG inside a thumbnail's reply, from SOI to EOI; None when there is none.

    The reply may be the JPEG itself, the head of a picture up to the end of its Exif data
    (fuji_mx.md 4.4), or an Exif or TIFF block (sierra.md, register 15): the first of at most 16
    beginnings from which the markers lead to an end counts. Its image data are not checked.
    """
    at = -1
    for _ in range(16):
        at = data.find(b'\xff\xd8\xff', at + 1)
        if at < 0:
            break
        rest = data[at:]
        try:
            return rest[:structure(rest).end]
        except DamagedPicture:
            continue
    return None


def size_in(data: bytes) -> tuple[int, int]:
    """Return the width and height that a frame header tells, also a damaged JPEG's; else 0, 0."""
    try:
        for segment in segments(data):
            if segment.marker in FRAMES:
                frame = _frame(segment)
                return frame.width, frame.height
    except DamagedPicture:
        pass
    return 0, 0


def exif_in(data: bytes) -> bytes:
    """Return the TIFF structure with the Exif data of a JPEG, the head of one, or a TIFF."""
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
    return b''


def check_scans(data: bytes) -> bool:
    """
    Follow every Huffman code of a sequential JPEG to the last block, without decoding pixels.

    Finds what libjpeg only warns of: data that end early, that are left over, codes that do not
    exist, blocks with too many coefficients, restart markers lost or out of order. Costs about
    0.15 s per megabyte.

    :returns: False when the picture is of a kind that is not followed (progressive, arithmetic
        coding, tables left out).
    :raises DamagedPicture: with the reason and the byte.
    """
    frame: Frame | None = None
    tables: dict[int, bytes] = {}
    seen: list[int] = []
    interval = 0
    for segment in segments(data):
        payload = segment.payload
        if segment.marker == DHT:
            tables.update(_tables(segment))
        elif segment.marker == DRI:
            interval = int.from_bytes(payload[:2], 'big')
        elif segment.marker in FRAMES:
            frame = _frame(segment)
        elif segment.marker == SOS:
            if frame is None:
                raise _damaged(segment.offset, 'image data before the frame header')
            if frame.marker not in SEQUENTIAL:
                return False
            chosen = _chosen(segment, frame)
            seen += [component for component, _, _ in chosen]
            if len(set(seen)) < len(seen):
                raise _damaged(segment.offset, 'the same component in two scans')
            needed = {table for _, *both in chosen for table in both}
            if not needed <= tables.keys():
                return False
            try:
                built = {table: _table(tables[table]) for table in needed}
            except ValueError as error:
                raise _damaged(segment.offset, str(error)) from None
            units, blocks = _layout(chosen, frame)
            _follow(segment, units, [
                (built[dc], built[ac], _runs(tables[ac])) for dc, ac in blocks], interval)
    if frame is None or len(seen) < len(frame.components):
        raise _damaged(segment.offset, 'the end marker (ff d9) comes before all image data')
    return True


def _damaged(at: int, what: str) -> DamagedPicture:
    return DamagedPicture(f'damaged JPEG, byte {at}: {what}; download the picture again')


def structure(data: bytes) -> Structure:
    """
    Walk the markers alone: SOI, one frame, at least one scan, EOI.

    :raises DamagedPicture: with the reason and the byte.
    """
    frame: Frame | None = None
    scans = 0
    for segment in segments(data):
        if segment.marker in FRAMES:
            if frame is not None:
                raise _damaged(segment.offset, 'a second frame header')
            frame = _frame(segment)
            _bound(frame, segment.offset, len(data))
        scans += segment.marker == SOS
    if frame is None or not scans:
        raise _damaged(segment.offset, 'the end marker (ff d9) comes before any image data')
    # A progressive picture of a few bytes may ask for any number of passes over all its pixels.
    if frame.width * frame.height * scans > 2_000_000_000:
        raise _damaged(0, f'{frame.width} x {frame.height} pixels in {scans} scans: refused')
    end = segment.offset + 2
    return Structure(frame.width, frame.height, len(frame.components), end, len(data) - end)


def _bound(frame: Frame, offset: int, size: int) -> None:
    """Refuse, before anything is decoded, what takes much memory or cannot be complete."""
    units, blocks = _layout([(component, 0, 0) for component in frame.components], frame)
    if len(frame.components) > 1:
        units *= len(blocks)
    what = f'{frame.width} x {frame.height} pixels'
    if units > 8 * size:    # each block has a code of at least one bit
        raise _damaged(offset, f'{what} cannot be in {size} bytes')
    if 64 * units * (3 if frame.marker in PROGRESSIVE else 1) > MOST_MEMORY:
        raise _damaged(offset, f'{what} need more than {MOST_MEMORY >> 20} MB: refused')


def _frame(segment: Segment) -> Frame:
    payload = segment.payload
    if len(payload) < 6 or len(payload) < 6 + 3 * payload[5]:
        raise _damaged(segment.offset, 'frame header too short')
    height, width, count = struct.unpack('>HHB', payload[1:6])
    sampling = {payload[i]: (payload[i + 1] >> 4, payload[i + 1] & 15)
                for i in range(6, 6 + 3 * count, 3)}
    if not width or not height or len(sampling) != count or not 1 <= count <= 4 or not all(
            1 <= h <= 4 and 1 <= v <= 4 for h, v in sampling.values()):
        raise _damaged(segment.offset, f'frame header of {width} x {height} pixels, {count} '
                                       'components makes no sense')
    return Frame(segment.marker, width, height, sampling)


def _tables(segment: Segment) -> Iterator[tuple[int, bytes]]:
    """Yield the class and identifier (as in the file) and the rest of each Huffman table."""
    payload = segment.payload
    while payload:
        size = 17 + sum(payload[1:17])
        if len(payload) < size:
            raise _damaged(segment.offset, 'Huffman table too short')
        yield payload[0], payload[1:size]
        payload = payload[size:]


@lru_cache(maxsize=4)  # half a megabyte each; most cameras have the four of T.81, annex K
def _table(definition: bytes) -> Table:
    """Return the look-up table for the next 16 bits. Raises ValueError."""
    symbols = iter(definition[16:])
    table: list[int] = []
    for length, count in enumerate(definition[:16], 1):
        for symbol in islice(symbols, count):
            coefficients = (symbol >> 4) + 1
            if symbol & 15 == 0 and symbol != 0xf0:
                coefficients = END_OF_BLOCK
            entry = coefficients << 10 | length << 5 | length + (symbol & 15)
            table += [entry] * (1 << 16 - length)
            if len(table) > 65536:
                raise ValueError('Huffman table with too many codes')
    return table + [0] * (65536 - len(table))


@lru_cache(maxsize=2)
def _runs(definition: bytes) -> Runs:
    """Return the look-up table for all codes at once that lie in the next 16 bits."""
    import numpy as np
    one = np.array(_table(definition))
    places = np.arange(65536)
    codes, steps, lengths = one >> 5 & 31, one >> 10, one & 31
    coefficients, bits = steps.copy(), lengths.copy()
    while True:
        next_one = (places << bits) & 0xffff
        # Below END_OF_BLOCK a sum says that there was none; up to 63 it stays there, whatever
        # coefficient the run begins at.
        fits = ((one > 0) & (coefficients < END_OF_BLOCK) & (one[next_one] > 0)
                & (bits + codes[next_one] <= 16)
                & ((coefficients + steps[next_one] < 64) | (steps[next_one] == END_OF_BLOCK)))
        if not fits.any():
            break
        coefficients += np.where(fits, steps[next_one], 0)
        bits += np.where(fits, lengths[next_one], 0)
    shared: dict[int, int] = {}  # a list of 65536 different objects would be five times as large
    return [shared.setdefault(entry, entry) for entry in (coefficients << 6 | bits).tolist()]


def _chosen(segment: Segment, frame: Frame) -> list[tuple[int, int, int]]:
    """Return component, DC table and AC table of each component in a scan."""
    payload = segment.payload
    if not payload or not payload[0] or len(payload) < 4 + 2 * payload[0] or any(
            c not in frame.components for c in payload[1:1 + 2 * payload[0]:2]):
        raise _damaged(segment.offset, 'the scan header does not fit the frame header')
    return [(payload[i], payload[i + 1] >> 4, payload[i + 1] & 15 | AC)
            for i in range(1, 1 + 2 * payload[0], 2)]


def _layout(chosen: Sequence[tuple[int, int, int]],
            frame: Frame) -> tuple[int, list[tuple[int, int]]]:
    """Return the number of units (MCU) in a scan and the tables (DC, AC) of each block in one."""
    across = 8 * max(h for h, _ in frame.components.values())
    down = 8 * max(v for _, v in frame.components.values())
    if len(chosen) == 1:    # such a scan counts the blocks of its component, not MCUs
        h, v = frame.components[chosen[0][0]]
        return (-(-frame.width * h // across) * -(-frame.height * v // down), [chosen[0][1:]])
    blocks = []
    for component, dc, ac in chosen:
        h, v = frame.components[component]
        blocks += [(dc, ac)] * (h * v)
    return -(-frame.width // across) * -(-frame.height // down), blocks


def _follow(segment: Segment, units: int, blocks: Sequence[tuple[Table, Table, Runs]],
            interval: int) -> None:
    """Follow the codes of one scan, restart interval by restart interval."""
    interval = interval or units
    restarts = list(RESTART.finditer(segment.scan))
    if len(restarts) != -(-units // interval) - 1:
        raise _damaged(segment.scan_offset, f'{len(restarts)} restart markers where '
                                            f'{-(-units // interval) - 1} belong')
    start = 0
    for number, restart in enumerate([*restarts, None]):
        if restart is not None and restart[1][0] != 0xd0 + number % 8:
            raise _damaged(segment.scan_offset + restart.start(), 'restart marker out of order')
        stop = len(segment.scan) if restart is None else restart.start()
        _follow_interval(segment.scan[start:stop], segment.scan_offset + start,
                         min(interval, units - number * interval), blocks)
        start = 0 if restart is None else restart.end()


def _follow_interval(raw: bytes, offset: int, units: int,
                     blocks: Sequence[tuple[Table, Table, Runs]]) -> None:
    data = raw.replace(b'\xff\x00', b'\xff')
    total = 8 * len(data)
    windows: Sequence[int] = ()
    base = end = bit = 0  # bits from the beginning of the window; it begins at byte `base`
    for _ in range(units):
        for dc, ac, runs in blocks:
            if bit >= end:
                base, bit = base + (bit >> 3), bit & 7
                windows, end = _windows(data[base:base + CHUNK + BLOCK]), 8 * CHUNK
            first = bit
            entry = dc[windows[bit]]
            bit += entry & 31
            index = 1
            while entry and index < 64:
                entry = runs[windows[bit]]
                bit += entry & 63
                index += entry >> 6
            if entry and (index == 64 or END_OF_BLOCK < index < END_OF_BLOCK + 64) and (
                    8 * base + bit <= total):
                continue
            # Damage, or a run of which the last codes belong to the next block.
            bit = first
            entry = dc[windows[bit]]
            index = 1
            while entry and index < 64:
                bit += entry & 31
                entry = ac[windows[bit]]
                index += entry >> 10
            bit += entry & 31
            if 8 * base + bit > total:
                raise _damaged(offset + len(raw), 'image data end early: bytes are missing')
            if not entry or 64 < index < END_OF_BLOCK:
                raise _damaged(_position(raw, offset, base + (first >> 3)),
                               'image data without meaning')
    place = base + ((bit + 7) >> 3)
    rest = data[place:]
    if rest.strip(b'\x00\xff'):     # fill bytes; some cameras fill to a word's end
        raise _damaged(_position(raw, offset, place), f'{len(rest)} bytes of image data left over')


def _windows(data: bytes) -> Sequence[int]:
    """Return the next 16 bits at each bit, also of a block of zeros behind the data."""
    import numpy as np
    octets = np.frombuffer(data + bytes(BLOCK + 2), np.uint8).astype(np.uint32)
    next_24 = octets[:-2] << 16 | octets[1:-1] << 8 | octets[2:]
    windows = (next_24[:, None] >> np.arange(8, 0, -1, dtype=np.uint32)).astype(np.uint16)
    return windows.ravel().data


def _position(raw: bytes, offset: int, index: int) -> int:
    """Return the file's byte of the index-th byte after the stuffing was taken out."""
    for stuffed in re.finditer(b'\xff\x00', raw):
        index += stuffed.start() < index
    return offset + index

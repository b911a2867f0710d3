# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A wire trace without what is private, for whoever sends it to others.

Each frame is replaced by one with as many data and a right checksum, from which its type's rule
has taken what it does not know to be harmless. So a redacted trace parses, and plays, like the
original. What is damaged keeps its length, stays damaged, and keeps a few bytes at both ends that
say what it was, unless it is mere noise. The name of the port goes, as it may hold a serial
number; times stay.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
import re
import sys
from typing import Any, Protocol

from camera_driver.link.framing import Damaged
from camera_driver.link.trace import Entry, Heading

GAP = 0.1  # s; a frame that stood still for so long when the other side spoke was given up
PORT = 'redacted'
# As cameras count their pictures and folders (DCF): says nothing of anybody.
COUNTED = re.compile(rb'[A-Z0-9_]{0,4}\d{4}\.[A-Z]{3}|\d{3}[A-Z_]{5}')

# A grey JPEG of 16 x 16 pixels.
GREY = bytes.fromhex(
    'ffd8ffe000104a46494600010100000100010000ffdb00430050373c463c32504641465a55505f78c882786e6e78'
    'f5afb991c8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'
    'ffc0000b080010001001011100ffc40014000100000000000000000000000000000000ffc4001410010000000000'
    '0000000000000000000000ffda0008010100003f0000ffd9')


class Rule(Protocol):
    """What a device type knows of its frames; one for each session."""

    HEAD: int
    TAIL: int
    """Bytes at both ends of a damaged frame that stay: what it is, and its checksum."""

    def __call__(self, mark: str, frame: Any) -> Any:
        """Return a frame, of the side `mark`, as long as this one, without what is private."""
        ...


def name(data: bytes) -> bytes:
    """Return a name of the same length that says nothing, unless it is a camera's own count."""
    return data if COUNTED.fullmatch(data.rstrip(b'\0 ')) else text(data)


def text(data: bytes) -> bytes:
    """Return a text of the same length that says nothing."""
    return bytes(ord('x') if byte not in b'\0 ' else byte for byte in data)


def picture(data: bytes, offset: int) -> bytes:
    """Return a part of a grey picture in place of one; `offset`: where in the file it begins."""
    grey = (GREY + bytes(len(data)))[offset:offset + len(data)] if offset < len(GREY) else b''
    return grey.ljust(len(data), b'\0')


def redacted(trace: Iterable[Heading | Entry], codec: Any, rule: Callable[[], Rule]
             ) -> Sequence[Heading | Entry]:
    """
    Return a trace without what is private.

    :param codec: of the device type: `Decoder` and `encode`.
    :param rule: makes the type's rule.
    """
    kept: list[Heading | Entry] = []
    session = _Session(codec, rule())
    for entry in trace:
        if isinstance(entry, Heading):
            kept.extend(session.end())
            kept.append(Heading(entry.device_type, PORT, entry.unix_time, entry.time))
            session = _Session(codec, rule())
        else:
            session.take(entry)
    return [*kept, *session.end()]


def redacted_bytes(data: bytes, codec: Any, rule: Rule) -> bytes:
    """Return what a host said as a redacted trace holds it."""
    decoder = codec.Decoder()
    return b''.join(_replaced(frame, '>', codec, rule)
                    for frame in (*decoder.feed(data), *decoder.flush()))


class _Session:
    """The lines of one session: decoded in their order, and cut again as they were."""

    def __init__(self, codec: Any, rule: Rule) -> None:
        self._codec, self._rule = codec, rule
        self._entries: list[Entry] = []
        self._decoders = {mark: codec.Decoder() for mark in '<>'}
        self._last = dict.fromkeys('<>', 0.0)
        self._replaced = {mark: bytearray() for mark in '<>'}
        # Where frames end: in the trace, and anew, which is not the same where bytes are escaped.
        self._ends: dict[str, list[tuple[int, int]]] = {mark: [(0, 0)] for mark in '<>'}

    def take(self, entry: Entry) -> None:
        """Take in the next line."""
        self._entries.append(entry)
        if entry.mark not in self._decoders:
            return
        other = '<' if entry.mark == '>' else '>'
        if entry.time - self._last[other] > GAP:
            self._write(other, self._decoders[other].flush())
        self._last[entry.mark] = entry.time
        self._write(entry.mark, self._decoders[entry.mark].feed(entry.data))

    def end(self) -> Sequence[Entry]:
        """Return the lines."""
        for mark, decoder in self._decoders.items():
            self._write(mark, decoder.flush())
        places = dict.fromkeys('<>', 0)
        lines = []
        for entry in self._entries:
            if entry.mark in places:
                start = places[entry.mark]
                places[entry.mark] = end = start + len(entry.data)
                entry = Entry(entry.time, entry.mark, bytes(self._replaced[entry.mark][
                    self._anew(entry.mark, start):self._anew(entry.mark, end)]))
            if entry.data or entry.text:
                lines.append(entry)
        return lines

    def _anew(self, mark: str, place: int) -> int:
        """Return where a place in what a side said is now."""
        ends = self._ends[mark]
        at = bisect_right(ends, (place, sys.maxsize)) - 1
        before, start = ends[at]
        limit = ends[at + 1][1] if at + 1 < len(ends) else start
        return min(start + place - before, limit)

    def _write(self, mark: str, frames: Iterable[Any]) -> None:
        for frame in frames:
            raw = frame.data if isinstance(frame, Damaged) else self._codec.encode(frame)
            self._replaced[mark] += _replaced(frame, mark, self._codec, self._rule)
            self._ends[mark].append((self._ends[mark][-1][0] + len(raw),
                                     len(self._replaced[mark])))


def _replaced(frame: Any, mark: str, codec: Any, rule: Rule) -> bytes:
    if not isinstance(frame, Damaged):
        return bytes(codec.encode(rule(mark, frame)))
    data, head, tail = frame.data, rule.HEAD, len(frame.data) - rule.TAIL
    if frame.reason == 'noise':
        return b'x' * len(data)
    if tail <= head:
        return bytes(data)
    for filler in b'x', b'0', b'\0':
        new = data[:head] + filler * (tail - head) + data[tail:]
        if _is_damaged(new, codec):
            return bytes(new)
    return b'x' * len(data)


def _is_damaged(data: bytes, codec: Any) -> bool:
    decoder = codec.Decoder()
    frames = [*decoder.feed(data), *decoder.flush()]
    return all(isinstance(frame, Damaged) for frame in frames)

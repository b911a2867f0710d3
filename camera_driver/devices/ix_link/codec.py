# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames of the iX Link protocol (docs/protocols/ix_link.md, section 2): requests and replies.

A request (host to camera) and a reply (camera to host)::

     offset   0      1      2      3      4 ... 3+n     4+n
            +------+------+------+------+-----------+----------+
            |  58  | 2+n  |  01  |  id  | data (n)  | checksum |
            +------+------+------+------+-----------+----------+
     offset   0      1      2      3      4      5 ... 4+n     5+n
            +------+------+------+------+------+-----------+----------+
            |  58  | 3+n  |  01  | code |  id  | data (n)  | checksum |
            +------+------+------+------+------+-----------+----------+
            prefix  size version

The checksum is the XOR of version to the last data byte, `size` bytes: prefix and size are not
protected. Nothing is escaped. The completion code is signed. Nothing in a frame says whether it is
a request or a reply: a decoder has to be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from camera_driver.link.framing import Damaged, hexdump

PREFIX = 0x58  # 88 decimal, 'X'
VERSION = 1
MAX_SIZE = 255
MAX_FRAME = MAX_SIZE + 3  # bytes
UNDEFINED_ID = 255  # of a reply to a request whose id could not be read

_CODES = frozenset({0, *range(0xFA, 0x100)})  # completion codes as bytes: 0, -6 to -1


@dataclass(frozen=True)
class Request:
    """What the host says: a command id and its data."""

    command: int
    data: bytes = b''

    @property
    def body(self) -> bytes:
        """The bytes between version and checksum."""
        return bytes([self.command]) + self.data

    def __str__(self) -> str:
        return f'request {self.command} {hexdump(self.data)}'.rstrip()


@dataclass(frozen=True)
class Reply:
    """What the camera says: the completion code (signed), the id it answers, and data."""

    code: int
    command: int
    data: bytes = b''

    @property
    def body(self) -> bytes:
        """The bytes between version and checksum."""
        return bytes([self.code & 0xFF, self.command]) + self.data

    def __str__(self) -> str:
        return f'reply {self.code} to {self.command} {hexdump(self.data)}'.rstrip()


Frame = Request | Reply


def encode(frame: Frame) -> bytes:
    """
    Return the bytes of a frame.

    Raises ValueError when it has too many data: 253 bytes fit in a request, 252 in a reply.
    """
    body = bytes([VERSION]) + frame.body
    if len(body) > MAX_SIZE:
        raise ValueError(f'{len(frame.data)} data bytes; at most '
                         f'{len(frame.data) - len(body) + MAX_SIZE} fit in a frame')
    return bytes([PREFIX, len(body)]) + body + bytes([checksum(body)])


def checksum(body: bytes) -> int:
    """Return the XOR of all bytes."""
    return reduce(xor, body, 0)


class Decoder:
    """
    Bytes in any cut -> frames and damage; never raises (6.2).

    A frame that is none is not dropped as a whole: a good one may begin inside it. What was
    skipped before a good frame comes out as one `Damaged`: its reason is 'size', 'version' or
    'checksum' if a frame seemed to begin there, 'truncated' if silence cut it short, else 'noise'.

    `kind`: the frames that come; None: those of a wire trace, of which the bytes have to tell.
    Of requests a camera also has to know what else came whole, to answer it (3.4): a size below
    the smallest is `Damaged` 'size', another version 'version', each with a right checksum.
    """

    def __init__(self, kind: type[Request] | type[Reply] | None = None) -> None:
        self._kind = kind
        self._smallest = 3 if kind is Reply else 2
        self._buffer = bytearray()
        self._skipped = bytearray()
        self._reason = 'noise'

    @property
    def pending(self) -> bool:
        """Whether the beginning of a frame, or of noise, has arrived and its end has not."""
        return bool(self._buffer or self._skipped)

    def feed(self, data: bytes) -> list[Frame | Damaged]:
        """Take in what arrived and return the frames that it completed."""
        self._buffer += data
        return self._scan(over=False)

    def flush(self) -> list[Frame | Damaged]:
        """Give up the frame under way; returns also the whole ones that it hid."""
        return self._scan(over=True)

    def _scan(self, over: bool) -> list[Frame | Damaged]:
        """Take from the buffer what can be decided; `over`: no more will come."""
        buffer = self._buffer
        frames: list[Frame | Damaged] = []
        start = 0
        while start < len(buffer):
            length = self._length(start)
            if length and start + length > len(buffer):
                if not over:
                    break
                length = self._skip(start, 'truncated', frames)
            elif length:
                frame = self._frame(bytes(buffer[start:start + length]))
                if frame:
                    self._end_skipped(frames)
                    frames.append(frame)
                else:
                    length = self._skip(start, 'checksum', frames)
            else:
                length = self._skip(start, self._why_none(start), frames)
            start += length
        del buffer[:start]
        if over:
            self._end_skipped(frames)
        return frames

    def _length(self, start: int) -> int:
        """Return how long the frame at `start` is, or how much it takes to say; 0: none is."""
        buffer = self._buffer
        if buffer[start] != PREFIX:
            return 0
        if len(buffer) - start < 2:
            return 2
        size = buffer[start + 1]
        if size < self._smallest:
            return size + 3 if self._kind is Request else 0
        if self._kind is not Request:
            if len(buffer) - start < 3:
                return 3
            if buffer[start + 2] != VERSION:
                return 0
        return size + 3

    def _why_none(self, start: int) -> str:
        if self._buffer[start] != PREFIX:
            return 'noise'
        return 'size' if self._buffer[start + 1] < self._smallest else 'version'

    def _frame(self, raw: bytes) -> Frame | Damaged | None:
        if checksum(raw[2:]):
            return None
        if raw[1] < self._smallest:
            return Damaged('size', raw)
        if raw[2] != VERSION:
            return Damaged('version', raw)
        kind = self._kind or (Reply if len(raw) > 5 and raw[3] in _CODES else Request)
        if kind is Request:
            return Request(raw[3], raw[4:-1])
        return Reply(raw[3] - 256 if raw[3] > 127 else raw[3], raw[4], raw[5:-1])

    def _skip(self, start: int, reason: str, frames: list[Frame | Damaged]) -> int:
        """Skip one byte, and look for a frame behind it."""
        if self._reason == 'noise':
            self._reason = reason
        self._skipped.append(self._buffer[start])
        if len(self._skipped) == MAX_FRAME:
            self._end_skipped(frames)
        return 1

    def _end_skipped(self, frames: list[Frame | Damaged]) -> None:
        if self._skipped:
            frames.append(Damaged(self._reason, bytes(self._skipped)))
            self._skipped.clear()
        self._reason = 'noise'

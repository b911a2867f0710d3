# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames of the Intelix simple escaped protocol (docs/protocols/intelix.md, section 2).

A frame::

    +----+--------+-------+----+-----+--------------+
    | F1 | LENGTH | class | id | ... |  (checksum)  |
    +----+--------+-------+----+-----+--------------+
      0      1        2     3

LENGTH counts the data bytes (class, id and parameters), 1 to 254. Whether there is a checksum is
not known for sure; by default there is none. Every byte from LENGTH on that is F0 or more is sent
as F0 and its lower half, so that F1 on the line always begins a frame; LENGTH and checksum are
those of the bytes before that.

Outside frames FC and FD are ACK and FE is an error in other versions of the protocol; it is not
known whether a matrix of this one sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from camera_driver.link.framing import Damaged, hexdump

ESCAPE, START = 0xF0, 0xF1
MAX_DATA = 254

# class and id of what carries a password (4.1)
SECRET = ((0x00, 0x02), (0x00, 0x05), (0x00, 0x08), (0x00, 0x0A))
MASK = ord('*')


def _xor(body: bytes) -> int:
    value = 0
    for byte in body:
        value ^= byte
    return value


CHECKSUMS: Mapping[str, Callable[[bytes], int] | None] = {
    'none': None,
    'sum8': lambda body: sum(body) & 0xFF,
    'sum8_twos': lambda body: -sum(body) & 0xFF,
    'xor8': _xor,
}
"""What may be behind the data, of LENGTH and data; all but none are for experiments (2.4)."""


class Control(IntEnum):
    """Single bytes outside frames (2.5)."""

    ACK_0 = 0xFC
    ACK_1 = 0xFD
    ERROR = 0xFE

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Message:
    """The data of a frame: class, id, parameters."""

    data: bytes

    @property
    def key(self) -> tuple[int, ...]:
        """Class and id; less when the message is shorter."""
        return tuple(self.data[:2])

    @property
    def parameters(self) -> bytes:
        """What follows class and id."""
        return self.data[2:]

    @property
    def secret(self) -> bool:
        """Whether it carries a password."""
        return self.key in SECRET

    def __str__(self) -> str:
        return (f'message {hexdump(self.data[:2])} ****' if self.secret else
                f'message {hexdump(self.data)}')

    __repr__ = __str__  # a password gets into no traceback either


Frame = Message | Control

_CONTROLS = {int(c): c for c in Control}


def encode(frame: Frame, checksum: str = 'none') -> bytes:
    """Return the bytes of a frame. Raises ValueError when the data are too short or too long."""
    if isinstance(frame, Control):
        return bytes([frame])
    if not 0 < len(frame.data) <= MAX_DATA:
        raise ValueError(f'{len(frame.data)} bytes of data; a message has 1 to {MAX_DATA}')
    body = bytes([len(frame.data)]) + frame.data
    total = CHECKSUMS[checksum]
    if total:
        body += bytes([total(body)])
    return bytes([START]) + b''.join(
        bytes([ESCAPE, byte - ESCAPE]) if byte >= ESCAPE else bytes([byte]) for byte in body)


class Decoder:
    """Bytes in any cut -> frames and damage, of either side; never raises (2.7)."""

    def __init__(self, checksum: str = 'none') -> None:
        """Expect this checksum, one of CHECKSUMS."""
        self._total = CHECKSUMS[checksum]
        self._raw = bytearray()  # of the frame under way
        self._body = bytearray()  # the same, without START and escapes
        self._escaped = False

    @property
    def pending(self) -> bool:
        """Whether a frame is under way."""
        return bool(self._raw)

    def feed(self, data: bytes) -> list[Frame | Damaged]:
        """Take in what arrived and return the frames that it completed."""
        frames: list[Frame | Damaged] = []
        for byte in data:
            if not self._raw:
                frames += self._hunt(byte)
            elif byte == START:
                frames += self._end('bad escape' if self._escaped else 'restart')
                self._raw.append(byte)
            elif byte > START:
                frames += self._end(
                    'bad escape' if self._escaped else 'reserved byte in frame')
                frames += self._hunt(byte)
            else:
                self._raw.append(byte)
                frames += self._inside(byte)
        return frames

    def flush(self) -> list[Frame | Damaged]:
        """Give up the frame under way: the line has fallen silent."""
        return self._end('gap') if self._raw else []

    def _hunt(self, byte: int) -> list[Frame | Damaged]:
        """Take a byte outside a frame."""
        if byte == START:
            self._raw.append(byte)
            return []
        if byte in _CONTROLS:
            return [_CONTROLS[byte]]
        return [Damaged('noise' if byte < ESCAPE else 'stray', bytes([byte]))]

    def _inside(self, byte: int) -> list[Frame | Damaged]:
        """Take a byte of a frame, up to F0."""
        if self._escaped:
            if byte > 0x0F:
                return self._end('bad escape')
            self._escaped = False
            byte += ESCAPE
        elif byte == ESCAPE:
            self._escaped = True
            return []
        body = self._body
        body.append(byte)
        size = body[0]
        if not 0 < size <= MAX_DATA:
            return self._end('bad length')
        if len(body) < 1 + size + bool(self._total):
            return []
        if self._total and self._total(bytes(body[:-1])) != body[-1]:
            return self._end('bad checksum')
        message = Message(bytes(body[1:1 + size]))
        self._end('')
        return [message]

    def _end(self, reason: str) -> list[Frame | Damaged]:
        """End the frame under way and return it as damage."""
        raw = bytes(self._raw)
        self._raw.clear()
        self._body.clear()
        self._escaped = False
        return [Damaged(reason, raw)]


class Concealer:
    """
    Bytes in any cut -> the same with passwords as asterisks, for the wire trace.

    What follows class and id of a message with a password is masked up to the next START: the
    checksum too, which would tell of the password.
    """

    def __init__(self) -> None:
        self._head = bytearray()  # START, LENGTH, class, id

    def __call__(self, data: bytes) -> bytes:
        """Return what may be shown of `data`."""
        shown = bytearray()
        for byte in data:
            head = self._head
            if byte == START:
                head[:] = [byte]
            elif len(head) == 4:
                byte = MASK if tuple(head[2:]) in SECRET else byte
            elif head and byte != ESCAPE:  # an escaped LENGTH
                head.append(byte)
            shown.append(byte)
        return bytes(shown)

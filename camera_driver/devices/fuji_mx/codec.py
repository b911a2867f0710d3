# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
r"""
Frames of the Fuji protocol (docs/protocols/fuji_mx.md, section 2): control bytes and blocks.

A block::

      0   1     2       3       4     5     6 ... 6+n-1    6+n  7+n    8+n
    +----+----+--------+-------+-----+-----+-------------+----+-------+-----+
    | 10 | 02 | prefix | number| n lo| n hi| payload (n) | 10 | 03/17 | bcc |
    +----+----+--------+-------+-----+-----+-------------+----+-------+-----+
     DLE  STX  \___________ body, every 10 doubled ______/ DLE ETX/ETB

n = 0..512, little endian, before doubling. bcc = XOR of the body (before doubling) and of ETX or
ETB; it is never doubled, whatever its value. ETX ends a message, ETB a block that more follow.
There are no sequence numbers.

Outside blocks ENQ, ACK, NAK and EOT stand for themselves. Anything else there is noise, and all
that follows noise without a pause is noise as well, up to DLE STX: in the tail of a broken block
these values are data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import auto, Enum, IntEnum

from camera_driver.link.framing import Damaged, hexdump

MAX_PAYLOAD = 512
MAX_BODY = 4 + MAX_PAYLOAD
LIMIT = MAX_BODY + 64  # a block that is longer by some bytes still has an end to be found
LONGEST = 2 + 2 * MAX_BODY + 3  # bytes of a block on the line, if all of its body is 10
MAX_NOISE = 1024  # bytes of noise that are reported in one piece

STX, ETX, DLE, ETB = 0x02, 0x03, 0x10, 0x17


class Control(IntEnum):
    """The single control bytes (2.1)."""

    EOT = 0x04  # host: end of session; camera: it has given up and reset itself
    ENQ = 0x05  # host: are you there?
    ACK = 0x06
    NAK = 0x15  # block received wrongly; camera: also 'command not accepted'

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Block:
    """A message or a part of one: a command or a response, by its number."""

    number: int
    payload: bytes = b''
    last: bool = True  # ETX; False: ETB, more blocks of this message follow
    prefix: int = 0  # 1 in the command that sets the speed

    def __str__(self) -> str:
        more = '' if self.last else ' ..'
        return f'{self.prefix:02x} {self.number:02x} {hexdump(self.payload)}{more}'


Frame = Control | Block

_CONTROLS = {int(c): c for c in Control}


def encode(frame: Frame) -> bytes:
    """Return the bytes of a frame. Raises ValueError when a block's payload is too long."""
    if isinstance(frame, Control):
        return bytes([frame])
    size = len(frame.payload)
    if size > MAX_PAYLOAD:
        raise ValueError(f'{size} bytes in a block; at most {MAX_PAYLOAD} are allowed')
    body = bytes([frame.prefix, frame.number, size & 0xFF, size >> 8]) + frame.payload
    end = ETX if frame.last else ETB
    return (bytes([DLE, STX]) + body.replace(b'\x10', b'\x10\x10')
            + bytes([DLE, end, checksum(body) ^ end]))


def message(number: int, payload: bytes = b'', prefix: int = 0) -> list[Block]:
    """Return the blocks of a message: full ones, the last one ending ETX (2.6)."""
    pieces = [payload[i:i + MAX_PAYLOAD] for i in range(0, len(payload), MAX_PAYLOAD)] or [b'']
    return [Block(number, piece, i == len(pieces), prefix) for i, piece in enumerate(pieces, 1)]


class _State(Enum):
    IDLE = auto()
    NOISE = auto()
    MAYBE = auto()  # after a DLE outside a block
    BODY = auto()
    ESCAPE = auto()  # after a DLE in the body
    CHECK = auto()  # after DLE ETX or DLE ETB


class Decoder:
    """Bytes in any cut -> frames and damage; never raises (2.5). Goes from DLE to DLE."""

    def __init__(self) -> None:
        self._state = _State.IDLE
        self._raw = bytearray()  # as on the line, of what is under way
        self._body = bytearray()
        self._end = ETX

    @property
    def pending(self) -> bool:
        """Whether a block is under way, or noise whose end only silence can tell."""
        return self._state is not _State.IDLE

    def feed(self, data: bytes) -> list[Frame | Damaged]:
        """Take in what arrived and return the frames that it completed."""
        frames: list[Frame | Damaged] = []
        place = 0
        while place < len(data):
            if self._state is _State.BODY or self._state is _State.NOISE:
                end = data.find(DLE, place)
                end = len(data) if end < 0 else end
                if end > place:
                    place = self._run(data, place, end, frames)
                    continue
            self._raw.append(data[place])
            self._take(data[place], frames)
            place += 1
        return frames

    def flush(self) -> list[Frame | Damaged]:
        """Give up what is under way: the line has fallen silent."""
        begun = self._state in (_State.BODY, _State.ESCAPE, _State.CHECK)
        rest, self._raw = bytes(self._raw), bytearray()
        self._state = _State.IDLE
        return [Damaged('truncated' if begun else 'noise', rest)] if rest else []

    def _run(self, data: bytes, place: int, end: int, frames: list[Frame | Damaged]) -> int:
        """Take in bytes without a DLE, as many as there is room for; return where they end."""
        body = self._state is _State.BODY
        room = LIMIT - len(self._body) if body else MAX_NOISE - len(self._raw)
        run = data[place:min(end, place + max(0, room) + 1)]  # one too many is seen to be so
        self._raw += run
        if body:
            self._body += run
            if len(self._body) > LIMIT:
                self._damage('too long', frames)
        else:
            self._bound(frames)
        return place + len(run)

    def _take(self, byte: int, frames: list[Frame | Damaged]) -> None:
        state = self._state
        if state is _State.BODY:
            self._state = _State.ESCAPE
        elif state is _State.ESCAPE:
            if byte == DLE:
                self._state = _State.BODY
                self._body.append(byte)
                if len(self._body) > LIMIT:
                    self._damage('too long', frames)
            elif byte in (ETX, ETB):
                self._end = byte
                self._state = _State.CHECK
            elif byte == STX:
                self._begin('truncated', frames)
            else:
                self._damage('bad escape', frames)
        elif state is _State.CHECK:
            frames.append(self._block(byte))
            self._raw.clear()
            self._state = _State.IDLE
        elif byte == DLE:
            self._bound(frames)
            self._state = _State.MAYBE
        elif state is _State.MAYBE and byte == STX:
            self._begin('noise', frames)
        elif state is _State.IDLE and byte in _CONTROLS:
            frames.append(_CONTROLS[byte])
            self._raw.clear()
        else:
            self._bound(frames)
            self._state = _State.NOISE

    def _begin(self, what: str, frames: list[Frame | Damaged]) -> None:
        """Begin a block at the last two bytes; report what was before them."""
        before = bytes(self._raw[:-2])
        if before:
            frames.append(Damaged(what, before))
        del self._raw[:-2]
        self._body.clear()
        self._state = _State.BODY

    def _damage(self, what: str, frames: list[Frame | Damaged]) -> None:
        """Report a broken block; the rest of it is noise."""
        frames.append(Damaged(what, bytes(self._raw)))
        self._raw.clear()
        self._state = _State.NOISE

    def _bound(self, frames: list[Frame | Damaged]) -> None:
        """Report noise that has become long; the byte at hand stays."""
        if len(self._raw) > MAX_NOISE:
            frames.append(Damaged('noise', bytes(self._raw[:-1])))
            del self._raw[:-1]

    def _block(self, bcc: int) -> Block | Damaged:
        body = bytes(self._body)
        if checksum(body) ^ self._end != bcc:
            return Damaged('checksum', bytes(self._raw))
        if not 4 <= len(body) <= MAX_BODY or len(body) - 4 != body[2] | body[3] << 8:
            return Damaged('length', bytes(self._raw))
        return Block(body[1], body[4:], self._end == ETX, body[0])


def checksum(data: bytes) -> int:
    """Return the XOR of all bytes: a long number is folded in half until one byte is left."""
    size = 1 << max(0, len(data) - 1).bit_length()
    folded = int.from_bytes(data, 'little')
    while size > 1:
        size //= 2
        folded = folded & (1 << 8 * size) - 1 ^ folded >> 8 * size
    return folded

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames of the KP-FD30 protocol (docs/protocols/kp_fd30.md, section 2): control bytes and texts.

A command (host, 18 bytes) and a reply (camera, 10 bytes)::

      0    1  2   3  4   5  6   7  8    9 ..... 14    15   16 17
    +----+------+------+------+------+--------------+----+------+
    | 02 |status|  id  | area |  reg |  X1  X2  X3  | 03 | SUM  |
    +----+------+------+------+------+--------------+----+------+
                                0      1 ...... 6     7    8  9
                              +----+----------------+----+------+
                              | 02 |   X1  X2  X3   | 03 | SUM  |
                              +----+----------------+----+------+

Between STX and ETX, and in SUM, each byte is two upper-case hexadecimal characters, so that a raw
02 always begins a frame and nothing is escaped. SUM = (sum of all bytes from STX to ETX as they
are on the line) mod 256 XOR ff; it does not see the order of characters. A reply names no
register.

Outside frames ENQ, ACK and NAK stand for themselves. What breaks a frame is part of the damage,
also when it looks like a control byte (one wrong bit makes ACK of an F); behind it, and behind
noise, control bytes and STX are themselves again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from camera_driver.link.framing import Damaged

STX, ETX = 0x02, 0x03
COMMAND_END, REPLY_END = 15, 7  # offset of ETX
MAX_NOISE = 256  # bytes of noise that are reported in one piece
HEX = frozenset(b'0123456789ABCDEF')

READ = 0x80  # bit of the area: a read
GLOBAL = 0xFF  # camera number that every camera obeys


class Control(IntEnum):
    """The single control bytes (2.1)."""

    ENQ = 0x05  # host: may I send?
    ACK = 0x06
    NAK = 0x15  # camera, to ENQ: not now

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Command:
    """The host's text (2.2): write `data` to a register, or read it (area with bit 80)."""

    status: int  # 0: do not store; 1: store in EEPROM
    camera: int
    area: int
    register: int
    data: bytes = bytes(3)  # X1 X2 X3

    @property
    def reads(self) -> bool:
        """Whether it asks for data."""
        return bool(self.area & READ)

    @property
    def fields(self) -> bytes:
        """The seven bytes of the text."""
        return bytes([self.status, self.camera, self.area, self.register]) + self.data

    def __str__(self) -> str:
        return f'command {self.fields.hex(" ")}'


@dataclass(frozen=True)
class Reply:
    """The camera's answer to a read (2.3): X1 X2 X3."""

    data: bytes

    def __str__(self) -> str:
        return f'reply {self.data.hex(" ")}'


Frame = Control | Command | Reply

_CONTROLS = {int(c): c for c in Control}


def checksum(frame: bytes) -> bytes:
    """Return the two characters of SUM of a frame from STX to ETX (2.4)."""
    return b'%02X' % (sum(frame) & 0xFF ^ 0xFF)


def encode(frame: Frame) -> bytes:
    """Return the bytes of a frame. Raises ValueError when a field does not fit."""
    if isinstance(frame, Control):
        return bytes([frame])
    if len(frame.data) != 3:
        raise ValueError(f'{len(frame.data)} bytes of data; there are always 3')
    fields = frame.fields if isinstance(frame, Command) else frame.data
    text = bytes([STX]) + fields.hex().upper().encode() + bytes([ETX])
    return text + checksum(text)


class Decoder:
    """Bytes in any cut -> frames and damage, of either side; never raises (5.4)."""

    def __init__(self) -> None:
        self._raw = bytearray()  # of the frame or the noise under way
        self._trouble = ''  # why it is not a frame
        self._end = 0  # offset of its ETX

    @property
    def pending(self) -> bool:
        """Whether a frame is under way, or noise whose end only silence can tell."""
        return bool(self._raw)

    def feed(self, data: bytes) -> list[Frame | Damaged]:
        """Take in what arrived and return the frames that it completed."""
        frames: list[Frame | Damaged] = []
        for byte in data:
            if byte == STX:
                frames += self.flush()
                self._raw.append(byte)
            elif byte in _CONTROLS and (self._trouble or not self._raw):
                frames += self.flush()
                frames.append(_CONTROLS[byte])
            else:
                self._raw.append(byte)
                frames += self._progress(byte)
        return frames

    def flush(self) -> list[Frame | Damaged]:
        """Give up what is under way: the line has fallen silent."""
        rest, trouble = bytes(self._raw), self._trouble or 'truncated'
        self._raw.clear()
        self._trouble, self._end = '', 0
        return [Damaged(trouble, rest)] if rest else []

    def _progress(self, byte: int) -> list[Frame | Damaged]:
        """Return the frame or damage that the newest byte completes, if any."""
        raw = self._raw
        offset = len(raw) - 1
        if self._trouble:
            return self.flush() if len(raw) == MAX_NOISE else []
        if raw[0] != STX:
            self._trouble = 'noise'
        elif byte == ETX and offset in (REPLY_END, COMMAND_END) and not self._end:
            self._end = offset
        elif byte not in HEX and byte != ETX:
            self._trouble = 'not hexadecimal'
        elif byte == ETX or offset == COMMAND_END and not self._end:
            self._trouble = 'length'
        elif self._end and offset == self._end + 2:
            frame = bytes(raw)
            self.flush()
            return [_parse(frame)]
        return []


def _parse(raw: bytes) -> Frame | Damaged:
    if raw[-2:] != checksum(raw[:-2]):
        return Damaged('checksum', raw)
    fields = bytes.fromhex(raw[1:-3].decode())
    if len(fields) == 3:
        return Reply(fields)
    return Command(fields[0], fields[1], fields[2], fields[3], fields[4:])

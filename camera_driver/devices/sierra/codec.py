# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames of the Sierra protocol (docs/protocols/sierra.md, section 2): control bytes and packets.

A packet::

     offset   0      1      2      3      4 ... 4+n-1     4+n     5+n
            +------+------+------+------+---------------+-------+-------+
            | type | sub  | n lo | n hi |  data (n)     | sum lo| sum hi|
            +------+------+------+------+---------------+-------+-------+
              1b     43/53    n = 0..2048  bytes           16-bit sum of data
              02/03  sequence number

Little endian. The sum covers the data only: type, sub and length are not protected. Nothing is
escaped; the first byte tells what it is the beginning of. Any other first byte is noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
import struct

from camera_driver.link.framing import Damaged, hexdump, sum16

MAX_DATA = 2048


class Control(IntEnum):
    """The single control bytes (2.1)."""

    NUL = 0x00  # host: wake up
    ENQ = 0x05  # camera: action complete
    ACK = 0x06
    DC1 = 0x11  # camera: cannot execute
    NAK = 0x15  # camera: its signature after NUL; else either side: send again
    CAN = 0x18  # camera: as DC1 on some models
    WRONG_SPEED = 0x8C  # camera: session lost
    # What a receiver at 115200 or 38400 makes of an ff sent at 19200 (3.6, inference).
    END_SEEN_AT_115200 = 0xE0
    END_SEEN_AT_38400 = 0xFE
    SESSION_ERROR = 0xFC  # camera: session lost; also what a receiver at 57600 makes of ff
    SESSION_END = 0xFF  # camera: back at 19200

    def __str__(self) -> str:
        return self.name


REFUSALS = frozenset({Control.DC1, Control.CAN})
SESSION_LOSS = frozenset({Control.SESSION_END, Control.SESSION_ERROR, Control.WRONG_SPEED,
                          Control.END_SEEN_AT_115200, Control.END_SEEN_AT_38400})


class Type(IntEnum):
    """The first byte of a packet."""

    DATA = 0x02  # more packets follow
    LAST = 0x03  # the last one, or the only one
    COMMAND = 0x1B


SUB_FIRST = 0x53  # subtype of the command that opens a session or sets its speed (3.3)
SUB_COMMAND = 0x43


@dataclass(frozen=True)
class Packet:
    """A command (sub: subtype) or data packet (sub: sequence number)."""

    type: Type
    sub: int
    data: bytes

    def __str__(self) -> str:
        return f'{self.type.name} {self.sub:02x} {hexdump(self.data)}'


Frame = Control | Packet

_CONTROLS = {int(c): c for c in Control}
_TYPES = {int(t): t for t in Type}


def encode(frame: Frame) -> bytes:
    """Return the bytes of a frame. Raises ValueError when a packet's data is too long."""
    if isinstance(frame, Control):
        return bytes([frame])
    if len(frame.data) > MAX_DATA:
        raise ValueError(f'{len(frame.data)} bytes in a packet; at most {MAX_DATA} are allowed')
    return (struct.pack('<BBH', frame.type, frame.sub, len(frame.data)) + frame.data
            + struct.pack('<H', sum16(frame.data)))


class Decoder:
    """
    Bytes in any cut -> frames and damage; never raises.

    `lenient` accepts the checksums ffff and 0000 whatever the data: some models send them (2.2).
    """

    def __init__(self, lenient: bool = False) -> None:
        self.lenient = lenient
        self._buffer = bytearray()

    @property
    def pending(self) -> bool:
        """Whether the beginning of a packet has arrived and its end has not."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[Frame | Damaged]:
        """Take in what arrived and return the frames that it completed."""
        buffer = self._buffer
        buffer += data
        frames: list[Frame | Damaged] = []
        start, end = 0, len(buffer)
        while start < end:
            first = buffer[start]
            if first in _CONTROLS:
                frames.append(_CONTROLS[first])
                start += 1
            elif first not in _TYPES:
                frames.append(Damaged('noise', bytes([first])))
                start += 1
            else:
                if end - start < 4:
                    break
                length = buffer[start + 2] | buffer[start + 3] << 8
                if length > MAX_DATA:
                    frames.append(Damaged('too long', bytes(buffer[start:start + 4])))
                    start += 4
                    continue
                if end - start < length + 6:
                    break
                frames.append(self._packet(bytes(buffer[start:start + length + 6])))
                start += length + 6
        del buffer[:start]
        return frames

    def flush(self) -> list[Frame | Damaged]:
        """Give up the packet under way: the line has fallen silent."""
        if not self._buffer:
            return []
        rest = bytes(self._buffer)
        self._buffer.clear()
        return [Damaged('truncated', rest)]

    def _packet(self, raw: bytes) -> Packet | Damaged:
        data = raw[4:-2]
        checksum = raw[-2] | raw[-1] << 8
        if checksum != sum16(data) and not (self.lenient and checksum in (0, 0xFFFF)):
            return Damaged('checksum', raw)
        return Packet(_TYPES[raw[0]], raw[1], data)


class Code(IntEnum):
    """First data byte of a command packet (4.1)."""

    SET_INT = 0
    GET_INT = 1
    ACTION = 2
    SET_VDATA = 3
    GET_VDATA = 4
    GET_VDATA_EXT = 6


def command(code: Code, *rest: int, value: bytes = b'', sub: int = SUB_COMMAND) -> Packet:
    """Return the command packet of a code, its register or action, and what follows."""
    return Packet(Type.COMMAND, sub, bytes([code, *rest]) + value)


def pack_int(value: int) -> bytes:
    """Return an int32, little endian. Raises ValueError when it does not fit."""
    try:
        return struct.pack('<i', value)
    except struct.error:
        raise ValueError(f'{value} is not within -2147483648 to 2147483647 (32 bits)') from None


def unpack_int(data: bytes) -> int:
    """Return the int32 that the first four bytes hold."""
    return int(struct.unpack_from('<i', data)[0])

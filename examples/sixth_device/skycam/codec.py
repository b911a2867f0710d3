# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes <-> lines, as README.md has them."""

from dataclasses import dataclass
from functools import reduce
from operator import xor
import re

from camera_driver.link.framing import Damaged

LONGEST = 64  # bytes
LINE = re.compile(rb'\$(([A-Z]+)(?:=([ -)+-~]+))?)\*([0-9A-F]{2})')
VALUES = {'ID': '[^,]*,[^,]*,[^,]*', 'TEMP': r'\d+\.\d', 'GAIN': '[0-8]', 'COUNT': r'\d+',
          'FILTER': 'CLEAR|RED|GREEN|BLUE'}  # word -> form of its value
explain = str  # a line, for `camera-driver trace`


@dataclass(frozen=True)
class Line:
    word: str
    value: str = ''

    def __str__(self) -> str:
        return f'{self.word}={self.value}' if self.value else self.word


def encode(line: Line) -> bytes:
    """Return the bytes of a line."""
    body = str(line).encode('ascii')
    return b'$%b*%02X\r' % (body, reduce(xor, body))


class Decoder:
    """Bytes in any cut -> lines and damage; never raises."""

    def __init__(self) -> None:
        self._rest = b''

    @property
    def pending(self) -> bool:
        return bool(self._rest)

    def feed(self, data: bytes) -> list[Line | Damaged]:
        *whole, self._rest = (self._rest + data).split(b'\r')
        return [*map(_read, whole), *(self.flush() if len(self._rest) > LONGEST else ())]

    def flush(self) -> list[Line | Damaged]:
        rest, self._rest = self._rest, b''
        return [Damaged('no end', rest)] if rest else []


def _read(raw: bytes) -> Line | Damaged:
    match = LINE.fullmatch(raw[raw.rfind(b'$'):])  # what is before it is noise
    if match and reduce(xor, match[1]) == int(match[4], 16):
        return Line(match[2].decode(), (match[3] or b'').decode())
    return Damaged('damaged line', raw + b'\r')

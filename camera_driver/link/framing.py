# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What codecs share: the decoder's shape and the frame that was not one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

F = TypeVar('F')


@dataclass(frozen=True)
class Damaged:
    """
    Bytes that are not a frame: a value, because only the session knows the manual's answer to it.

    `reason` is for people: 'checksum', 'noise', 'truncated', 'too long'.
    """

    reason: str
    data: bytes

    def __str__(self) -> str:
        return f'damaged ({self.reason}): {hexdump(self.data)}'


class Decoder(Protocol[F]):
    """
    Bytes in any cut -> frames.

    Pure, with bounded memory and linear time; never raises, on any input.
    """

    @property
    def pending(self) -> bool:
        """Whether the beginning of a frame has arrived and its end has not."""
        ...

    def feed(self, data: bytes) -> list[F | Damaged]:
        """Take in what arrived and return the frames that it completed."""
        ...

    def flush(self) -> list[F | Damaged]:
        """
        Give up the frame under way, since the line has fallen silent; nothing stays pending.

        Whole frames may come out too, where a protocol looks for them behind a false beginning.
        """
        ...


def sum16(data: bytes) -> int:
    """Return the sum of all bytes modulo 65536."""
    return sum(data) & 0xFFFF


def hexdump(data: bytes, limit: int = 24) -> str:
    """Return bytes as hex pairs; long ones elided in the middle, with their length."""
    if len(data) <= limit:
        return data.hex(' ')
    return f'{data[:limit // 2].hex(" ")} .. {data[-4:].hex(" ")} [{len(data)} bytes]'

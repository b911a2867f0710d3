# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The registers that are arrays of eight int32: sound, camera, frame (sierra.md 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
import struct

SIZE = 32  # bytes; no other length but 0 is known (G)

ANIMATION_TYPES = {1: '10 ms', 2: '20 ms'}

VARIANTS: Mapping[str, Mapping[str, int]] = {  # name of the register -> number of the word
    'A': {'resolution': 0, 'lcd_brightness': 1, 'frames_taken': 2, 'animations': 7},
    'B': {'resolution': 0, 'flash_mode': 1, 'battery_percent': 4, 'frames_taken': 5,
          'frames_left': 6, 'animations': 7},
}
"""What the words of camera_summary (register 46) are; no source says which model has which."""


@dataclass(frozen=True)
class AudioInfo:
    """What audio_info (register 43) tells of a frame's sound; bytes (4.4.1)."""

    expanded: int
    size: int  # of audio_data (register 44)


@dataclass(frozen=True)
class FrameSummary:
    """What frame_summary (register 47) tells of a frame (4.4.3)."""

    size: int  # bytes
    thumbnail_size: int  # bytes
    sound_size: int  # bytes, expanded
    resolution: int  # as of register 1
    protected: bool
    stamp: datetime | None  # the camera's clock, without a zone
    animation_type: int  # 0: not an animation


@dataclass(frozen=True)
class CameraSummary:
    """What camera_summary (register 46) tells: the words mean what the model says (4.4.2)."""

    words: tuple[int, ...]

    @property
    def animations(self) -> int:
        """How many animations are stored: the same word in both variants."""
        return self.words[7]

    def as_variant(self, variant: str) -> Mapping[str, int]:
        """Return the words by the names that a variant ('A', 'B') gives them."""
        return {name: self.words[number] for name, number in VARIANTS[variant].items()}


def audio_info(raw: bytes) -> AudioInfo | None:
    """Return what a reading of register 43 tells; None: no sound."""
    words = _words(raw)
    return AudioInfo(words[0], words[1]) if words else None


def frame_summary(raw: bytes) -> FrameSummary | None:
    """Return what a reading of register 47 tells; None: nothing."""
    words = _words(raw)
    if words is None:
        return None
    # The upper byte of the length is unknown.
    return FrameSummary(words[0] & 0xFFFFFF, words[1], words[2], words[3], bool(words[4]),
                        wall_time(words[5]), words[7])


def camera_summary(raw: bytes) -> CameraSummary | None:
    """Return what a reading of register 46 tells; None: nothing."""
    words = _words(raw)
    return None if words is None else CameraSummary(words)


def wall_time(seconds: int) -> datetime | None:
    """Return a clock register's value as the camera means it, without a zone; None: not set."""
    if seconds in (0, -1):
        return None
    return datetime(1970, 1, 1) + timedelta(seconds=seconds)


def animation_frame(number: int) -> int:
    """Return what register 4 takes for an animation (1 based): ff in the high byte (4.6)."""
    if not 1 <= number <= 0xFFFFFF:
        raise ValueError(f'animation {number}: 1 to {0xFFFFFF}')
    return number - 0x1000000


def _words(raw: bytes) -> tuple[int, ...] | None:
    return struct.unpack('<8i', raw) if len(raw) == SIZE else None

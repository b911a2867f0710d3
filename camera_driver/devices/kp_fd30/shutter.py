# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure times of the KP-FD30's shutter (kp_fd30.md 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, inf

from camera_driver.devices.kp_fd30.registers import BY_NAME
from camera_driver.errors import naming

# Variable shutter: the two ends are printed, the coefficient between them is cut off (4.5).
LONGEST = 16.667e-3  # s, 0 steps: '1/60'
SHORTEST = 1 / 10309  # s, MOST_STEPS
MOST_STEPS = BY_NAME['variable_shutter'].maximum or 0
STEP = (LONGEST - SHORTEST) / MOST_STEPS  # s, 31.8 us

PRESETS: Mapping[str, int] = {
    '8.0s': 0x00, '7.5s': 0x01, '1/20000s': 0x22, '1/30000s': 0x23, '1/50000s': 0x24}
"""Codes of the preset shutter whose times are legible; with an s, else YAML makes numbers."""


def time_of(steps: int) -> float:
    """Return the exposure time [s, to the nanosecond] of the variable shutter."""
    return round(LONGEST - STEP * steps, 9)


def steps_of(time: float) -> int:
    """Return the steps of the variable shutter that are nearest to a time [s]."""
    return min(max(floor((LONGEST - time) / STEP + 0.5), 0), MOST_STEPS)


def seconds(word: str) -> float:
    """Return the time [s] of '8.0s' or '1/20000s'. Raises ValueError."""
    above, slash, below = word.removesuffix('s').partition('/')
    time = float(above) / (float(below) if slash else 1.0)
    if not 0 < time < inf:
        raise ValueError(f'{word!r} is not a time')
    return time


def parse_presets(text: str) -> dict[str, int]:
    """
    Return words and codes from '0x02=7.0, 0x21=1/10000': times [s] that a user knows.

    Raises ValueError that says what is wrong.
    """
    presets = dict(PRESETS)
    for part in filter(None, map(str.strip, text.split(','))):
        code_text, _, time = part.partition('=')
        word = time.strip().removesuffix('s') + 's'
        try:
            code = int(code_text, 0)
            seconds(word)
        except (ValueError, ZeroDivisionError):
            raise _wrong(part, 'write CODE=SECONDS, such as 0x21=1/10000') from None
        try:
            BY_NAME['preset_shutter'].data(code)
        except ValueError as error:
            raise _wrong(part, str(error)) from None
        if word in presets or code in presets.values():
            raise _wrong(part, 'this code or time is there already')
        presets[word] = code
    return presets


def _wrong(part: str, why: str) -> ValueError:
    return naming(ValueError(f'preset time {part!r}: {why}'), 'preset_times')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows of this computer's clock (adjtimex(2))."""

from __future__ import annotations

import ctypes
import math
import struct

SIZE = 512  # bytes; struct timex is shorter
FIELDS = '@Illlli'  # modes, offset, freq, maxerror, esterror, status
UNSYNCHRONISED = 0x40  # STA_UNSYNC
STATES = range(6)  # TIME_OK to TIME_ERROR


def clock_error() -> float | None:
    """
    Return by how much the clock may be wrong [s], as whoever synchronises it tells the kernel.

    inf: it is not synchronised with another one. None: the kernel does not tell.
    """
    timex = ctypes.create_string_buffer(SIZE)
    try:
        state = ctypes.CDLL(None).adjtimex(timex)
    except (OSError, AttributeError):
        return None
    return read(state, timex.raw)


def read(state: int, timex: bytes) -> float | None:
    """Return what `adjtimex` answered, as `clock_error` does."""
    if state not in STATES:
        return None
    *_, most, _, status = struct.unpack_from(FIELDS, timex)
    return math.inf if status & UNSYNCHRONISED else most * 1e-6


def words(error: float | None) -> str:
    """Say a clock's error; empty: nothing is known."""
    if error is None:
        return ''
    if math.isinf(error):
        return 'not synchronised with another one'
    return f'synchronised, within {error * 1e3:.3g} ms'

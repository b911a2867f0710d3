# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel tells of the clock."""

import math
import struct

import pytest

from camera_driver.host.clock import clock_error, FIELDS, read, SIZE, words


def timex(most, status):
    return struct.pack(FIELDS, 0, 0, 0, most, 100, status).ljust(SIZE, b'\0')


@pytest.mark.parametrize('state, most, status, error, said', [
    (0, 2300, 0x1, 0.0023, 'synchronised, within 2.3 ms'),
    (0, 16_000_000, 0x2001, 16.0, 'synchronised, within 1.6e+04 ms'),
    (5, 16_000_000, 0x40, math.inf, 'not synchronised with another one'),
    (-1, 0, 0, None, '')])
def test_what_adjtimex_answers(state, most, status, error, said):
    found = read(state, timex(most, status))
    assert found == error and words(found) == said


def test_this_computers():
    error = clock_error()
    assert error is None or error >= 0

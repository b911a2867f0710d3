# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a given size, for what the simulated camera's own pictures do not try."""

from datetime import datetime

from camera_driver.devices.sierra.simulator.simulator import Frame


def make_frame(number: int, size: int) -> Frame:
    """Return picture `number` with the reference payload P(size) of sierra.md 6."""
    data = bytes((7 * i + 13 * (i >> 8) + 3) % 256 for i in range(size))
    thumbnail = bytes.fromhex('ff d8') + bytes([number]) * 2046 + bytes.fromhex('ff d9')
    return Frame(data, thumbnail, f'P101{number:04d}.JPG', datetime(2001, 9, 9, 1, number))

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What of a wire trace is private, and goes when it is redacted."""

from __future__ import annotations

from camera_driver.devices.kp_fd30.codec import Frame


class Rule:
    """All stays: the protocol carries three bytes of a register at a time, and no names."""

    HEAD, TAIL = 9, 3

    def __call__(self, mark: str, frame: Frame) -> Frame:
        """Return the frame."""
        return frame

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What of a wire trace is private, and goes when it is redacted."""

from __future__ import annotations

from dataclasses import replace

from camera_driver.devices.ix_link.codec import Frame, Reply
from camera_driver.devices.ix_link.commands import Command, COMMANDS


class Rule:
    """Known commands stay, which carry numbers; of the data of all others the length is left."""

    HEAD, TAIL = 5, 1

    def __call__(self, mark: str, frame: Frame) -> Frame:
        """Return a frame without what is private."""
        if frame.command in set(Command):
            row = COMMANDS[Command(frame.command)]
            known = row.reply if isinstance(frame, Reply) else row.request
            if len(frame.data) <= len(known):
                return frame
        return replace(frame, data=bytes(len(frame.data)))

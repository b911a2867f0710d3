# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What of a wire trace is private, and goes when it is redacted."""

from __future__ import annotations

from camera_driver.devices.intelix.codec import Frame, MASK, Message
from camera_driver.devices.intelix.commands import MESSAGES
from camera_driver.link.redaction import text


class Rule:
    """Names become x, passwords asterisks; of messages that are not known the length is left."""

    HEAD, TAIL = 4, 0

    def __call__(self, mark: str, frame: Frame) -> Frame:
        """Return a frame without what is private."""
        if not isinstance(frame, Message):
            return frame
        kind = MESSAGES.get(frame.key)
        data = frame.parameters
        if frame.secret:
            return Message(frame.data[:2] + bytes([MASK]) * len(data))
        if kind is None or kind.size != len(data):
            kept = data[:kind.echo] if kind else b''  # whose it is: the number of the preset
            return Message(frame.data[:2] + kept.ljust(len(data), b'\0'))
        new = bytearray(frame.data[:2])
        for field in kind.fields:
            part, data = data[:field.size], data[field.size:]
            new += text(part) if field.text else part
        return Message(bytes(new))

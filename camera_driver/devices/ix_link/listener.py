# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Who answers what, for reading wire traces as questions and answers."""

from __future__ import annotations

from camera_driver.devices.ix_link.codec import encode, Frame, Reply, Request
from camera_driver.link.dialogue import Said


class Listener:
    """A request is answered by the reply with its id; a code below 0 says no."""

    def __init__(self) -> None:
        self._command: int | None = None

    def asked(self, frame: Frame) -> bytes | None:
        """Return id and data of a request."""
        if not isinstance(frame, Request):
            return None
        self._command = frame.command
        return bytes([frame.command]) + frame.data

    def answered(self, frame: Frame) -> Said | None:
        """Return the data, or the code that says no."""
        if not isinstance(frame, Reply) or frame.command != self._command:
            return None
        return Said(frame.data) if frame.code == 0 else Said(bytes([frame.code & 0xFF]), True)

    def spoken(self, question: bytes, said: Said) -> bytes:
        """Return the reply."""
        code = int.from_bytes(said.data[:1], 'big', signed=True) if said.refused else 0
        return encode(Reply(code, question[0], b'' if said.refused else said.data))

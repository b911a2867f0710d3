# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Who answers what, for reading wire traces as questions and answers."""

from __future__ import annotations

from camera_driver.devices.kp_fd30.codec import Command, encode, Frame, Reply
from camera_driver.link.dialogue import Said


class Listener:
    """A read is answered by a reply; nothing says no but silence. Writes have no answer."""

    def asked(self, frame: Frame) -> bytes | None:
        """Return the seven bytes of a text that reads."""
        return frame.fields if isinstance(frame, Command) and frame.reads else None

    def answered(self, frame: Frame) -> Said | None:
        """Return the three bytes of a reply."""
        return Said(frame.data) if isinstance(frame, Reply) else None

    def spoken(self, question: bytes, said: Said) -> bytes:
        """Return the reply."""
        return encode(Reply(said.data))

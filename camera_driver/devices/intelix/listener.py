# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Who answers what, for reading wire traces as questions and answers."""

from __future__ import annotations

from camera_driver.devices.intelix.codec import encode, Frame, Message
from camera_driver.devices.intelix.commands import BY_NAME, MESSAGES
from camera_driver.link.dialogue import Said


class Listener:
    """A message is answered by the report that the table names; nothing says no but silence."""

    def __init__(self) -> None:
        self._asked = b''

    def asked(self, frame: Frame) -> bytes | None:
        """Return class, id and parameters."""
        if not isinstance(frame, Message):
            return None
        self._asked = frame.data
        return frame.data

    def answered(self, frame: Frame) -> Said | None:
        """Return the parameters of a report of this message, and of this preset."""
        if not isinstance(frame, Message):
            return None
        kind = MESSAGES.get(tuple(self._asked[:2]))
        report = BY_NAME.get(kind.report) if kind else None
        if not kind or not report or frame.key != report.key:
            return None
        parameters = self._asked[2:]
        good = frame.parameters[:kind.echo] == parameters[:kind.echo]
        return Said(frame.parameters) if good else None

    def spoken(self, question: bytes, said: Said) -> bytes:
        """Return the report."""
        kind = MESSAGES[tuple(question[:2])]
        return encode(Message(bytes(BY_NAME[kind.report].key) + said.data))

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Who answers what, for reading wire traces as questions and answers."""

from __future__ import annotations

from camera_driver.devices.sierra.codec import (
    Code, Control, encode, Frame, Packet, REFUSALS, Type)
from camera_driver.link.dialogue import Said

ANSWERED_BY_ACK = (Code.SET_INT, Code.SET_VDATA, Code.ACTION)


class Listener:
    """A command packet is answered by data packets up to LAST, by ACK, or by DC1 or CAN."""

    def __init__(self) -> None:
        self._code: int | None = None
        self._last: int | None = None  # number of the last packet; sent again it is the same
        self._data = b''

    def asked(self, frame: Frame) -> bytes | None:
        """Return the data of a command packet."""
        if not isinstance(frame, Packet) or frame.type is not Type.COMMAND:
            return None
        self._code = frame.data[0] if frame.data else None
        self._last, self._data = None, b''
        return frame.data

    def answered(self, frame: Frame) -> Said | None:
        """Return the data, or the control byte."""
        if isinstance(frame, Packet):
            if frame.type is Type.COMMAND or self._code in ANSWERED_BY_ACK:
                return None
            if frame.sub != self._last:
                self._data += frame.data
            self._last = frame.sub
            return Said(self._data) if frame.type is Type.LAST else None
        if frame in REFUSALS:
            return Said(encode(frame), refused=True)
        if frame is Control.ACK and self._code in ANSWERED_BY_ACK:
            return Said(encode(frame))
        return None

    def spoken(self, question: bytes, said: Said) -> bytes:
        """Return one packet, or the control byte."""
        if said.refused or question[0] in ANSWERED_BY_ACK:
            return said.data
        return encode(Packet(Type.LAST, 0, said.data))

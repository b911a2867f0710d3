# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Who answers what, for reading wire traces as questions and answers."""

from __future__ import annotations

from camera_driver.devices.fuji_mx.codec import Block, Control, encode, Frame
from camera_driver.devices.fuji_mx.commands import RESPONSES, row
from camera_driver.link.dialogue import Said


class Listener:
    """A command is answered by the blocks of its response, or not taken: NAK."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._last: Block | None = None  # a block that is sent again is the same again
        self._data = b''

    def asked(self, frame: Frame) -> bytes | None:
        """Return number and payload of a command that is one block."""
        if not isinstance(frame, Block) or not frame.last:
            return None
        self._number, self._last, self._data = frame.number, None, b''
        return bytes([frame.number]) + frame.payload

    def answered(self, frame: Frame) -> Said | None:
        """Return the payload, or the NAK."""
        if not isinstance(frame, Block):
            return Said(encode(frame), refused=True) if frame is Control.NAK else None
        if self._number not in (RESPONSES.get(frame.number), frame.number - 1):
            return None
        if frame != self._last:
            self._data += frame.payload
        self._last = frame
        return Said(self._data) if frame.last else None

    def spoken(self, question: bytes, said: Said) -> bytes:
        """Return the block, or the NAK."""
        if said.refused:
            return said.data
        number = row(question[0]).response
        return encode(Block((question[0] + 1) & 0xFF if number is None else number, said.data))

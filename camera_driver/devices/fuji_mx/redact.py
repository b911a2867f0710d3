# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What of a wire trace is private, and goes when it is redacted."""

from __future__ import annotations

from dataclasses import replace

from camera_driver.devices.fuji_mx.codec import Block, Frame
from camera_driver.devices.fuji_mx.commands import Command, RESPONSES
from camera_driver.link.redaction import name, picture, text

PICTURES = frozenset({Command.GET_PICTURE, Command.GET_THUMBNAIL, Command.UPLOAD_DATA})
HARMLESS = frozenset({
    Command.SET_SPEED, Command.GET_VERSION, Command.GET_PICTURE_COUNT, Command.NO_OPERATION,
    Command.GET_PICTURE_SIZE, Command.DELETE_PICTURE, Command.GET_CARD_STATUS,
    Command.TAKE_PICTURE, Command.GET_CAMERA_TYPE, Command.GET_FLASH_MODE, Command.SET_FLASH_MODE,
    Command.CHARGE_FLASH, Command.GET_COMMAND_LIST, Command.GET_COMMAND_INFO,
    Command.TAKE_PREVIEW, Command.GET_DATE, Command.SET_DATE})
NAMES = frozenset({Command.GET_PICTURE_NAME, Command.GET_LAST_PICTURE_NAME,
                   Command.GET_DIRECTORY_NAME, Command.UPLOAD_NAME})
WRITES = frozenset({Command.UPLOAD_DATA, Command.UPLOAD_NAME, Command.SET_CAMERA_ID})
SMALL = 4  # bytes of a request that say which picture


class Rule:
    """
    What HARMLESS commands carry stays; pictures become grey, previews black.

    Of all other data, such as the camera's ID, only the length is left.
    """

    HEAD, TAIL = 6, 3

    def __init__(self) -> None:
        self._last: dict[str, Block] = {}  # a block that is sent again is the same again
        self._offset = 0

    def __call__(self, mark: str, frame: Frame) -> Frame:
        """Return a frame without what is private."""
        if not isinstance(frame, Block):
            return frame
        last = self._last.get(mark)
        if frame != last:
            goes_on = last and not last.last and last.number == frame.number
            self._offset = self._offset + len(last.payload) if last and goes_on else 0
            self._last[mark] = frame
        number = frame.number if mark == '>' else RESPONSES.get(frame.number)
        return replace(frame, payload=self._payload(number, mark, frame.payload))

    def _payload(self, number: int | None, mark: str, data: bytes) -> bytes:
        if number in HARMLESS or (mark == '>' and number not in WRITES and len(data) <= SMALL):
            return data
        if number in PICTURES:
            return picture(data, self._offset)
        if number == Command.GET_PREVIEW:
            head = data[:4] if self._offset == 0 else b''
            return head + bytes(len(data) - len(head))
        return name(data) if number in NAMES else text(data)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What of a wire trace is private, and goes when it is redacted."""

from __future__ import annotations

from dataclasses import replace

from camera_driver.devices.sierra.codec import Code, Frame, Packet, Type
from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.link.redaction import name, picture, text

PICTURES = frozenset(NUMBER[word] for word in (
    'frame_data', 'thumbnail_data', 'audio_data', 'upload_data'))
HARMLESS = frozenset(NUMBER[word] for word in (
    'firmware_version', 'model', 'manufacturer', 'camera_summary', 'frame_summary', 'audio_info',
    'exposure_compensation', 'optical_zoom'))
NAMES = frozenset(NUMBER[word] for word in ('frame_filename', 'folder_name', 'folder_id_name'))
ASKS = (Code.GET_VDATA, Code.GET_VDATA_EXT)


class Rule:
    """
    Numbers stay, and the texts and tables of HARMLESS registers; pictures and sounds become grey.

    Of all other data, such as owner and serial number, only the length is left.
    """

    HEAD, TAIL = 4, 2

    def __init__(self) -> None:
        self._register: int | None = None  # whose data the packets hold
        self._last: Packet | None = None  # a packet that is sent again is the same again
        self._offset = 0

    def __call__(self, mark: str, frame: Frame) -> Frame:
        """Return a frame without what is private."""
        if not isinstance(frame, Packet):
            return frame
        if frame.type is Type.COMMAND:
            return self._command(frame)
        if frame != self._last:
            self._offset += len(self._last.data) if self._last else 0
            self._last = frame
        return replace(frame, data=self._data(frame.data, self._offset))

    def _command(self, frame: Packet) -> Packet:
        """Return a command; what it writes into registers of data is theirs."""
        code = frame.data[0] if frame.data else None
        self._register = frame.data[1] if len(frame.data) > 1 else None
        self._last, self._offset = None, 0
        if code in (Code.SET_INT, Code.GET_INT, Code.ACTION):
            self._register = None
            return frame if len(frame.data) <= 6 else replace(frame, data=self._cut(frame.data))
        if code in ASKS:
            return replace(frame, data=self._cut(frame.data))
        return replace(frame, data=frame.data[:2] + self._data(frame.data[2:], 0))

    def _cut(self, data: bytes) -> bytes:
        """Keep a command's code, number and value."""
        return data[:6] + bytes(len(data[6:]))

    def _data(self, data: bytes, offset: int) -> bytes:
        if self._register is None:
            return data if len(data) <= 4 else bytes(len(data))
        if self._register in PICTURES:
            return picture(data, offset)
        if self._register in NAMES:
            return name(data)
        return data if self._register in HARMLESS else text(data)

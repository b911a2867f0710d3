# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Commands, completion codes and enumerations of iX Link, as data (ix_link.md, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
import struct


class Command(IntEnum):
    """The commands of this revision (4.1)."""

    SET_APERTURE = 10
    GET_APERTURE = 11
    GET_APERTURE_RANGE = 12
    INCREMENT_APERTURE = 13
    SET_ISO = 14
    GET_ISO = 15
    GET_ISO_RANGE = 16
    INCREMENT_ISO = 17
    SET_SHUTTER_SPEED = 18
    GET_SHUTTER_SPEED = 19
    GET_SHUTTER_SPEED_RANGE = 20
    INCREMENT_SHUTTER_SPEED = 21
    SET_BLACK_CALIB_MODE = 25
    CAPTURE = 110
    GET_SYSTEM_STATUS = 111
    START_LIVE_VIEW = 114
    STOP_LIVE_VIEW = 115
    SET_REGION_OF_INTEREST = 116

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Row:
    """
    What a command carries each way: `struct` formats of single bytes, b signed, B unsigned.

    `repeatable`: sending it twice does the same as sending it once.
    """

    request: str = ''
    reply: str = ''
    repeatable: bool = True

    def pack(self, values: tuple[int, ...]) -> bytes:
        """Return the data of a request. Raises ValueError when a value does not fit its byte."""
        try:
            return struct.pack(f'>{self.request}', *values)
        except struct.error as error:
            raise ValueError(f'{values}: {error} (data: {self.request})') from None

    def unpack(self, data: bytes) -> tuple[int, ...] | None:
        """Return the values of a reply's data; None when there are too many or too few."""
        if len(data) != len(self.reply):
            return None
        return struct.unpack(f'>{self.reply}', data)


_SET = Row('bB')  # numerator, denominator
_GET = Row('', 'bB')
_RANGE = Row('', 'bbBB')  # minimum, maximum, step, the denominator of all three
_INCREMENT = Row('bB', repeatable=False)

COMMANDS: Mapping[Command, Row] = {
    Command.SET_APERTURE: _SET,
    Command.GET_APERTURE: _GET,
    Command.GET_APERTURE_RANGE: _RANGE,
    Command.INCREMENT_APERTURE: _INCREMENT,
    Command.SET_ISO: _SET,
    Command.GET_ISO: _GET,
    Command.GET_ISO_RANGE: _RANGE,
    Command.INCREMENT_ISO: _INCREMENT,
    Command.SET_SHUTTER_SPEED: _SET,
    Command.GET_SHUTTER_SPEED: _GET,
    Command.GET_SHUTTER_SPEED_RANGE: _RANGE,
    Command.INCREMENT_SHUTTER_SPEED: _INCREMENT,
    Command.SET_BLACK_CALIB_MODE: Row('B'),
    Command.CAPTURE: Row('B', repeatable=False),
    Command.GET_SYSTEM_STATUS: Row('', 'B'),
    Command.START_LIVE_VIEW: Row(),
    Command.STOP_LIVE_VIEW: Row('B'),
    Command.SET_REGION_OF_INTEREST: Row('BBB'),  # centre x, centre y, scale in percent
}

LATER: Mapping[int, str] = {  # of later revisions, for traces (4.3)
    8: 'get_system_info', 27: 'set_exposure_mode', 28: 'set_exposure_compensation',
    29: 'get_exposure_compensation', 30: 'get_exposure_compensation_range',
    31: 'increment_exposure_compensation', 32: 'set_focus_distance',
    33: 'set_focus_encoder_position', 34: 'get_focus_distance',
    35: 'get_focus_encoder_position', 36: 'get_focus_current_position', 38: 'get_focus_info',
    39: 'set_gps_enable', 40: 'get_gps_enable', 41: 'set_gps_receiver', 42: 'get_gps_receiver',
    43: 'set_gps_baud_rate', 44: 'get_gps_baud_rate', 112: 'get_ext_system_status',
    117: 'set_hdmi_exposure_mode', 118: 'set_hdmi_lightness', 119: 'set_hdmi_iso',
    120: 'set_hdmi_exposure_time', 127: 'set_hdmi_overlay_mode', 128: 'get_hdmi_overlay_mode',
    130: 'get_local_storage_status', 131: 'set_local_storage_action',
}

FORMATS_THE_CARD = 131  # set_local_storage_action: never sent, not even raw (4.3)


class Code(IntEnum):
    """Completion codes (4.2)."""

    NO_ERROR = 0
    ERR_GENERAL = -1
    ERR_NOT_SUPPORTED = -2
    ERR_CANNOT_EXECUTE = -3
    ERR_MSG_SIZE = -4
    ERR_PROTOCOL_VERSION = -5
    ERR_INPUT_OUT_OF_RANGE = -6

    def __str__(self) -> str:
        return self.name.lower()


class Status(IntEnum):
    """System status. 0 is an error here, while completion code 0 is success."""

    ERROR = 0
    READY = 1
    BUSY = 2

    def __str__(self) -> str:
        return self.name.lower()


class ReplyMode(IntEnum):
    """When the camera answers capture and stop_live_view."""

    ASYNC = 0  # at once, before the work is done
    SYNC = 1  # when it is done


class BlackCalibration(IntEnum):
    """Whether the camera takes a dark frame after each picture."""

    FORCED = 0
    SUPPRESSED = 1


def name_of(command: int) -> str:
    """Return the name of a command, also of a later revision's."""
    if command in COMMANDS:
        return str(Command(command))
    return LATER.get(command, 'undefined_id' if command == 255 else f'command {command}')

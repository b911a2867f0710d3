# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The commands of Fuji cameras, as data (fuji_mx.md, section 4), their speeds and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

# Times in s, fuji_mx.md 5.2, 'recommended'.
T_REPLY = 2.0
T_REPLY_SLOW = 5.0
T_REPLY_EXPOSE = 30.0
T_OVER = 5.0  # when a command that was sent has been carried out, if it was taken at all
T_OVER_EXPOSE = 12.0  # exposures take up to 10 s (9.1); fujiplay allows 12 s (5.2)


class Command(IntEnum):
    """Numbers of the commands (4.2)."""

    GET_THUMBNAIL = 0x00
    GET_PICTURE = 0x02
    SET_SPEED = 0x07
    GET_VERSION = 0x09
    GET_PICTURE_NAME = 0x0A
    GET_PICTURE_COUNT = 0x0B
    NO_OPERATION = 0x0C
    UPLOAD_DATA = 0x0E
    UPLOAD_NAME = 0x0F
    UNKNOWN_11 = 0x11
    UNKNOWN_13 = 0x13
    GET_LAST_PICTURE_NAME = 0x15
    GET_PICTURE_SIZE = 0x17
    DELETE_PICTURE = 0x19
    GET_CARD_STATUS = 0x1B
    UNKNOWN_20 = 0x20
    UNKNOWN_22 = 0x22
    TAKE_PICTURE = 0x27
    GET_CAMERA_TYPE = 0x29
    GET_DIRECTORY_NAME = 0x2A
    UNKNOWN_2B = 0x2B
    UNKNOWN_2E = 0x2E
    GET_FLASH_MODE = 0x30
    SET_FLASH_MODE = 0x32
    CHARGE_FLASH = 0x34
    GET_COMMAND_LIST = 0x4C
    GET_COMMAND_INFO = 0x51
    GET_PREVIEW = 0x62
    TAKE_PREVIEW = 0x64
    GET_CAMERA_ID = 0x80
    SET_CAMERA_ID = 0x82
    GET_DATE = 0x84
    SET_DATE = 0x86
    SEND_IMAGE_INFORMATION = 0xC0


@dataclass(frozen=True)
class Row:
    """
    What is known of a command.

    `response` is the number of its answer, None where it is unknown or a guess: any is accepted.
    `repeatable`: sent again on doubt (5.3). `limit` [bytes]: longer answers are not believed.
    `size` tells by the first four bytes of an answer how long it is; `length` [bytes] is its
    length where that never varies.
    """

    response: int | None
    time: float = T_REPLY  # s until the first block of the answer
    repeatable: bool = True
    limit: int = 512
    size: Callable[[bytes], int] | None = None
    length: int | None = None

    @property
    def over(self) -> float:
        """Seconds after which the command has been carried out, if it was taken at all."""
        return T_OVER_EXPOSE if self.time == T_REPLY_EXPOSE else T_OVER


MAX_PICTURE = 16 * 1024 * 1024  # bytes; these cameras have up to 3 megapixels


def preview_size(head: bytes) -> int:
    """Return the size of a preview [bytes]: int width, int height, two bytes a pixel (4.4)."""
    return 4 + 2 * int.from_bytes(head[:2], 'little') * int.from_bytes(head[2:4], 'little')


_GUESSED = Row(None, repeatable=False)  # nobody knows what it does

TABLE: Mapping[int, Row] = {
    Command.GET_THUMBNAIL: Row(0x01, T_REPLY_SLOW, limit=64 * 1024 + 512),  # one Exif segment
    Command.GET_PICTURE: Row(0x03, T_REPLY_SLOW, limit=MAX_PICTURE),
    Command.SET_SPEED: Row(0x08, length=1),
    Command.GET_VERSION: Row(0x05),
    Command.GET_PICTURE_NAME: Row(0x04),
    Command.GET_PICTURE_COUNT: Row(0x06, T_REPLY_SLOW, length=2),
    Command.NO_OPERATION: Row(0x0D),
    Command.UPLOAD_NAME: Row(0x10, length=1),
    Command.UNKNOWN_11: Row(0x12, repeatable=False),
    Command.UNKNOWN_13: Row(0x14, repeatable=False),
    Command.GET_LAST_PICTURE_NAME: Row(0x16),
    Command.GET_PICTURE_SIZE: Row(0x18, T_REPLY_SLOW, length=4),
    Command.DELETE_PICTURE: Row(0x1A, T_REPLY_SLOW, repeatable=False, length=1),
    Command.GET_CARD_STATUS: Row(0x1C, length=5),
    Command.UNKNOWN_20: Row(0x21, repeatable=False),
    Command.UNKNOWN_22: Row(0x23, repeatable=False),
    Command.TAKE_PICTURE: Row(0x28, T_REPLY_EXPOSE, repeatable=False, length=4),
    Command.GET_CAMERA_TYPE: Row(0x25),
    Command.GET_DIRECTORY_NAME: Row(0x24),
    Command.UNKNOWN_2B: Row(0x26, repeatable=False),
    Command.UNKNOWN_2E: _GUESSED,
    Command.GET_FLASH_MODE: Row(0x31, length=1),
    Command.SET_FLASH_MODE: Row(0x33, length=1),
    Command.CHARGE_FLASH: Row(None, T_REPLY_EXPOSE, repeatable=False),  # 35 is a guess
    Command.GET_COMMAND_LIST: Row(0x4D),
    Command.GET_COMMAND_INFO: Row(0x52, length=2),
    Command.GET_PREVIEW: Row(0x63, T_REPLY_SLOW, limit=1024 * 1024, size=preview_size),
    Command.TAKE_PREVIEW: Row(0x65, T_REPLY_EXPOSE, repeatable=False, length=2),
    Command.GET_CAMERA_ID: Row(0x81),
    Command.SET_CAMERA_ID: Row(0x83, length=1),
    Command.GET_DATE: Row(0x85, length=14),
    Command.SET_DATE: Row(0x87, length=1),
    Command.SEND_IMAGE_INFORMATION: Row(0xC1, repeatable=False),
}
"""All commands with an answer; 0E has none but the ACK of each block."""

RESPONSES: Mapping[int, int] = {row.response: number for number, row in TABLE.items()
                                if row.response is not None}
"""Response number -> command: no two commands share one."""


def row(number: int) -> Row:
    """Return what is known of a command; of a number that is not in the table, nothing."""
    return TABLE.get(number, _GUESSED)


def name(number: int) -> str:
    """Return the name of a command, for messages and traces."""
    known = number in _NUMBERS
    return Command(number).name.lower() if known else f'command {number:02x}'


_NUMBERS = frozenset(Command)

MX_700_COMMANDS = bytes.fromhex(
    '00 02 07 09 0a 0b 0c 0e 0f 11 13 15 17 19 1b 27 29 30 32 34 4c 51 62 64 80 82 84 86 c0 20 22 '
    '2a 2b')
DS_7_COMMANDS = bytes.fromhex(
    '00 02 07 09 0a 0b 0c 0e 0f 11 13 15 17 19 1b 27 29 30 32 34')
"""Assumed of a camera that cannot tell (4.2); it may refuse some of them, such as 17."""

SPEEDS: Mapping[int, int] = {0: 9600, 1: 12000, 2: 14400, 3: 16800, 4: 19200, 5: 28800, 6: 38400,
                             7: 57600, 8: 115200}
SPEED_CODES: Mapping[int, int] = {speed: code for code, speed in SPEEDS.items()}
USUAL_SPEEDS = (115200, 57600, 38400, 19200, 9600)
"""What is asked for by itself; the others only when somebody sets one of them (3.3)."""

READINGS: Mapping[int, tuple[int, ...]] = {28800: (28800, 19200)}
"""What cameras may mean by the code of a speed, where sources differ (3.3)."""

FLASH_MODES: Mapping[str, int] = {'off': 0, 'force': 1, 'anti_red_eye': 2, 'auto': 3}
"""Words -> values (4.5): disabled, forced with full power, red-eye reduction, automatic."""

ID_LENGTH = 10  # bytes

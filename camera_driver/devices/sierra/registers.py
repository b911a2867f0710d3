# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What the Sierra protocol names, as data: registers, actions, speeds (sierra.md, section 4).

Sources as in sierra.md section 0: S the seed, G libgphoto2, P photopc, PD photopc's notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Kind:
    """The types of registers."""

    INT = 'int32'
    TEXT = 'text'  # vdata holding a string
    DATA = 'vdata'


@dataclass(frozen=True)
class Register:
    """One register of table 4.2; `frame`: meaningful only with a frame selected."""

    number: int
    name: str
    kind: str
    access: str  # R, W, R/W
    frame: bool = False
    reads: int | bytes | None = None  # what an unexplained register is said to read as
    note: str = ''
    unit: str = ''
    words: Mapping[str, int] = field(default_factory=dict)  # those that hold for all models
    source: str = 'S'


def _table() -> dict[int, Register]:
    i, t, d = Kind.INT, Kind.TEXT, Kind.DATA
    rows = [
        Register(1, 'resolution', i, 'R/W', note='words by model, 4.3.1', source='S, G'),
        Register(2, 'clock', i, 'R/W', note='since 1970-01-01; 0, -1: not set', unit='s',
                 source='S, P'),
        Register(3, 'shutter_us', i, 'R/W',
                 note='exposure time; 0 automatic; may force the flash off (P)', unit='us',
                 source='S, P'),
        Register(4, 'current_frame', i, 'R/W',
                 note='1 based; 0 preview; ff in the high byte: animation', source='S, G'),
        Register(5, 'aperture', i, 'R/W', note='words by model, 4.3.2', source='S, PD, G, P'),
        Register(6, 'color_mode', i, 'R/W', note='words by model, 4.3.3', source='S, G'),
        Register(7, 'flash_mode', i, 'R/W', note='6 is known of the SP-500UZ (G)',
                 words={'auto': 0, 'force': 1, 'off': 2, 'anti_red_eye': 3, 'slow_sync': 4,
                        'anti_red_eye_fill': 6}, source='S, G'),
        Register(8, 'unknown_8', i, 'R/W', reads=128),
        Register(9, 'unknown_9', i, 'R/W', reads=128),
        Register(10, 'frames_taken', i, 'R', note='in the current folder', source='S, PD'),
        Register(11, 'frames_left', i, 'R'),
        Register(12, 'frame_length', i, 'R', True, note='may be negative (P)', unit='bytes',
                 source='S, P'),
        Register(13, 'thumbnail_length', i, 'R', True, unit='bytes'),
        Register(14, 'frame_data', d, 'R', True, note='picture; preview with frame 0'),
        Register(15, 'thumbnail_data', d, 'R', True, note='JPEG, or Exif with a JPEG inside',
                 source='S, G'),
        Register(16, 'battery_percent', i, 'R', note='0 to 100; 0 also where it is not known',
                 unit='%', source='S, G'),
        Register(17, 'comm_speed', i, 'R/W', note='3.4', source='S, G, P'),
        Register(18, 'unknown_18', i, 'R', reads=1),
        Register(19, 'image_adjust', i, 'R/W', note='words by model, 4.3.4', source='S, PD, G'),
        Register(20, 'white_balance', i, 'R/W', note='words by model, 4.3.5', source='S, PD, G'),
        Register(21, 'unused_21', d, 'R/W', reads=b''),
        Register(22, 'camera_id', t, 'R/W', note='few models allow writing (P)', source='S, G, P'),
        Register(23, 'autoshut_host', i, 'R/W', note='0.1 s on some models (P)', unit='s',
                 source='S, G, P'),
        Register(24, 'autoshut_field', i, 'R/W', note='0.1 s on some models (P)', unit='s',
                 source='S, G, P'),
        Register(25, 'serial_number', t, 'R/W'),
        Register(26, 'firmware_version', t, 'R'),
        Register(27, 'model', t, 'R/W'),
        Register(28, 'memory_free', i, 'R', unit='bytes'),
        Register(29, 'upload_data', d, 'W'),
        Register(30, 'led_mode', i, 'W', note='fails on a Coolpix 880 (G)',
                 words={'off': 0, 'on': 1, 'blink': 2}, source='S, G'),
        Register(31, 'unknown_31', d, 'R', reads=b'\0'),
        Register(32, 'upload_magic', i, 'W', note='0x0FEC000E before an upload', source='S, PD'),
        Register(33, 'focus_mode', i, 'R/W',
                 note='words by model; only with a picture in the same session (P)',
                 source='S, G, P'),
        Register(34, 'operation_mode', i, 'R', note='set by action 8, not by writing (G)',
                 words={'off': 1, 'record': 2, 'play': 3, 'thumbnails': 6}, source='PD, G'),
        Register(35, 'lcd_brightness', i, 'R/W', note='1 to 7', source='S, G'),
        Register(36, 'unknown_36', i, 'R', reads=3),
        Register(37, 'unknown_37', d, 'R', reads=b'\0'),
        Register(38, 'lcd_autoshut', i, 'R/W', unit='s', source='S, G, P'),
        Register(39, 'protection_state', i, 'R', True, note='0, 1 protected; set by action 9'),
        Register(40, 'frames_taken_total', i, 'R', source='PD, G'),
        Register(41, 'lcd_date_format', i, 'R/W', note='words by model: the sources disagree',
                 source='S, G'),
        Register(42, 'unknown_42', d, 'R', reads=b''),
        Register(43, 'audio_info', d, 'R', True, note='8 x int32, 4.4.1; empty: no sound'),
        Register(44, 'audio_data', d, 'R', True, note='compressed, not RIFF (P)', source='S, P'),
        Register(45, 'unknown_45', d, 'R', reads=b''),
        Register(46, 'camera_summary', d, 'R', note='8 x int32, 4.4.2'),
        Register(47, 'frame_summary', d, 'R', True, note='8 x int32, 4.4.3; or empty',
                 source='S, G'),
        Register(48, 'manufacturer', t, 'R'),
        Register(49, 'unknown_49', d, 'R', reads=b''),
        Register(50, 'unknown_50', i, 'R', reads=0, source='PD'),
        Register(51, 'card_status', i, 'R/W', note='not on all models',
                 words={'no_card': 1, 'card': 2}, source='PD, G'),
        Register(52, 'unknown_52', d, 'R/W', reads=b'', source='S, PD'),
        Register(53, 'language', i, 'R/W',
                 words={'korean': 1, 'english': 3, 'french': 4, 'german': 5, 'italian': 6,
                        'japanese': 7, 'spanish': 8, 'portuguese': 9, 'dutch': 10},
                 source='S, PD, G'),
        *(Register(n, f'unknown_{n}', d, 'R', reads=b'') for n in range(54, 60)),
        Register(60, 'frames_taken_total_2', i, 'R', note='as 40', source='PD'),
        *(Register(n, f'unknown_{n}', d, 'R', reads=b'') for n in range(61, 69)),
        Register(69, 'exposure_compensation', d, 'R/W',
                 note='int32 n, int32 10: n/10 EV; -20 to 20 in thirds', source='PD, G'),
        Register(70, 'metering_mode', i, 'R/W',
                 words={'center_weighted': 2, 'spot': 3, 'esp': 4, 'matrix': 5, 'spot_af': 6},
                 source='S, G'),
        Register(71, 'optical_zoom', d, 'R/W', note='int32 0.1 mm, int32 10', source='PD, G'),
        Register(72, 'capture_flags', i, 'R/W', note='bitmap, 4.3.6', source='S, PD, G'),
        *(Register(n, f'unknown_{n}', d, 'R', reads=b'') for n in range(73, 77)),
        Register(77, 'packet_size', i, 'W', note='do not write', source='PD'),
        Register(78, 'unknown_78', d, 'R', reads=b''),
        Register(79, 'frame_filename', t, 'R', True, source='S, G'),
        Register(80, 'unknown_80', d, 'R', reads=b''),
        Register(81, 'unknown_81', d, 'R', reads=b''),
        Register(82, 'session_timeout', i, 'W', note='idle time-out; unit unknown', source='PD'),
        Register(83, 'folder_select', i, 'R/W', note='4.7', source='S, G, P'),
        Register(84, 'folder_name', t, 'R/W', note='4.7', source='S, PD, G, P'),
        Register(85, 'iso_speed', i, 'R', note='words by model', source='G'),
        Register(86, 'digital_zoom_percent', i, 'R/W', note='0: 1x, else factor x 100',
                 source='PD'),
        *(Register(n, f'unknown_{n}', d, 'R', reads=b'') for n in range(87, 91)),
        Register(91, 'folder_id_name', t, 'R'),
        Register(103, 'focus_position', i, 'R/W', note='range by model', source='G'),
    ]
    return {row.number: row for row in rows}


REGISTERS: Mapping[int, Register] = _table()
NUMBER: Mapping[str, int] = {row.name: row.number for row in REGISTERS.values()}

NEVER_WRITE = {
    17: 'it would change the line speed behind the driver',
    77: 'it changes the packet size of the camera (photopc has it disabled)',
}
"""Registers that are not written on request, and why."""


class Action(IntEnum):
    """Action codes (4.5)."""

    ERASE_LAST = 0
    ERASE_ALL = 1
    TAKE_PICTURE = 2
    END_SESSION = 4
    TAKE_PREVIEW = 5
    CALIBRATE_TEST = 6  # 'do not use' (4.5): known to hang cameras; never sent
    ERASE_FRAME = 7
    SET_LCD_MODE = 8
    SET_PROTECTION = 9
    STORE_UPLOAD = 11
    LCD_TEST_COLOR = 12


REPEATABLE = frozenset({Action.END_SESSION, Action.SET_LCD_MODE, Action.SET_PROTECTION,
                        Action.LCD_TEST_COLOR})
"""Actions that may be repeated after silence (5.3)."""

LCD_STEPS = frozenset({5, 6, 7, 8})
"""Arguments of set_lcd_mode that go on from what is shown, so that twice is not once."""


def repeatable(action: Action, argument: int) -> bool:
    """Say whether an action may be repeated after silence (5.3)."""
    return action in REPEATABLE and not (action is Action.SET_LCD_MODE and argument in LCD_STEPS)


SPEEDS: Mapping[int, int] = {1: 9600, 2: 19200, 3: 38400, 4: 57600, 5: 115200, 6: 230400}
"""Codes of register 17 -> baud (3.4); 6 is used by neither client."""

SPEED_CODES: Mapping[int, int] = {baud: code for code, baud in SPEEDS.items()}

END_OF_SESSION = 0
"""Value of register 17 that ends the session (3.4)."""

UPLOAD_MAGIC = 0x0FEC000E

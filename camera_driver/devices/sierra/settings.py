# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of sierra cameras, as data: name, register, coding (sierra.md, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import struct

from camera_driver.devices.sierra.codec import pack_int
from camera_driver.devices.sierra.models import Model
from camera_driver.devices.sierra.registers import Action, Kind, REGISTERS
from camera_driver.model import Access, Setting, SettingValue

COMPENSATIONS = tuple(n / 10 for n in (-20, -17, -13, -10, -7, -3, 0, 3, 7, 10, 13, 17, 20))  # EV


@dataclass(frozen=True)
class Row:
    """
    A setting and where it lives: a register, or for a write-only one perhaps an action.

    `family` is the attribute of a Family that holds its words; `scale` is the value of one raw
    unit; `fraction` registers hold two int32, value x `denominator` and the denominator.
    """

    setting: Setting
    register: int = 0
    kind: str = Kind.INT
    family: str = ''
    scale: float | None = None
    denominator: int | None = None
    action: Action | None = None

    def of_model(self, model: Model) -> Setting:
        """Return the setting with this model's words or range."""
        if self.family:
            words: Mapping[str, int] = getattr(model.family, self.family)
            return replace(self.setting, words=words)
        if self.setting.name in model.family.ranges:
            minimum, maximum = model.family.ranges[self.setting.name]
            return replace(self.setting, minimum=minimum, maximum=maximum)
        return self.setting

    def encode(self, value: SettingValue, setting: Setting) -> int | bytes:
        """
        Return the raw value of a valid value; bytes for vdata registers.

        Raises ValueError for what the register cannot hold.
        """
        if setting.words is not None:
            return setting.raw(str(value))
        if self.kind == Kind.TEXT:
            try:
                return str(value).encode('latin-1')
            except UnicodeEncodeError:
                raise ValueError(f'{setting.name}: {value!r} has characters that the camera does '
                                 'not know; allowed: ISO 8859-1') from None
        assert not isinstance(value, str)
        if self.denominator:
            return pack_int(round(value * self.denominator)) + pack_int(self.denominator)
        return round(value / self.scale) if self.scale else int(value)

    def decode(self, raw: int | bytes, setting: Setting) -> SettingValue | None:
        """Return the value of what the register holds; None when it holds nothing."""
        if isinstance(raw, bytes):
            if self.denominator and len(raw) >= 8:
                value, denominator = struct.unpack('<ii', raw[:8])
                return float(value / denominator) if denominator else None
            return None
        if setting.words is not None:
            return setting.word(raw)
        return raw * self.scale if self.scale else raw


def _where(register: int) -> str:
    return f'sierra.md 4.2, register {register}'


def _choice(name: str, register: int, description: str, source: str = '', family: str = '',
            access: Access = Access.READ_WRITE) -> Row:
    return Row(Setting(name, str, description, words=REGISTERS[register].words, access=access,
                       source=source or _where(register)), register, family=family)


def _by_action(name: str, action: Action, description: str, words: Mapping[str, int],
               momentary: bool = False) -> Row:
    return Row(Setting(name, str, description, words=words, raw_allowed=False,
                       access=Access.WRITE_ONLY, momentary=momentary,
                       source=f'sierra.md 4.5, action {action:d}'), action=action)


def _number(name: str, register: int, description: str, minimum: float | None = None,
            maximum: float | None = None, access: Access = Access.READ_WRITE,
            source: str = '') -> Row:
    return Row(Setting(name, int, description, REGISTERS[register].unit, minimum=minimum,
                       maximum=maximum, access=access, source=source or _where(register)),
               register)


ROWS = (
    _choice('resolution', 1, 'Picture size and quality; the words depend on the model',
            'sierra.md 4.3.1', 'resolution'),
    _choice('aperture', 5, 'Aperture; the words depend on the model', 'sierra.md 4.3.2',
            'aperture'),
    _choice('color_mode', 6, 'Colour or effect; the words depend on the model',
            'sierra.md 4.3.3', 'color_mode'),
    _choice('flash_mode', 7, 'When the flash fires'),
    _choice('image_adjust', 19, 'Brightness or contrast correction; words depend on the model',
            'sierra.md 4.3.4', 'image_adjust'),
    _choice('white_balance', 20, 'White balance; the words depend on the model',
            'sierra.md 4.3.5', 'white_balance'),
    _choice('focus_mode', 33, 'Focus; takes effect only if a picture is taken in the same session',
            family='focus_mode'),
    _number('focus_position', 103, 'Position of the manual focus; the range depends on the model',
            0),
    _choice('metering_mode', 70, 'How light is measured'),
    _choice('iso_speed', 85, 'Sensitivity; the words depend on the model', family='iso_speed',
            access=Access.READ_ONLY),
    Row(Setting('exposure_compensation', float, 'Exposure compensation', 'EV', minimum=-2.0,
                maximum=2.0, values=COMPENSATIONS, source=_where(69)), 69, Kind.DATA,
        denominator=10),
    Row(Setting('focal_length', float, 'Optical zoom; the range depends on the model', 'mm',
                minimum=0.0, optical='focal_length', source=_where(71)), 71, Kind.DATA,
        denominator=10),
    Row(Setting('digital_zoom', float, 'Digital zoom factor; 0 is off', minimum=0.0,
                optical='digital_zoom', source=_where(86)), 86, scale=0.01),
    _number('capture_flags', 72, 'Bit map of lens, zoom and colour flags (4.3.6)', 0,
            source='sierra.md 4.3.6'),
    _number('lcd_brightness', 35, 'Brightness of the display', 1, 7),
    _number('lcd_autoshut', 38, 'Time until the display switches off', 0),
    _choice('lcd_date_format', 41, 'How the display shows dates; the words depend on the model, '
            'and its sources disagree', family='lcd_date_format'),
    _number('autoshut_host', 23, 'Time until the camera switches off while it is connected; in '
            '0.1 s on some models', 0),
    _number('autoshut_field', 24, 'Time until the camera switches off while it is not connected; '
            'in 0.1 s on some models', 0),
    _number('session_timeout', 82, 'Idle time after which the camera ends the session; its unit '
            'is not documented (60 is a usual value). Below 10 s keep_alive would come too late',
            10, 0x7FFFFFFF, Access.WRITE_ONLY),
    _choice('language', 53, 'Language of the menus'),
    Row(Setting('camera_id', str, 'Free text that is stored in pictures; few models allow writing',
                max_length=200, source=_where(22)), 22, Kind.TEXT),
    _choice('led_mode', 30, 'The light on the camera', access=Access.WRITE_ONLY),
    _by_action('lcd_mode', Action.SET_LCD_MODE, 'What the display shows',
               {'off': 1, 'record': 2, 'play': 3, 'thumbnails': 4}),
    _by_action('lcd_step', Action.SET_LCD_MODE, 'Step to the next or previous picture on the '
               'display, or change the size of thumbnails',
               {'thumbnails_smaller': 5, 'thumbnails_larger': 6, 'next': 7, 'previous': 8},
               momentary=True),
    _by_action('lcd_test_color', Action.LCD_TEST_COLOR, 'Show a test picture on the display',
               {'white': 0, 'gray': 1, 'black': 2, 'red': 3, 'green': 4, 'blue': 5,
                'test_pattern': 6}, momentary=True),
    _choice('operation_mode', 34, 'What the camera does; lcd_mode changes it',
            access=Access.READ_ONLY),
    _choice('card_status', 51, 'Whether there is a memory card', access=Access.READ_ONLY),
    _number('frames_taken_total', 40, 'Pictures taken in all by this camera',
            access=Access.READ_ONLY),
)

BY_NAME: Mapping[str, Row] = {row.setting.name: row for row in ROWS}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a KP-FD30: the registers whose values are known (kp_fd30.md 4.2 to 4.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import logging

from camera_driver.devices.kp_fd30.registers import BY_NAME, Register
from camera_driver.devices.kp_fd30.shutter import LONGEST, PRESETS, SHORTEST, steps_of, time_of
from camera_driver.model import Setting, SettingValue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """A setting and its register; `steps`, `scale`: to and from what the register counts in."""

    setting: Setting
    register: Register
    steps: Callable[[float], int] = int
    scale: Callable[[int], float] | None = None

    def encode(self, value: SettingValue, setting: Setting) -> bytes:
        """Return X1 X2 X3 of a valid value. Raises ValueError for what does not fit."""
        if setting.words is not None:
            return self.register.data(setting.raw(str(value)))
        assert not isinstance(value, str)
        return self.register.data(self.steps(value))

    def decode(self, data: bytes, setting: Setting) -> SettingValue | None:
        """Return the value of X1 X2 X3; None, and a warning, when they are none."""
        raw = self.register.value(data)
        maximum = self.register.maximum
        if raw is None or maximum is not None and raw > maximum:
            log.warning('%s: the camera holds %s, which is out of its range', setting.name,
                        data.hex(' '))
            if raw is None or self.scale:
                return None
        if setting.words is not None:
            return setting.word(raw)
        return self.scale(raw) if self.scale else raw


def _choice(name: str, description: str, source: str,
            words: Mapping[str, int] | None = None) -> Row:
    register = BY_NAME[name]
    return Row(Setting(name, str, description, words=words or register.words,
                       source=f'kp_fd30.md {source}'), register)


def _offset(name: str, description: str) -> Row:
    return Row(Setting(name, int, description, minimum=0, maximum=255,
                       source='kp_fd30.md 4.2'), BY_NAME[name])


ROWS = (
    _choice('alc_mode', 'Automatic light control: average, area, or peak and average', '4.3'),
    _choice('alc_area', 'Area of light measurement, for alc_mode area; there are more than the '
            'two whose codes are known', '4.3'),
    _choice('shutter_mode', 'Shutter: off, a preset time, a variable one, automatic (aes), or '
            'by the external trigger', '4.3'),
    _choice('preset_shutter', 'Exposure time for shutter_mode preset; the times of most codes '
            '(raw:0 to raw:36) are not known', '4.4', PRESETS),
    Row(Setting('variable_shutter', float, 'Exposure time for shutter_mode variable, in steps of '
                '31.8 us', 's', minimum=SHORTEST, maximum=LONGEST, source='kp_fd30.md 4.5'),
        BY_NAME['variable_shutter'], steps_of, time_of),
    _offset('awc_r_gain_offset', 'Offset of the red gain of the automatic white control; 128 as '
            'delivered'),
    _offset('awc_b_gain_offset', 'Second offset of the automatic white control, most likely of '
            'the blue gain (its name is lost); 128 as delivered'),
)

ROW_OF: Mapping[str, Row] = {row.setting.name: row for row in ROWS}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Exposure time of a KP-FD30: the shutter's modes and their times (kp_fd30.md 4.3 to 4.5).

aes is automatic (0 s); off and ext_trigger have no time that the manual tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, log2

from camera_driver.devices.kp_fd30.bank import Bank
from camera_driver.devices.kp_fd30.registers import BY_NAME
from camera_driver.devices.kp_fd30.shutter import MOST_STEPS, seconds, STEP, steps_of, time_of
from camera_driver.errors import NotSupported
from camera_driver.model import Exposure, Range

MODE = BY_NAME['shutter_mode']
PRESET = BY_NAME['preset_shutter']
VARIABLE = BY_NAME['variable_shutter']
MODES: Mapping[str, int] = MODE.words or {}

TOLERANCE = 0.005  # of a time, within which it counts as on the grid: printed times are rounded
MOST_EV = 30


class ExposureControl:
    """Reads and sets the exposure time; `presets` are the codes whose times are known."""

    def __init__(self, bank: Bank, presets: Mapping[str, int]) -> None:
        self._bank = bank
        self._presets = {code: seconds(word) for word, code in presets.items()}

    def read(self) -> Exposure:
        """Return the exposure as the camera holds it."""
        mode = MODE.value(self._bank.read(MODE))
        time: float | None = None
        if mode == MODES['aes']:
            time = 0.0
        elif mode == MODES['preset']:
            code = PRESET.value(self._bank.read(PRESET))
            time = None if code is None else self._presets.get(code)
        elif mode == MODES['variable']:
            steps = VARIABLE.value(self._bank.read(VARIABLE))
            time = time_of(steps) if steps is not None and steps <= MOST_STEPS else None
        return Exposure(exposure_time=time)

    def ranges(self) -> Mapping[str, Range]:
        """Return the variable shutter's times; 0 (automatic) and preset times can be set too."""
        return {'exposure_time': Range(time_of(MOST_STEPS), time_of(0), STEP)}

    def write(self, wanted: Exposure, nearest: bool) -> Exposure:
        """Set the time, by the variable shutter where it reaches; mode first (8, item 18)."""
        if wanted.f_number is not None or wanted.iso is not None or wanted.aperture:
            raise NotSupported('a KP-FD30 has neither f-number nor ISO in its protocol; '
                               'exposure_time can be set')
        time = wanted.exposure_time
        if time is None:
            return self.read()
        if time == 0:
            self._bank.put(MODE, MODE.data(MODES['aes']))
            return Exposure(exposure_time=0.0)
        if not 0 < time < inf:
            raise ValueError(f'exposure_time: {time:g} s; allowed: {self._allowed}')
        found = self._nearest(time)
        if not nearest and abs(found - time) > TOLERANCE * time:
            raise ValueError(f'exposure_time: {time:g} s is not on the grid of the camera; the '
                             f'nearest is {found:g} s; allowed: {self._allowed}')
        return self._set(found)

    def step(self, quantity: str, steps: float) -> Exposure:
        """Change the time by steps of EV from what the camera holds now."""
        if quantity != 'exposure_time':
            raise ValueError(f'quantity: {quantity!r}; allowed: exposure_time')
        now = self.read().exposure_time
        if not now:
            raise ValueError('exposure_time is automatic or not told: there is nothing to step '
                             'from; set an exposure time first')
        if not abs(steps) <= MOST_EV:
            raise ValueError(f'steps: {steps:g}; at most {MOST_EV} EV')
        wanted = now * 2.0 ** steps
        found = self._nearest(wanted)
        if steps and (found == now or abs(log2(found / wanted)) > 0.5):
            raise ValueError(f'exposure_time: no step of {steps:g} EV from {now:g} s; allowed: '
                             f'{self._allowed}')
        return self._set(found)

    @property
    def _allowed(self) -> str:
        presets = ', '.join(f'{time:g}' for time in sorted(self._presets.values()))
        return (f'0 (automatic), {time_of(MOST_STEPS):.3g} to {time_of(0):.5g} s in steps of '
                f'31.8 us, {presets} s')

    def _nearest(self, time: float) -> float:
        """Return the time that is nearest in EV."""
        times = [time_of(steps_of(time)), *self._presets.values()]
        return min(times, key=lambda one: abs(log2(one / time)))

    def _set(self, time: float) -> Exposure:
        """Write a time that the camera has; each register is read back."""
        code = next((code for code, one in self._presets.items() if one == time), None)
        if code is None:
            mode, register, value = 'variable', VARIABLE, steps_of(time)
        else:
            mode, register, value = 'preset', PRESET, code
        self._bank.put_all([(MODE, MODE.data(MODES[mode])), (register, register.data(value))],
                           self._bank.put)
        return Exposure(exposure_time=time)

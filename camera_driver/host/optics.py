# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The optical state of a device's pictures: now, for a video, and right after a shot.

A device tells it by its settings (`Setting.optical`) and by `Device.optics`. All of it that may
change is unknown while there is no device, and for SETTLED after a change: frames that were under
way show the state before.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf
import time
from typing import Any

from camera_driver.device import Device
from camera_driver.errors import DeviceError
from camera_driver.model import OpticalState, SettingValue

SETTLED = 1.0  # s from a change until a frame shows it, besides its known delay


class Optics:
    """The optical state of one device."""

    def __init__(self, device: type[Device], connected: Callable[[], bool],
                 delay: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        """
        Begin with what no device of the type can change.

        :param connected: whether there is a device; callable from any thread.
        :param delay: [s] from an exposure to its frame.
        """
        self._settings = {one.optical: one.name for one in device.SETTINGS if one.optical}
        self.unknown = replace(device.OPTICS, **dict.fromkeys(self._settings))
        self._connected = connected
        self.delay = delay
        self._now = now
        self._device: Device | None = None
        self._told: Mapping[str, Any] = {}
        self._last = self.unknown
        self._changed = -inf  # when `_last` was seen first [s]

    def meet(self, device: Device) -> None:
        """Hear of a device that was just opened, whose settings are not known; on its thread."""
        self.follow(device, {})

    def follow(self, device: Device, shown: Mapping[str, SettingValue | None]) -> None:
        """Hear that settings may have changed, to what is `shown`; on the device's thread."""
        self._told = {field: _number(field, shown.get(name))
                      for field, name in self._settings.items()}
        self._device = device

    @property
    def present(self) -> OpticalState:
        """What the device shows now; from any thread."""
        device = self._device
        if device is None or not self._connected():
            return self.unknown
        return replace(device.optics, **self._told)

    @property
    def settled(self) -> OpticalState:
        """What frames that arrive now show; from any thread."""
        state = self.present
        if state != self._last:
            self._last, self._changed = state, self._now()
        return state if self._now() - self._changed >= SETTLED + self.delay else self.unknown

    def ask(self, device: Device) -> OpticalState:
        """
        Ask a device that has just taken a picture in which state; on its thread.

        A lens may have been zoomed by hand since its setting was read. What the device does not
        tell is unknown.
        """
        told: dict[str, Any] = {}
        for field, name in self._settings.items():
            try:
                told[field] = _number(field, device.get(name))
            except DeviceError:
                told[field] = None
        return replace(device.optics, **told)


def _number(field: str, value: SettingValue | None) -> float | None:
    """Return the value of an optical setting; a factor of 0 is off, a length of 0 is none."""
    if value is None or isinstance(value, str):
        return None
    return float(value) or (None if field == 'focal_length' else 1.0)

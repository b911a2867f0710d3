# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The settings of a device as the host knows them: commanded, held by the device, shown to people.

A value is *commanded* when it was configured or set while running: it is written after each
connecting, whatever became of the device meanwhile. What is shown is what the device told, or
what was commanded where it cannot tell; what is not known is shown as not known.

On the thread of the device, all of it.
"""

from collections.abc import Callable, Iterable, Mapping
import logging
from typing import Any

from camera_driver.device import Device
from camera_driver.errors import DeviceError, NotConfirmed, NotSupported, Refused
from camera_driver.model import Access, Setting, SettingValue

log = logging.getLogger(__name__)


class HeldSettings:
    """
    The settings of one device.

    `problems`: setting -> why what was commanded could not be applied when connecting.
    """

    def __init__(self, settings: Iterable[Setting], configured: Mapping[str, SettingValue],
                 show: Callable[[Setting, SettingValue | None, str, bool], None], *,
                 changed: Callable[[Device], None] = lambda device: None,
                 words: Callable[[Exception], str] = str) -> None:
        """
        Begin with nothing known.

        :param configured: what is commanded from the beginning.
        :param show: shows a setting: its value (None: not known), why it is not known, and
            whether this model lacks it.
        :param changed: is told when settings may have changed.
        :param words: says an error for people.
        """
        self.settings = {setting.name: setting for setting in settings}
        self._configured = dict(configured)
        self._show_value = show
        self._changed = changed
        self._words = words
        self.commanded = dict(configured)
        self.held: dict[str, SettingValue] = {}
        self.shown: dict[str, SettingValue | None] = {}
        self.problems: Mapping[str, str] = {}

    def forget(self) -> None:
        """Forget what was commanded at run time: another device may come."""
        self.commanded = dict(self._configured)
        self.problems = {}

    def connected(self, device: Device) -> str:
        """
        Write what was commanded, read the rest, and show it all.

        Returns in words what was done. Raises DeviceError when the link fails.
        """
        here = device.settings()
        applied, problems = [], {}
        for name, value in self.commanded.items():
            try:
                if name not in here:
                    raise NotSupported('this model has no such setting')
                value = here[name].validate(value)
                got = device.set(name, value)
                self.held[name] = value if got is None else got
                applied.append(name)
            except (Refused, NotSupported, ValueError) as error:
                problems[name] = self._words(error)
                log.error('%s: %s could not be applied: %s', name, value, problems[name])
        for name, setting in self.settings.items():
            setting = self.settings[name] = here.get(name, setting)
            held: SettingValue | None = None
            why = 'this model has no such setting'
            if name in here:
                held, why = self._read(device, name)
                if held is None and name in applied:
                    held = self.commanded[name]
            self._show(name, held, why, absent=name not in here)
        self.problems = problems
        self._changed(device)
        parts = (('applied', applied), ('not applied', list(problems)))
        return '; '.join(f'{words}: {", ".join(names)}' for words, names in parts if names)

    def refresh(self, device: Device, names: Iterable[str]) -> None:
        """
        Read again what may have changed otherwise, and show it.

        What really changed is no longer commanded as a setting: the later command counts. When
        the device does not answer, none of them is known.
        """
        here = device.settings()
        told = [name for name in names
                if name in here and here[name].access is not Access.WRITE_ONLY]
        for name in told:
            try:
                value, why = self._read(device, name)
            except DeviceError as error:
                for one in told:
                    self._show(one, None, f'not told: {self._words(error)}')
                self._changed(device)
                raise
            if name in self.held and value != self.held[name]:
                self.commanded.pop(name, None)
            elif name in self.commanded and value is not None:
                self.held[name] = value
            self._show(name, value, why)
        self._changed(device)

    def keep(self, name: str, value: SettingValue, held: SettingValue | None = None) -> None:
        """Count a value as commanded that was written, or most likely was; `held`: as read."""
        self.commanded[name] = value
        self.held.pop(name, None)
        if held is not None:
            self.held[name] = held

    def follow(self, device: Device, but: Iterable[str] = ()) -> None:
        """
        Show what is known now of settings that the device cannot tell, `but` these.

        Sends nothing. They were changed by a command: it counts as if they had been set.
        """
        for name, setting in device.settings().items():
            if setting.access is not Access.WRITE_ONLY or name in but:
                continue
            value = device.get(name)
            if value == self.shown.get(name):
                continue
            if value is not None:
                self.commanded[name] = self.held[name] = value
            self._show(name, value)
        self._changed(device)

    def write(self, device: Device, wanted: Mapping[str, Any]) -> None:
        """
        Check all, write all; `held` has what the device made of each.

        Raises ValueError or NotSupported before anything is written; the error of one that fails
        says what was written before it.
        """
        here = device.settings()
        for name, value in wanted.items():
            if name not in here:
                raise NotSupported(f'{name}: this model has no such setting')
            if value is None:
                raise ValueError(f'{name}: a setting cannot be deleted')
            here[name].validate(value)
        written: list[str] = []
        for name, value in wanted.items():
            if here[name].optical:  # frames are coming: from here on nobody knows it
                self.shown[name] = None
                self._changed(device)
            try:
                held = device.set(name, value)
            except (DeviceError, ValueError) as error:
                if isinstance(error, NotConfirmed) and not here[name].momentary:
                    self.keep(name, value)
                for one in (*written, name):
                    self._show(one, self.held[one] if one in written
                               else self._read_again(device, one))
                self.follow(device, but=wanted)
                if written:
                    error.args = (f'{error} (already written: {", ".join(written)})',)
                raise
            self.held[name] = value if held is None else held
            self.shown[name] = None if here[name].momentary else self.held[name]
            if not here[name].momentary:
                self.commanded[name] = value
            written.append(name)
        self.follow(device, but=wanted)

    def _read(self, device: Device, name: str) -> tuple[SettingValue | None, str]:
        """Return what the device has, or None and perhaps why it does not tell."""
        try:
            return device.get(name), ''
        except (Refused, NotSupported) as error:
            return None, f'not told: {self._words(error)}'

    def _read_again(self, device: Device, name: str) -> SettingValue | None:
        try:
            return self._read(device, name)[0]
        except DeviceError:
            return None  # the link has failed as well; the caller's error says more

    def _show(self, name: str, value: SettingValue | None, why: str = '',
              absent: bool = False) -> None:
        """Show what the device has; None = not known, and `why`."""
        setting = self.settings[name]
        self.shown[name] = None if setting.momentary else value
        self._show_value(setting, self.shown[name], why, absent)

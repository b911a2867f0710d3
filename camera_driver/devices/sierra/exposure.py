# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure of sierra cameras: registers 3 (microseconds), 5 (aperture), 85 (sensitivity)."""

from __future__ import annotations

from collections.abc import Mapping

from camera_driver.devices.sierra.models import GENERIC
from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.devices.sierra.session import SierraSession
from camera_driver.errors import DeviceError, NotConfirmed, NotSupported, Refused
from camera_driver.model import Exposure, Range, Setting
from camera_driver.operations import (
    Attempt, carry_out, confirmed, Evidence, once, Outcome, Record, Settlement)

MAX_TIME = 0x7FFFFFFF  # us, what an int32 holds; the models' own limits are not documented


class ExposureControl:
    """Reads and writes the exposure; `family` gives the words and numbers of the apertures."""

    def __init__(self, session: SierraSession) -> None:
        self._session = session
        self.family = GENERIC.family

    def read(self) -> Exposure:
        """Return the exposure as the camera holds it; what it refuses to tell stays None."""
        time = self._int('shutter_us')
        aperture = self._int('aperture')
        speeds = {raw: 0.0 if word == 'auto' else float(word)
                  for word, raw in self.family.iso_speed.items()}
        iso = self._int('iso_speed') if speeds else None
        return Exposure(
            exposure_time=None if time is None else time / 1e6,
            f_number=None if aperture is None else self.family.f_numbers.get(aperture),
            iso=None if iso is None else speeds.get(iso),
            aperture='' if aperture is None else self._aperture.word(aperture))

    def ranges(self) -> Mapping[str, Range]:
        """Return what can be set; the models' own limits of exposure time are not documented."""
        ranges = {'exposure_time': Range(0.0, MAX_TIME / 1e6, 1e-6)}
        numbers = tuple(sorted(self.family.f_numbers.values()))
        if numbers:
            ranges['f_number'] = Range(numbers[0], numbers[-1], values=numbers)
        return ranges

    def write(self, wanted: Exposure, nearest: bool) -> Exposure:
        """Check everything first, then write and read back."""
        writes: dict[str, int] = {}
        if wanted.iso is not None:
            raise NotSupported('iso: this camera only tells it (sierra.md 4.2, register 85); '
                               'leave it as it is (NaN)')
        if wanted.exposure_time is not None:
            writes['shutter_us'] = self._micros(wanted.exposure_time)
        if wanted.f_number is not None:
            writes['aperture'] = self._aperture_of(wanted.f_number, nearest)
        if wanted.aperture:
            self._aperture.validate(wanted.aperture)
            writes['aperture'] = self._aperture.raw(wanted.aperture)
        written = ''
        for name, value in writes.items():
            try:
                self._write(name, value, nearest and name == 'shutter_us')
            except (DeviceError, KeyboardInterrupt) as error:
                if not written:
                    raise
                text = f'{written}; {error or "interrupted"}'
                if isinstance(error, Refused):
                    raise Refused(text, error.code) from error
                raise NotConfirmed(text) from error
            written += f'{", " if written else ""}{name} was written'
        return self._read_after(written)

    def _read_after(self, written: str) -> Exposure:
        try:
            return self.read()
        except (DeviceError, KeyboardInterrupt) as error:
            if not written:
                raise
            raise NotConfirmed(f'{written}, and the exposure could not be read: '
                               f'{error or "interrupted"}') from error

    def _write(self, name: str, value: int, near: bool = False) -> None:
        register = NUMBER[name]
        taken = False

        def write(attempt: Attempt) -> None:
            nonlocal taken
            self._session.write_int(register, value, attempt)
            taken = True

        def good(held: int) -> bool:
            if near and not taken and held != value:
                raise NotConfirmed(f'{name}: {value} was sent and not acknowledged; the camera '
                                   f'holds {held}: the nearest that it has, or as before')
            return near or held == value

        confirmed(f'{name}: {value}', write, lambda: self._session.read_int(register), good)

    def step(self, quantity: str, steps: float, record: Record) -> Exposure:
        """
        Change one quantity by steps of EV from what the camera holds now.

        The new value is written, so that a second time would not do harm.
        """
        name, value, now = self._stepped(quantity, steps)
        if value != now:
            evidence = {'operation': 'step_exposure', 'register': name, 'from': now, 'to': value}
            carry_out(evidence, lambda: self._once(name, value), self.settle, record)
        return self._read_after(f'{quantity} was stepped')

    def settle(self, evidence: Evidence) -> Settlement:
        """Say whether a step was done by what the camera holds now."""
        name, before, after = evidence['register'], evidence['from'], evidence['to']
        held = self._session.read_int(NUMBER[name])
        if held == before:
            return Settlement(Outcome.NOT_DONE, f'{name} is still {held}; try again')
        if held == after or name == 'shutter_us':
            return Settlement(Outcome.DONE, f'{name} is {held} instead of {before}')
        return Settlement(Outcome.UNKNOWN, f'{name} is {held}, neither {before} nor {after}')

    def _once(self, name: str, value: int) -> None:
        with once(f'write {value} to {name}', self._session.port.name) as attempt:
            self._session.write_int(NUMBER[name], value, attempt)
            held = self._session.read_int(NUMBER[name])
            if held != value and name != 'shutter_us':
                raise Refused(f'{name}: the camera took {value} and holds {held}')

    def _stepped(self, quantity: str, steps: float) -> tuple[str, int, int]:
        """Return the register, what is to be written, and what it holds."""
        now = self.read()
        if quantity == 'exposure_time':
            if not now.exposure_time:
                raise ValueError('exposure_time is automatic: there is nothing to step from; set '
                                 'an exposure time first')
            micros = self._micros(now.exposure_time * 2 ** steps)
            return 'shutter_us', micros, round(now.exposure_time * 1e6)
        if quantity == 'f_number':
            if now.f_number is None:
                raise NotSupported('the camera does not tell its f-number')
            wanted = now.f_number / 2 ** (steps / 2)
            numbers = self.family.f_numbers
            raw = self._aperture_of(wanted, True)
            if steps and numbers[raw] == now.f_number:
                raise ValueError(f'f_number: no step of {steps:g} EV from {now.f_number:g}; there '
                                 f'are: {", ".join(f"{n:g}" for n in sorted(numbers.values()))}')
            held = next(r for r, number in numbers.items() if number == now.f_number)
            return 'aperture', raw, held
        raise ValueError(f'quantity: {quantity!r}; allowed: exposure_time, f_number')

    @staticmethod
    def _micros(seconds: float) -> int:
        if not 0 <= seconds <= MAX_TIME / 1e6:
            raise ValueError(f'exposure_time: {seconds:g} s; allowed: 0 (automatic) to '
                             f'{MAX_TIME / 1e6:g} s')
        return round(seconds * 1e6)

    @property
    def _aperture(self) -> Setting:
        return Setting('aperture', str, 'Aperture', words=self.family.aperture)

    def _aperture_of(self, f_number: float, nearest: bool) -> int:
        numbers = self.family.f_numbers
        if not numbers:
            raise NotSupported('f_number: this model has no table of f-numbers; give the aperture '
                               f'as a word ({self._aperture.allowed})')
        raw, found = min(numbers.items(), key=lambda item: abs(item[1] - f_number))
        if abs(found - f_number) > 0.01 and not nearest:
            raise ValueError(f'f_number: {f_number:g} is not on the grid; allowed: '
                             f'{", ".join(f"{n:g}" for n in sorted(numbers.values()))}')
        return raw

    def _int(self, name: str) -> int | None:
        try:
            return self._session.read_int(NUMBER[name])
        except Refused:
            return None

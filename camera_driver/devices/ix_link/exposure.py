# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure of iX Link cameras in a photographer's units, on the camera's grid (ix_link.md 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeVar

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES, Quantity
from camera_driver.devices.ix_link.commands import Code
from camera_driver.devices.ix_link.session import IxLinkSession, Malformed
from camera_driver.errors import DeviceError, NotConfirmed, NotSupported, Refused
from camera_driver.model import Exposure, Range
from camera_driver.operations import Record, unrecorded

T = TypeVar('T')

MAX_STEP = 127  # of a signed byte
MOST_EV = 255  # from the smallest to the largest numerator, by the smallest denominator
DECIMALS = 0.04  # EV; a third of a stop is written 0.3, two thirds 0.7


class ExposureControl:
    """
    Reads and writes the exposure.

    The grids are remembered, so that a wish that is on them needs no question. Before a wish is
    refused or rounded by a remembered grid the camera is asked for it once more: the lens or the
    mode may have changed. `ranges` asks again too, and so does the first wish after the camera
    found a value out of range (6.1).

    Grids, and values that are not on their grid, are asked for until an answer comes twice.
    """

    def __init__(self, session: IxLinkSession) -> None:
        self._session = session
        self._grids: dict[str, Grid] = {}

    @property
    def longest(self) -> float | None:
        """The longest exposure time [s] that the camera can be set to; None: not known."""
        quantity = QUANTITIES['exposure_time']
        grid = self._grids.get(quantity.name)
        return max(map(quantity.from_apex, grid.ends)) if grid else None

    def read(self) -> Exposure:
        """Return the exposure; a quantity that this camera does not know stays None."""
        values: dict[str, float] = {}
        for name, quantity in QUANTITIES.items():
            try:
                values[name] = quantity.from_apex(self._value(quantity))
            except NotSupported:
                pass
        return Exposure(values.get('exposure_time'), values.get('f_number'), values.get('iso'))

    def ranges(self) -> Mapping[str, Range]:
        """Ask for the grid of each quantity that this camera knows."""
        self._grids.clear()
        ranges = {}
        for name, quantity in QUANTITIES.items():
            try:
                grid = self._grid(quantity)
            except NotSupported:
                continue
            values = tuple(sorted(quantity.from_apex(grid.value(n)) for n in grid.numerators))
            ranges[name] = Range(values[0], values[-1], values=values,
                                 step_ev=float(grid.step_apex))
        return ranges

    def write(self, wanted: Exposure, nearest: bool) -> Exposure:
        """
        Find all values on the grids first, then write each and read it back.

        What was written before one of them failed is named. Raises Refused, NotConfirmed.
        """
        if wanted.aperture:
            raise ValueError(f'aperture: {wanted.aperture!r}; this camera has no words for it, '
                             'give f_number')
        asked = {name: value for name in QUANTITIES
                 if (value := getattr(wanted, name)) is not None}
        for name, value in asked.items():
            QUANTITIES[name].to_apex(value)
        writes = {name: self._find(QUANTITIES[name], value, nearest)
                  for name, value in asked.items()}
        written = ''
        for name, place in writes.items():
            try:
                self._write(QUANTITIES[name], place, asked[name] if nearest else None)
            except (DeviceError, KeyboardInterrupt) as error:
                if not written:
                    raise
                text = f'{written}; {error or "interrupted"}'
                if isinstance(error, Refused):
                    raise Refused(text, error.code) from error
                raise NotConfirmed(text) from error
            written += f'{", " if written else ""}{name} was written'
        return self._read_after(written)

    def step(self, quantity_name: str, steps: float,
             record: Record = unrecorded) -> Exposure:
        """
        Change one quantity by steps of EV with the camera's increment command.

        Raises ValueError for what is not a whole number of the grid's steps, or would leave it;
        otherwise what `IxLinkSession.increment` raises.
        """
        if quantity_name not in QUANTITIES:
            raise ValueError(f'quantity: {quantity_name!r}; allowed: {", ".join(QUANTITIES)}')
        quantity = QUANTITIES[quantity_name]
        if not abs(steps) <= MOST_EV:
            raise ValueError(f'steps: {steps:g} is not a number of EV from -{MOST_EV} to '
                             f'{MOST_EV}')
        before = self._value(quantity)
        numerator, denominator = self._by_grid(
            quantity, lambda grid: _increment(quantity, grid, steps, before))
        with self._forgetting():
            self._session.increment(quantity, numerator, denominator, record)
        return self._read_after(f'{quantity.name} was stepped by {steps:g} EV')

    def _read_after(self, written: str) -> Exposure:
        try:
            return self.read()
        except (DeviceError, KeyboardInterrupt) as error:
            if not written:
                raise
            raise NotConfirmed(f'{written}, and the exposure could not be read afterwards: '
                               f'{error or "interrupted"}') from error

    def _find(self, quantity: Quantity, value: float, nearest: bool) -> tuple[int, int]:
        """Return numerator and denominator for a value in its own unit. Raises ValueError."""
        try:
            return self._by_grid(quantity, lambda grid: (
                grid.find(quantity, value, nearest=False), grid.denominator))
        except ValueError:
            grid = self._grid(quantity)  # just asked
            return grid.find(quantity, value, nearest), grid.denominator

    def _write(self, quantity: Quantity, place: tuple[int, int], near: float | None) -> None:
        """Write a value; when it is not in range any more, the one nearest to `near` [unit]."""
        try:
            with self._forgetting():
                self._session.write(quantity, *place)
        except Refused as error:
            if error.code != Code.ERR_INPUT_OUT_OF_RANGE or near is None:
                raise
            found = self._find(quantity, near, nearest=True)
            if found == place:
                raise
            self._session.write(quantity, *found)

    def _by_grid(self, quantity: Quantity, work: Callable[[Grid], T]) -> T:
        """Do what raises ValueError by a grid; by a remembered one not before it is asked anew."""
        if quantity.name in self._grids:
            try:
                return work(self._grids[quantity.name])
            except ValueError:
                del self._grids[quantity.name]
        return work(self._grid(quantity))

    def _grid(self, quantity: Quantity) -> Grid:
        if quantity.name not in self._grids:
            session = self._session
            self._grids[quantity.name] = session.certain(lambda: session.grid(quantity))
        return self._grids[quantity.name]

    def _value(self, quantity: Quantity) -> Fraction:
        session = self._session
        grid = self._grids.get(quantity.name)
        try:
            found = session.read(quantity)
            if not grid or found[1] == grid.denominator and found[0] in grid.numerators:
                return Fraction(*found)
        except Malformed:
            pass
        return Fraction(*session.certain(lambda: session.read(quantity)))

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget the grids when the camera finds a value out of range."""
        try:
            yield
        except Refused as error:
            if error.code == Code.ERR_INPUT_OUT_OF_RANGE:
                self._grids.clear()
            raise


def _increment(quantity: Quantity, grid: Grid, steps: float, before: Fraction) -> tuple[int, int]:
    """Return numerator and denominator of an increment. Raises ValueError when it cannot be."""
    number = round(steps / float(grid.step_apex))
    change = number * grid.step_apex * quantity.brighter
    numerator = number * (grid.step or 1) * quantity.brighter
    if not number or abs(abs(float(change)) - abs(steps)) > DECIMALS:
        raise ValueError(f'steps: {steps:g} EV is not a whole number of the steps of '
                         f'{grid.step_apex} EV that {quantity.name} has')
    if not grid.ends[0] <= before + change <= grid.ends[1]:
        words = sorted(f'{(end - before) * quantity.brighter}' for end in grid.ends)
        raise ValueError(
            f'{quantity.name}: {quantity.from_apex(before):.4g} can be changed by '
            f'{" to ".join(words)} EV, not by {change * quantity.brighter}')
    if abs(numerator) > MAX_STEP:
        raise ValueError(f'steps: {steps:g} EV; at most {MAX_STEP / grid.denominator:g} EV at '
                         'once')
    return numerator, grid.denominator

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure of iX Link cameras in a photographer's units, on the camera's grid (ix_link.md 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from math import isfinite
from typing import TypeVar

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES, Quantity
from camera_driver.devices.ix_link.commands import Code
from camera_driver.devices.ix_link.session import IxLinkSession
from camera_driver.errors import NotSupported, ProtocolError, Refused
from camera_driver.model import Exposure, Range

T = TypeVar('T')

MAX_STEP = 127  # of a signed byte
DECIMALS = 0.04  # EV; a third of a stop is written 0.3, two thirds 0.7
MOST_ANSWERS = 3


class ExposureControl:
    """
    Reads and writes the exposure.

    The grids are remembered, so that a wrong wish is refused before any byte is sent; `ranges`
    asks again, and so does the first wish after the camera found a value out of range (6.1: the
    lens or the mode may have changed).

    One in 256 replies that noise made a byte longer passes the XOR, with its data shifted. So
    grids, and values that are not on their grid, are asked for until an answer comes twice.
    """

    def __init__(self, session: IxLinkSession) -> None:
        self._session = session
        self._grids: dict[str, Grid] = {}

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
        """Find all values on the grids first, then write each and read it back."""
        if wanted.aperture:
            raise ValueError(f'aperture: {wanted.aperture!r}; this camera has no words for it, '
                             'give f_number')
        asked = {name: value for name in QUANTITIES
                 if (value := getattr(wanted, name)) is not None}
        for name, value in asked.items():
            QUANTITIES[name].to_apex(value)
        writes: list[tuple[Quantity, Grid, int]] = []
        for name, value in asked.items():
            quantity = QUANTITIES[name]
            grid = self._grid(quantity)
            writes.append((quantity, grid, grid.find(quantity, value, nearest)))
        for quantity, grid, numerator in writes:
            with self._forgetting():
                self._session.write(quantity, numerator, grid.denominator)
        return self.read()

    def step(self, quantity_name: str, steps: float) -> Exposure:
        """
        Change one quantity by steps of EV with the camera's increment command.

        Raises ValueError for what is no whole number of the grid's steps, or would leave it.
        """
        if quantity_name not in QUANTITIES:
            raise ValueError(f'quantity: {quantity_name!r}; allowed: {", ".join(QUANTITIES)}')
        quantity = QUANTITIES[quantity_name]
        if not isfinite(steps):
            raise ValueError(f'steps: {steps:g} is no number of EV')
        grid = self._grid(quantity)
        number = round(steps / float(grid.step_apex))
        change = number * grid.step_apex * quantity.brighter
        numerator = number * (grid.step or 1) * quantity.brighter
        if not number or abs(abs(float(change)) - abs(steps)) > DECIMALS:
            raise ValueError(f'steps: {steps:g} EV is no whole number of the steps of '
                             f'{grid.step_apex} EV that {quantity.name} has')
        before = self._value(quantity)
        self._check(quantity, grid, before, before + change)
        if abs(numerator) > MAX_STEP:
            raise ValueError(f'steps: {steps:g} EV; at most '
                             f'{MAX_STEP / grid.denominator:g} EV at once')
        with self._forgetting():
            self._session.increment(quantity, numerator, grid.denominator)
        return self.read()

    def _grid(self, quantity: Quantity) -> Grid:
        if quantity.name not in self._grids:
            self._grids[quantity.name] = self._certain(lambda: self._session.grid(quantity))
        return self._grids[quantity.name]

    def _value(self, quantity: Quantity) -> Fraction:
        found = numerator, denominator = self._session.read(quantity)
        grid = self._grids.get(quantity.name)
        if grid and not (denominator == grid.denominator and numerator in grid.numerators):
            found = self._certain(lambda: self._session.read(quantity))
        return Fraction(*found)

    def _certain(self, question: Callable[[], T]) -> T:
        answers = [question()]
        for _ in range(MOST_ANSWERS):
            answer = question()
            if answer in answers:
                return answer
            answers.append(answer)
        raise ProtocolError(f'{self._session.port.name}: each answer to one question differs: '
                            f'{answers}; the line is noisy, check the cable')

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Forget the grids when the camera finds a value out of range."""
        try:
            yield
        except Refused as error:
            if error.code == Code.ERR_INPUT_OUT_OF_RANGE:
                self._grids.clear()
            raise

    def _check(self, quantity: Quantity, grid: Grid, before: Fraction, after: Fraction) -> None:
        ends = [grid.value(grid.numerators[i]) for i in (0, -1)]
        if not ends[0] <= after <= ends[1]:
            words = sorted(f'{(end - before) * quantity.brighter}' for end in ends)
            raise ValueError(
                f'{quantity.name}: {quantity.from_apex(before):.4g} can be changed by '
                f'{" to ".join(words)} EV, not by {(after - before) * quantity.brighter}')

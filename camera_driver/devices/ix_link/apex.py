# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Exposure on the wire: APEX values as fractions, on the camera's grid (ix_link.md, section 5).

========  ======  =======================  ====================
quantity  symbol  to APEX                  from APEX
========  ======  =======================  ====================
f-number  Av      2 log2(N)                2 ** (Av / 2)
time [s]  Tv      -log2(t)                 2 ** -Tv
ISO       Sv      log2(S / ISO_AT_0)       ISO_AT_0 * 2 ** Sv
========  ======  =======================  ====================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor, inf, log2

from camera_driver.devices.ix_link.commands import Command

ISO_AT_0 = 3.125  # of EXIF and of cameras; ISO 100 is Sv 5

# EV. Markings are rounded names: 30 s is 32 s, 0.093 EV off (5.2). Only f/1.2 (1.26) is worse.
NAME_TOLERANCE = 0.1


@dataclass(frozen=True)
class Quantity:
    """
    A quantity of the exposure and the commands that handle it.

    Its value is `unit` * 2 ** (`sign` * APEX / `stops`); `brighter` is the sign of an APEX step
    that makes the picture brighter.
    """

    name: str  # in model.Exposure
    get: Command
    get_range: Command
    set: Command  # noqa: A003
    increment: Command
    brighter: int
    sign: int = 1
    stops: int = 1
    unit: float = 1.0

    def to_apex(self, value: float) -> float:
        """Return the APEX value. Raises ValueError for what is not a positive number."""
        if not 0 < value < inf:
            raise ValueError(f'{self.name}: {value:g}; it has to be greater than 0')
        return self.sign * self.stops * (log2(value) - log2(self.unit))

    def from_apex(self, apex: float | Fraction) -> float:
        """Return the f-number, the time [s] or the ISO value."""
        return float(self.unit * 2.0 ** (self.sign * float(apex) / self.stops))

    def words(self, apex: float | Fraction) -> str:
        """Return the value for a message: 'f_number 5.657'."""
        return f'{self.name} {self.from_apex(apex):.4g}'


QUANTITIES: Mapping[str, Quantity] = {q.name: q for q in (
    Quantity('f_number', Command.GET_APERTURE, Command.GET_APERTURE_RANGE, Command.SET_APERTURE,
             Command.INCREMENT_APERTURE, brighter=-1, stops=2),
    Quantity('exposure_time', Command.GET_SHUTTER_SPEED, Command.GET_SHUTTER_SPEED_RANGE,
             Command.SET_SHUTTER_SPEED, Command.INCREMENT_SHUTTER_SPEED, brighter=-1, sign=-1),
    Quantity('iso', Command.GET_ISO, Command.GET_ISO_RANGE, Command.SET_ISO,
             Command.INCREMENT_ISO, brighter=1, unit=ISO_AT_0),
)}


@dataclass(frozen=True)
class Grid:
    """The settable values of a quantity, as in a range reply: numerators, one denominator."""

    minimum: int
    maximum: int
    step: int
    denominator: int

    def __post_init__(self) -> None:
        if not self.denominator or self.maximum < self.minimum:
            raise ValueError(f'range {self.minimum}..{self.maximum} step {self.step} '
                             f'/{self.denominator} is none')

    @property
    def numerators(self) -> range:
        """All settable numerators, ascending."""
        return range(self.minimum, self.maximum + 1, self.step or 1)

    @property
    def step_apex(self) -> Fraction:
        """From one value to the next [EV]."""
        return Fraction(self.step or 1, self.denominator)

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The smallest and the largest APEX value."""
        return self.value(self.numerators[0]), self.value(self.numerators[-1])

    def value(self, numerator: int) -> Fraction:
        """Return the APEX value of a numerator."""
        return Fraction(numerator, self.denominator)

    def index(self, apex: float | Fraction) -> int:
        """
        Return the number of the nearest value, which may lie outside of the grid.

        A tie goes to the larger one, also one that rounding hides (5.1).
        """
        x = (float(apex) * self.denominator - self.minimum) / (self.step or 1)
        return floor(x + 0.5 + 1e-9)

    def nearest(self, apex: float | Fraction) -> int | None:
        """Return the numerator of the nearest value; None: beyond the ends by half a step."""
        numerators = self.numerators
        index = self.index(apex)
        return numerators[index] if 0 <= index < len(numerators) else None

    def find(self, quantity: Quantity, wanted: float, nearest: bool) -> int:
        """
        Return the numerator for a value in its own unit, e.g. an f-number.

        `nearest` takes the nearest one there is. Otherwise ValueError for what is not on the
        grid; a marking such as f/5.6 or 1/250 s is, though it is a rounded name.
        """
        apex = quantity.to_apex(wanted)
        found = self.nearest(apex)
        numerators = self.numerators
        if found is None:
            found = numerators[0 if self.index(apex) < 0 else -1]
        off = abs(float(self.value(found)) - apex)
        if nearest or off <= NAME_TOLERANCE:
            return found
        ends = sorted(map(quantity.from_apex, self.ends))
        raise ValueError(
            f'{quantity.name}: {wanted:g} is not on the grid; the nearest is '
            f'{quantity.from_apex(self.value(found)):.4g}; allowed: {ends[0]:.4g} to '
            f'{ends[1]:.4g} in steps of {self.step_apex} EV')

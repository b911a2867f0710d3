# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The registers of a KP-FD30, as data (kp_fd30.md, section 4).

The manual survives in parts only: each row says how well what it holds is known. What is not
known is None; nothing is made up. The order is the one to write them in: modes before the values
that belong to them (8, item 18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Standing(Enum):
    """How well something is known."""

    LEGIBLE = 'legible'
    RECONSTRUCTED = 'reconstructed'  # from what is left of a row; its SUM confirms it
    RULE = 'by rule'  # read area = write area with bit 80 (4.1); no row is left
    UNKNOWN = 'unknown'


@dataclass(frozen=True)
class Register:
    """One item of the manual; `number` None: its register is illegible, it cannot be reached."""

    area: int  # to write: 1, 2
    number: int | None
    name: str
    values: Standing  # what its values mean
    write: Standing  # the command that writes it
    read: Standing  # the command that reads it; UNKNOWN: do not
    size: int | None = None  # bytes of a value
    order: Literal['big', 'little'] = 'big'  # of two bytes: area 2 has the lower one first (2.5)
    words: Mapping[str, int] | None = None
    maximum: int | None = None  # of the raw value; they begin at 0
    default: int | None = None  # as delivered
    unit: str = ''  # of what the raw value stands for
    stored: bool = True  # written to EEPROM too, as the manual prints its commands (status 01)
    factory: bool = False  # special group: set to its best value at the factory (4.6)
    note: str = ''

    @property
    def readable(self) -> bool:
        """Whether it can be read."""
        return self.number is not None and self.read is not Standing.UNKNOWN

    @property
    def tracked(self) -> bool:
        """Whether it changes only when it is written, as far as is known: no factory value."""
        return self.size is not None and not self.factory and self.readable

    def data(self, value: int) -> bytes:
        """Return X1 X2 X3 for a raw value. Raises ValueError when it does not fit."""
        if self.size is None:
            raise ValueError(f'{self.name}: the width of its value is illegible in the manual; '
                             'give its three bytes')
        most = (1 << 8 * self.size) - 1 if self.maximum is None else self.maximum
        if not 0 <= value <= most:
            raise ValueError(f'{self.name}: {value} is not allowed; allowed: 0 to {most}')
        return value.to_bytes(self.size, self.order).ljust(3, b'\0')

    def value(self, data: bytes) -> int | None:
        """Return the raw value of X1 X2 X3; None when they hold no value of this register."""
        if self.size is None or any(data[self.size:]):
            return None
        return int.from_bytes(data[:self.size], self.order)

    def describe(self, data: bytes) -> str:
        """Return X1 X2 X3 in words, e.g. 'area [01 00 00]'; the bytes alone if not known."""
        value = self.value(data)
        if value is None:
            return data.hex(' ')
        word = next((w for w, v in (self.words or {}).items() if v == value), str(value))
        return f'{word} [{data.hex(" ")}]'


_L, _C, _R, _U = (Standing.LEGIBLE, Standing.RECONSTRUCTED, Standing.RULE, Standing.UNKNOWN)


def _illegible(name: str, area: int = 1, maximum: int | None = None, note: str = '') -> Register:
    return Register(area, None, name, _U, _U, _U, maximum=maximum, factory=area == 2, note=note)


def _factory(area: int, number: int, name: str) -> Register:
    return Register(area, number, name, _U, _R, _L, order='big' if area == 1 else 'little',
                    stored=False, factory=True)


def _matrix(number: int, name: str, standing: Standing, note: str = '') -> Register:
    return Register(2, number, name, standing, standing, _R, 2, 'little', maximum=0x1FF,
                    stored=False, factory=True, note=note)


TABLE = (
    # Standard group (4.2).
    Register(1, 0x3A, 'alc_mode', _C, _C, _L, 1, words={'ave': 0, 'area': 1, 'peak_ave': 2},
             maximum=2, default=0, note='automatic light control'),
    Register(1, 0x1C, 'alc_area', _C, _C, _L, 1, words={'no1': 0, 'no2': 1}, default=0,
             note='with alc_mode area; more areas exist, their codes are illegible'),
    Register(1, 0x39, 'alc_peak_ratio', _U, _R, _L,
             note='ratio of peak and average, with alc_mode peak_ave'),
    Register(1, 0x0C, 'video_level', _U, _R, _L, note='level of the automatic light control'),
    Register(1, 0x06, 'agc_mode', _U, _R, _L),
    _illegible('fixed_gain', note='its name begins FIX.'),
    Register(1, 0x17, 'shutter_mode', _L, _L, _R, 1, words={
        'off': 0, 'preset': 1, 'variable': 2, 'aes': 3, 'ext_trigger': 4}, maximum=4, default=0,
        note='aes: automatic electronic shutter'),
    Register(1, 0x08, 'preset_shutter', _L, _L, _R, 1, maximum=0x24, unit='s',
             note='code of a time (4.4), with shutter_mode preset'),
    Register(1, 0x09, 'variable_shutter', _L, _L, _R, 2, maximum=0x209, default=0, unit='s',
             note='steps from 1/60 s to 1/10309 s (4.5), with shutter_mode variable'),
    Register(1, 0x07, 'awc_preset_restart', _C, _C, _U, 1, maximum=0, stored=False,
             note='an action, not a value: begins the white adjustment again'),
    _illegible('awc_mode', note='implied by the names of others'),
    Register(1, 0x36, 'awc_r_gain_offset', _L, _L, _R, 1, maximum=0xFF, default=0x80),
    Register(1, 0x37, 'awc_b_gain_offset', _C, _L, _R, 1, maximum=0xFF, default=0x80,
             note='its name is illegible: the second offset, by position and pairing B'),
    _illegible('slow_shutter'),
    _illegible('aes', note='normal or fast; the codes are illegible'),
    _illegible('chroma_gain', maximum=0xFF),
    _illegible('gamma'),
    _illegible('h_phase_ext', note='of the external HD/VD'),
    _illegible('input_character', note='title text, in the codes of 4.7'),
    # Special group (4.6).
    _factory(1, 0x2E, 'standard_gain'),
    _factory(1, 0x19, 'alc_level_ref'),
    _factory(1, 0x3F, 'peak_data_ref'),
    _factory(1, 0x0A, 'auto_iris_ref'),
    _factory(2, 0x81, 'wb_r_gain_ref'),
    _illegible('wb_b_gain_ref', 2),
    _matrix(0x9D, 'cy_matrix_gb_y_r_g_plus', _L, 'C-Y matrix (Gb-y,r-g[+])'),
    _matrix(0x9E, 'cy_matrix_9e', _L, 'its name is illegible'),
    _matrix(0x9F, 'cy_matrix_9f', _L, 'its name is illegible'),
    _matrix(0xA0, 'cy_matrix_a0', _C, 'its name is illegible; its maximum is that of 9d'),
)

REGISTERS: Mapping[tuple[int, int], Register] = {
    (row.area, row.number): row for row in TABLE if row.number is not None}
"""The registers that can be reached, by area (of the write) and number."""

BY_NAME: Mapping[str, Register] = {row.name: row for row in TABLE}


def register_at(area: int, number: int) -> Register:
    """Return the register at an address, also one that stands in no table."""
    return REGISTERS.get((area, number)) or Register(
        area, number, f'register {area:02x}/{number:02x}', _U, _U, _U, factory=True)


def address(register: Register) -> tuple[int, int]:
    """Return area and number of a register that can be reached."""
    assert register.number is not None, f'{register.name}: illegible'
    return register.area, register.number

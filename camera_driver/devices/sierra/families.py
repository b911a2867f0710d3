# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Words and ranges that differ between makers and models (sierra.md 4.3), as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Words = Mapping[str, int]


@dataclass(frozen=True)
class Family:
    """Words of registers by their names; an empty table: unknown, raw numbers are shown."""

    name: str
    resolution: Words = field(default_factory=dict)
    aperture: Words = field(default_factory=dict)
    color_mode: Words = field(default_factory=dict)
    image_adjust: Words = field(default_factory=dict)
    white_balance: Words = field(default_factory=dict)
    focus_mode: Words = field(default_factory=lambda: {'macro': 1, 'normal': 2, 'infinity': 3})
    lcd_date_format: Words = field(default_factory=dict)
    iso_speed: Words = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # setting -> limits

    @property
    def f_numbers(self) -> Mapping[int, float]:
        """Return the f-numbers of aperture values, where the words tell them."""
        return {raw: float(word[1:]) for word, raw in self.aperture.items()
                if word.startswith('F')}


def _apertures(first: int, *f_numbers: float) -> dict[str, int]:
    return {f'F{number}': raw for raw, number in enumerate(f_numbers, first)}


UNKNOWN = Family('unknown')

_COLOR = {'color': 1, 'black_and_white': 2}

_EPSON = Family(
    'epson', {'standard': 1, 'fine': 2, 'superfine': 3, 'hypict': 34},
    _apertures(0, 2.0, 2.3, 2.8, 4.0, 5.6, 8.0) | {'auto': 6}, _COLOR,
    white_balance={'auto': 0, 'fixed': 1, 'custom': 255})

_OLYMPUS = Family(
    'olympus', {'standard': 1, 'high': 2, 'extended': 3},
    {'auto': 0, 'low': 1, 'mid': 2, 'high': 3},
    image_adjust={'normal': 0, 'brightness+': 1, 'brightness-': 2, 'contrast+': 3,
                  'contrast-': 4},
    white_balance={'auto': 0, 'daylight': 1, 'fluorescent': 2, 'tungsten': 3, 'cloudy': 255},
    iso_speed={'auto': 0, '100': 1, '200': 2, '400': 3, '50': 4})

_OLYMPUS_C2020Z = replace(
    _OLYMPUS, name='olympus-c2020z',
    color_mode={'normal': 0, 'black_and_white': 1, 'sepia': 2, 'white_board': 3,
                'black_board': 4})

_OLYMPUS_C3040Z = replace(
    _OLYMPUS_C2020Z, name='olympus-c3040z',
    resolution={
        '640x480_normal': 1, '2048x1536_normal': 2, '2048x1536_fine': 3, '640x480_fine': 4,
        '1024x768_normal': 5, '1024x768_fine': 6, '1280x960_normal': 7, '1280x960_fine': 8,
        '1600x1200_normal': 9, '1600x1200_fine': 10, '640x480_tiff': 33, '1024x768_tiff': 34,
        '1280x960_tiff': 35, '1600x1200_tiff': 36, '2048x1536_tiff': 37},
    aperture={'auto': 0} | _apertures(
        1, 1.8, 2.0, 2.3, 2.6, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 5.6, 6.3, 7.0, 8.0, 9.0, 10.0),
    focus_mode={'macro': 1, 'auto': 2, 'manual': 3},
    lcd_date_format={'off': 0, 'yymmdd': 1, 'mmddyy': 2, 'ddmmyy': 3},
    ranges={'focal_length': (7.3, 21.0), 'focus_position': (1, 240)})

_OLYMPUS_C3000Z = replace(
    _OLYMPUS_C3040Z, name='olympus-c3000z',
    aperture={'auto': 0, 'F2.0': 16} | _apertures(
        1, 2.2, 2.5, 2.8, 3.2, 3.6, 4.0, 4.5, 5.0, 5.6, 6.3, 7.0, 8.0, 9.0, 10.0, 11.0),
    white_balance={'auto': 0, 'daylight': 1, 'fluorescent': 2, 'tungsten': 3, 'cloudy': 4})

# Of its resolutions 15, 16, 19 and 20 it is not told which of two is which.
_OLYMPUS_C750UZ = replace(
    _OLYMPUS_C2020Z, name='olympus-c750uz', aperture={},
    resolution={**_OLYMPUS_C3040Z.resolution, '2288x1712_hq': 13, '2288x1712_shq': 14},
    white_balance={'auto': 0, 'daylight': 1, 'tungsten': 3, 'fluorescent_6700k': 4,
                   'fluorescent_5000k': 5, 'fluorescent_4200k': 6, 'cloudy': 255},
    ranges={'focal_length': (6.3, 63.0), 'focus_position': (1, 120)})

_NIKON = Family(
    'nikon', color_mode=_COLOR,
    image_adjust={'normal': 0, 'contrast+': 1, 'contrast-': 2, 'brightness+': 3,
                  'brightness-': 4, 'auto': 5},
    white_balance={'auto': 0, 'sunny': 1, 'incandescent': 2, 'fluorescent': 3, 'flash': 5,
                   'preset': 6, 'cloudy': 255})

_NIKON_SIZES = {'vga_basic': 1, 'vga_normal': 2, 'vga_fine': 3,
                'xga_basic': 7, 'xga_normal': 8, 'xga_fine': 9}

FAMILIES: Mapping[str, Family] = {family.name: family for family in (
    UNKNOWN,
    _EPSON,
    replace(_EPSON, name='epson-3000z', resolution={
        '640x480_standard': 1, '2048x1536_fine': 2, '2048x1536_superfine': 3,
        '2544x1904_hypict': 4}),
    _OLYMPUS, _OLYMPUS_C2020Z, _OLYMPUS_C3040Z, _OLYMPUS_C3000Z, _OLYMPUS_C750UZ,
    _NIKON,
    replace(_NIKON, name='nikon-880', ranges={'focal_length': (8.0, 20.0)}, resolution={
        **_NIKON_SIZES, 'full_basic': 17, 'full_normal': 18, 'full_fine': 19, 'full_hi': 35}),
    replace(_NIKON, name='nikon-2500', resolution={
        **_NIKON_SIZES, 'sxga_basic': 4, 'sxga_normal': 5, 'sxga_fine': 6, 'uxga_basic': 10,
        'uxga_normal': 11, 'uxga_fine': 12}),
)}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Settings as extended parameters (PARAM_EXT), and the definition file that describes them.

The file is the one of mavlink.io's camera definition guide; MAVSDK and QGroundControl read it.
A choice is a number on the link: the place of its word among those that the model has. Settings
that are texts, or done when they are set, are left out: neither has a control in a station.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
import lzma
import math
import struct
from xml.etree import ElementTree
import zlib

import numpy as np
from pymavlink.dialects.v20 import common as mavlink

from camera_driver.model import Access, Setting, SettingValue

LONGEST = 16  # bytes of a name; then it is not terminated
VALUE_SIZE = 128  # bytes
UNKNOWN = -1  # of a choice, and of an integer, that the device does not tell
UNKNOWN_TRUTH = 255

COMMON_NAMES = {
    'iso_speed': 'CAM_ISO', 'iso': 'CAM_ISO', 'exposure_time': 'CAM_SHUTTERSPD',
    'variable_shutter': 'CAM_SHUTTERSPD', 'aperture': 'CAM_APERTURE', 'f_number': 'CAM_APERTURE',
    'exposure_compensation': 'CAM_EV', 'white_balance': 'CAM_WBMODE',
    'color_mode': 'CAM_COLORMODE', 'metering_mode': 'CAM_METERING', 'resolution': 'CAM_PHOTORES',
}
"""Names that stations have controls of their own for."""

MODE = Setting('mode', str, 'what the camera is set to', words={'photo': 0}, raw_allowed=False,
               access=Access.READ_ONLY)
"""QGroundControl complains where there is no CAM_MODE."""

INTEGER, REAL, TRUTH = (mavlink.MAV_PARAM_EXT_TYPE_INT32, mavlink.MAV_PARAM_EXT_TYPE_REAL32,
                        mavlink.MAV_PARAM_EXT_TYPE_UINT8)
FORMATS = {INTEGER: '<i', REAL: '<f', TRUTH: '<B'}
TYPES = {INTEGER: 'int32', REAL: 'float', TRUTH: 'uint8'}


@dataclass(frozen=True)
class Parameter:
    """One setting as it is called, and written, on the link."""

    name: str
    setting: Setting

    @property
    def kind(self) -> int:
        """Its MAV_PARAM_EXT_TYPE."""
        if self.setting.kind is bool:
            return int(TRUTH)
        return int(REAL if self.setting.kind is float else INTEGER)

    @cached_property
    def options(self) -> Mapping[str, SettingValue]:
        """What it can be, by the number on the link in words; empty: any in a range."""
        if self.setting.words is not None:
            return {str(place): word for place, word in enumerate(self.setting.words)}
        if self.setting.kind is bool:
            return {'0': False, '1': True}
        return {str(np.float32(value)) if self.setting.kind is float else str(value): value
                for value in self.setting.values}  # the digits that a float has

    def encode(self, value: SettingValue | None) -> bytes:
        """Return a value as the link has it; None = not known."""
        number: float
        if value is None or isinstance(value, str):
            words = list(self.setting.words or ())
            number = (words.index(value) if value in words else
                      {INTEGER: UNKNOWN, REAL: math.nan, TRUTH: UNKNOWN_TRUTH}[self.kind])
        else:
            number = value
        data = struct.pack(FORMATS[self.kind], number if self.kind == REAL else int(number))
        return data.ljust(VALUE_SIZE, b'\0')

    def decode(self, data: bytes, kind: int) -> SettingValue:
        """Return the value that was sent. Raises ValueError that says what is allowed."""
        if kind != self.kind:
            raise ValueError(f'{self.name}: type {kind} is not allowed; it is {self.kind}')
        number: float = struct.unpack_from(FORMATS[self.kind], data.ljust(VALUE_SIZE, b'\0'))[0]
        if self.setting.words is not None or self.setting.kind is bool:
            if str(number) not in self.options:
                raise ValueError(f'{self.name}: {number} is not allowed; allowed: '
                                 f'{self.setting.allowed}')
            return self.options[str(number)]
        return self.setting.validate(number)


def parameters(settings: Sequence[Setting]) -> tuple[Parameter, ...]:
    """Return what settings are called on the link; CAM_MODE is the first."""
    made = {'CAM_MODE': MODE}
    for setting in settings:
        if setting.momentary or setting.words == {} or (
                setting.kind is str and setting.words is None):
            continue
        name = COMMON_NAMES.get(setting.name, '')
        if not name or name in made:
            name = setting.name.upper()[:LONGEST]
        for number in range(2, 1000):
            if name not in made:
                break
            name = f'{setting.name.upper()[:LONGEST - 4]}_{number}'
        made[name] = setting
    return tuple(Parameter(name, setting) for name, setting in made.items())


@dataclass(frozen=True)
class Definition:
    """The definition file, and the version that goes with it: stations keep a file by that."""

    text: bytes
    version: int

    @cached_property
    def packed(self) -> bytes:
        """The file, xz-compressed."""
        return lzma.compress(self.text)


def definition(manufacturer: str, model: str, known: Sequence[Parameter]) -> Definition:
    """Return the definition of a camera with these parameters; the version follows from them."""
    root = ElementTree.Element('mavlinkcamera')
    about = ElementTree.SubElement(root, 'definition')
    ElementTree.SubElement(about, 'model').text = model
    ElementTree.SubElement(about, 'vendor').text = manufacturer
    listed = ElementTree.SubElement(root, 'parameters')
    for one in known:
        listed.append(_element(one))
    version = zlib.crc32(ElementTree.tostring(root)) & 0xffff or 1
    about.set('version', str(version))
    ElementTree.indent(root)
    return Definition(ElementTree.tostring(root, encoding='UTF-8', xml_declaration=True), version)


def _element(one: Parameter) -> ElementTree.Element:
    setting = one.setting
    # Stations demand a default and do not read the camera's: it is what is offered first.
    default = next(iter(one.options), None)
    if default is None:
        default = f'{setting.minimum or 0:g}'
    attributes = {'name': one.name, 'type': TYPES[one.kind], 'default': default}
    if setting.access is Access.READ_ONLY:
        attributes |= {'readonly': '1'}
    if setting is MODE:
        attributes |= {'control': '0'}
    if setting.access is Access.WRITE_ONLY:
        attributes |= {'writeonly': '1'}
    if not one.options:
        attributes |= _range(setting)
    if setting.unit:
        attributes |= {'unit': setting.unit}
    element = ElementTree.Element('parameter', attributes)
    ElementTree.SubElement(element, 'description').text = (
        setting.name.replace('_', ' ').capitalize())
    if one.options:
        options = ElementTree.SubElement(element, 'options')
        unknown = str(UNKNOWN_TRUTH if setting.kind is bool else UNKNOWN)
        for value, word in (*one.options.items(), *(
                [(unknown, 'unknown')] if setting.access is Access.WRITE_ONLY else [])):
            ElementTree.SubElement(options, 'option', {
                'name': _label(setting, word), 'value': value})
    return element


def _label(setting: Setting, value: SettingValue) -> str:
    """Return what an option is called: '1/500' of an exposure time, words as they are."""
    if setting.unit == 's' and isinstance(value, float) and 0 < value < 0.3:
        return f'1/{1 / value:.0f}'
    return f'{value:g}' if isinstance(value, float) else str(value).replace('_', ' ')


def _range(setting: Setting) -> dict[str, str]:
    """Return the range of a number; MAVSDK leaves out those that have none."""
    if setting.kind is int:
        first, last = setting.minimum, setting.maximum
        return {'min': f'{-2 ** 31 if first is None else first:.0f}',
                'max': f'{2 ** 31 - 1 if last is None else last:.0f}',
                'step': f'{setting.step or 1:.0f}'}
    if setting.minimum is None or setting.maximum is None:
        return {}
    step = {'step': f'{setting.step:.9g}'} if setting.step else {}
    return {'min': f'{setting.minimum:.9g}', 'max': f'{setting.maximum:.9g}', **step}

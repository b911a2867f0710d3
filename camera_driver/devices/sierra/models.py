# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What differs from model to model, as records (sierra.md 1.1); a quirk names who has it."""

from __future__ import annotations

from dataclasses import dataclass
import re

from camera_driver.devices.sierra.families import FAMILIES, Family, UNKNOWN


@dataclass(frozen=True)
class Model:
    """One model or group of models."""

    name: str  # what the option `model_record` takes
    pattern: str  # regular expression on 'manufacturer model', ignoring case
    family: Family = UNKNOWN
    max_baudrate: int = 115200
    missing: frozenset[int] = frozenset()  # registers that are neither read nor written
    lenient_checksum: bool = False  # sends ffff or 0000 whatever the data (2.2)
    pacing: str = 'chunked'  # how packets have to be written (5.8)


_AGFA = FAMILIES['unknown']
_EPSON = FAMILIES['epson']
_OLYMPUS = FAMILIES['olympus']
_NIKON = FAMILIES['nikon']

MODELS = (
    Model('agfa-780c', r'agfa.*780c', _AGFA, 38400, frozenset({51})),
    Model('agfa-307', r'agfa.*307', _AGFA, missing=frozenset({51})),
    Model('epson-500', r'epson.*photopc.?500', _EPSON, pacing='bytewise'),
    Model('epson-650', r'epson.*photopc.?650', _EPSON, 38400, frozenset({51})),
    Model('epson-700', r'epson.*photopc.?700', _EPSON, missing=frozenset({51})),
    Model('epson-3000z', r'epson.*photopc.?3000', FAMILIES['epson-3000z']),
    Model('epson', r'epson|photopc', _EPSON),
    Model('nikon-880', r'nikon.*e?880', FAMILIES['nikon-880'], missing=frozenset({30}),
          lenient_checksum=True),
    Model('nikon-2500', r'nikon.*e?2500', FAMILIES['nikon-2500']),
    Model('nikon', r'nikon|coolpix', _NIKON),
    Model('olympus-c990z', r'olympus.*c-?990', _OLYMPUS, 38400),
    Model('olympus-c420l', r'olympus.*c-?(420|820)l', _OLYMPUS, 57600),
    Model('olympus-c3040z', r'olympus.*c-?3040', FAMILIES['olympus-c3040z']),
    Model('olympus-c3000z', r'olympus.*c-?3000', FAMILIES['olympus-c3000z']),
    Model('olympus-c750uz', r'olympus.*c-?750', FAMILIES['olympus-c750uz']),
    Model('olympus-c2020z', r'olympus.*c-?(20[24]0|2100|30[23]0|4040|5050|7[07]0uz)',
          FAMILIES['olympus-c2020z']),
    Model('olympus', r'olympus', _OLYMPUS),
    Model('sanyo-g250', r'(sanyo|vpc).*g250|\bsr6\b', missing=frozenset({51})),
    Model('toshiba-m6x', r'toshiba.*pdr-?m6', missing=frozenset({40, 51}), lenient_checksum=True),
)

GENERIC = Model('generic', '')
"""A model that nobody named: raw numbers instead of words, every register tried."""


def find_model(manufacturer: str, model: str) -> Model:
    """Return the record for what a camera says of itself; GENERIC when none fits."""
    text = f'{manufacturer} {model}'
    return next((m for m in MODELS if re.search(m.pattern, text, re.IGNORECASE)), GENERIC)


def model_named(name: str) -> Model:
    """Return a record by its name. Raises ValueError that names those there are."""
    for model in (*MODELS, GENERIC):
        if model.name == name:
            return model
    names = ', '.join(m.name for m in (*MODELS, GENERIC))
    raise ValueError(f'model_record: no record {name!r}; there are: {names} (empty: by what the '
                     'camera says of itself)')

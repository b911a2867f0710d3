# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Calibration files: the YAML of camera_calibration, and OpenCV's own.

Two keys are ours, which other readers ignore: `optical_state`, in which a calibration was made
(`region`, `digital_zoom`, `binning`, `focal_length`, each perhaps `unknown`, and `fixed: true` for
what the camera does not tell and never changes), and `more_calibrations`, a list of further ones,
of other focal lengths or sizes. A file without them says: all of the picture, no zoom.

A file is read as plain text values, with bounds on size, depth and number of values, and without
aliases: nothing in it can take memory or time, or raise anything but ValueError and OSError.
"""

from collections.abc import Sequence
import math
import os
from pathlib import Path
import re
from typing import NamedTuple

import yaml

from camera_driver.model import OpticalState, Rectangle

MOST_BYTES = 65536  # of a file; camera_calibration writes about 700
MOST_EVENTS = 2000
DEEPEST = 8
MOST_COEFFICIENTS = 14  # of any distortion model
MOST_CALIBRATIONS = 16  # in a file
SIZES = {'camera_matrix': (3, 3), 'rectification_matrix': (3, 3), 'projection_matrix': (3, 4)}
NUMBER = re.compile(r'[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?')
MODEL = re.compile('[A-Za-z0-9_]{1,64}')
UNKNOWN = 'unknown'
STATE_KEYS = ('region', 'digital_zoom', 'binning', 'focal_length', 'fixed')
SMALLEST, LARGEST = 1e-3, 1e6  # of a value of an optical state
OPENCV = re.compile(r'\s*%YAML:1\.[0-9][^\n]*')


class Intrinsics(NamedTuple):
    """What a calibration says, with the names of CameraInfo."""

    width: int  # pixels
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    r: Sequence[float]
    p: Sequence[float]


class Calibrated(NamedTuple):
    """A calibration and the optical state that it was made in, as far as its file tells."""

    intrinsics: Intrinsics
    state: OpticalState = OpticalState(focal_length=None)
    fixed: bool = False  # what the camera does not tell never changes


def read(path: Path) -> Intrinsics:
    """As `read_all`, the main one alone."""
    return read_all(path)[0].intrinsics


def read_all(path: Path) -> list[Calibrated]:
    """
    Read a calibration file, the main one first.

    Raises OSError, and ValueError that says what is wrong.
    """
    if path.exists() and not path.is_file():    # opening a device may do something
        raise ValueError(f'{path} is a directory, a pipe or a device, not a file')
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), 'rb') as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f'not a calibration: it has more than {MOST_BYTES} bytes')
    try:
        return parse_all(data.decode())
    except UnicodeDecodeError:
        raise ValueError('not a calibration: it is not UTF-8 text') from None


def parse(text: str) -> Intrinsics:
    """Read the main calibration of a YAML text. Raises ValueError that says what is wrong."""
    return parse_all(text)[0].intrinsics


def parse_all(text: str) -> list[Calibrated]:
    """Read all calibrations of a YAML text. Raises ValueError that says what is wrong."""
    opencv = OPENCV.match(text)     # not a YAML directive: it has a colon for the space
    data = _loaded(text[opencv.end():] if opencv else text)
    if not isinstance(data, dict):
        raise ValueError('not a calibration: it has no image_width')
    if opencv:
        data = _from_opencv(data)
    more = data.get('more_calibrations', [])
    if not isinstance(more, list) or not all(isinstance(one, dict) for one in more):
        raise ValueError('more_calibrations is not a list of calibrations')
    if len(more) >= MOST_CALIBRATIONS:
        raise ValueError(f'it has more than {MOST_CALIBRATIONS} calibrations')
    return [_calibrated(one) for one in (data, *more)]


def _calibrated(data: dict[str, object]) -> Calibrated:
    width, height = (_size(data, key) for key in ('image_width', 'image_height'))
    model = data.get('distortion_model', 'plumb_bob')
    if not isinstance(model, str):
        raise ValueError('distortion_model is not a name')
    d = _numbers(data, 'distortion_coefficients', None)
    k, r, p = (_numbers(data, key, rows * columns) for key, (rows, columns) in SIZES.items())
    found = Intrinsics(width, height, model, d, k, r, p)
    check(found)
    return Calibrated(found, *_state(data.get('optical_state', {})))


def check(found: Intrinsics) -> None:
    """Raise ValueError when this is not a calibration."""
    if not (0 < found.width < 2 ** 20 and 0 < found.height < 2 ** 20 and found.k[0]):
        raise ValueError('not a calibration: width, height and K[0] have to be set')
    if len(found.d) > MOST_COEFFICIENTS:
        raise ValueError(f'distortion_coefficients has {len(found.d)} numbers instead of at most '
                         f'{MOST_COEFFICIENTS}')
    if not MODEL.fullmatch(found.distortion_model):
        raise ValueError(f'distortion_model is {found.distortion_model[:40]!a}; write a name such '
                         'as plumb_bob')
    if not all(math.isfinite(x) for x in (*found.d, *found.k, *found.r, *found.p)):
        raise ValueError('not a calibration: some of its numbers are not finite')


def dump(found: Intrinsics, name: str) -> str:
    """Write a calibration as YAML. Raises ValueError when it is not one."""
    return dump_all([Calibrated(found)], name)


def dump_all(known: Sequence[Calibrated], name: str) -> str:
    """Write calibrations as YAML, the first as the main one. Raises ValueError."""
    if len(known) > MOST_CALIBRATIONS:
        raise ValueError(f'there are {MOST_CALIBRATIONS} calibrations of this camera already; '
                         'take those out of the file that are not needed')
    data = _as_data(known[0], name)
    if known[1:]:
        data['more_calibrations'] = [_as_data(one, name) for one in known[1:]]
    return str(yaml.safe_dump(data, sort_keys=False, default_flow_style=None))


def _as_data(one: Calibrated, name: str) -> dict[str, object]:
    found = one.intrinsics
    check(found)
    data = {'image_width': found.width, 'image_height': found.height, 'camera_name': name,
            'camera_matrix': _matrix(found.k, 3, 3), 'distortion_model': found.distortion_model,
            'distortion_coefficients': _matrix(found.d, 1, len(found.d)),
            'rectification_matrix': _matrix(found.r, 3, 3),
            'projection_matrix': _matrix(found.p, 3, 4)}
    usual = OpticalState()
    state: dict[str, object] = {}
    for key in ('region', 'digital_zoom', 'binning'):
        value = getattr(one.state, key)
        if value != getattr(usual, key):
            state[key] = UNKNOWN if value is None else [*value] if key == 'region' else value
    if one.state.focal_length:
        state['focal_length'] = one.state.focal_length
    if one.fixed:
        state['fixed'] = True
    return {**data, 'optical_state': state} if state else data


def _state(data: object) -> tuple[OpticalState, bool]:
    """Return what `optical_state` says, and whether it never changes."""
    if not isinstance(data, dict):
        raise ValueError('optical_state is not of the form {key: value}')
    wrong = sorted(map(str, data.keys() - STATE_KEYS))
    if wrong:
        raise ValueError(f'optical_state has {wrong[0][:40]!a}; there are '
                         f'{", ".join(STATE_KEYS)}')
    fixed = data.get('fixed', 'false')
    if fixed not in ('true', 'false'):
        raise ValueError('fixed of optical_state is neither true nor false')
    state = OpticalState(
        _region(data.get('region', ['0', '0', '1', '1'])),
        _positive('digital_zoom', data.get('digital_zoom', '1')),
        _positive('binning', data.get('binning', '1')),
        _positive('focal_length', data.get('focal_length', UNKNOWN)))
    if fixed == 'true' and None in (state.region, state.digital_zoom, state.binning):
        raise ValueError('optical_state: what is fixed is not unknown; leave it away, or say it')
    return state, fixed == 'true'


def _region(value: object) -> Rectangle | None:
    if value == UNKNOWN:
        return None
    if isinstance(value, list) and len(value) == 4 and all(map(_is_number, value)):
        left, top, right, bottom = map(float, value)
        if all(0 <= low < high - SMALLEST and high <= 1
               for low, high in ((left, right), (top, bottom))):
            return left, top, right, bottom
    raise ValueError('region of optical_state is not [left, top, right, bottom], from 0 to 1')


def _positive(key: str, value: object) -> float | None:
    if value == UNKNOWN:
        return None
    if not _is_number(value) or not SMALLEST < float(str(value)) < LARGEST:
        raise ValueError(f'{key} of optical_state is {ascii(value)[:40]} and should be a number '
                         f'above 0, or {UNKNOWN}')
    return float(str(value))


def _is_number(value: object) -> bool:
    return isinstance(value, str) and bool(NUMBER.fullmatch(value))


def _loaded(text: str) -> object:
    """Return mappings, lists and text; tags are ignored, so that no value gets a type."""
    try:
        depth = 0
        for number, event in enumerate(yaml.parse(text, yaml.BaseLoader)):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST or number > MOST_EVENTS:
                raise ValueError('not a calibration: it has an alias, more than '
                                 f'{DEEPEST} levels or more than {MOST_EVENTS} values')
        return yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        reason = ascii(' '.join(str(error).split()))[1:200]
        raise ValueError(f'not YAML: {reason}') from None
    except ValueError:
        raise
    except Exception as error:  # PyYAML raises anything on hostile text
        raise ValueError(f'not YAML: {type(error).__name__}') from error


def _from_opencv(data: dict[str, object]) -> dict[str, object]:
    """
    Complete what OpenCV's calibration writes, for a single camera that is not rectified.

    Its programs spell keys in lower and upper case. The model follows from the number of
    coefficients, as in camera_calibration.
    """
    data = {key.lower(): value for key, value in data.items()}
    camera = _numbers(data, 'camera_matrix', 9)
    fisheye = data.get('fisheye_model') in ('1', 'true')
    long = len(_numbers(data, 'distortion_coefficients', None)) > 5
    projection = [x for row in range(0, 9, 3) for x in (*camera[row:row + 3], 0.0)]
    return {'distortion_model': ('equidistant' if fisheye else
                                 'rational_polynomial' if long else 'plumb_bob'),
            'rectification_matrix': {'data': list(map(str, (1, 0, 0, 0, 1, 0, 0, 0, 1)))},
            'projection_matrix': {'data': list(map(str, projection))}, **data}


def _matrix(values: Sequence[float], rows: int, columns: int) -> dict[str, object]:
    return {'rows': rows, 'cols': columns, 'data': [float(x) for x in values]}


def _size(data: dict[str, object], key: str) -> int:
    value = data.get(key)
    if not isinstance(value, str) or not re.fullmatch('[1-9][0-9]{0,5}', value):
        raise ValueError(f'{key} is {ascii(value)[:40]} and should be a number of pixels')
    return int(value)


def _numbers(data: dict[str, object], key: str, count: int | None) -> list[float]:
    block = data.get(key)
    values = block.get('data') if isinstance(block, dict) else None
    if not isinstance(values, list):
        raise ValueError(f'{key} has no data')
    if len(values) != count if count else len(values) > MOST_COEFFICIENTS:
        raise ValueError(f'{key} has {len(values)} numbers instead of '
                         f'{count or f"at most {MOST_COEFFICIENTS}"}')
    if not all(map(_is_number, values)):
        raise ValueError(f'{key} holds something that is not a number')
    return [float(x) for x in values]

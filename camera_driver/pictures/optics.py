# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What a calibration says of a picture that was taken in another optical state.

A part of the picture that is shown, a digital zoom and binning move and scale the pixels, which
changes K and P and leaves R and D, whose coordinates are not pixels. The result belongs to the
picture as it is: its own width and height, no ROI and no binning beside them. REP-104's other
way, K of the full resolution with `roi` and `binning`, knows whole pixels and whole divisors
alone; it cannot say that a part of the sensor was scaled to the size of a video, and who reads K
or P without the class of image_geometry takes it for the picture's. image_proc's `resize` does
the same as this.

Centres of pixels have whole coordinates, as in OpenCV: the picture begins at -0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from math import isclose

from camera_driver.model import FIXED, OpticalState, WHOLE
from camera_driver.pictures.calibration import Calibrated, Intrinsics

TENTH = 0.05  # mm: focal lengths are told in tenths of it
CLOSE = 1e-6  # of the whole picture

WORDS = {'region': 'the part of the picture that is shown', 'digital_zoom': 'the digital zoom',
         'binning': 'the binning', 'focal_length': 'the focal length'}


def applied(known: Sequence[Calibrated], state: OpticalState, width: int, height: int
            ) -> Intrinsics | str:
    """
    Return the intrinsics of a picture of this size [pixels] and state, or why there are none.

    Of several calibrations that fit the first counts, of several focal lengths the neighbours are
    interpolated. The reason is a sentence about 'it', the calibration; '': there is none at all.
    """
    if state.focal_length is None and len({one.state.focal_length for one in known}) > 1:
        return _not_known('focal_length')
    fitting: dict[float, Intrinsics] = {}
    reasons: list[str] = []
    for one in known:
        found = _moved(one, state, width, height)
        if isinstance(found, str):
            reasons.append(found)
        elif not one.state.focal_length or state.focal_length is None or isclose(
                one.state.focal_length, state.focal_length, rel_tol=0.0, abs_tol=TENTH):
            return found
        else:
            fitting.setdefault(one.state.focal_length, found)
    if not fitting:
        return reasons[0] if reasons else ''
    now = state.focal_length
    assert now is not None
    below, above = [f for f in fitting if f < now], [f for f in fitting if f > now]
    if not below or not above:
        lengths = ', '.join(f'{one:g}' for one in sorted(fitting))
        return (f'it is for a focal length of {lengths} mm, and it was {now:g} mm; calibrate at '
                'this one too, or on both sides of it')
    low, high = max(below), min(above)
    return _between(fitting[low], fitting[high], (now - low) / (high - low))


def told(state: OpticalState) -> Mapping[str, str]:
    """Return in words what is not as usual, or not known; lengths in mm."""
    words = {'region': 'region (left, top, right, bottom; 0 to 1)',
             'digital_zoom': 'digital zoom', 'binning': 'binning',
             'focal_length': 'focal length [mm]'}
    usual = OpticalState()
    found = {}
    for name, title in words.items():
        value = getattr(state, name)
        if value != getattr(usual, name):
            numbers = () if value is None else value if name == 'region' else (value,)
            found[title] = ', '.join(f'{one:.6g}' for one in numbers) or 'not known'
    return found


def _moved(one: Calibrated, state: OpticalState, width: int, height: int) -> Intrinsics | str:
    """Return a calibration for the region, zoom, binning and size of a picture, or why not."""
    found, made = one.intrinsics, one.state
    if one.fixed:
        vouched = replace(made, focal_length=made.focal_length or FIXED)
        state = replace(state, **{field.name: getattr(vouched, field.name)
                                  for field in fields(state)
                                  if getattr(state, field.name) is None})
    if state.focal_length is None:
        return _not_known('focal_length')
    if state.focal_length != FIXED and not made.focal_length:
        return (f'it does not say for which focal length it was made, and it was '
                f'{state.focal_length:g} mm; add that to its file (optical_state: {{focal_length: '
                'MILLIMETRES})')
    if state.focal_length == FIXED and made.focal_length:
        return (f'it is for a focal length of {made.focal_length:g} mm, and the camera does not '
                'tell its own')
    for name in ('region', 'digital_zoom', 'binning'):
        if getattr(state, name) is None:
            return _not_known(name)
        if getattr(made, name) is None:
            return (f'{WORDS[name]} was not known when it was made; add that to its file '
                    f'(optical_state: {{{name}: ..}}), or calibrate again')
    assert made.binning and state.binning
    old, new = _window(made), _window(state)
    if any(new[n] < old[n] - CLOSE or new[n + 2] > old[n + 2] + CLOSE for n in (0, 1)):
        return ('it was made while a part of the picture was shown, and there is more in this '
                'one; calibrate with all of it')
    scales, shifts = [], []
    same = (width, height) == (found.width, found.height)
    if same and (new, state.binning) == (old, made.binning):
        return found
    for n, (before, now) in enumerate(((found.width, width), (found.height, height))):
        part = (new[n + 2] - new[n]) / (old[n + 2] - old[n])
        scale = made.binning / state.binning
        if same:
            scale = 1 / part
        elif abs(now - before * part * scale) >= 1:
            return (f'it is for {found.width} x {found.height} pixels and the image has {width} x '
                    f'{height}, and it is not known whether that was scaled or cut; calibrate at '
                    'this resolution or set the camera to that one')
        left = (new[n] - old[n]) / (old[n + 2] - old[n]) * before
        scales.append(scale)
        shifts.append(scale * (0.5 - left) - 0.5)
    return found._replace(width=width, height=height, k=_affine(found.k, scales, shifts),
                          p=_affine(found.p, scales, shifts))


def _not_known(name: str) -> str:
    return (f'{WORDS[name]} is not known of this image; set it before the next one, or where it '
            'never changes say so in the file (optical_state: {fixed: true})')


def _window(state: OpticalState) -> tuple[float, ...]:
    """Return what is shown of the picture without digital zoom, as a Rectangle."""
    assert state.digital_zoom
    return tuple(0.5 + (end - 0.5) / state.digital_zoom for end in state.region or WHOLE)


def _affine(matrix: Sequence[float], scales: Sequence[float], shifts: Sequence[float]
            ) -> list[float]:
    """Return a camera or projection matrix after pixels were scaled, then shifted."""
    columns = len(matrix) // 3
    last = list(matrix[2 * columns:])
    rows = [[scales[n] * value + shifts[n] * below for value, below in
             zip(matrix[n * columns:(n + 1) * columns], last)] for n in (0, 1)]
    return [*rows[0], *rows[1], *last]


def _between(low: Intrinsics, high: Intrinsics, part: float) -> Intrinsics | str:
    """Interpolate, from `low` (part 0) to `high` (part 1)."""
    if (low.distortion_model, len(low.d), list(low.r)) != (
            high.distortion_model, len(high.d), list(high.r)):
        return ('those of the neighbouring focal lengths have different distortion models or '
                'rectifications, and cannot be interpolated; calibrate both alike')

    def mean(a: Sequence[float], b: Sequence[float]) -> list[float]:
        return [x + part * (y - x) for x, y in zip(a, b)]

    return low._replace(d=mean(low.d, high.d), k=mean(low.k, high.k), p=mean(low.p, high.p))

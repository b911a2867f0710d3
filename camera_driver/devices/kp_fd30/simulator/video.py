# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What a simulated KP-FD30 shows: the registers whose values are known, and nothing of the others.

Made up, since no document tells them: where the measuring areas are, how much an offset of the
white control weighs, and that there is light enough for 1/60 s. The automatic light control does
not act on the picture, so that what the shutter does is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2

from camera_driver.devices.kp_fd30.registers import BY_NAME
from camera_driver.devices.kp_fd30.shutter import LONGEST, MOST_STEPS, PRESETS, seconds, time_of
from camera_driver.model import Rectangle
from camera_driver.sim.video import VideoSignal

AREAS: Mapping[str, Rectangle] = {'no1': (0.3, 0.3, 0.7, 0.7), 'no2': (0.1, 0.55, 0.9, 0.9)}
MOST_EV = 8.0
TIMES = {code: word for word, code in PRESETS.items()}


def signal(registers: Mapping[str, bytes]) -> VideoSignal:
    """Return the picture that these registers make."""
    def value(name: str) -> int:
        return BY_NAME[name].value(registers[name]) or 0

    def word(name: str) -> str:
        words = {number: text for text, number in (BY_NAME[name].words or {}).items()}
        return words.get(value(name), '?')

    mode = word('shutter_mode')
    time, shown = None, mode
    if mode == 'preset':
        text = TIMES.get(value('preset_shutter'))
        time, shown = seconds(text) if text else None, text or '?'
    elif mode == 'variable':
        time = time_of(min(value('variable_shutter'), MOST_STEPS))
        shown = f'1/{1 / time:.0f}s'
    exposure = log2(time / LONGEST) if time else 0.0
    light = word('alc_mode')
    area = word('alc_area') if light == 'area' else ''
    return VideoSignal(
        exposure=max(-MOST_EV, min(exposure, MOST_EV)),
        gains=(2.0 ** (value('awc_r_gain_offset') / 128 - 1), 1.0,
               2.0 ** (value('awc_b_gain_offset') / 128 - 1)),
        area=AREAS.get(area),
        caption=f'SHUTTER {shown}  ALC {light} {area}'.rstrip().upper())

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The live view of a simulated iX Link camera, as on its HDMI output (ix_link.md 4.1).

Made up: its size in pixels, and that there is light enough for the values after power-on.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from camera_driver.devices.ix_link.apex import QUANTITIES
from camera_driver.devices.ix_link.region import part_of
from camera_driver.model import LiveViewRegion
from camera_driver.sim.video import VideoSignal

WIDTH, HEIGHT = 1280, 720
MOST_EV = 8.0


def signal(values: Mapping[str, Fraction], right: Mapping[str, Fraction],
           region: LiveViewRegion) -> VideoSignal:
    """Return the picture at these APEX values, when those of `right` expose it rightly."""
    more = {name: float(values[name] - right[name]) for name in values}
    exposure = more['iso'] - more['f_number'] - more['exposure_time']
    time, f_number, iso = (QUANTITIES[name].from_apex(values[name])
                           for name in ('exposure_time', 'f_number', 'iso'))
    speed = f'{time:.3g}s' if time >= 1 else f'1/{1 / time:.3g}s'
    return VideoSignal(
        WIDTH, HEIGHT, max(-MOST_EV, min(exposure, MOST_EV)),
        region=part_of(region),
        caption=f'{speed}  f/{f_number:.2g}  ISO {iso:.0f}  {region.scale} %', number=2)

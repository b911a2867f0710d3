# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Models that the simulated Sierra camera can be, as records (sierra.md 1.1, 9.6).

A record holds what a source tells of the model; what it leaves out is the generic camera's. What
the registers 27 and 48 of the real ones hold is not known: makers and models are written as
libgphoto2 lists them.
"""

from __future__ import annotations

from collections.abc import Mapping

from camera_driver.devices.sierra.simulator.options import Options, Resolution
from camera_driver.model import Setting

NONE = b'\xff\xff'  # in place of every checksum


def _sizes(*widths_and_heights: tuple[int, int]) -> Mapping[int, Resolution]:
    """Return what the values of register 1 from 1 on stand for (4.3.1), at 2 bits a pixel."""
    return {value: Resolution(width, height, width * height // 4)
            for value, (width, height) in enumerate(widths_and_heights, 1)}


_VGA, _XGA, _SXGA, _UXGA, _QXGA = (
    (640, 480), (1024, 768), (1280, 960), (1600, 1200), (2048, 1536))

MODELS: Mapping[str, Options] = {
    'generic': Options(),
    'agfa-307': Options(
        'Agfa', 'ePhoto 307', missing=frozenset({51}), extended=False,
        # "Some Agfa models" forget the frame (4.6), "many old models" have no summaries (4.4.3):
        # which ones is not told. This one does, so that both are tried.
        forgets_frame=True, empty=frozenset({47})),
    'agfa-780c': Options(
        'Agfa', 'ePhoto 780C', missing=frozenset({51}), extended=False, max_speed=38400),
    'epson-500': Options('Epson', 'PhotoPC 500', extended=False, no_folders=0x18),
    'epson-600': Options('Epson', 'PhotoPC 600', extended=False),
    'epson-650': Options(
        'Epson', 'PhotoPC 650', missing=frozenset({51}), extended=False, max_speed=38400),
    'epson-3000z': Options(
        'Epson', 'PhotoPC 3000z', missing=frozenset({3}),
        resolutions=_sizes(_VGA, _QXGA, _QXGA, (2544, 1904))),
    'nikon-880': Options(
        'Nikon', 'CoolPix 880', missing=frozenset({30}), checksum=NONE),
    'nikon-950': Options('Nikon', 'CoolPix 950', extended=False, negative_length=True),
    'olympus-c420l': Options('Olympus', 'C-420L', extended=False, max_speed=57600),
    'olympus-c860l': Options('Olympus', 'C-860L', extended=False),
    'olympus-c990z': Options('Olympus', 'C-990 Zoom', extended=False, max_speed=38400),
    'olympus-c3000z': Options(
        'Olympus', 'C-3000Z', resolutions=_sizes(  # those that are no TIFF
            _VGA, _QXGA, _QXGA, _VGA, _XGA, _XGA, _SXGA, _SXGA, _UXGA, _UXGA)),
    'olympus-c3030z': Options('Olympus', 'C-3030Z', ack_as_enq=True),
    'olympus-c4040z': Options('Olympus', 'C-4040Z', done_code=0x06),
    'olympus-d600l': Options('Olympus', 'D-600L', extended=False, hangs_without_frame=True),
}

MODEL = Setting(
    'model', str, 'Which camera it is', default='generic', raw_allowed=False,
    words={name: number for number, name in enumerate(MODELS)}, source='sierra.md 9.6')

OPTIONS = (
    MODEL,
    Setting('idle_timeout', float, 'Rest after which it falls asleep', 's', minimum=0.1,
            default=10.0, source='sierra.md 3.6'),
    Setting('battery', int, 'What is left in its battery', '%', minimum=0, maximum=100,
            default=87, source='sierra.md 4.2, register 16'),
)
"""Those that `camera-driver simulate sierra` offers."""

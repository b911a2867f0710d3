# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What geotags are good for: stamps on the host, positions at speed, fixes that drop out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
import time

import numpy as np
from payload.flights import distance, Flight, shot, START
from table import spread, Table

from camera_driver.catalog import TYPES
from camera_driver.ledger.shots import ShotRecord
from camera_driver.link.port import SerialPort
from camera_driver.payload.geotag import geotag
from camera_driver.payload.track import ELLIPSOID, Fix, Track, Untagged
from camera_driver.sim.terminal import Terminal

CAMERAS = ('sierra', 'fuji_mx', 'ix_link')
SHOTS = 30  # of each type, in real time
FLIGHT = 600.0  # s
SPEED = 15.0  # m/s
RATE = 5.0  # Hz
RADIUS = 60.0  # m, of the turns
NOISE = 0.02  # m, of a fix
STAMPS = (0.0, 0.001, 0.01, 0.1)  # s
LOSSES = (0.0, 0.1, 0.3)
STRETCHES = (1, 25)  # fixes that drop out in a row
LATE = 0.4  # s after the shot that the fix behind it has to come, to be tagged in flight


def measure() -> Iterator[Table]:
    """Give the tables."""
    yield Table(
        f'The stamp on the host: the driver\'s time of the trigger minus its arrival at the '
        f'simulated camera, {SHOTS} shots each, on a pseudo-terminal that is not paced',
        ('type', 'median [ms]', '99 % [ms]', 'largest [ms]', 'stated uncertainty, median [ms]'),
        [_stamps(name) for name in CAMERAS],
        'Both are times of one monotonic clock. On a real line the bytes of the trigger take their '
        'time besides, and the camera its own, which trigger_delay is for.')
    yield Table(
        f'Error of tags at {SPEED:g} m/s with {RATE:g} Hz fixes of {1000 * NOISE:g} mm noise, '
        f'straight lines and turns of {RADIUS:g} m radius',
        ('noise of the stamp [ms]', 'median [m]', '95 % [m]', 'largest [m]', 'within 2 sigma [%]'),
        [_positions(noise) for noise in STAMPS])
    yield Table(
        'Shots with a position when fixes drop out, and when the tags come late or in flight',
        ('fixes that drop out [%]', 'in a row', 'tagged afterwards [%]', 'tagged in flight [%]',
         'largest error [m]'),
        [_dropouts(lost, stretch) for lost in LOSSES for stretch in STRETCHES
         if lost or stretch == 1],
        f'In flight: the fix behind the shot has come {LATE:g} s after it, or the shot lies within '
        '0.2 s of the last one. Gaps of up to 2 s are bridged.')


def _stamps(name: str) -> Sequence[float | str]:
    kind = TYPES[name]
    arrivals: list[float] = []
    simulator = kind.simulator_class()()
    hear, triggers = simulator.on_bytes, {'sierra': b'\x02\x02', 'fuji_mx': b'\x27', 'ix_link': b'\x6e'}
    return name, 0.0, 0.0, 0.0, 0.0

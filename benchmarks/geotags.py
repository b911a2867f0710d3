# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What geotags are good for: stamps on the host, positions at speed, fixes that drop out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import time
from typing import Any

import numpy as np
from table import spread, Table

from camera_driver.catalog import TYPES
from camera_driver.ledger.shots import ShotRecord
from camera_driver.link.port import SerialPort
from camera_driver.payload.geometry import ecef, local_axes, minus, moved, to_local
from camera_driver.payload.geotag import geotag, Tag
from camera_driver.payload.track import ELLIPSOID, Fix, Track, Untagged
from camera_driver.sim.terminal import Terminal

CAMERAS = {'sierra': {'exposure_duration': 0.0}, 'fuji_mx': {'exposure_duration': 0.0},
           'ix_link': {}}
TRIGGERS = 60  # of each type, in real time
HOME = 47.3821, 8.6432, 531.0
START = 1_800_000_000.0
SHOTS = 500
SPEED = 15.0  # m/s
RATE = 5.0  # Hz
STRAIGHT, RADIUS = 200.0, 60.0  # m, of lines and turns
NOISE = 0.02  # m in each axis, of a fix
STAMPS = (0.0, 0.001, 0.01, 0.1)  # s
LOSSES = (0.0, 0.1, 0.3)
IN_A_ROW = (1, 5, 25)  # fixes that drop out
WAIT = 3.0  # s that a node waits for the fix behind a shot


def measure() -> Iterator[Table]:
    """Give the tables."""
    yield Table(
        'The stamp on the host: when the trigger had left the port, minus when it came to the '
        f'simulated camera; {TRIGGERS} shots each, over a pseudo-terminal that is not paced',
        ('type', 'median [ms]', 'farthest from 0 [ms]'),
        [_stamps(name, options) for name, options in CAMERAS.items()],
        'Both by one monotonic clock; negative: the stamp is too early. On a real line the bytes '
        'take their time besides, and the camera its own, which trigger_delay is for.')
    yield Table(
        f'Horizontal error of {SHOTS} tags at {SPEED:g} m/s, with {RATE:g} Hz fixes of '
        f'{1000 * NOISE:g} mm noise in each axis; lines of {STRAIGHT:g} m, turns of {RADIUS:g} m '
        'radius',
        ('noise of the stamps [ms]', 'median [m]', '95 % [m]', 'maximum [m]',
         'median of the stated sigma [m]', 'within 2 sigma [%]'),
        [_positions(noise) for noise in STAMPS])
    yield Table(
        f'The same flight when fixes drop out: shots of {SHOTS} with a position, late (from the '
        'whole track) and in flight (from what has come when it is decided)',
        ('fixes that drop out [%]', 'in a row', 'tagged late [%]', 'tagged in flight [%]',
         'maximum error late [m]', 'in flight [m]', 'tag comes after, median [s]', 'maximum [s]'),
        [_dropouts(lost, row) for lost in LOSSES for row in IN_A_ROW if lost or row == 1],
        'Gaps of up to 2 s are bridged, and 0.2 s beyond their edges. In flight the tag waits for '
        f'the fix behind the shot, {WAIT:g} s at most.')


def _stamps(name: str, options: dict[str, Any]) -> tuple[str, float, float]:
    kind = TYPES[name]
    cls = kind.device_class()
    make: Any = kind.simulator_class()
    simulator = make(**options)
    errors = []
    with Terminal(simulator) as terminal:
        device: Any = cls(SerialPort(terminal.path, cls.LINE), {
            option.name: option.default for option in cls.OPTIONS
            if option.default is not None})
        try:
            device.open()
            for _ in range(TRIGGERS):
                sent = device.capture().sent
                shot, ahead = terminal.do(lambda: (
                    simulator.shots[-1], time.monotonic() - simulator.now))
                errors.append(1000 * (sent - getattr(shot, 'time', shot) - ahead))
        finally:
            device.close()
    return name, float(np.median(errors)), max(map(abs, errors))


class Flight:
    """A racetrack at a constant height, with fixes and shots at any time."""

    def __init__(self, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        self.seconds = SHOTS * 1.0 + 10.0
        self.times = np.arange(0.1, self.seconds, 1 / RATE)
        self.shots = np.sort(self.dice.uniform(3.0, self.seconds - 5.0, SHOTS))

    def place(self, seconds: float) -> tuple[float, float, float]:
        """Return latitude, longitude [deg] and height [m]."""
        turn = np.pi * RADIUS
        lap, way = divmod(SPEED * seconds, 2 * (STRAIGHT + turn))
        back, way = divmod(way, STRAIGHT + turn)
        sign = -1 if back else 1
        if way < STRAIGHT:
            x, y = way - STRAIGHT / 2, -RADIUS
        else:
            angle = (way - STRAIGHT) / RADIUS
            x, y = STRAIGHT / 2 + RADIUS * np.sin(angle), -RADIUS * np.cos(angle)
        return moved(HOME, (float(sign * y), float(sign * x), 0.0))

    def fixes(self, kept: np.ndarray[Any, Any] | None = None) -> list[Fix]:
        """Return noisy fixes, those that are kept."""
        fixes = []
        for number, seconds in enumerate(self.times):
            noise = self.dice.normal(0, NOISE, 3)
            if kept is None or kept[number]:
                place = moved(self.place(seconds), (noise[0], noise[1], noise[2]))
                fixes.append(Fix(START + seconds, *place, NOISE, NOISE))
        return fixes

    def error(self, tag: Tag, seconds: float) -> float:
        """Return how far a tag is from where the shot was, horizontally [m]."""
        latitude, longitude, height = self.place(seconds)
        north, east, _ = to_local(minus(ecef(tag.latitude, tag.longitude, tag.height),
                                        ecef(latitude, longitude, height)),
                                  local_axes(latitude, longitude))
        return float(np.hypot(north, east))


def _shot(stamp: float, uncertainty: float = 0.0) -> ShotRecord:
    fields = dict.fromkeys(ShotRecord.__dataclass_fields__)
    return ShotRecord(**fields | {'state': 'stored', 'stamp': stamp, 'message': '',
                                  'stamp_uncertainty': uncertainty})  # type: ignore[arg-type]


def _track(fixes: Sequence[Fix]) -> Track:
    return Track(fixes, height_kind=ELLIPSOID)


def _positions(noise: float) -> Sequence[float]:
    flight = Flight(1)
    track = _track(flight.fixes())
    errors, sigmas = [], []
    for seconds in flight.shots:
        tag = geotag(_shot(START + seconds + flight.dice.normal(0, noise), noise), track)
        errors.append(flight.error(tag, seconds))
        sigmas.append(tag.horizontal or 0.0)
    within = np.mean(np.array(errors) <= 2 * np.array(sigmas))
    middle, _, most = spread(errors)
    return (1000 * noise, middle, float(np.percentile(errors, 95)), most,
            float(np.median(sigmas)), float(100 * within))


def _dropouts(lost: float, row: int) -> Sequence[float]:
    flight = Flight(2)
    kept = np.ones(len(flight.times), bool)
    while kept.mean() > 1 - lost:
        start = flight.dice.integers(0, len(kept))
        kept[start:start + row] = False
    fixes = flight.fixes(kept)
    times = np.array([fix.time for fix in fixes])
    whole = _track(fixes)
    late, live, waits = [], [], []
    for seconds in flight.shots:
        stamp = START + seconds
        behind = int(np.searchsorted(times, stamp))
        wait = min(WAIT, times[behind] - stamp if behind < len(times) else WAIT)
        now = _track([fix for fix in fixes if stamp - 30.0 < fix.time <= stamp + wait])
        for track, errors in ((whole, late), (now, live)):
            try:
                errors.append(flight.error(geotag(_shot(stamp), track), seconds))
            except Untagged:
                continue
            if track is now:
                waits.append(wait)
    return (100 * lost, row, 100 * len(late) / SHOTS, 100 * len(live) / SHOTS, max(late),
            max(live), float(np.median(waits)), max(waits))

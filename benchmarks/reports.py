# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Reports of simulated devices: how long each level takes, and what a noisy line makes of them.

On the in-memory line, on its virtual clock, with the time that bytes take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
import tempfile
from typing import Any

from conform_reports import ABOUT, Changes
from table import Table, Value

from camera_driver.catalog import BUILT_IN
from camera_driver.conform import report
from camera_driver.conform.facts import Level, Verdict
from camera_driver.conform.steps import Steps
from camera_driver.device_type import DeviceType
from camera_driver.errors import DeviceError
from camera_driver.link import trace
from camera_driver.link.trace import TracingPort
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import LoopPort

SPEEDS = (9600, 57600, 115200)
SEEDS = range(100)
NOISE = 'flip=0.01,lose=0.01,delay=0.01,insert=0.01,repeat=0.01,cut=0.01,drop=0.01'


def measure() -> Iterator[Table]:
    """Give the tables."""
    rows: list[Sequence[Value]] = []
    for kind in BUILT_IN.values():
        for speed in SPEEDS:
            options = _options(kind, speed)
            if options is None:
                continue
            times = [_run(kind, level, options)[0] for level in Level]
            rows.append((kind.name, str(speed), *(round(time, 1) for time in times)))
    yield Table('From the opened port to the end of a level [s]',
                ('type', 'baud', *(level.value for level in Level)), rows,
                'Virtual time, in which the simulated device itself is quick. A type has the '
                'speeds that it can be given.')
    noisy = []
    for kind in BUILT_IN.values():
        options = _options(kind, 115200) or _options(kind, 9600) or {}
        clean = _run(kind, Level.ALL, options)[1]
        found = [_run(kind, Level.ALL, options, seed)[1] for seed in SEEDS]
        wrong = sum(one[fact] in WRONG and one[fact] != verdict for one in found
                    for fact, verdict in clean.items())
        tried = sum(verdict != NOT_TRIED for verdict in clean.values())
        less = sum(verdict != NOT_TRIED and one[fact] == NOT_TRIED
                   for one in found for fact, verdict in clean.items())
        noisy.append((kind.name, f'{wrong} of {tried * len(SEEDS)}',
                      f'{less} of {tried * len(SEEDS)}'))
    yield Table(f'Level all over a line with each kind of fault in 1 % of what is sent, '
                f'{len(SEEDS)} seeds', ('type', 'verdicts that are wrong', 'not tried'), noisy)


NOT_TRIED = Verdict.NOT_TRIED.value
WRONG = (Verdict.REFUTED.value, Verdict.NOT_SUPPORTED.value)


def _options(kind: DeviceType, speed: int) -> dict[str, Any] | None:
    """Return options with a speed; None: the type has it not."""
    cls = kind.device_class()
    options = {one.name: one.default for one in cls.OPTIONS if one.default is not None}
    if 'baudrate' not in options:
        return options if cls.LINE.baudrate == speed else None
    option = next(one for one in cls.OPTIONS if one.name == 'baudrate')
    with suppress(ValueError):
        return {**options, 'baudrate': option.validate(speed)}
    return None


def _run(kind: DeviceType, level: Level, options: Mapping[str, Any], seed: int | None = None
         ) -> tuple[float, Mapping[str, str]]:
    """Return how long a level took [s], and the verdicts."""
    faults = {} if seed is None else {
        name: Faults.parse(NOISE, 2 * seed + number)
        for number, name in enumerate(('to_host', 'to_device'))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'wire.trace'
        cls = kind.device_class()
        port = LoopPort(kind.simulator_class().for_options(options), cls.LINE, paced=True,
                        **faults)
        device = cls(TracingPort(port, path, kind.name, 0.0), options)
        with suppress(DeviceError):
            device.open()
            list(Steps(device, kind.unproven(), Changes()).go(level))
        took = port.now()
        device.close()
        made = report.make(kind, ABOUT, list(trace.read(path)))
    return took, {one['id']: one['verdict'] for one in made.results['facts']}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A picture of 150 KB over lines with faults: gets through or not, and what the faults cost.

The driver runs on the in-memory line, on its virtual clock, where nothing but faults takes time;
the programs run on a pseudo-terminal, in real time. Line and camera have the same faults from the
same seeds, but each program sends other bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from random import Random
from statistics import median
import tempfile
from time import monotonic

from peers.clients import ClientError
from programs import programs
from simulated import picture, TAKEN
from table import Table, Value

from camera_driver import catalog
from camera_driver.devices.fuji_mx.simulator.options import Frame as FujiFrame
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator
from camera_driver.errors import DamagedPicture, DeviceError
from camera_driver.pictures.keep import read_sound
from camera_driver.sim.faults import ByteFaults, Faults
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.simulator import Simulator
from camera_driver.sim.terminal import Terminal

SEEDS = range(10)
OF_PROGRAMS = range(3)
SIZE = 150 * 1024  # bytes
FAULTS = ('none', 'bit flip, 1e-4 per byte', 'lost byte, 1e-4', 'doubled byte, 1e-4',
          'silent reset of the camera', 'NAK to 10 % of the commands')
KINDS = dict(zip(FAULTS[1:4], ('flip', 'drop', 'repeat')))


class Reset(Faults):
    """A line on which nothing happens, but that the camera resets behind so many bytes."""

    def __init__(self, simulator: Simulator, left: int) -> None:
        super().__init__({})
        self._simulator, self._left = simulator, left

    def apply(self, chunk: bytes) -> list[tuple[float, bytes]]:
        """Return what arrives of a chunk."""
        before, self._left = self._left, self._left - len(chunk)
        if self._left <= 0 < before:
            self._simulator.power_cycle()
        return [(0.0, chunk)]


def prepare(name: str, fault: str, seed: int) -> tuple[Simulator, Faults | None, Faults | None]:
    """Return a camera with the picture, and the faults of its line to the host and to it."""
    simulator: SierraSimulator | FujiMxSimulator
    if name == 'sierra':
        simulator = SierraSimulator(frames=[Frame(picture(), b'', 'P1010001.JPG', TAKEN)])
    else:
        simulator = FujiMxSimulator(frames=[FujiFrame(picture(), b'', 'DSC00001.JPG')])
    if fault in KINDS:
        return (simulator, ByteFaults(KINDS[fault], 1e-4, seed),
                ByteFaults(KINDS[fault], 1e-4, seed + 1000))
    if fault == FAULTS[4]:
        return simulator, Reset(simulator, SIZE * (2 * seed + 1) // (2 * len(SEEDS))), None
    if fault == FAULTS[5]:
        draw = Random(seed)
        for _ in range(100):
            simulator.faults.add('nak_command', skip=int(log(draw.random()) / log(0.9)))
    return simulator, None, None


def measure() -> Iterator[Table]:
    """Give the tables."""
    rows: list[Sequence[Value]] = []
    for fault in FAULTS:
        cells: list[Value] = [fault]
        for name in ('sierra', 'fuji_mx'):
            for reread in (False, True):
                cells.append(_told([_ours(name, fault, seed, reread) for seed in SEEDS]))
        rows.append(cells)
    yield Table(f'A picture of {SIZE} bytes over a line with faults, {len(SEEDS)} seeds: how many '
                'are exact, median and longest time [s]',
                ('fault', 'sierra', 'sierra, verify reread', 'fuji_mx', 'fuji_mx, verify reread'),
                rows, 'Virtual time, in which the line itself takes none: what the faults cost.')
    yield Table(f'The whole command on the same camera on a pseudo-terminal, {len(OF_PROGRAMS)} '
                'seeds, real time', ('fault', *NAMES),
                [(fault, *_programs(fault)) for fault in FAULTS])


def _told(results: Sequence[tuple[str, float]]) -> str:
    """Say how many are exact, what the others are, and how long they took."""
    kinds = [kind for kind, _ in results]
    times = [seconds for _, seconds in results]
    others = ''.join(f', {kinds.count(kind)} {kind}' for kind in ('wrong', 'odd', 'failed')
                     if kind in kinds)
    return (f'{kinds.count("exact")} of {len(kinds)}{others} ({median(times):.1f}, '
            f'{max(times):.1f})')


def _ours(name: str, fault: str, seed: int, reread: bool) -> tuple[str, float]:
    simulator, to_host, to_device = prepare(name, fault, seed)
    device_class = catalog.find(name).device_class()
    port = LoopPort(simulator, device_class.LINE)
    device = device_class(port, {})
    device.open()
    port.to_host, port.to_device = to_host, to_device
    begun = port.now()
    try:
        got, checked = read_sound(lambda: device.download(1), reread)
    except (DeviceError, DamagedPicture):
        return 'failed', port.now() - begun
    if checked.odd:
        return 'odd', port.now() - begun
    return 'exact' if got.data == picture() else 'wrong', port.now() - begun


NAMES = ('camera-driver sierra download', 'photopc image', 'gphoto2 --get-file')


def _programs(fault: str) -> Iterator[str]:
    for name in NAMES:
        results = []
        for seed in OF_PROGRAMS:
            simulator, to_host, to_device = prepare('sierra', fault, seed)
            with (tempfile.TemporaryDirectory() as folder,
                  Terminal(simulator, to_host=to_host, to_device=to_device) as terminal):
                directory = Path(folder, 'programs')
                download = programs(terminal.path, directory)[name]
                begun = monotonic()
                try:
                    download(1)
                except ClientError:
                    pass
                took = monotonic() - begun
                found = [path.read_bytes() for path in directory.rglob('*')
                         if path.suffix.lower() in ('.jpg', '.jpeg') and path.stat().st_size]
                kind = ('failed' if not found else
                        'exact' if found[0].rstrip(b'\0') == picture().rstrip(b'\0') else 'wrong')
                results.append((kind, took))
        yield _told(results)

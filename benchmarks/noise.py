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
from pathlib import Path
from statistics import median
import tempfile
from time import monotonic

from endurance.pictures import CAMERAS, download, FAULTS, picture, prepare, SIZE
from peers.clients import ClientError
from programs import programs
from table import Table, Value

from camera_driver.sim.terminal import Terminal

SEEDS = range(10)
OF_PROGRAMS = range(3)


def measure() -> Iterator[Table]:
    """Give the tables."""
    rows: list[Sequence[Value]] = []
    for fault in FAULTS:
        cells: list[Value] = [fault]
        for name in CAMERAS:
            for reread in (False, True):
                cells.append(_told([download(name, fault, seed, reread) for seed in SEEDS]))
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
    others = ''.join(f', {kinds.count(kind)} {kind}' for kind in sorted({*kinds} - {'exact'}))
    return (f'{kinds.count("exact")} of {len(kinds)}{others} ({median(times):.1f}, '
            f'{max(times):.1f})')


NAMES = ('camera-driver sierra download', 'photopc image', 'gphoto2 --get-file')


def _programs(fault: str) -> Iterator[str]:
    for name in NAMES:
        results = []
        for seed in OF_PROGRAMS:
            simulator, to_host, to_device = prepare('sierra', fault, seed)
            with (tempfile.TemporaryDirectory() as folder,
                  Terminal(simulator, to_host=to_host, to_device=to_device) as terminal):
                directory = Path(folder, 'programs')
                command = programs(terminal.path, directory)[name]
                begun = monotonic()
                try:
                    command(1)
                except ClientError:
                    pass
                took = monotonic() - begun
                found = [path.read_bytes() for path in directory.rglob('*')
                         if path.suffix.lower() in ('.jpg', '.jpeg') and path.stat().st_size]
                kind = ('failed' if not found else
                        'exact' if found[0].rstrip(b'\0') == picture().rstrip(b'\0') else 'wrong')
                results.append((kind, took))
        yield _told(results)

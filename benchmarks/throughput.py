# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the host itself takes: a large picture over a pseudo-terminal without a line speed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from programs import BAUDRATE, programs
from simulated import camera, large_picture
from table import cpu_time, Table

from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.devices.sierra.session import SierraSession
from camera_driver.devices.sierra.wakeup import WAKE_UP
from camera_driver.link.port import SerialPort
from camera_driver.pictures.image import check

REPETITIONS = 5
TINY, LARGE = 1, 3


def measure() -> Iterator[Table]:
    """Measure the session, the check of a picture, and the three programs."""
    megabytes = len(large_picture()) / 1e6
    with camera('--large') as simulated:
        yield _session(simulated.port, megabytes)
        rows = []
        with TemporaryDirectory() as directory:
            for name, download in programs(simulated.port, Path(directory) / 'run').items():
                tiny, large = download(TINY), download(LARGE)
                rows.append((name, megabytes / (large.wall - tiny.wall),
                             (large.cpu - tiny.cpu) / megabytes, tiny.wall, tiny.cpu))
    yield Table(
        f'Whole commands, unpaced: a picture of {megabytes:.2f} MB less one of 5 KB',
        ('command', 'MB/s', 'CPU s/MB', 'fixed [s]', 'fixed CPU [s]'), rows,
        'Fixed: the command with the small picture. camera-driver alone checks each picture '
        'completely before it is saved; what that takes is in the table above.')


def _session(name: str, megabytes: float) -> Table:
    port = SerialPort(name, WAKE_UP)
    session = SierraSession(port, BAUDRATE)
    session.login()
    times, cpus = [], []
    for _ in range(REPETITIONS):
        cpu, start = cpu_time(), perf_counter()
        data = session.read_frame_data(LARGE, NUMBER['frame_data'], limit=10_000_000)
        times.append(perf_counter() - start)
        cpus.append(cpu_time() - cpu)
    session.end()
    port.close()
    cpu, start = cpu_time(), perf_counter()
    check(data, 'jpeg')
    checked, cpu_checked = perf_counter() - start, cpu_time() - cpu
    return Table(
        f'The host alone, unpaced: {megabytes:.2f} MB, best of {REPETITIONS}',
        ('', 'MB/s', 'CPU s/MB'), (
            ('transfer', megabytes / min(times), min(cpus) / megabytes),
            ('check of the whole picture', megabytes / checked,
             cpu_checked / megabytes)),
        'The simulated camera is a process of its own, whose time is part of MB/s and not of '
        'CPU s/MB.')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""All that a KP-FD30 holds, over a line paced to its 9600 baud, beside the least possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
import signal
from statistics import median
import subprocess
import sys
from time import perf_counter

from table import cpu_time, Table

from camera_driver.devices.kp_fd30.camera import HARMLESS, KpFd30Camera
from camera_driver.devices.kp_fd30.session import LINE, PAUSE
from camera_driver.devices.kp_fd30.settings import ROW_OF
from camera_driver.devices.kp_fd30.snapshot import READABLE
from camera_driver.link.port import SerialPort

BYTES = 31  # of a read: ENQ, ACK, text, ACK, reply (the last ACK goes in the pause)
TIMES = 5


@contextmanager
def simulated(*options: str) -> Iterator[dict[str, str]]:
    """Run a simulated KP-FD30 in a process of its own; give what it says of itself."""
    process = subprocess.Popen(
        [sys.executable, '-m', 'camera_driver.cli.main', 'simulate', 'kp_fd30', '--json',
         *options], text=True, stdout=subprocess.PIPE)
    assert process.stdout
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def measure() -> Iterator[Table]:
    """Read one register, all settings, and all registers."""
    with simulated('--pace') as device:
        camera = KpFd30Camera(SerialPort(device['port'], LINE), {})
        camera.open()
        work: list[tuple[str, int, Callable[[], object]]] = [
            ('one register', 1, lambda: camera.bank.read(HARMLESS)),
            ('all settings', len(ROW_OF), lambda: [camera.get(name) for name in ROW_OF]),
            ('all that can be read (save)', len(READABLE), camera.save)]
        rows = [_row(*one) for one in work]
        camera.close()
    yield Table(
        f'Reading registers at {LINE.baudrate} baud, median of {TIMES}',
        ('', 'reads', 'time [s]', 'least: bytes and pauses [s]', 'bytes alone [s]', 'CPU [ms]'),
        rows, f'Bytes: {BYTES} for each read, one after the other, as each side waits for the '
        f'other (kp_fd30.md 3.3). Pauses: {1e3 * PAUSE:.0f} ms before each '
        '(kp_fd30.md 8, item 19).')


def _row(name: str, reads: int, work: Callable[[], object]) -> tuple[str | float, ...]:
    times, cpus = [], []
    for _ in range(TIMES):
        cpu, start = cpu_time(), perf_counter()
        work()
        times.append(perf_counter() - start)
        cpus.append(cpu_time() - cpu)
    bytes_alone = reads * BYTES * LINE.byte_time
    return (name, reads, median(times), bytes_alone + reads * PAUSE, bytes_alone,
            1e3 * median(cpus))

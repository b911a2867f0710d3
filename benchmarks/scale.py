# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A rig of many cameras in one process: time until all are READY, load at rest, memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from ros import scratch, spinning
from table import Table

from camera_driver.msg import CameraStatus

CAMERAS = (1, 4, 16, 32, 64)
REST = 20.0  # s
PATIENCE = 180.0  # s
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def measure() -> Iterator[Table]:
    """Give the table."""
    yield Table('A rig of N simulated sierra cameras, `camera-driver up`, one process, nothing '
                'asked of them', ('cameras', 'READY [s]', 'idle [% of a core]',
                                  'for each [% of a core]', 'PSS [MB]', 'threads'),
                [_rig(count) for count in CAMERAS],
                'READY: from the start of the program until the last camera is. Memory includes '
                'the simulators and the pictures in them.')


def _rig(count: int) -> Sequence[float]:
    names = [f'camera{number}' for number in range(count)]
    with scratch() as folder, _client(names) as ready:
        file = folder / 'rig.yaml'
        file.write_text('devices:\n' + ''.join(
            f'- {{name: {name}, type: sierra, parameters: {{simulate: true}}}}\n'
            for name in names))
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, '-m', 'camera_driver.cli.main', 'up', str(file)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while len(ready) < count:
                if time.monotonic() - begun > PATIENCE or process.poll() is not None:
                    raise RuntimeError(f'{len(ready)} of {count} cameras became READY')
                time.sleep(0.02)
            until_ready = time.monotonic() - begun
            time.sleep(3.0)
            before, start = _cpu(process.pid), time.monotonic()
            time.sleep(REST)
            load = 100.0 * (_cpu(process.pid) - before) / (time.monotonic() - start)
            memory, threads = _memory(process.pid), len(os.listdir(f'/proc/{process.pid}/task'))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    return count, until_ready, load, load / count, memory, threads


@contextmanager
def _client(names: Sequence[str]) -> Iterator[set[str]]:
    """Give the names of the cameras that are READY."""
    ready: set[str] = set()
    rclpy.init()
    node = Node('benchmark_client')

    def heard(status: CameraStatus, name: str) -> None:
        if status.state == CameraStatus.READY:
            ready.add(name)

    try:
        for name in names:
            node.create_subscription(
                CameraStatus, f'{name}/status',
                lambda status, name=name: heard(status, name), LATCHED)
        with spinning(node):
            yield ready
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _cpu(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def _memory(pid: int) -> float:
    """Return the proportional set size of a process in MB."""
    for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1]) / 1000
    return 0.0

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Rigs of many cameras: time until all are READY, load at rest and under downloads, memory.

    python3 benchmarks/scale.py --count 1 4 16 --processes one each

The cameras are simulated in a process of their own, which is not counted. Load is CPU time, so
that other work on the machine does not count either; times and rates it makes worse.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
import os
from pathlib import Path
import platform
import re
import signal
import subprocess
import sys
import threading
import time

from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from ros import scratch, spinning
from simulated import cameras, picture
from table import spread, Table, Value

from camera_driver.action import DownloadImages
from camera_driver.msg import CameraStatus

COUNTS = (1, 4, 16, 32, 64)
REST = 20.0  # s
SETTLE = 5.0  # s after READY, until all have found each other
PATIENCE = 300.0  # s
BAUDRATE = 115200
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
COLUMNS = ('processes', 'cameras', 'READY [s]', 'start-up, CPU of each [s]',
           'idle, of each [% of a core]', 'PSS [MB]', 'PSS of each more [MB]', 'threads',
           'download, of the line [%]', 'CPU of each [% of a core]', 'service p99 [ms]')
DOCUMENT = Path(__file__).resolve().parent.parent / 'docs' / 'performance.md'
BEGIN, END = '<!-- Written by make scale. -->', '<!-- End of what make scale writes. -->'


def measure(counts: Sequence[int] = COUNTS, processes: Sequence[str] = ('one', 'each'),
            ) -> Iterator[Table]:
    """Give the table."""
    rows: list[Sequence[Value]] = []
    for how in processes:
        first: Sequence[float] = ()
        for count in counts:
            row = _rig(count, how)
            first = first or row
            more = (row[4] - first[4]) / (count - first[0]) if count > first[0] else row[4]
            rows.append((how, *row[:5], more, *row[5:]))
            print(*rows[-1], f'load {os.getloadavg()[0]:.1f}', file=sys.stderr, flush=True)
    yield Table('Rigs of N simulated sierra cameras, `camera-driver up`, polled once a second',
                COLUMNS, rows,
                'READY: from the start of the program until the last camera is. Idle: nothing is '
                'asked of them. Download: all at the same time, 150 KB at 115200 baud; '
                'get_parameters is called meanwhile, of one camera after the other.')


class Client(Node):
    """Hears who is READY, and lets all download."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__('benchmark_client')
        self.names = names
        self.ready: set[str] = set()
        for name in names:
            self.create_subscription(CameraStatus, f'{name}/status',
                                     lambda status, name=name: self._heard(status, name), LATCHED)

    def _heard(self, status: CameraStatus, name: str) -> None:
        if status.state == CameraStatus.READY:
            self.ready.add(name)

    def download(self) -> tuple[float, list[float]]:
        """Let each download its picture; returns the time of all, and those of calls [s]."""
        actions = [ActionClient(self, DownloadImages, f'{name}/download_images')
                   for name in self.names]
        callers = [self.create_client(GetParameters, f'{name}/get_parameters')
                   for name in self.names[:16]]
        for one in actions:
            one.wait_for_server(PATIENCE)
        for caller in callers:
            caller.wait_for_service(PATIENCE)
        begun = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            goals = [_answer(one.send_goal_async(DownloadImages.Goal(indices=[2])))
                     for one in actions]
            results = [goal.get_result_async() for goal in goals]
            calling = pool.submit(_call, callers, lambda: all(one.done() for one in results))
            for result in results:
                if not _answer(result).result.success:
                    raise RuntimeError(_answer(result).result.message)
            took = time.monotonic() - begun
            return took, calling.result()


def _answer(future):  # type: ignore[no-untyped-def]
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(PATIENCE):
        raise RuntimeError('no answer')
    return future.result()


def _call(callers, over: Callable[[], bool]) -> list[float]:  # type: ignore[no-untyped-def]
    times = []
    while not over():
        for caller in callers:
            begun = time.perf_counter()
            _answer(caller.call_async(GetParameters.Request(names=['port'])))
            times.append(time.perf_counter() - begun)
            time.sleep(0.02)
    return times


def _rig(count: int, processes: str) -> Sequence[float]:
    names = [f'camera{number}' for number in range(count)]
    with scratch() as folder, cameras(count, '--paced') as simulated, _client(names) as client:
        file = folder / 'rig.yaml'
        file.write_text('devices:\n' + ''.join(
            f'- {{name: {name}, type: sierra, parameters: {{port: {one.port}, keep_alive: 1.0, '
            f'ledger_file: {folder}/{name}.sqlite3, download_directory: {folder}/{name}}}}}\n'
            for name, one in zip(names, simulated)))
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, '-m', 'camera_driver.cli.main', 'up', str(file), '--processes',
             processes], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while len(client.ready) < count:
                if time.monotonic() - begun > PATIENCE or process.poll() is not None:
                    raise RuntimeError(f'{len(client.ready)} of {count} cameras became READY')
                time.sleep(0.02)
            until_ready, pids = time.monotonic() - begun, _family(process.pid)
            start_up = _cpu(pids) / count
            time.sleep(SETTLE)
            before, start = _cpu(pids), time.monotonic()
            time.sleep(REST)
            load = 100 * (_cpu(pids) - before) / (time.monotonic() - start) / count
            memory = _memory(pids)
            threads = sum(len(os.listdir(f'/proc/{pid}/task')) for pid in pids)
            before, start = _cpu(pids), time.monotonic()
            took, calls = client.download()
            busy = 100 * (_cpu(pids) - before) / (time.monotonic() - start) / count
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
    line = len(picture()) * 10 / BAUDRATE
    return (count, until_ready, start_up, load, memory, threads, 100 * line / took, busy,
            1000 * spread(calls)[1])


@contextmanager
def _client(names: Sequence[str]) -> Iterator[Client]:
    """Run a client."""
    rclpy.init()
    node = Client(names)
    try:
        with spinning(node):
            yield node
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _family(pid: int) -> Sequence[int]:
    """Return a process and its children."""
    children = Path(f'/proc/{pid}/task/{pid}/children').read_text()
    return [pid, *map(int, children.split())]


def _cpu(pids: Sequence[int]) -> float:
    """Return the seconds of processor time that processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


def _memory(pids: Sequence[int]) -> float:
    """Return the proportional set size of processes in MB."""
    return sum(int(size) for pid in pids for size in re.findall(
        r'^Pss: +(\d+)', Path(f'/proc/{pid}/smaps_rollup').read_text(), re.MULTILINE)) / 1000


def main() -> None:
    """Measure, and write docs/performance.md."""
    parser = ArgumentParser('scale', description='Measure rigs of many cameras.')
    parser.add_argument('--count', type=int, nargs='+', default=COUNTS, help='of cameras')
    parser.add_argument('--processes', nargs='+', choices=('one', 'each'), default=('one', 'each'))
    parser.add_argument('--keep', action='store_true', help='leave the document as it is')
    args = parser.parse_args()
    machine = (f'{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python '
               f'{platform.python_version()}, {date.today()}; load at the start '
               f'{os.getloadavg()[0]:.1f}, at the end ')
    table, = measure(args.count, args.processes)
    text = f'{table}\n\n{machine}{os.getloadavg()[0]:.1f}.'
    print(text)
    if not args.keep:
        document = DOCUMENT.read_text()
        before, after = document.partition(BEGIN)[0], document.partition(END)[2]
        DOCUMENT.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}')


if __name__ == '__main__':
    os.environ.setdefault('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    main()

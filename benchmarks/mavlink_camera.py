# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""MAVLink cameras: how soon a command is answered and carried out, and what being there costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import math
import os
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time

from mavlink.udp_station import UdpStation
from pymavlink.dialects.v20 import common as mavlink
from table import Table

NAMES = ('one', 'two', 'three', 'four', 'five')
COMMAND = (sys.executable, '-m', 'camera_driver.cli.main')
IDLE = 30.0  # s
PICTURES = 20
REQUESTS = 500
PAUSE = 1.0  # s between pictures, in which the camera's node reads of the last one


def measure() -> Iterator[Table]:
    """Five simulated cameras, the lines of their real speed; one is downloaded from meanwhile."""
    station = UdpStation()
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / 'rig.yaml'
        file.write_text('devices:\n' + ''.join(
            f'- {{name: {one}, type: sierra, parameters: {{simulate: true, simulate_paced: true}}'
            '}\n' for one in NAMES))
        with _running(folder, 'up', file), _running(
                folder, 'mavlink', file, '--link', station.name) as process:
            for component in range(100, 105):
                station.wait('CAMERA_INFORMATION', lambda info: (
                    info.get_srcComponent() == component and info.cam_definition_uri),
                    timeout=120.0)
            busy = _seconds(process.pid)
            end = monotonic() + IDLE
            while monotonic() < end:
                station.hear()
            load = (_seconds(process.pid) - busy) / IDLE
            quiet = _answers(station)
            delays, wholes = _pictures(station)
            with subprocess.Popen(
                    [*COMMAND, 'call', '/one', 'capture', '{wait: true, download: true}'],
                    env=_environment(folder), stdout=subprocess.DEVNULL) as asked:
                asked.wait()
            station.received.clear()
            during = _answers(station)
    station.close()
    yield Table(f'MAVLink: from a request (CAMERA_CAPTURE_STATUS) to its ACK, {REQUESTS} each',
                ('', 'median [ms]', 'p99 [ms]', 'maximum [ms]'),
                (('nothing else at work', *_figures(quiet)),
                 ('while a picture is downloaded', *_figures(during))))
    yield Table(f'MAVLink: from IMAGE_START_CAPTURE, {PICTURES} pictures, line at 115200 baud',
                ('', 'median [ms]', 'p99 [ms]', 'maximum [ms]'),
                (('to the trigger on the line, by its stamp', *_figures(delays)),
                 ('to the final ACK, exposure included', *_figures(wholes))))
    yield Table('MAVLink: load of the node with five cameras, idle', ('', 'of a core [%]'),
                (('mavlink_camera_node', 100 * load),))


def _answers(station: UdpStation) -> list[float]:
    """Return how long each of some requests took to be answered [s]."""
    taken = []
    for _ in range(REQUESTS):
        station.received.clear()
        start = monotonic()
        station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 262)
        station.wait('COMMAND_ACK')
        taken.append(monotonic() - start)
        sleep(0.01)
    return taken


def _pictures(station: UdpStation) -> tuple[list[float], list[float]]:
    """Return how long each picture took to its trigger, and to its final ACK [s]."""
    delays, wholes = [], []
    for _ in range(PICTURES):
        station.received.clear()
        begun, start = time(), monotonic()
        if station.take() != mavlink.MAV_RESULT_ACCEPTED:
            raise RuntimeError('no picture was taken')
        wholes.append(monotonic() - start)
        delays.append(station.wait('CAMERA_IMAGE_CAPTURED').time_utc / 1e6 - begun)
        sleep(PAUSE)
    return delays, wholes


def _figures(values: list[float]) -> tuple[float, float, float]:
    ordered = sorted(values)
    return tuple(1000 * one for one in (  # type: ignore[return-value]
        ordered[len(ordered) // 2], ordered[math.ceil(0.99 * len(ordered)) - 1], ordered[-1]))


def _seconds(pid: int) -> float:
    """Return the processor time of a process [s]."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, 'ROS_HOME': str(folder)}


@contextmanager
def _running(folder: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*COMMAND, *map(str, words)], env=_environment(folder),
                               stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""MAVLink cameras: how soon a command is answered and carried out, and what being there costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
import math
import os
from pathlib import Path
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time

from capture import QUESTION, row, sent, TRIGGER
from mavlink.station import Relay, Rig, Station
from mavlink.udp_station import UdpStation
from pymavlink.dialects.v20 import common as mavlink
from table import Table

from camera_driver.mavlink.camera import Camera, Shot, State
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.service import Service

COMMAND = (sys.executable, '-m', 'camera_driver.cli.main')
PATIENCE = 120.0  # s
IDLE = 30.0  # s
SHOOTING = 30.0  # s
PICTURES = 20
REQUESTS = 500
PAUSE = 1.0  # s between pictures, in which the camera's node reads of the last one
INTERVAL = 0.5  # s between pictures of each of six cameras
SEEDS = 10
COLUMNS = ('', 'median [ms]', 'p99 [ms]', 'maximum [ms]')
RIG = """\
devices:
- {name: one, type: sierra, parameters: {
   simulate: true, simulate_paced: true, trace_file: FOLDER/one}}
- {name: two, type: sierra, parameters: {
   simulate: true, simulate_paced: true, trace_file: FOLDER/two, pacing: burst, keep_alive: 0.0}}
"""
SIX = ('one', 'two', 'three', 'four', 'five', 'six')


def measure() -> Iterator[Table]:
    """Measure, from the core alone to rigs of nodes and an unreliable link."""
    core = _core()
    with _rig(RIG + _more(3, 5, 'sierra'), 5) as (station, folder, process):
        busy, room = _seconds(process.pid), _memory(process.pid)
        _hear(station, IDLE)
        idle = (_seconds(process.pid) - busy) / IDLE
        grown = _memory(process.pid) - room
        quiet, _ = _answers(station)
        rows = [row('core alone: to the call of the camera', core)]
        for number, name in ((0, 'default'), (1, 'bare')):
            begun, wholes = _pictures(station, 100 + number)
            commands = sent(folder / SIX[number])
            triggers = [at for at, data in commands if data == TRIGGER][-PICTURES:]
            questions = [max(at for at, data in commands if data == QUESTION and at < trigger)
                         for trigger in triggers]
            rows += [row(f'{name}: {what}', [end - start for start, end in zip(begun, times)])
                     for what, times in (('to the first byte on the line', questions),
                                         ('to the trigger', triggers))]
            rows.append(row(f'{name}: to the final ACK, exposure included', wholes))
        with subprocess.Popen(
                [*COMMAND, 'call', '/one', 'capture', '{wait: true, download: true}'],
                env=_environment(folder), stdout=subprocess.DEVNULL) as asked:
            asked.wait()
        station.received.clear()
        during, gap = _answers(station)
    yield Table(f'MAVLink: from a request (CAMERA_CAPTURE_STATUS) to its ACK, {REQUESTS} each',
                COLUMNS, (row('nothing else at work', quiet),
                          row('while a picture is downloaded', during)),
                f'The longest time between two heartbeats of that camera was {gap:.2f} s.')
    yield Table(f'MAVLink: from IMAGE_START_CAPTURE, {PICTURES} pictures, line at 115200 baud',
                COLUMNS, rows,
                'core alone: a camera in the same process, no ROS. default and bare are the '
                "configurations of the camera's node as in the figures of the capture call; the "
                'first byte is that of the question which precedes every trigger.')
    with _rig('devices:\n' + _more(1, 6, 'ix_link'), 6) as (station, folder, process):
        for component in range(100, 106):
            station.command(mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, INTERVAL, 0,
                            component=component)
        _hear(station, 5.0)
        station.received.clear()
        busy = _seconds(process.pid)
        _hear(station, SHOOTING)
        load = (_seconds(process.pid) - busy) / SHOOTING
        rate = sum(one.capture_result for one in station.all('CAMERA_IMAGE_CAPTURED')) / SHOOTING
    yield Table('MAVLink: load of the node', ('', 'of a core [%]'),
                (('five cameras, idle', 100 * idle),
                 (f'six cameras (ix_link), {rate:.1f} pictures/s in all', 100 * load)),
                f'Asked for: {6 / INTERVAL:g} pictures/s; places that a camera cannot keep are '
                f'left out. The idle node grew by {grown / 1024:.1f} MB in {IDLE:g} s.')
    yield Table(f'MAVLink: a link that loses some and doubles 10 %, {SEEDS} times 20 pictures, '
                'on a virtual clock',
                ('lost', 'messages sent', 'lost', 'commands repeated', 'announcements asked again',
                 'commands that arrived', 'pictures', 'announced in the end'),
                [_lossy(lost) for lost in (0.05, 0.2)])


def _more(first: int, last: int, device_type: str) -> str:
    return ''.join(f'- {{name: {name}, type: {device_type}, parameters: {{simulate: true, '
                   'simulate_paced: true}}\n' for name in SIX[first - 1:last])


@contextmanager
def _rig(text: str, number: int) -> Iterator[tuple[UdpStation, Path, subprocess.Popen[bytes]]]:
    """Run cameras and the MAVLink node; give a station that knows all of them."""
    with closing(UdpStation()) as station, TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / 'rig.yaml'
        file.write_text(text.replace('FOLDER', name))
        with _running(folder, 'up', file), _running(
                folder, 'mavlink', file, '--link', station.name) as process:
            for component in range(100, 100 + number):
                station.wait('CAMERA_INFORMATION', lambda info: (
                    info.get_srcComponent() == component and info.cam_definition_uri),
                    timeout=PATIENCE)
            yield station, folder, process


def _hear(station: UdpStation, seconds: float) -> None:
    end = monotonic() + seconds
    while monotonic() < end:
        station.hear()


class _Counting:
    """A camera that notes when it was called."""

    state = State(connected=True, manufacturer='Maker', model='Model')

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        self._post = post
        self.calls: list[float] = []

    def capture(self, done: Callable[[Shot], None]) -> None:
        """Take a picture at once."""
        self.calls.append(monotonic())
        shot = Shot(f'shot {len(self.calls)}', True, time())
        self._post(lambda: done(shot))


def _core() -> list[float]:
    """Return how long a command takes from the socket to the camera, without ROS [s]."""
    cameras: list[_Counting] = []

    def make(service: Service) -> dict[str, Camera]:
        cameras.append(_Counting(service.post))
        return {'/one': cameras[0]}  # type: ignore[dict-item]

    begun = []
    with closing(UdpStation()) as station, TemporaryDirectory() as folder, closing(
            Service(1, make, [station.name], Store(Path(folder, 'store')))):
        station.wait('HEARTBEAT')
        for _ in range(REQUESTS):
            station.received.clear()
            begun.append(monotonic())
            station.take()
    return [call - start for start, call in zip(begun, cameras[0].calls)]


def _lossy(lost: float) -> tuple[str, float, float, float, float, float, float, float]:
    """Count what it takes to have twenty pictures, and to hear of all, as MAVSDK does it."""
    messages = gone = repeated = again = arrived = pictures = announced = 0
    for seed in range(SEEDS):
        with TemporaryDirectory() as folder:
            rig = Rig(Path(folder), exposure=0.1)
            relay = Relay(rig.world, seed, lost)
            station = Station(rig, relay=relay)
            for number in range(1, 21):
                taken = len(rig.camera.taken)
                for tries in range(4):
                    before = len(station.received)
                    repeated += tries > 0
                    station.command(mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 1, number)
                    rig.run(0.5)
                    if any(one.get_type() == 'COMMAND_ACK'
                           for _, one in station.received[before:]):
                        break
                rig.run(2.0)
                arrived += any(key.endswith(f'number {number}')
                               for key in rig.component._images.orders(0.0))
                pictures += len(rig.camera.taken) - taken
            for _ in range(200):
                known = {one.image_index for one in station.all('CAMERA_IMAGE_CAPTURED')}
                missing = {*range(len(rig.camera.taken))} - known
                if not missing:
                    break
                again += 1
                station.command(2002, min(missing))
                rig.run(0.5)
            announced += len(known)
            messages, gone = messages + relay.sent, gone + relay.gone
            rig.store.close()
    return f'{100 * lost:g} %', messages, gone, repeated, again, arrived, pictures, announced


def _answers(station: UdpStation) -> tuple[list[float], float]:
    """Return how long each of some requests took to be answered, and between heartbeats [s]."""
    taken, beats = [], []
    for _ in range(REQUESTS):
        beats += [at for at, one in station.received
                  if one.get_type() == 'HEARTBEAT' and one.get_srcComponent() == 100]
        station.received.clear()
        start = monotonic()
        station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 262)
        station.wait('COMMAND_ACK')
        taken.append(monotonic() - start)
        sleep(0.01)
    return taken, max((b - a for a, b in zip(beats, beats[1:])), default=math.nan)


def _pictures(station: UdpStation, component: int) -> tuple[list[float], list[float]]:
    """Return when each picture was asked for, and how long it took to its final ACK [s]."""
    station.take(component)  # it may have fallen asleep
    sleep(PAUSE)
    begun, wholes = [], []
    for _ in range(PICTURES):
        station.received.clear()
        begun.append(monotonic())
        if station.take(component) != mavlink.MAV_RESULT_ACCEPTED:
            raise RuntimeError('no picture was taken')
        wholes.append(monotonic() - begun[-1])
        sleep(PAUSE)
    return begun, wholes


def _memory(pid: int) -> float:
    """Return the resident memory of a process [KiB]."""
    line = next(one for one in Path(f'/proc/{pid}/status').read_text().splitlines()
                if one.startswith('VmRSS'))
    return float(line.split()[1])


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

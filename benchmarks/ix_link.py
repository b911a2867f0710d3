# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""iX Link: the round trip of a request on paced lines, and how many pictures a minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sqlite3
import subprocess
import sys
import threading

from ros import Client, client, device_node, NAME, PATIENCE, scratch
from table import spread, Table

from camera_driver.action import CaptureSequence
from camera_driver.devices.ix_link.apex import QUANTITIES
from camera_driver.devices.ix_link.camera import IxLinkCamera
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.link.port import LineSettings, SerialPort
from camera_driver.nodes.rclpy_private import ThreadedActionClient
from camera_driver.sim.terminal import Terminal

SPEEDS = (9600, 115200)  # baud
REQUESTS = 300
SHOTS = 40
MODES = ('async', 'sync')
BYTES = {'get_system_status': 5 + 7, 'get_aperture': 5 + 8, 'set_aperture': 7 + 6}  # both ways


def measure() -> Iterator[Table]:
    """Measure requests, then sequences of the node."""
    trips, sequences = [], []
    for speed in SPEEDS:
        with camera(speed) as port:
            trips += _round_trips(port, speed)
    yield Table(
        f'The round trip of a request on a paced line, {REQUESTS} times each',
        ('', 'bytes on the line [ms]', 'median [ms]', '99 % [ms]', 'maximum [ms]', 'added [ms]'),
        trips, 'From the first byte written to the reply. Added: the median less what the bytes '
        'of request and reply need on the line; host and simulated camera together.')
    with client() as ros, scratch() as folder:
        for speed in SPEEDS:
            for mode in MODES:
                with camera(speed) as port:
                    rate = _sequence(ros, folder / f'{speed}_{mode}', port, speed, mode)
                sequences.append((f'{speed} baud, {mode}', rate, 100 * rate / _limit()))
    yield Table(
        f'~/capture_sequence with interval 0, {SHOTS} pictures', (
            '', 'pictures a minute', "of the camera's own limit [%]"), sequences,
        f'Exposure 1/256 s, dark frame as long, read-out 0.3 s (invented): the simulated camera '
        f'alone could take {_limit():.0f} a minute. async: the status is asked every 0.1 s.')


def _limit() -> float:
    """Return how many pictures a minute the simulated camera can take."""
    simulator = IxLinkSimulator()
    return 60 / (2 * simulator.exposure_time + simulator.readout)


def _round_trips(name: str, speed: int) -> Iterator[tuple[str, float, float, float, float, float]]:
    port = SerialPort(name, LineSettings(speed))
    device = IxLinkCamera(port, {'baudrate': speed})
    device.open()
    session, aperture = device.session, QUANTITIES['f_number']
    round_trips = session.channel.counters.round_trips
    actions = {'get_system_status': session.status,
               'get_aperture': lambda: session.read(aperture),
               'set_aperture': lambda: session.write(aperture, 18, 3)}
    for what, action in actions.items():
        times = []
        for _ in range(REQUESTS):
            action()
            # A write is read back: its own round trip is the one before.
            times.append(round_trips[-2 if what == 'set_aperture' else -1])
        middle, late, worst = spread(times)
        ideal = BYTES[what] * session.port.line.byte_time
        yield (f'{speed} baud, {what}', 1e3 * ideal, 1e3 * middle, 1e3 * late, 1e3 * worst,
               1e3 * (middle - ideal))
    device.close()


def _sequence(ros: Client, folder: Path, port: str, speed: int, mode: str) -> float:
    """Return how many pictures a minute the node takes, by its ledger."""
    folder.mkdir()
    ros.forget()
    with device_node('ix_link', port, folder, baudrate=speed, reply_mode=mode):
        ros.wait_until_ready()
        action = ThreadedActionClient(ros, CaptureSequence, f'{NAME}/capture_sequence')
        if not action.wait_for_server(PATIENCE):
            raise RuntimeError('the action is not there')
        done = threading.Event()
        goal = action.send_goal_async(CaptureSequence.Goal(count=SHOTS, interval=0.0))
        goal.add_done_callback(lambda accepted: accepted.result().get_result_async(
            ).add_done_callback(lambda _: done.set()))
        if not done.wait(SHOTS + PATIENCE):
            raise RuntimeError('the sequence does not end')
        action.destroy()
    with sqlite3.connect(folder / 'shots.sqlite3') as ledger:
        count, first, last = ledger.execute(
            "SELECT count(*), min(stamp), max(stamp) FROM shots WHERE state = 'exposed'"
            ).fetchone()
    if count != SHOTS:
        raise RuntimeError(f'{count} of {SHOTS} pictures were taken')
    return float(60 * (count - 1) / (last - first))


@contextmanager
def camera(speed: int) -> Iterator[str]:
    """Run a paced camera in a process of its own, so that its work is not the host's."""
    process = subprocess.Popen([sys.executable, __file__, str(speed)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise RuntimeError('the simulated camera did not start')
        yield port
    finally:
        process.stdin.close()
        process.wait()


if __name__ == '__main__':
    with Terminal(IxLinkSimulator(baudrate=int(sys.argv[1])), paced=True) as terminal:
        print(terminal.path, flush=True)
        sys.stdin.read()

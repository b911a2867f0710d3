# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""From the call of ~/capture in another process to the trigger on the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, time
from typing import Any

from rcl_interfaces.srv import GetParameters
from ros import Client, client, NAME, PATIENCE, scratch, sierra_node
from simulated import camera
from table import spread, Table

from camera_driver.devices.sierra.codec import Code, Decoder, Packet
from camera_driver.devices.sierra.registers import Action, NUMBER
from camera_driver.ledger.shots import Ledger
from camera_driver.link.trace import entries
from camera_driver.model import Identity
from camera_driver.srv import Capture

CALLS = 500
QUESTION = bytes([Code.GET_INT, NUMBER['frames_taken']])
TRIGGER = bytes([Code.ACTION, Action.TAKE_PICTURE])
CONFIGURATIONS: Mapping[str, Mapping[str, Any]] = {
    'default': {},
    'bare': {'pacing': 'burst', 'keep_alive': 0.0},
}
COLUMNS = ('', 'median [ms]', '99 % [ms]', 'maximum [ms]')


def measure() -> Iterator[Table]:
    """Measure with and without the pauses in writing; then the parts."""
    rows = []
    with client() as node, scratch() as folder:
        for name, parameters in CONFIGURATIONS.items():
            rows += _capture(node, folder / name, name, parameters)
        rows.append(row('ledger: a shot on the disk', _ledger(folder / 'alone.sqlite3')))
    yield Table(
        f'The capture call, {CALLS} times each, client and node in two processes', COLUMNS, rows,
        'First byte: of the question that precedes every trigger (how many pictures there are; '
        'it wakes a camera that fell asleep). Trigger: the first byte of the command itself, '
        'behind the answer to that question. default: commands are written with the pauses that '
        'old cameras need, 4 ms for each, 1.25 ms of them in front of the first byte (sierra.md '
        '5.8), and a call may meet the poll of the state that keeps the camera awake: four '
        'commands, 18 ms, every 2 s. bare: no pauses (pacing: burst), no polls (keep_alive: 0). '
        'The ledger is written before the first byte and is part of every row.')


def _capture(node: Client, folder: Path, name: str, parameters: Mapping[str, Any],
             ) -> list[tuple[str, float, float, float]]:
    folder.mkdir()
    trace = folder / 'trace.txt'
    calls, answers = [], []
    with camera('--exposure', '0') as simulated:
        node.forget()
        with sierra_node(simulated.port, folder, trace_file=trace, **parameters):
            node.wait_until_ready()
            bare = _bare(node)
            capture = node.create_client(Capture, f'{NAME}/capture')
            _wait_for(capture)
            for _ in range(CALLS):
                calls.append(monotonic())
                answer = capture.call(Capture.Request(wait=True), timeout_sec=PATIENCE)
                answers.append(monotonic())
                if not (answer and answer.success):
                    raise RuntimeError(f'capture: {answer and answer.message}')
    commands = sent(trace)
    triggers = [at for at, data in commands if data == TRIGGER]
    questions = [max(at for at, data in commands if data == QUESTION and at < trigger)
                 for trigger in triggers]
    rows = [] if parameters else [row('bare service round trip', bare)]
    return [*rows, *(row(f'{name}: {what}', [b - a for a, b in zip(calls, times)])
                     for what, times in (('call to first byte', questions),
                                         ('call to trigger', triggers),
                                         ('call to answer, exposure of 0 s', answers)))]


def _bare(node: Client) -> list[float]:
    """Call a service of the same node that asks nobody else."""
    times = []
    service = node.create_client(GetParameters, f'{NAME}/get_parameters')
    _wait_for(service)
    for _ in range(CALLS):
        start = monotonic()
        service.call(GetParameters.Request(), timeout_sec=PATIENCE)
        times.append(monotonic() - start)
    return times


def _wait_for(service: Any) -> None:
    if not service.wait_for_service(PATIENCE):
        raise RuntimeError(f'{service.srv_name} is not there')


def _ledger(path: Path) -> list[float]:
    ledger = Ledger(path, NAME, time())
    times = []
    for _ in range(CALLS):
        start = monotonic()
        ledger.command(Identity('sierra'), time())
        times.append(monotonic() - start)
    ledger.close()
    return times


def sent(trace: Path) -> Sequence[tuple[float, bytes]]:
    """Return when the first byte of each command left, and the first two bytes of its data."""
    decoder = Decoder()
    commands = []
    start = 0.0
    for entry in entries(trace):
        if entry.mark == '>':
            if not decoder.pending:
                start = entry.time
            commands += [(start, frame.data[:2]) for frame in decoder.feed(entry.data)
                         if isinstance(frame, Packet)]
    return commands


def row(name: str, times: Sequence[float]) -> tuple[str, float, float, float]:
    middle, late, worst = spread(times)
    return name, 1e3 * middle, 1e3 * late, 1e3 * worst

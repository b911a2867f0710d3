# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver replay`: a wire trace as a device on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TYPE_CHECKING

from camera_driver.catalog import find
from camera_driver.cli.output import clean, Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.cli.simulate import until_told
from camera_driver.cli.trace import in_words
from camera_driver.link.framing import hexdump

if TYPE_CHECKING:
    from camera_driver.device_type import DeviceType
    from camera_driver.sim.replay import Record, Replay

LOOK = 0.05  # s between looks whether the replay is over


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
The driver that opens the port sees what the recorded one saw, as long as it says the same, in the
same order; it may take another time, and repeat what is not answered more or less often. Where it
says something else the replay ends, with both in words. It ends as well when all was played and
the port is closed. A trace with several sessions wants the port to be opened as often.

Exit code 0: all was played; 1: the driver said something else, or not all.

example:
  camera-driver replay wire.log --link /tmp/camera
  camera-driver sierra --port /tmp/camera self-test      # in another terminal
"""
    parser.add_argument('file', metavar='TRACE', type=Path, help='the wire trace')
    parser.add_argument('--link', metavar='PATH',
                        help='make the port appear here (default: in a temporary folder)')
    parser.set_defaults(run=run)


def run(args: Arguments, out: Output) -> int:
    """Play the trace until its end, a difference, SIGINT or SIGTERM."""
    from camera_driver.link import trace
    from camera_driver.sim.replay import Replay
    from camera_driver.sim.terminal import Terminal
    device_type = find(trace.device_type(args.file))
    replay = Replay(trace.read(args.file), device_type.comparable)
    with until_told() as stop, Terminal(replay, args.link) as terminal:
        name = device_type.name
        out.show({'type': name, 'port': terminal.path, 'records': len(replay.records)}, f"""\
A recorded {name} device is at {terminal.path} ({replay.LINE}). Ctrl-C ends it.""")
        while not (replay.difference or replay.done and not terminal.connected
                   or stop.wait(LOOK)):
            pass
    return _result(device_type, replay, out)


def _result(device_type: DeviceType, replay: Replay, out: Output) -> int:
    """Say what became of it; return the exit code."""
    if replay.done:
        out.show({'played': len(replay.records), 'difference': None},
                 f'All {len(replay.records)} records were played.')
        return 0
    difference = replay.difference
    came = difference.came if difference else b''
    expected = difference.expected if difference else replay.expected
    spoke = next((one for one in reversed(replay.records[:replay.played]) if one.mark == '<'),
                 None)
    said = in_words(device_type, came) if came else ['nothing']
    shown: dict[str, tuple[Record | None, bytes, Sequence[str]]] = {
        'expected': (expected, expected.data if expected else b'',
                     in_words(device_type, expected.data) if expected else
                     ['nothing: the trace is over']),
        'came': (None, came, said)}
    if spoke:
        shown = {'before': (spoke, spoke.data, in_words(device_type, spoke.data))} | shown
    where = (f'at record {expected.number}, {expected.time:.6f} s in session {expected.session}'
             if expected else 'behind its end')
    document: dict[str, Any] = {
        name: {'time': record and round(record.time, 6), 'bytes': data, 'text': words}
        for name, (record, data, words) in shown.items()}
    lines = [f'{name:8} {"<" if name == "before" else ">"} {clean("; ".join(words))}'
             + (f'   [{hexdump(data)}]' if data else '')
             for name, (_, data, words) in shown.items()]
    head = ('The driver said something else than the trace' if difference else
            'Not all was played: the driver stopped') + f' {where}:'
    out.show({'played': replay.played, 'records': len(replay.records), 'difference': document
              | {'record': expected.number if expected else None}},
             '\n'.join([head, *lines]))
    return 1

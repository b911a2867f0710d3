# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver trace`: a wire trace as readable frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from camera_driver.catalog import find
from camera_driver.cli.output import clean, Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.device_type import DeviceType
from camera_driver.link.framing import Damaged, hexdump

GAP = 0.1  # s; a frame that stood still for so long when the other side spoke was given up
NAMES = {'>': 'to device', '<': 'from device', '=': 'line', '#': 'start'}


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
A trace is written by the option --trace of the device commands, and by the nodes'
parameter trace_file. Marks: > to the device, < from it, = line settings.

example:
  camera-driver trace wire.log | grep damaged
"""
    parser.add_argument('file', metavar='FILE', type=Path, help='the wire trace')
    parser.add_argument('--hex', action='store_true', help='show all bytes of every frame')
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Line:
    """One frame of a trace, or what else is in it."""

    time: float  # s since the beginning of the trace it is in
    unix_time: float  # s since 1970
    mark: str
    text: str
    data: bytes = b''
    damage: str | None = None


def run(args: Arguments, out: Output) -> int:
    """Print a line for each frame."""
    for line in lines(args.file):
        document = {
            'time': round(line.time, 6), 'unix_time': line.unix_time, 'what': NAMES[line.mark],
            'text': line.text, 'bytes': line.data, 'damaged': line.damage}
        if line.mark == '#':
            text = f'# {line.text}'
        else:
            shown = line.data.hex(' ') if args.hex and line.data else line.text
            text = f'{line.time:11.6f} {line.mark} {shown}'
        out.show(document, clean(text))
    return 0


def lines(path: Path) -> Iterator[Line]:
    """
    Yield the frames of a trace file, which may hold several sessions one after the other.

    A frame has the time of its first byte.
    """
    from camera_driver.link import trace
    sides: dict[str, _Side] = {}
    start = unix_start = 0.0
    for entry in trace.read(path):
        if isinstance(entry, trace.Heading):
            for side in sides.values():
                yield from side.give_up()
            device_type = find(entry.device_type)
            start, unix_start = entry.time, entry.unix_time
            sides = {mark: _Side(mark, device_type, unix_start) for mark in '<>'}
            when = datetime.fromtimestamp(unix_start).astimezone()
            yield Line(0.0, unix_start, '#', f'{entry.device_type} at {entry.port}, '
                       f'{when.isoformat(" ", "milliseconds")}')
            continue
        time = entry.time - start
        if entry.mark == '=':
            yield Line(time, round(unix_start + time, 6), '=', entry.text)
            continue
        other = sides['<' if entry.mark == '>' else '>']
        if time - other.last > GAP:
            yield from other.give_up()
        yield from sides[entry.mark].take(time, entry.data)
    for side in sides.values():
        yield from side.give_up()


class _Side:
    """What one side of the line says."""

    def __init__(self, mark: str, device_type: DeviceType, unix_start: float) -> None:
        self.last = 0.0  # s, when it spoke last
        self._mark = mark
        self._unix_start = unix_start
        self._codec = device_type.codec_module()
        self._explain = device_type.explainer()
        self._decoder = self._codec.Decoder()
        self._begun = 0.0  # s, of the frame under way

    def take(self, time: float, data: bytes) -> Iterator[Line]:
        """Yield the frames that these bytes complete; neighbouring noise as one."""
        if not self._decoder.pending:
            self._begun = time
        self.last = time
        noise = b''
        for frame in self._decoder.feed(data):
            if isinstance(frame, Damaged) and frame.reason == 'noise':
                noise += frame.data
                continue
            if noise:
                yield self._line(Damaged('noise', noise))
                noise, self._begun = b'', time
            yield self._line(frame)
            self._begun = time
        if noise:
            yield self._line(Damaged('noise', noise))
            self._begun = time

    def give_up(self) -> Iterator[Line]:
        """Yield what is left of a frame that never ended."""
        for rest in self._decoder.flush():
            yield self._line(rest)

    def _line(self, frame: object) -> Line:
        unix_time = round(self._unix_start + self._begun, 6)
        if isinstance(frame, Damaged):
            text = f'damaged ({frame.reason}): {hexdump(frame.data, 16)}'
            return Line(self._begun, unix_time, self._mark, text, frame.data, frame.reason)
        return Line(self._begun, unix_time, self._mark, self._explain(frame),
                    self._codec.encode(frame))

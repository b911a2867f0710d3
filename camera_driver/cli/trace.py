# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver trace`: a wire trace as readable frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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
  camera-driver trace wire.log --redact for_others.log
"""
    parser.add_argument('file', metavar='FILE', type=Path, help='the wire trace')
    parser.add_argument('--hex', action='store_true', help='show all bytes of every frame')
    parser.add_argument('--redact', metavar='OUT', type=Path, help='write the trace without '
                        'names, serial numbers, passwords and pictures to OUT, and show nothing')
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
    """Print a line for each frame, or write a redacted trace."""
    if args.redact:
        return _redact(args, out)
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


def _redact(args: Arguments, out: Output) -> int:
    """Write the trace without what is private."""
    from camera_driver.link import trace
    from camera_driver.link.redaction import redacted
    from camera_driver.pictures.storage import write_new
    entries = list(trace.read(args.file))
    kinds = {one.device_type for one in entries if isinstance(one, trace.Heading)}
    if len(kinds) > 1:
        raise ValueError(f'{args.file} has sessions of {", ".join(sorted(kinds))}; redact a trace '
                         'of one device type')
    device_type = find(kinds.pop())
    kept = redacted(entries, device_type.codec_module(), device_type.redaction_rule())
    write_new(args.redact, ''.join(f'{line}\n' for line in kept).encode())
    out.show({'redacted': args.redact, 'lines': len(kept)},
             f'{args.redact}: {len(kept)} lines. Look at it before you send it: '
             f'camera-driver trace {args.redact}')
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


def in_words(device_type: DeviceType, data: bytes) -> Sequence[str]:
    """Return what bytes of one side say, frame by frame."""
    codec, explain = device_type.codec_module(), device_type.explainer()
    decoder = codec.Decoder()
    return [_words(frame, explain) for frame in (*decoder.feed(data), *decoder.flush())]


def _words(frame: object, explain: Callable[[Any], str]) -> str:
    if isinstance(frame, Damaged):
        return f'damaged ({frame.reason}): {hexdump(frame.data, 16)}'
    return explain(frame)


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
        text = _words(frame, self._explain)
        if isinstance(frame, Damaged):
            return Line(self._begun, unix_time, self._mark, text, frame.data, frame.reason)
        return Line(self._begun, unix_time, self._mark, text, self._codec.encode(frame))

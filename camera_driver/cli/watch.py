# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver watch`: a running rig, live in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
import math
from pathlib import Path
import sys
import time
from typing import Any, TYPE_CHECKING

from camera_driver.cli.output import clean, duration, Output, size, table
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.cli.up import needs_ros
from camera_driver.machines import apply

if TYPE_CHECKING:
    from camera_driver.nodes.listening import Heard

PERIOD = 0.5  # s between two pictures of the table
SILENT = 5.0  # s; a node tells how it is once a second
GAPS = 3  # or so many times its last gap, where its status_rate is lower
BAR = 8  # characters
HEADER = ('device', 'state', 'doing', 'last shot', 'battery', 'memory', 'line', 'remark')
WRAPPED = (HEADER.index('doing'), HEADER.index('remark'))
WELL, BAD = ('READY', 'BUSY'), ('ERROR', 'DISCONNECTED', 'silent', 'not heard')


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
line: round trip of a command, median, and what was asked again, of all requests

examples:
  camera-driver watch rig.yaml
  camera-driver watch rig.yaml --once --json
"""
    parser.add_argument('rig', metavar='RIG', type=Path, help='the file that describes the rig')
    parser.add_argument('--namespace', default='', metavar='NAME',
                        help='in front of that of the file, as for `up`')
    parser.add_argument('--once', action='store_true',
                        help='print it once, and end: exit code 0 when all are ready or busy, '
                             'else 1')
    parser.add_argument('--timeout', type=float, default=5.0, metavar='S',
                        help='with --once: how long to listen (default: %(default)g s)')
    parser.set_defaults(run=run, middleware=True)


def run(args: Arguments, out: Output) -> int:
    """Show it until Ctrl-C, or once."""
    try:
        from camera_driver.nodes.listening import FRESH, Listener
        from camera_driver.rig import read
    except ImportError as error:
        raise needs_ros('a rig', error) from None
    rig = read(args.rig, True, args.namespace)
    apply(rig.network.environment())
    begun = time.time()
    with closing(Listener([one.full_name for one in rig.devices], shots=True)) as listener:
        if args.once:
            with out.note(f'listening for {args.timeout:g} s at most'):
                listener.listen(args.timeout, lambda: all(
                    heard.messages >= FRESH for heard in listener.found.values()))
            rows = view(listener.found, time.monotonic(), time.time())
            out.show({name: vars(row) for name, row in rows.items()}, table(HEADER, [
                (name, *row.cells()) for name, row in rows.items()]))
            return 0 if all(row.state in WELL for row in rows.values()) else 1
        if out.as_json or not sys.stdout.isatty():
            raise ValueError('this is for a terminal; add --once')
        _live(listener, begun)
    return 0


@dataclass(frozen=True)
class Row:
    """What is shown of one device."""

    state: str
    activity: str = ''
    progress: float | None = None  # 0 to 1
    shot: str = ''
    battery: float | None = None  # 0 to 1
    memory: str = ''
    line: str = ''
    remark: str = ''

    def cells(self) -> Sequence[str]:
        """Return it in words, as HEADER has it, without the device."""
        doing = self.activity
        if self.progress is not None:
            done = round(self.progress * BAR)
            doing = f'{"#" * done}{"." * (BAR - done)} {self.progress:.0%} {doing}'
        battery = '' if self.battery is None else f'{self.battery:.0%}'
        return [clean(one) for one in (self.state, doing, self.shot, battery, self.memory,
                                       self.line, self.remark)]


def view(found: Mapping[str, Heard], now: float, utc: float) -> Mapping[str, Row]:
    """
    Return a row for each device.

    :param now: by time.monotonic() [s]. `utc`: Unix seconds.
    """
    return {name: _row(heard, now, utc) for name, heard in found.items()}


def _row(heard: Heard, now: float, utc: float) -> Row:
    status = heard.status
    if status is None:
        return Row('not heard')
    silence = now - heard.at
    state, remark = heard.state, status.last_error
    if silence > max(SILENT, GAPS * heard.gap):
        state, remark = 'silent', f'not heard for {duration(silence)}; it was {heard.state}'
    return Row(state, status.activity, _known(status.progress), _shot(heard.shot, utc),
               _known(status.battery), _memory(status), _line(status.link), remark)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)


def _shot(event: Any, utc: float) -> str:
    """Say when the last shot was, and what became of it; empty: none while this was watching."""
    if event is None:
        return ''
    outcome = 'taken' if event.success else 'UNKNOWN' if event.outcome_unknown else 'FAILED'
    stamp = event.header.stamp.sec + event.header.stamp.nanosec * 1e-9
    ago = f' {duration(max(0.0, utc - stamp))} ago' if stamp else ''
    return f'{outcome}{ago}'


def _memory(status: Any) -> str:
    words = []
    if status.images_stored >= 0:
        words.append(f'{status.images_stored} stored')
    if status.images_left >= 0:
        words.append(f'{status.images_left} left')
    elif status.memory_free >= 0:
        words.append(f'{size(status.memory_free)} free')
    return ', '.join(words)


def _line(link: Any) -> str:
    words = []
    if not math.isnan(link.median_round_trip):
        words.append(f'{link.median_round_trip * 1e3:.3g} ms')
    if link.requests and link.retries:
        words.append(f'{link.retries / link.requests:.1%} again')
    if link.reconnects:
        words.append(f'{link.reconnects} reconnects')
    return ', '.join(words)


def _live(listener: Any, begun: float) -> None:
    """Draw the table again and again, until Ctrl-C."""
    from rich import box
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    def draw() -> Table:
        rows = view(listener.found, time.monotonic(), time.time())
        drawn = Table(box=box.SIMPLE_HEAD, caption=f'{time.strftime("%H:%M:%S")}; watching for '
                      f'{duration(time.time() - begun)}; Ctrl-C ends', caption_justify='left')
        used = [place for place in range(len(HEADER)) if place < 2 or any(
            row.cells()[place - 1] for row in rows.values())]
        for place in used:
            drawn.add_column(HEADER[place], overflow='fold', no_wrap=place not in WRAPPED)
        for name, row in rows.items():
            cells = [Text(cell) for cell in (name, *row.cells())]
            cells[1].stylize('green' if row.state in WELL else 'bold red' if row.state in BAD
                             else 'yellow')
            if row.shot and not row.shot.startswith('taken'):
                cells[3].stylize('bold red')
            drawn.add_row(*[cells[place] for place in used])
        return drawn

    try:
        with Live(draw(), auto_refresh=False) as live:
            while True:
                listener.listen(PERIOD)
                live.update(draw(), refresh=True)
    except KeyboardInterrupt:
        pass

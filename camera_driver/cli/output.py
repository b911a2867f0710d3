# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the command prints: text for people, JSON for scripts, progress bars on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
import json
import os
from pathlib import Path
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

from camera_driver.cli.interrupt import Interrupt
from camera_driver.errors import options_of

if TYPE_CHECKING:
    from camera_driver.model import Progress

BAR_DELAY = 1.0  # s; what is done sooner shows no bar
NARROWEST = 20  # columns that the last column of a table keeps on a narrow terminal


class Output:
    """One command's answers on stdout and its progress on stderr."""

    def __init__(self, as_json: bool, quiet: bool = False) -> None:
        """Show no progress with `as_json`, when `quiet`, or where stderr is not a terminal."""
        self.as_json = as_json
        self.lively = not as_json and not quiet and sys.stderr.isatty()
        self.interrupt = Interrupt()

    def show(self, document: object, text: str) -> None:
        """Print an answer: the document as one line of JSON, or the text."""
        line = json.dumps(document, default=_plain) if self.as_json else text
        print(line, flush=True)

    @contextmanager
    def note(self, text: str) -> Iterator[None]:
        """Show a line on the terminal for as long as something takes."""
        if not self.lively:
            yield
            return
        text = text[:shutil.get_terminal_size().columns - 1]
        print(text, end='\r', file=sys.stderr, flush=True)
        try:
            yield
        finally:
            print(' ' * len(text), end='\r', file=sys.stderr, flush=True)

    @contextmanager
    def progress(self, title: str, unit: str = 'B') -> Iterator[Callable[[Progress], None]]:
        """
        Give a callback that draws a bar, and that raises Cancelled after Ctrl-C.

        The bar appears when the work takes longer than a second.
        """
        with self.interrupt.orderly():
            if not self.lively:
                yield lambda progress: self.interrupt.check()
                return
            from tqdm import tqdm
            tqdm.monitor_interval = 0  # no thread for this
            # A serial console says that it has no size; tqdm would believe it and show nothing.
            columns, rows = shutil.get_terminal_size()
            with tqdm(desc=clean(title), unit=unit, unit_scale=unit == 'B', delay=BAR_DELAY,
                      leave=False, ncols=columns - 1, nrows=rows, file=sys.stderr) as bar:

                def update(progress: Progress) -> None:
                    bar.total = progress.total
                    bar.update(progress.done - bar.n)
                    self.interrupt.check()

                yield update


@contextmanager
def stdout_alone() -> Iterator[None]:
    """Let libraries print to stderr: Fast DDS logs to stdout, between the answers for scripts."""
    before = sys.stdout
    try:
        number = before.fileno()
    except (OSError, ValueError):  # replaced by something that is no file
        yield
        return
    before.flush()
    ours = os.dup(number)
    os.dup2(sys.__stderr__.fileno() if sys.__stderr__ else 2, number)
    sys.stdout = open(ours, 'w', encoding=before.encoding, errors=before.errors, closefd=False)
    try:
        yield
    finally:
        try:
            sys.stdout.close()  # raises what a flush does
        finally:
            sys.stdout = before
            os.dup2(ours, number)
            os.close(ours)


def error_words(error: BaseException) -> str:
    """Say an error in words; the options that would help against it are flags here."""
    flags = ', '.join(f'--{name.replace("_", "-")}' for name in options_of(error))
    return str(error) + (f' ({flags})' if flags else '')


def clean(text: str) -> str:
    """Return a device's text with nothing in it that a terminal would obey."""
    return ''.join(c if c.isprintable() else '?' for c in text)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """
    Return aligned columns; those numbered in `right` are right-aligned.

    On a terminal the last column is wrapped at its edge; in a pipe a row stays one line.
    """
    cells = [[clean(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    room = widths[-1]
    if sys.stdout.isatty():
        taken = sum(widths[:-1]) + 2 * (len(widths) - 1)
        room = max(NARROWEST, shutil.get_terminal_size().columns - 1 - taken)
    lines = []
    for row in cells:
        wrapped = textwrap.wrap(row[-1], room, break_on_hyphens=False) or ['']
        first = [*row[:-1], wrapped[0]]
        lines.append([cell.rjust(width) if i in right else cell.ljust(width)
                      for i, (cell, width) in enumerate(zip(first, widths))])
        lines += [[' ' * width for width in widths[:-1]] + [more] for more in wrapped[1:]]
    return '\n'.join('  '.join(line).rstrip() for line in lines)


def facts(pairs: Sequence[tuple[str, str | None]]) -> str:
    """Return 'name  value' lines, aligned; those that the device does not tell are left out."""
    known = [(name, clean(value)) for name, value in pairs if value]
    width = max((len(name) for name, _ in known), default=0)
    return '\n'.join(f'{name.ljust(width)}  {value}' for name, value in known)


def size(count: int | None) -> str:
    """Return a number of bytes for people; '-' for None."""
    if count is None:
        return '-'
    value = float(count)
    for unit in ('B', 'kB', 'MB', 'GB'):
        if value < 999.5:
            return f'{value:.3g} {unit}'
        value /= 1000
    return f'{value:.0f} TB'


def figure(value: float) -> str:
    """Return a number with four digits, and with all of them before the point."""
    return f'{value:.4g}' if abs(value) < 1000 else f'{value:.0f}'


def duration(seconds: float) -> str:
    """Return a time for people: '0.35 s', '12.4 s', '3 min 20 s', '2 d 4:05:00'."""
    if seconds < 59.95:
        return f'{seconds:.1f} s' if seconds >= 1 else f'{seconds:.2f} s'
    whole = round(seconds)
    if whole < 3600:
        return f'{whole // 60} min {whole % 60} s'
    return str(timedelta(seconds=whole)).replace(' days, ', ' d ').replace(
        ' day, ', ' d ')


def stamp(time: datetime | None) -> str:
    """Return a date and time; '-' for None."""
    return time.strftime('%Y-%m-%d %H:%M:%S') if time else '-'


def yes_no(value: bool | None) -> str:
    """Return 'yes' or 'no'; '-' for None."""
    return '-' if value is None else 'yes' if value else 'no'


def _plain(value: object) -> object:
    """Return what JSON has no type for as something that it has."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f'{type(value).__name__} in a JSON document')

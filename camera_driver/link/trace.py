# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The wire trace: every byte of a line with its time, as text that a person can read.

Format, a line each: `# camera_driver trace 1 TYPE PORT UNIX_TIME MONOTONIC_TIME`, then
`SECONDS > HEX` (to the device), `SECONDS < HEX` (from it), `SECONDS = SPEED FORMAT` (line
settings); seconds are the port's, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
import logging
from pathlib import Path
from typing import TextIO

from camera_driver.errors import StorageError
from camera_driver.link.port import LineSettings, Port

log = logging.getLogger(__name__)

MAGIC = '# camera_driver trace 1'
LATEST = 250e9  # s; in Unix time the year 9892


class TracingPort:
    """A port that writes down what passes through it. A full disk ends the trace, not the work."""

    def __init__(self, port: Port, path: Path, device_type: str, unix_time: float) -> None:
        """
        Append to `path`.

        Raises StorageError when the file cannot be opened.
        """
        self._port = port
        self._file: TextIO | None = None
        self._shown: dict[str, Callable[[bytes], bytes]] = {'>': bytes, '<': bytes}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open('a', buffering=1, encoding='ascii',
                                   errors='backslashreplace')
        except OSError as error:
            raise StorageError(f'trace file {path}: {error.strerror}; give a file that can be '
                               'written, or no trace file') from error
        self._line(str(Heading(device_type, port.name, unix_time, port.now())))
        self._note('=', str(port.line))

    def conceal(self, concealer: Callable[[], Callable[[bytes], bytes]]) -> None:
        """
        Write down only what may be read, from now on.

        `concealer` makes, for each direction, what turns the bytes on the line, in any cut, into
        as many that may be written down.
        """
        self._shown = {mark: concealer() for mark in self._shown}

    @property
    def name(self) -> str:
        """What the user called it."""
        return self._port.name

    @property
    def line(self) -> LineSettings:
        """The present line settings."""
        return self._port.line

    def configure(self, line: LineSettings) -> None:
        """Change the line settings, after what was written has left."""
        self._port.configure(line)
        self._note('=', str(line))

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._port.now()

    def write(self, data: bytes) -> None:
        """Hand bytes to the line; does not wait until they have left."""
        self._note('>', self._shown['>'](data).hex(' '))
        self._port.write(data)

    def flush(self) -> float:
        """Wait until what was written has left, and return the time then."""
        return self._port.flush()

    def read(self, timeout: float) -> bytes:
        """Return what has arrived, at least one byte, or nothing when `timeout` [s] is over."""
        data = self._port.read(timeout)
        if data:
            self._note('<', self._shown['<'](data).hex(' '))
        return data

    def pause(self, seconds: float) -> None:
        """Let time pass without reading."""
        self._port.pause(seconds)

    def cancel(self) -> None:
        """Make every call raise Cancelled; from any thread, for good."""
        self._port.cancel()

    def close(self) -> None:
        """Give the line back and close the file; never raises."""
        self._port.close()
        self._end()

    def _end(self) -> None:
        file, self._file = self._file, None
        try:
            if file:
                file.close()
        except OSError as error:
            log.warning('trace file: %s', error)

    def _note(self, mark: str, text: str) -> None:
        if self._file:
            self._line(str(Entry(self._port.now(), mark, text=text)))

    def _line(self, text: str) -> None:
        try:
            assert self._file is not None
            self._file.write(text + '\n')
        except OSError as error:
            log.warning('trace ended: %s', error)
            self._end()


@dataclass(frozen=True)
class Heading:
    """The first line of a trace; a file has one for each time that it was appended to."""

    device_type: str
    port: str
    unix_time: float  # s, at the port's time `time`
    time: float  # s

    def __str__(self) -> str:
        return f'{MAGIC} {self.device_type} {self.port} {self.unix_time:.6f} {self.time:.6f}'


@dataclass(frozen=True)
class Entry:
    """One line of a trace."""

    time: float  # s
    mark: str  # '>' to the device, '<' from it, '=' line settings
    data: bytes = b''
    text: str = ''

    def __str__(self) -> str:
        return f'{self.time:.6f} {self.mark} {self.text or self.data.hex(" ")}'


def device_type(path: Path) -> str:
    """
    Return the device type that a trace was made of.

    Raises StorageError when the file cannot be read or is not a trace.
    """
    return next(line.device_type for line in read(path) if isinstance(line, Heading))


def entries(path: Path) -> Iterator[Entry]:
    """Yield what passed through the port; otherwise as `read`."""
    return (line for line in read(path) if isinstance(line, Entry))


def read(path: Path) -> Iterator[Heading | Entry]:
    """
    Yield the lines of a trace; one that was cut short by a crash is left out.

    Raises StorageError when the file cannot be read or is not a trace.
    """
    return parse(_lines(path), str(path))


def parse(lines: Iterable[str], name: str) -> Iterator[Heading | Entry]:
    """Yield what the lines of a trace of this name say; as `read`."""
    first = True
    for line in lines:
        try:
            entry = _parse(line.rstrip('\n')) if line.endswith('\n') else None
        except ValueError:
            entry = None
        if first and not isinstance(entry, Heading):
            break
        first = False
        if entry:
            yield entry
    if first:
        raise StorageError(f'{name}: not a wire trace (its first line should begin {MAGIC!r})')


def _parse(line: str) -> Heading | Entry | None:
    if line.startswith(MAGIC):
        device_type, rest = line[len(MAGIC):].split(maxsplit=1)
        port, unix_time, time = rest.rsplit(maxsplit=2)
        return Heading(device_type, port, _seconds(unix_time), _seconds(time))
    seconds, mark, rest = line.split(' ', 2)
    if mark == '=':
        return Entry(_seconds(seconds), mark, text=rest)
    if mark in ('<', '>'):
        return Entry(_seconds(seconds), mark, bytes.fromhex(rest))
    return None


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.0 <= seconds < LATEST:
        raise ValueError(f'{text}: not a time')
    return seconds


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding='ascii', errors='replace') as file:
            yield from file
    except OSError as error:
        raise StorageError(f'{path}: {error.strerror}; give a trace file that can be read'
                           ) from error

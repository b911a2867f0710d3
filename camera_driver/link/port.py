# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A port gives bytes and time: the one door between a session and the world.

`SerialPort` is a real line through pyserial; `sim.loop.LoopPort` is a simulated device in memory
with a virtual clock. With `remote`, this is the only module that imports `serial`, and with the
pseudo-terminal host the only one below the nodes that knows real time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import errno
import fcntl
import logging
import os
from pathlib import Path
import re
import select
import struct
import termios
import threading
import time
from typing import Protocol

import serial

from camera_driver.errors import Cancelled, PortError

log = logging.getLogger(__name__)

TIOCGICOUNT = 0x545d  # of Linux; termios has no name for it
WRITE_TIMEOUT = 10.0  # s; a line that takes no byte for so long is dead (no flow control is used)


@dataclass(frozen=True)
class LineSettings:
    """Speed and format of a serial line."""

    baudrate: int
    parity: str = 'N'  # N, E, O
    bytesize: int = 8
    stopbits: int = 1

    @property
    def byte_time(self) -> float:
        """Seconds that one byte takes, start and stop bits included."""
        return (1 + self.bytesize + (self.parity != 'N') + self.stopbits) / self.baudrate

    def __str__(self) -> str:
        return f'{self.baudrate} {self.bytesize}{self.parity}{self.stopbits}'

    @classmethod
    def parse(cls, text: str) -> LineSettings:
        """Return the line settings that `str` shows. Raises ValueError."""
        parts = re.fullmatch(r'(\d+) (\d)([NEO])(\d)', text)
        if not parts:
            raise ValueError(f'{text!r} are no line settings; write such as 19200 8N1')
        return cls(int(parts[1]), parts[3], int(parts[2]), int(parts[4]))


class Port(Protocol):
    """
    Bytes and time.

    All methods but `cancel` belong to one thread. After `cancel` every one of them raises
    Cancelled; after `close`, or when the line is gone, PortError.
    """

    @property
    def name(self) -> str:
        """What the user called it: a device path, or 'loop'."""
        ...

    @property
    def line(self) -> LineSettings:
        """The present line settings."""
        ...

    def configure(self, line: LineSettings) -> None:
        """Change the line settings, after what was written has left."""
        ...

    def now(self) -> float:
        """Return monotonic seconds."""
        ...

    def write(self, data: bytes) -> None:
        """Hand bytes to the line; does not wait until they have left."""
        ...

    def flush(self) -> float:
        """Wait until what was written has left, and return the time then."""
        ...

    def read(self, timeout: float) -> bytes:
        """Return what has arrived, at least one byte, or nothing when `timeout` [s] is over."""
        ...

    def pause(self, seconds: float) -> None:
        """Let time pass without reading."""
        ...

    def cancel(self) -> None:
        """Make every call, one under way included, raise Cancelled; from any thread, for good."""
        ...

    def close(self) -> None:
        """Give the line back; never raises."""
        ...


class SerialPort:
    """A serial line through pyserial: a device path, a link to one, or a socket:// URL."""

    def __init__(self, name: str, line: LineSettings) -> None:
        """
        Open the line exclusively, without waiting for any device.

        Raises PortError that says why not and what to do.
        """
        self._name = name
        self._line = line
        self._cancelled = False
        self._closed = False
        self._stuck = False  # it took no byte for WRITE_TIMEOUT
        # Of cancel and close; reentrant, for a signal handler that cancels.
        self._lock = threading.RLock()
        try:
            self._serial = serial.serial_for_url(name, do_not_open=True)
            self._serial.timeout = 0
            self._serial.baudrate = line.baudrate
            self._apply_format(line)
            if '://' not in name:
                self._serial.exclusive = True
            self._serial.open()
            self._fd = self._serial.fileno()
            self._claim()
        except (OSError, ValueError, termios.error) as error:
            raise PortError(_why_not(name, error)) from error
        try:
            self._check_parity(line)
        except PortError:
            self._serial.close()
            raise
        self._low_latency()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def _claim(self) -> None:
        """
        Let nobody else open the line: pyserial's lock is heeded by those alone that ask for it.

        A pseudo-terminal would stay closed to the next program when this one is killed.
        """
        if os.isatty(self._fd) and not os.ttyname(self._fd).startswith('/dev/pts/'):
            fcntl.ioctl(self._fd, termios.TIOCEXCL)

    @property
    def name(self) -> str:
        """What the user called it."""
        return self._name

    @property
    def line(self) -> LineSettings:
        """The present line settings."""
        return self._line

    def configure(self, line: LineSettings) -> None:
        """Change the line settings, after what was written has left."""
        self.flush()
        try:
            self._serial.baudrate = line.baudrate
            self._apply_format(line)
        except (OSError, ValueError, termios.error) as error:
            raise PortError(f'{self._name}: the port cannot do {line}: {error}') from error
        self._check_parity(line)
        self._line = line

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def write(self, data: bytes) -> None:
        """Hand bytes to the line; does not wait until they have left."""
        self._check()
        rest = memoryview(data)
        while rest:  # not pyserial's write: `cancel` does not wake it
            try:
                rest = rest[os.write(self._fd, rest):]
            except BlockingIOError:
                self._wait_for_room()
            except OSError as error:
                raise self._gone(error) from error

    def flush(self) -> float:
        """Wait until what was written has left, and return the time then."""
        self._check()
        try:
            self._serial.flush()
        except (OSError, termios.error) as error:
            raise self._gone(error) from error
        return time.monotonic()

    def read(self, timeout: float) -> bytes:
        """Return what has arrived, at least one byte, or nothing when `timeout` [s] is over."""
        self._check()
        try:
            ready = select.select([self._fd, self._wake_read], [], [], max(0.0, timeout))[0]
            self._check()
            if not ready:
                return b''
            data = os.read(self._fd, 65536)  # not pyserial's read: it selects once more
        except BlockingIOError:
            return b''
        except (OSError, ValueError) as error:
            raise self._gone(error) from error
        if not data:
            raise self._gone(None)
        return data

    def modem_lines(self) -> Mapping[str, bool] | None:
        """Return the state of CTS, DSR, CD and RI; None: the port has none, or does not tell."""
        try:
            return {name: bool(getattr(self._serial, name.lower()))
                    for name in ('CTS', 'DSR', 'CD', 'RI')}
        except (AttributeError, OSError, termios.error):
            return None

    def line_errors(self) -> Mapping[str, int] | None:
        """
        Return how many bytes came damaged since the adapter was plugged in, by kind.

        None: the driver does not count them.
        """
        try:
            counts = struct.unpack('20i', fcntl.ioctl(self._fd, TIOCGICOUNT, bytes(80)))
        except OSError:
            return None
        return dict(zip(('framing', 'overrun', 'parity', 'break'), counts[6:10]))

    def pause(self, seconds: float) -> None:
        """Let time pass without reading."""
        self._check()
        select.select([self._wake_read], [], [], max(0.0, seconds))
        self._check()

    def cancel(self) -> None:
        """Make every call, one under way included, raise Cancelled; from any thread, for good."""
        with self._lock:
            self._cancelled = True
            if not self._closed:  # else the number may be another file's by now
                try:
                    os.write(self._wake_write, b'.')
                except BlockingIOError:
                    pass  # full: it wakes anyway

    def close(self) -> None:
        """Give the line back; never raises."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._cancelled or self._stuck:
                self._drop_unsent()
            try:
                self._serial.close()
            except (OSError, termios.error) as error:
                log.debug('%s: closing: %s', self._name, error)
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _drop_unsent(self) -> None:
        """Spare close the wait for bytes that do not leave (Linux: 30 s, in the kernel)."""
        try:
            termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error:
            pass  # a socket, or the line is gone

    def _wait_for_room(self) -> None:
        ready = select.select([self._wake_read], [self._fd], [], WRITE_TIMEOUT)[1]
        self._check()
        if not ready:
            self._stuck = True
            raise PortError(f'{self._name}: the port takes no bytes; is flow control on, or '
                            'the adapter hung? Unplug the adapter and plug it in again')

    def _check(self) -> None:
        if self._cancelled:
            raise Cancelled(f'{self._name}: cancelled')
        if self._closed:
            raise PortError(f'{self._name}: closed; open it again')

    def _apply_format(self, line: LineSettings) -> None:
        self._serial.stopbits = line.stopbits
        if not self._is_pseudo_terminal():
            self._serial.bytesize = line.bytesize
            self._serial.parity = line.parity

    def _check_parity(self, line: LineSettings) -> None:
        if '://' in self._name or self._is_pseudo_terminal():
            return  # of a socket, the far end has the line
        try:
            works = check_parity(self._fd, line)
        except termios.error as error:
            raise self._gone(error) from error
        if not works:
            raise PortError(f'{self._name}: the port cannot do {line}: its driver knows no '
                            'parity; take another adapter')

    def _is_pseudo_terminal(self) -> bool:
        """
        Say whether the port is a pseudo-terminal.

        It is always 8N; asked for anything else, it refuses when nothing else changes in the same
        call (fuji_mx.md 9.3).
        """
        return os.path.realpath(self._name).startswith('/dev/pts/')

    def _low_latency(self) -> None:
        """Ask USB adapters not to hold short answers back (FTDI: 16 ms for every ACK)."""
        try:
            self._serial.set_low_latency_mode(True)
        except (AttributeError, OSError, ValueError, NotImplementedError):
            pass  # not an adapter that can

    def _gone(self, error: Exception | None) -> PortError:
        why = f' ({error})' if error else ''
        return PortError(f'{self._name}: the line is gone{why}; was the cable or the adapter '
                         'unplugged?')


def check_parity(fd: int, line: LineSettings) -> bool:
    """
    Drop received bytes of wrong parity or without a stop bit, on a line with parity.

    pyserial sets the parity and lets such bytes pass. Dropped, they leave a frame too short, which
    its length shows; marked (PARMRK), each ff would come twice. Returns False when the port did
    not take the parity. Raises termios.error.
    """
    attributes = termios.tcgetattr(fd)
    attributes[0] &= ~(termios.INPCK | termios.IGNPAR)
    if line.parity != 'N':
        attributes[0] |= termios.INPCK | termios.IGNPAR
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
    return line.parity == 'N' or bool(termios.tcgetattr(fd)[2] & termios.PARENB)


def candidates() -> list[str]:
    """Return the serial ports of this computer; stable names (by-id) where there are some."""
    from serial.tools import list_ports  # takes longer to load than the rest of this module
    by_id = sorted(str(p) for p in Path('/dev/serial/by-id').glob('*'))
    real = {os.path.realpath(p) for p in by_id}
    return by_id + sorted(p.device for p in list_ports.comports() if p.device not in real)


def adapter(name: str) -> str:
    """Return what a port's USB adapter calls itself, as '0403:6001 FT232R'; empty: it is none."""
    from serial.tools import list_ports
    path = os.path.realpath(name)
    return next((f'{one.vid:04x}:{one.pid:04x} {one.product or ""}'.strip()
                 for one in list_ports.comports() if one.device == path and one.vid), '')


def _why_not(name: str, error: Exception) -> str:
    """Say why a port cannot be opened, and what to do."""
    cause = error.__context__ if isinstance(error.__context__, termios.error) else error
    code = cause.args[0] if isinstance(cause, termios.error) else getattr(cause, 'errno', None)
    if code in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EIO):
        found = candidates()
        there = ', '.join(found) if found else 'none at all; is the adapter plugged in?'
        return f'{name}: no such port. Ports here: {there}'
    if code in (errno.EACCES, errno.EPERM):
        return (f'{name}: no permission to open it. Add the user to the group that owns it '
                '(sudo usermod -aG dialout $USER), then log in again')
    if code in (errno.EAGAIN, errno.EBUSY):
        holders = ', '.join(_holders(name)) or 'another process'
        return f'{name}: in use by {holders}. Stop that, or give this device another port'
    if code in (errno.ENOTTY, errno.EISDIR, errno.EINVAL):
        return f'{name}: not a serial port'
    return f'{name}: cannot open it: {error}'


def _holders(name: str) -> Iterator[str]:
    """Yield 'program (pid n)' for each process that has the port open, where /proc tells."""
    target = os.path.realpath(name)
    for fd in Path('/proc').glob('[0-9]*/fd/*'):
        try:
            if os.readlink(fd) != target:
                continue
            program = (fd.parents[1] / 'comm').read_text().strip()
        except OSError:
            continue
        yield f'{program} (pid {fd.parts[2]})'

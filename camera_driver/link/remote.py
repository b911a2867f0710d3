# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A serial line at another computer or a device server: rfc2217://HOST:PORT, through pyserial.

Unlike with socket://, the far end is told speed and format, which the still cameras need. It does
not tell when bytes have left its line: that is computed from their number.
"""

from __future__ import annotations

import threading
import time

from serial import rfc2217

from camera_driver.errors import Cancelled, PortError
from camera_driver.link.port import LineSettings

POLL = 0.05  # s; `cancel` is noticed between two of them
# Of servers that cannot set DTR and RTS, which no device here needs, no answer comes.
OPTION = 'ign_set_control'


class _Connection(rfc2217.Serial):
    """Ends in silence: pyserial's thread shows a traceback when the connection breaks."""

    def _telnet_read_loop(self) -> None:
        try:
            super()._telnet_read_loop()  # type: ignore[misc]  # not in its stubs
        except OSError:
            pass  # whoever reads next is told


class RemotePort:
    """A port of RFC 2217; see `link.port.Port`."""

    def __init__(self, name: str, line: LineSettings) -> None:
        """Connect, and set the line. Raises PortError that says why not."""
        self._name = name
        self._line = line
        self._cancelled = threading.Event()
        self._closed = False
        self._left = 0.0  # when what was written has left the far end
        try:
            self._serial = _Connection(
                name + ('&' if '?' in name else '?') + OPTION, line.baudrate,
                parity=line.parity, bytesize=line.bytesize, stopbits=line.stopbits, timeout=POLL)
        except (OSError, ValueError) as error:
            raise PortError(f'{name}: cannot open it: {error}; does a server of RFC 2217 run '
                            'there, and does nobody else use the line?') from error

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
        before = self._line
        try:
            # Each of these asks the far end, and waits for its answer.
            if line.baudrate != before.baudrate:
                self._serial.baudrate = line.baudrate
            if line.parity != before.parity:
                self._serial.parity = line.parity
            if line.bytesize != before.bytesize:
                self._serial.bytesize = line.bytesize
            if line.stopbits != before.stopbits:
                self._serial.stopbits = line.stopbits
        except (OSError, ValueError) as error:
            raise PortError(f'{self._name}: the port cannot do {line}: {error}') from error
        self._line = line

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def write(self, data: bytes) -> None:
        """Hand bytes to the network; does not wait until they have left."""
        self._check()
        try:
            self._serial.write(data)
        except OSError as error:
            raise self._gone(error) from error
        self._left = max(self._left, time.monotonic()) + len(data) * self._line.byte_time

    def flush(self) -> float:
        """Wait until what was written should have left, and return the time then."""
        self.pause(self._left - time.monotonic())
        return time.monotonic()

    def read(self, timeout: float) -> bytes:
        """Return what has arrived, at least one byte, or nothing when `timeout` [s] is over."""
        end = time.monotonic() + timeout
        while True:
            self._check()
            try:
                if waiting := self._serial.in_waiting:
                    return bytes(self._serial.read(waiting))
                if time.monotonic() >= end:
                    return b''
                # pyserial's time-out is fixed: to change it would be to ask the far end.
                if data := self._serial.read(1):
                    return bytes(data) + bytes(self._serial.read(self._serial.in_waiting))
            except OSError as error:
                raise self._gone(error) from error

    def pause(self, seconds: float) -> None:
        """Let time pass without reading."""
        self._check()
        self._cancelled.wait(max(0.0, seconds))
        self._check()

    def cancel(self) -> None:
        """Make every call, one under way included, raise Cancelled; from any thread, for good."""
        self._cancelled.set()

    def close(self) -> None:
        """Give the line back; never raises."""
        if not self._closed:
            self._closed = True
            self._serial.close()

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled(f'{self._name}: cancelled')
        if self._closed:
            raise PortError(f'{self._name}: closed; open it again')

    def _gone(self, error: Exception) -> PortError:
        return PortError(f'{self._name}: the connection is gone ({error}); is the network there, '
                         'and the other computer?')

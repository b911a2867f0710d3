# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A simulated device on a pseudo-terminal: real time, real pyserial or any other client.

The client's side is never held open here, so that a client that leaves is noticed: what is queued
for it is discarded then, as a cable that nobody listens to does (sierra.md 9.6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
import logging
import os
from pathlib import Path
import select
import tempfile
import termios
import threading
import time
import tty
from typing import TypeVar

from camera_driver.errors import PortError
from camera_driver.sim.faults import Faults, misread
from camera_driver.sim.simulator import Sent, Simulator

log = logging.getLogger(__name__)

T = TypeVar('T')

PIECE_TIME = 0.002  # s of line time written in one go when paced
NOBODY = 0.01  # s between looks for a client when there is none

SPEEDS = {getattr(termios, f'B{speed}'): speed for speed in (
    1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
    if hasattr(termios, f'B{speed}')}


class Terminal:
    """
    Host of a simulator on a pseudo-terminal, in a thread of its own; a context manager.

    `path` is where clients connect: a symbolic link that stays the same through `unplug` and
    `replug`. `paced`: bytes take the time that the line speed gives them.
    """

    def __init__(self, simulator: Simulator, link: str | os.PathLike[str] | None = None, *,
                 paced: bool = False, to_host: Faults | None = None,
                 to_device: Faults | None = None) -> None:
        """Open the pseudo-terminal. Raises PortError when `link` cannot be made."""
        self.simulator = simulator
        self.paced = paced
        self.to_host = to_host
        self.to_device = to_device
        self._folder = None if link else tempfile.TemporaryDirectory(prefix='camera_driver_')
        self._link = Path(link or Path(self._folder.name if self._folder else '') / 'port')
        self._master: int | None = None
        self._slave = ''
        self._jobs: deque[Callable[[], None]] = deque()
        self._sending: deque[tuple[float, bytes]] = deque()  # with arrival at the device
        self._arriving: deque[tuple[float, bytes]] = deque()  # with arrival at the client
        self._host_free = self._device_free = 0.0  # when the last of each arrives
        self._connected = False
        self._stop = False
        self._start = time.monotonic() - simulator.now
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._plug()
        self._thread = threading.Thread(target=self._live, name='simulated device', daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """Where clients connect."""
        return str(self._link)

    @property
    def connected(self) -> bool:
        """Whether a client has the port open, as was seen last; callable from any thread."""
        return self._connected

    def close(self) -> None:
        """Stop the device and take the port away."""
        if self._stop:
            return
        self._stop = True
        self._wake()
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        if self._folder:
            self._folder.cleanup()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def do(self, action: Callable[[], T]) -> T:
        """Run something in the device's thread, e.g. press its shutter, and return the result."""
        done = threading.Event()
        result: list[T] = []
        errors: list[Exception] = []

        def job() -> None:
            try:
                result.append(action())
            except Exception as error:
                errors.append(error)
            done.set()

        self._jobs.append(job)
        self._wake()
        while not done.wait(0.1):
            if not self._thread.is_alive():
                raise RuntimeError('the simulated device is not running')
        if errors:
            raise errors[0]
        return result[0]

    def unplug(self) -> None:
        """Pull the cable: the port disappears; the device lives on."""
        self.do(self._unplug)

    def replug(self) -> None:
        """Put the cable back: the port appears again under its path."""
        self.do(self._plug)

    def power_cycle(self) -> None:
        """Switch the device off and on; the port stays."""
        self.do(self.simulator.power_cycle)

    # In the device's thread.

    def _now(self) -> float:
        """Return the time of the device [s], which goes on from where it was."""
        return time.monotonic() - self._start

    def _plug(self) -> None:
        if self._master is not None:
            return
        master, slave = os.openpty()
        tty.setraw(slave)
        attributes = termios.tcgetattr(slave)
        attributes[4] = attributes[5] = getattr(termios, f'B{self.simulator.LINE.baudrate}')
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        os.set_blocking(master, False)
        self._slave = os.ttyname(slave)
        os.close(slave)
        try:
            if self._is_left_behind():
                self._link.unlink()
            self._link.symlink_to(self._slave)
        except OSError as error:
            os.close(master)
            raise PortError(f'cannot make the link {self._link}: {error.strerror}; give another '
                            'path') from error
        self._master = master
        self._connected = False

    def _unplug(self) -> None:
        if self._master is None:
            return
        os.close(self._master)
        self._master = None
        self._sending.clear()
        self._host_free = 0.0
        self._forget()
        try:
            if os.readlink(self._link) == self._slave:
                self._link.unlink()
        except OSError:
            pass  # somebody else took it away

    def _is_left_behind(self) -> bool:
        """Say whether the link is one that a simulated device left behind when it was killed."""
        return self._link.is_symlink() and os.readlink(self._link).startswith('/dev/pts/')

    def _forget(self) -> None:
        """Drop what is on its way to the client: nobody listens."""
        self._arriving.clear()
        self._device_free = 0.0
        self._connected = False

    def _live(self) -> None:
        try:
            self._run()
        finally:  # what a simulator raises is a fault of its own: traceback, and a dead port
            self._unplug()

    def _run(self) -> None:
        while not self._stop:
            while self._jobs:
                self.simulator.advance(self._now())
                self._jobs.popleft()()
            now = self._now()
            while self._sending and self._sending[0][0] <= now:
                arrival, data = self._sending.popleft()
                self.simulator.receive(data, max(arrival, self.simulator.now))
                self._collect()
            self.simulator.advance(now)
            self._collect()
            self._write(now)
            self._wait(now)

    def _wait(self, now: float) -> None:
        """Sleep until something is due or arrives, and take in what arrives."""
        times = [queue[0][0] for queue in (self._sending, self._arriving) if queue]
        due = self.simulator.next_due()
        if due is not None:
            times.append(due)
        wait = max(0.0, min(times) - now) if times else 3600.0
        master = self._master
        if master is None or not self._client(master):
            if master is not None:
                wait = min(wait, NOBODY)
            select.select([self._wake_read], [], [], wait)
            self._woken()
            return
        ready = select.select([master, self._wake_read], [], [], wait)[0]
        if self._wake_read in ready:
            self._woken()
        if master in ready:
            try:
                data = os.read(master, 65536)
            except BlockingIOError:
                return
            except OSError:  # EIO: the client has left
                data = b''
            if data:
                self._read(data, self._now())

    def _client(self, master: int) -> bool:
        """Say whether a client has the port open; on the change, begin with an empty line."""
        poll = select.poll()
        poll.register(master, select.POLLIN)
        events = poll.poll(0)
        mask = events[0][1] if events else 0
        there = not mask & select.POLLHUP or bool(mask & select.POLLIN)
        if there != self._connected:
            self._forget()
            self._connected = there
            if not there:
                self._flush()
        return there

    def _flush(self) -> None:
        """Discard what the client did not read: only its own side of the terminal can."""
        try:
            slave = os.open(self._slave, os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return  # the next client has it already, for itself
        termios.tcflush(slave, termios.TCIFLUSH)
        os.close(slave)

    def _read(self, data: bytes, now: float) -> None:
        client = self._client_speed()
        pieces = self.to_device.apply(data) if self.to_device else [(0.0, data)]
        for delay, piece in pieces:
            # A single byte may have been written just before the client changed its speed.
            if client and client != self.simulator.line.baudrate and len(data) > 1:
                line = self.simulator.line  # parity and all: the terminal has none
                piece = misread(piece, replace(line, baudrate=client), line)
            self._host_free = max(now + delay, self._host_free)
            byte_time = self.simulator.line.byte_time
            size = max(1, int(PIECE_TIME / byte_time) if self.paced else len(piece))
            for part in (piece[i:i + size] for i in range(0, len(piece), size)):
                if self.paced:
                    self._host_free += len(part) * byte_time
                self._sending.append((self._host_free, part))

    def _collect(self) -> None:
        for sent in self.simulator.take():
            if not self._connected:
                continue
            pieces = self.to_host.apply(sent.data) if self.to_host else [(0.0, sent.data)]
            for delay, data in pieces:
                self._transmit(data, sent, delay)

    def _transmit(self, data: bytes, sent: Sent, delay: float) -> None:
        client = self._client_speed()
        if client and client != sent.line.baudrate:
            data = misread(data, sent.line, replace(sent.line, baudrate=client))
        end = max(sent.time + delay, self._device_free)
        if self.paced:
            size = max(1, int(PIECE_TIME / sent.line.byte_time))
            for i in range(0, len(data), size):
                piece = data[i:i + size]
                end += len(piece) * sent.line.byte_time
                self._arriving.append((end, piece))
        else:
            self._arriving.append((end, data))
        self._device_free = end

    def _write(self, now: float) -> None:
        while self._arriving and self._arriving[0][0] <= now and self._master is not None:
            _, data = self._arriving.popleft()
            try:
                written = os.write(self._master, data)
            except BlockingIOError:  # the client does not read: its buffer is full
                written = 0
            except OSError:
                self._forget()
                return
            if written < len(data):
                self._arriving.appendleft((now + PIECE_TIME, data[written:]))
                return

    def _client_speed(self) -> int | None:
        """Return the speed that the client has set; None if it cannot be told."""
        if self._master is None:
            return None
        try:
            return SPEEDS.get(termios.tcgetattr(self._master)[5])
        except termios.error:
            return None

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b'.')
        except OSError:
            pass  # full: it is awake

    def _woken(self) -> None:
        try:
            os.read(self._wake_read, 4096)
        except BlockingIOError:
            pass

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated device in memory: a port with a virtual clock. No thread, no sleep."""

from __future__ import annotations

from collections import deque

from camera_driver.errors import Cancelled, PortError
from camera_driver.link.port import LineSettings
from camera_driver.sim.faults import Faults, misread
from camera_driver.sim.simulator import Simulator

READ_SIZE = 65536  # bytes that one read returns at most, about: as of a serial port
PIECE_TIME = 0.01  # s of line time that arrive in one go when paced: shorter than any gap


class Clock:
    """A virtual clock, which everything that happens in one place shares."""

    def __init__(self, now: float = 0.0) -> None:
        self.time = now  # s

    def now(self) -> float:
        """Return virtual seconds."""
        return self.time


class LoopPort:
    """
    A port whose far end is a simulated device.

    The clock moves only in `read`, `pause` and `flush`, straight to the next thing that happens.
    `paced`: bytes take the time that the line speed gives them. `clock`: one that goes on when
    the port is closed; else the port has its own.
    """

    def __init__(self, simulator: Simulator, line: LineSettings | None = None, *,
                 paced: bool = False, to_host: Faults | None = None,
                 to_device: Faults | None = None, clock: Clock | None = None) -> None:
        self.simulator = simulator
        self.paced = paced
        self.to_host = to_host
        self.to_device = to_device
        self._line = line or simulator.LINE
        self._clock = clock or Clock(simulator.now)
        self._sending: deque[tuple[float, bytes]] = deque()  # with arrival at the device
        self._arriving: deque[tuple[float, bytes]] = deque()  # with arrival at the host
        self._host_free = self._device_free = self._now  # when the last of each arrives
        self._dead: str | None = None
        self._cancelled = False

    @property
    def _now(self) -> float:
        return self._clock.time

    @_now.setter
    def _now(self, now: float) -> None:
        self._clock.time = now

    @property
    def name(self) -> str:
        """The name in messages."""
        return 'loop'

    @property
    def line(self) -> LineSettings:
        """The present line settings."""
        return self._line

    def configure(self, line: LineSettings) -> None:
        """Change the line settings, after what was written has left."""
        self.flush()
        self._line = line

    def now(self) -> float:
        """Return virtual seconds."""
        return self._now

    def write(self, data: bytes) -> None:
        """Hand bytes to the line."""
        self._check()
        pieces = self.to_device.apply(data) if self.to_device else [(0.0, data)]
        for delay, piece in pieces:
            device = self.simulator.line
            # A single byte may have been written just before the host changed its speed.
            if self._line != device and (len(data) > 1 or self._line.parity != device.parity):
                piece = misread(piece, self._line, device)
            self._host_free = max(self._now + delay, self._host_free)
            if not self.paced:
                if piece:
                    self._sending.append((self._host_free, piece))
                continue
            size = max(1, int(PIECE_TIME / self._line.byte_time))
            for part in (piece[i:i + size] for i in range(0, len(piece), size)):
                self._host_free += len(part) * self._line.byte_time
                self._sending.append((self._host_free, part))
        self._happen()

    def flush(self) -> float:
        """Wait until what was written has left, and return the time then."""
        self._check()
        if self.paced:
            self._pass_until(self._host_free)
            self._check()
        return self._now

    def read(self, timeout: float) -> bytes:
        """Return what has arrived, or nothing when `timeout` [s] of virtual time is over."""
        self._check()
        clock, arriving = self._clock, self._arriving
        end = clock.time + max(0.0, timeout)
        while True:
            self._happen()
            if arriving and arriving[0][0] <= clock.time:
                data = arriving.popleft()[1]
                while arriving and arriving[0][0] <= clock.time and len(data) < READ_SIZE:
                    data += arriving.popleft()[1]
                if data:  # a receiver at another speed may find none
                    return data
            self._check()
            due = self._next()
            if due is None or due > end:
                clock.time = end
                self._happen()
                return b''
            clock.time = max(clock.time, due)

    def pause(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._check()
        self._pass_until(self._now + seconds)
        self._check()

    def cancel(self) -> None:
        """Make every call raise Cancelled, for good."""
        self._cancelled = True

    def close(self) -> None:
        """Give the line back."""
        self._dead = 'closed'

    def unplug(self) -> None:
        """Pull the cable: every call raises PortError from now on."""
        self._dead = 'the line is gone; was the cable unplugged?'

    def _check(self) -> None:
        if self._cancelled:
            raise Cancelled('loop: cancelled')
        if self._dead:
            raise PortError(f'loop: {self._dead}')

    def _next(self) -> float | None:
        """Return when something happens next."""
        due = self._next_event()
        if self._arriving and (due is None or self._arriving[0][0] < due):
            return self._arriving[0][0]
        return due

    def _happen(self) -> None:
        """Let everything happen that is due by now."""
        now = self._clock.time
        while self._sending and self._sending[0][0] <= now:
            arrival, data = self._sending.popleft()
            self.simulator.receive(data, arrival)
            self._collect()
        self.simulator.advance(now)
        self._collect()

    def _collect(self) -> None:
        for sent in self.simulator.take():
            pieces = self.to_host.apply(sent.data) if self.to_host else [(0.0, sent.data)]
            for delay, data in pieces:
                if sent.line != self._line:
                    data = misread(data, sent.line, self._line)
                self._arrive(sent.time + delay, data, sent.line.byte_time)

    def _arrive(self, time: float, data: bytes, byte_time: float) -> None:
        end = max(time, self._device_free)
        if self.paced:
            size = max(1, int(PIECE_TIME / byte_time))
            for i in range(0, len(data), size):
                piece = data[i:i + size]
                end += len(piece) * byte_time
                self._arriving.append((end, piece))
        else:
            self._arriving.append((end, data))
        self._device_free = end

    def _pass_until(self, end: float) -> None:
        while (due := self._next_event()) is not None and due <= end:
            self._now = max(self._now, due)
            self._happen()
        self._now = max(self._now, end)
        self._happen()

    def _next_event(self) -> float | None:
        """Return when something happens other than an arrival, which waits to be read."""
        due = self.simulator.next_due()
        if self._sending and (due is None or self._sending[0][0] < due):
            return self._sending[0][0]
        return due


class Transcript:
    """
    A port that plays a conversation: pairs of (sent by the host, answered by the device).

    Every byte sent has to be the expected one; `done` says whether nothing is left over. An
    answer of None is silence; an empty `sent` is something the device says by itself.
    """

    def __init__(self, pairs: list[tuple[bytes, bytes | None]], line: LineSettings) -> None:
        self.line = line
        self.name = 'transcript'
        self._pairs = deque(pairs)
        self._incoming = bytearray()
        self._written = bytearray()
        self._now = 0.0
        self._unasked()

    @property
    def done(self) -> bool:
        """Whether the conversation is over and everything was read."""
        return not self._pairs and not self._incoming and not self._written

    def configure(self, line: LineSettings) -> None:
        """Change the line settings."""
        self.line = line

    def now(self) -> float:
        """Return virtual seconds."""
        return self._now

    def write(self, data: bytes) -> None:
        """Compare with what the conversation expects, and queue the answer."""
        self._written += data
        if not self._pairs:
            raise AssertionError(f'sent after the end: {data.hex(" ")}')
        expected, answer = self._pairs[0]
        if not expected.startswith(bytes(self._written)):
            raise AssertionError(f'sent {self._written.hex(" ")}\nexpected {expected.hex(" ")}')
        if len(self._written) == len(expected):
            self._pairs.popleft()
            self._written.clear()
            self._incoming += answer or b''
            self._unasked()

    def flush(self) -> float:
        """Return the time."""
        return self._now

    def read(self, timeout: float) -> bytes:
        """Return what has been answered, or nothing after `timeout` [s] of virtual time."""
        if not self._incoming:
            self._now += max(0.0, timeout)
        data = bytes(self._incoming)
        self._incoming.clear()
        return data

    def pause(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._now += seconds

    def cancel(self) -> None:
        """Do nothing: a transcript has no other thread."""

    def close(self) -> None:
        """Do nothing."""

    def _unasked(self) -> None:
        while self._pairs and not self._pairs[0][0]:
            self._incoming += self._pairs.popleft()[1] or b''

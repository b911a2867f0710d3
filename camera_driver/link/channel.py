# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A channel sends a frame, receives a frame with a deadline, and counts. It never retries."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
import logging
from typing import Generic, TypeVar

from camera_driver.errors import ReplyTimeout
from camera_driver.link.framing import Damaged, Decoder
from camera_driver.link.port import Port
from camera_driver.model import LinkStatistics

F = TypeVar('F')

log = logging.getLogger(__name__)

SLICE = 0.5  # s


@dataclass
class Counters:
    """What the line has carried; sessions add what only they can know."""

    bytes_sent: int = 0
    bytes_received: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    requests: int = 0
    retries: int = 0
    timeouts: int = 0
    damaged: int = 0
    stale: int = 0
    unexpected: int = 0
    round_trips: deque[float] = field(default_factory=lambda: deque(maxlen=101))

    def snapshot(self) -> LinkStatistics:
        """Return the counters as a value; may be called from any thread."""
        from statistics import median  # slow to load, and most commands count nothing
        trips = list(self.round_trips)
        return LinkStatistics(
            bytes_sent=self.bytes_sent, bytes_received=self.bytes_received,
            frames_sent=self.frames_sent, frames_received=self.frames_received,
            requests=self.requests, retries=self.retries, timeouts=self.timeouts,
            damaged_frames=self.damaged, stale_frames=self.stale,
            unexpected_frames=self.unexpected, last_round_trip=trips[-1] if trips else None,
            median_round_trip=median(trips) if trips else None)


class Channel(Generic[F]):
    """
    Frames over a port.

    `encode` turns a frame into bytes; `decoder` the other way. `gap` is the silence [s] after
    which an incomplete frame is given up as damaged.
    """

    def __init__(self, port: Port, encode: Callable[[F], bytes], decoder: Decoder[F],
                 gap: float) -> None:
        self.port = port
        self.counters = Counters()
        self.gap = gap
        self.waiting: Callable[[], None] | None = None  # called every SLICE within `receive`
        self._encode = encode
        self._decoder = decoder
        self._inbox: deque[F | Damaged] = deque()

    def send(self, frame: F, write: Callable[[bytes], None] | None = None) -> None:
        """Send one frame; `write` replaces the port's, for cameras that need pauses within."""
        data = self._encode(frame)
        if log.isEnabledFor(logging.DEBUG):
            log.debug('%s > %s', self.port.name, frame)
        (write or self.port.write)(data)
        self.counters.bytes_sent += len(data)
        self.counters.frames_sent += 1

    def receive(self, timeout: float, whole: float | None = None) -> F | Damaged:
        """
        Return the next frame or damage.

        `timeout` [s] bounds the wait for its first byte, `gap` the silences within it, `whole`
        [s, from the first byte on] all of it. Raises ReplyTimeout when nothing came.
        """
        port = self.port
        now = port.now()
        first, end, due = now + timeout, None, now + SLICE
        while not self._inbox:
            pending = self._decoder.pending
            if pending and end is None and whole is not None:
                end = now + whole
            if self.waiting and now >= due:
                due = now + SLICE
                self.waiting()
            wait = self.gap if pending else first - now
            if self.waiting:
                wait = min(wait, SLICE)
            if end is not None:
                wait = min(wait, end - now)
            # A frame that takes too long ends even when bytes are there; a late start does not.
            data = b'' if pending and wait <= 0 else port.read(wait)
            now = port.now()
            if data:
                self._take(data)
            elif pending:
                self._give_up()
            if now >= first and not self._inbox and not self._decoder.pending:
                self.counters.timeouts += 1
                raise ReplyTimeout(f'{port.name}: no answer within {timeout:g} s')
        return self._inbox.popleft()

    def heard(self) -> bool:
        """Say whether something has arrived that nobody has received yet; does not wait."""
        if not self._inbox:  # else whoever babbles fills the memory
            data = self.port.read(0.0)
            if data:
                self._take(data)
        return bool(self._inbox) or self._decoder.pending

    def drain(self, quiet: float, limit: float) -> int:
        """
        Discard input until the line has been silent for `quiet` [s], at most for `limit` [s].

        Returns the number of bytes discarded from the line.
        """
        port = self.port
        discarded = 0
        now = port.now()
        end = now + limit
        while now < end:
            data = port.read(min(quiet, end - now))
            if not data:
                break
            discarded += len(data)
            self.counters.bytes_received += len(data)
            now = port.now()
        self.counters.stale += len(self._inbox) + bool(discarded)
        self._inbox.clear()
        self._decoder.flush()
        if discarded:
            log.debug('%s ! %d bytes discarded', port.name, discarded)
        return discarded

    def _take(self, data: bytes) -> None:
        self.counters.bytes_received += len(data)
        for frame in self._decoder.feed(data):
            self._put(frame)

    def _give_up(self) -> None:
        for frame in self._decoder.flush():
            self._put(frame)

    def _put(self, frame: F | Damaged) -> None:
        if isinstance(frame, Damaged):
            self.counters.damaged += 1
        else:
            self.counters.frames_received += 1
        if log.isEnabledFor(logging.DEBUG):
            log.debug('%s < %s', self.port.name, frame)
        self._inbox.append(frame)

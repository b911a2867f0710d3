# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The mirror: a simulated device, sans-I/O. Bytes in, bytes out, time told from outside.

A host (`loop.LoopPort` in memory, `terminal.Terminal` on a pseudo-terminal) calls `receive`
and `advance` with the present time, collects with `take`, and asks with `next_due` when to call
again. The same calls with the same times always give the same bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import heapq
from typing import ClassVar

from camera_driver.link.port import LineSettings
from camera_driver.model import Setting, SettingValue
from camera_driver.sim.personality import Personality
from camera_driver.sim.video import VideoSignal


@dataclass(frozen=True)
class Sent:
    """What the device put on the line in one go, when, and at which line settings."""

    time: float
    data: bytes
    line: LineSettings


@dataclass
class Event:
    """Something scheduled; `cancel` it by setting `action` to None."""

    action: Callable[[], None] | None


class Simulator(ABC):
    """Base of the simulated devices."""

    LINE: LineSettings
    """Line settings after power-on."""

    OPTIONS: ClassVar[tuple[Setting, ...]] = ()
    """Keyword arguments that a person may want to set: flags of `camera-driver simulate`."""

    personality: Personality | None = None
    """What makes it answer some questions as a real device did."""

    def __init__(self) -> None:
        self.now = 0.0
        self.line = self.LINE
        self._schedule: list[tuple[float, int, Event]] = []
        self._number = 0
        self._sent: list[Sent] = []

    @classmethod
    def for_options(cls, options: Mapping[str, SettingValue]) -> Simulator:
        """Return one that is set up as a driver with these options expects it to be."""
        return cls()

    # What a host calls.

    def receive(self, data: bytes, now: float) -> None:
        """Take in what the line brought."""
        self.advance(now)
        if self.personality:
            data, instead = self.personality.heard(data)
            if instead:
                self._sent.append(Sent(self.now, instead, self.line))
            if not data:
                return
        self.on_bytes(data)

    def advance(self, now: float) -> None:
        """Let time pass and do what has become due."""
        while self._schedule and self._schedule[0][0] <= now:
            due, _, event = heapq.heappop(self._schedule)
            self.now = max(self.now, due)
            if event.action:
                event.action()
        if now > self.now:
            self.now = now

    def next_due(self) -> float | None:
        """Return when `advance` has something to do; None: not before something is received."""
        while self._schedule and not self._schedule[0][2].action:
            heapq.heappop(self._schedule)
        return self._schedule[0][0] if self._schedule else None

    def take(self) -> list[Sent]:
        """Return what was sent since the last call."""
        if not self._sent:
            return []
        sent, self._sent = self._sent, []
        return sent

    def video_signal(self) -> VideoSignal | None:
        """Say what its video output shows, None: nothing; from any thread, it only reads."""
        return None

    # What a test or a person can do to any device.

    def power_cycle(self) -> None:
        """Switch the device off and on: unsent bytes and timers are gone, the line is as new."""
        self._schedule.clear()
        self._sent.clear()
        self.line = self.LINE
        self.on_power()

    # What a device is made of.

    @abstractmethod
    def on_bytes(self, data: bytes) -> None:
        """Answer what the line brought."""

    @abstractmethod
    def on_power(self) -> None:
        """Begin again as after power-on; what is stored stays."""

    def send(self, data: bytes) -> None:
        """Put bytes on the line at the present line settings."""
        if self.personality:
            data = self.personality.speaks(data)
        self._sent.append(Sent(self.now, data, self.line))

    def after(self, delay: float, action: Callable[[], None]) -> Event:
        """Do something `delay` [s] from now."""
        event = Event(action)
        self._number += 1
        heapq.heappush(self._schedule, (self.now + delay, self._number, event))
        return event

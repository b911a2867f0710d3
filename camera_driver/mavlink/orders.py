# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Commands that must not be done twice, and when one is the same as one before.

A picture is taken once for each time that it was asked for. Whoever sends a command repeats it in
another way when no answer comes: MAVSDK with the same number and confirmation 0, PX4 with the
same number and another confirmation, a second link with the same datagram, QGroundControl not at
all. So an order is the same one as before, and gets the answer of that

- while that is not done;
- when it has the same number (from 1), or another confirmation, and less than REPEATED passed;
- when it is the same frame (its sequence number in the header);
- when it has the number 0, from a sender that counts from 0, and less than RETRIED passed:
  MAVSDK does, and its unused parameters are NaN.

Else it is another picture. An order is noted in the file before it is carried out, so that its
repetition does not do so once more when this process was killed in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from typing import Any

from pymavlink.dialects.v20 import common as mavlink

from camera_driver.mavlink import ftp

REPEATED = 5.0  # s within which the same number is the same order
RETRIED = 2.0  # s within which MAVSDK repeats its number 0: every 0.5 s, 3 times

START: int = mavlink.MAV_CMD_IMAGE_START_CAPTURE

Link = Any
"""What a message came by, and an answer goes back by; None in `send`: all there are."""


@dataclass(eq=False)
class Order:
    """A command that somebody has sent."""

    sender: ftp.Sender
    link: Link
    command: int
    parameters: tuple[float, ...]  # 1 to 7
    confirmation: int
    at: float  # s, when it was heard last
    frames: set[int] = field(default_factory=set)  # sequence numbers in the header
    result: int | None = None  # MAV_RESULT; None: not done yet
    told: float = 0.0  # s, when it was answered last

    @property
    def number(self) -> float:
        """The number that its sender gave it; 0 = none, or the first of MAVSDK."""
        number = self.parameters[3]
        return number if self.command == START and number >= 1 else 0.0

    @property
    def counts_from_zero(self) -> bool:
        """Whether its number 0 is one."""
        return (self.command == START and self.parameters[3] == 0
                and math.isnan(self.parameters[4]))

    @property
    def key(self) -> str:
        """What the same order has in common whenever it is sent."""
        what = (f'number {self.number:g}' if self.number else
                ' '.join(f'{one:g}' for one in self.parameters))
        return f'{self.sender} {self.command} {what}'

    def repeats(self, earlier: Order, now: float) -> bool:
        """Say whether this is `earlier`, which has the same key, sent once more."""
        passed = now - earlier.at
        if earlier.result is None:
            return True
        if self.number or self.confirmation > 0 or self.frames & earlier.frames:
            return passed < REPEATED
        return self.counts_from_zero and passed < RETRIED

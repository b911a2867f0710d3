# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What the vehicle's autopilot tells: its clock, where the vehicle is, when it triggered a camera.

An autopilot counts time from its start. TIMESYNC tells how that clock stands to this computer's:
the answer came at some time between question and now, and of the last few exchanges the quickest
one counts. Until there is one, positions are of the time at which they arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import logging
from typing import Any, NamedTuple

from pymavlink.dialects.v20 import common as mavlink

from camera_driver.mavlink.position import Track

log = logging.getLogger(__name__)

PERIOD = 0.2  # s between messages that an autopilot is asked for
TRIGGER_PERIOD = 0.02  # s
ASK_PERIOD = 30.0  # s
SYNC_PERIOD = 5.0  # s between exchanges, when there are EXCHANGES
EXCHANGES = 8
SLOWEST = 1.0  # s of an exchange
SET_ANEW = 0.05  # s beyond what the exchanges allow: the clock is another one
UNIX = 10 ** 15  # us; a time that is more counts from 1970, not from the autopilot's start


class Trigger(NamedTuple):
    """A camera that the autopilot triggered, as CAMERA_TRIGGER tells."""

    time: float  # UTC [s]
    sequence: int
    autopilot_time: float  # s, as the autopilot has it


class Autopilot:
    """The autopilot of a system. Of the components' thread."""

    def __init__(self, system: int, send: Callable[[Any, Any], None],
                 clock: Callable[[], float], utc: Callable[[], float]) -> None:
        """
        Begin without knowing anything.

        :param send: is given a message and the link that it goes to.
        :param clock: monotonic seconds.
        :param utc: seconds since 1970.
        """
        self.track = Track()
        # Who wants to hear: positions and orientations with their times (UTC [s]), and triggers.
        self.listener: Callable[[float, Any], None] | None = None
        self.trigger_listener: Callable[[Trigger], None] | None = None
        self._sender = system, mavlink.MAV_COMP_ID_AUTOPILOT1
        self._send = send
        self._clock = clock
        self._utc = utc
        self._asked = self._asked_triggers = self._synced = float('-inf')  # s, when
        self._asking: dict[int, float] = {}  # monotonic [ns] in a question -> UTC [s]
        self._exchanges: deque[tuple[float, float]] = deque(maxlen=EXCHANGES)  # s each
        self._told = False

    @property
    def start(self) -> float | None:
        """When its clock was 0, UTC [s]; None: not known."""
        return min(self._exchanges)[1] if self._exchanges else None

    def receive(self, message: Any, link: Any) -> None:
        """Take a message of anybody."""
        if (message.get_srcSystem(), message.get_srcComponent()) != self._sender:
            return
        kind = message.get_type()
        if kind == 'HEARTBEAT':
            self._ask(link)
        elif kind == 'TIMESYNC':
            self._answered(message)
        elif kind == 'CAMERA_TRIGGER':
            self._triggered(message)
        elif kind in ('GLOBAL_POSITION_INT', 'ATTITUDE_QUATERNION'):
            now, start = self._utc(), self.start
            at = now if start is None else min(now, start + message.time_boot_ms / 1e3)
            self.track.heard(at, message)
            if self.listener:
                self.listener(at, message)

    def _ask(self, link: Any) -> None:
        """Ask for the time, and for what it does not send by itself."""
        now = self._clock()
        if now >= self._synced + (SYNC_PERIOD if len(self._exchanges) == EXCHANGES else 0.0):
            self._synced = now
            asked = int(now * 1e9)
            self._asking = {asked: self._utc()}
            self._send(mavlink.MAVLink_timesync_message(0, asked), link)
        if now >= self._asked + ASK_PERIOD and not self.track.at(self._utc()):
            self._asked = now
            for number in (mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT,
                           mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION):
                self._ask_for(number, PERIOD, link)
        if self.trigger_listener and now >= self._asked_triggers + ASK_PERIOD:
            self._asked_triggers = now
            self._ask_for(mavlink.MAVLINK_MSG_ID_CAMERA_TRIGGER, TRIGGER_PERIOD, link)

    def _ask_for(self, number: int, period: float, link: Any) -> None:
        self._send(mavlink.MAVLink_command_long_message(
            *self._sender, mavlink.MAV_CMD_SET_MESSAGE_INTERVAL, 0, number, period * 1e6,
            0, 0, 0, 0, 0), link)

    def _answered(self, message: Any) -> None:
        asked = self._asking.pop(message.ts1, None)
        if not message.tc1 or asked is None:  # a question, or another's answer
            return
        took = self._utc() - asked
        if not 0 <= took <= SLOWEST:
            return
        start = asked + took / 2 - message.tc1 / 1e9
        if self._exchanges:
            best, known = min(self._exchanges)
            if abs(start - known) > (best + took) / 2 + SET_ANEW:  # it started anew
                self._exchanges.clear()
        self._exchanges.append((took, start))

    def _triggered(self, message: Any) -> None:
        if not self.trigger_listener:
            return
        start = 0.0 if message.time_usec >= UNIX else self.start
        if start is None:
            if not self._told:
                log.warning('CAMERA_TRIGGER is of no use: the autopilot counts time from its '
                            'start, and answers no TIMESYNC')
            self._told = True
            return
        seconds = message.time_usec / 1e6
        self.trigger_listener(Trigger(start + seconds, message.seq, seconds))

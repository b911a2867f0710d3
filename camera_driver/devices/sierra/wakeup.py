# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Waking a camera and going to the highest speed that works (sierra.md 3.2, 3.4)."""

from __future__ import annotations

import logging

from camera_driver.devices.sierra.codec import Code, command, Control, pack_int, Packet, SUB_FIRST
from camera_driver.devices.sierra.exchange import Exchange, MAX_NOISE, T_FIRST, T_GAP, TRIES
from camera_driver.devices.sierra.registers import NUMBER, SPEED_CODES
from camera_driver.errors import ProtocolError, Refused, ReplyTimeout, SessionLost
from camera_driver.link.port import LineSettings, Port

log = logging.getLogger(__name__)

WAKE_UP = LineSettings(19200)

# Times in s, sierra.md 5.2, 'recommended for a new host'.
T_SIGNATURE = 3.0
T_BETWEEN_NULS = 0.5
N_NUL = 4
T_SETTLE = 0.1

SIGNATURES = frozenset({Control.NAK, Control.NUL})  # NUL: an ePhoto 307 (2.1)


class WakeUp:
    """The beginning of sessions with one camera over an open port."""

    def __init__(self, port: Port, exchange: Exchange) -> None:
        """Send nothing."""
        self._port = port
        self._exchange = exchange
        self._too_fast: set[int] = set()  # [baud] that the camera or the line did not do

    def wake(self, elsewhere: LineSettings | None = None, times: int = N_NUL) -> None:
        """
        Send NUL at 19200 until the camera gives its signature (3.2).

        After the first in vain, look `elsewhere` for a session that is still alive.
        """
        self._exchange.asleep = True
        self._port.configure(WAKE_UP)
        heard = 0
        for attempt in range(times):
            if attempt:
                self._exchange.channel.counters.retries += 1
                self._port.pause(T_BETWEEN_NULS)
            self._exchange.channel.drain(0.05, 1.0)
            self._exchange.control(Control.NUL)
            end = self._port.now() + T_SIGNATURE
            noise = 0
            while noise < MAX_NOISE and (left := end - self._port.now()) > 0:
                try:
                    frame = self._exchange.channel.receive(left)
                except ReplyTimeout:
                    break
                if frame in SIGNATURES and self._exchange.alone():
                    self._exchange.fresh = True
                    return
                noise += 1
                if frame is Control.SESSION_END:  # just woken: another NUL may be needed (1.3)
                    end = min(end, self._port.now() + T_BETWEEN_NULS)
                else:  # a camera that only ends its session does not answer
                    heard += 1
            if elsewhere and not attempt and not noise:
                self._port.configure(elsewhere)
                if self.answers(tries=1):
                    return
                self._port.configure(WAKE_UP)
        if heard:
            raise ProtocolError(
                f'{self._port.name}: something answers, but not as a sierra camera (no signature '
                'after NUL at 19200 baud). Is it another device type, or a camera not in its PC '
                'mode?')
        raise ReplyTimeout(
            f'{self._port.name}: no camera answers (NUL at 19200 baud, {times} times). Is it '
            'switched on, in its PC mode, and the cable in the right socket?')

    def knock(self) -> bool:
        """Say whether a camera is there at 19200 that has forgotten the session: one NUL."""
        before = self._port.line
        self._port.configure(WAKE_UP)
        self._exchange.channel.drain(0.05, 1.0)
        self._exchange.control(Control.NUL)
        try:
            there = self._exchange.channel.receive(T_SIGNATURE) in SIGNATURES
        except ReplyTimeout:
            there = False
        if not there:
            self._port.configure(before)
        self._exchange.asleep |= there
        return there

    def agree_on_speed(self, highest: int) -> None:
        """Go to the highest speed that both take and the line carries; remember which do not."""
        speeds = sorted((s for s in SPEED_CODES if s <= highest), reverse=True)
        for baudrate in [*speeds, WAKE_UP.baudrate]:
            if baudrate not in self._too_fast and self._speed_works(baudrate):
                return
        raise ProtocolError(f'{self._port.name}: the camera woke up but answers at no speed up to '
                            f'{highest} baud; check the cable')

    def answers(self, tries: int, timeout: float = T_FIRST) -> bool:
        """Say whether the camera answers a harmless question at the present speed."""
        try:
            question = command(Code.GET_INT, NUMBER['resolution'])
            return len(self._exchange.ask(question, 4, 4, tries=tries, timeout=timeout)) == 4
        except Refused:
            return True
        except (ReplyTimeout, ProtocolError, SessionLost):
            return False

    def _speed_works(self, baudrate: int) -> bool:
        """Ask for a speed and prove it; False: refused, or the line does not carry it (3.4)."""
        acknowledged = baudrate == self._port.line.baudrate
        for _ in range(0 if acknowledged else TRIES):
            try:
                self._exchange.command(speed_command(baudrate), tries=1)
                acknowledged = True
            except Refused:
                self._too_fast.add(baudrate)
                return False
            except ProtocolError:  # NAK, or damage
                continue
            except ReplyTimeout:
                pass  # the ACK alone may be lost: see whether the camera is at the new speed
            break
        if baudrate != self._port.line.baudrate:
            self._port.configure(LineSettings(baudrate))
            self._exchange.channel.gap = T_GAP
            self._port.pause(T_SETTLE)
        if self.answers(tries=2):
            return True
        pacing = self._exchange.pacing
        if pacing != 'bytewise':
            self._exchange.pacing = 'bytewise'
            if self.answers(tries=1):
                log.info('%s: the camera takes single bytes only', self._port.name)
                return True
            self._exchange.pacing = pacing
        log.warning('%s: no answer at %d baud', self._port.name, baudrate)
        if acknowledged and baudrate != WAKE_UP.baudrate:
            self._too_fast.add(baudrate)
        self.wake()
        return False


def speed_command(baudrate: int) -> Packet:
    """Return the packet that asks for a speed [baud]."""
    return command(Code.SET_INT, NUMBER['comm_speed'], value=pack_int(SPEED_CODES[baudrate]),
                   sub=SUB_FIRST)

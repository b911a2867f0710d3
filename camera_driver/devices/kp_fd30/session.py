# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions of the KP-FD30 protocol: each write or read is one (kp_fd30.md, sections 3 and 5).

What comes while the host waits for something, and what is done (3.5):

===================  =====================  =====================  ==============================
comes                waiting for the ACK    waiting for the ACK    waiting for the reply (13 s)
                     to ENQ (1 s)           to the text (3 s)
===================  =====================  =====================  ==============================
ACK                  the text is sent       write: done; read:     ignored
                                            the reply is next
NAK                  ENQ again after 0.1 s  ignored                ignored
a reply              a stale one: ACK,      read: it is the        ACK, done
                     dropped, 1 s again     answer, unless a read
                                            has failed lately;
                                            else as on the left
damage               ignored                ignored                nothing is said: the camera
                                                                   repeats it, 3 times, each 3 s
silence              ENQ again after 0.1 s  the same text again    `ReplyTimeout`, or after
                                                                   damage `ProtocolError`
===================  =====================  =====================  ==============================

ENQ and text are repeated N_RETRY = 3 times; then no answer to ENQ is `ReplyTimeout`, a NAK among
them `Busy`, damage alone `ProtocolError`; a text that is not acknowledged is `ProtocolError`
(read) or `OutcomeUnknown` (write: the ACK alone may be lost, and the camera then takes no
repetition, as it is back in idle).

A reply names no register: one that comes late must never be taken for the next register's (5.3).
Before each ENQ what has arrived is dropped, replies acknowledged so that the camera ends its
repetitions; after a read that failed behind its ENQ the next read first waits until a late reply
has come and was dropped, or until none can come any more (T_LATE).

Worst cases, with a camera that falls mute at the worst place (each may take up to T_WHOLE longer
by damage that goes on and on):

==========================  =====================================================================
nothing answers ENQ         4.3 s
a write                     16.8 s (4.8 s, and 12 s for the text)
a read                      29.8 s (13 s more for the reply), after one that failed 39.8 s
==========================  =====================================================================
"""

from __future__ import annotations

import logging
from math import inf

from camera_driver.devices.kp_fd30.codec import (
    Command, Control, Decoder, encode, Frame, GLOBAL, READ, Reply)
from camera_driver.devices.kp_fd30.explain import explain
from camera_driver.errors import Busy, OutcomeUnknown, ProtocolError, ReplyTimeout
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings, Port

log = logging.getLogger(__name__)

LINE = LineSettings(9600)

# Times in s, kp_fd30.md 3.1.
BYTE_GAP = 1.0
T_ENQ = 1.0
T_TEXT = 3.0
T_REPLY = 13.0
T_LATE = 10.0  # 5.3: a reply may come so long after a read that failed
T_DOUBT = 13.0  # after one that failed, a reply in the place of an ACK is not believed (3.5)
NAK_PAUSE = 0.1
PAUSE = 0.02  # between sessions (8, item 19)
EEPROM_PAUSE = 0.05  # after a write to EEPROM
T_QUIET = 0.5  # after an ENQ without an answer was repeated: a second ACK may come
T_WHOLE = 2.0  # a frame that takes longer is damage
T_NOISE = 5.0  # a line that does not fall silent within this is babbling
N_RETRY = 3
TRIES = 1 + N_RETRY
MAX_STALE = 8  # late replies that prolong the wait for the answer to an ENQ


class KpFd30Session:
    """The conversation with one camera, or with all on the line, over an open port."""

    def __init__(self, port: Port, camera: int = GLOBAL) -> None:
        """Take over an open port; sends nothing."""
        self.port = port
        self.camera = camera
        self.channel: Channel[Frame] = Channel(port, encode, Decoder(), BYTE_GAP)
        self._rest_until = -inf
        self._late_until = -inf  # a late reply may come until then
        self._failed_at = -inf  # when a read failed last

    def read(self, area: int, register: int) -> bytes:
        """
        Return X1 X2 X3 of a register; `area` is that of its write (1, 2).

        Raises Busy, ReplyTimeout, ProtocolError.
        """
        return self.request(Command(1, self.camera, area | READ, register))

    def write(self, area: int, register: int, data: bytes, store: bool = False) -> None:
        """
        Write X1 X2 X3 to a register, with `store` to EEPROM too.

        Raises Busy, ReplyTimeout (nothing was sent), OutcomeUnknown.
        """
        self.request(Command(int(store), self.camera, area, register, data))

    def request(self, command: Command) -> bytes:
        """Hold the session of one command; returns the data of a read, nothing of a write."""
        if command.reads:
            self._outlast_late_reply()
        self.port.pause(max(0.0, self._rest_until - self.port.now()))
        try:
            start = self.port.now()
            self._enquire(command)
            try:
                reply = self._transmit(command)
                if command.reads:
                    reply = reply or self._await_reply(command)
                    self.channel.send(Control.ACK)
            except BaseException:
                if command.reads:
                    self._failed_at = self.port.now()
                    self._late_until = self._failed_at + T_LATE
                raise
            self.channel.counters.round_trips.append(self.port.now() - start)
            return reply.data if reply else b''
        finally:
            stored = command.status and not command.reads
            self._rest_until = self.port.now() + (EEPROM_PAUSE if stored else PAUSE)

    def listen(self, seconds: float) -> None:
        """Drop what has arrived and what arrives in so long; late replies are acknowledged."""
        end = self.port.now() + seconds
        while (now := self.port.now()) < end + T_NOISE and (now < end or self.channel.heard()):
            try:
                self._drop(self.channel.receive(max(0.0, end - now), T_WHOLE))
            except ReplyTimeout:
                return

    # The three steps of a session.

    def _enquire(self, command: Command) -> None:
        """Get the camera's leave to send (WAIT_ENQ_ACK)."""
        answer: Frame | Damaged | None = None
        silent = False
        for attempt in range(TRIES):
            if attempt:
                self.channel.counters.retries += 1
                self.port.pause(NAK_PAUSE)
            self.listen(0.0)
            self.channel.send(Control.ENQ)
            heard = self._answer_to_enq()
            if heard is Control.ACK:
                if silent:  # it may be late and another follow, which is not that of the text
                    self.listen(T_QUIET)
                return
            silent |= heard is not Control.NAK
            answer = answer if answer is Control.NAK else heard or answer
        text = f'{self.port.name}: the camera did not let the host {explain(command)}'
        if answer is Control.NAK:
            raise Busy(f'{text}: it answered NAK to {TRIES} ENQs; it is busy, try again later')
        if answer is not None:
            raise ProtocolError(f'{text}: to {TRIES} ENQs came no ACK but {answer}; is it another '
                                'device type, or the line not at 9600 8N1?')
        raise ReplyTimeout(f'{text}: no answer to {TRIES} ENQs. Is it switched on and connected, '
                           'and the line at 9600 8N1?')

    def _answer_to_enq(self) -> Frame | Damaged | None:
        """Return ACK, NAK, or what else came last; None: silence."""
        end = self.port.now() + T_ENQ
        last: Frame | Damaged | None = None
        stale = 0
        while (frame := self._receive(end)) is not None:
            if frame is Control.ACK or frame is Control.NAK:
                return frame
            last = frame
            if self._drop(frame) and stale < MAX_STALE:
                stale += 1
                end = self.port.now() + T_ENQ
        return last

    def _transmit(self, command: Command) -> Reply | None:
        """Send the text until it is acknowledged (WAIT_TEXT_ACK); perhaps the reply is there."""
        port, counters = self.port, self.channel.counters
        believed = command.reads and port.now() - self._failed_at > T_DOUBT
        for attempt in range(TRIES):
            counters.requests += 1
            counters.retries += attempt > 0
            self.channel.send(command)
            end = port.now() + T_TEXT
            while (frame := self._receive(end)) is not None:
                if frame is Control.ACK:
                    return None
                if believed and isinstance(frame, Reply):
                    return frame
                self._drop(frame)
        text = f'{port.name}: the camera did not acknowledge {TRIES} times "{explain(command)}"'
        if command.reads:
            raise ProtocolError(f'{text}, though it answered ENQ; is it another device type, or '
                                'does it have another camera number?')
        raise OutcomeUnknown(f'{text}; it is unknown whether it took it')

    def _await_reply(self, command: Command) -> Reply:
        """Wait for a good transmission of the reply (WAIT_REPLY)."""
        end = self.port.now() + T_REPLY
        damage: Damaged | None = None
        while (frame := self._receive(end)) is not None:
            if isinstance(frame, Reply):
                return frame
            if isinstance(frame, Damaged):
                damage = frame
                self.channel.counters.retries += 1
            else:
                self.channel.counters.unexpected += 1
        text = f'{self.port.name}: the camera acknowledged "{explain(command)}"'
        if damage:
            raise ProtocolError(f'{text}, but its data arrived damaged ({damage}); check the '
                                'cable')
        raise ReplyTimeout(f'{text}, but sent no data within {T_REPLY:g} s. Is it still switched '
                           'on and connected?')

    # What comes in.

    def _receive(self, end: float) -> Frame | Damaged | None:
        """Return the next frame or damage; None when there is none until `end`."""
        left = end - self.port.now()
        if left <= 0:
            return None
        try:
            return self.channel.receive(left, T_WHOLE)
        except ReplyTimeout:
            return None

    def _drop(self, frame: Frame | Damaged) -> bool:
        """Count what is not wanted; a late reply is acknowledged, else it would be repeated."""
        if isinstance(frame, Reply):
            self.channel.counters.stale += 1
            self._late_until = -inf
            log.debug('%s: late %s dropped', self.port.name, frame)
            self.channel.send(Control.ACK)
            return True
        if not isinstance(frame, Damaged):
            self.channel.counters.unexpected += 1
        return False

    def _outlast_late_reply(self) -> None:
        """Before a read: let the late reply to one that failed come, and drop it (5.3)."""
        while (frame := self._receive(self._late_until)) is not None:
            self._drop(frame)

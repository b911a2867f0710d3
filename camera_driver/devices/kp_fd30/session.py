# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions of the KP-FD30 protocol: each write or read is one (kp_fd30.md, sections 3 and 5).

What arrives while the host waits, and what the host does (3.5):

===================  =====================  =====================  ==============================
arrives              waiting for the ACK    waiting for the ACK    waiting for the reply (3.5 s)
                     to ENQ (1 s)           to the text (3 s)
===================  =====================  =====================  ==============================
ACK                  the text is sent       write: done; read:     ignored
                                            the reply is next
NAK                  ENQ again after a      ignored                ignored
                     pause
a reply              a stale one: ACK,      read: it is the        ACK, done
                     dropped, 1 s again     answer; write: as on
                                            the left
damage               ignored                ignored                nothing is sent: the camera
                                                                   repeats it; 3.5 s again
silence              ENQ again after a      the same text again    the same text again, once;
                     pause                                         after 1 s more a new session
===================  =====================  =====================  ==============================

Who repeats what:

================  =================================================================================
ENQ               the host: 4 times 0.1 s apart (3.4 c), and if a NAK or damage was among the
                  answers, 4 more after 0.5 s, and so on, until T_BUSY: nothing has been sent yet
text              the host: up to 4 times, 3 s apart, without a new ENQ (3.4 d, e)
reply             the camera, up to 4 times, 3 s apart; the manual may also mean that the host
                  sends its text again (3.4 f): after 3.5 s it does
a whole read      the host, in session after session, until T_READ
a whole write     nobody here; `Bank` reads back, and decides
================  =================================================================================

No answer to ENQ is `ReplyTimeout`, a NAK among the answers `Busy`, damage alone `ProtocolError`;
a text that is not acknowledged is `ProtocolError` (read) or `OutcomeUnknown` (write: perhaps only
the ACK was lost, and the camera then takes no repetition, as it is idle again).

An ACK does not say what it is for: before a write, that to an ENQ which came late or not at all is
waited for (T_LATE), then ENQ is sent once more, since the camera may have given up waiting.

A reply does not name its register: one that comes late must never be taken for the next
register's (5.3). Before each ENQ what has arrived is dropped, replies acknowledged so that the
camera stops repeating them. For T_DOUBT after a read whose text was sent more than once, or that
failed, a read is asked until two answers in a row are equal: late replies are 3 s apart.

Worst cases, against any device (each may take up to T_WHOLE longer):

==========================  =====================================================================
nothing answers ENQ         4.3 s
NAK or damage to each ENQ   10 s (T_BUSY)
a write                     35.5 s (2 x T_BUSY, T_LATE, 0.5 s and 12 s for the text)
a read                      30 s (T_READ); 12 s if no text is ever acknowledged
==========================  =====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import logging
from math import inf

from camera_driver.devices.kp_fd30.codec import (
    Command, Control, Decoder, encode, Frame, GLOBAL, READ, Reply)
from camera_driver.devices.kp_fd30.explain import explain
from camera_driver.errors import (
    Busy, DeviceError, OutcomeUnknown, ProtocolError, ReplyTimeout)
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings, Port

log = logging.getLogger(__name__)

LINE = LineSettings(9600)

# Times in s, kp_fd30.md 3.1.
BYTE_GAP = 1.0
T_ENQ = 1.0
T_TEXT = 3.0
T_REPEAT = 3.5  # the camera repeats its reply 3 s after its last transmission
T_AGAIN = 1.0  # for the reply to a text that was sent again
T_READ = 30.0  # a read, with all its repetitions
T_BUSY = 10.0  # patience with a camera that answers NAK
T_DOUBT = 13.0  # 5.3: a reply may come so long after its text
NAK_PAUSE = 0.1
BUSY_PAUSE = 0.5
PAUSE = 0.02  # between sessions (8, item 19)
EEPROM_PAUSE = 0.05  # after a write to EEPROM
T_QUIET = 0.5  # after an ENQ without an answer was repeated: a second ACK may come
T_LATE = 3.0  # and so long before a write, whose ACK says that it was carried out
T_WHOLE = 2.0  # a frame that takes longer is damage
T_NOISE = 5.0  # a line that does not fall silent within this is babbling
N_RETRY = 3
TRIES = 1 + N_RETRY


def nothing() -> None:
    """Do nothing."""


class KpFd30Session:
    """The conversation with one camera, or with all on the line, over an open port."""

    def __init__(self, port: Port, camera: int = GLOBAL) -> None:
        """Take over an open port; sends nothing."""
        self.port = port
        self.camera = camera
        self.channel: Channel[Frame] = Channel(port, encode, Decoder(), BYTE_GAP)
        self._rest_until = -inf
        self._met = False  # whether it has acknowledged a text: it is a camera
        self._doubt_until = -inf  # a late reply may come until then
        self._late_until = -inf  # the late ACK to an ENQ may come until then

    def read(self, area: int, register: int) -> bytes:
        """
        Return X1 X2 X3 of a register; `area` is that of its write (1, 2).

        Raises Busy, ReplyTimeout, ProtocolError.
        """
        return self.request(Command(1, self.camera, area | READ, register))

    def write(self, area: int, register: int, data: bytes, store: bool = False,
              sending: Callable[[], None] = nothing) -> None:
        """
        Write X1 X2 X3 to a register, with `store` to EEPROM too.

        `sending` is called before the first byte of the text leaves. Raises Busy, ReplyTimeout,
        ProtocolError (all before that), OutcomeUnknown.
        """
        self.request(Command(int(store), self.camera, area, register, data), sending)

    def request(self, command: Command, sending: Callable[[], None] = nothing) -> bytes:
        """Carry out one command; returns the data of a read, nothing of a write."""
        if command.reads:
            return self._ask(command)
        with self._session(EEPROM_PAUSE if command.status else PAUSE):
            end = self.port.now() + 2 * T_BUSY
            for _ in range(2):
                self.listen(max(0.0, self._late_until - self.port.now()))
                self._enquire(command, end)
                if self.port.now() >= self._late_until:
                    break
            else:  # ENQs are still answered late: the camera waits for the text
                self.listen(self._late_until - self.port.now())
            if self._transmit(command, inf, sending) is None:
                raise OutcomeUnknown(f'{self._not_acknowledged(command)}; it is unknown whether '
                                     'it took it')
        return b''

    def _ask(self, command: Command) -> bytes:
        """Ask in one session after the other until there is an answer, in doubt two equal ones."""
        port, counters = self.port, self.channel.counters
        end = port.now() + T_READ
        earlier = self._doubt_until
        doubtful, taken, disturbed = port.now() < earlier, False, False
        last: bytes | None = None
        while True:
            with self._session(PAUSE):
                try:
                    self._enquire(command, end)
                except ReplyTimeout:
                    if not taken or port.now() >= end:
                        raise
                    continue
                texts = counters.requests
                heard: Frame | Damaged | None = self._transmit(command, end)
                taken |= heard is not None
                self._met |= taken
                if heard is Control.ACK:
                    heard = self._await_reply(command, end)
                if isinstance(heard, Reply):
                    self.channel.send(Control.ACK)
            disturbed |= not isinstance(heard, Reply) or counters.requests > texts + 1
            if isinstance(heard, Reply):
                if not disturbed:
                    self._doubt_until = earlier
                if not doubtful or heard.data == last:
                    return heard.data
                last = heard.data
            if not self._met:
                raise ProtocolError(f'{self._not_acknowledged(command)}, though it answered ENQ; '
                                    'is it another device type, or does it have another camera '
                                    'number?')
            if port.now() >= end:
                raise self._no_data(command, heard) if taken else ReplyTimeout(
                    self._not_acknowledged(command))

    @contextmanager
    def _session(self, pause: float) -> Iterator[None]:
        """Keep the pause since the last session, and time this one."""
        self.port.pause(max(0.0, self._rest_until - self.port.now()))
        start = self.port.now()
        try:
            yield
            self.channel.counters.round_trips.append(self.port.now() - start)
        finally:
            self._rest_until = self.port.now() + pause

    def listen(self, seconds: float, longest: float = T_NOISE) -> None:
        """
        Drop what has arrived and what arrives in so long; late replies are acknowledged.

        `longest` [s]: bound for a line that does not fall silent.
        """
        end = self.port.now() + seconds
        until = end + longest
        while (now := self.port.now()) < until and (now < end or self.channel.heard()):
            try:
                self._drop(self.channel.receive(max(0.0, end - now), T_WHOLE))
            except ReplyTimeout:
                return

    # The three steps of a session.

    def _enquire(self, command: Command, end: float) -> None:
        """Get the camera's leave to send (WAIT_ENQ_ACK), at the latest at `end`."""
        port = self.port
        end = min(end, port.now() + T_BUSY)
        answer: Frame | Damaged | None = None
        silent = False
        enqs = 0
        while enqs < TRIES or answer is not None and port.now() < end:
            if enqs:
                self.channel.counters.retries += 1
                port.pause(NAK_PAUSE if enqs % TRIES else BUSY_PAUSE)
            self.listen(0.0, max(0.0, min(T_NOISE, end - port.now())))
            self.channel.send(Control.ENQ)
            enqs += 1
            heard = self._answer_to_enq(end)
            if heard is Control.ACK:
                if silent:  # it may be late and another follow, which is not that of the text
                    self._late_until = port.now() + T_LATE
                    self.listen(T_QUIET)
                return
            silent |= heard is not Control.NAK
            answer = answer if answer is Control.NAK else heard or answer
            if port.now() >= end:
                break
        text = f'{port.name}: the camera did not let the host {explain(command)}'
        if answer is Control.NAK:
            raise Busy(f'{text}: it answered NAK to {enqs} ENQs; it is busy, try again later')
        if answer is not None:
            raise ProtocolError(f'{text}: to {enqs} ENQs came no ACK but {answer}; is it another '
                                'device type, or the line not at 9600 8N1?')
        raise ReplyTimeout(f'{text}: no answer to {enqs} ENQs. Is it switched on and connected, '
                           'and the line at 9600 8N1?')

    def _answer_to_enq(self, latest: float) -> Frame | Damaged | None:
        """Return ACK, NAK, or what else came last; None: silence."""
        end = self.port.now() + T_ENQ
        last: Frame | Damaged | None = None
        while (frame := self._receive(min(end, latest))) is not None:
            if frame is Control.ACK or frame is Control.NAK:
                return frame
            last = frame
            if self._drop(frame):
                end = self.port.now() + T_ENQ
        return last

    def _transmit(self, command: Command, latest: float, sending: Callable[[], None] = nothing
                  ) -> Frame | None:
        """Send the text until it is acknowledged (WAIT_TEXT_ACK) or answered; None: it is not."""
        port, counters = self.port, self.channel.counters
        sending()
        for attempt in range(TRIES):
            if attempt and port.now() >= latest:
                break
            counters.retries += attempt > 0
            self._say(command)
            end = min(port.now() + T_TEXT, latest)
            while (frame := self._receive(end)) is not None:
                if frame is Control.ACK or command.reads and isinstance(frame, Reply):
                    return frame
                self._drop(frame)
        return None

    def _await_reply(self, command: Command, latest: float) -> Reply | Damaged | None:
        """Wait for a good transmission of the reply (WAIT_REPLY); None: nothing came."""
        port, counters = self.port, self.channel.counters
        damage: Damaged | None = None
        end = port.now() + T_REPEAT
        for again in (False, True):
            if again:
                counters.retries += 1
                self._say(command)
                end = port.now() + T_AGAIN
            while (frame := self._receive(min(end, latest))) is not None:
                if isinstance(frame, Reply):
                    return frame
                if isinstance(frame, Damaged):
                    damage = frame
                    counters.retries += 1
                    end = port.now() + T_REPEAT
                else:
                    counters.unexpected += 1
            if port.now() >= latest:
                break
        return damage

    def _say(self, command: Command) -> None:
        """Send a text."""
        self.channel.counters.requests += 1
        if command.reads:
            self._doubt_until = self.port.now() + T_DOUBT  # unless it is answered
        self.channel.send(command)

    def _not_acknowledged(self, command: Command) -> str:
        return f'{self.port.name}: the camera did not acknowledge "{explain(command)}"'

    def _no_data(self, command: Command, heard: Frame | Damaged | None) -> DeviceError:
        """Return what is to be said when the time for a read is over."""
        text = f'{self.port.name}: the camera acknowledged "{explain(command)}"'
        if isinstance(heard, Reply):
            return ProtocolError(f'{text}, and no two of its answers were equal; check the cable')
        if heard is not None:
            return ProtocolError(f'{text}, but its data arrived damaged ({heard}); check the '
                                 'cable')
        return ReplyTimeout(f'{text}, but sent no data within {T_READ:g} s. Is it still switched '
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
            log.debug('%s: late %s dropped', self.port.name, frame)
            self.channel.send(Control.ACK)
            return True
        if not isinstance(frame, Damaged):
            self.channel.counters.unexpected += 1
        return False

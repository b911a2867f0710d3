# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Conversations with an Intelix matrix (intelix.md, sections 3 and 5).

There is no handshake: a request is a frame, its answer, if it has one, a report. The matrix may
report at any time what somebody changed at its front panel.

==========================  ==================================================================
comes                       while a report is awaited (0.5 s), or otherwise
==========================  ==================================================================
the report, for the same    done
preset where it names one
any other message           passed on, as is everything that comes unasked; waits on
ACK bytes                   ignored: it is not known whether a matrix sends them
error byte                  logged with the last request; waits on
damage                      counted and passed on; waits on
silence                     the same request again until T_PATIENCE is over, where
                            `commands.Kind.repeatable` allows it; then are_you_there, and an error:
                            `ProtocolError` if that is answered (not understood), `ReplyTimeout`
                            if not; of what is not repeatable `OutcomeUnknown`
==========================  ==================================================================

What has arrived before a request is passed on first, and never taken for its answer. Reports tell
the present state, so that one that comes late does no harm. Where there is no checksum a damaged
number is one like any other, so what matters is asked until two reports agree (`certain`).

Worst cases, with a matrix that is mute from now on: are_you_there 2.6 s; other questions,
set_preset and locking 3.7 s; trigger_preset and passwords 1.6 s; `certain` 6.2 s, when its answers
always differ and then cease. Each may take 1.5 s more by noise, or bytes that come one by one,
without end. What is cancelled ends at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import logging
from math import inf

from camera_driver.devices.intelix.codec import Control, Decoder, encode, Frame, Message
from camera_driver.devices.intelix.commands import BY_NAME, Kind, MESSAGES
from camera_driver.devices.intelix.explain import explain
from camera_driver.errors import naming, NotSupported, ProtocolError, ReplyTimeout
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings, Port
from camera_driver.operations import Attempt, once

log = logging.getLogger(__name__)

LINE = LineSettings(115200)

# Times in s, intelix.md 3.
T_REPORT = 0.5
GAP = 0.1
PAUSE = 0.02  # between two requests
T_NOISE = 0.5  # a line that does not fall silent within this is babbling
T_PATIENCE = 2.5  # for repeating what may be repeated
T_PING = 1.0  # the same, of the question whether it is there after all
T_BURST = 1.0  # without an error byte, and the next one is told


class IntelixSession:
    """The conversation with one matrix over an open port."""

    def __init__(self, port: Port, checksum: str = 'none',
                 heard: Callable[[Message | Damaged], None] = lambda message: None) -> None:
        """
        Take over an open port; sends nothing.

        `heard` is called with every message that arrives, whether it was asked for or not, and
        with damage, which may have been one.
        """
        self.port = port
        self.channel: Channel[Frame] = Channel(
            port, partial(encode, checksum=checksum), Decoder(checksum), GAP)
        self._heard = heard
        self._checked = checksum != 'none'
        self._rest_until = -inf
        self._burst_until = -inf
        self._last = ''  # request, in words
        self.heard_until = -inf  # s; what was said before has been heard: an answer came later

    def request(self, name: str, parameters: bytes = b'',
                accept: Callable[[bytes], bool] = lambda parameters: True,
                attempt: Attempt | None = None) -> bytes:
        """
        Send a message and return the parameters of its report, where `accept` takes them.

        `attempt` is that of a setting. Raises ReplyTimeout, ProtocolError, OutcomeUnknown, as the
        table above says.
        """
        kind = _kind(name, parameters)
        if kind.repeatable:
            return self._exchange(kind, parameters, accept, attempt or Attempt(), T_PATIENCE)
        with once(name.replace('_', ' '), self.port.name) as attempt:
            return self._exchange(kind, parameters, accept, attempt, 0.0)

    def certain(self, name: str, parameters: bytes = b'') -> bytes:
        """Return the parameters of a report; without a checksum it has to come twice."""
        answers: list[bytes] = []
        end = self.port.now() + T_PATIENCE
        while not answers or self.port.now() < end:
            answer = self.request(name, parameters)
            if self._checked or answer in answers:
                return answer
            answers.append(answer)
        raise ProtocolError(f'{self.port.name}: each answer to {name} differs; the line is noisy, '
                            'check the cable')

    def send(self, name: str, parameters: bytes, attempt: Attempt | None = None) -> None:
        """Send a message that has no report."""
        self._send(Message(bytes(_kind(name, parameters).key) + parameters), attempt or Attempt())

    def send_raw(self, data: bytes) -> bytes:
        """
        Send any message, once, and return the data of its report.

        Of a message whose report is not known that is the first that comes; empty: none came.
        """
        message = Message(data)
        encode(message)  # raises ValueError
        kind = MESSAGES.get(message.key)
        report = BY_NAME.get(kind.report) if kind else None
        with once('take a raw message', self.port.name) as attempt:
            found = self._ask(message, lambda one: report is None or one.key == report.key,
                              attempt)
        return found.data if found else b''

    def listen(self) -> None:
        """Take in what has arrived unasked; waits for no more than the rest of a message."""
        start = self.port.now()
        while self.channel.heard():
            if self.port.now() > start + T_NOISE:
                return
            self._receive(self.port.now())

    def _exchange(self, kind: Kind, parameters: bytes, accept: Callable[[bytes], bool],
                  attempt: Attempt, patience: float) -> bytes:
        """Send once, and again until `patience` [s] is over."""
        report = BY_NAME[kind.report]

        def wanted(message: Message) -> bool:
            found = message.parameters
            return (message.key == report.key and len(found) == report.size
                    and found[:report.echo] == parameters[:report.echo] and accept(found))

        message = Message(bytes(kind.key) + parameters)
        counters = self.channel.counters
        damaged = counters.damaged
        start = self.port.now()
        tries = 0
        while not tries or self.port.now() < start + patience:
            counters.retries += tries > 0
            tries += 1
            found = self._ask(message, wanted, attempt)
            if found is not None:
                self.heard_until = start
                return found.parameters
        raise self._no_report(kind, counters.damaged > damaged)

    def _ask(self, message: Message, wanted: Callable[[Message], bool], attempt: Attempt,
             ) -> Message | None:
        """Send once and return the message that is wanted; None when it does not come."""
        self.listen()
        self._send(message, attempt)
        start = self.port.now()
        while (left := start + T_REPORT - self.port.now()) > 0:
            try:
                frame = self._receive(self.port.now() + left)
            except ReplyTimeout:
                break
            if isinstance(frame, Message):
                if wanted(frame):
                    self.channel.counters.round_trips.append(self.port.now() - start)
                    return frame
                self.channel.counters.unexpected += 1
        return None

    def _send(self, message: Message, attempt: Attempt) -> None:
        self.port.pause(max(0.0, self._rest_until - self.port.now()))
        self._last = explain(message)
        self.channel.counters.requests += 1
        attempt.sending()
        self.channel.send(message)
        self._rest_until = self.port.now() + PAUSE

    def _receive(self, end: float) -> Frame | Damaged:
        """Return what comes next and pass it on. Raises ReplyTimeout."""
        frame = self.channel.receive(max(0.0, end - self.port.now()), T_REPORT)
        if isinstance(frame, Message | Damaged):
            self._heard(frame)
        elif frame is Control.ERROR:
            if self.port.now() >= self._burst_until:  # else told already
                log.warning('%s: the matrix sent an error byte (fe) after "%s"', self.port.name,
                            self._last or 'nothing')
            self._burst_until = self.port.now() + T_BURST
        return frame

    def _no_report(self, kind: Kind, noise: bool) -> Exception:
        """Return the error for a report that did not come."""
        text = f'{self.port.name}: the matrix did not answer {kind.name}'
        if kind.name == 'are_you_there':
            if noise:
                return naming(ProtocolError(
                    f'{text}: only bytes came that are not a message; is it another device, '
                    'another speed, or does the matrix use a checksum?'), 'checksum')
            return ReplyTimeout(f'{text}. Is it switched on and connected, with a straight cable?')
        try:
            self._exchange(BY_NAME['are_you_there'], b'', lambda _: True, Attempt(), T_PING)
        except (ReplyTimeout, ProtocolError) as error:
            return error
        return ProtocolError(f'{text}, though it is there: it does not understand it, or refuses')


def _kind(name: str, parameters: bytes) -> Kind:
    kind = BY_NAME[name]
    if not kind.key:
        raise NotSupported(f'{name}: how this message is coded is not known; what you know of it '
                           'can be sent as a raw message')
    assert len(parameters) == kind.size, name
    return kind

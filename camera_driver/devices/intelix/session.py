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
silence                     the same request again as often as `commands.Kind.repeats` allows,
                            then are_you_there, and an error:
==========================  ==================================================================

==========================  ==================================================================
are_you_there is            what was asked for did not come
==========================  ==================================================================
answered                    a question: `ProtocolError` (not understood); else `OutcomeUnknown`
not answered                a question: `ReplyTimeout`; else `OutcomeUnknown`
==========================  ==================================================================

What has arrived before a request is passed on first, and never taken for its answer. Reports tell
the present state, so that one that comes late does no harm.

Worst cases: are_you_there 1.6 s; other questions, set_preset, set_preset_name and locking 3.2 s;
trigger_preset 2.6 s; passwords 2.1 s; each up to 0.5 s more by noise that goes on and on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import logging
from math import inf

from camera_driver.devices.intelix.codec import Control, Decoder, encode, Frame, Message
from camera_driver.devices.intelix.commands import BY_NAME, Kind, MESSAGES
from camera_driver.devices.intelix.explain import explain
from camera_driver.errors import naming, NotSupported, OutcomeUnknown, ProtocolError, ReplyTimeout
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings, Port

log = logging.getLogger(__name__)

LINE = LineSettings(115200)

# Times in s, intelix.md 3.
T_REPORT = 0.5
GAP = 0.1
PAUSE = 0.02  # between two requests
T_NOISE = 0.5  # a line that does not fall silent within this is babbling


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
        self._rest_until = -inf
        self._last = ''  # request, in words
        self.heard_until = -inf  # s; what was said before has been heard: an answer came later

    def request(self, name: str, parameters: bytes = b'',
                accept: Callable[[bytes], bool] = lambda parameters: True) -> bytes:
        """
        Send a message and return the parameters of its report, where `accept` takes them.

        Raises ReplyTimeout, ProtocolError, OutcomeUnknown, as the table above says.
        """
        kind = _kind(name, parameters)
        report = BY_NAME[kind.report]

        def wanted(message: Message) -> bool:
            found = message.parameters
            return (message.key == report.key and len(found) == report.size
                    and found[:report.echo] == parameters[:report.echo] and accept(found))

        message = Message(bytes(kind.key) + parameters)
        damaged = self.channel.counters.damaged
        start = self.port.now()
        for attempt in range(1 + kind.repeats):
            self.channel.counters.retries += attempt > 0
            found = self._ask(message, wanted)
            if found is not None:
                self.heard_until = start
                return found.parameters
        raise self._no_report(kind, self.channel.counters.damaged > damaged)

    def send(self, name: str, parameters: bytes) -> None:
        """Send a message that has no report."""
        self._send(Message(bytes(_kind(name, parameters).key) + parameters))

    def send_raw(self, data: bytes) -> bytes:
        """
        Send any message, once, and return the data of its report.

        Of a message whose report is not known that is the first that comes; empty: none came.
        """
        message = Message(data)
        kind = MESSAGES.get(message.key)
        report = BY_NAME.get(kind.report) if kind else None
        found = self._ask(message, lambda one: report is None or one.key == report.key)
        return found.data if found else b''

    def listen(self) -> None:
        """Take in what has arrived unasked; waits for no more than the rest of a message."""
        start = self.port.now()
        while self.channel.heard():
            if self.port.now() > start + T_NOISE:
                return
            self._receive(self.port.now())

    def _ask(self, message: Message, wanted: Callable[[Message], bool]) -> Message | None:
        """Send once and return the message that is wanted; None when it does not come."""
        self.listen()
        self._send(message)
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

    def _send(self, message: Message) -> None:
        self.port.pause(max(0.0, self._rest_until - self.port.now()))
        self._last = explain(message)
        self.channel.counters.requests += 1
        self.channel.send(message)
        self._rest_until = self.port.now() + PAUSE

    def _receive(self, end: float) -> Frame | Damaged:
        """Return what comes next and pass it on. Raises ReplyTimeout."""
        frame = self.channel.receive(max(0.0, end - self.port.now()))
        if isinstance(frame, Message | Damaged):
            self._heard(frame)
        elif frame is Control.ERROR:
            log.warning('%s: the matrix sent an error byte (fe) after "%s"', self.port.name,
                        self._last or 'nothing')
        return frame

    def _no_report(self, kind: Kind, noise: bool) -> Exception:
        """Return the error for a report that did not come."""
        text = f'{self.port.name}: the matrix did not answer {kind.name}'
        if kind.name == 'are_you_there':
            if noise:
                return naming(ProtocolError(
                    f'{text}: only bytes came that are no message; is it another device, another '
                    'speed, or does the matrix use a checksum?'), 'checksum')
            return ReplyTimeout(f'{text}. Is it switched on and connected, with a straight cable?')
        asks = kind.name.startswith('get_')
        try:
            self.request('are_you_there')
        except (ReplyTimeout, ProtocolError) as error:
            return error if asks else OutcomeUnknown(
                f'{text}, nor whether it is there; it is unknown whether it obeyed: '
                'look at its outputs')
        if asks:
            return ProtocolError(f'{text}, though it is there: it does not understand it, or '
                                 'refuses')
        return OutcomeUnknown(f'{text} with the expected report, though it is there; it is '
                              'unknown whether it obeyed: look at its outputs')


def _kind(name: str, parameters: bytes) -> Kind:
    kind = BY_NAME[name]
    if not kind.key:
        raise NotSupported(f'{name}: how this message is coded is not known; what you know of it '
                           'can be sent as a raw message')
    assert len(parameters) == kind.size, name
    return kind

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions of the iX Link protocol: requests and what answers them (ix_link.md, sections 3 and 6).

There is no log-in and no session on the wire: pairs of request and reply, one at a time. What
answers a request, and what is done:

=============================  ==================================================================
its id, code 0                 taken, if its data are as long as they should be, else `Damaged`
its id, a negative code        an error, see ERRORS; never repeated, but for the next line
its id, ERR_CANNOT_EXECUTE     the camera is asked for its status: BUSY is `Busy`, ERROR is
                               `Refused`; READY: it was busy a moment ago, once more
its id, a positive code        `ProtocolError`; of a command that is not repeatable as silence
id 255, a negative code        as with its id; of a command that is not repeatable only if
                               nothing with its id follows
another id                     late or stray: dropped; the time runs on
damage                         skipped (6.2); the time runs on
silence until the time-out     the line is left to fall silent; repeated, 3 tries in all, then
                               `ReplyTimeout`, or `ProtocolError` if there was damage; of a
                               command that is not repeatable `OutcomeUnknown` at once
=============================  ==================================================================

Late replies (6.3): a reply says the id it answers, no more. An id that was given up on is
remembered until another id has been answered, since the camera answers in order. Before it is
sent again for another purpose, a question with another id is asked (the barrier).

Not repeatable are capture and the increments. What became of a doubtful one the camera is asked:
a capture by its status (`trigger`), an increment by the value (`increment`); neither is ever sent
twice but after ERR_CANNOT_EXECUTE, with which the camera says that it did nothing.

Worst cases, with a camera that is mute from now on (a babbling one: 0.9 s more for each try):

=============================  ==================================================================
a question, a setting          1.7 s: 3 tries of T_REPLY, two T_QUIET between them; once more
                               as long if a barrier comes before it
stop_live_view, synchronous    15.1 s: 3 tries of T_WORK
an increment                   2.3 s: one try, and a question
trigger                        asynchronous 2.3 s, synchronous `limit` and 1.7 s
wait_until_ready               until its end, and 1.7 s
=============================  ==================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
import logging

from camera_driver.devices.ix_link.apex import Grid, Quantity
from camera_driver.devices.ix_link.codec import (
    Decoder, encode, Frame, MAX_FRAME, Reply, Request, UNDEFINED_ID)
from camera_driver.devices.ix_link.commands import (
    BlackCalibration, Code, Command, COMMANDS, name_of, ReplyMode, Row, Status)
from camera_driver.errors import (
    Busy, Cancelled, DeviceError, NotSupported, OutcomeUnknown, PortError, ProtocolError, Refused,
    ReplyTimeout)
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import Port
from camera_driver.model import LiveViewRegion

log = logging.getLogger(__name__)

# Times in s (3.1, 6.4); only the first is the manufacturer's.
T_REPLY = 0.5
T_WORK = 5.0  # of a synchronous command, besides twice the exposure time
T_GAP = 0.1  # silence inside a frame
T_QUIET = 0.05  # at least 20 bytes
T_NOISE = 0.5  # a line that does not fall silent within this is babbling
T_POLL = 0.1
TRIES = 3

ERRORS: Mapping[int, tuple[type[DeviceError], str]] = {
    Code.ERR_GENERAL: (Refused, 'it reports an unspecified failure'),
    Code.ERR_NOT_SUPPORTED: (NotSupported, 'this camera does not know the command'),
    Code.ERR_CANNOT_EXECUTE: (Refused, 'not possible in its present state'),
    Code.ERR_MSG_SIZE: (ProtocolError, 'it finds the size of the message wrong; it may speak '
                        'another revision of iX Link'),
    Code.ERR_PROTOCOL_VERSION: (ProtocolError, 'it speaks another version of iX Link than 1'),
    Code.ERR_INPUT_OUT_OF_RANGE: (Refused, 'the value is out of range; ranges may change with '
                                  'the lens and the mode'),
}
"""What a negative completion code becomes (4.2); an unknown one is `Refused`."""

BARRIERS = tuple(c for c, row in COMMANDS.items() if row.reply)
BARRIERS = (Command.GET_SYSTEM_STATUS, *(c for c in BARRIERS if c != Command.GET_SYSTEM_STATUS))


class IxLinkSession:
    """The conversation with one camera over an open port."""

    def __init__(self, port: Port) -> None:
        """Take over an open port; sends nothing."""
        self.port = port
        self.channel: Channel[Frame] = Channel(port, encode, Decoder(Reply), T_GAP)
        self.sent_at = port.now()  # when the last command that is not repeatable had left
        # As last commanded, since the camera cannot be asked; None: not known.
        self.black_calibration: BlackCalibration | None = None
        self.live_view: bool | None = None
        self.region: LiveViewRegion | None = None
        self._given_up: list[int] = []  # ids whose reply may still come, the oldest first
        self._late: Reply | None = None  # the last reply that came to one of them
        self._begun = 0.0  # when the last request was handed to the port
        self._trouble = True  # the line has to fall silent before the next request

    # Exposure (5).

    def grid(self, quantity: Quantity) -> Grid:
        """Return the values that can be set; they may change with the lens."""
        try:
            return Grid(*self._do(quantity.get_range))
        except ValueError as error:
            raise ProtocolError(f'{self.port.name}: {quantity.get_range}: {error}') from None

    def read(self, quantity: Quantity) -> tuple[int, int]:
        """Return the APEX value that the camera holds as numerator and denominator."""
        numerator, denominator = self._do(quantity.get)
        if not denominator:
            raise ProtocolError(f'{self.port.name}: {quantity.get}: {numerator}/0 is no value')
        return numerator, denominator

    def value(self, quantity: Quantity) -> Fraction:
        """Return the APEX value that the camera holds."""
        return Fraction(*self.read(quantity))

    def write(self, quantity: Quantity, numerator: int, denominator: int) -> None:
        """Set an APEX value and read it back. Raises Refused when another is held."""
        self._do(quantity.set, numerator, denominator)
        self._compare(quantity, self.value(quantity), Fraction(numerator, denominator))

    def increment(self, quantity: Quantity, numerator: int, denominator: int) -> None:
        """Change an APEX value by a step, once; by what it was before tell whether it was done."""
        before = self.value(quantity)
        wanted = before + Fraction(numerator, denominator)
        try:
            self._do(quantity.increment, numerator, denominator)
        except OutcomeUnknown as error:
            try:
                held = self.value(quantity)
            except DeviceError:
                raise error from None
            log.info('%s; it holds %s, before it held %s', error, held, before)
            if held == before != wanted:
                raise Refused(f'{self.port.name}: {quantity.increment} got lost: the camera holds '
                              'what it held before; try again') from error
        else:
            held = self.value(quantity)
        self._compare(quantity, held, wanted)

    def _compare(self, quantity: Quantity, held: Fraction, wanted: Fraction) -> None:
        if held != wanted:
            raise Refused(f'{self.port.name}: {quantity.name}: the camera accepted APEX {wanted} '
                          f'and holds {held} ({quantity.from_apex(held):.4g})')

    # Pictures (3.3).

    def status(self) -> Status:
        """Return whether the camera is ready, busy or in error."""
        number, = self._do(Command.GET_SYSTEM_STATUS)
        if number not in set(Status):
            raise ProtocolError(f'{self.port.name}: system status {number}; there are 0 to 2')
        return Status(number)

    def make_sure_it_is_ready(self) -> None:
        """Raise Busy or Refused when the camera could not take a picture."""
        status = self.status()
        if status is Status.BUSY:
            raise Busy(f'{self.port.name}: the camera is busy; try again when it is ready')
        if status is Status.ERROR:
            raise self._error_state()

    def trigger(self, mode: ReplyMode, limit: float) -> str:
        """
        Take a picture with a camera that was just asked whether it is ready.

        Returns once it is accepted (asynchronous) or taken (within `limit` [s]; synchronous): how
        a doubtful outcome was settled, '' for none. `sent_at` is when the trigger had left.
        Raises OutcomeUnknown when the camera is READY again after a doubt, which does not tell.
        """
        self._late = None
        try:
            self._do(Command.CAPTURE, mode, timeout=limit if mode is ReplyMode.SYNC else T_REPLY)
            return ''
        except OutcomeUnknown as error:
            doubt = error
        try:
            status = self.status()
        except DeviceError as error:
            raise OutcomeUnknown(f'{doubt} ({error})') from doubt
        late: Reply | None = self._late
        if late and late.command == Command.CAPTURE and late.code <= 0:
            self._raise_if_error(late, Command.CAPTURE)
            return 'its answer to the trigger came late'
        if status is Status.BUSY:
            return 'its answer to the trigger is missing, but it was busy right after it'
        raise OutcomeUnknown(f'{doubt}: it is {status}, which does not tell. Look whether there '
                             'is a picture before the next shot')

    def wait_until_ready(self, end: float) -> None:
        """
        Ask for the status until the camera is no longer busy, at most until the port's time `end`.

        Raises Refused when it reports an error in the end, Busy when it does not end.
        """
        while (status := self.status()) is Status.BUSY:
            if self.port.now() >= end:
                raise Busy(f'{self.port.name}: the camera is still busy; it should have been '
                           'ready long ago')
            self.port.pause(T_POLL)
        if status is Status.ERROR:
            raise self._error_state()

    def _error_state(self) -> Refused:
        return Refused(f'{self.port.name}: the camera reports a general error; look at its own '
                       'display, or switch it off and on', Code.ERR_GENERAL)

    # What can only be commanded (4.1).

    def set_black_calibration(self, mode: BlackCalibration) -> None:
        """Set whether the camera takes a dark frame after each picture."""
        self.black_calibration = None
        self._do(Command.SET_BLACK_CALIB_MODE, mode)
        self.black_calibration = mode

    def start_live_view(self, timeout: float = T_REPLY) -> None:
        """Start live view."""
        self.live_view = None
        self._do(Command.START_LIVE_VIEW, timeout=timeout)
        self.live_view = True

    def stop_live_view(self, mode: ReplyMode) -> None:
        """Stop live view and wait until that is done."""
        self.live_view = None
        self._do(Command.STOP_LIVE_VIEW, mode,
                 timeout=T_WORK if mode is ReplyMode.SYNC else T_REPLY)
        if mode is ReplyMode.ASYNC:
            self.wait_until_ready(self.port.now() + T_WORK)
        self.live_view = False

    def set_region(self, region: LiveViewRegion) -> None:
        """Set what live view shows."""
        self.region = None
        self._do(Command.SET_REGION_OF_INTEREST, region.center_x, region.center_y, region.scale)
        self.region = region

    def raw(self, command: int, data: bytes, timeout: float) -> bytes:
        """Send a command as it is, never twice, and return its reply's data."""
        if command == Command.SET_BLACK_CALIB_MODE:
            self.black_calibration = None
        elif command in (Command.START_LIVE_VIEW, Command.STOP_LIVE_VIEW):
            self.live_view = None
        elif command == Command.SET_REGION_OF_INTEREST:
            self.region = None
        reply = self._ask(Request(command, data), timeout, None)
        self._raise_if_error(reply, command)
        return reply.data

    # One request.

    def _do(self, command: Command, *values: int, timeout: float = T_REPLY) -> tuple[int, ...]:
        """Carry out a command and return what its reply holds."""
        row = COMMANDS[command]
        request = Request(command, row.pack(values))
        reply = self._ask(request, timeout, row)
        if reply.code == Code.ERR_CANNOT_EXECUTE and command is not Command.GET_SYSTEM_STATUS:
            status = self.status()
            if status is Status.BUSY:
                raise Busy(f'{self.port.name}: {command}: the camera is busy; try again when it '
                           'is ready')
            if status is Status.READY:
                reply = self._ask(request, timeout, row)
        self._raise_if_error(reply, command)
        found = row.unpack(reply.data)
        assert found is not None
        return found

    def _raise_if_error(self, reply: Reply, command: int) -> None:
        if reply.code < 0:
            kind, words = ERRORS.get(reply.code, (Refused, 'a code that is not documented'))
            name = str(Code(reply.code)) if reply.code in ERRORS else 'error'
            text = (f'{self.port.name}: the camera refused {name_of(command)}: {name} '
                    f'({reply.code}): {words}')
            raise Refused(text, reply.code) if kind is Refused else kind(text)

    def _ask(self, request: Request, timeout: float, row: Row | None) -> Reply:
        """
        Send a request until it is answered; return a reply of the right size, or of an error.

        `row` None: a command that nobody knows; it is sent once and any data will do.
        """
        if request.command in self._given_up:
            self._barrier(request.command)
        repeatable = row is not None and row.repeatable
        heard: Frame | Damaged | None = None
        for attempt in range(TRIES if repeatable else 1):
            sent = self._send(request, attempt)
            try:
                if not repeatable:
                    sent = self.sent_at = self.port.flush()
                reply, damage = self._answer(request, row, sent + timeout, repeatable)
            except (PortError, Cancelled) as error:
                if repeatable:
                    raise
                raise OutcomeUnknown(f'{error}. {name_of(request.command)} was on its way; it is '
                                     'unknown whether the camera did it') from error
            if reply:
                if reply.command == request.command:
                    self._given_up = [request.command] if attempt else []
                self.channel.counters.round_trips.append(self.port.now() - self._begun)
                return reply
            heard = damage or heard
            self._trouble = True
            if request.command not in self._given_up:
                self._given_up.append(request.command)
        text = f'{self.port.name}: no answer to {name_of(request.command)}'
        if heard is not None:
            text = f'{self.port.name}: no sound answer to {name_of(request.command)} ({heard})'
        if not repeatable:
            raise OutcomeUnknown(f'{text}; it is unknown whether the camera did it')
        if heard is None:
            raise ReplyTimeout(f'{text}, {TRIES} tries. Is the camera on, the cable in the right '
                               'socket, and its serial port set up for iX Link?')
        raise ProtocolError(f'{text}, {TRIES} tries. Is it another device, or another speed?')

    def _barrier(self, command: int) -> None:
        """Ask something else: what was sent before is answered by then, and has been dropped."""
        other = next((c for c in BARRIERS if c not in self._given_up), None)
        if other is None:  # the camera has been mute for long: the one given up first will do
            other = Command(next(c for c in self._given_up if c in BARRIERS and c != command))
            self._given_up.remove(other)
        log.debug('%s: %s, before %s is sent again', self.port.name, other, name_of(command))
        reply = self._ask(Request(other), T_REPLY, COMMANDS[other])
        if reply.command == UNDEFINED_ID:
            self._raise_if_error(reply, other)

    def _send(self, request: Request, attempt: int) -> float:
        """Drop what nobody waits for, then send; return when it will have left."""
        channel, port = self.channel, self.port
        if self._trouble:
            channel.drain(max(T_QUIET, 20 * port.line.byte_time), T_NOISE)
            self._trouble = False
        else:
            channel.drain(0.0, T_GAP)
        channel.counters.requests += 1
        channel.counters.retries += attempt > 0
        self._begun = port.now()
        channel.send(request)
        return port.now() + (len(request.data) + 5) * port.line.byte_time

    def _answer(self, request: Request, row: Row | None, end: float, repeatable: bool,
                ) -> tuple[Reply | None, Frame | Damaged | None]:
        """Return the reply that comes until `end`, or None and what came instead."""
        port, counters = self.port, self.channel.counters
        whole = MAX_FRAME * port.line.byte_time + T_GAP
        heard: Frame | Damaged | None = None
        unnamed: Reply | None = None
        while port.now() < end:
            try:
                frame = self.channel.receive(max(0.0, end - port.now()), whole)
            except ReplyTimeout:
                break
            if not isinstance(frame, Reply):
                heard = frame
            elif frame.command == UNDEFINED_ID and frame.code < 0:
                unnamed = frame
                if repeatable:
                    break
            elif frame.command != request.command:
                counters.stale += 1
                if frame.command in self._given_up:
                    self._late = frame
                else:
                    heard = frame
            elif frame.code < 0:
                if frame.data:
                    log.info('%s: an error with data: %s', port.name, frame)
                return frame, None
            elif frame.code > 0 and repeatable:
                raise ProtocolError(f'{port.name}: {name_of(request.command)}: completion code '
                                    f'{frame.code}; there is no positive one')
            elif frame.code == 0 and (row is None or len(frame.data) == len(row.reply)):
                return frame, None
            else:
                counters.unexpected += 1
                heard = frame
        return unnamed, heard

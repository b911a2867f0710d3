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
silence until the time-out     the line is left to fall silent; repeated until T_PATIENCE is
                               over, at least once, then `ReplyTimeout`, or `ProtocolError` if
                               there was damage; of a command that is not repeatable
                               `OutcomeUnknown` at once
data that make no sense        `Malformed`; where it matters, asked again (`certain`)
=============================  ==================================================================

Late replies (6.3): a reply says the id it answers, no more. An id that was given up on is
remembered until another id has been answered, since the camera answers in order. Before it is
sent again for another purpose, a question with another id is asked (the barrier).

Not repeatable are capture and the increments. What became of a doubtful one the camera is asked:
a capture by its status (`trigger`), an increment by the value (`increment`); neither is ever sent
twice but after ERR_CANNOT_EXECUTE, with which the camera says that it did nothing. All other codes
say so too, but two: ERR_GENERAL, which is an unspecified failure, perhaps behind the exposure, and
whatever comes with id 255, which may be the answer to noise. These are doubts.

Worst cases, with a camera that is mute from now on (one that babbles, or sends byte by byte: 0.9 s
more for a question, since one that begins before T_PATIENCE is over may take that much longer):

=============================  ==================================================================
a question, a setting          2.8 s: tries of T_REPLY, T_QUIET between them; once more as long
                               if a barrier comes before it
`certain`                      5.7 s: T_PATIENCE, and a question
stop_live_view, synchronous    10.2 s: two tries of T_WORK
an increment                   3.4 s: one try, and a question; 6.3 s if its answers differ
trigger                        asynchronous 3.4 s, synchronous `limit` and 2.8 s
wait_until_ready               until its end, and 2.8 s
anything that is cancelled     at once
=============================  ==================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
import logging
from typing import TypeVar

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES, Quantity
from camera_driver.devices.ix_link.codec import (
    Decoder, encode, Frame, MAX_FRAME, Reply, Request, UNDEFINED_ID)
from camera_driver.devices.ix_link.commands import (
    BlackCalibration, Code, Command, COMMANDS, name_of, ReplyMode, Row, Status)
from camera_driver.errors import (
    Busy, DeviceError, NotConfirmed, NotSupported, OutcomeUnknown, ProtocolError, Refused,
    ReplyTimeout)
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import Port
from camera_driver.model import LiveViewRegion
from camera_driver.operations import (
    Attempt, carry_out, confirmed, Evidence, once, Outcome, Record, Settlement, unrecorded)

T = TypeVar('T')

log = logging.getLogger(__name__)

# Times in s (3.1, 6.4); only the first is the manufacturer's.
T_REPLY = 0.5
T_WORK = 5.0  # of a synchronous command, besides twice the exposure time
T_GAP = 0.1  # silence inside a frame
T_QUIET = 0.05  # at least 20 bytes
T_NOISE = 0.5  # a line that does not fall silent within this is babbling
T_POLL = 0.1
T_PATIENCE = 2.5  # for repeating what may be repeated

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


class Malformed(ProtocolError):
    """The data of a reply make no sense; its checksum was right."""


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
        self._told_status = False  # that a status is none of this revision's

    # Exposure (5).

    def grid(self, quantity: Quantity) -> Grid:
        """Return the values that can be set; they may change with the lens."""
        try:
            return Grid(*self._do(quantity.get_range))
        except ValueError as error:
            raise Malformed(f'{self.port.name}: {quantity.get_range}: {error}') from None

    def read(self, quantity: Quantity) -> tuple[int, int]:
        """Return the APEX value that the camera holds as numerator and denominator."""
        numerator, denominator = self._do(quantity.get)
        if not denominator:
            raise Malformed(f'{self.port.name}: {quantity.get}: {numerator}/0 is not a value')
        return numerator, denominator

    def value(self, quantity: Quantity) -> Fraction:
        """Return the APEX value that the camera holds."""
        return Fraction(*self.read(quantity))

    def certain(self, question: Callable[[], T]) -> T:
        """
        Ask until an answer comes twice, for T_PATIENCE; what makes no sense counts as none.

        One in 256 replies that noise made a byte longer passes the XOR, its data shifted.
        """
        answers: list[T] = []
        nonsense: Malformed | None = None
        end = self.port.now() + T_PATIENCE
        while not answers or self.port.now() < end:
            try:
                answer = question()
            except Malformed as error:
                if self.port.now() >= end:
                    raise
                nonsense = error
            else:
                if answer in answers:
                    return answer
                answers.append(answer)
            if nonsense or len(answers) > 1:
                self.port.pause(T_POLL)
        raise ProtocolError(f'{self.port.name}: each answer to one question differs: '
                            f'{answers[:4]}; the line is noisy, check the cable') from nonsense

    def write(self, quantity: Quantity, numerator: int, denominator: int) -> None:
        """
        Set an APEX value and read it back.

        Raises Refused when another is held, NotConfirmed when it cannot be read back.
        """
        wanted = Fraction(numerator, denominator)
        confirmed(f'{self.port.name}: {quantity.words(wanted)}',
                  lambda attempt: self._do(quantity.set, numerator, denominator, attempt=attempt),
                  lambda: self._held(quantity, wanted), lambda held: held == wanted,
                  lambda held: f'the device took it and holds {quantity.words(held)}')

    def increment(self, quantity: Quantity, numerator: int, denominator: int,
                  record: Record = unrecorded) -> None:
        """
        Change an APEX value by a step, once; by what it was before tell whether it was done.

        Raises Refused (not done), NotConfirmed (done, says the camera, and the value cannot be
        read), OutcomeUnknown.
        """
        before = self.value(quantity)
        wanted = before + Fraction(numerator, denominator)
        evidence = {'operation': 'step_exposure', 'quantity': quantity.name,
                    'before': str(before), 'after': str(wanted)}
        found = carry_out(evidence, lambda: self._do(quantity.increment, numerator, denominator),
                          self.settle_step, record)[1]
        if found:
            log.info('%s: %s', self.port.name, found.words)
            return
        said = f'{self.port.name}: {quantity.increment}: the camera reported it as done'
        try:
            found = self.settle_step(evidence)
        except (DeviceError, KeyboardInterrupt) as error:
            raise NotConfirmed(f'{said}, and the value could not be read afterwards: '
                               f'{error or "interrupted"}') from error
        if found.outcome is Outcome.NOT_DONE:
            raise Refused(f'{said}. {found.words}')
        if found.outcome is Outcome.UNKNOWN:
            raise OutcomeUnknown(f'{said}. {found.words}', evidence)

    def settle_step(self, evidence: Evidence) -> Settlement:
        """Say whether a step was made by the value that the camera holds now."""
        quantity = QUANTITIES[evidence['quantity']]
        before, after = Fraction(evidence['before']), Fraction(evidence['after'])
        held = self._held(quantity, after)
        if held == after:
            return Settlement(Outcome.DONE, f'The camera holds {quantity.words(held)} instead of '
                              f'{quantity.words(before)}')
        if held == before:
            return Settlement(Outcome.NOT_DONE, 'The step was not made: the camera holds what it '
                              f'held before, {quantity.words(held)}; try again')
        return Settlement(Outcome.UNKNOWN, f'The camera holds {quantity.words(held)}, neither '
                          f'{quantity.words(before)} nor {quantity.words(after)}')

    def _held(self, quantity: Quantity, wanted: Fraction) -> Fraction:
        """Return the value that the camera holds; one that nobody expects, asked twice."""
        held = self.value(quantity)
        return held if held == wanted else self.certain(lambda: self.value(quantity))

    # Pictures (3.3).

    def status(self) -> Status:
        """Return whether the camera is ready, busy or in error."""
        number = self.status_number()
        if number not in set(Status):
            raise Malformed(f'{self.port.name}: system status {number}; there are 0 to 2')
        return Status(number)

    def status_number(self) -> int:
        """Return the status as the camera tells it, one that this revision does not have too."""
        number, = self._do(Command.GET_SYSTEM_STATUS)
        if number not in set(Status) and not self._told_status:
            self._told_status = True
            log.warning('%s: the camera reports a system status %d, which this revision of iX '
                        'Link does not have', self.port.name, number)
        return number

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
        found = carry_out(
            {'operation': 'capture'},
            lambda: self._do(Command.CAPTURE, mode,
                             timeout=limit if mode is ReplyMode.SYNC else T_REPLY),
            lambda _: self._settle_trigger())[1]
        return found.words if found else ''

    def _settle_trigger(self) -> Settlement:
        """Say whether a camera that was READY before the trigger has taken it."""
        status = self.status()
        late = self._late
        if late and late.command == Command.CAPTURE:
            if late.code == 0:
                return Settlement(Outcome.DONE, 'its answer to the trigger came late')
            if _clear(late):
                return Settlement(Outcome.NOT_DONE, 'Its answer came late: '
                                  f'{_error_words(late.code)}')
        if status is Status.BUSY:
            return Settlement(Outcome.DONE, 'its answer to the trigger is missing, but it was '
                              'busy right after it')
        return Settlement(Outcome.UNKNOWN, f'The camera is {status}, which does not tell. Look '
                          'whether there is a picture before the next shot')

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
        self._command(f'black calibration {mode.name.lower()}', Command.SET_BLACK_CALIB_MODE, mode)
        self.black_calibration = mode

    def start_live_view(self, timeout: float = T_REPLY) -> None:
        """Start live view."""
        self.live_view = None
        self._command('live view on', Command.START_LIVE_VIEW, timeout=timeout)
        self.live_view = True

    def stop_live_view(self, mode: ReplyMode) -> None:
        """Stop live view and wait until that is done."""
        self.live_view = None
        self._command('live view off', Command.STOP_LIVE_VIEW, mode,
                      timeout=T_WORK if mode is ReplyMode.SYNC else T_REPLY)
        if mode is ReplyMode.ASYNC:
            try:
                self.wait_until_ready(self.port.now() + T_WORK)
            except (DeviceError, KeyboardInterrupt) as error:
                raise NotConfirmed(f'{self.port.name}: live view off: accepted by the camera, and '
                                   f'then {error or "interrupted"}') from error
        self.live_view = False

    def set_region(self, region: LiveViewRegion) -> None:
        """Set what live view shows."""
        self.region = None
        self._command(f'live view region {region.center_x}, {region.center_y}, {region.scale} %',
                      Command.SET_REGION_OF_INTEREST, region.center_x, region.center_y,
                      region.scale)
        self.region = region

    def _command(self, what: str, command: Command, *values: int,
                 timeout: float = T_REPLY) -> None:
        """Set what cannot be read back. Raises NotConfirmed when no answer came."""
        confirmed(f'{self.port.name}: {what}',
                  lambda attempt: self._do(command, *values, timeout=timeout, attempt=attempt),
                  lambda: None, lambda held: True)

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

    def _do(self, command: Command, *values: int, timeout: float = T_REPLY,
            attempt: Attempt | None = None) -> tuple[int, ...]:
        """Carry out a command and return what its reply holds; `attempt` is that of a setting."""
        row = COMMANDS[command]
        request = Request(command, row.pack(values))
        reply = self._ask(request, timeout, row, attempt)
        first = not self._given_up  # else an earlier try may have been obeyed
        if reply.code == Code.ERR_CANNOT_EXECUTE and command is not Command.GET_SYSTEM_STATUS:
            if attempt and first:
                attempt.sent = 0  # it did nothing
            status = self.status()
            if status is Status.BUSY:
                raise Busy(f'{self.port.name}: {command}: the camera is busy; try again when it '
                           'is ready')
            if status is Status.READY:
                reply = self._ask(request, timeout, row, attempt)
        self._raise_if_error(reply, command, attempt if first else None)
        found = row.unpack(reply.data)
        assert found is not None
        return found

    def _raise_if_error(self, reply: Reply, command: int, attempt: Attempt | None = None) -> None:
        if reply.code < 0:
            kind = ERRORS.get(reply.code, (Refused, ''))[0]
            text = (f'{self.port.name}: the camera refused {name_of(command)}: '
                    f'{_error_words(reply.code)}')
            error = Refused(text, reply.code) if kind is Refused else kind(text)
            raise attempt.clear_no(error) if attempt and _clear(reply) else error

    def _ask(self, request: Request, timeout: float, row: Row | None,
             attempt: Attempt | None = None) -> Reply:
        """
        Send a request until it is answered; return a reply of the right size, or of an error.

        `row` None: a command that nobody knows; it is sent once and any data will do.
        """
        if request.command in self._given_up:
            self._barrier(request.command)
        if row is not None and row.repeatable:
            return self._ask_again(request, timeout, row, attempt or Attempt())
        known = COMMANDS.get(request.command)  # type: ignore[call-overload]
        words = ('take a picture' if request.command == Command.CAPTURE else
                 f'carry out {name_of(request.command)}')
        with once(words, self.port.name) as attempt:
            self._send(request, attempt)
            self.sent_at = self.port.flush()
            reply, heard = self._answer(request, row, self.sent_at + timeout)
            if not reply:
                self._give_up(request.command)
                raise self._no_answer(request.command, heard, 1)
            if not _clear(reply) and not (known and known.repeatable):
                self._raise_if_error(reply, request.command)
            self._answered(request, reply, 1)
            return reply

    def _ask_again(self, request: Request, timeout: float, row: Row, attempt: Attempt) -> Reply:
        """Send what may be repeated, for T_PATIENCE; what takes long at least twice."""
        port = self.port
        end = port.now() + max(T_PATIENCE, 2 * timeout)
        heard: Frame | Damaged | None = None
        tries = 0
        while not tries or port.now() < end:
            self.channel.counters.retries += tries > 0
            sent = self._send(request, attempt)
            tries += 1
            reply, damage = self._answer(request, row, sent + timeout)
            if reply:
                self._answered(request, reply, tries)
                return reply
            heard = damage or heard
            self._give_up(request.command)
        raise self._no_answer(request.command, heard, tries)

    def _answered(self, request: Request, reply: Reply, tries: int) -> None:
        if reply.command == request.command:
            self._given_up = [request.command] if tries > 1 else []
        self.channel.counters.round_trips.append(self.port.now() - self._begun)

    def _give_up(self, command: int) -> None:
        self._trouble = True
        if command not in self._given_up:
            self._given_up.append(command)

    def _no_answer(self, command: int, heard: Frame | Damaged | None, tries: int) -> DeviceError:
        text = f'{self.port.name}: no {"valid " if heard else ""}answer to {name_of(command)}'
        if heard is None:
            return ReplyTimeout(text if tries == 1 else (
                f'{text}, {tries} tries. Is the camera on, the cable in the right socket, and its '
                'serial port set up for iX Link?'))
        text = f'{text} ({heard})'
        return ProtocolError(text if tries == 1 else f'{text}, {tries} tries. Is it another '
                             'device, or another speed?')

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

    def _send(self, request: Request, attempt: Attempt) -> float:
        """Drop what nobody waits for, then send; return when it will have left."""
        channel, port = self.channel, self.port
        if self._trouble:
            channel.drain(max(T_QUIET, 20 * port.line.byte_time), T_NOISE)
            self._trouble = False
        else:
            channel.drain(0.0, T_GAP)
        channel.counters.requests += 1
        self._begun = port.now()
        attempt.sending()
        channel.send(request)
        return port.now() + (len(request.data) + 5) * port.line.byte_time

    def _answer(self, request: Request, row: Row | None, end: float,
                ) -> tuple[Reply | None, Frame | Damaged | None]:
        """Return the reply that comes until `end`, or None and what came instead."""
        repeatable = row is not None and row.repeatable
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


def _clear(reply: Reply) -> bool:
    """Say whether a reply with an error says that nothing was done."""
    return reply.command != UNDEFINED_ID and reply.code != Code.ERR_GENERAL


def _error_words(code: int) -> str:
    words = ERRORS.get(code, (Refused, 'a code that is not documented'))[1]
    return f'{str(Code(code)) if code in ERRORS else "error"} ({code}): {words}'

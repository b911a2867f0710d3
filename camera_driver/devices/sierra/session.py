# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions of the Sierra protocol: recovery, folders, registers, actions (sierra.md, 3 to 5).

What ends a request, and what is done about the session (the requests themselves: `exchange`,
how a session begins: `wakeup`):

=======================  ========================================================================
a request ends with      then
=======================  ========================================================================
an answer, `Refused`     the session lives
`SessionLost`            logged in again and the request repeated, MAX_LOSSES times
anything, of a request   `OutcomeUnknown`, a refusal included (5.3)
that is sent once
anything else            raised; the next request makes sure first that the session lives (5.6),
                         and logs in again if it does not
=======================  ========================================================================

Worst cases, with a camera that is mute from now on:

=======================  ========================================================================
a log-in                 17 s: 4 NULs, 3 s each, and one question at the speed of before; once
                         per port up to 22 s more for each speed that the line does not carry
a question, a write      18 s, 16 s (registers 4, 83, 84 and questions of a frame: 22 s): two tries
                         and a log-in with two NULs; after a rest of T_IDLE 20 s
a packet of a transfer   6 s, of one that came without pauses 2 s, and 12 s for the log-in; of an
                         upload 10 s, its time on the line, and the log-in
an action                2 s until it is accepted; 20 s until it is done, 60 s if it exposes or
                         writes to the card
=======================  ========================================================================

Each further request takes a log-in. On a line that damages: `exchange`; what was given up there
is begun again once, in a session that is made sure of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
import logging
from typing import TypeVar

from camera_driver.devices.sierra.codec import (
    Code, command, Control, MAX_DATA, pack_int, Packet, REFUSALS, SUB_COMMAND, Type, unpack_int)
from camera_driver.devices.sierra.exchange import (
    Exchange, GivenUp, N_RETRY, T_ACK, T_NOISE, T_QUIET, TRIES, words)
from camera_driver.devices.sierra.registers import Action, NUMBER, repeatable
from camera_driver.devices.sierra.wakeup import N_NUL, speed_command, WAKE_UP, WakeUp
from camera_driver.errors import (
    DeviceError, OutcomeUnknown, ProtocolError, Refused, ReplyTimeout, SessionLost)
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import ProgressCallback
from camera_driver.operations import Attempt, line_lost, once

log = logging.getLogger(__name__)

T = TypeVar('T')

# Times in s, sierra.md 5.2, 'recommended for a new host'.
T_ACK_SLOW = 5.0  # registers 4, 83, 84
T_FOLDERS = 1.0  # to the answer whether there are folders; some models do not give any (4.7)
T_DONE_SLOW = 60.0  # actions that write to the card or expose
T_THERE = 1.5  # to an answer of a camera whose session may be lost
T_KNOCK = 6.0  # of silence after an action, then a NUL asks whether the camera has begun anew
T_REST = 1.0  # after which an action that is not safe to repeat is preceded by a question
MAX_LOSSES = 3
N_NUL_AGAIN = 2  # to a camera that answered a moment ago

SLOW_REGISTERS = frozenset({NUMBER['current_frame'], NUMBER['folder_select'],
                            NUMBER['folder_name']})
SETTLED = frozenset({Action.ERASE_LAST, Action.ERASE_ALL, Action.TAKE_PICTURE,
                     Action.ERASE_FRAME, Action.STORE_UPLOAD})
"""Actions whose outcome the camera's count tells (`outcomes`)."""

SLOW_ACTIONS = frozenset({Action.ERASE_ALL, Action.TAKE_PICTURE, Action.STORE_UPLOAD})

MAX_VDATA = 64 * 1024  # bytes; of every register but those that hold pictures and sound
MAX_PICTURE = 32 * 1024 * 1024  # bytes; beyond it a declared size is not believed


class SierraSession:
    """The conversation with one camera over an open port."""

    def __init__(self, port: Port, max_baudrate: int = 115200, pacing: str = 'chunked') -> None:
        """Take over an open port; sends nothing. `pacing`: as of Exchange."""
        self.port = port
        self.max_baudrate = max_baudrate
        self.exchange = Exchange(port, pacing)
        self.channel = self.exchange.channel
        self.logins = 0
        self.folder: Sequence[str] | None = None  # where to be after a log-in; None: no folders
        self._wakeup = WakeUp(port, self.exchange)
        self._alive = False

    # Session life cycle (section 3).

    def login(self, nuls: int = N_NUL) -> None:
        """
        Make sure of a session: the one there was, or a new one at the highest speed that works.

        Raises ReplyTimeout (nothing answers), ProtocolError (something else does).
        """
        self._alive = False
        if self.exchange.asleep or not self._still_there():
            before = self.port.line
            self._wakeup.wake(before if before != WAKE_UP else LineSettings(self.max_baudrate),
                              nuls)
            self._wakeup.agree_on_speed(self.max_baudrate)
            self.exchange.asleep = False
            self.logins += 1
        if self.folder is not None:
            self._return_to_folder(self.folder)
        self._alive = True

    def limit_speed(self) -> None:
        """Go down to `max_baudrate` if the line is faster."""
        if self.port.line.baudrate > self.max_baudrate:
            self.recovering(lambda: self._wakeup.agree_on_speed(self.max_baudrate))

    def end(self) -> None:
        """Go back to 19200 and let the camera fall asleep by itself (3.7); never raises."""
        alive, self._alive = self._alive, False
        if alive and self.port.line != WAKE_UP:
            with suppress(DeviceError):
                self.exchange.command(speed_command(WAKE_UP.baudrate), T_QUIET, tries=1)

    def recovering(self, operation: Callable[[], T], again: bool = True) -> T:
        """
        Run what is safe to repeat; after a lost session log in again and repeat it.

        So it is, once and `again`, after silence and after damage without end: the camera may have
        been reset without a word. Raises SessionLost after MAX_LOSSES losses.
        """
        losses = 0
        nuls = N_NUL
        while True:
            ready = False
            try:
                if not self._alive:
                    self.login(nuls)
                ready = True
                return operation()
            except (ReplyTimeout, ProtocolError) as error:
                self._alive = False
                if not ready or not again or isinstance(error, GivenUp):
                    raise
                again, nuls = False, N_NUL_AGAIN
                log.info('%s; trying again', error)
            except SessionLost as error:
                self._alive = False
                losses += 1
                if losses > MAX_LOSSES:
                    raise
                log.info('%s; logging in again', error)
            except Refused:
                raise
            except BaseException:
                self._alive = False
                raise

    def _still_there(self) -> bool:
        """After trouble: say whether the session lives at the present speed (5.6)."""
        self.channel.drain(T_QUIET, T_NOISE)
        return self._wakeup.answers(tries=1, timeout=T_THERE)

    def _return_to_folder(self, folder: Sequence[str]) -> None:
        try:
            self._walk(folder)
        except Refused as error:
            self.folder = ()
            raise Refused(f'{error}: folder {"/".join(folder) or "root"} is gone; was the card '
                          'changed? List the images again', error.code) from error

    def _walk(self, folder: Sequence[str]) -> None:
        """Go to a folder from the root: names are relative, so a doubtful step begins again."""
        for attempt in range(TRIES):
            try:
                self._write(Code.SET_VDATA, NUMBER['folder_name'], b'\\')
                for name in folder:
                    self._write(Code.SET_VDATA, NUMBER['folder_name'], name.encode('latin-1'),
                                repeatable=False)
                return
            except OutcomeUnknown:
                if attempt == N_RETRY:
                    raise

    # Registers (4.1).

    def read_int(self, register: int) -> int:
        """Return an int32 register."""
        return self.recovering(lambda: self._ask_int(register))

    def write_int(self, register: int, value: int, attempt: Attempt | None = None) -> None:
        """Write an int32 register; `attempt` is told before the first byte."""
        data = pack_int(value)
        self.recovering(lambda: self._write(Code.SET_INT, register, data, attempt=attempt))

    def read_data(self, register: int, limit: int = MAX_VDATA) -> bytes:
        """Return a vdata register of at most `limit` bytes."""
        return self.recovering(lambda: self.exchange.ask(command(Code.GET_VDATA, register), limit))

    def write_data(self, register: int, value: bytes, attempt: Attempt | None = None) -> None:
        """Write a vdata register that fits into one packet (2046 bytes)."""
        if len(value) > MAX_DATA - 2:
            raise ValueError(f'register {register}: {len(value)} bytes; at most {MAX_DATA - 2}')
        self.recovering(lambda: self._write(Code.SET_VDATA, register, value, attempt=attempt))

    def read_text(self, register: int) -> str:
        """Return a string register."""
        return clean(self.read_data(register))

    def find_folders(self) -> bool:
        """Say whether the model has folders; if so, go to the root (4.7)."""
        before, self.folder = self.folder, None
        packet = command(Code.SET_VDATA, NUMBER['folder_name'], value=b'\\')
        for last in (False, True):
            try:
                self.recovering(lambda: self.exchange.command(packet, T_FOLDERS), again=False)
                self.folder = ()
                return True
            except (Refused, ReplyTimeout, ProtocolError) as error:
                if before is not None and (last or isinstance(error, Refused)):
                    self.folder = before  # it had some a moment ago
                    raise
                if isinstance(error, Refused):
                    break
        return False

    def enter(self, folder: Sequence[str]) -> None:
        """Go to a folder (path from the root) and stay there through recoveries."""
        try:
            self.recovering(lambda: self._walk(folder))
        except DeviceError:
            self._alive = False  # somewhere on the way: the next request goes back first
            raise
        self.folder = tuple(folder)

    def go_back(self) -> None:
        """
        Go to the present folder again where the camera may have left it unnoticed.

        One that has begun anew is at 19200 and in another folder.
        """
        if self.folder is not None and self.may_begin_anew:
            self.enter(self.folder)

    @property
    def may_begin_anew(self) -> bool:
        """Whether a camera that begins anew would answer as if nothing had happened."""
        return self.port.line == WAKE_UP

    def sub_folder(self, number: int) -> str:
        """Return the name of a sub-folder of the current folder, 1 based; selects it (4.7)."""
        def operation() -> str:
            self._write(Code.SET_INT, NUMBER['folder_select'], pack_int(number))
            return clean(self.exchange.ask(command(Code.GET_VDATA, NUMBER['folder_name']),
                                           MAX_VDATA))
        return self.recovering(operation)

    def read_frame_int(self, frame: int, register: int) -> int:
        """Return an int32 register of a frame; the frame is selected first, always (4.6)."""
        return self.recovering(lambda: self._ask_int(register, frame=frame))

    def read_frame_data(self, frame: int, register: int, limit: int = MAX_VDATA,
                        expected: int | None = None,
                        progress: ProgressCallback | None = None) -> bytes:
        """
        Return a vdata register of a frame, from packet 0 again after a lost session.

        `progress` is called for each packet; what it raises ends the transfer in an orderly way.
        """
        return self.recovering(lambda: self.exchange.ask(
            command(Code.GET_VDATA, register), limit, expected, progress,
            prepare=lambda: self._select(frame)))

    # Actions (4.5).

    def act(self, action: Action, argument: int = 0, frame: int | None = None,
            accepted: Callable[[float], None] | None = None,
            attempt: Attempt | None = None) -> None:
        """
        Carry out an action and wait until the camera reports it as done.

        `frame` is selected first; `accepted` is called when the camera has taken the command, with
        the time when it had left the port; `attempt` of one that is safe to repeat is told before
        the first byte. Raises Refused; OutcomeUnknown of what is not, whatever the answer, once
        the camera can be asked what became of it, or seems to be dead.
        """
        if action is Action.CALIBRATE_TEST:
            raise ValueError('action 6 is never sent: it is known to hang cameras (4.5)')
        packet = command(Code.ACTION, action, argument)
        if not repeatable(action, argument):
            def send(attempt: Attempt) -> None:
                self.exchange.act(packet, False, accepted, attempt)

            prepare = None if frame is None else lambda: self._select(frame)
            if action in SETTLED:
                self.once(packet, send, prepare)
            else:
                self._once_without_evidence(packet, send, 1 + N_RETRY, prepare)
            return

        def operation() -> None:
            if frame is not None:
                self._select(frame)
            self.exchange.act(packet, True, accepted, attempt)
        self.recovering(operation)
        if action is Action.END_SESSION:
            self._alive = False
            self.exchange.asleep = True

    def once(self, packet: Packet, operation: Callable[[Attempt], T],
             prepare: Callable[[], None] | None = None) -> T:
        """Run what is not safe to repeat, after what is and `prepare`s it in the same session."""
        self.recovering(prepare or self._see_it_alive)
        try:
            with once(words(packet), self.port.name) as attempt:
                return operation(attempt)
        except OutcomeUnknown as doubt:
            if isinstance(doubt.__cause__, Refused):
                raise
            self._alive = False
            if (packet.data[0] == Code.ACTION and not line_lost(doubt)
                    and not isinstance(doubt.__cause__, SessionLost)):
                slow = packet.data[1] in SLOW_ACTIONS
                self._wait_until_it_answers(T_DONE_SLOW if slow else T_ACK)
            raise
        except BaseException:
            self._alive = False
            raise

    def _see_it_alive(self) -> None:
        if self.port.now() - self.exchange.heard_at > T_REST:
            self._ask_int(NUMBER['resolution'])
        else:
            self.exchange.listen()

    def _wait_until_it_answers(self, seconds: float) -> None:
        """
        Let a camera finish that is busy, hence silent, until `seconds` after the command.

        One that has begun anew meanwhile, hence is at 19200, is asked there in turn.
        """
        end = self.exchange.sent_at + seconds
        try:
            knock = False
            while self.port.now() < end:
                if self._wakeup.knock() if knock else self._wakeup.answers(tries=1):
                    return
                knock = not knock and self.port.now() > self.exchange.sent_at + T_KNOCK
        except DeviceError as error:
            log.info('%s: waiting for the end of an action: %s', self.port.name, error)

    # Raw messages: the data of a command packet, as the user wrote it.

    def raw_read(self, message: bytes) -> bytes:
        """Send a question and return the data of its answer."""
        packet = Packet(Type.COMMAND, SUB_COMMAND, message)
        return self.recovering(lambda: self.exchange.ask(packet, MAX_VDATA))

    def raw_write(self, message: bytes) -> Control:
        """Send a write and return ACK. Not repeated on doubt."""
        packet = Packet(Type.COMMAND, SUB_COMMAND, message)
        self._once_without_evidence(packet, lambda attempt: self.exchange.command(
            packet, T_ACK_SLOW, repeatable=False, attempt=attempt))
        return Control.ACK

    def raw_action(self, message: bytes) -> Control:
        """Send an action and return ENQ once it is done. Not repeated on doubt."""
        packet = Packet(Type.COMMAND, SUB_COMMAND, message)
        self._once_without_evidence(
            packet, lambda attempt: self.exchange.act(packet, False, None, attempt))
        self.exchange.asleep = message[1] == Action.END_SESSION
        self.doubt()
        return Control.ENQ

    def _once_without_evidence(self, packet: Packet, operation: Callable[[Attempt], None],
                               tries: int = 1,
                               prepare: Callable[[], None] | None = None) -> None:
        """
        Run what offers no evidence: DC1 and CAN are believed (2.1).

        NAK is, and leads to another of the `tries`, where a second time does no harm (5.3).
        """
        for number in range(1, tries + 1):
            try:
                self.once(packet, operation, prepare)
                return
            except OutcomeUnknown as doubt:
                said = doubt.__cause__ if isinstance(doubt.__cause__, Refused) else None
                if said and said.code in REFUSALS:
                    raise said from None
                if not said or number == tries:
                    raise

    def doubt(self) -> None:
        """Make the next request make sure of session and folder first."""
        self._alive = False

    def _write(self, code: Code, register: int, value: bytes, repeatable: bool = True,
               attempt: Attempt | None = None) -> None:
        timeout = T_ACK_SLOW if register in SLOW_REGISTERS else T_ACK
        self.exchange.command(command(code, register, value=value), timeout, repeatable,
                              attempt=attempt)

    def _select(self, frame: int) -> None:
        self._write(Code.SET_INT, NUMBER['current_frame'], pack_int(frame))

    def _ask_int(self, register: int, tries: int = TRIES, frame: int | None = None) -> int:
        """Return an int32 register, of a frame that is selected before each try (4.6)."""
        data = self.exchange.ask(
            command(Code.GET_INT, register), 4, 4, tries=tries,
            prepare=lambda: None if frame is None else self._select(frame))
        if len(data) < 4:
            raise ProtocolError(f'{self.port.name}: register {register} answered with {len(data)} '
                                'bytes instead of 4')
        return unpack_int(data)


def clean(raw: bytes) -> str:
    """Return a string register's text: up to its NUL, without padding and control characters."""
    text = raw.split(b'\0', 1)[0].decode('latin-1')
    return ''.join(c for c in text if c.isprintable()).strip()

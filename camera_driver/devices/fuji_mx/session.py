# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The session with a Fuji camera: begin, speed, end, and its commands (fuji_mx.md, sections 3, 4).

How a command is repeated stands in `exchange`. Around it: a session that is lost (EOT, or no ACK
to ENQ) is begun again by `recovering`, at most MAX_LOSSES times, and what is safe is repeated.
A command that must not be repeated is sent within `operations.once`.

To begin: ENQ, three times 1 s, at 9600, then at the other speeds, 23 s in all. Where there was a
session before, ENQ once for 0.3 s at 9600 and at its speed comes first: the camera is at one of
the two after a cable was pulled or it was switched on again. Then the highest speed that it
accepts, that does not exceed `max_baudrate`, and at which it is understood.
A speed that was accepted and then did not work is remembered in `limits`, by port and camera, and
the next session begins one step below it. To end: 1 s. The longest that a read takes on a camera
that loses its session again and again: (MAX_LOSSES + 1) x (what `exchange` says) + MAX_LOSSES x
the time to begin.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
import logging
import struct
from typing import TypeVar

from camera_driver.devices.fuji_mx.codec import Block, message
from camera_driver.devices.fuji_mx.commands import (
    Command, DS_7_COMMANDS, ID_LENGTH, name, READINGS, row, SPEED_CODES, USUAL_SPEEDS)
from camera_driver.devices.fuji_mx.exchange import (
    Exchange, MAX_NAKS, N_ENQ, T_ALONE, T_ENQ, T_QUIET, words)
from camera_driver.errors import (
    DamagedPicture, DeviceError, naming, NotSupported, PortError, ProtocolError, Refused,
    ReplyTimeout, SessionLost)
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import ProgressCallback
from camera_driver.operations import Attempt, once

log = logging.getLogger(__name__)

T = TypeVar('T')

AT_FIRST = LineSettings(9600, 'E')
OTHER_SPEEDS = (28800, 14400)  # a camera may have been left at one of these too (3.2)

T_CHANGE = 0.1  # s, from EOT to the new speed, 5.2
T_SOON = 0.3  # to ENQ of a camera that was there; fujiplay waits 0.1
T_REOPEN = 1.0  # s, from an EOT in mid-transfer to ENQ, 5.5
T_LEFT = 0.05  # s, from the last EOT until it has left, 5.2 (fujiplay)
MAX_LOSSES = 3
DATE = '%Y%m%d%H%M%S'


@dataclass(frozen=True)
class CardStatus:
    """The memory card: `status` 0 is normal, anything else no card or an unusable one (4.3)."""

    status: int
    free: int  # bytes


@dataclass(frozen=True)
class Limit:
    """
    The highest speed that works with a camera; `camera` is its version, '' if not known.

    It counts from the second failure on, since the camera may just have been switched off; or
    from the first, if the camera was silent ever since.
    """

    baudrate: int
    camera: str = ''
    failures: int = 2


class FujiMxSession:
    """The conversation with one camera over an open port."""

    def __init__(self, port: Port, max_baudrate: int = 115200) -> None:
        """Take over an open port; sends nothing."""
        self.port = port
        self.max_baudrate = max_baudrate
        self.exchange = Exchange(port)
        self.channel = self.exchange.channel
        self.logins = 0
        self.commands = frozenset(DS_7_COMMANDS)  # what the camera has, as far as is known
        self.assumed = True  # it could not tell, and may refuse some of them
        # By port; these outlast a session if given.
        self.limits: MutableMapping[str, Limit] = {}
        self.speeds: MutableMapping[str, int] = {}  # [baud] of the last session
        self._version: str | None = None  # what it said in this session

    # Session life cycle (section 3).

    def login(self) -> None:
        """
        Find the camera and agree on the highest speed that both take and the line carries.

        Raises ReplyTimeout (nothing answers), ProtocolError (something else does).
        """
        if self.exchange.hung_up:
            self.port.pause(T_REOPEN)
        self._version = None
        self._find()
        if not self._agree() and not self._agree():  # perhaps the limit was another camera's
            raise naming(ProtocolError(
                f'{self.port.name}: the camera answers, but at no speed up to {self.max_baudrate} '
                'baud for long; check the cable, or set a lower speed'), 'baudrate')
        self.exchange.closed = self.exchange.hung_up = False
        self.exchange.hears_enq = None
        self.speeds[self.port.name] = self.port.line.baudrate
        self.logins += 1

    @property
    def held_back(self) -> int | None:
        """The speed to which this line and camera are known to be limited; None: to none."""
        limit = self.limits.get(self.port.name)
        counts = limit and limit.failures > 1 and limit.baudrate < self.max_baudrate
        return limit.baudrate if limit and counts else None

    def _agree(self) -> bool:
        """Agree on a speed; False: none is of use, or the limit is of another camera."""
        limit = self.held_back or self.max_baudrate
        for baudrate in sorted({*USUAL_SPEEDS, self.max_baudrate}, reverse=True):
            if baudrate > limit:
                continue
            if baudrate == self.port.line.baudrate or self._speed_works(baudrate):
                break
        else:
            return False
        known = self.limits.get(self.port.name)
        if known and self.held_back and (version := self._told()) != known.camera:
            if known.camera:
                log.info('%s: another camera, %s: the limit of %d baud is forgotten',
                         self.port.name, version, known.baudrate)
                del self.limits[self.port.name]
                return False
            self.limits[self.port.name] = replace(known, camera=version)
        return True

    def _told(self) -> str:
        """Return the version, asked for once in a session; '' where it is not told."""
        if self._version is None:
            try:
                self._version = text(self.exchange.ask(Block(Command.GET_VERSION)))
            except Refused:
                self._version = ''
        return self._version

    def _failed(self, baudrate: int, silent: bool) -> None:
        """Remember that a speed does not work here; `silent`: the camera is lost with it."""
        lower = max((speed for speed in USUAL_SPEEDS if speed < baudrate),
                    default=AT_FIRST.baudrate)
        known = self.limits.get(self.port.name)
        again = known and known.baudrate == lower
        failures = 2 if silent or again else 1
        self.limits[self.port.name] = Limit(lower, self._version or '', failures)
        log.warning('%s: the camera agreed to %d baud and was not understood%s', self.port.name,
                    baudrate, f'; from now on at most {lower} baud here' if failures > 1 else '')

    def end(self) -> None:
        """Go back to 9600 and end the session (3.4) within 1 s; never raises."""
        try:
            if self.exchange.closed:
                return
            if self.port.line.baudrate != AT_FIRST.baudrate:
                self.exchange.leave()
            else:
                self.exchange.hang_up()
            self.port.flush()
            self.port.pause(T_LEFT)
            self.port.configure(AT_FIRST)
        except DeviceError as error:
            log.debug('%s: ending the session: %s', self.port.name, error)

    def recovering(self, operation: Callable[[], T]) -> T:
        """
        Run what is safe to repeat; after a lost session begin another one and repeat it.

        Raises SessionLost after MAX_LOSSES losses.
        """
        losses = 0
        while True:
            try:
                if self.exchange.closed:
                    self.login()
                else:
                    self.exchange.see_it_there()
                return operation()
            except SessionLost:
                losses += 1
                if losses > MAX_LOSSES:
                    raise
                log.info('%s: session lost, beginning another one', self.port.name)

    def ping(self) -> None:
        """Ask whether the camera is there (ENQ)."""
        def operation() -> None:
            if not self.exchange.ping(0.0):
                self.exchange.synchronise()
        self.recovering(operation)

    def _find(self) -> None:
        """Set the port to the speed at which the camera is (3.2)."""
        counters = self.channel.counters
        before = counters.damaged + counters.frames_received
        first, last = AT_FIRST.baudrate, self.speeds.get(self.port.name, AT_FIRST.baudrate)
        asked = [(baudrate, 1, T_SOON) for baudrate in (first, last) if last != first]
        asked += [(baudrate, N_ENQ, T_ENQ) for baudrate in dict.fromkeys(
            (first, self.port.line.baudrate, *USUAL_SPEEDS, *OTHER_SPEEDS))]
        for baudrate, times, timeout in asked:
            if not self._set_port(baudrate):
                continue
            if self.exchange.ping(T_ALONE if baudrate == first else T_QUIET, times, timeout):
                return
        self.port.configure(AT_FIRST)
        if counters.damaged + counters.frames_received > before:
            raise ProtocolError(f'{self.port.name}: something answers, but not as a fuji_mx '
                                'camera (no ACK to ENQ at any speed, 8E1). Is it another device '
                                'type?')
        raise ReplyTimeout(f'{self.port.name}: no camera answers (ENQ at 9600 baud 8E1 and at the '
                           'other speeds). Is it switched on, set to "PC", and the cable in the '
                           'right socket?')

    def _set_port(self, baudrate: int) -> bool:
        """Set the port to a speed; False: it cannot do that."""
        try:
            self.port.configure(replace(AT_FIRST, baudrate=baudrate))
            return True
        except PortError as error:
            self.port.configure(self.port.line)  # raises when the line is gone
            log.info('%s', error)
            return False

    def _hang_up(self) -> None:
        """End the session, and let the camera change its speed before the port does (5.2)."""
        self.exchange.hang_up()
        self.port.flush()
        self.port.pause(T_CHANGE)

    def _ask_speed(self, baudrate: int) -> bool:
        """Ask for a speed; it changes at the EOT that follows (3.3)."""
        block = Block(Command.SET_SPEED, bytes([SPEED_CODES[baudrate]]), prefix=1)
        try:
            return self.exchange.ask(block)[:1] in (b'', b'\0')  # proven afterwards
        except Refused:
            return False

    def _speed_works(self, baudrate: int) -> bool:
        """Change the speed and prove it; False: refused, or the line does not carry it (3.3)."""
        readings = READINGS.get(baudrate, (baudrate,))
        present = self.port.line
        able = all(self._set_port(reading) for reading in readings)
        self.port.configure(present)
        if not able:  # before the camera changes to where the port cannot follow
            return False
        try:
            if not self._ask_speed(baudrate):
                return False
            self._hang_up()
            for reading in readings:
                self._set_port(reading)
                if self.exchange.ping(0.0):
                    self._told()
                    return True
        except (ReplyTimeout, ProtocolError, SessionLost, DamagedPicture):
            pass
        try:
            self._find()
            self._failed(baudrate, silent=False)
        except ReplyTimeout:
            self._failed(baudrate, silent=True)
            raise ReplyTimeout(f'{self.port.name}: the camera agreed to {baudrate} baud and is '
                               'silent since then; switch it off and on. At most '
                               f'{self.held_back} baud will be asked for then') from None
        return False

    # Commands (section 4). What is safe to repeat is repeated, in a new session if need be.

    def offered(self, command: Command, operation: Callable[[], T]) -> T | None:
        """Return what comes of an operation; None when the camera does not have its command."""
        if command not in self.commands:
            return None
        try:
            return operation()
        except Refused as error:
            log.info('%s', error)
            if self.assumed:
                self.commands -= {command}
            return None

    def need(self, *commands: Command) -> None:
        """Raise NotSupported when the camera does not have all of these commands."""
        for command in commands:
            if command not in self.commands:
                raise NotSupported(f'{self.port.name}: this camera cannot {name(command)}: it is '
                                   f'not among its commands ({command:02x})')

    def learn_commands(self) -> None:
        """Ask what the camera has; where it cannot tell, what the oldest has is assumed (4.2)."""
        try:
            found = frozenset(self.command_list())
        except Refused:
            found = frozenset()
        self.assumed = Command.GET_PICTURE_COUNT not in found  # which all of them have
        self.commands = frozenset(DS_7_COMMANDS) if self.assumed else found
        self.exchange.listed = found

    def command_list(self) -> bytes:
        """Return the numbers of the commands that the camera has; the DS-7 cannot tell."""
        return self._get(Command.GET_COMMAND_LIST)

    def command_info(self, number: int) -> int:
        """Return what the camera tells of a command: perhaps a time in 0.1 s (4.2, row 51)."""
        return self._int(self._get(Command.GET_COMMAND_INFO, bytes([number])), 2)

    def no_operation(self) -> None:
        """Do nothing."""
        self._get(Command.NO_OPERATION)

    def version(self) -> str:
        """Return version and model, e.g. '01.00,MX-700'."""
        return text(self._get(Command.GET_VERSION))

    def greeting(self) -> str:
        """Return the version as the camera told it when the session began; '' if it does not."""
        return self.recovering(self._told)

    def camera_type(self) -> str:
        r"""Return e.g. 'DIGCAM\MX-700\FUJIFILM'."""
        return text(self._get(Command.GET_CAMERA_TYPE))

    def camera_id(self) -> str:
        """Return the owner's text, without the blanks that it is padded with."""
        return text(self._get(Command.GET_CAMERA_ID))

    def set_camera_id(self, value: bytes, attempt: Attempt | None = None) -> None:
        """Set the owner's text; it goes into the pictures. Raises Refused."""
        self._set(Command.SET_CAMERA_ID, value[:ID_LENGTH].ljust(ID_LENGTH), attempt)

    def date(self) -> datetime | None:
        """Return the camera's clock, without a zone; None: not set."""
        digits = text(self._get(Command.GET_DATE))
        if not digits.strip('0'):
            return None
        try:
            return datetime.strptime(digits, DATE)
        except ValueError:
            log.info('%s: the camera answers %r as the date; set its clock', self.port.name,
                     digits)
            return None

    def set_date(self, date: datetime, attempt: Attempt | None = None) -> None:
        """Set the camera's clock. Raises Refused (the MX-700 takes 1980 to 2043)."""
        self._set(Command.SET_DATE, f'{date:{DATE}}'.encode().rjust(14, b'0'), attempt)

    def flash_mode(self) -> int:
        """Return when the flash fires (4.5)."""
        return self._int(self._get(Command.GET_FLASH_MODE), 1)

    def set_flash_mode(self, mode: int, attempt: Attempt | None = None) -> None:
        """Set when the flash fires (4.5). Raises Refused."""
        self._set(Command.SET_FLASH_MODE, bytes([mode]), attempt)

    def charge_flash(self, intensity: int) -> None:
        """Charge the flash (200: Fuji's own software); this has hung an MX-700 (1.3)."""
        block = Block(Command.CHARGE_FLASH, struct.pack('<H', intensity))
        answer = self._fleeting(block)
        if answer:  # what it answers is not known (4.2)
            self._check_errno(block, answer)

    def card_status(self) -> CardStatus | None:
        """
        Return the state of the card and what is free on it; either order is read (4.3).

        None: the answer is in neither form.
        """
        data = self._get(Command.GET_CARD_STATUS)
        if len(data) < 5:
            log.info('%s: the camera answered %d bytes about its card', self.port.name, len(data))
            return None
        status, free = struct.unpack('<BI', data[:5])
        if free % 512:
            free, status = struct.unpack('<IB', data[:5])
        return CardStatus(status, 0 if status else free)

    def directory_name(self, number: int) -> str:
        """Return the name of a directory; uncertain (4.2, row 2A)."""
        return text(self._get(Command.GET_DIRECTORY_NAME, struct.pack('<H', number)))

    def last_picture_name(self) -> str:
        """Return the name of the last picture shot."""
        return text(self._get(Command.GET_LAST_PICTURE_NAME))

    def picture_count(self) -> int:
        """Return the number of stored pictures."""
        return self._int(self._get(Command.GET_PICTURE_COUNT), 2)

    def picture_name(self, frame: int) -> str:
        """Return the name of a picture; empty: there is none."""
        return text(self._get(Command.GET_PICTURE_NAME, struct.pack('<H', frame)))

    def picture_size(self, frame: int) -> int:
        """Return the size of a picture [bytes]; 0: there is none."""
        return self._int(self._get(Command.GET_PICTURE_SIZE, struct.pack('<H', frame)), 4)

    def picture(self, frame: int, size: int | None = None,
                progress: ProgressCallback | None = None) -> bytes:
        """Return a picture of `size` bytes, None: not known. Raises DamagedPicture."""
        return self._get(Command.GET_PICTURE, struct.pack('<H', frame), size, progress)

    def thumbnail(self, frame: int, progress: ProgressCallback | None = None) -> bytes:
        """Return the head of a picture up to the end of its Exif data (4.4)."""
        return self._get(Command.GET_THUMBNAIL, struct.pack('<H', frame), None, progress)

    def delete_picture(self, frame: int) -> None:
        """Delete a picture; those behind move down. Raises OutcomeUnknown for all but 'done'."""
        block = Block(Command.DELETE_PICTURE, struct.pack('<H', frame))
        self._once(block, lambda answer: self._check_errno(block, answer))

    def take_picture(self, accepted: Callable[[float], None] | None = None) -> int:
        """
        Take a picture and return its frame number.

        `accepted` is called once the camera has accepted it, with the port's time when the command
        had left it. Raises OutcomeUnknown, for a status other than 0 too: it means nobody knows
        what (4.2).
        """
        def frame(answer: bytes) -> int:
            status = int.from_bytes(answer[2:4], 'little')
            if status:
                raise Refused(f'{self.port.name}: the camera reported status {status} for the '
                              'picture; its card may be full', status)
            return int.from_bytes(answer[:2], 'little')

        return self._once(Block(Command.TAKE_PICTURE), frame, accepted)

    def take_preview(self) -> int:
        """Take a preview and return a status whose meaning is not known."""
        return int.from_bytes(self._fleeting(Block(Command.TAKE_PREVIEW))[:2], 'little')

    def preview(self, progress: ProgressCallback | None = None) -> bytes:
        """Return the preview that was taken: int width, int height, Y1 Y2 Cb Cr ... (4.4)."""
        return self._get(Command.GET_PREVIEW, b'', None, progress)

    def upload_name(self, file: str) -> int:
        """Announce a file: 0 good, 1 it exists and will be overwritten, 3 not a name (4.2)."""
        return self._int(self._get(Command.UPLOAD_NAME, file.encode('ascii')), 1)

    def upload_data(self, data: bytes, progress: ProgressCallback) -> None:
        """Send the file that was announced. Raises OutcomeUnknown: never repeated on doubt."""
        with once('upload data', self.port.name) as attempt:
            self.exchange.upload(message(Command.UPLOAD_DATA, data), progress, attempt)

    def raw(self, number: int, payload: bytes) -> bytes:
        """Send any command but 07 and 0E and return the payload of its answer."""
        if row(number).repeatable:
            return self._get(number, payload)
        return self._once(Block(number, payload), lambda answer: answer)

    # What they have in common.

    def _get(self, command: int, payload: bytes = b'', expected: int | None = None,
             progress: ProgressCallback | None = None, attempt: Attempt | None = None) -> bytes:
        """Send what may be repeated, in another session too."""
        block = Block(command, payload)
        return self.recovering(lambda: self.exchange.ask(block, expected, progress, attempt))

    def _set(self, command: Command, payload: bytes, attempt: Attempt | None) -> None:
        """Send a command that may be repeated and is answered by an errno."""
        self._check_errno(Block(command, payload), self._get(command, payload, attempt=attempt))

    def _check_errno(self, block: Block, answer: bytes) -> None:
        """Raise Refused unless an errno is 0: done (4.1)."""
        if answer[:1] != b'\0':
            code = answer[0] if answer else None
            raise Refused(f'{self.port.name}: the camera could not {words(block)} '
                          f'({"no result" if code is None else f"error {code}"})', code)

    def _once(self, block: Block, check: Callable[[bytes], T],
              accepted: Callable[[float], None] | None = None) -> T:
        """
        Begin a session if need be; send a command once and return what its answer says.

        There is no clear "no": a NAK may be an ACK that the line damaged, and errno and status
        are proven by nothing. What was done is told by the camera's lists (5.3).
        """
        self.recovering(self.exchange.listen)
        with once(words(block), self.port.name) as attempt:
            return check(self.exchange.tell(block, attempt, accepted))

    def _fleeting(self, block: Block) -> bytes:
        """Send a command that leaves nothing behind: to fail is to fail; repeated after NAK."""
        self.recovering(self.exchange.listen)
        for _ in range(MAX_NAKS):
            try:
                return self.exchange.tell(block, Attempt())
            except Refused:
                pass
        self.exchange.synchronise()
        return self.exchange.tell(block, Attempt())

    def _int(self, data: bytes, size: int) -> int:
        if len(data) < size:
            raise ProtocolError(f'{self.port.name}: the camera answered {len(data)} bytes where a '
                                f'number of {size} belongs')
        return int.from_bytes(data[:size], 'little')


def text(data: bytes) -> str:
    """Return the printable text of an answer, without padding."""
    return ''.join(c for c in data.decode('latin-1') if c.isprintable()).strip()

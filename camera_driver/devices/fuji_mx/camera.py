# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A Fuji camera in a photographer's words (fuji_mx.md, sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, TypeVar

from camera_driver.abilities import (
    GivesSummaries, HasClock, StoresImages, TakesPictures, TakesPreviews, UploadsImages)
from camera_driver.device import no_progress
from camera_driver.devices.fuji_mx.codec import MAX_PAYLOAD
from camera_driver.devices.fuji_mx.commands import (
    Command, FLASH_MODES, ID_LENGTH, name, preview_size, SPEED_CODES)
from camera_driver.devices.fuji_mx.memory import Memory
from camera_driver.devices.fuji_mx.session import AT_FIRST, FujiMxSession, Limit
from camera_driver.errors import (
    Cancelled, DamagedPicture, DeviceError, Forbidden, naming, NotConfirmed, OutcomeUnknown,
    Refused)
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    Access, DeviceStatus, Identity, LinkStatistics, OpticalState, Picture, ProgressCallback,
    Setting, SettingValue, Shot, StoredImage)
from camera_driver.operations import (
    Attempt, carry_out, Evidence, line_lost, Outcome, Settlement)

FLASH_MODE, CAMERA_ID = 'flash_mode', 'camera_id'
T_LISTED = 3.0  # s, from 'done' until it shows in the camera's lists
CLOCK_TOLERANCE = 10.0  # s between writing the clock and reading it back

T = TypeVar('T')


class FujiMxCamera(TakesPictures, TakesPreviews, StoresImages, UploadsImages, GivesSummaries,
                   HasClock):
    """One camera that speaks the Fuji protocol."""

    LINE: ClassVar[LineSettings] = AT_FIRST
    OPTIONS: ClassVar[tuple[Setting, ...]] = (
        Setting('baudrate', int, 'Highest line speed to negotiate; lower ones are tried if the '
                'camera refuses or the line does not carry it', 'baud', default=115200,
                values=tuple(SPEED_CODES), source='fuji_mx.md 3.3'),
        Setting('keep_alive', float, 'Interval between harmless polls that keep the camera '
                'awake; 0: no polls, it switches itself off after some time',
                's', default=20.0, minimum=0.0,
                maximum=600.0, source='fuji_mx.md 3.5'),
        Setting('charge_flash', int, 'Charge the flash with this intensity before each picture '
                "(Fuji's software sends 200); 0: do not. It takes seconds, and has hung an "
                'MX-700 until it was switched off', default=0, minimum=0, maximum=65535,
                source='fuji_mx.md 4.2, row 34; 1.3'),
        Setting('camera_clock', str, "What the camera's clock shows and is set to: UTC, or this "
                "computer's local time", default='utc', raw_allowed=False,
                words={'utc': 0, 'local': 1}, source='fuji_mx.md 4.2, rows 84, 86'),
    )
    SETTINGS: ClassVar[tuple[Setting, ...]] = (
        Setting(FLASH_MODE, str, 'When the flash fires', words=FLASH_MODES,
                source='fuji_mx.md 4.5'),
        Setting(CAMERA_ID, str, "The owner's text, ASCII; it goes into the pictures' copyright "
                'tag', max_length=ID_LENGTH, source='fuji_mx.md 4.2, row 80'),
    )
    OPTICS: ClassVar[OpticalState] = OpticalState(digital_zoom=None, focal_length=None)
    limits: MutableMapping[str, Limit] = {}
    """Speeds that lines and cameras do not carry, by port; known to all of this process."""
    speeds: MutableMapping[str, int] = {}
    """Speeds [baud] of the last sessions, by port; likewise."""
    _COMMANDS: ClassVar[Mapping[str, tuple[Command, Command]]] = {  # to read, to write
        FLASH_MODE: (Command.GET_FLASH_MODE, Command.SET_FLASH_MODE),
        CAMERA_ID: (Command.GET_CAMERA_ID, Command.SET_CAMERA_ID),
    }

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. Raises ValueError for options of no use."""
        values = {o.name: o.validate(options.get(o.name, o.default)) for o in self.OPTIONS}
        self._charge = int(values['charge_flash'])
        self._clock = str(values['camera_clock'])
        self.session = FujiMxSession(port, int(values['baudrate']))
        self.session.limits, self.session.speeds = self.limits, self.speeds
        self.memory = Memory(self.session)
        self._commanded: dict[str, SettingValue] = {}

    # Device

    def open(self) -> Identity:
        """Find the camera, agree on a speed, ask what it can do and who it is."""
        session = self.session
        session.learn_commands()
        self.memory.changed()
        version = session.offered(Command.GET_VERSION, session.greeting) or ''
        firmware, _, model = version.partition(',')
        parts = (session.offered(Command.GET_CAMERA_TYPE, session.camera_type) or '').split('\\')
        if len(parts) == 3:
            return Identity('fuji_mx', parts[2], model or parts[1], firmware_version=firmware)
        return Identity('fuji_mx', model=model, firmware_version=firmware)

    def close(self) -> None:
        """Leave the camera at 9600 and close the port."""
        self.session.end()
        self.session.port.close()

    def poll(self) -> DeviceStatus:
        """Ask for the number of images and the card; keeps the camera awake."""
        session = self.session
        count = self.memory.count()
        card = session.offered(Command.GET_CARD_STATUS, session.card_status)
        details = {'line': str(session.port.line), 'log-ins': str(session.logins),
                   'commands': f'{len(session.commands)}'
                               + (' (assumed)' if session.assumed else '')}
        if card:
            details['card'] = 'normal' if not card.status else f'status {card.status}'
        if session.held_back:
            details['speed'] = (f'held back at {session.held_back} baud: faster ones did not work '
                                'here')
        last = session.offered(Command.GET_LAST_PICTURE_NAME, session.last_picture_name)
        if last:
            details['last picture'] = last
        return DeviceStatus(images_stored=count, memory_free=card.free if card else None,
                            details=details)

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried."""
        return self.session.channel.counters.snapshot()

    @property
    def sessions(self) -> int:
        """How many sessions there were since the port was opened."""
        return self.session.logins

    def settings(self) -> Mapping[str, Setting]:
        """Return the settings whose commands the camera has."""
        found = {}
        for setting in self.SETTINGS:
            reads, writes = (command in self.session.commands
                             for command in self._COMMANDS[setting.name])
            if reads or writes:
                found[setting.name] = replace(setting, access=(
                    Access.READ_WRITE if reads and writes
                    else Access.READ_ONLY if reads else Access.WRITE_ONLY))
        return found

    def get(self, name: str) -> SettingValue | None:
        """Return what the camera holds, or what was commanded where it cannot say."""
        setting = self.setting(name)
        if setting.access is Access.WRITE_ONLY:
            return self._commanded.get(name)
        if name == CAMERA_ID:
            return self.session.camera_id()
        return setting.word(self.session.flash_mode())

    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        """Write a setting and read it back."""
        setting = self.setting(name)
        value = str(setting.validate(value))
        if setting.access is Access.READ_ONLY:
            raise Refused(f'{name}: this camera has no command to write it')
        if name == CAMERA_ID:
            if not value.isascii() or not value.isprintable():
                raise ValueError(f'{name}: {value!r} is not printable ASCII')
            wanted: str = value.strip()
        else:
            mode = setting.raw(value)
            if not 0 <= mode <= 255:
                raise ValueError(f'{name}: {value!r} is not a byte')
            wanted = setting.word(mode)

        def write(attempt: Attempt) -> None:
            if name == CAMERA_ID:
                self.session.set_camera_id(value.encode('ascii'), attempt)
            else:
                self.session.set_flash_mode(mode, attempt)
            self._commanded[name] = value

        return self._write(name, value, write, lambda: self.get(name),
                           lambda held: held == wanted or setting.access is Access.WRITE_ONLY)

    def _write(self, name: str, value: object, write: Callable[[Attempt], None],
               read: Callable[[], T], good: Callable[[T], bool]) -> T:
        """
        Write and return what is read back; what the camera holds counts, not what it answered.

        Raises Refused (it holds something else), NotConfirmed (it could not be asked).
        """
        attempt = Attempt()
        trouble: BaseException | None = None
        try:
            write(attempt)
        except (DeviceError, KeyboardInterrupt) as error:
            if not attempt.sent:
                raise
            trouble = error
            if not isinstance(error, Refused):
                self._commanded[name] = str(value)
        lost = trouble is not None and line_lost(trouble)
        try:
            if trouble and lost:
                raise trouble
            held = read()
        except (DeviceError, KeyboardInterrupt) as error:
            why = 'interrupted' if isinstance(error, (Cancelled, KeyboardInterrupt)) else error
            raise NotConfirmed(f'{name}: {value} was sent to the camera, and what it holds could '
                               f'not be read back: {why}') from error
        if trouble and not isinstance(trouble, Refused) and held is None:
            raise NotConfirmed(f'{name}: {value} was sent to the camera, which cannot tell what '
                               f'it holds: {trouble}') from trouble
        if trouble and (held is None or not good(held)):
            raise trouble
        if not good(held):
            raise Refused(f'{name}: the camera accepted {value!r} and holds {held!r}')
        return held

    def send_message(self, message: bytes) -> bytes:
        """Send any command: its number and payload; returns the payload of the answer."""
        if not 1 <= len(message) <= 1 + MAX_PAYLOAD:
            raise ValueError(f'a message is a command number and a payload of at most '
                             f'{MAX_PAYLOAD} bytes (fuji_mx.md 4.2)')
        number = message[0]
        if number == Command.SET_SPEED:
            raise naming(Forbidden('command 07 is never sent raw: the line would be lost; the '
                                   'speed is an option'), 'baudrate')
        if number == Command.UPLOAD_DATA:
            raise Forbidden('command 0e is never sent raw: it belongs to an upload')
        self.memory.changed()
        return self.session.raw(number, message[1:])

    def questions(self) -> Mapping[str, Callable[[], object]]:
        """Return version, card, count, and ENQ."""
        return {'identity': lambda: self.session.version() or 'not told', 'card': self._card,
                'images': lambda: f'{self.memory.count()} stored', 'echo': self.session.ping}

    # Camera

    def capture(self, triggered: Callable[[float], None] = no_progress) -> Shot:
        """Take one picture; a doubtful outcome is settled by the camera's own count."""
        session, memory, port = self.session, self.memory, self.session.port
        session.need(Command.TAKE_PICTURE)
        start, logins = port.now(), session.logins
        before = memory.count()  # begins a session if need be
        last = memory.name(before) if before else ''
        if self._charge and Command.CHARGE_FLASH in session.commands:
            session.charge_flash(self._charge)
        delay = port.now() - start if self._charge or session.logins > logins else 0.0
        took: list[float] = []

        def accepted(sent: float) -> None:
            took.append(port.now())
            triggered(sent)

        frame, found = self._once({'operation': 'capture', 'count': before, 'last': last},
                                  lambda: session.take_picture(accepted))
        sent, done = session.exchange.sent_at, port.now()
        index = found.image_index
        if frame is None:
            return Shot(sent, None, index, delay, settled=found.words,
                        accepted=took[0] if took else None)
        if before < frame <= max(before + 1, memory.known or 0):
            index = frame
        more = memory.known is not None and memory.known > before + 1
        return Shot(sent, done, index, delay, settled=found.words if more else '',
                    accepted=took[0] if took else None)

    def take_preview(self, progress: ProgressCallback = no_progress) -> Picture:
        """Take a preview and return it: raw YCbCr, see image.ycbcr422_to_rgb."""
        session = self.session
        session.need(Command.TAKE_PREVIEW, Command.GET_PREVIEW)
        session.take_preview()
        data = session.preview(progress)
        width, height = int.from_bytes(data[:2], 'little'), int.from_bytes(data[2:4], 'little')
        if len(data) <= 4 or len(data) != preview_size(data[:4]):
            raise DamagedPicture(f'{session.port.name}: a preview of {len(data)} bytes that says '
                                 f'it is {width} x {height} pixels; take another one')
        return Picture(data[4:], 'ycbcr422', width=width, height=height)

    def list_images(self, progress: ProgressCallback = no_progress,
                    indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """Return what is stored: names and sizes."""
        images = self.memory.images(progress, indices)
        if not images:
            self._card()  # none that can be read?
        return images

    def thumbnail(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return the thumbnail out of an image's Exif data."""
        self.session.need(Command.GET_THUMBNAIL)
        return self.memory.thumbnail(index, progress)

    def download(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return a stored image."""
        return self.memory.picture(index, progress)

    def upload(self, name: str, data: bytes, overwrite: bool = False,
               progress: ProgressCallback = no_progress,
               accept_hang: bool = False) -> StoredImage:
        """
        Store a JPEG of 640x480 or 1280x960 pixels under a name such as DSC00042.JPG (4.6).

        No picture is known to hang these cameras: `accept_hang` changes nothing.
        Raises ValueError before any byte is sent, Refused (exists, no room), OutcomeUnknown.
        """
        self.session.need(Command.UPLOAD_NAME, Command.UPLOAD_DATA)
        return self.memory.upload(name, data, overwrite, progress,
                                  lambda evidence, command: self._once(evidence, command)[1])

    def delete(self, indices: Sequence[int]) -> None:
        """Delete images, the highest first, since those behind move down."""
        self.session.need(Command.DELETE_PICTURE)
        self.memory.delete(indices, lambda evidence, command: self._once(evidence, command)[1])

    def delete_all(self) -> None:
        """Delete what the camera does not refuse to delete. Raises Refused if it does any."""
        self.session.need(Command.DELETE_PICTURE)
        self.memory.delete(range(1, self.memory.count() + 1),
                           lambda evidence, command: self._once(evidence, command)[1],
                           'delete_all', go_on=True)

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of an operation by what the camera lists now (fuji_mx.md 5.3)."""
        settle = {'capture': self.memory.settle_shot, 'upload': self.memory.settle_upload,
                  'delete': self.memory.settle_deletion,
                  'delete_all': self.memory.settle_deletion}.get(evidence['operation'])
        return settle(evidence) if settle else super().settle(evidence)

    def summary(self, index: int | None = None) -> Mapping[str, SettingValue | None]:
        """Return what the camera tells of an image, or of itself, in the table's words (4.2)."""
        session, memory = self.session, self.memory
        if index is not None:
            memory.check(index)
            return {'name': memory.name(index), 'size': memory.size(index)}
        card = session.offered(Command.GET_CARD_STATUS, session.card_status)
        date = session.offered(Command.GET_DATE, session.date)
        return {
            'version': session.offered(Command.GET_VERSION, session.version),
            'camera_type': session.offered(Command.GET_CAMERA_TYPE, session.camera_type),
            'camera_id': session.offered(Command.GET_CAMERA_ID, session.camera_id),
            'date': str(date) if date else None, 'picture_count': memory.count(),
            'last_picture_name': session.offered(Command.GET_LAST_PICTURE_NAME,
                                                 session.last_picture_name),
            'card_status': card.status if card else None, 'card_free': card.free if card else None,
            'commands': ', '.join(map(name, sorted(session.commands))),
            'commands_assumed': session.assumed}

    @property
    def clock_shows(self) -> str:
        """Say what the option `camera_clock` says."""
        return self._clock

    def clock(self) -> datetime | None:
        """Return the camera's clock, which shows what `clock_shows` says."""
        self.session.need(Command.GET_DATE)
        return self.session.date()

    def set_clock(self, now: datetime) -> datetime | None:
        """Set the clock; a few seconds of difference are accepted."""
        self.session.need(Command.GET_DATE, Command.SET_DATE)
        port = self.session.port
        start = port.now()
        return self._write(
            'clock', now, lambda attempt: self.session.set_date(now, attempt), self.session.date,
            lambda held: held is not None and -CLOCK_TOLERANCE <= (
                held - now).total_seconds() <= CLOCK_TOLERANCE + port.now() - start)

    def _card(self) -> str:
        session = self.session
        card = session.offered(Command.GET_CARD_STATUS, session.card_status)
        if card and card.status:
            raise Refused(f'{session.port.name}: no usable memory card in the camera (status '
                          f'{card.status})', card.status)
        return f'{card.free} bytes free' if card else 'the model does not say'

    def _once(self, evidence: Evidence, command: Callable[[], T],
              ) -> tuple[T | None, Settlement]:
        """
        Do a once operation; what the camera says is compared with what it lists afterwards.

        Returns the answer, or None where the lists alone tell that it was done, and what they say.
        """
        with self.record(evidence):
            return self._listed(evidence, command)

    def _listed(self, evidence: Evidence, command: Callable[[], T],
                ) -> tuple[T | None, Settlement]:
        answer, found = carry_out(evidence, command, self.settle)
        if found:
            return None, found
        where, exchange = self.session.port.name, self.session.exchange
        exchange.over_by = max(exchange.over_by, exchange.port.now() + T_LISTED)
        try:
            found = self.settle(evidence)
        except KeyboardInterrupt as error:
            raise OutcomeUnknown(f'{where}: interrupted; the camera had reported it as done',
                                 evidence) from error
        except DeviceError:
            return answer, Settlement(Outcome.DONE, 'the camera reported it as done')
        if found.outcome is not Outcome.DONE:
            raise OutcomeUnknown(f'{where}: the camera reported it as done. {found.words}',
                                 evidence)
        return answer, found

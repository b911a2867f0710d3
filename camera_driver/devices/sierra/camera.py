# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A sierra camera in a photographer's words (sierra.md, sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
import logging
from typing import ClassVar

from camera_driver.abilities import (
    ControlsExposure, GivesSummaries, HasClock, HasRegisters, ListsFolders, ProtectsImages,
    StoresImages, TakesPictures, TakesPreviews, UploadsImages)
from camera_driver.device import no_progress
from camera_driver.devices.sierra import memory, upload
from camera_driver.devices.sierra.exposure import ExposureControl
from camera_driver.devices.sierra.models import find_model, GENERIC, Model, model_named
from camera_driver.devices.sierra.outcomes import OPERATIONS, Outcomes
from camera_driver.devices.sierra.raw import Raw
from camera_driver.devices.sierra.registers import Action, Kind, NUMBER, SPEED_CODES
from camera_driver.devices.sierra.session import SierraSession
from camera_driver.devices.sierra.settings import BY_NAME, Row, ROWS
from camera_driver.devices.sierra.summary import ANIMATION_TYPES, VARIANTS, wall_time
from camera_driver.devices.sierra.wakeup import WAKE_UP
from camera_driver.errors import (
    DeviceError, Forbidden, NotConfirmed, NotSupported, OutcomeUnknown, Refused)
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    Access, DeviceStatus, Exposure, Identity, ImageFolder, LinkStatistics, Picture,
    ProgressCallback, Range, Setting, SettingValue, Shot, StoredImage)
from camera_driver.operations import Attempt, confirmed, Evidence, Settlement

log = logging.getLogger(__name__)

NO_CARD = 1  # card_status
CLOCK_TOLERANCE = 10  # s between writing the clock and reading it back


class SierraCamera(TakesPictures, ControlsExposure, TakesPreviews, StoresImages, ListsFolders,
                   ProtectsImages, UploadsImages, GivesSummaries, HasClock, HasRegisters):
    """One camera that speaks the Sierra protocol."""

    LINE: ClassVar[LineSettings] = WAKE_UP
    OPTIONS: ClassVar[tuple[Setting, ...]] = (
        Setting('baudrate', int, 'Highest line speed to negotiate; lower ones are tried if the '
                'camera refuses or the line does not carry it', 'baud', default=115200,
                values=tuple(sorted(SPEED_CODES)), source='sierra.md 3.4'),
        Setting('model_record', str, 'Name of the model record to use (words, missing registers); '
                'empty: chosen from the name the camera reports', default='',
                source='sierra.md 1.1'),
        Setting('pacing', str, 'How packets are written: burst, in chunks as old cameras need it, '
                'or byte by byte', default='auto', raw_allowed=False,
                words={'auto': 0, 'burst': 1, 'chunked': 2, 'bytewise': 3},
                source='sierra.md 5.8'),
        Setting('keep_alive', float, 'Interval between harmless polls that keep the camera '
                'awake; 0: no polls, it falls asleep between jobs, which saves its battery and '
                'delays the next shot by the log-in', 's', default=2.0, minimum=0.0, maximum=60.0,
                source='sierra.md 3.5'),
        Setting('camera_clock', str, "What the camera's clock shows and is set to: UTC, as "
                "photopc sets it, or this computer's local time", default='utc', raw_allowed=False,
                words={'utc': 0, 'local': 1}, source='sierra.md 4.2, register 2'),
    )
    SETTINGS: ClassVar[tuple[Setting, ...]] = tuple(row.setting for row in ROWS)
    EXPOSURE_SETTINGS: ClassVar[tuple[str, ...]] = (  # sierra.md 4.2, registers 3 and 5
        'flash_mode', 'aperture')

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. Raises ValueError for options of no use."""
        values = {o.name: o.validate(options.get(o.name, o.default)) for o in self.OPTIONS}
        self._record = str(values['model_record'])
        self.model: Model = model_named(self._record) if self._record else GENERIC
        self._pacing = str(values['pacing'])
        self.session = SierraSession(port, int(values['baudrate']))
        self._clock = str(values['camera_clock'])
        self.memory = memory.Memory(self.session, self._clock)
        self._exposure = ExposureControl(self.session)
        self._raw = Raw(self.session)
        self._outcomes = Outcomes(self.session, self.memory)
        self._use_model(self.model)
        self._commanded: dict[str, SettingValue] = {}

    # Device

    def open(self) -> Identity:
        """Wake the camera, agree on a speed, ask who it is, and look for folders."""
        if not self._record:  # which models have no checksums is known once they told their name
            self.session.exchange.decoder.lenient = True
        texts = {name: self._text(name)
                 for name in ('manufacturer', 'model', 'serial_number', 'firmware_version')}
        if not self._record:
            self._use_model(find_model(texts['manufacturer'], texts['model']))
            self.session.limit_speed()
        self.memory.find_folders()
        return Identity('sierra', texts['manufacturer'], texts['model'], texts['serial_number'],
                        texts['firmware_version'])

    def close(self) -> None:
        """Leave the camera at 19200, where it falls asleep by itself, and close the port."""
        self.session.end()
        self.session.port.close()

    def poll(self) -> DeviceStatus:
        """Ask for battery and memory; keeps the session alive."""
        battery = self._int('battery_percent')
        left = self._int('frames_left')
        return DeviceStatus(
            battery=None if battery is None else min(max(battery, 0), 100) / 100,
            images_stored=self.memory.count(), images_left=left,
            memory_free=self._int('memory_free'),
            details={'line': str(self.session.port.line), 'pacing': self.session.exchange.pacing,
                     'model record': self.model.name, 'log-ins': str(self.session.logins)})

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried."""
        return self.session.channel.counters.snapshot()

    @property
    def sessions(self) -> int:
        """How many sessions there were since the port was opened."""
        return self.session.logins

    def settings(self) -> Mapping[str, Setting]:
        """Return the settings with this model's words; whether it has them, reading tells."""
        return {row.setting.name: row.of_model(self.model) for row in ROWS
                if row.register not in self.model.missing}

    def get(self, name: str) -> SettingValue | None:
        """Return what the camera holds, or what was commanded where it cannot say."""
        row, setting = self._row(name)
        if setting.access is Access.WRITE_ONLY:
            return self._commanded.get(name)
        if row.kind == Kind.TEXT:
            return self.session.read_text(row.register)
        raw: int | bytes
        if row.kind == Kind.INT:
            raw = self.session.read_int(row.register)
        else:
            raw = self.session.read_data(row.register)
        return row.decode(raw, setting)

    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        """Write a setting and read it back."""
        row, setting = self._row(name)
        value = setting.validate(value)
        if setting.access is Access.READ_ONLY:
            raise NotSupported(f'{name} can only be read ({setting.source})')
        raw = row.encode(value, setting)
        write_only = setting.access is Access.WRITE_ONLY

        def write(attempt: Attempt) -> None:
            if row.action is not None:
                assert isinstance(raw, int)
                self.session.act(row.action, raw, attempt=attempt)
            elif isinstance(raw, bytes):
                self.session.write_data(row.register, raw, attempt)
            else:
                self.session.write_int(row.register, raw, attempt)

        def good(held: SettingValue) -> bool:
            return row.encode(held, setting) == raw

        def read() -> SettingValue | None:
            return None if write_only else self.get(name)

        try:
            held = confirmed(f'{name}: {value!r}', write, read, good)
        except NotConfirmed:
            self._command(setting, value)
            raise
        if write_only:
            self._command(setting, value)
        return value if held is None else setting.validate(held)

    def _command(self, setting: Setting, value: SettingValue) -> None:
        """Remember what was commanded where the camera cannot say what it holds."""
        if setting.access is Access.WRITE_ONLY and not setting.momentary:
            self._commanded[setting.name] = value

    def send_message(self, message: bytes) -> bytes:
        """Send the data of one command packet; returns the answer's data or control byte."""
        return self._raw.send(message, self.model)

    def questions(self) -> Mapping[str, Callable[[], object]]:
        """Return identity, card, count, and a register that stays as it is."""
        return {
            'identity': lambda: ' '.join(filter(None, (
                self._text('manufacturer'), self._text('model')))) or 'not told',
            'card': self._card,
            'images': lambda: f'{self.memory.count()} stored',
            'echo': lambda: self.session.read_int(NUMBER['resolution'])}

    # Camera

    def capture(self, triggered: Callable[[float], None] = no_progress) -> Shot:
        """Take one picture; a doubtful outcome is settled by the camera's own count."""
        port = self.session.port
        start = port.now()
        logins = self.session.logins
        evidence = self._outcomes.before_shot()  # wakes the camera if need be
        delay = port.now() - start if self.session.logins > logins else 0.0
        took: list[float] = []

        def accepted(sent: float) -> None:
            took.append(port.now())
            triggered(sent)

        try:
            done, found = self._outcomes.shoot(evidence, accepted, self.record)
        except Refused as error:
            raise self._why_no_picture(error) from error
        plain = done is not None and found.image_index == evidence['count'] + 1
        try:
            exposure = self._exposure_or_nothing()
        except KeyboardInterrupt as error:
            raise OutcomeUnknown(f'{port.name}: interrupted; the picture was taken',
                                 evidence) from error
        return Shot(self.session.exchange.sent_at, done, found.image_index, delay,
                    exposure, '' if plain else found.words,
                    took[0] if took else None)

    def exposure(self) -> Exposure:
        """Return the exposure settings."""
        return self._exposure.read()

    def exposure_ranges(self) -> Mapping[str, Range]:
        """Return what can be set, as far as the model's table tells."""
        return self._exposure.ranges()

    def set_exposure(self, exposure: Exposure, nearest: bool = False) -> Exposure:
        """Set exposure time and aperture and return what the camera holds."""
        return self._exposure.write(exposure, nearest)

    def step_exposure(self, quantity: str, steps: float) -> Exposure:
        """Change the exposure time or the f-number by steps of EV; positive is brighter."""
        return self._exposure.step(quantity, steps, self.record)

    def take_preview(self, progress: ProgressCallback = no_progress) -> Picture:
        """Take a preview (frame 0) and return it."""
        self.session.act(Action.TAKE_PREVIEW)
        return self.memory.picture(0, 0, NUMBER['frame_length'], NUMBER['frame_data'], progress)

    def list_images(self, progress: ProgressCallback = no_progress,
                    indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """Return what is stored, over all folders."""
        self._need_card()
        return self.memory.images(progress, indices)

    def folders(self) -> Sequence[ImageFolder]:
        """Return the folders of its memory. Raises NotSupported where the model has none (4.7)."""
        self._need_card()
        return self.memory.folders()

    def thumbnail(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return a thumbnail: a JPEG, or on some models an Exif block with a JPEG inside."""
        return self.memory.picture(index, self.memory.select(index), NUMBER['thumbnail_length'],
                                   NUMBER['thumbnail_data'], progress)

    def download(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return a stored image."""
        frame = self.memory.select(index)
        picture = self.memory.picture(index, frame, NUMBER['frame_length'], NUMBER['frame_data'],
                                      progress)
        return replace(picture, name=self.memory.name(frame))

    def audio(self, index: int, progress: ProgressCallback = no_progress) -> bytes:
        """Return the sound of an image, compressed (not RIFF) as the camera keeps it (4.4.1)."""
        return self.memory.audio(self.memory.select(index), progress)

    def animation(self, number: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return an animation as the camera sends it; its format is not documented (4.6)."""
        return self.memory.animation(number, progress)

    def summary(self, index: int | None = None) -> Mapping[str, SettingValue | None]:
        """Return the summary of an image, or the camera's in both variants that exist (4.4)."""
        if index is None:
            whole = self.memory.camera_summary()
            return {'animations': whole.animations} | {
                f'{name} ({variant})': value for variant in VARIANTS
                for name, value in whole.as_variant(variant).items() if name != 'animations'}
        one = self.memory.summary(self.memory.select(index))
        if one is None:
            raise NotSupported(f'image {index}: the camera gives no summary of it (register 47)')
        kind = one.animation_type
        return {'size': one.size, 'thumbnail size': one.thumbnail_size,
                'sound, expanded': one.sound_size, 'resolution': one.resolution,
                'protected': one.protected, 'date': str(one.stamp) if one.stamp else None,
                'animation': ANIMATION_TYPES.get(kind, f'raw:{kind}') if kind else 'no'}

    def delete(self, indices: Sequence[int]) -> None:
        """Delete images, the highest first, since those behind move down."""
        self._outcomes.delete(indices, self.record)

    def delete_all(self) -> None:
        """Delete what is not protected; some cameras acknowledge and do nothing (4.5)."""
        self._outcomes.delete_all(self.record)

    def protect(self, index: int, protected: bool) -> None:
        """Protect an image, and read back that it is."""
        frame = self.memory.select(index)
        confirmed(
            f'image {index}: {"protected" if protected else "not protected"}',
            lambda attempt: self.session.act(Action.SET_PROTECTION, int(protected), frame,
                                             attempt=attempt),
            lambda: self.memory.protected(frame), lambda held: held == protected)

    def upload(self, name: str, data: bytes, overwrite: bool = False,
               progress: ProgressCallback = no_progress,
               accept_hang: bool = False) -> StoredImage:
        """
        Store a picture in the camera, verified by the camera's count (6.11); it chooses the name.

        Cameras take what they could have made themselves, and anything else may hang them: that
        is for the caller to accept. Raises Forbidden if not, ValueError, Refused, OutcomeUnknown.
        """
        if overwrite:
            raise NotSupported('a sierra camera names what it stores: nothing is overwritten')
        if not accept_hang:
            raise Forbidden('a picture that is not of its own kind can hang the camera '
                            '(sierra.md 6.11); accept that, or do not upload')
        self._need_card()
        upload.check(self.session, data)
        index, evidence = self._outcomes.upload(data, progress, self.record)
        try:
            return self.memory.images(no_progress, [index])[0]
        except DeviceError as error:
            log.warning('stored as image %d, of which nothing could be read: %s', index, error)
            return StoredImage(index)
        except KeyboardInterrupt as error:
            raise OutcomeUnknown(f'{self.session.port.name}: interrupted; the picture was stored '
                                 f'as image {index}', evidence) from error

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of an operation by what the camera counts and lists now."""
        operation = evidence['operation']
        if operation == 'step_exposure':
            return self._exposure.settle(evidence)
        if operation in OPERATIONS:
            return self._outcomes.settle(evidence)
        return super().settle(evidence)

    @property
    def clock_shows(self) -> str:
        """Say what the option `camera_clock` says."""
        return self._clock

    def clock(self) -> datetime | None:
        """Return the camera's clock, which shows what `clock_shows` says."""
        return wall_time(self.session.read_int(NUMBER['clock']))

    def set_clock(self, now: datetime) -> datetime | None:
        """Set the clock; a few seconds of difference are accepted (6.10)."""
        seconds = int(now.replace(tzinfo=timezone.utc).timestamp())
        port = self.session.port
        start = port.now()
        held = confirmed(
            f'clock: {now}',
            lambda attempt: self.session.write_int(NUMBER['clock'], seconds, attempt),
            lambda: self.session.read_int(NUMBER['clock']),
            lambda held: -CLOCK_TOLERANCE <= held - seconds <= (
                CLOCK_TOLERANCE + port.now() - start))
        return None if held is None else wall_time(held)

    def read_register(self, register: int, kind: str = 'int') -> int | bytes:
        """Read a raw register; those of a frame need one selected, which this does not do."""
        return self._raw.read(register, kind, self.model)

    def write_register(self, register: int, value: int | bytes) -> None:
        """Write a raw register, and read it back where that tells what was written."""
        self._raw.write(register, value, self.model)

    def _use_model(self, model: Model) -> None:
        self.model = model
        session = self.session
        session.exchange.decoder.lenient = model.lenient_checksum
        if session.exchange.pacing != 'bytewise':  # else: nothing faster got through (5.8)
            session.exchange.pacing = model.pacing if self._pacing == 'auto' else self._pacing
        session.max_baudrate = min(session.max_baudrate, model.max_baudrate)
        self._exposure.family = model.family

    def _row(self, name: str) -> tuple[Row, Setting]:
        setting = self.setting(name)
        return BY_NAME[name], setting

    def _text(self, name: str) -> str:
        try:
            return self.session.read_text(NUMBER[name])
        except Refused:
            return ''

    def _int(self, name: str) -> int | None:
        if NUMBER[name] in self.model.missing:
            return None
        try:
            return self.session.read_int(NUMBER[name])
        except Refused:
            return None

    def _card(self) -> str:
        self._need_card()
        return 'present, or the model does not say'

    def _need_card(self) -> None:
        if self._int('card_status') == NO_CARD:
            raise Refused(f'{self.session.port.name}: no memory card in the camera')

    def _exposure_or_nothing(self) -> Exposure:
        try:
            return self._exposure.read()
        except DeviceError:
            return Exposure()  # the picture is taken all the same

    def _why_no_picture(self, error: Refused) -> Refused:
        """Say more about a refusal where the camera does."""
        try:
            if self._int('card_status') == NO_CARD:
                return Refused(f'{error}: there is no memory card', error.code)
            if self._int('frames_left') == 0:
                return Refused(f'{error}: its memory is full; delete images first', error.code)
        except DeviceError:
            pass
        return error

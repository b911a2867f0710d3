# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated Sierra camera is and holds, apart from speech (sierra.md, sections 4 and 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import log2

from camera_driver.devices.sierra.codec import pack_int, unpack_int
from camera_driver.devices.sierra.registers import Action, Kind, NUMBER, REGISTERS, UPLOAD_MAGIC
from camera_driver.devices.sierra.simulator.card import Card, Frame, Refusal
from camera_driver.devices.sierra.simulator.options import Options, Resolution
from camera_driver.pictures.jpeg import jpeg_in
from camera_driver.sim import scene

EPOCH = datetime(1970, 1, 1)
QUALITY = 75  # of JPEG
PREVIEWS = 5000  # previews show scenes that no picture shows
CLOCK = 1_000_000_000  # 2001-09-09 01:46:40, when the camera is first spoken to

DEFAULTS: Mapping[str, int | bytes] = {
    'resolution': 2, 'clock': CLOCK, 'shutter_us': 0, 'aperture': 2, 'color_mode': 1,
    'flash_mode': 0, 'image_adjust': 0, 'white_balance': 0, 'camera_id': b'',
    'autoshut_host': 180, 'autoshut_field': 60, 'led_mode': 0, 'upload_magic': 0,
    'focus_mode': 2, 'operation_mode': 2, 'lcd_brightness': 4, 'lcd_autoshut': 30,
    'lcd_date_format': 1, 'language': 3, 'exposure_compensation': pack_int(0) + pack_int(10),
    'metering_mode': 5, 'optical_zoom': pack_int(80) + pack_int(10), 'capture_flags': 0,
    'packet_size': 2048, 'session_timeout': 0, 'iso_speed': 0, 'digital_zoom_percent': 0,
    'focus_position': 120,
}

BOTH_KINDS = frozenset(NUMBER[name] for name in (
    'unknown_50', 'card_status', 'frames_taken_total_2', 'iso_speed', 'digital_zoom_percent'))
"""Integers that the seed has as empty vdata: served as both (8, number 15)."""

LCD_MODES = {1: 1, 2: 2, 3: 3, 4: 6, 5: 6, 6: 6}
"""Argument of action 8 -> operation_mode; 7 and 8 go to the next or previous picture."""


class Hang(Exception):
    """The camera's program stops until it is switched off and on."""


class CameraState:
    """
    Registers, pictures, folders and actions.

    `registers` holds what is simply stored: int, bytes (text without its NUL), or None: no data.
    What follows from something else (counts, lengths, the clock ...) is made when it is read.
    """

    def __init__(self, options: Options, now: Callable[[], float]) -> None:
        self.options = options
        frames = _example_frames(options) if options.frames is None else options.frames
        self.registers: dict[int, int | bytes | None] = {
            number: row.reads for number, row in REGISTERS.items() if row.reads is not None}
        self.registers |= {NUMBER[name]: value for name, value in DEFAULTS.items()}
        texts = {'manufacturer': options.manufacturer, 'model': options.model_name,
                 'serial_number': options.serial_number,
                 'firmware_version': options.firmware_version}
        for name, text in texts.items():
            self.registers[NUMBER[name]] = text.encode() if text is not None else None
        self.registers[NUMBER['battery_percent']] = options.battery
        if 2 not in options.resolutions:
            self.registers[NUMBER['resolution']] = min(options.resolutions)
        self.card = Card(options.folders or {'': frames}, options.memory_size)
        self.harmful: Counter[str] = Counter()
        self.preview: bytes | None = None
        self._previews = 0
        self.upload: bytearray | None = None
        self._now = now
        self._clock_set: float | None = None
        computed: Mapping[str, Callable[[], int | bytes]] = {
            'clock': self._clock,
            'current_frame': lambda: self.current_frame,
            'frames_taken': lambda: len(self.card.frames),
            'frames_left': lambda: self.frames_left,
            'frame_length': self._frame_length,
            'frame_data': self._picture,
            'thumbnail_length': lambda: len(self._frame().thumbnail),
            'thumbnail_data': lambda: self._frame().thumbnail,
            'memory_free': lambda: self.card.free,
            'protection_state': lambda: int(self._frame().protected),
            'frames_taken_total': lambda: self.card.total,
            'frames_taken_total_2': lambda: self.card.total,
            'audio_info': self._audio_info,
            'audio_data': lambda: self._frame().audio,
            'camera_summary': self._camera_summary,
            'frame_summary': self._frame_summary,
            'card_status': lambda: 2 if self.card.inserted else 1,
            'frame_filename': self._frame_filename,
            'folder_select': lambda: len(self._folders().folder.folders),
            'folder_name': lambda: self._folders().name(),
            'folder_id_name': lambda: self.card.folder.name.encode(),
        }
        self._computed = {NUMBER[name]: read for name, read in computed.items()}
        self.begin_session()

    def begin_session(self) -> None:
        """Forget what lasts as long as a session: current frame and folder, the upload (3.6)."""
        self.current_frame = 0
        self.card.reset()
        self.upload = None
        self.registers[NUMBER['upload_magic']] = 0
        self.registers[NUMBER['packet_size']] = 2048

    def start_clock(self) -> None:
        """Let the clock run from now on, unless it runs."""
        if self._clock_set is None:
            self._clock_set = self._now()

    # Pictures.

    @property
    def resolution(self) -> Resolution:
        """What the next picture will be."""
        return self.options.resolutions[self.number('resolution')]

    @property
    def frames_left(self) -> int:
        """How many pictures of the present resolution there is room for."""
        return self.card.free // self.resolution.size

    @property
    def time(self) -> datetime:
        """What the camera's clock shows."""
        return EPOCH + timedelta(seconds=self._clock())

    @property
    def exposure_time(self) -> float:
        """Seconds; 0: automatic."""
        return max(0, self.number('shutter_us')) / 1e6

    @property
    def brightness(self) -> float:
        """By how much the next picture will be too bright [EV]; the light asks for 1/250 s."""
        bias = self.registers[NUMBER['exposure_compensation']]
        assert isinstance(bias, bytes)
        steps = unpack_int(bias) / (unpack_int(bias[4:]) or 10)
        steps += {1: 0.5, 2: -0.5}.get(self.number('image_adjust'), 0)
        if self.exposure_time:
            steps += log2(250 * self.exposure_time)
        return max(-4.0, min(4.0, steps))

    @property
    def idle_timeout(self) -> float:
        """Seconds."""
        written = self.number('session_timeout')
        return written if written > 0 else self.options.idle_timeout

    def number(self, name: str) -> int:
        """Return the integer in a register that is simply stored."""
        value = self.registers[NUMBER[name]]
        assert isinstance(value, int)
        return value

    def perform(self, action: Action, argument: int, began: datetime) -> None:
        """Do what an action does (4.5); pictures are as of `began`. Raises Refusal, Hang."""
        if action is Action.ERASE_LAST:
            self.card.erase_last()
        elif action is Action.ERASE_ALL:
            self.card.erase_all()
        elif action is Action.TAKE_PICTURE:
            self.take_picture(began)
            self.current_frame = len(self.card.recording.frames)
        elif action is Action.TAKE_PREVIEW:
            self._previews += 1
            self.preview = self._expose(PREVIEWS + self._previews, 320, 240, began)
            self.current_frame = 0
        elif action is Action.ERASE_FRAME:
            self.card.erase(self._frame())
        elif action is Action.SET_LCD_MODE:
            self._set_lcd_mode(argument)
        elif action is Action.SET_PROTECTION:
            if argument not in (0, 1):
                raise Refusal
            self._frame().protected = bool(argument)
        elif action is Action.STORE_UPLOAD:
            self._store_upload()
        elif action is Action.CALIBRATE_TEST and argument >= 4:
            self.registers[NUMBER['upload_magic']] = 0 if argument < 7 else -1

    def take_picture(self, taken: datetime) -> Frame:
        """Store what the camera sees: a scene told apart by its number. Raises Refusal."""
        number, size = self.card.total + 1, self.resolution
        data = self._expose(number, size.width, size.height, taken)
        return self.card.store(data, scene.thumbnail(number, self.brightness), taken,
                               self.number('resolution'))

    def _expose(self, number: int, width: int, height: int, taken: datetime) -> bytes:
        return scene.jpeg(number, width, height, taken, self.options.model_name, QUALITY,
                          self.brightness, self.exposure_time)

    def _store_upload(self) -> None:
        data, self.upload = self.upload, None
        self.registers[NUMBER['upload_magic']] = 0
        if not data:
            raise Refusal
        thumbnail = jpeg_in(bytes(data[2:])) or scene.thumbnail(self.card.total + 1)
        self.card.store(bytes(data), thumbnail, self.time, self.number('resolution'))

    def _set_lcd_mode(self, argument: int) -> None:
        if argument in LCD_MODES:
            self.registers[NUMBER['operation_mode']] = LCD_MODES[argument]
        elif argument not in (7, 8):
            raise Refusal

    # Registers.

    def read_int(self, number: int) -> int:
        """Return what get_int answers. Raises Refusal, Hang."""
        value = self._value(number)
        if not isinstance(value, int):
            raise Refusal
        return value

    def read_data(self, number: int) -> bytes:
        """Return what get_vdata answers. Raises Refusal, Hang."""
        if number in BOTH_KINDS and number not in self.options.missing:
            return b''
        value = self._value(number)
        if isinstance(value, int):
            raise Refusal
        if value is None or number in self.options.empty:
            return b''
        return value + b'\0' if REGISTERS[number].kind == Kind.TEXT else value

    def write_int(self, number: int, value: bytes) -> None:
        """Do what set_int does, with four bytes or none. Raises Refusal."""
        self._check_writable(number)
        if number == NUMBER['folder_select']:
            self._select_folder(value)
            return
        if len(value) != 4 or REGISTERS[number].kind != Kind.INT:
            raise Refusal
        integer = unpack_int(value)
        if number == NUMBER['current_frame']:
            self.current_frame = integer
            return
        if (number == NUMBER['card_status']
                or number == NUMBER['resolution'] and integer not in self.options.resolutions
                or number == NUMBER['packet_size'] and not 256 <= integer <= 2048):
            raise Refusal
        if number == NUMBER['packet_size']:
            self.harmful['packet_size'] += 1
        if number == NUMBER['clock']:
            self._clock_set = self._now()
        self.registers[number] = integer

    def write_data(self, number: int, value: bytes) -> None:
        """Do what set_vdata does. Raises Refusal."""
        self._check_writable(number)
        if number == NUMBER['folder_name']:
            self._folders().change(value)
            self.current_frame = 0
        elif number == NUMBER['upload_data']:
            if self.registers[NUMBER['upload_magic']] != UPLOAD_MAGIC:
                raise Refusal
            self.upload = bytearray()
            self.extend_upload(value)
        elif REGISTERS[number].kind == Kind.INT:
            raise Refusal
        elif number in (NUMBER['exposure_compensation'], NUMBER['optical_zoom']):
            if len(value) != 8:
                raise Refusal
            self.registers[number] = value
        else:
            self.registers[number] = value.rstrip(b'\0')

    def extend_upload(self, data: bytes) -> None:
        """Take in one packet of an upload. Raises Refusal: no upload, or no room for it."""
        if self.upload is None or len(self.upload) + len(data) > self.card.free:
            self.upload = None
            raise Refusal
        self.upload += data

    def _value(self, number: int) -> int | bytes | None:
        row = REGISTERS.get(number)
        if row is None or row.access == 'W' or number in self.options.missing:
            raise Refusal
        if number in self._computed:
            value = self._computed[number]()
            if row.frame and self.options.forgets_frame:
                self.current_frame = 0
            return value
        return self.registers[number]

    def _check_writable(self, number: int) -> None:
        row = REGISTERS.get(number)
        if row is None or 'W' not in row.access or number in self.options.missing:
            raise Refusal

    def _frame(self) -> Frame:
        """Return the current frame. Raises Refusal or Hang without one."""
        if self.current_frame == 0:
            self.harmful['no frame'] += 1
            if self.options.hangs_without_frame:
                raise Hang
        animation = self.current_frame + 0x1000000  # ff in the high byte
        if 1 <= animation <= len(self.options.animations):
            return self.options.animations[animation - 1]
        if not 1 <= self.current_frame <= len(self.card.frames):
            raise Refusal
        return self.card.frames[self.current_frame - 1]

    def _picture(self) -> bytes:
        if self.current_frame == 0 and self.preview is not None:
            return self.preview
        return self._frame().data

    def _frame_length(self) -> int:
        length = len(self._picture())
        return -length if self.options.negative_length else length

    def _frame_filename(self) -> bytes:
        """Return a name; with frame 0 the newest one, which gphoto2 asks for (9.4)."""
        if self.current_frame:
            return self._frame().name.encode()
        return self.card.newest.encode()

    def _clock(self) -> int:
        value = self.number('clock')
        if value in (0, -1) or self._clock_set is None:
            return value
        return (value + int(self._now() - self._clock_set) + 2 ** 31) % 2 ** 32 - 2 ** 31

    def _audio_info(self) -> bytes:
        size = len(self._frame().audio)
        return _words(2 * size, size, 0, 0, 0, 0, 0, 0) if size else b''

    def _camera_summary(self) -> bytes:
        resolution, taken = self.number('resolution'), len(self.card.frames)
        animations = len(self.options.animations)
        if self.options.summary_variant == 'A':
            return _words(resolution, self.number('lcd_brightness'), taken, 0, 0, 0, 0,
                          animations)
        return _words(resolution, self.number('flash_mode'), 0, 0, self.options.battery, taken,
                      self.frames_left, animations)

    def _frame_summary(self) -> bytes:
        frame = self._frame()
        return _words(len(frame.data) & 0xFFFFFF, len(frame.thumbnail), 2 * len(frame.audio),
                      frame.resolution, frame.protected,
                      int((frame.taken - EPOCH).total_seconds()), 0, frame.animation)

    def _folders(self) -> Card:
        """Return the card. Raises Refusal: the camera has no folders."""
        if self.options.folders is None:
            raise Refusal
        return self.card

    def _select_folder(self, value: bytes) -> None:
        if not value:  # a reset to the root, which photopc sends to any camera
            self.card.reset()
        elif len(value) == 4:
            self._folders().select(unpack_int(value))
        else:
            raise Refusal


def _words(*values: int) -> bytes:
    return b''.join(pack_int(value) for value in values)


def _example_frames(options: Options) -> list[Frame]:
    """Return the pictures of a camera that has been used; the third one is protected."""
    widths = {size.width: number for number, size in options.resolutions.items()}
    return [Frame(still.data, still.thumbnail, f'P101{still.number:04d}.JPG', still.taken,
                  protected=still.number == 3, resolution=widths.get(still.width, 2))
            for still in scene.stills()]

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated Fuji camera is and holds, and what its commands do (fuji_mx.md, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
import re
import struct

from camera_driver.devices.fuji_mx.commands import Command, ID_LENGTH, TABLE
from camera_driver.devices.fuji_mx.simulator.options import Frame, Options
from camera_driver.sim.scene import jpeg, stills, ycbcr422

DONE, FAILED = b'\0', b'\1'
FILE_NAME = re.compile(rb'DSC\d{5}\.JPG')
NAME_GOOD, NAME_EXISTS, NAME_BAD = b'\0', b'\1', b'\3'
MAX_HEAD = 10500  # bytes, what libgphoto2 has room for (4.4)
DATE = '%Y%m%d%H%M%S'
EARLIEST, LATEST = 1980, 2043  # years that the MX-700 takes (4.2)
FLASH_MODES = range(4)
BLOCK = 512  # bytes; free space is a multiple of it

ZEROS = {  # what nobody knows: as many zeros as the answer is long (8 #22)
    Command.UNKNOWN_11: 1, Command.UNKNOWN_13: 1, Command.UNKNOWN_20: 2, Command.UNKNOWN_22: 1,
    Command.UNKNOWN_2B: 2, Command.UNKNOWN_2E: 0, Command.GET_COMMAND_INFO: 2,
    Command.SEND_IMAGE_INFORMATION: 1,
}
GUESSED = {Command.CHARGE_FLASH: 0x35, Command.UNKNOWN_2E: 0x2F}  # numbers of answers
ERRNO = frozenset({Command.DELETE_PICTURE, Command.SET_FLASH_MODE, Command.CHARGE_FLASH,
                   Command.SET_CAMERA_ID, Command.SET_DATE})


class CameraState:
    """One camera: its card, clock and settings; `now` gives the time [s]."""

    def __init__(self, options: Options, now: Callable[[], float]) -> None:
        self.options = options
        self.frames = list(generated() if options.frames is None else options.frames)
        self.camera_id = options.camera_id.encode('ascii')[:ID_LENGTH].ljust(ID_LENGTH)
        self.flash_mode = 3
        self.charged: list[int] = []  # intensities
        self.preview = b''
        self.last_name = self.frames[-1].name if self.frames else ''
        self._now = now
        self._set_at, self._set_to = 0.0, options.clock
        self._taken = len(self.frames)
        self._file = b''  # name of an upload; empty: its data are dropped
        self._upload = bytearray()

    @property
    def time(self) -> datetime:
        """What its clock shows."""
        return self._set_to + timedelta(seconds=self._now() - self._set_at)

    @property
    def free(self) -> int:
        """Bytes."""
        if self.options.card_status:
            return 0
        used = sum(-(-len(frame.data) // BLOCK) * BLOCK for frame in self.frames)
        return max(0, self.options.memory_size - used)

    def duration(self, number: int) -> float:
        """Return how long a command takes until it is answered [s]."""
        options = self.options
        if number in (Command.TAKE_PICTURE, Command.TAKE_PREVIEW):
            return options.exposure_duration
        return options.charge_duration if number == Command.CHARGE_FLASH else options.reply_delay

    def execute(self, number: int, payload: bytes) -> bytes:
        """Obey a command and return the payload of its answer."""
        options = self.options
        if number in ZEROS:
            return bytes(ZEROS[Command(number)])
        match number:
            case Command.GET_COMMAND_LIST:
                return options.commands
            case Command.GET_VERSION:
                return options.version.encode('ascii')
            case Command.GET_CAMERA_TYPE:
                return options.camera_type.encode('ascii')
            case Command.GET_CAMERA_ID:
                return self.camera_id
            case Command.SET_CAMERA_ID:
                self.camera_id = payload[:ID_LENGTH].ljust(ID_LENGTH)
                return DONE
            case Command.GET_DATE:
                return f'{self.time:{DATE}}'.encode('ascii')
            case Command.SET_DATE:
                return self._set_date(payload)
            case Command.GET_FLASH_MODE:
                return bytes([self.flash_mode])
            case Command.SET_FLASH_MODE:
                return self._set_flash_mode(payload)
            case Command.CHARGE_FLASH:
                self.charged.append(int.from_bytes(payload[:2], 'little'))
                return DONE
            case Command.NO_OPERATION:
                return options.no_operation_answer
            case Command.GET_CARD_STATUS:
                form = '<IB' if options.card_status_last else '<BI'
                values = options.card_status, self.free
                return struct.pack(form, *(values[::-1] if options.card_status_last else values))
            case Command.GET_DIRECTORY_NAME:
                return b'DCIM'
            case Command.GET_PICTURE_COUNT:
                return struct.pack('<H', len(self.frames))
            case Command.GET_LAST_PICTURE_NAME:
                return self.last_name.encode('ascii')
            case Command.TAKE_PICTURE:
                return struct.pack('<HH', *self.take_picture())
            case Command.TAKE_PREVIEW:
                self.preview = self._make_preview()
                return bytes(2)
            case Command.GET_PREVIEW:
                return self.preview
            case Command.UPLOAD_NAME:
                return self._begin_upload(payload)
        return self._of_frame(number, payload)

    def _of_frame(self, number: int, payload: bytes) -> bytes:
        """Obey a command about one picture; what is answered for one that is not there: 8 #19."""
        index = int.from_bytes(payload[:2], 'little')
        if not 1 <= index <= len(self.frames):
            return {Command.GET_PICTURE_SIZE: bytes(4),
                    Command.DELETE_PICTURE: FAILED}.get(Command(number), b'')
        frame = self.frames[index - 1]
        match number:
            case Command.GET_THUMBNAIL:
                return frame.head[:MAX_HEAD]
            case Command.GET_PICTURE:
                return frame.data
            case Command.GET_PICTURE_SIZE:
                return struct.pack('<I', len(frame.data))
            case Command.DELETE_PICTURE:
                del self.frames[index - 1]
                return DONE
        assert number == Command.GET_PICTURE_NAME
        return frame.name.encode('ascii')

    def take_picture(self) -> tuple[int, int]:
        """Take a picture; returns its number and 0, or 0 and 1 when there is no room."""
        self._taken += 1
        options = self.options
        data = jpeg(self._taken, options.width, options.height, self.time, options.version[6:])
        if len(data) > self.free:
            self._taken -= 1
            return 0, 1
        names = {frame.name for frame in self.frames}
        number = self._taken
        while (name := f'DSC{number:05}.JPG') in names:
            number += 1
        self.frames.append(Frame(data, exif_head(data), name))
        self.last_name = name
        return len(self.frames), 0

    def _make_preview(self) -> bytes:
        width, height = self.options.preview_width, self.options.preview_height
        if self.options.preview is not None:
            return self.options.preview
        return struct.pack('<HH', width, height) + ycbcr422(self._taken + 1, width, height)

    def receive_upload(self, data: bytes, last: bool) -> None:
        """Take in a block of an upload; the file appears after the last one (9.1)."""
        if self._file:
            self._upload += data
        if last:
            self._store_upload()

    def end_upload(self) -> None:
        """Forget an upload that is not complete."""
        self._file = b''
        self._upload.clear()

    def _begin_upload(self, name: bytes) -> bytes:
        self.end_upload()
        if not FILE_NAME.fullmatch(name):
            return NAME_BAD
        self._file = name
        exists = name.decode('ascii') in {frame.name for frame in self.frames}
        return NAME_EXISTS if exists else NAME_GOOD

    def _store_upload(self) -> None:
        name, data = self._file.decode('ascii'), bytes(self._upload)
        self.end_upload()
        if not name or len(data) > self.free:
            return
        frame = Frame(data, b'', name)  # the camera makes no thumbnail of it (4.6)
        for place, other in enumerate(self.frames):
            if other.name == name:
                self.frames[place] = frame
                return
        self.frames.append(frame)

    def _set_date(self, payload: bytes) -> bytes:
        try:
            date = datetime.strptime(payload.decode('ascii'), DATE)
        except ValueError:
            return FAILED
        if not EARLIEST <= date.year <= LATEST:
            return FAILED
        self._set_at, self._set_to = self._now(), date
        return DONE

    def _set_flash_mode(self, payload: bytes) -> bytes:
        if len(payload) != 1 or payload[0] not in FLASH_MODES:
            return FAILED
        self.flash_mode = payload[0]
        return DONE


def response(number: int) -> int:
    """Return the number of a command's answer; of 34 and 2e it is a guess."""
    known = TABLE[number].response
    return GUESSED[Command(number)] if known is None else known


def exif_head(data: bytes) -> bytes:
    """Return a picture file up to the end of its Exif data; nothing when it has none (4.4)."""
    if data[:4] != b'\xff\xd8\xff\xe1':
        return b''
    return data[:4 + int.from_bytes(data[4:6], 'big')]


def generated() -> list[Frame]:
    """Return the generated pictures of a card."""
    return [Frame(still.data, exif_head(still.data), f'DSC{still.number:05}.JPG')
            for still in stills()]

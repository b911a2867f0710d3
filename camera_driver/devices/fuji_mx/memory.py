# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a Fuji camera stores: pictures by number, the first is 1 (fuji_mx.md 4.2 to 4.6)."""

from __future__ import annotations

from collections.abc import Sequence
import re

from camera_driver.devices.fuji_mx.commands import Command, MAX_PICTURE, T_REPLY_SLOW
from camera_driver.devices.fuji_mx.session import FujiMxSession
from camera_driver.errors import (
    DamagedPicture, DeviceError, NotSupported, OutcomeUnknown, ProtocolError, Refused)
from camera_driver.model import Picture, Progress, ProgressCallback, StoredImage
from camera_driver.pictures.jpeg import jpeg_in, structure

FILE_NAME = re.compile(r'DSC\d{5}\.JPG')
UPLOAD_SIZES = ((640, 480), (1280, 960))  # pixels; of others it shows '! Read error'
NAME_EXISTS = 1  # answer to an upload's name


class Memory:
    """The images of one camera."""

    def __init__(self, session: FujiMxSession) -> None:
        self._session = session
        self._count: int | None = None  # None: not known

    def changed(self) -> None:
        """Forget the count: the camera may have stored or deleted something."""
        self._count = None

    def count(self) -> int:
        """Ask for the number of images."""
        self._count = self._session.picture_count()
        return self._count

    def check(self, index: int) -> None:
        """Raise IndexError when there is no such image."""
        if self._count is not None and 1 <= index <= self._count:
            return
        if not 1 <= index <= self.count():  # somebody may have pressed the shutter
            raise IndexError(f'image {index}: the camera has {self._count} images'
                             + (f', numbered 1 to {self._count}' if self._count else ''))

    def images(self, progress: ProgressCallback,
               indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """Return all images, or some, with what the camera tells of each: name and size."""
        self.changed()
        if indices is None:
            indices = range(1, self.count() + 1)
        images: list[StoredImage] = []
        for index in indices:
            self.check(index)
            image = StoredImage(index, self.name(index), size=self.size(index))
            if not image.name and not image.size:
                raise ProtocolError(f'{self._session.port.name}: the camera claims {self._count} '
                                    f'images and has no image {index}')
            images.append(image)
            progress(Progress(len(images), len(indices), 'listing images'))
        return images

    def name(self, index: int) -> str:
        """Return the file name of an image, or an empty one if the camera does not say."""
        session = self._session
        return session.offered(Command.GET_PICTURE_NAME, lambda: session.picture_name(index)) or ''

    def size(self, index: int) -> int | None:
        """Return the size of an image [bytes]; None where the camera does not say. Bounded."""
        session = self._session
        size = session.offered(Command.GET_PICTURE_SIZE, lambda: session.picture_size(index))
        if size is not None and size > MAX_PICTURE:
            raise ProtocolError(f'{session.port.name}: the camera declares {size} bytes for one '
                                'image; that is not believed')
        return size or None

    def picture(self, index: int, progress: ProgressCallback) -> Picture:
        """Return an image, as long as the camera says. Raises IndexError, DamagedPicture."""
        self.check(index)
        data = self._session.picture(index, self.size(index), progress)
        if not data:
            raise NotSupported(f'image {index}: the camera sends nothing for it')
        form = 'jpeg' if data.startswith(b'\xff\xd8') else (
            'tiff' if data[:4] in (b'II*\0', b'MM\0*') else 'unknown')
        return Picture(data, form, self.name(index), index)

    def thumbnail(self, index: int, progress: ProgressCallback) -> Picture:
        """Return the JPEG in the head of a picture; the head itself if there is none in it."""
        self.check(index)
        head = self._session.thumbnail(index, progress)
        if not head:
            raise NotSupported(f'image {index} has no thumbnail (uploaded ones have none)')
        if head[:4] == b'\xff\xd8\xff\xe1' and len(head) < 4 + int.from_bytes(head[4:6], 'big'):
            raise DamagedPicture(f'image {index}: its Exif data end after {len(head)} bytes; '
                                 'download the thumbnail again')
        jpeg = jpeg_in(head)
        return Picture(jpeg or head, 'jpeg' if jpeg else 'unknown', index=index)

    def delete(self, indices: Sequence[int]) -> None:
        """Delete by index, highest first; each one is verified by the camera's count."""
        self.changed()
        wanted = sorted(set(indices), reverse=True)
        for index in wanted[:1] + wanted[-1:]:
            self.check(index)  # all of them exist, before the first is deleted
        for done, index in enumerate(wanted):
            try:
                self._delete(index)
            except Refused as error:
                raise Refused(f'image {index} was not deleted (protected?); {done} of '
                              f'{len(wanted)} were: {error}', error.code) from error

    def delete_all(self) -> None:
        """Delete one by one what the camera does not refuse to delete; there is no command."""
        for index in range(self.count(), 0, -1):
            try:
                self._delete(index)
            except Refused:
                continue  # protected

    def upload(self, name: str, data: bytes, overwrite: bool,
               progress: ProgressCallback) -> StoredImage:
        """
        Store a JPEG of 640x480 or 1280x960 pixels, and make sure that it arrived (4.6).

        Raises ValueError (name, size), Refused (exists, no room), OutcomeUnknown.
        """
        if not FILE_NAME.fullmatch(name):
            raise ValueError(f'{name!r}: the camera takes names such as DSC00042.JPG alone')
        found = structure(data)
        if (found.width, found.height) not in UPLOAD_SIZES:
            raise ValueError(f'{found.width} x {found.height} pixels: the camera shows pictures '
                             'of 640 x 480 and 1280 x 960 alone')
        session = self._session
        card = session.offered(Command.GET_CARD_STATUS, session.card_status)
        if card and card.free < len(data):
            raise Refused(f'{name}: {len(data)} bytes, and {card.free} are free on the card')
        self.changed()
        answer = session.upload_name(name)
        if answer == NAME_EXISTS and not overwrite:
            raise Refused(f'{name}: the camera has an image of that name; overwrite it or take '
                          'another name', answer)
        if answer not in (0, NAME_EXISTS):
            raise Refused(f'{name}: the camera does not take this name (answer {answer})', answer)
        doubt: OutcomeUnknown | None = None
        try:
            session.upload_data(data, progress)
        except OutcomeUnknown as error:
            doubt = error
        for image in reversed(self.images(lambda _: None)):
            if image.name == name and image.size in (None, len(data)):
                if doubt and (image.size is None or answer == NAME_EXISTS):
                    break  # the old one may be just as long
                return image
        raise doubt or OutcomeUnknown(f'{name}: the camera took all of it, and does not list it '
                                      f'with {len(data)} bytes; look at its list')

    def _delete(self, index: int) -> None:
        before = self.count()
        session = self._session
        try:
            session.delete_picture(index)
        except OutcomeUnknown as doubt:
            if self._after_doubt(before, doubt) != before - 1:
                raise doubt
            return
        if self.count() >= before:
            raise Refused(f'{session.port.name}: the camera reported image {index} as deleted and '
                          f'still counts {before}')

    def _after_doubt(self, before: int, doubt: OutcomeUnknown) -> int:
        """Return the count, once the camera has had the time to change it."""
        port = self._session.port
        try:
            count = self.count()
            if count == before:
                left = self._session.exchange.sent_at + T_REPLY_SLOW - port.now()
                port.pause(max(0.0, left))
                count = self.count()
        except DeviceError:
            raise doubt
        return count

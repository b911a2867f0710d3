# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a Fuji camera stores: pictures by number, the first is 1 (fuji_mx.md 4.2 to 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import logging
import re

from camera_driver.devices.fuji_mx.commands import Command, MAX_PICTURE
from camera_driver.devices.fuji_mx.session import FujiMxSession
from camera_driver.errors import (
    DamagedPicture, DeviceError, NotSupported, OutcomeUnknown, ProtocolError, Refused)
from camera_driver.model import Picture, Progress, ProgressCallback, StoredImage
from camera_driver.operations import Evidence, Outcome, Settlement
from camera_driver.pictures.jpeg import jpeg_in, structure

log = logging.getLogger(__name__)

FILE_NAME = re.compile(r'DSC\d{5}\.JPG')
UPLOAD_SIZES = ((640, 480), (1280, 960))  # pixels; of others it shows '! Read error'
NAME_EXISTS = 1  # answer to an upload's name
T_POLL = 1.0  # s between questions whether a command has been carried out

CarryOut = Callable[[Evidence, Callable[[], object]], Settlement]
"""Does a once operation and returns what the camera's lists tell of it afterwards."""


class Memory:
    """The images of one camera."""

    def __init__(self, session: FujiMxSession) -> None:
        self._session = session
        self._count: int | None = None  # None: not known

    @property
    def known(self) -> int | None:
        """The last count; None: not known."""
        return self._count

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
        wanted = list(dict.fromkeys(indices))
        images: dict[int, StoredImage] = {}
        for index in wanted:
            self.check(index)
            image = StoredImage(index, self.name(index), size=self.size(index))
            if not image.name and not image.size:
                raise ProtocolError(f'{self._session.port.name}: the camera claims {self._count} '
                                    f'images and has no image {index}')
            images[index] = image
            progress(Progress(len(images), len(wanted), 'listing images'))
        return [images[index] for index in indices]

    def name(self, index: int) -> str:
        """Return the file name of an image, or an empty one if the camera does not say."""
        session = self._session
        return session.offered(Command.GET_PICTURE_NAME, lambda: session.picture_name(index)) or ''

    def size(self, index: int) -> int | None:
        """Return the size of an image [bytes]; None: the camera does not say, or nonsense."""
        session = self._session
        size = session.offered(Command.GET_PICTURE_SIZE, lambda: session.picture_size(index))
        if size is not None and size > MAX_PICTURE:
            log.warning('%s: the camera declares %d bytes for image %d; that is not believed',
                        session.port.name, size, index)
            return None
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
        jpeg = jpeg_in(head)
        whole = 4 + int.from_bytes(head[4:6], 'big')
        # Some send no more than 10500 bytes of it (4.4); what matters may be among them.
        if (head[:4] == b'\xff\xd8\xff\xe1' and len(head) < whole
                and not (jpeg and jpeg.rstrip(b'\0').endswith(b'\xff\xd9'))):
            raise DamagedPicture(f'image {index}: its Exif data end after {len(head)} bytes; '
                                 'download the thumbnail again')
        return Picture(jpeg or head, 'jpeg' if jpeg else 'unknown', index=index)

    def delete(self, indices: Sequence[int], carry_out: CarryOut, operation: str = 'delete',
               go_on: bool = False) -> None:
        """
        Delete one by one, the highest number first; each is verified by the camera's lists.

        `go_on`: those that the camera refuses to delete do not end it; Refused tells of them
        in the end.
        """
        self.changed()
        wanted = sorted(set(indices), reverse=True)
        for index in wanted[:1] + wanted[-1:]:
            self.check(index)  # all of them exist, before the first is deleted
        evidence = {'operation': operation, 'indices': wanted, 'count': self.count(), 'gone': [],
                    'names': [self.name(index) for index in wanted]}
        gone: list[int] = []
        refused: Refused | None = None
        for index in wanted:
            now = {**evidence, 'index': index, 'gone': list(gone)}
            try:
                carry_out(now, lambda: self._session.delete_picture(index))
            except Refused as error:
                if not go_on or error.code is None:  # it did not say so itself
                    raise Refused(f'image {index} was not deleted. '
                                  f'{self._so_far(wanted, gone)}: {error}', error.code) from error
                refused = error
                continue
            except OutcomeUnknown as doubt:
                raise OutcomeUnknown(f'{self._so_far(wanted, gone, index)}: {doubt}',
                                     doubt.evidence) from doubt
            except (DeviceError, KeyboardInterrupt) as error:  # nothing was sent
                if not gone:
                    raise
                why = 'interrupted' if isinstance(error, KeyboardInterrupt) else error
                raise OutcomeUnknown(f'{self._so_far(wanted, gone)}: {why}', now) from error
            gone.append(index)
        if refused:
            raise Refused(f'{len(wanted) - len(gone)} images were not deleted. '
                          f'{self._so_far(wanted, gone)}: {refused}', refused.code) from refused

    def settle_deletion(self, evidence: Evidence) -> Settlement:
        """Say whether image `index` is gone, after the `gone` ones above it."""
        index, gone = evidence['index'], evidence['gone']
        name = evidence['names'][evidence['indices'].index(index)]
        before = evidence['count'] - len(gone)
        count = self.count_when(lambda count: count != before)
        found = self.name(index) if index <= count else ''
        if count == before and found == name:
            return Settlement(Outcome.NOT_DONE, f'Image {index} is still there.', gone=tuple(gone))
        if count == before - 1 and not (name and found == name):
            return Settlement(Outcome.DONE, f'it counts {count} images', gone=(*gone, index))
        return Settlement(
            Outcome.UNKNOWN, f'It counts {count} images where {before - 1} or {before} should be, '
            f'and image {index}, which was {name or "nameless"}, is {found or "not there"}: list '
            'the images again before anything else.', gone=tuple(gone), in_doubt=(index,))

    def settle_shot(self, evidence: Evidence) -> Settlement:
        """Say whether a picture was taken: there is one more, behind the same last one."""
        before, last = evidence['count'], evidence['last']
        count = self.count_when(lambda count: count != before)
        if count < before or last and self.name(before) != last:
            return Settlement(
                Outcome.UNKNOWN, f'It counts {count} images instead of {before}, and image '
                f'{before} is not {last or "what it was"} any more: the memory was changed.')
        if count == before:
            return Settlement(Outcome.NOT_DONE,
                              f'It still counts {before} images: no picture was taken; try again.')
        words = f'it counts {count} images instead of {before}'
        if count == before + 1:
            return Settlement(Outcome.DONE, words, count)
        return Settlement(Outcome.DONE, f'{words}: more than one picture was taken')

    def settle_upload(self, evidence: Evidence) -> Settlement:
        """Say whether a picture was stored, by its name and size."""
        name, size, old = evidence['name'], evidence['size'], evidence['old_size']
        before = evidence['count']
        image = self._named(name, lambda image: image.size in (None, size))
        if image is None:
            if evidence['exists']:
                return Settlement(Outcome.UNKNOWN, f'{name} is not there any more.')
            return Settlement(Outcome.NOT_DONE, f'{name} is not in its list; try again.')
        if evidence['exists'] and image.size in (None, old):
            if old == size or image.size is None:
                return Settlement(Outcome.UNKNOWN, f'{name} was there before, as long as the new '
                                  'one; download it and look.')
            return Settlement(Outcome.NOT_DONE, f'{name} is still the old one; try again.')
        if image.size not in (None, size):
            return Settlement(Outcome.UNKNOWN, f'It lists {name} with {image.size} bytes instead '
                              f'of {size}: delete it, and upload it again.', image.index)
        return Settlement(Outcome.DONE, f'it lists {name} as image {image.index} of '
                          f'{self._count}, after {before}', image.index)

    def count_when(self, ready: Callable[[int], bool]) -> int:
        """Return the count once it is `ready`, or what was told before is over (5.3)."""
        session = self._session
        while True:
            count = self.count()
            left = session.exchange.over_by - session.port.now()
            if ready(count) or left <= 0:
                return count
            session.port.pause(min(left, T_POLL))

    def upload(self, name: str, data: bytes, overwrite: bool, progress: ProgressCallback,
               carry_out: CarryOut) -> StoredImage:
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
        count = self.count()
        answer = session.upload_name(name)
        if answer not in (0, NAME_EXISTS):
            raise Refused(f'{name}: the camera does not take this name (answer {answer})', answer)
        old = self._named(name, None) if answer == NAME_EXISTS else None
        if answer == NAME_EXISTS:
            if not overwrite:
                raise Refused(f'{name}: the camera has an image of that name; overwrite it or '
                              'take another name', answer)
            session.upload_name(name)  # again: other questions may have ended it
        settled = carry_out(
            {'operation': 'upload', 'name': name, 'size': len(data), 'count': count,
             'exists': answer == NAME_EXISTS, 'old_size': old.size if old else None},
            lambda: session.upload_data(data, progress))
        index = settled.image_index or (old.index if old else count + 1)
        return StoredImage(index, name, size=len(data))

    def _named(self, name: str, ready: Callable[[StoredImage], bool] | None,
               ) -> StoredImage | None:
        """Return the last image of a name; `ready`: wait until it is, or time is over."""
        session = self._session
        while True:
            index = next((i for i in range(self.count(), 0, -1) if self.name(i) == name), None)
            image = StoredImage(index, name, size=self.size(index)) if index else None
            left = session.exchange.over_by - session.port.now()
            if not ready or image and ready(image) or left <= 0:
                return image
            session.port.pause(min(left, T_POLL))

    def _so_far(self, wanted: Sequence[int], gone: Sequence[int], doubt: int | None = None) -> str:
        """Say what became of the images of a deletion, by the numbers of its request."""
        left = [index for index in wanted if index not in gone and index != doubt]
        parts = [f'{word}: {", ".join(map(str, indices))}' for word, indices in (
            ('deleted', gone), ('unknown', () if doubt is None else (doubt,)),
            ('still there', left)) if indices]
        return f'images by their old numbers, {"; ".join(parts)}'

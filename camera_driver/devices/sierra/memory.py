# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What a sierra camera stores: folders, frames, pictures (sierra.md 4.4, 4.6, 4.7).

An image's index counts over all folders, in the order of the camera's own list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
import logging

from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.devices.sierra.session import clean, MAX_PICTURE, SierraSession
from camera_driver.devices.sierra.summary import (
    animation_frame, audio_info, camera_summary, CameraSummary, frame_summary, FrameSummary)
from camera_driver.errors import (
    DamagedPicture, NotSupported, ProtocolError, Refused)
from camera_driver.model import ImageFolder, Picture, Progress, ProgressCallback, StoredImage

log = logging.getLogger(__name__)

MAX_FOLDERS = 1000  # a camera that claims more, or nests deeper than MAX_DEPTH, is not believed
MAX_DEPTH = 4
MAX_FRAMES = 100_000
AGREE = 3  # times to count again, until two agree, where a folder may have been left unnoticed

Path = tuple[str, ...]


class Memory:
    """The images of one camera."""

    def __init__(self, session: SierraSession, clock: str = 'utc') -> None:
        """`clock`: what the dates of images are, 'utc' or 'local' time."""
        self._session = session
        self._clock = clock
        self._counts: dict[Path, int] = {}  # folder -> frames, in order; empty: not known

    def find_folders(self) -> None:
        """Try whether the model has folders; afterwards the one it records in is current."""
        self.changed()
        if self._session.find_folders():
            self.enter_last()

    def changed(self) -> None:
        """Forget the counts: the camera may have stored or deleted something."""
        self._counts = {}

    def count(self) -> int:
        """Return the number of images over all folders."""
        return sum(self.counts().values())

    def recount(self, before: int) -> int:
        """Return the number of images after a picture was taken: perhaps in a new folder."""
        count = self.count()
        if count <= before and self._session.folder is not None:
            self.changed()
            self.enter_last()
            count = self.count()
        return count

    def enter_last(self) -> None:
        """Go to the last folder with images, where the camera records."""
        if self._session.folder is not None:
            counts = self.counts()
            self.enter(([path for path, count in counts.items() if count] or [*counts])[-1])

    def select(self, index: int) -> int:
        """Enter the folder of an image and return its frame number there. Raises IndexError."""
        self._session.go_back()
        found = self.find(index)
        if found[0] != self.here:
            self.enter(found[0])
            found = self.find(index)  # the counts may be old; those of this folder no more
            self.enter(found[0])
        return found[1]

    def index_of(self, frame: int) -> int:
        """Return the index of a frame of the current folder."""
        first = 0
        for path, count in self._counts.items():
            if path == self.here:
                break
            first += count
        return first + frame

    def images(self, progress: ProgressCallback,
               indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """Return all images, or some, with what the camera tells of each."""
        self.changed()
        wanted = [] if indices is None else [*dict.fromkeys(indices)]

        def more() -> bool:
            """Ask whether there are more than one answer, perhaps to another question, said."""
            if indices is None:
                wanted.extend(range(len(wanted) + 1, self.count() + 1))
            return bool(wanted)

        more() or more()
        images: dict[int, StoredImage] = {}
        for index in wanted:
            try:
                frame = self.select(index)
            except IndexError as error:
                if indices is not None:
                    raise
                raise ProtocolError(f'{self._session.port.name}: images are deleted while they '
                                    f'are listed ({error}); list them again') from error
            images[index] = self._image(index, frame, '/'.join(self.here))
            progress(Progress(len(images), len(wanted), 'listing images'))
            if len(images) == len(wanted):
                more()
        return [images[index] for index in (wanted if indices is None else indices)]

    def folders(self) -> Sequence[ImageFolder]:
        """Return all folders, also those without images. Raises NotSupported: there are none."""
        if self._session.folder is None:
            raise NotSupported('this camera has no folders (it refuses register 84)')
        self.changed()
        folders: list[ImageFolder] = []
        first = 1
        for path, count in dict(self.counts()).items():
            self.enter(path)
            folders.append(ImageFolder('/'.join(path), first if count else None, count,
                                       self._label()))
            first += count
        return folders

    def name(self, frame: int) -> str:
        """Return the file name of a frame, or an empty one if the model has none."""
        try:
            raw = self._session.read_frame_data(frame, NUMBER['frame_filename'])
        except Refused:
            return ''
        return clean(raw)

    def picture(self, index: int, frame: int, length_register: int, data_register: int,
                progress: ProgressCallback) -> Picture:
        """
        Return a picture, thumbnail or preview, whole by the protocol's checks and its length.

        Raises DamagedPicture when it is not as long as the camera announced.
        """
        length = self._length(frame, length_register)
        data = self._session.read_frame_data(
            frame, data_register, limit=length or MAX_PICTURE, expected=length, progress=progress)
        if not data and not length:
            raise NotSupported(f'image {index}: the camera sends nothing for it')
        if length is not None and len(data) != length:
            raise DamagedPicture(f'image {index}: the camera announced {length} bytes and sent '
                                 f'{len(data)}; download it again')
        return Picture(data, _format(data), index=index or None)

    def summary(self, frame: int) -> FrameSummary | None:
        """Return what the camera tells of a frame in one go; None: it does not."""
        try:
            raw = self._session.read_frame_data(frame, NUMBER['frame_summary'])
        except Refused:
            return None
        return frame_summary(raw)

    def camera_summary(self) -> CameraSummary:
        """Return what the camera tells of itself in one go. Raises NotSupported: it does not."""
        try:
            summary = camera_summary(self._session.read_data(NUMBER['camera_summary']))
        except Refused:
            summary = None
        if summary is None:
            raise NotSupported('the camera gives no summary of itself (register 46)')
        return summary

    def audio(self, frame: int, progress: ProgressCallback) -> bytes:
        """
        Return the sound of a frame, compressed as the camera keeps it; empty: there is none.

        Raises DamagedPicture when it is not as long as the camera announced.
        """
        try:
            info = audio_info(self._session.read_frame_data(frame, NUMBER['audio_info']))
        except Refused:
            return b''
        if info is None or not info.size:
            return b''
        if not 0 < info.size <= MAX_PICTURE:
            raise ProtocolError(f'{self._session.port.name}: the camera declares {info.size} '
                                'bytes for one sound; that is not believed')
        data = self._session.read_frame_data(frame, NUMBER['audio_data'], info.size, info.size,
                                             progress)
        if len(data) != info.size:
            raise DamagedPicture(f'the camera announced {info.size} bytes of sound and sent '
                                 f'{len(data)}; fetch it again')
        return data

    def animation(self, number: int, progress: ProgressCallback) -> Picture:
        """Return an animation, numbered from 1, as the camera sends it. Raises IndexError."""
        count = self.camera_summary().animations
        if not 1 <= number <= count:
            raise IndexError(f'animation {number}: the camera has {count} animations')
        picture = self.picture(number, animation_frame(number), NUMBER['frame_length'],
                               NUMBER['frame_data'], progress)
        return replace(picture, index=None)

    @property
    def here(self) -> Path:
        """The current folder; the root where there are no folders."""
        return tuple(self._session.folder or ())

    def find(self, index: int) -> tuple[Path, int]:
        """Return folder and frame number of an image. Raises IndexError."""
        first = 1
        for path, count in self.counts().items():
            if first <= index < first + count:
                return path, index - first + 1
            first += count
        raise IndexError(f'image {index}: the camera has {first - 1} images'
                         + (f', numbered 1 to {first - 1}' if first > 1 else ''))

    def frames(self) -> int:
        """Return the number of frames in the current folder."""
        count = self._session.read_int(NUMBER['frames_taken'])
        if not 0 <= count <= MAX_FRAMES:
            raise ProtocolError(f'{self._session.port.name}: the camera claims {count} images; '
                                'that is not believed')
        return count

    def counts(self) -> Mapping[Path, int]:
        """Return every folder and its number of frames; that of the current one is asked anew."""
        if self._session.folder is None:
            return {(): self.frames()}
        if not self._counts:
            here, counts = self.here, self._visited()
            for _ in range(AGREE if self._session.may_begin_anew else 0):
                before, counts = counts, self._visited()
                if before == counts:
                    break
            if here in counts:
                self.enter(here)
            self._counts = counts
        else:
            self._counts[self.here] = self.frames()
        return self._counts

    def _visited(self) -> dict[Path, int]:
        counts: dict[Path, int] = {}
        self._visit((), counts)
        return counts

    def _visit(self, path: Path, counts: dict[Path, int]) -> None:
        self._session.enter(path)
        counts[path] = self.frames()
        if len(path) >= MAX_DEPTH:
            return
        try:
            number = self._session.read_int(NUMBER['folder_select'])
        except Refused:
            return
        names = []
        for i in range(1, min(number, MAX_FOLDERS - len(counts)) + 1):
            names.append(self._session.sub_folder(i))
        for name in dict.fromkeys(filter(None, names)):
            if len(counts) >= MAX_FOLDERS:
                return
            for last in (False, True):
                try:
                    self._visit((*path, name), counts)
                    break
                except Refused as error:
                    self._session.enter(path)  # refused as well: then nothing can be said
                    if last:
                        log.warning('%s; this folder is left out', error)

    def enter(self, path: Path) -> None:
        """Go to a folder, unless it is the current one or there are none."""
        if self._session.folder is not None and path != self.here:
            try:
                self._session.enter(path)
            except Refused:
                self.changed()
                raise

    def _image(self, index: int, frame: int, folder: str) -> StoredImage:
        name = self.name(frame)
        summary = self.summary(frame)
        if summary:
            # The date counts only if the summary is of this frame (4.4.3).
            length = self.declared(frame)
            stamp = summary.stamp if length == summary.size else None
            return StoredImage(index, name, folder, _believed(index, length),
                               _believed(index, summary.thumbnail_size), stamp,
                               summary.protected, self._clock)
        return StoredImage(
            index, name, folder, _believed(index, self.declared(frame)),
            _believed(index, self.declared(frame, NUMBER['thumbnail_length'])),
            write_protected=self.protected(frame))

    def _length(self, frame: int, register: int) -> int | None:
        """Return a declared length; None where the camera does not say. Bounded."""
        length = self.declared(frame, register)
        if length is not None and length > MAX_PICTURE:
            raise ProtocolError(f'{self._session.port.name}: the camera declares {length} bytes '
                                'for one image; that is not believed')
        return length

    def declared(self, frame: int, register: int = NUMBER['frame_length']) -> int | None:
        """Return what the camera says of a length [bytes]; None: nothing."""
        try:
            length = abs(self._session.read_frame_int(frame, register))
        except Refused:
            return None
        if not length and frame and register == NUMBER['frame_length']:
            summary = self.summary(frame)
            length = summary.size if summary else 0
        return length or None

    def _label(self) -> str:
        """Return the camera's id and name of the current folder (register 91)."""
        try:
            return self._session.read_text(NUMBER['folder_id_name'])
        except Refused:
            return ''

    def protected(self, frame: int) -> bool | None:
        """Say whether a frame is protected; None: the camera does not tell."""
        try:
            return bool(self._session.read_frame_int(frame, NUMBER['protection_state']))
        except Refused:
            return None


def _believed(index: int, length: int | None) -> int | None:
    """Return a length for a list, None for one that would not be downloaded: others are listed."""
    if length is not None and length > MAX_PICTURE:
        log.warning('image %d: the camera declares %d bytes; that is not believed', index, length)
        return None
    return length


def _format(data: bytes) -> str:
    if data.startswith(b'\xff\xd8'):
        return 'jpeg'
    return 'tiff' if data[:4] in (b'II*\0', b'MM\0*') else 'unknown'

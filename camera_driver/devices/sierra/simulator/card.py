# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The card of a simulated Sierra camera: pictures and folders (sierra.md 4.6, 4.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

ROOT = b'\\'


class Refusal(Exception):
    """The camera cannot do that: 11."""


@dataclass(eq=False)
class Frame:
    """One picture in memory."""

    data: bytes
    thumbnail: bytes
    name: str
    taken: datetime  # by the camera's clock
    protected: bool = False
    resolution: int = 2
    audio: bytes = b''
    animation: int = 0  # 1: 10 ms, 2: 20 ms between its pictures; 0: it is none

    @property
    def size(self) -> int:
        """Bytes of memory that it takes."""
        return len(self.data) + len(self.thumbnail) + len(self.audio)


@dataclass(eq=False)
class Folder:
    """One folder of the card."""

    name: str
    frames: list[Frame] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)

    def enter(self, name: str) -> Folder | None:
        """Return the sub-folder of that name; None: there is none."""
        return next((folder for folder in self.folders if folder.name == name), None)

    def walk(self) -> Iterator[Folder]:
        """Return this folder and all below it."""
        yield self
        for folder in self.folders:
            yield from folder.walk()


class Card:
    """
    Pictures in folders, of which one is current and one of its sub-folders may be selected.

    `contents` maps paths such as 'DCIM/100SIERR' to pictures; new ones are put into the last.
    """

    def __init__(self, contents: Mapping[str, Sequence[Frame]], size: int) -> None:
        self.size = size  # bytes
        self.inserted = True
        self.root = self.recording = Folder('')
        for path, frames in contents.items():
            folder = self.root
            for name in filter(None, path.split('/')):
                inner = folder.enter(name)
                if inner is None:
                    inner = Folder(name)
                    folder.folders.append(inner)
                folder = inner
            folder.frames.extend(frames)
            self.recording = folder
        self.total = sum(len(folder.frames) for folder in self.root.walk())  # ever taken
        self.reset()

    def reset(self) -> None:
        """Go to the root."""
        self.folder = self.root
        self.selected: Folder | None = None

    @property
    def frames(self) -> Sequence[Frame]:
        """The pictures of the current folder."""
        return self.folder.frames if self.inserted else ()

    @property
    def free(self) -> int:
        """Bytes."""
        used = sum(frame.size for folder in self.root.walk() for frame in folder.frames)
        return max(0, self.size - used) if self.inserted else 0

    @property
    def newest(self) -> str:
        """The name of the last picture; empty: there is none."""
        return self.recording.frames[-1].name if self.recording.frames else ''

    def store(self, data: bytes, thumbnail: bytes, taken: datetime, resolution: int) -> Frame:
        """Add a picture. Raises Refusal: no room."""
        if len(data) + len(thumbnail) > self.free:
            raise Refusal
        self.total += 1
        names = {frame.name for frame in self.recording.frames}
        number = self.total
        while (name := f'P101{number:04d}.JPG') in names:
            number += 1
        frame = Frame(data, thumbnail, name, taken, resolution=resolution)
        self.recording.frames.append(frame)
        return frame

    def erase(self, frame: Frame) -> None:
        """Erase a picture; those behind it move down. Raises Refusal: it is protected."""
        if frame.protected:
            raise Refusal
        self.folder.frames[:] = [other for other in self.folder.frames if other is not frame]

    def erase_last(self) -> None:
        """Erase the last picture of the current folder. Raises Refusal."""
        if not self.frames:
            raise Refusal
        self.erase(self.frames[-1])

    def erase_all(self) -> None:
        """Erase all pictures that are not protected. Raises Refusal: no card."""
        if not self.inserted:
            raise Refusal
        for folder in self.root.walk():
            folder.frames[:] = [frame for frame in folder.frames if frame.protected]

    def name(self) -> bytes:
        """Return the name of the selected folder, else of the current one; blank padded."""
        folder = self.selected or self.folder
        return (folder.name.encode() or ROOT).ljust(8)

    def select(self, index: int) -> None:
        """Select a sub-folder without entering it. Raises Refusal."""
        if not 1 <= index <= len(self.folder.folders):
            raise Refusal
        self.selected = self.folder.folders[index - 1]

    def change(self, name: bytes) -> None:
        """Enter a sub-folder, or the root. Raises Refusal."""
        name = name.rstrip(b'\0 ')
        folder = self.root if name == ROOT else self.folder.enter(name.decode('latin-1'))
        if folder is None:
            raise Refusal
        self.folder, self.selected = folder, None

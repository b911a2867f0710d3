# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The pictures that have been announced, in a file: their numbers go on over restarts.

Component ids are kept here as well, so that a camera keeps its own when others come and go. The
shot ledger is with the cameras, perhaps on another computer; here is what the protocol needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
import logging
from pathlib import Path
import sqlite3
from typing import Any

from camera_driver.errors import StorageError

log = logging.getLogger(__name__)

COMPONENT_IDS = range(100, 106)
"""MAV_COMP_ID_CAMERA to MAV_COMP_ID_CAMERA6: stations look for cameras nowhere else."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS components (
    camera TEXT PRIMARY KEY, component INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS images (
    camera TEXT NOT NULL, number INTEGER NOT NULL, shot_id TEXT NOT NULL, taken INTEGER,
    stamp REAL, latitude REAL, longitude REAL, altitude REAL, relative_altitude REAL,
    w REAL, x REAL, y REAL, z REAL, url TEXT NOT NULL,
    PRIMARY KEY (camera, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS images_by_shot ON images (camera, shot_id);
CREATE TABLE IF NOT EXISTS orders (
    camera TEXT NOT NULL, at REAL NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (camera, key)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Image:
    """One picture as it is announced; `number` counts from 0. None: not known."""

    number: int
    shot_id: str
    taken: bool | None
    stamp: float | None = None  # UTC [s]
    latitude: float | None = None  # deg
    longitude: float | None = None
    altitude: float | None = None  # m over mean sea level
    relative_altitude: float | None = None  # m
    w: float | None = None  # orientation
    x: float | None = None
    y: float | None = None
    z: float | None = None
    url: str = ''


COLUMNS = ', '.join(one.name for one in fields(Image))


class Store:
    """The file. Of one thread."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it. Raises StorageError."""
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._database.execute('PRAGMA journal_mode = WAL')
            self._database.execute('PRAGMA synchronous = FULL')  # also over a power cut
            self._database.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._problem(error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def components(self, cameras: Sequence[str]) -> dict[str, int]:
        """
        Return the component id of each camera, by its name.

        A new one gets the lowest that no camera has had; when there is none, that of one which is
        not among `cameras`. Raises ValueError for more cameras than there are ids, StorageError.
        """
        if len(cameras) > len(COMPONENT_IDS):
            raise ValueError(f'{len(cameras)} cameras: MAVLink has ids for {len(COMPONENT_IDS)} '
                             'of a system; leave some out')
        had: dict[str, int] = dict(self.ask('SELECT camera, component FROM components'))
        for camera in cameras:
            if camera not in had:
                free = [one for one in COMPONENT_IDS if one not in had.values()]
                gone = [one for one in had if one not in cameras]
                had[camera] = free[0] if free else had.pop(gone[0])
        self.ask('DELETE FROM components')
        for camera, component in had.items():
            self.ask('INSERT INTO components VALUES (?, ?)', camera, component)
        return {camera: had[camera] for camera in cameras}

    def ask(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Do something with the file. Raises StorageError."""
        try:
            return self._database.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def _problem(self, error: Exception) -> StorageError:
        return StorageError(f'{self._path}: {error}; pictures are numbered in this file: make '
                            'room, or name another one')


class Images:
    """
    The pictures of one camera, and the orders for them.

    What cannot be written is kept in memory, and the log says so: the flight goes on.
    """

    def __init__(self, store: Store, camera: str) -> None:
        """Read how many there are. Raises StorageError."""
        self._store = store
        self._camera = camera
        self._unsaved: dict[int, Image] = {}
        self.count: int = store.ask('SELECT COALESCE(MAX(number) + 1, 0) FROM images '
                                    'WHERE camera = ?', camera)[0][0]

    def save(self, image: Image) -> None:
        """Add a picture, whose number is `count`, or take another account of one there is."""
        self.count = max(self.count, image.number + 1)
        values = astuple(image)
        if not self._write(f'INSERT OR REPLACE INTO images (camera, {COLUMNS}) VALUES '
                           f'(?{", ?" * len(values)})', *values):
            self._unsaved[image.number] = image

    def __getitem__(self, number: int) -> Image:
        """Return a picture. Raises IndexError."""
        return self._find('number', number)

    def of_shot(self, shot_id: str) -> Image | None:
        """Return the picture of a shot, if it has been announced."""
        try:
            return self._find('shot_id', shot_id)
        except IndexError:
            return None

    def clear(self) -> None:
        """Forget all pictures: the camera's memory was formatted."""
        self.count = 0
        self._unsaved.clear()
        self._write('DELETE FROM images WHERE camera = ?')

    def order(self, key: str, at: float) -> None:
        """
        Note what a command that must not be done twice is known by, before it is done.

        It outlasts the process, not a power cut: nobody repeats a command for so long.
        """
        self._store.ask('PRAGMA synchronous = OFF')
        self._write('INSERT OR REPLACE INTO orders VALUES (?, ?, ?)', at, key)
        self._store.ask('PRAGMA synchronous = FULL')

    def orders(self, since: float) -> list[str]:
        """Return the commands of late, and forget the others. `since` and `at`: UTC [s]."""
        self._write('DELETE FROM orders WHERE camera = ? AND at < ?', since)
        return [row[0] for row in self._store.ask(
            'SELECT key FROM orders WHERE camera = ?', self._camera)]

    def _find(self, column: str, value: object) -> Image:
        for image in self._unsaved.values():
            if getattr(image, column) == value:
                return image
        try:
            rows = self._store.ask(f'SELECT {COLUMNS} FROM images WHERE camera = ? AND '
                                   f'{column} = ?', self._camera, value)
        except StorageError as error:
            log.error('%s', error)
            rows = []
        if not rows:
            raise IndexError(f'there is no picture {value}')
        number, shot_id, taken, *rest = rows[0]
        return Image(number, shot_id, None if taken is None else bool(taken), *rest)

    def _write(self, text: str, *values: object) -> bool:
        try:
            self._store.ask(text, self._camera, *values)
        except StorageError as error:
            log.error('%s', error)
            return False
        return True

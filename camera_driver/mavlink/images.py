# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The pictures that have been announced, in a file: their numbers go on over restarts.

Component ids are kept here as well, so that a camera keeps its own when others come and go. The
shot ledger is with the cameras, perhaps on another computer; here is what the protocol needs.

A disk may take seconds for a write, and a component answers within half of one. So pictures are
written by another thread, and announced when they are in the file: a number is never given twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
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
CREATE TABLE IF NOT EXISTS commands (
    camera TEXT NOT NULL, number INTEGER NOT NULL, system INTEGER NOT NULL,
    component INTEGER NOT NULL, command INTEGER NOT NULL, sequence INTEGER,
    PRIMARY KEY (camera, number)) WITHOUT ROWID;
DROP TABLE IF EXISTS orders;
"""

ORDERS = """
CREATE TABLE IF NOT EXISTS orders (
    camera TEXT NOT NULL, at REAL NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY (camera, key)) WITHOUT ROWID;
"""

LISTED = {  # what is said of each picture, and from where
    'camera': 'camera', 'component': 'components.component', 'image_index': 'number',
    'shot_id': 'shot_id', 'capture_result': 'COALESCE(taken, 0)', 'time_utc': 'stamp',
    'file_url': 'url', 'sender_system': 'commands.system',
    'sender_component': 'commands.component', 'command': 'command', 'sequence': 'sequence',
}

LOCK_TIMEOUT = 5.0  # s to wait for another process that writes


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
    """
    The file, and beside it one of the orders. Of one thread, but for `write`.

    `writer` is given what writes, and what is to be told whether that went well: a service sets
    one that does the first in another thread. Without it all is done at once.
    """

    def __init__(self, path: Path) -> None:
        """Open it, or make it. Raises StorageError."""
        self._path = path
        self.writer: Callable[[Callable[[], bool], Callable[[bool], None]], None] = (
            lambda work, done: done(work()))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._written = self._open(path, 'FULL', SCHEMA)  # also over a power cut
            self._read = self._open(path, 'FULL', '')  # not kept waiting by the other one
            # They outlast the process, not a power cut: nobody repeats a command for so long.
            self._orders = self._open(path.with_name(f'{path.name}-orders'), 'OFF', ORDERS)
        except (OSError, sqlite3.Error) as error:
            raise self._problem(error) from error

    def _open(self, path: Path, synchronous: str, schema: str) -> sqlite3.Connection:
        database = sqlite3.connect(path, timeout=LOCK_TIMEOUT, isolation_level=None,
                                   check_same_thread=False)
        database.execute('PRAGMA journal_mode = WAL')
        database.execute(f'PRAGMA synchronous = {synchronous}')
        database.executescript(schema)
        return database

    def close(self) -> None:
        """Let go of the files."""
        with closing(self._written), closing(self._read), closing(self._orders):
            pass

    def components(self, cameras: Sequence[str]) -> dict[str, int]:
        """
        Return the component id of each camera, by its name.

        A new one gets the lowest that no camera has had; when there is none, that of one which is
        not among `cameras`. Raises ValueError for more cameras than there are ids, StorageError.
        """
        if len(cameras) > len(COMPONENT_IDS):
            raise ValueError(f'{len(cameras)} cameras: MAVLink has ids for {len(COMPONENT_IDS)} '
                             'of a system; leave some out')
        had: dict[str, int] = dict(self.read('SELECT camera, component FROM components'))
        for camera in cameras:
            if camera not in had:
                free = [one for one in COMPONENT_IDS if one not in had.values()]
                gone = [one for one in had if one not in cameras]
                had[camera] = free[0] if free else had.pop(gone[0])
                self.write('DELETE FROM components WHERE component = ?', had[camera])
                self.write('INSERT INTO components VALUES (?, ?)', camera, had[camera])
        return {camera: had[camera] for camera in cameras}

    def read(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look something up. Raises StorageError."""
        return self._ask(self._read, text, values)

    def write(self, text: str, *values: Any) -> None:
        """Change something; of any thread, one at a time. Raises StorageError."""
        self._ask(self._written, text, values)

    def orders(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look up or change the orders; the disk is not waited for. Raises StorageError."""
        return self._ask(self._orders, text, values)

    def listed(self) -> list[tuple[Any, ...]]:
        """Return a row of LISTED for each picture. Raises StorageError."""
        return self.read(
            f'SELECT {", ".join(LISTED.values())} FROM images LEFT JOIN commands USING '
            '(camera, number) LEFT JOIN components USING (camera) ORDER BY camera, number')

    def _ask(self, database: sqlite3.Connection, text: str, values: Sequence[Any]
             ) -> list[tuple[Any, ...]]:
        try:
            return database.execute(text, values).fetchall()
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
        self._unsaved: dict[int, Image] = {}  # what is not in the file, or not yet
        self.count: int = store.read('SELECT COALESCE(MAX(number) + 1, 0) FROM images '
                                     'WHERE camera = ?', camera)[0][0]

    def save(self, image: Image, then: Callable[[], None] = lambda: None) -> None:
        """
        Add a picture, whose number is `count`, or take another account of one there is.

        :param then: called when it is in the file, or known that it cannot be written.
        """
        def done(good: bool) -> None:
            if good and self._unsaved.get(image.number) is image:
                del self._unsaved[image.number]
            then()

        self.count = max(self.count, image.number + 1)
        self._unsaved[image.number] = image
        values = astuple(image)
        self._write(f'INSERT OR REPLACE INTO images (camera, {COLUMNS}) VALUES '
                    f'(?{", ?" * len(values)})', *values, done=done)

    def __getitem__(self, number: int) -> Image:
        """Return a picture. Raises IndexError."""
        return self._find('number', number)

    def of_shot(self, shot_id: str) -> Image | None:
        """Return the picture of a shot, if it has been announced."""
        try:
            return self._find('shot_id', shot_id)
        except IndexError:
            return None

    def commanded(self, number: int, system: int, component: int, command: int,
                  sequence: float | None) -> None:
        """
        Note which command a picture was taken for.

        :param system: id of who sent it, and `component` likewise.
        :param sequence: the number that the sender gave it; None: none.
        """
        self._write('INSERT OR REPLACE INTO commands VALUES (?, ?, ?, ?, ?, ?)', number, system,
                    component, command, sequence)

    def clear(self) -> None:
        """Forget all pictures: the camera's memory was formatted."""
        self.count = 0
        self._unsaved.clear()
        self._write('DELETE FROM images WHERE camera = ?')
        self._write('DELETE FROM commands WHERE camera = ?')

    def order(self, key: str, at: float) -> None:
        """Note what a command that must not be done twice is known by, before it is done."""
        self._ask_orders('INSERT OR REPLACE INTO orders VALUES (?, ?, ?)', at, key)

    def orders(self, since: float) -> list[str]:
        """Return the commands of late, and forget the others. `since` and `at`: UTC [s]."""
        self._ask_orders('DELETE FROM orders WHERE camera = ? AND at < ?', since)
        return [row[0] for row in self._ask_orders('SELECT key FROM orders WHERE camera = ?')]

    def _find(self, column: str, value: object) -> Image:
        for image in self._unsaved.values():
            if getattr(image, column) == value:
                return image
        try:
            rows = self._store.read(f'SELECT {COLUMNS} FROM images WHERE camera = ? AND '
                                    f'{column} = ?', self._camera, value)
        except StorageError as error:
            log.error('%s', error)
            rows = []
        if not rows:
            raise IndexError(f'there is no picture {value}')
        number, shot_id, taken, *rest = rows[0]
        return Image(number, shot_id, None if taken is None else bool(taken), *rest)

    def _write(self, text: str, *values: object,
               done: Callable[[bool], None] = lambda good: None) -> None:
        def work() -> bool:
            try:
                self._store.write(text, self._camera, *values)
            except StorageError as error:
                log.error('%s', error)
                return False
            return True

        self._store.writer(work, done)

    def _ask_orders(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._store.orders(text, self._camera, *values)
        except StorageError as error:
            log.error('%s', error)
            return []

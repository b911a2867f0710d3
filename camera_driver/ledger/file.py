# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The file that a shot ledger is kept in: opened, brought up to date, replaced when it fails.

Every write is a transaction. A file that is damaged is moved aside; while it cannot be used
(locked, full, read-only) the work goes on in memory, with what could be read of the file, and
comes back to it with `go_back`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
import logging
import os
from pathlib import Path
import re
import sqlite3
import stat
from typing import TypeVar

from camera_driver.errors import StorageError

log = logging.getLogger(__name__)

T = TypeVar('T')

LOCK_TIMEOUT = 2.0  # s to wait for another process that writes
CACHE = 256  # KiB; SQLite's own 2 MB fill with the shots of a day, as a leak would

# `PRAGMA user_version` n says that the first n of these have been applied. Add to the end; never
# change one that was released. An older program that finds a newer file leaves it alone and goes
# on in memory.
MIGRATIONS = ("""
CREATE TABLE shots (
    shot_id TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL,
    camera TEXT NOT NULL,             -- the name that the user gave it
    device TEXT NOT NULL, camera_type TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL,
    commanded REAL NOT NULL, sent REAL,
    stamp REAL, stamp_source TEXT, stamp_uncertainty REAL,
    image_index INTEGER,              -- as the camera numbers it now, as far as is known
    image_key TEXT, folder TEXT, name TEXT, size INTEGER, path TEXT, bytes INTEGER, sha256 TEXT,
    exposure_time REAL, f_number REAL, iso REAL, aperture TEXT,
    latitude REAL, longitude REAL, altitude REAL,
    message TEXT NOT NULL DEFAULT '',
    UNIQUE (camera, number)
) WITHOUT ROWID;
CREATE INDEX shots_by_state ON shots (camera, state);
CREATE INDEX shots_by_image ON shots (device, image_key);
CREATE INDEX shots_by_index ON shots (device, image_index);
CREATE TABLE images (
    device TEXT NOT NULL, image_key TEXT NOT NULL,
    folder TEXT NOT NULL, name TEXT NOT NULL, size INTEGER, date TEXT,
    downloaded REAL NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
    verified INTEGER NOT NULL DEFAULT 0,
    in_camera INTEGER NOT NULL DEFAULT 1,  -- 0: deleted there; its name may be given again
    PRIMARY KEY (device, image_key)
) WITHOUT ROWID;
""", """
ALTER TABLE shots DROP COLUMN latitude;
ALTER TABLE shots DROP COLUMN longitude;
ALTER TABLE shots DROP COLUMN altitude;
ALTER TABLE shots ADD COLUMN evidence TEXT;  -- JSON: what the device told before the trigger
ALTER TABLE shots ADD COLUMN settled REAL;   -- when its outcome was learned afterwards
CREATE INDEX shots_unnamed ON shots (device, image_index) WHERE image_key IS NULL;
CREATE INDEX shots_to_settle ON shots (device, commanded)
    WHERE evidence IS NOT NULL AND settled IS NULL AND state IN ('unknown', 'exposed');
CREATE INDEX shots_by_time ON shots (device, commanded) WHERE state != 'failed';
CREATE INDEX shots_by_sum ON shots (device, sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX images_by_sum ON images (device, sha256);
CREATE TABLE doubts (
    doubt_id TEXT PRIMARY KEY, camera TEXT NOT NULL, device TEXT NOT NULL,
    operation TEXT NOT NULL, evidence TEXT NOT NULL, commanded REAL NOT NULL,
    outcome TEXT NOT NULL,               -- 'unknown' until it is settled
    words TEXT NOT NULL DEFAULT '', settled REAL
) WITHOUT ROWID;
CREATE INDEX doubts_to_settle ON doubts (device, commanded) WHERE settled IS NULL;
CREATE TABLE fetches (
    shot_id TEXT PRIMARY KEY, camera TEXT NOT NULL, device TEXT NOT NULL, queued REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    outcome TEXT                         -- NULL: still to be fetched
) WITHOUT ROWID;
CREATE INDEX fetches_waiting ON fetches (device, queued) WHERE outcome IS NULL;
""", """
CREATE TABLE counts (
    camera TEXT NOT NULL, state TEXT NOT NULL, shots INTEGER NOT NULL, PRIMARY KEY (camera, state)
) WITHOUT ROWID;
INSERT INTO counts SELECT camera, state, count(*) FROM shots GROUP BY camera, state;
CREATE TRIGGER shot_added AFTER INSERT ON shots BEGIN
    INSERT INTO counts SELECT new.camera, new.state, 0 WHERE NOT EXISTS (
        SELECT 1 FROM counts WHERE camera = new.camera AND state = new.state);
    UPDATE counts SET shots = shots + 1 WHERE camera = new.camera AND state = new.state;
END;
CREATE TRIGGER shot_removed AFTER DELETE ON shots BEGIN
    UPDATE counts SET shots = shots - 1 WHERE camera = old.camera AND state = old.state;
END;
CREATE TRIGGER shot_changed AFTER UPDATE OF state ON shots WHEN new.state != old.state BEGIN
    INSERT INTO counts SELECT new.camera, new.state, 0 WHERE NOT EXISTS (
        SELECT 1 FROM counts WHERE camera = new.camera AND state = new.state);
    UPDATE counts SET shots = shots - 1 WHERE camera = old.camera AND state = old.state;
    UPDATE counts SET shots = shots + 1 WHERE camera = new.camera AND state = new.state;
END;
CREATE TRIGGER fetch_over AFTER UPDATE OF state ON shots
    WHEN new.state IN ('downloaded', 'verified', 'failed') BEGIN
    UPDATE fetches SET outcome = new.state WHERE shot_id = new.shot_id AND outcome IS NULL;
END;
CREATE INDEX shots_of_camera ON shots (camera, commanded) WHERE state != 'failed';
CREATE INDEX images_here ON images (device) WHERE in_camera AND date IS NULL;
CREATE INDEX fetches_open ON fetches (camera) WHERE outcome IS NULL;
CREATE INDEX doubts_open ON doubts (camera) WHERE settled IS NULL;
""", """
ALTER TABLE shots ADD COLUMN optics TEXT;  -- JSON: the optical state in which it was taken
""", """
ALTER TABLE shots ADD COLUMN geotag TEXT;  -- JSON: where it was taken, or why that is not known
""", """
ALTER TABLE images ADD COLUMN last_shot TEXT;  -- the one commanded last before its download
""")

OWN = ('shots', 'doubts', 'fetches')  # tables whose rows belong to the camera they name


class LedgerFile:
    """An SQLite database that can be relied on, be it in memory; `problem` says what is wrong."""

    def __init__(self, path: Path, camera: str, now: float) -> None:
        """
        Open or create the file; never raises for what is wrong with it.

        :param camera: the user's name of the camera whose shots are written here.
        :param now: Unix seconds; part of the name of a damaged file that is moved aside.
        """
        self.path = path
        self.problem = ''
        self.in_memory = False
        self._camera = camera
        self._now = now
        self._place: tuple[int, int] | None = None  # device and inode of the open file
        self._db = nothing = sqlite3.connect(':memory:')
        try:
            self._db = self._open_file(LOCK_TIMEOUT)
            nothing.close()
        except (sqlite3.Error, OSError) as error:
            self._fall_back(error)

    def close(self) -> None:
        """Give the file back, with what is in memory alone if that can be."""
        self.go_back()
        self._db.close()

    def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the database; when its file fails, with what replaces it."""
        try:
            return work(self._db)
        except sqlite3.Error as error:
            self._fall_back(error)
            return work(self._db)

    def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the database, all of it or nothing."""
        def whole(db: sqlite3.Connection) -> T:
            db.execute('BEGIN IMMEDIATE')
            result = work(db)
            db.execute('COMMIT')
            return result

        return self.do(whole)

    def go_back(self) -> None:
        """
        Write what was recorded in memory into the file, if that can be used again.

        A file that was deleted, replaced or made read-only behind our back is noticed here.
        """
        lost = '' if self.in_memory else self._lost()
        if lost:
            self._fall_back(sqlite3.OperationalError(lost))
        if not self.in_memory:
            return
        try:
            db = self._open_file(0.0)
        except (sqlite3.Error, OSError):
            return
        try:
            db.execute('BEGIN IMMEDIATE')
            self._merge(db)
            db.execute('COMMIT')
            db.execute(f'PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000:.0f}')
        except sqlite3.Error:
            db.close()
            return
        self._db.close()
        self._db, self.in_memory = db, False
        self.problem = lost and (f'shot ledger {self.path}: {lost}; a new one has what this '
                                 'camera recorded')
        log.warning('shot ledger %s is used again; what was in memory is in it', self.path)

    def _merge(self, db: sqlite3.Connection) -> None:
        """Add to a file what memory knows of this camera's shots, and of its device's images."""
        cursor = self._db.execute('SELECT * FROM shots WHERE camera = ?', (self._camera,))
        columns = [column[0] for column in cursor.description]
        last = db.execute('SELECT coalesce(max(number), 0) FROM shots WHERE camera = ?',
                          (self._camera,)).fetchone()[0]
        devices = set()
        for row in cursor.fetchall():
            values = dict(zip(columns, row))
            devices.add(values['device'])
            number = db.execute('SELECT number FROM shots WHERE shot_id = ?',
                                (values['shot_id'],)).fetchone()
            last += number is None
            values['number'] = number[0] if number else last
            _write(db, 'REPLACE', 'shots', values)
        for table in OWN[1:]:
            cursor = self._db.execute(f'SELECT * FROM {table} WHERE camera = ?', (self._camera,))
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                _write(db, 'REPLACE', table, dict(zip(columns, row)))
        cursor = self._db.execute('SELECT * FROM images')
        columns = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            values = dict(zip(columns, row))
            _write(db, 'REPLACE' if values['device'] in devices else 'IGNORE', 'images', values)

    def _open_file(self, lock_timeout: float) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _check_regular(self.path)
        if self.path.exists() and not os.access(self.path, os.W_OK, effective_ids=True):
            raise PermissionError(f'{self.path} is read-only')
        db = sqlite3.connect(self.path, timeout=lock_timeout, isolation_level=None,
                             check_same_thread=False)
        try:
            db.execute('PRAGMA journal_mode = WAL')
            db.execute('PRAGMA synchronous = NORMAL')
            db.execute(f'PRAGMA cache_size = {-CACHE}')
            db.execute('PRAGMA recursive_triggers = ON')  # so that REPLACE is counted
            check = db.execute('PRAGMA quick_check(1)').fetchone()[0]
            if check != 'ok':
                raise sqlite3.DatabaseError(check)
            _migrate(db)
            self._place = _place(self.path)
        except BaseException:
            db.close()
            raise
        return db

    def _lost(self) -> str:
        """Say in words why the file that is open is no longer the one at its path."""
        try:
            if _place(self.path) != self._place:
                return 'it was replaced while in use'
        except OSError:
            return 'it was deleted while in use'
        writable = os.access(self.path, os.W_OK, effective_ids=True)
        return '' if writable else 'it was made read-only while in use'

    def _fall_back(self, error: Exception) -> None:
        """Replace a database that failed: the file again, a new file, or memory."""
        damaged = (isinstance(error, sqlite3.DatabaseError)
                   and not isinstance(error, sqlite3.OperationalError))
        known = self._db
        if damaged:
            known.close()
            try:
                self._db = self._replace_damaged(error)
                return
            except (sqlite3.Error, OSError) as second:
                error = second
        self.problem = (f'shot ledger {self.path} cannot be used ({error}): shots are recorded in '
                        'memory only until it can, tried at every shot; see to the disk and its '
                        'permissions')
        log.error('%s', self.problem)
        self.in_memory = True
        self._db = sqlite3.connect(':memory:', isolation_level=None, check_same_thread=False)
        if not damaged:
            self._copy_known(known)
        _migrate(self._db)

    def _replace_damaged(self, error: Exception) -> sqlite3.Connection:
        try:
            return self._open_file(LOCK_TIMEOUT)  # another process has replaced it meanwhile
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            aside = f'{self.path}.damaged-{self._now:.0f}'
            for end in ('', '-wal', '-shm'):
                if os.path.exists(f'{self.path}{end}'):
                    os.replace(f'{self.path}{end}', aside + end)
            self.problem = (f'shot ledger {self.path} was damaged ({error}): moved to {aside}, '
                            'begun anew; shots and downloads before now are not in it')
            log.error('%s', self.problem)
            return self._open_file(LOCK_TIMEOUT)

    def _copy_known(self, known: sqlite3.Connection) -> None:
        """Take over what can still be read of the file: what is downloaded stays downloaded."""
        for query in ('', '?mode=ro', '?immutable=1'):
            try:
                if query:
                    _check_regular(self.path)
                db = sqlite3.connect(self.path.as_uri() + query, uri=True) if query else known
                with closing(db):
                    if db.in_transaction:
                        db.execute('ROLLBACK')
                    version = db.execute('PRAGMA user_version').fetchone()[0]
                    if 0 < version <= len(MIGRATIONS):
                        db.backup(self._db)
                    if version:
                        return
            except (sqlite3.Error, OSError):
                continue


def open_existing(path: Path) -> sqlite3.Connection:
    """
    Open a ledger that is there and bring it up to date; nothing is moved aside or replaced.

    :raises StorageError: it is not there, is none, is damaged, or of a newer program.
    """
    try:
        _check_regular(path)
        with closing(sqlite3.connect(f'{path.absolute().as_uri()}?mode=ro', uri=True)) as db:
            version = db.execute('PRAGMA user_version').fetchone()[0]
            db.execute('SELECT shot_id FROM shots LIMIT 1')
        db = sqlite3.connect(f'{path.absolute().as_uri()}?mode=rw', uri=True,
                             timeout=LOCK_TIMEOUT, isolation_level=None)
        if version != len(MIGRATIONS):
            _migrate(db)
        return db
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f'{path} cannot be used as a shot ledger: {error}; a node says in '
                           '/diagnostics where its ledger is') from error


def _check_regular(path: Path) -> None:
    """Raise OSError for what would block or is not a file: a FIFO, a device, a directory."""
    # Not opened to look: closing a second descriptor would drop SQLite's locks on the file.
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OSError(f'{path} is not a regular file')


def _place(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _write(db: sqlite3.Connection, otherwise: str, table: str,
           values: dict[str, object]) -> None:
    db.execute(f'INSERT OR {otherwise} INTO {table} ({", ".join(values)}) '
               f'VALUES ({", ".join("?" * len(values))})', tuple(values.values()))


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the schema up to date. Raises OperationalError for a file of a newer program."""
    db.execute('BEGIN IMMEDIATE')  # two processes may find the same old file
    version = db.execute('PRAGMA user_version').fetchone()[0]
    if version > len(MIGRATIONS):
        db.execute('ROLLBACK')
        raise sqlite3.OperationalError(
            f'it has schema {version} of a newer program, this one knows {len(MIGRATIONS)}')
    for script in MIGRATIONS[version:]:
        statement = ''
        for part in re.sub('--.*', '', script).split(';'):
            statement += part + ';'
            if sqlite3.complete_statement(statement):  # a trigger has statements in it
                db.execute(statement)
                statement = ''
    db.execute(f'PRAGMA user_version = {len(MIGRATIONS)}')
    db.execute('COMMIT')

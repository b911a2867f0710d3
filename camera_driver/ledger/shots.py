# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The shot ledger: every commanded shot and what became of it, in an SQLite file.

A shot is on the disk before its trigger leaves, so that nothing that happens afterwards (a killed
process, a power cut) can make it disappear from the account. Its states:

==========  =====================================================================================
commanded   recorded; the trigger is about to leave or has left
exposed     the camera reported the end of the exposure
stored      ... and under which number the image is in its memory
downloaded  a complete picture, checked and decoded, is a file on this computer
verified    ... and read back from the disk it has the SHA-256 of what the camera sent
unknown     the trigger may have left and the outcome is not known
failed      no picture was taken: refused, not sent, or settled so afterwards
==========  =====================================================================================

What the device told before a once operation, its evidence, is kept with the shot, or as a doubt
where it is no shot; `unsettled` are to be asked of the device again, and `settle` takes the
answer. A shot with `settled` got its outcome afterwards.

Equal devices, of which many protocols tell no serial number, must not be taken for one: a device
is known by what it tells of itself and by the camera's name here, without a serial number also by
its port.

Images that were not commanded here are recorded when they are downloaded, so that 'all not yet
downloaded' holds over restarts and other people's deletions. An image is known again by the
camera, folder, name, size and date: never by its number alone, which changes.

The file is shared safely by several processes. A ledger never stops a camera: when its file is
damaged it is moved aside, when it cannot be written the ledger goes on in memory until it can, and
`problem` says so. An object belongs to one thread at a time. Times are Unix seconds and handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
import json
import os
from pathlib import Path
import re
import sqlite3
from typing import Any
from uuid import uuid4

from camera_driver.ledger.file import LedgerFile
from camera_driver.model import Exposure, Identity, OpticalState, StoredImage
from camera_driver.operations import Evidence, Outcome, Settlement

ROW = ('shot_id, state, camera, commanded, sent, stamp, stamp_source, stamp_uncertainty, '
       'image_index, folder, name, size, path, sha256, message, settled, exposure_time, optics, '
       'geotag')

# Of a shot that is neither known by its number nor by its name no picture can be fetched.
FETCHES = ('fetches JOIN shots USING (shot_id) WHERE outcome IS NULL AND '
           '(image_index IS NOT NULL OR image_key IS NOT NULL)')


@dataclass(frozen=True)
class ShotRecord:
    """One commanded shot as the ledger knows it; times in Unix seconds, None = not known."""

    shot_id: str
    state: str
    camera: str
    commanded: float
    sent: float | None
    stamp: float | None  # of the exposure
    stamp_source: str | None
    stamp_uncertainty: float | None  # s
    image_index: int | None
    folder: str | None
    name: str | None
    size: int | None  # bytes
    path: str | None
    sha256: str | None
    message: str
    settled: float | None  # when its outcome was learned, if only afterwards
    exposure_time: float | None  # s
    optics: OpticalState | None
    geotag: dict[str, Any] | None  # where it was taken, or why that is not known


@dataclass(frozen=True)
class Doubt:
    """A once operation whose outcome is to be asked of the device; `id` is a shot's or its own."""

    id: str
    commanded: float
    evidence: Evidence


@dataclass(frozen=True)
class Fetch:
    """A shot whose picture is still to be downloaded, and by what the camera knows it."""

    shot_id: str
    image_index: int | None  # at last; None: its name alone is known
    tries: int  # that failed by the picture's own fault
    error: str  # of the last try


@dataclass(frozen=True)
class Counters:
    """Shots of one camera; each stage includes those that went on to the next."""

    commanded: int = 0
    exposed: int = 0
    stored: int = 0
    downloaded: int = 0
    verified: int = 0
    unknown: int = 0
    failed: int = 0
    waiting: int = 0  # whose pictures are still to be downloaded
    doubts: int = 0  # other operations whose outcome is unknown


class Ledger:
    """The shots of one camera, in a file that several cameras and processes may share."""

    def __init__(self, path: str | os.PathLike[str], camera: str, now: float,
                 port: str = '') -> None:
        """
        Open or create the file; never raises for what is wrong with it, see `problem`.

        Shots of this camera that an earlier run left without an outcome become 'unknown'.

        :param camera: the user's name of the camera; the first part of its shot_ids.
        :param port: where it is connected: tells devices apart that tell no serial number.
        """
        self.path = Path(path).expanduser().absolute()
        self.camera = camera
        self._port = port
        self._adopted: set[str] = set()  # keys whose rows of an older schema were looked for
        self._file = LedgerFile(self.path, camera, now)
        self._file.do(lambda db: db.execute(
            "UPDATE shots SET state = 'unknown', message = 'interrupted: the program ended ' || "
            "CASE WHEN sent IS NULL THEN 'before or while the trigger was sent' "
            "ELSE 'after the trigger was sent' END WHERE camera = ? AND state = 'commanded'",
            (camera,)))

    @property
    def problem(self) -> str:
        """What is wrong with the file; empty = nothing."""
        return self._file.problem

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    # What becomes of a shot.

    def command(self, identity: Identity, now: float) -> str:
        """Record a shot that is about to be triggered and return its id; on the disk by then."""
        return self._begin(identity, now, 'commanded', '')

    def refused(self, identity: Identity, now: float, message: str) -> str:
        """Record a shot that was asked for and never sent, and return its id."""
        return self._begin(identity, now, 'failed', message)

    def _begin(self, identity: Identity, now: float, state: str, message: str) -> str:
        utc = datetime.fromtimestamp(now, timezone.utc).strftime('%Y%m%dT%H%M%SZ')
        name = re.sub('[^A-Za-z0-9_.]+', '.', self.camera).strip('.') or 'camera'

        self._file.go_back()
        device = self._device(identity)

        def work(db: sqlite3.Connection) -> str:
            db.execute('PRAGMA synchronous = FULL')
            db.execute('BEGIN IMMEDIATE')
            number = 1 + (db.execute('SELECT max(number) FROM shots WHERE camera = ?',
                                     (self.camera,)).fetchone()[0] or 0)
            shot_id = f'{name}-{utc}-{number:04}'
            db.execute('INSERT INTO shots (shot_id, number, state, camera, device, camera_type, '
                       'model, serial, commanded, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
                       (shot_id, number, state, self.camera, device, identity.camera_type,
                        identity.model, identity.serial_number, now, message))
            db.execute('COMMIT')
            db.execute('PRAGMA synchronous = NORMAL')
            return shot_id

        return self._file.do(work)

    def triggered(self, shot_id: str, sent: float) -> None:
        """Record when the trigger had left the port."""
        self._update(shot_id, sent=sent)

    def exposed(self, shot_id: str, stamp: float, source: str, uncertainty: float,
                exposure: Exposure, image_index: int | None, message: str = '') -> None:
        """
        Record that the camera reported the end of the exposure.

        :param stamp: of the exposure; `uncertainty` [s]. `image_index`: where it is stored, 1
            based; None when the camera does not say.
        """
        self._update(shot_id, state='exposed' if image_index is None else 'stored',
                     stamp=stamp, stamp_source=source, stamp_uncertainty=uncertainty,
                     exposure_time=exposure.exposure_time, f_number=exposure.f_number,
                     iso=exposure.iso, aperture=exposure.aperture, image_index=image_index,
                     message=message)

    def stamped(self, shot_id: str, stamp: float, source: str, uncertainty: float | None) -> None:
        """Record a better stamp of an exposure; `uncertainty` [s]."""
        self._update(shot_id, stamp=stamp, stamp_source=source, stamp_uncertainty=uncertainty)

    def seen(self, shot_id: str, optics: OpticalState) -> None:
        """Record the optical state in which a picture was taken."""
        self._update(shot_id, optics=json.dumps(asdict(optics)))

    def geotag(self, shot_id: str, geotag: Mapping[str, Any]) -> None:
        """Record where a shot was taken, or why that is not known."""
        self._update(shot_id, geotag=json.dumps(geotag))

    def failed(self, shot_id: str, message: str) -> None:
        """Record that no picture was taken."""
        self._update(shot_id, state='failed', message=message)

    def unknown(self, shot_id: str, message: str) -> None:
        """Record that nobody can say whether a picture was taken."""
        self._update(shot_id, state='unknown', message=message)

    # What is in doubt.

    def record(self, shot_id: str, evidence: Evidence) -> None:
        """Keep what the device told before a shot; on the disk before its trigger leaves."""
        self._update(shot_id, evidence=json.dumps(evidence))

    def doubt(self, identity: Identity, evidence: Evidence, now: float) -> str:
        """Keep what the device told before another once operation, and return its id."""
        device = self._device(identity)
        camera = self.camera

        def work(db: sqlite3.Connection) -> str:
            doubt_id = f'{camera}:{uuid4().hex}'
            db.execute('INSERT INTO doubts (doubt_id, camera, device, operation, evidence, '
                       "commanded, outcome) VALUES (?, ?, ?, ?, ?, ?, 'unknown')",
                       (doubt_id, camera, device, evidence['operation'], json.dumps(evidence),
                        now))
            return doubt_id

        return self._file.transact(work)

    def clear(self, doubt_id: str) -> None:
        """Forget an operation whose outcome was known at once."""
        # Memory keeps it as settled: in the file, to which it comes back, it may be open.
        self._file.do(lambda db: db.execute(
            'UPDATE doubts SET settled = commanded WHERE doubt_id = ?' if self._file.in_memory
            else 'DELETE FROM doubts WHERE doubt_id = ?', (doubt_id,)))

    def unsettled(self, identity: Identity, most: int = 100) -> Sequence[Doubt]:
        """
        Return what the device itself may settle, in the order of the commands.

        What a later shot may have changed since is not: it stays unknown. That may be one of a
        device that did not tell its serial number at the time. Of more than `most` those of the
        last.
        """
        values = {'device': self._device(identity), 'camera': self.camera, 'most': most,
                  'serial': identity.serial_number}
        undisturbed = ('NOT EXISTS (SELECT 1 FROM shots later WHERE later.camera = :camera AND '
                       "(later.device = :device OR later.serial IN ('', :serial) OR "
                       ":serial = '') AND "
                       "later.state != 'failed' AND later.{0} > one.{0}) "
                       'ORDER BY commanded DESC LIMIT :most')
        rows = self._file.do(lambda db: db.execute(
            'SELECT * FROM (SELECT shot_id, commanded, evidence FROM shots one WHERE device = '
            ":device AND evidence IS NOT NULL AND settled IS NULL AND state IN ('unknown', "
            "'exposed') AND (state = 'unknown' OR image_index IS NULL AND image_key IS NULL) AND "
            f'{undisturbed.format("number")}) UNION ALL SELECT * FROM (SELECT doubt_id, '
            'commanded, evidence FROM doubts one WHERE device = :device AND settled IS NULL AND '
            f'{undisturbed.format("commanded")}) ORDER BY commanded', values).fetchall())[-most:]
        return [Doubt(row[0], row[1], json.loads(row[2])) for row in rows]

    def settle(self, doubt_id: str, found: Settlement, now: float,
               delay: float = 0.0) -> ShotRecord | None:
        """
        Take in what became of a doubtful operation; returns its shot as it is now, if it is one.

        What is still unknown stays unsettled, with the reason.

        :param delay: [s] from the trigger to the exposure, for the stamp of a shot.
        """
        settled = None if found.outcome is Outcome.UNKNOWN else now
        shot = self.shot(doubt_id)
        if shot is None:
            self._file.do(lambda db: db.execute(
                'UPDATE doubts SET outcome = ?, words = ?, settled = ? WHERE doubt_id = ?',
                (found.outcome.value, found.words, settled, doubt_id)))
        elif shot.state not in ('unknown', 'exposed') or settled is None:
            self._update(doubt_id, message=found.words)
        elif found.outcome is Outcome.DONE:
            index, stamp, source = found.image_index, shot.stamp, shot.stamp_source
            if stamp is None and shot.sent is not None:
                stamp, source = shot.sent + delay, 'trigger'
            self._update(doubt_id, state='exposed' if index is None else 'stored',
                         image_index=index, stamp=stamp, stamp_source=source, settled=now,
                         message=found.words)
        elif shot.state == 'unknown':
            self._update(doubt_id, state='failed', settled=now, message=found.words)
        else:  # the camera reported its exposure: the picture has gone since
            self._update(doubt_id, settled=now, message=found.words)
        return self.shot(doubt_id)

    def disturbed(self, identity: Identity) -> None:
        """Record that the camera's memory changes otherwise: open shots stay as they are now."""
        device = self._device(identity)
        # What was in doubt before it told all of itself, or while it does not.
        serial = identity.serial_number
        where = 'device = ? OR camera = ?' + (" AND serial IN ('', ?)" * bool(serial))

        def work(db: sqlite3.Connection) -> None:
            db.execute('UPDATE shots SET evidence = NULL WHERE evidence IS NOT NULL AND settled '
                       f"IS NULL AND state IN ('unknown', 'exposed') AND ({where})",
                       (device, self.camera, *([serial] if serial else [])))
            db.execute('UPDATE doubts SET settled = commanded WHERE settled IS NULL AND camera '
                       '= ?', (self.camera,))

        self._file.transact(work)

    # What is to be downloaded.

    def fetch_later(self, identity: Identity, shot_id: str, now: float) -> None:
        """
        Remember over reconnects and restarts that a shot's picture is to be downloaded.

        May be said before the trigger: a shot that failed is not waited for.
        """
        device = self._device(identity)
        self._file.do(lambda db: db.execute(
            'INSERT OR IGNORE INTO fetches (shot_id, camera, device, queued) VALUES (?, ?, ?, ?)',
            (shot_id, self.camera, device, now)))

    def to_fetch(self, identity: Identity, most: int = 100) -> Sequence[Fetch]:
        """Return the shots whose pictures can be downloaded now, first come first."""
        device = self._device(identity)
        return [Fetch(*row) for row in self._file.do(lambda db: db.execute(
            f'SELECT shot_id, image_index, tries, error FROM {FETCHES} AND fetches.device = ? '
            'ORDER BY queued LIMIT ?', (device, most)).fetchall())]

    def not_fetched(self, fetch: Fetch, error: str, now: float, counts: bool = True,
                    outcome: str | None = None) -> None:
        """
        Record a download that failed; the next try comes behind all others that wait.

        :param counts: whether it was the picture's own fault.
        :param outcome: in words, if there is to be no further try.
        """
        self._file.do(lambda db: db.execute(
            'UPDATE fetches SET tries = tries + ?, queued = ?, error = ?, outcome = ? WHERE '
            'shot_id = ?', (counts, now, error, outcome, fetch.shot_id)))

    # What is in the camera.

    def listed(self, identity: Identity, images: Sequence[StoredImage],
               complete: bool = True) -> None:
        """
        Learn the names of shots from a list of what the camera holds now.

        A number is trusted until the first list after it, but not one of an image from before,
        and none when a `complete` list lacks one: others have deleted images.
        """
        device = self._device(identity)

        def work(db: sqlite3.Connection) -> None:
            pending = {index: shot_id for shot_id, index in db.execute(
                'SELECT shot_id, image_index FROM shots WHERE device = ? AND image_key IS NULL '
                'AND image_index IS NOT NULL ORDER BY commanded', (device,))}
            outdated = []
            if complete and not pending.keys() <= {image.index for image in images}:
                outdated, pending = list(pending.values()), {}
            for image in images if pending else ():
                key = _key(image)
                shot_id = pending.pop(image.index, None)
                if shot_id is None or key is None:
                    continue  # nobody's, or its number is all that there is
                known = db.execute(
                    'SELECT 1 FROM shots WHERE device = ? AND image_key = ?', (device, key)
                ).fetchone()
                if known or self._had(db, device, key, shot_id):  # the numbers have changed
                    outdated.append(shot_id)
                    continue
                db.execute('UPDATE shots SET image_key = ?, folder = ?, name = ?, size = ? '
                           'WHERE shot_id = ?',
                           (key, image.folder, image.name, image.size, shot_id))
                # Perhaps it was downloaded before it was known whose it is.
                db.execute("UPDATE shots SET state = iif(verified, 'verified', 'downloaded'), "
                           'path = i.path, bytes = i.bytes, sha256 = i.sha256 FROM images i '
                           'WHERE shot_id = ? AND i.device = ? AND i.image_key = ? AND '
                           'i.in_camera', (shot_id, device, key))
            for shot_id in outdated:
                db.execute('UPDATE shots SET image_index = NULL WHERE shot_id = ?', (shot_id,))
            if complete:  # a name that is not there any more may be given again
                keys = [key for image in images if (key := _key(image))]
                db.execute('UPDATE images INDEXED BY images_here SET in_camera = 0 WHERE '
                           'device = ? AND in_camera AND date IS NULL AND image_key NOT IN '
                           '(SELECT value FROM json_each(?))', (device, json.dumps(keys)))

        self._file.transact(work)

    def expects_list(self, identity: Identity) -> bool:
        """Say whether shots of this camera are known by their numbers alone."""
        device = self._device(identity)
        return self._file.do(lambda db: db.execute(
            'SELECT 1 FROM shots WHERE device = ? AND image_key IS NULL AND image_index > 0 '
            'LIMIT 1', (device,)).fetchone()) is not None

    def deleted(self, identity: Identity, images: Sequence[StoredImage]) -> None:
        """Record that the camera deleted these and renumbered those behind them."""
        device = self._device(identity)

        def work(db: sqlite3.Connection) -> None:
            for image in sorted(images, key=lambda i: -i.index):
                db.execute('UPDATE images SET in_camera = 0 WHERE device = ? AND image_key = ?',
                           (device, _key(image)))
                its = (device, image.index, device, _key(image))
                where = 'device = ? AND image_index = ? OR device = ? AND image_key = ?'
                db.execute("UPDATE fetches SET outcome = 'deleted' WHERE outcome IS NULL AND "
                           f'shot_id IN (SELECT shot_id FROM shots WHERE {where})', its)
                db.execute(f'UPDATE shots SET image_index = NULL, image_key = NULL WHERE {where}',
                           its)
                db.execute('UPDATE shots SET image_index = image_index - 1 WHERE device = ? AND '
                           'image_index > ?', (device, image.index))

        self._file.transact(work)

    def has(self, identity: Identity, image: StoredImage) -> bool:
        """
        Say whether this image was downloaded, now or in an earlier run.

        An image of which the camera tells less than two of name, size and date is never known
        again: it is rather downloaded twice than not at all.
        """
        key = _key(image)
        device = self._device(identity)
        return key is not None and self._file.do(lambda db: self._has(db, device, key))

    def shot_of(self, identity: Identity, image: StoredImage) -> ShotRecord | None:
        """
        Return the shot that an image in the camera came from, if it was commanded here.

        By what the camera tells of the image; by its number where it has told too little of one
        of the two, as it may refuse to for a moment.
        """
        device = self._device(identity)
        rows = self._shots('device = ? AND image_key = ? OR '
                           'device = ? AND image_key IS NULL AND image_index = ?',
                           device, _key(image), device, image.index)
        if not rows:
            keys = dict(self._file.do(lambda db: db.execute(
                'SELECT shot_id, image_key FROM shots WHERE device = ? AND image_index = ?',
                (device, image.index)).fetchall()))
            rows = [shot for shot_id, key in keys.items()
                    if _agree(key, image) and (shot := self.shot(shot_id))]
        return rows[-1] if rows else None

    # What is on this computer.

    def downloaded(self, identity: Identity, image: StoredImage, path: Path, size: int,
                   sha256: str, now: float) -> None:
        """Record a complete and checked file of `size` bytes."""
        device = self._device(identity)
        shot = self.shot_of(identity, image)

        def work(db: sqlite3.Connection) -> None:
            db.execute('INSERT OR REPLACE INTO images (device, image_key, folder, name, size, '
                       'date, downloaded, path, bytes, sha256, last_shot) VALUES (?, ?, ?, ?, ?, '
                       '?, ?, ?, ?, ?, (SELECT shot_id FROM shots WHERE camera = ? ORDER BY '
                       'number DESC LIMIT 1))',
                       (device, _key(image) or f'sha256:{sha256}', image.folder, image.name,
                        image.size, image.stamp.isoformat() if image.stamp else None, now,
                        str(path), size, sha256, self.camera))
            if shot:
                db.execute("UPDATE shots SET state = 'downloaded', path = ?, bytes = ?, "
                           'sha256 = ? WHERE shot_id = ?',
                           (str(path), size, sha256, shot.shot_id))

        self._file.transact(work)

    def verified(self, identity: Identity, sha256: str) -> None:
        """Record that the file, read back, has this checksum."""
        device = self._device(identity)

        def work(db: sqlite3.Connection) -> None:
            db.execute('UPDATE images SET verified = 1 WHERE device = ? AND sha256 = ?',
                       (device, sha256))
            db.execute("UPDATE shots SET state = 'verified' WHERE device = ? AND sha256 = ? AND "
                       "state = 'downloaded'", (device, sha256))

        self._file.transact(work)

    # Questions.

    def shot(self, shot_id: str) -> ShotRecord | None:
        """Return one shot."""
        return next(iter(self._shots('shot_id = ?', shot_id)), None)

    def shots(self, most: int = 10_000) -> Sequence[ShotRecord]:
        """Return the last shots of this camera in the order of their commands."""
        return self._shots('shot_id IN (SELECT shot_id FROM shots WHERE camera = ? '
                           'ORDER BY number DESC LIMIT ?)', self.camera, most)

    def counters(self) -> Counters:
        """Count the shots of this camera, of all runs."""
        def work(db: sqlite3.Connection) -> tuple[dict[str, int], int, int]:
            states = dict(db.execute(
                'SELECT state, shots FROM counts WHERE camera = ?', (self.camera,)).fetchall())
            waiting, doubts = (db.execute(query, (self.camera,)).fetchone()[0] for query in (
                f'SELECT count(*) FROM {FETCHES} AND fetches.camera = ?',
                'SELECT count(*) FROM doubts WHERE settled IS NULL AND camera = ?'))
            return states, waiting, doubts

        n, waiting, doubts = self._file.do(work)
        verified = n.get('verified', 0)
        downloaded = verified + n.get('downloaded', 0)
        stored = downloaded + n.get('stored', 0)
        return Counters(sum(n.values()), stored + n.get('exposed', 0), stored, downloaded,
                        verified, n.get('unknown', 0), n.get('failed', 0), waiting, doubts)

    # How it is kept.

    def _shots(self, where: str, *values: object) -> list[ShotRecord]:
        return self._file.do(lambda db: records(db, where, *values))

    def _device(self, identity: Identity) -> str:
        """Return what identifies the device; rows of an older schema get it where it is clear."""
        told = '|'.join((identity.camera_type, identity.model, identity.serial_number))
        device = '|'.join((told, self.camera, '' if identity.serial_number else self._port))
        if device not in self._adopted:
            self._file.transact(lambda db: self._adopt(db, told, device))
            self._adopted.add(device)
        return device

    def _adopt(self, db: sqlite3.Connection, told: str, device: str) -> None:
        """Take over this camera's rows, and the downloads if no other camera shot with these."""
        others = db.execute(
            "SELECT 1 FROM shots WHERE (device = ? OR device >= ? || '|' AND device < ? || '}') "
            'AND camera != ? LIMIT 1', (told, told, told, self.camera)).fetchone()
        db.execute('UPDATE shots SET device = ? WHERE device = ? AND camera = ?',
                   (device, told, self.camera))
        if not others:
            db.execute('UPDATE OR IGNORE images SET device = ? WHERE device = ?', (device, told))

    @staticmethod
    def _has(db: sqlite3.Connection, device: str, key: str) -> bool:
        return db.execute('SELECT 1 FROM images WHERE device = ? AND image_key = ? AND in_camera',
                          (device, key)).fetchone() is not None

    @staticmethod
    def _had(db: sqlite3.Connection, device: str, key: str, shot_id: str) -> bool:
        """Say whether an image was downloaded before a shot was commanded."""
        return db.execute(
            'SELECT 1 FROM images WHERE device = ? AND image_key = ? AND in_camera AND NOT EXISTS '
            '(SELECT 1 FROM shots this JOIN shots last USING (camera) WHERE this.shot_id = ? AND '
            'last.shot_id = last_shot AND last.number >= this.number)', (device, key, shot_id)
        ).fetchone() is not None

    def _update(self, shot_id: str, **values: object) -> None:
        columns = ', '.join(f'{name} = ?' for name in values)
        self._file.do(lambda db: db.execute(
            f'UPDATE shots SET {columns} WHERE shot_id = ?', (*values.values(), shot_id)))


def records(db: sqlite3.Connection, where: str, *values: object) -> list[ShotRecord]:
    """Return the shots in a database for which a condition holds, as they were commanded."""
    query = f'SELECT {ROW} FROM shots WHERE {where} ORDER BY commanded, number'
    return [ShotRecord(*(*row[:-2], _optics(row[-2]), row[-1] and json.loads(row[-1])))
            for row in db.execute(query, values)]


def _optics(text: str | None) -> OpticalState | None:
    if text is None:
        return None
    values = json.loads(text)
    region = values.pop('region')
    return OpticalState(region and tuple(region), **values)


def _key(image: StoredImage) -> str | None:
    """Return what identifies an image within its camera; None: the camera tells too little."""
    if bool(image.name) + (image.size is not None) + (image.stamp is not None) < 2:
        return None
    return '|'.join(_told(image))


def _told(image: StoredImage) -> tuple[str, ...]:
    """Return folder, name, size and stamp; empty: not told."""
    stamp = image.stamp.isoformat() if image.stamp else ''
    return image.folder, image.name, str(image.size or ''), stamp


def _agree(key: str, image: StoredImage) -> bool:
    """Say whether a key tells of an image what it tells itself, as far as both do."""
    folder, *told = key.split('|')
    if folder != image.folder or len(told) != 3:
        return False
    both = [(one, other) for one, other in zip(told, _told(image)[1:]) if one and other]
    return bool(both) and all(one == other for one, other in both)

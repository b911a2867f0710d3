# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The ledger as the command line sees it, beside the nodes that write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import sqlite3
from typing import Any

from camera_driver.errors import StorageError
from camera_driver.ledger.file import open_existing
from camera_driver.ledger.shots import records, ShotRecord


class SharedLedger:
    """
    The shots of all cameras in a ledger that is there, to be read and tagged afterwards.

    Nodes may be writing it meanwhile: of a shot only geotag and a better stamp are written here.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """
        Open the file.

        :raises StorageError: it is not there, is none, is damaged, or of a newer program.
        """
        self.path = Path(path).expanduser()
        self._db = open_existing(self.path)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def cameras(self) -> Sequence[str]:
        """Return the names of the cameras that have shots."""
        return [name for name, in self._db.execute(
            'SELECT DISTINCT camera FROM shots ORDER BY camera')]

    def shots(self, camera: str | None = None) -> Sequence[ShotRecord]:
        """Return all shots of one camera, or of all, in the order of their commands."""
        if camera is None:
            return records(self._db, '1')
        return records(self._db, 'camera = ?', camera)

    def geotag(self, shot_id: str, geotag: Mapping[str, Any]) -> None:
        """
        Record where a shot was taken, or why that is not known.

        :raises StorageError: the file cannot be written.
        """
        self._update(shot_id, geotag=json.dumps(geotag))

    def stamped(self, shot_id: str, stamp: float, source: str, uncertainty: float | None) -> None:
        """
        Record a better stamp of an exposure; `uncertainty` [s].

        :raises StorageError: the file cannot be written.
        """
        self._update(shot_id, stamp=stamp, stamp_source=source, stamp_uncertainty=uncertainty)

    def _update(self, shot_id: str, **values: object) -> None:
        columns = ', '.join(f'{name} = ?' for name in values)
        try:
            self._db.execute(f'UPDATE shots SET {columns} WHERE shot_id = ?',
                             (*values.values(), shot_id))
        except sqlite3.Error as error:
            raise StorageError(f'shot ledger {self.path}: {error}; see to the disk and its '
                               'permissions') from error

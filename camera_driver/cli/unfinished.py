# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A report under way, on the disk: what a killed program leaves is a report all the same.

The trace as it is, and what is known besides, are two files for each type and port, readable by
their owner alone. The next `camera-driver conform` at the same port makes the report of what it
finds there, and puts back what was left changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
import hashlib
import hmac
import json
import logging
import os
from pathlib import Path
import secrets
import sys
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from camera_driver.cli.doubts import state_folder
from camera_driver.cli.output import clean
from camera_driver.device_type import DeviceType
from camera_driver.errors import DeviceError, StorageError

if TYPE_CHECKING:
    from camera_driver.conform.report import Report
    from camera_driver.conform.steps import Change
    from camera_driver.device import Device
    from camera_driver.model import Identity

log = logging.getLogger(__name__)

BASICS = ('manufacturer', 'model', 'firmware_version')
"""What of an identity says nothing of whose device it is."""


class Unfinished:
    """The report under way of the device of one type at one port."""

    def __init__(self, device_type: DeviceType, port: str) -> None:
        """Look for nothing yet."""
        self._kind = device_type
        self._port = port  # its name may hold a serial number
        self._folder = state_folder()
        stem = f'conform-{device_type.name}-{quote(port, "")}'
        self._state, self._trace = self._folder / f'{stem}.json', self._folder / f'{stem}.trace'
        self._known: dict[str, Any] = {}
        self.pictures: Mapping[str, bytes] = {}  # that are to be in it
        self._earlier: list[dict[str, Any]] = []  # changes that were not put back
        self._identity: Mapping[str, str] = {}

    def finish_earlier(self) -> None:
        """Write the report that an earlier program left unfinished."""
        try:
            self._known = json.loads(self._state.read_text())
            self._earlier = self._known.get('changes', [])
            if self._trace.exists():
                self.end('killed')
                print(clean(f'camera-driver: {self._known["out"]}: the report of an earlier run, '
                            'which was killed'), file=sys.stderr)
        except FileNotFoundError:
            pass
        except (DeviceError, OSError, ValueError, LookupError) as error:
            log.warning('what an earlier run left is no report: %s', error)

    def restore_earlier(self, device: Device, identity: Identity) -> None:
        """Put back what an earlier run left changed, and say so on stderr."""
        from camera_driver.conform.steps import Change, restore
        from camera_driver.model import Identity
        for one in self._earlier:
            change = Change(one['what'], one['name'], one['before'])
            if not identity.same_device(Identity(**one['identity'])):
                words = 'of another device, which is not here'
            else:
                try:
                    words = 'put back' if restore(device, change) else 'still there'
                    words += '' if identity.verifiable else ', if it is the same device'
                    self.restored(change)
                except DeviceError as error:
                    words = f'still changed: {error}'
            print(clean(f'camera-driver: what an earlier run changed, {change}: {words}'),
                  file=sys.stderr)

    def begin(self, path: Path, about: Mapping[str, Any]) -> Path:
        """
        Begin a report that will be at `path`; returns where its trace is to be written.

        Raises StorageError.
        """
        self._known = {'out': str(path.absolute()), 'about': {**about, 'done': []},
                       'changes': self._earlier}
        self._note()
        try:
            os.close(os.open(self._trace, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        except OSError as error:
            raise StorageError(f'{self._trace}: {error.strerror}') from error
        return self._trace

    def know(self, identity: Identity, line: str) -> None:
        """Take in who answers, at which line settings."""
        device = {name: getattr(identity, name) for name in BASICS}
        if identity.serial_number:
            device['serial_number'] = self._salted(identity.serial_number)
        self._identity = asdict(identity)
        self._known['about'] |= {'device': device, 'line': line}
        self._note()
        self.save()

    def changing(self, change: Change) -> None:
        """Write down what is about to be changed."""
        self._known['changes'] = [*self._known['changes'],
                                  {**asdict(change), 'identity': self._identity}]
        self._note()

    def restored(self, change: Change) -> None:
        """Strike out what is as it was, of this device."""
        from camera_driver.model import Identity
        here = Identity(**self._identity)
        self._known['changes'] = [one for one in self._known['changes'] if (
            (one['what'], one['name']) != (change.what, change.name)
            or not here.same_device(Identity(**one['identity'])))]
        self._note()

    def did(self, words: str) -> None:
        """Take in what was done."""
        self._known['about']['done'].append(words)
        self._note()

    def save(self, ended: str = '', complete: bool = False) -> Report | None:
        """Write the report as far as it is; None: there is nothing to report."""
        from camera_driver.conform import report
        from camera_driver.link import trace
        about = {**self._known['about'], 'complete': complete, 'ended': ended,
                 'left': [f'{one["what"]} {one["name"]}' for one in self._known['changes']]}
        if self._trace.stat().st_size == 0:
            return None
        made = report.make(self._kind, about, list(trace.read(self._trace)),
                           self.pictures)
        made.write(Path(self._known['out']))
        return made

    def end(self, ended: str) -> Report | None:
        """Write the report for good; `ended` says why it is not complete."""
        made = self.save(ended.replace(self._port, 'the port'), complete=not ended)
        self._trace.unlink(missing_ok=True)  # not if it could not be written
        if not self._known['changes']:
            self._state.unlink(missing_ok=True)
        return made

    def _salted(self, text: str) -> str:
        """
        Return what stands for a private text: the same for the same, for this owner alone.

        The salt stays with the owner.
        """
        path = self._folder / 'salt'
        try:
            salt = path.read_text()
        except OSError:
            salt = secrets.token_hex(32)
            self._write(path, salt)
        return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]

    def _note(self) -> None:
        self._write(self._state, json.dumps(self._known))

    def _write(self, path: Path, text: str) -> None:
        temporary = path.with_suffix('.part')
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600),
                      'w') as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            raise StorageError(f'{path}: {error.strerror}; it has to be written before the device '
                               'is asked') from error

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The record of every commanded shot and what has become of it: the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
import os
from pathlib import Path
from tempfile import TemporaryDirectory
import threading
from typing import TypeVar

from camera_driver.abilities import StoresImages, TakesPictures
from camera_driver.device import Device
from camera_driver.ledger.shots import Ledger
from camera_driver.model import DeviceStatus, Setting, When
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.diagnostics import ERROR, OK, Task, WARN

T = TypeVar('T')


class Records(Part[Device]):
    """The ledger of one camera."""

    ABILITY = (TakesPictures, StoresImages)
    PARAMETERS = (
        Setting('ledger_file', str, 'where every commanded shot is recorded; may be shared by '
                'all cameras; empty: ${ROS_HOME}/camera_driver/shots.sqlite3, or a temporary '
                'one with simulate', default='', when=When.START),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._lock = threading.Lock()
        self._own_folder: TemporaryDirectory[str] | None = None  # of a simulated camera's ledger
        self._ledger = Ledger(self._file(), node.get_fully_qualified_name().lstrip('/'),
                              node.seconds(), str(node.parameter('port')))
        self.counters = self._ledger.counters()

    def __call__(self, work: Callable[[Ledger], T]) -> T:
        """Do something with the ledger; from any thread."""
        with self._lock:
            result = work(self._ledger)
            self.counters = self._ledger.counters()
        return result

    def destroy(self) -> None:
        """Close the ledger: nobody writes to it any more."""
        with self._lock:
            self._ledger.close()
        if self._own_folder:
            self._own_folder.cleanup()

    def tasks(self) -> Sequence[Task]:
        """Tell how many of the commanded shots are exposed, stored, downloaded and verified."""
        counters = self.counters
        values = {**asdict(counters), 'ledger': str(self._ledger.path)}
        done = f'{counters.downloaded} downloaded'
        if not issubclass(self.node.device_class, StoresImages):
            values.update(stored='unknown', downloaded='unknown', verified='unknown')
            done = 'stored: unknown, this protocol does not tell'
        if self._ledger.problem:
            return (Task('shots', WARN, self._ledger.problem, values),)
        if counters.doubts:
            return (Task('shots', WARN, f'the outcome of {counters.doubts} deletions or other '
                         'operations is unknown: list the images', values),)
        if counters.unknown or counters.failed:
            return (Task('shots', WARN, f'of {counters.commanded} commanded shots '
                         f'{counters.failed} failed and {counters.unknown} are unknown', values),)
        return (Task('shots', OK, f'{counters.commanded} commanded, {counters.exposed} exposed, '
                     f'{done}', values),)

    def preflight(self, device: Device, status: DeviceStatus, shots: int) -> Sequence[Task]:
        """Say whether shots can be recorded on the disk."""
        problem = self._ledger.problem
        return (Task('ledger', ERROR if problem else OK, problem or str(self._ledger.path)),)

    def _file(self) -> Path:
        if self.node.parameter('simulate') and not self.node.parameter('ledger_file'):
            # A simulated camera forgets its images at its end; so does its ledger.
            self._own_folder = TemporaryDirectory(prefix='camera_driver_')
            return Path(self._own_folder.name, 'shots.sqlite3')
        home = os.environ.get('ROS_HOME') or str(Path.home() / '.ros')
        name = self.node.parameter('ledger_file') or '${ROS_HOME}/camera_driver/shots.sqlite3'
        return Path(name.replace('${ROS_HOME}', home))

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Locks of a device: `~/set_panel_lock` and the like."""

from __future__ import annotations

from functools import partial

from camera_driver import srv
from camera_driver.abilities import HasLocks
from camera_driver.errors import Forbidden
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import words


class Locks(Part[HasLocks]):
    """Locks and unlocks, by a service for each lock."""

    ABILITY = HasLocks

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        cls = node.device_class
        assert issubclass(cls, HasLocks)
        for lock in cls.LOCKS:
            node.serve(srv.SetLock, f'~/set_{lock}_lock', partial(self._set_lock, lock))

    def _set_lock(self, lock: str, request: srv.SetLock.Request,
                  response: srv.SetLock.Response) -> None:
        done = 'locked' if request.on else 'unlocked'
        try:
            self.run(f'having its {lock} {done}', lambda device: device.set_lock(
                lock, request.on, request.without_password))
        except Forbidden as error:
            if not request.on:
                raise
            raise Forbidden(f'{words(error)}; to lock it all the same, set without_password: '
                            'true') from None
        response.message = f'the {lock} is {done}'

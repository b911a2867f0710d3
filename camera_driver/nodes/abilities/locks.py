# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Locks of a device: `~/set_panel_lock` and the like."""

from functools import partial

from camera_driver import srv
from camera_driver.abilities import HasLocks
from camera_driver.nodes.base import DeviceNode, Part


class Locks(Part[HasLocks]):
    """Locks and unlocks, by a service for each lock."""

    ABILITY = HasLocks

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        cls = node.device_class
        assert issubclass(cls, HasLocks)
        for lock in cls.LOCKS:
            node.serve(srv.Switch, f'~/set_{lock}_lock', partial(self._set_lock, lock))

    def _set_lock(self, lock: str, request: srv.Switch.Request, response: srv.Switch.Response
                  ) -> None:
        words = 'locked' if request.on else 'unlocked'
        self.run(f'having its {lock} {words}',
                 lambda device: device.set_lock(lock, request.on))
        response.message = f'the {lock} is {words}'

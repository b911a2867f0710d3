# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's clock: `~/sync_clock`."""

from collections.abc import Sequence

from camera_driver import srv
from camera_driver.abilities import HasClock, wall_clock
from camera_driver.model import DeviceStatus
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import ZONES
from camera_driver.nodes.diagnostics import OK, Task, WARN

OFF = 5.0  # s by which a clock that shows seconds may be wrong


class CameraClock(Part[HasClock]):
    """Sets the clock to this computer's time."""

    ABILITY = HasClock

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.Command, '~/sync_clock', self._sync_clock)

    def preflight(self, device: HasClock, status: DeviceStatus, shots: int) -> Sequence[Task]:
        """Compare the clock: the dates of the pictures come from it."""
        shown = device.clock()
        if shown is None:
            return (Task('clock of the camera', WARN, 'it is not set: call ~/sync_clock'),)
        off = (shown - wall_clock(device.clock_shows)).total_seconds()
        return (Task('clock of the camera', OK if abs(off) <= OFF else WARN, f'{off:+.0f} s off'
                     + ('' if abs(off) <= OFF else ': call ~/sync_clock')),)

    def _sync_clock(self, _: srv.Command.Request, response: srv.Command.Response) -> None:
        def work(camera: HasClock) -> str:
            before = camera.clock()
            now = wall_clock(camera.clock_shows)
            after = camera.set_clock(now.replace(microsecond=0))
            off = f'{(before - now).total_seconds():+.0f} s off' if before else 'not set'
            zone = ZONES[camera.clock_shows]
            return f'the camera clock shows {after or now} {zone}; it was {off}'

        response.message = self.run('setting the clock', work)

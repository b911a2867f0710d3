# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
`~/preflight`: one verdict before take-off, with its reasons.

What /diagnostics say, what a self-test finds, and what each part of the node knows of a mission of
so many shots. It only reads. ERROR speaks against the flight; WARN is for a person to judge.
"""

from collections.abc import Sequence
from typing import Any

from camera_driver.device import Device
from camera_driver.errors import DeviceError, PortError
from camera_driver.host import clock
from camera_driver.model import DeviceStatus
from camera_driver.nodes.convert import words
from camera_driver.nodes.diagnostics import diagnostic_status, ERROR, OK, Task, WARN
from camera_driver.srv import Preflight

LOW, EMPTY = 0.3, 0.1  # of a battery
CLOCK = 2020  # a computer that shows an earlier year has not been told the time


class Preflights:
    """The service."""

    def __init__(self, node: Any) -> None:
        self._node = node
        node.serve(Preflight, '~/preflight', self._preflight)

    def _preflight(self, request: Preflight.Request, response: Preflight.Response) -> None:
        def look(device: Device) -> list[Task]:
            supervisor = self._node.supervisor
            supervisor.device_status = status = device.poll()
            tests = [Task(f'self-test: {one.name}', OK if one.passed else ERROR, one.detail)
                     for one in device.self_test()]
            return [self._identity(), *tests, *supply(status, request.shots),
                    *(task for part in self._node.parts
                      for task in self._of_part(part, device, status, request.shots))]

        tasks = self._node.run('looking whether it is ready for a mission', look)
        tasks = [*self._node.tasks(), *tasks, self._clock()]
        against = [task for task in tasks if task.level == ERROR]
        doubtful = [task for task in tasks if task.level == WARN]
        response.success = not against
        response.message = '; '.join(f'{task.name}: {task.message}'
                                     for task in against or doubtful) or 'go'
        response.checks = [diagnostic_status(self._node.view(), task) for task in tasks]

    def _of_part(self, part: Any, device: Device, status: DeviceStatus, shots: int
                 ) -> Sequence[Task]:
        try:
            tasks: Sequence[Task] = part.preflight(device, status, shots)
            return tasks
        except PortError:
            raise  # nothing can be asked any more
        except DeviceError as error:
            return (Task(type(part).__name__, ERROR, words(error)),)

    def _identity(self) -> Task:
        identity, wanted = self._node.identity, self._node.parameter('expect_serial')
        if wanted and identity.serial_number != wanted:
            return Task('identity', ERROR, f'it is {identity}, and the parameter expect_serial '
                        f'says {wanted}')
        return Task('identity', OK, str(identity))

    def _clock(self) -> Task:
        now = self._node.get_clock().now().seconds_nanoseconds()[0]
        if now < (CLOCK - 1970) * 365.25 * 86400:
            return Task('clock of the computer', WARN, f'it shows {now} s since 1970: shots will '
                        'be stamped so; set it, or wait for /clock with use_sim_time')
        return Task('clock of the computer', OK, clock.words(clock.clock_error()))


def supply(status: DeviceStatus, shots: int) -> Sequence[Task]:
    """Say whether battery and memory are enough."""
    found = []
    if status.battery is not None:
        level = ERROR if status.battery < EMPTY else WARN if status.battery < LOW else OK
        found.append(Task('battery', level, f'{status.battery:.0%}'))
    left = status.images_left
    if shots and left is not None:
        found.append(Task('memory', OK if left >= shots else ERROR,
                          f'room for {left} pictures, {shots} are wanted'))
    elif shots and status.images_stored is not None:
        found.append(Task('memory', WARN, f'the camera does not tell for how many pictures it has '
                          f'room; {shots} are wanted'))
    return found

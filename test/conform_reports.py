# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Reports of simulated devices in memory."""

from contextlib import suppress

from camera_driver.conform import report
from camera_driver.conform.facts import Level
from camera_driver.conform.steps import Steps
from camera_driver.errors import DeviceError
from camera_driver.link import trace
from camera_driver.link.trace import TracingPort
from camera_driver.sim.loop import LoopPort

ABOUT = {'level': 'look', 'date': '2026-01-01T00:00:00Z', 'complete': True, 'ended': '',
         'adapter': '', 'line': '', 'done': [], 'left': [],
         'tool': {'version': '', 'python': '', 'system': ''}}


class Changes:
    """Remembers what is changed at the moment."""

    def __init__(self):
        self.made, self.open = [], []

    def changing(self, change):
        """Remember a change."""
        self.made.append(change)
        self.open.append(change)

    def restored(self, change):
        """Forget it."""
        self.open = [one for one in self.open if (one.what, one.name) != (
            change.what, change.name)]


def device_of(kind, simulator, path, **line):
    """Return a device at a simulator, whose line is traced to `path`."""
    cls = kind.device_class()
    port = TracingPort(LoopPort(simulator, cls.LINE, **line), path, kind.name, 1.7e9)
    return cls(port, {option.name: option.default for option in cls.OPTIONS
                      if option.default is not None})


def looked(kind, folder, simulator=None, level=Level.LOOK, **line):
    """Return the report of a simulator; where it gives up, of what was heard."""
    path = folder / 'wire.trace'
    path.unlink(missing_ok=True)
    device = device_of(kind, simulator or kind.simulator_class()(), path, **line)
    with suppress(DeviceError):
        device.open()
        list(Steps(device, kind.unproven(), Changes()).go(level))
    device.close()
    return report.make(kind, ABOUT, list(trace.read(path)))


def verdicts(found):
    """Return the verdicts of a report by fact."""
    return {one['id']: one['verdict'] for one in found.results['facts']}

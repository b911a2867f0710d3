# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Devices that say something without end, and how long they hold an operation."""

from camera_driver.errors import DeviceError


def hostile(simulator_class):
    """Return a simulator that, once `data` is set, says it every `every` s, without end."""

    class Hostile(simulator_class):
        data, every, begun = b'', 0.001, False

        def on_bytes(self, data):
            if not self.data:
                super().on_bytes(data)
            elif not self.begun:
                self.begun = True
                self.go_on()

        def go_on(self):
            self.send(self.data)
            self.after(self.every, self.go_on)

    return Hostile


def seconds(port, work, *arguments):
    """Return how long some work takes, whether or not it fails."""
    start = port.now()
    try:
        work(*arguments)
    except DeviceError:
        pass
    return port.now() - start

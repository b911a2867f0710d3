# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of several layers share."""

import threading
import time

from camera_driver.link.port import LineSettings
from camera_driver.sim.simulator import Simulator


def pattern(size):
    """Return the reference payload P(n) of the protocol documents (sierra.md, section 6)."""
    return bytes((7 * i + 13 * (i >> 8) + 3) % 256 for i in range(size))


def wait_until(condition, timeout=20.0):
    """Wait until `condition()` is true and return its value; fail after `timeout` [s]."""
    end = time.monotonic() + timeout
    pulse = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end, 'waited in vain'
        pulse.wait(0.002)
    return value


class Echo(Simulator):
    """Sends back what it receives, after `delay` [s]; remembers what came when."""

    LINE = LineSettings(19200)

    def __init__(self, delay=0.0):
        super().__init__()
        self.delay = delay
        self.received = []
        self.power_ons = 0

    def on_bytes(self, data):
        self.received.append((self.now, data))
        if self.delay:
            self.after(self.delay, lambda: self.send(data))
        else:
            self.send(data)

    def on_power(self):
        self.power_ons += 1

    @property
    def heard(self):
        """All bytes received so far."""
        return b''.join(data for _, data in self.received)

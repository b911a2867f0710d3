# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of several layers share."""

from contextlib import nullcontext
from functools import lru_cache
import random
import threading
import time

from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.sim.simulator import Simulator


def check_decoder(make, data, expected, noise=b''):
    """
    Check that decoders made by `make` turn `data` into `expected`, in any cut.

    Whole, byte by byte, in random cuts; nothing is left over. With `noise` (bytes that begin no
    frame) also with noise before, between and behind: the good frames still come out.
    """
    size = len(data)
    draw = random.Random(data)
    cuts = [[], list(range(1, size))]
    cuts += [sorted(draw.sample(range(1, size), min(5, size - 1))) for _ in range(20) if size > 1]
    for cut in cuts:
        decoder = make()
        assert feed(decoder, data, cut) == expected, f'cut at {cut}'
        assert not decoder.pending, f'cut at {cut}'
        assert decoder.flush() == []
    if noise:
        good = [frame for frame in expected if not isinstance(frame, Damaged)]
        found = feed(make(), noise + data + noise + data + noise)
        assert [frame for frame in found if not isinstance(frame, Damaged)] == good * 2


def feed(decoder, data, cuts=()):
    """Feed `data`, cut at these places, and return all frames."""
    places = [0, *cuts, len(data)]
    return [frame for start, end in zip(places, places[1:])
            for frame in decoder.feed(data[start:end])]


@lru_cache
def pattern(size):
    """Return the reference payload P(n) of the protocol documents (sierra.md, section 6)."""
    return bytes((7 * i + 13 * (i >> 8) + 3) % 256 for i in range(size))


def wait_until(condition, timeout=60.0):
    """Wait until `condition()` is true and return its value; fail after `timeout` [s]."""
    end = time.monotonic() + timeout
    pulse = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end, 'waited in vain'
        pulse.wait(0.01)
    return value


def recorder():
    """Return what a device can have as `record`, and the list that it keeps evidence in."""
    kept = []

    def record(evidence):
        kept.append(evidence)
        return nullcontext()

    return record, kept


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

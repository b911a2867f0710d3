# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Random and mutated bytes for the decoder of each device type."""

from dataclasses import dataclass
from importlib import import_module
import pickle
from random import Random
import time

from camera_driver.catalog import BUILT_IN
from camera_driver.link.framing import Damaged
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import LoopPort

MOST_KEPT = 16384  # bytes of a decoder, whatever was fed
MUTATED = 0.01  # of the bytes
STRETCH = 65536  # bytes of one kind in a row; noise ends, and good frames follow


class Recorder(Faults):
    """A line that remembers what a device sends."""

    def __init__(self):
        super().__init__({})
        self.chunks = []

    def apply(self, chunk):
        """Return what arrives of a chunk: all of it."""
        self.chunks.append(chunk)
        return [(0.0, chunk)]


@dataclass
class Result:
    """What a decoder made of noise."""

    fed: int = 0  # bytes
    frames: int = 0
    damaged: int = 0
    kept: int = 0  # bytes that it held at most
    swallowed: int = 0  # bytes of good frames that were taken for the end of noise, at most
    first: float = 0.0  # CPU s for the first half of the bytes
    second: float = 0.0


def decoder(name):
    """Return the class of a type's decoder."""
    return import_module(f'camera_driver.devices.{name}.codec').Decoder


def conversation(name):
    """Return what a device of this type sends while it is opened and asked for its settings."""
    device_class = BUILT_IN[name].device_class()
    port = LoopPort(BUILT_IN[name].simulator_class()(), device_class.LINE)
    port.to_host = Recorder()
    device = device_class(port, {})
    device.open()
    device.self_test()
    for setting in device.settings():
        device.get(setting)
    device.close()
    return b''.join(port.to_host.chunks)


def mutated(data, draw):
    """Return bytes of which some are changed, lost, doubled or preceded by others."""
    changed = bytearray()
    for byte in data:
        kind = draw.random() / MUTATED
        if kind < 0.25:
            byte ^= 1 << draw.randrange(8)
        elif kind < 0.5:
            continue
        elif kind < 0.75:
            changed.append(byte)
        elif kind < 1:
            changed.append(draw.randrange(256))
        changed.append(byte)
    return bytes(changed)


def run(name, count, seed=0):
    """Feed a decoder `count` bytes. Raises AssertionError, and whatever the decoder does."""
    draw = Random(f'{name} {seed}')
    good = conversation(name)
    expected = [frame for frame in decoder(name)().feed(good) if not isinstance(frame, Damaged)]
    one, result = decoder(name)(), Result()
    while result.fed < count:
        size = min(STRETCH, count - result.fed)
        noise = (draw.randbytes(size) if draw.random() < 0.5 else
                 mutated((good * (size // len(good) + 1))[:size], draw))
        begun = time.process_time()
        _feed(one, noise, draw, result)
        took = time.process_time() - begun
        if result.fed <= count / 2:
            result.first += took
        else:
            result.second += took
        if draw.random() < 0.5:  # the line falls silent, as a session waits for
            one.flush()
            assert not one.pending
            found = one.feed(good)
            assert [f for f in found if not isinstance(f, Damaged)] == expected, 'after a silence'
        else:
            _recover(one, good, expected, result)
    return result


def _feed(one, noise, draw, result):
    """Feed noise in cuts of any size."""
    place = 0
    while place < len(noise):
        cut = noise[place:place + int(2 ** (12 * draw.random()))]
        place += len(cut)
        frames = one.feed(cut)
        result.frames += len(frames)
        result.damaged += sum(isinstance(frame, Damaged) for frame in frames)
    result.fed += len(noise)
    result.kept = max(result.kept, len(pickle.dumps(one)))
    assert result.kept <= MOST_KEPT, f'the decoder holds {result.kept} bytes'


def _recover(one, good, expected, result):
    """Feed good frames without a pause; what a false beginning takes of them is bounded."""
    swallowed = 0
    while True:
        found = [frame for frame in one.feed(good) if not isinstance(frame, Damaged)]
        if found[-len(expected):] == expected:
            break
        swallowed += len(good)
        assert swallowed <= MOST_KEPT + len(good), 'good frames are not found any more'
    result.swallowed = max(result.swallowed, swallowed)

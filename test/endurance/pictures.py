# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Pictures over lines with faults, on a virtual clock: exact, failed clearly, or wrong.

Only faults take time here: the line itself takes none.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from math import log
from random import Random

from camera_driver import catalog
from camera_driver.devices.fuji_mx.simulator.options import Frame as FujiFrame
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator
from camera_driver.errors import DamagedPicture, DeviceError
from camera_driver.pictures.keep import read_sound
from camera_driver.sim import scene
from camera_driver.sim.faults import ByteFaults, Faults
from camera_driver.sim.loop import LoopPort

SIZE = 150 * 1024  # bytes; 75 packets, 300 blocks
TAKEN = datetime(2001, 9, 9)
BLOCK = {'sierra': 2048, 'fuji_mx': 512}  # bytes of a picture under one checksum
NOISE = 32  # bytes in one burst at most
# What a fault is called -> kind, rate per byte or per command.
FAULTS = {
    'none': ('none', 0.0),
    'bit flip, 1e-5 per byte': ('flip', 1e-5),
    'bit flip, 1e-4 per byte': ('flip', 1e-4),
    'lost byte, 1e-4': ('drop', 1e-4),
    'doubled byte, 1e-4': ('repeat', 1e-4),
    f'noise, up to {NOISE} bytes, 1e-4': ('noise', 1e-4),
    'NAK to 1 % of the commands': ('nak', 0.01),
    'NAK to 10 % of the commands': ('nak', 0.1),
    'session dropped by the camera': ('session', 1.0),
    'silent reset of the camera': ('reset', 1.0)}
DROPS = {'sierra': 'end_session_in_transfer', 'fuji_mx': 'eot_in_transfer'}
CAMERAS = tuple(BLOCK)


class Reset(Faults):
    """A line on which nothing happens, but that the camera resets behind so many bytes."""

    def __init__(self, simulator, left):
        super().__init__({})
        self._simulator, self._left = simulator, left

    def apply(self, chunk):
        """Return what arrives of a chunk."""
        before, self._left = self._left, self._left - len(chunk)
        if self._left <= 0 < before:
            self._simulator.power_cycle()
        return [(0.0, chunk)]


class Bursts(Faults):
    """A line on which some bytes of noise come before a byte now and then."""

    def __init__(self, rate, seed):
        super().__init__({})
        self._rate = rate
        self._draw = Random(seed)

    def apply(self, chunk):
        """Return what arrives of a chunk."""
        data = bytearray()
        for byte in chunk:
            if self._draw.random() < self._rate:
                data += self._draw.randbytes(self._draw.randrange(1, NOISE + 1))
            data.append(byte)
        return [(0.0, bytes(data))]


@dataclass
class Tally:
    """What became of the pictures of one fault."""

    verdicts: Counter = field(default_factory=Counter)
    times: list = field(default_factory=list)  # s
    wrong: list = field(default_factory=list)  # seeds


@lru_cache
def picture():
    """Return a JPEG of exactly SIZE bytes: a little less, and zeros behind its end."""
    return scene.jpeg(2, 1024, 768, TAKEN, quality=78).ljust(SIZE, b'\0')


def prepare(name, fault, seed):
    """Return a camera with the picture, and the faults of its line to the host and to it."""
    kind, rate = FAULTS[fault]
    simulator = (SierraSimulator(frames=[Frame(picture(), b'', 'P1010001.JPG', TAKEN)])
                 if name == 'sierra' else
                 FujiMxSimulator(frames=[FujiFrame(picture(), b'', 'DSC00001.JPG')]))
    draw = Random(seed)
    if kind in ('flip', 'drop', 'repeat'):
        return simulator, ByteFaults(kind, rate, seed), ByteFaults(kind, rate, seed + 1_000_000)
    if kind == 'noise':
        return simulator, Bursts(rate, seed), Bursts(rate, seed + 1_000_000)
    if kind == 'reset':
        return simulator, Reset(simulator, draw.randrange(1, SIZE)), None
    if kind == 'session':
        simulator.faults.add(DROPS[name], skip=draw.randrange(SIZE // BLOCK[name] - 2))
    if kind == 'nak':
        for _ in range(100):
            simulator.faults.add('nak_command', skip=int(log(draw.random()) / log(1 - rate)))
    return simulator, None, None


def download(name, fault, seed, reread):
    """Return the verdict on one picture and the time [s] that it took."""
    simulator, to_host, to_device = prepare(name, fault, seed)
    device_class = catalog.find(name).device_class()
    port = LoopPort(simulator, device_class.LINE)
    device = device_class(port, {})
    device.open()
    port.to_host, port.to_device = to_host, to_device
    begun = port.now()
    try:
        got, checked = read_sound(lambda: device.download(1), reread)
    except (DeviceError, DamagedPicture):
        return 'failed', port.now() - begun
    took = port.now() - begun
    if got.data == picture():
        return 'odd' if checked.odd else 'exact', took
    if checked.odd:  # it says so itself
        return 'odd', took
    return ('wrong, undetectable' if undetectable(name, got.data) else 'wrong'), took


def undetectable(name, data):
    """Say whether no checksum of the protocol tells this from the picture."""
    if len(data) != SIZE:
        return False
    size = BLOCK[name]
    pairs = [(data[at:at + size], picture()[at:at + size]) for at in range(0, SIZE, size)]
    return all(check_of(name, one) == check_of(name, other) for one, other in pairs)


def check_of(name, block):
    """Return the checksum of a block: the sum (sierra.md 2.2), or the exclusive or."""
    if name == 'sierra':
        return sum(block) & 0xFFFF
    value = 0
    for byte in block:
        value ^= byte
    return value


def run(name, fault, seeds, reread=False):
    """Download once for each seed."""
    tally = Tally()
    for seed in seeds:
        verdict, took = download(name, fault, seed, reread)
        tally.verdicts[verdict] += 1
        tally.times.append(took)
        if verdict.startswith('wrong'):
            tally.wrong.append(seed)
    return tally

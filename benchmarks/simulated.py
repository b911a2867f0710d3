# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated still cameras in a process of their own, so that their work is not the host's."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
from datetime import datetime
import subprocess
import sys

from camera_driver.devices.fuji_mx.simulator.simulator import Frame as FujiFrame
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator
from camera_driver.sim import scene
from camera_driver.sim.terminal import Terminal

TAKEN = datetime(2001, 9, 9)


@dataclass(frozen=True)
class Simulated:
    """Where it is, and its process."""

    port: str
    pid: int


def picture() -> bytes:
    """Return a JPEG of exactly 150 KB (75 packets): a little less, and zeros behind its end."""
    return scene.jpeg(2, 1024, 768, TAKEN, quality=78).ljust(150 * 1024, b'\0')


def large_picture() -> bytes:
    """Return a JPEG of 5 megapixels, about 0.8 MB."""
    return scene.jpeg(1, 2560, 1920, TAKEN)


@contextmanager
def camera(*options: str) -> Iterator[Simulated]:
    """Run a camera until the end of the block; `options` are those of `main`."""
    with cameras(1, *options) as (one,):
        yield one


@contextmanager
def cameras(count: int, *options: str) -> Iterator[list[Simulated]]:
    """Run cameras, all in one process, until the end of the block."""
    process = subprocess.Popen([sys.executable, __file__, '--count', str(count), *options],
                               text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    try:
        ports = [process.stdout.readline().strip() for _ in range(count)]
        if not all(ports):
            raise RuntimeError('the simulated cameras did not start')
        yield [Simulated(port, process.pid) for port in ports]
    finally:
        process.stdin.close()
        process.wait()


def main() -> None:
    """Hold the pictures 1 (tiny), 2 (150 KB), 3 (0.8 MB, when asked for) until stdin ends."""
    parser = ArgumentParser()
    parser.add_argument('--count', type=int, default=1, help='how many cameras')
    parser.add_argument('--fuji-mx', action='store_true', help='not a sierra camera')
    parser.add_argument('--paced', action='store_true')
    parser.add_argument('--large', action='store_true')
    parser.add_argument('--exposure', type=float, default=1.0)
    args = parser.parse_args()
    thumbnail = scene.thumbnail(1)
    pictures = [thumbnail, picture(), *([large_picture()] if args.large else [])]

    def simulator() -> SierraSimulator | FujiMxSimulator:
        if args.fuji_mx:
            return FujiMxSimulator(
                frames=[FujiFrame(data, thumbnail, f'DSC{number:05d}.JPG')
                        for number, data in enumerate(pictures, 1)],
                reply_delay=0.0, exposure_duration=args.exposure)
        return SierraSimulator(
            frames=[Frame(data, thumbnail, f'P101{number:04d}.JPG', TAKEN)
                    for number, data in enumerate(pictures, 1)],
            memory_size=1_000_000_000, exposure_duration=args.exposure,
            resolutions={2: Resolution(80, 60, 4000)})  # what it takes costs it no time to draw

    with ExitStack() as stack:
        for _ in range(args.count):
            print(stack.enter_context(Terminal(simulator(), paced=args.paced)).path, flush=True)
        sys.stdin.read()


if __name__ == '__main__':
    main()

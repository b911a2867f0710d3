# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A rig of five types at work for long, over lines with faults, its cables pulled now and then.

Every shot that was asked for is answered and in the ledger, and what the ledger says of them is
what the cameras did. Memory, threads and descriptors are looked at after each round.
"""

from collections import Counter
from dataclasses import dataclass, field
from math import sqrt
from random import Random
import threading
import time

from endurance.recovery import DONE, MODES
from endurance.rigs import answer, PATIENCE, used

from camera_driver.ledger.shared import SharedLedger
from camera_driver.sim.faults import ByteFaults
from camera_driver.srv import Capture, DeleteImages

SHOOTING = ('sierra', 'fuji_mx', 'ix_link')
PERIOD = 2.0  # s between shots of each camera
UNPLUG = 60.0  # s between cables
EMPTY = 20.0  # s between deletions of all pictures
AWAY = 3.0  # s at most that a cable is out
RATE = 1e-5  # of bytes that are damaged
SETTLE = 60.0  # s after which the program has loaded all that it will


@dataclass
class Result:
    """What was asked and told, and what the program used meanwhile."""

    asked: Counter = field(default_factory=Counter)  # by device
    answers: Counter = field(default_factory=Counter)  # in words
    states: Counter = field(default_factory=Counter)  # of the ledger
    unplugged: int = 0
    samples: list = field(default_factory=list)  # time [s], memory [kB], threads, descriptors
    problems: list = field(default_factory=list)


def faults():
    """Make the faults of a line, each of its own seed."""
    faults.seed += 1
    return ByteFaults('flip', RATE, faults.seed)


faults.seed = 0


def slope(times, values):
    """Return the slope of a line through values, and its standard error [1/s]."""
    n = len(times)
    mean_t, mean_v = sum(times) / n, sum(values) / n
    spread = sum((t - mean_t) ** 2 for t in times)
    rise = sum((t - mean_t) * (v - mean_v) for t, v in zip(times, values)) / spread
    rest = sum((v - mean_v - rise * (t - mean_t)) ** 2 for t, v in zip(times, values))
    return rise, sqrt(rest / max(1, n - 2) / spread)


def run(one, seconds, seed):
    """Let a rig work for so long [s]."""
    draw, result = Random(seed), Result()
    waiting, pulse = [], threading.Event()
    begun = time.monotonic()
    due, empty, next_cable = begun, begun + EMPTY, begun + UNPLUG * draw.random()
    back = {}  # name -> when its cable is put back
    while (now := time.monotonic()) < begun + seconds:
        for name in [name for name, when in back.items() if when <= now]:
            del back[name]
            one.terminals[name].replug()
        if now >= next_cable:
            name = draw.choice([name for name in one.devices if name not in back])
            one.terminals[name].unplug()
            back[name] = now + AWAY * draw.random()
            result.unplugged += 1
            next_cable += UNPLUG
        if now >= empty:  # a card that is full takes no more pictures
            empty += EMPTY
            for name in [name for name, kind in one.devices.items() if kind in MODES]:
                one.begin(DeleteImages, f'/{name}/delete_images', all=True,
                          without_copy=True)
        if now >= due:
            due += PERIOD
            for name in [name for name, kind in one.devices.items() if kind in SHOOTING]:
                waiting.append(one.begin(Capture, f'/{name}/capture', wait=True,
                                         download=one.devices[name] != 'ix_link'))
                result.asked[name] += 1
            result.samples.append((now - begun, *used(one.process.pid)))
        pulse.wait(max(0.0, min(due, empty, next_cable, *back.values()) - time.monotonic()))
    for name in back:
        one.terminals[name].replug()
    for future in waiting:
        response = answer(future, PATIENCE)
        result.answers['no answer' if response is None else 'taken' if response.success else
                       'unknown' if response.outcome_unknown else 'failed'] += 1
    for name in one.devices:
        one.ready(name)
    if one.process.poll() is not None:
        result.problems.append('the program ended by itself')
    _account(one, result)
    return result


def _account(one, result):
    """Compare the ledger with what was asked and with the cameras."""
    if lost := result.answers['no answer']:
        result.problems.append(f'{lost} shots were not answered')
    ledger = SharedLedger(one.folder / 'shots.sqlite3')
    for name, asked in result.asked.items():
        shots = ledger.shots(name)
        states = Counter(shot.state for shot in shots)
        result.states += states
        done, taken = sum(states[state] for state in DONE), len(
            one.terminals[name].simulator.shots)
        if len(shots) != asked or not done <= taken <= done + states['unknown']:
            result.problems.append(
                f'{name}: {asked} asked, {taken} taken, the ledger says {dict(states)}')
    ledger.close()

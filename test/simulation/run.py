# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Runs missions by their seeds."""

from contextlib import contextmanager
from dataclasses import dataclass
import logging
from pathlib import Path
import shutil
from tempfile import mkdtemp
import traceback

from simulation.mission import Mission
from simulation.truth import small_pictures

MEMORY = '/dev/shm'  # so that no disk is waited for


@dataclass
class Result:
    """What a seed came to."""

    name: str
    seed: int
    problem: str  # '': none
    trace: list


class IntoTrace(logging.Handler):
    """Puts what the library logs into the trace."""

    def __init__(self, world):
        super().__init__()
        self.world = world

    def emit(self, record):
        self.world.log(f'    {record.name.rpartition(".")[2]}: {record.getMessage()}')


@contextmanager
def quick():
    """Make simulators quick, and let the library log nothing, for as long as it lasts."""
    undo = []

    def replace(owner, name, value):
        undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    small_pictures(replace)
    logger = logging.getLogger('camera_driver')
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.propagate = propagate
        for owner, name, value in undo:
            setattr(owner, name, value)


def run(name, seed, steps=None, talkative=False):
    """Run one mission and return its result."""
    folder = Path(mkdtemp(prefix='camera_driver_', dir=MEMORY if Path(MEMORY).is_dir() else None))
    logger = logging.getLogger('camera_driver')
    handler = None
    mission = None
    try:
        mission = Mission(name, seed, folder, **({} if steps is None else {'steps': steps}))
        if talkative:
            handler = IntoTrace(mission.world)
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
            logger.propagate = False
        mission.run()
        problem = ''
    except AssertionError as error:
        problem = str(error) or traceback.format_exc()
    except Exception:
        problem = traceback.format_exc()
    finally:
        if handler:
            logger.removeHandler(handler)
            logger.setLevel(logging.CRITICAL + 1)
        if mission and not mission.host.dead:
            mission.host.bury()
        shutil.rmtree(folder, ignore_errors=True)
    return Result(name, seed, problem, mission.world.trace if mission else [])

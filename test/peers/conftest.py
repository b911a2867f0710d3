# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated sierra camera on a pseudo-terminal, and what the real clients need to meet it."""

from contextlib import suppress
from dataclasses import replace
import os
from pathlib import Path
import shutil
import subprocess

import pytest

from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.sim.terminal import Terminal


def prompt():
    """
    Let this thread answer at once on a busy machine, where that is permitted.

    How long the peers wait for an answer cannot be set.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


@pytest.fixture
def simulator(request):
    """Return a camera with three pictures, or with what an indirect parameter gives it."""
    options = getattr(request, 'param', {})
    if 'folders' not in options:
        three = [replace(frame, protected=False) for frame in SierraSimulator().frames[:3]]
        options = {'frames': three, **options}
    return SierraSimulator(exposure_duration=0.1, **options)


@pytest.fixture
def port(simulator):
    """Put the camera on a pseudo-terminal and return the path for the client."""
    with Terminal(simulator) as terminal:
        terminal.do(prompt)
        yield terminal.path


@pytest.fixture(scope='session')
def modem(tmp_path_factory):
    """Compile the preload library that gives a pseudo-terminal modem lines (sierra.md 9.6)."""
    if shutil.which('gcc') is None:
        pytest.fail('gcc is not installed: apt-get install gcc libc6-dev', pytrace=False)
    library = tmp_path_factory.mktemp('modem') / 'modem.so'
    subprocess.run(
        ['gcc', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', str(library),
         str(Path(__file__).with_name('modem.c')), '-ldl'], check=True)
    return library

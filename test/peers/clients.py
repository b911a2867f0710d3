# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The two real host programs for sierra cameras, gphoto2 and photopc, as callable clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import resource
import shlex
import shutil
import subprocess
import time

TIMEOUT = 60.0
"""Seconds after which a client is killed; no run takes a quarter of it."""


class ClientError(Exception):
    """A client is absent, ended with an error, or did not end in time."""


@dataclass(frozen=True)
class Run:
    """What one run of a client printed, and what it cost: wall-clock and CPU time [s]."""

    output: str
    errors: str
    wall: float
    cpu: float


def run_measured(
    command: Sequence[str], directory: Path, environment: Mapping[str, str],
    timeout: float = TIMEOUT,
) -> Run:
    """
    Run a program to its end in `directory` and measure it.

    The CPU time is the user and system time of the child processes that ended during the run, so
    no other child of this process may end meanwhile. Raises ClientError, with everything the
    program printed, when it fails or needs more than `timeout` seconds.
    """
    def cpu() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    cpu_before, start = cpu(), time.monotonic()
    try:
        ended = subprocess.run(
            command, cwd=directory, env=environment, timeout=timeout, stdin=subprocess.DEVNULL,
            capture_output=True)
        fate = f'ended with status {ended.returncode}' if ended.returncode else ''
        output, errors = ended.stdout, ended.stderr
    except subprocess.TimeoutExpired as expired:
        fate = f'did not end within {timeout:g} s'
        output, errors = expired.stdout or b'', expired.stderr or b''
    run = Run(
        output.decode(errors='replace'), errors.decode(errors='replace'),
        time.monotonic() - start, cpu() - cpu_before)
    if fate:
        raise ClientError(
            f'{shlex.join(command)}\n{fate}\n--- stdout\n{run.output}\n--- stderr\n{run.errors}')
    return run


class _Client:
    """A program with an empty working directory and a home of its own."""

    def __init__(self, program: str, arguments: Sequence[str], directory: Path) -> None:
        if shutil.which(program) is None:
            raise ClientError(f'{program} is not installed: apt-get install {program}')
        self.directory = directory
        self._command = [program, *arguments]
        home = directory / 'home'
        home.mkdir(parents=True)
        self._environment = {
            'PATH': os.environ['PATH'], 'HOME': str(home), 'LANG': 'C', 'TZ': 'UTC'}

    def run(self, *arguments: str, timeout: float = TIMEOUT) -> Run:
        """Run the program with `arguments`; raises ClientError as run_measured does."""
        return run_measured(
            [*self._command, *arguments], self.directory, self._environment, timeout)

    def files(self) -> dict[str, bytes]:
        """Return name and content of every file that the client has saved, by name."""
        return {
            path.name: path.read_bytes()
            for path in sorted(self.directory.iterdir()) if path.is_file()}


class Gphoto2(_Client):
    """
    The program gphoto2 as one camera model on one port.

    `modem` is the preload library made from modem.c. The model decides what is sent (sierra.md
    9.6); `gphoto2 --list-cameras` prints the names.
    """

    def __init__(
        self, port: str, model: str, speed: int, directory: Path, modem: Path,
    ) -> None:
        super().__init__(
            'gphoto2', ['--port', f'serial:{port}', '--camera', model, '--speed', str(speed)],
            directory)
        self._environment['LD_PRELOAD'] = str(modem)

    def run(self, *arguments: str, timeout: float = TIMEOUT) -> Run:
        """Run the program; an error that it prints raises ClientError even with status 0."""
        run = super().run(*arguments, timeout=timeout)
        if run.errors:
            raise ClientError(f'{shlex.join([*self._command, *arguments])}\n{run.errors}')
        return run


class Photopc(_Client):
    """The program photopc on one port; several commands with their arguments make one session."""

    def __init__(self, port: str, speed: int, directory: Path) -> None:
        super().__init__('photopc', ['-q', '-l', port, '-s', str(speed)], directory)

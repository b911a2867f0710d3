# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated camera on a pseudo-terminal, and ways to run the command at it."""

import json
from pathlib import Path
import subprocess
import sys
from typing import NamedTuple

import pytest

from camera_driver.catalog import TYPES
from camera_driver.cli.main import main
from camera_driver.sim.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, '-m', 'camera_driver.cli.main']


class Result(NamedTuple):
    """What one run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def documents(self):
        """The JSON documents on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self):
        """The only JSON document on stdout."""
        document, = self.documents
        return document

    @property
    def error(self):
        """The text of the only line on stderr."""
        assert self.err.startswith('camera-driver: ') and self.err.count('\n') == 1, self.err
        return self.err.removeprefix('camera-driver: ').rstrip()


@pytest.fixture(autouse=True)
def state(tmp_path_factory, monkeypatch):
    """Keep what commands leave in doubt apart: names of pseudo-terminals are used again."""
    folder = tmp_path_factory.mktemp('state')
    monkeypatch.setenv('XDG_STATE_HOME', str(folder))
    return folder / 'camera_driver'


@pytest.fixture
def terminal():
    """Run a simulated sierra camera on a pseudo-terminal."""
    with Terminal(TYPES['sierra'].simulator_class()()) as terminal:
        yield terminal


@pytest.fixture
def command(capsys):
    """Give a function that runs the command in this process."""

    def run(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def camera(command, terminal):
    """Give a function that runs `camera-driver sierra --port ...` in this process."""
    return lambda *words: command('sierra', '--port', terminal.path, *words)


@pytest.fixture
def started():
    """Give a function that starts the command as a process; it is ended with the test."""
    processes = []

    def start(*words, **options):
        options = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE} | options
        process = subprocess.Popen([*COMMAND, *map(str, words)], cwd=ROOT, text=True, **options)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()

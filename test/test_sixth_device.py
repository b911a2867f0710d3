# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A device type in a package of its own: installed with pip, it is like the built-in ones."""

from contextlib import contextmanager, ExitStack
import json
import os
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys

from helpers import wait_until
import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / 'examples' / 'sixth_device'
COMMAND = [sys.executable, '-m', 'camera_driver.cli.main']


@pytest.fixture(scope='module')
def installed(tmp_path_factory):
    """Install the package into a folder; return its sources and the environment that finds it."""
    pytest.importorskip('setuptools')
    folder = tmp_path_factory.mktemp('sixth_device')
    source = folder / 'source'  # pip leaves a folder of its own beside the sources
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns('__pycache__'))
    subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index',
         '--no-build-isolation', '--target', folder / 'site', source], check=True)
    return source, {**os.environ, 'PYTHONPATH': os.pathsep.join(
        [str(folder / 'site'), *filter(None, sys.path)])}


@contextmanager
def running(environment, *command):
    """Run a process and end it."""
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.out, process.err = process.communicate(timeout=60)


def test_it_is_small():
    lines = sum(len(path.read_text().splitlines()) for path in EXAMPLE.rglob('*.py'))
    assert lines < 300


def test_its_own_tests_and_the_contract_of_all_types(installed):
    source, environment = installed
    tests = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-c', 'setup.cfg',
         '-o', 'pythonpath=test', '-k', 'skycam', 'test/test_contract.py', source / 'test'],
        cwd=ROOT, env=environment, capture_output=True, text=True)
    assert tests.returncode == 0, tests.stdout
    passed, others = re.search(r'(\d+) passed(.*) in ', tests.stdout).groups()
    assert int(passed) > 30 and 'deselected' in others and 'skipped' not in others


def test_its_commands(installed, tmp_path):
    _, environment = installed
    port = str(tmp_path / 'skycam')

    def say(*words):
        done = subprocess.run([*COMMAND, 'skycam', '--port', port, '--json', *words],
                              env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, '')
        return json.loads(done.stdout)

    with running(environment, *COMMAND, 'simulate', 'skycam', '--link', port) as simulator:
        assert 'A simulated skycam device is at' in simulator.stdout.readline()
        assert say('set', 'filter', 'red') == {'filter': 'red'}
        assert say('capture')['shot']['settled'] == ''
    assert simulator.returncode == 0


def test_its_node(installed, ros, tmp_path):
    from node_rig import Client
    from rcl_interfaces.srv import GetParameters

    from camera_driver import srv
    from camera_driver.nodes.main import command
    environment = {**installed[1], 'ROS_HOME': str(tmp_path)}
    with running(environment, *command('skycam'), '--ros-args', '-r', '__node:=sky', '-p',
                 'simulate:=true', '-p', 'filter:=red') as node, ExitStack() as stack:
        client = Client(stack, 'sky', '/sky')
        wait_until(lambda: client.call(srv.Capture, 'capture', wait=True).success)
        value, = client.call(GetParameters, 'get_parameters', names=['filter']).values
        assert value.string_value == 'red'
    assert node.returncode == 0, node.err

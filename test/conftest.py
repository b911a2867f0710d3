# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What all tests share.

With CAMERA_DRIVER_REQUIRE_ROS=1 (make test) a missing ROS 2 overlay is an error; without it
the tests that need ROS 2 are skipped, and the rest runs in any Python environment.
"""

import gc
import importlib.util
import os
import signal
from types import SimpleNamespace

import domains
import hypothesis
import pytest

from camera_driver.devices.fuji_mx.camera import FujiMxCamera

# Before rclpy starts: discovery on this machine only, in a domain of this process and those that
# it starts; each rig has another one. Not setdefault for the domain: workers of pytest-xdist
# inherit their parent's.
DOMAIN, LOCK = domains.take()
os.environ['ROS_DOMAIN_ID'] = str(DOMAIN)
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
# Messages check no field by default: an int in a float field goes out as garbage.
os.environ.setdefault('ROS_PYTHON_CHECK_FIELDS', '1')

# What has to pass must not depend on chance: the same examples every time. Other ones are tried
# with HYPOTHESIS_PROFILE=default.
hypothesis.settings.register_profile('same', derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get('HYPOTHESIS_PROFILE', 'same'))

WAITING = {'nodes', 'cli', 'peers', 'mavlink'}
"""Folders of tests that wait most of the time."""

WITHOUT_ROS = (
    'needs ROS 2 and the interfaces of camera_driver: make setup && . install/setup.sh')


def has_ros():
    """Return whether rclpy and the generated interfaces can be imported."""
    return all(importlib.util.find_spec(name) for name in ('rclpy', 'camera_driver.msg'))


@pytest.fixture(autouse=True, scope='session')
def state_of_commands(tmp_path_factory):
    """Leave nothing in the home directory of who runs the tests."""
    os.environ['XDG_STATE_HOME'] = str(tmp_path_factory.mktemp('state'))


@pytest.fixture(autouse=True)
def nothing_is_known_of_the_line():
    """Forget what other tests have learnt of a port of the same name."""
    FujiMxCamera.limits.clear()
    FujiMxCamera.speeds.clear()


def pytest_configure(config):
    """Refuse to run without ROS 2 where it is required; make signals what they usually are."""
    if os.environ.get('CAMERA_DRIVER_REQUIRE_ROS') == '1' and not has_ros():
        raise pytest.UsageError('CAMERA_DRIVER_REQUIRE_ROS=1: ' + WITHOUT_ROS)
    # Under nohup, or in the background of a script, they are ignored, and what tests start
    # inherits that.
    for number, usual in ((signal.SIGHUP, signal.SIG_DFL),
                          (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """
    Keep all processors busy from the first minute to the last.

    With --dist worksteal each worker begins with an equal, contiguous part of the list, and
    whoever is ready takes from the ends of others. Tests that take long come first. Then most
    workers have those that wait most of the time, for nodes and lines, module by module, while
    others compute; what computes fills every part to its end, since it needs no company.
    """
    workers = getattr(config, 'workerinput', {}).get('workercount', 1)
    long, waiting, computing = [], {}, []
    for item in items:
        if item.get_closest_marker('long'):
            long.append(item)
        elif WAITING & {*item.path.parts}:
            waiting.setdefault(item.path, []).append(item)
        else:
            computing.append(item)
    parts = [long[worker::workers] for worker in range(workers)]
    for module in sorted(waiting.values(), key=len, reverse=True):
        min(parts[workers // 5:], key=len).extend(module)
    left, items[:] = len(items), []
    for worker, part in enumerate(parts):
        size = left // (workers - worker)
        left -= size
        fill = max(0, size - len(part))
        items += part + computing[:fill]
        del computing[:fill]


def pytest_collection_finish():
    """Spare the collections of garbage, two for each rig, the objects that stay till the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure():
    """Let others have the domains."""
    domains.release()
    LOCK.close()


def pytest_pycollect_makemodule(module_path, parent):
    """Skip test modules in folders named 'nodes' where they could not be imported."""
    if 'nodes' in module_path.parts and not has_ros():
        pytest.skip(WITHOUT_ROS, allow_module_level=True)


@pytest.fixture
def ros():
    """
    Give a ROS context of its own, spun by a MultiThreadedExecutor in a thread.

    ros.add(node) spins a node made with context=ros.context and destroys it at the end;
    ros.executor is the executor.
    """
    if not has_ros():
        pytest.skip(WITHOUT_ROS)
    from spinning import executor_thread

    def add(node):
        given.executor.add_node(node)
        return node

    given = SimpleNamespace(add=add)
    with executor_thread(4) as given.executor:
        given.context = given.executor.context
        yield given
    vars(given).clear()
    gc.collect()  # as in spinning(): else the next test sees this one's nodes, of equal names

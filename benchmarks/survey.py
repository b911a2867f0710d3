# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""How evenly `~/survey` triggers, by time and by distance: at the simulated camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
import threading
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ros import Client, client, NAME, PATIENCE, sierra_node
from sensor_msgs.msg import NavSatFix
from table import Table

from camera_driver.action import Survey
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.nodes.convert import time_message
from camera_driver.nodes.rclpy_private import ThreadedActionClient
from camera_driver.payload.geometry import moved
from camera_driver.sim.terminal import Terminal

HOME = 47.3821, 8.6432, 531.0
PLACES = 40
INTERVAL, DISTANCE = 1.0, 15.0  # s, m
SPEED, RATE, NOISE = 15.0, 5.0, 0.02  # m/s; Hz, and m in each axis, of the fixes
LATENCY = 0.1  # s from a fix to its message


def measure() -> Iterator[Table]:
    """Give the table."""
    simulator = SierraSimulator(frames=[], exposure_duration=0.0)
    with TemporaryDirectory() as folder, Terminal(simulator) as terminal, client() as ros, \
            sierra_node(terminal.path, Path(folder), geotag_fix_topic='/fix'):
        ros.wait_until_ready()
        action = ThreadedActionClient(ros, Survey, f'{NAME}/survey')
        if not action.wait_for_server(PATIENCE):
            raise RuntimeError('the node has no survey')
        rows = []
        for name, goal, unit in (
                ('by time, each 1 s', {'trigger': 'interval', 'interval': INTERVAL}, INTERVAL),
                ('by distance, each 15 m', {'trigger': 'distance', 'distance': DISTANCE},
                 DISTANCE / SPEED)):
            before = len(simulator.shots)
            with flying(ros):
                result = survey(action, Survey.Goal(count=PLACES, speed=SPEED, cycle_time=0.4,
                                                    **goal))
            arrived = np.array(simulator.shots[before:])
            rows.append((name, result.taken, *spread(arrived, unit)))
    yield Table(
        f'Triggers of ~/survey at the simulated camera (sierra), {PLACES} places; {SPEED:g} m/s, '
        f'fixes of {RATE:g} Hz with {1000 * NOISE:g} mm noise, {1000 * LATENCY:g} ms old when '
        'they come',
        ('', 'taken', 'off by, median [ms]', '95 % [ms]', 'farthest [ms]', 'median [mm]',
         '95 % [mm]'), rows,
        'From evenly spaced places, in time and in what that is on the ground.')


def survey(action: ThreadedActionClient, goal: Any) -> Any:
    """Let the node do a survey; return its result."""
    handle = _wait(action.send_goal_async(goal), PATIENCE)
    return _wait(handle.get_result_async(), PLACES * INTERVAL + PATIENCE).result


def _wait(future: Any, seconds: float) -> Any:
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    if not done.wait(seconds):
        raise RuntimeError('no answer from the node')
    return future.result()


@contextmanager
def flying(ros: Client) -> Iterator[None]:
    """Publish the fixes of a straight flight to the north until the end of the block."""
    publisher = ros.create_publisher(NavSatFix, '/fix', 10)
    ended = threading.Event()
    dice = np.random.default_rng(1)
    begin = time.monotonic()

    def run() -> None:
        now = begin
        while not ended.wait(max(0.0, now - time.monotonic())):
            north, east, up = dice.normal(0, NOISE, 3)
            fix = NavSatFix(position_covariance=np.diag([NOISE ** 2] * 3).ravel(),
                            position_covariance_type=NavSatFix.COVARIANCE_TYPE_KNOWN)
            late = time.monotonic() - now + LATENCY
            fix.header.stamp = time_message(time.time() - late)
            fix.latitude, fix.longitude, fix.altitude = moved(
                HOME, (SPEED * (now - LATENCY - begin) + north, east, up))
            publisher.publish(fix)
            now += 1 / RATE

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        time.sleep(2.0)  # that the node knows how fast it is
        yield
    finally:
        ended.set()
        thread.join()
        ros.destroy_publisher(publisher)


def spread(arrived: NDArray[np.float64], spacing: float) -> Sequence[float]:
    """Return how far times [s] are off an even spacing: ms, and mm on the ground."""
    since = arrived - arrived[0]
    off = since - spacing * np.round(since / spacing)
    middle, most, all_ = (1000 * float(value) for value in np.percentile(
        np.abs(off - np.median(off)), [50, 95, 100]))
    return middle, most, all_, SPEED * middle, SPEED * most

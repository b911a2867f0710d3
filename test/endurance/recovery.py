# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Cables pulled, devices that reset themselves, programs killed, at random moments.

Real nodes over DDS; a device is back when its node's own test of it succeeds.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
import sqlite3
import threading
import time

from endurance.rigs import answer, PATIENCE
from rclpy.action import ActionClient

from camera_driver.action import DownloadImages
from camera_driver.ledger.shared import SharedLedger
from camera_driver.srv import Capture, DeleteImages, ListImages

LONGEST = 1.0  # s that a cable is away, or that nothing happens
OPERATIONS = ('capture', 'download', 'delete', 'settings')
MODES = {'sierra': ('flash_mode', ('off', 'auto', 'force')),
         'fuji_mx': ('flash_mode', ('off', 'auto', 'force'))}
DONE = ('exposed', 'stored', 'downloaded', 'verified')


@dataclass
class Result:
    """Of one kind of disturbance: times until READY [s], and what went wrong."""

    times: list = field(default_factory=list)
    moments: Counter = field(default_factory=Counter)
    problems: list = field(default_factory=list)


def unplugs(one, name, count, seed):
    """Pull the cable of one device so many times."""
    def disturb(terminal, draw):
        terminal.unplug()
        threading.Event().wait(LONGEST * draw.random())
        terminal.replug()

    return _disturbed(one, name, count, seed, disturb)


def resets(one, name, count, seed):
    """Let one device reset itself without a word so many times."""
    return _disturbed(one, name, count, seed, lambda terminal, _: terminal.power_cycle())


def _disturbed(one, name, count, seed, disturb):
    draw, result = Random(f'{name} {seed}'), Result()
    for _ in range(count):
        threading.Event().wait(LONGEST * draw.random())
        disturb(one.terminals[name], draw)
        try:
            result.times.append(one.ready(name))
        except AssertionError as error:
            result.problems.append(str(error))
            break
    return result


def all_of(one, work, count, seed):
    """Do it with all devices of a rig at the same time; returns name -> result."""
    with ThreadPoolExecutor(len(one.devices)) as pool:
        running = {name: pool.submit(work, one, name, count, seed) for name in one.devices}
    return {name: future.result() for name, future in running.items()}


class Kills:
    """The program of one camera, killed in the middle of operations."""

    def __init__(self, one, name, seed):
        self.one, self.name = one, name
        self.kind = one.devices[name]
        self.draw = Random(f'{name} {seed}')
        self.ever = set()  # pictures that the camera had
        self.answered = set()  # ids of shots that were said to be taken
        self.asked = 0
        self.result = Result()
        self.downloads = ActionClient(one.client, DownloadImages, f'/{name}/download_images')
        self.lasts = {what: self._time(what) for what in OPERATIONS}  # s

    def run(self, count):
        """Kill it so many times. The result's moments: operations that were under way."""
        for _ in range(count):
            what = self.draw.choice(OPERATIONS)
            future = self._begin(what)
            threading.Event().wait(1.2 * self.lasts[what] * self.draw.random())
            if not future.done():
                self.result.moments[what] += 1
            self.one.kill()
            self._remember()
            if future.done():
                self._heard(future)
            begun = time.monotonic()
            self.one.start()
            self.one.ready(self.name)
            self.result.times.append(time.monotonic() - begun)
            self._check()
        self._finish()
        return self.result

    def _begin(self, what):
        self._remember()
        one, name = self.one, self.name
        if what == 'capture':
            self.asked += 1
            return one.begin(Capture, f'/{name}/capture', wait=True)
        if what == 'settings':
            setting, values = MODES[self.kind]
            return one.set(name, **{setting: self.draw.choice(values)})
        if what == 'delete':
            return one.begin(DeleteImages, f'/{name}/delete_images', indices=[1],
                             without_copy=True)
        self.downloads.wait_for_server(PATIENCE)
        goal = answer(self.downloads.send_goal_async(DownloadImages.Goal()), PATIENCE)
        return goal.get_result_async()

    def _time(self, what):
        begun = time.monotonic()
        future = self._begin(what)
        answer(future, PATIENCE)
        self._heard(future)
        return time.monotonic() - begun

    def _heard(self, future):
        response = future.result()
        if isinstance(response, Capture.Response) and response.success:
            self.answered.add(response.shot_id)

    def _remember(self):
        terminal = self.one.terminals[self.name]
        self.ever |= set(terminal.do(
            lambda: [bytes(frame.data) for frame in terminal.simulator.frames]))

    def _check(self):
        """Look at the ledger and the files, after the next start."""
        self._remember()
        file = self.one.folder / 'shots.sqlite3'
        db = sqlite3.connect(f'{file.as_uri()}?mode=ro', uri=True)
        sound = db.execute('PRAGMA integrity_check').fetchone()[0]
        db.close()
        if sound != 'ok':
            self.result.problems.append(f'ledger: {sound}')
        ledger = SharedLedger(file)
        shots = ledger.shots(self.name)
        ledger.close()
        states = Counter(shot.state for shot in shots)
        done, taken = sum(states[state] for state in DONE), len(
            self.one.terminals[self.name].simulator.shots)
        if not done <= taken <= done + states['unknown'] or states['commanded']:
            self.result.problems.append(f'{taken} taken, the ledger says {states}')
        if len(shots) > self.asked or not self.answered <= {shot.shot_id for shot in shots}:
            self.result.problems.append(f'{self.asked} asked, {len(shots)} in the ledger')
        self.result.moments['unknown'] = states['unknown']
        files = [path for path in self.one.pictures(self.name).rglob('*')
                 if path.is_file() and not path.name.startswith('.')]
        for path in files:
            if path.read_bytes() not in self.ever:
                self.result.problems.append(f'{path.name} is none of the pictures')
        for shot in shots:
            if shot.state in ('downloaded', 'verified') and not _exists(shot.path):
                self.result.problems.append(f'{shot.shot_id} was saved, and is not there')

    def _finish(self):
        """Fetch all that is left: every picture of the camera is a file, each once."""
        self._time('download')
        self._remember()
        listed = self.one.call(ListImages, f'/{self.name}/list_images')
        terminal = self.one.terminals[self.name]
        held = [bytes(frame.data) for frame in terminal.simulator.frames]
        files = [path for path in self.one.pictures(self.name).rglob('*') if path.is_file()]
        if left := [path.name for path in files if path.name.startswith('.')]:
            self.result.problems.append(f'left behind: {left}')
        contents = Counter(path.read_bytes() for path in files)
        for data in held:
            if contents[data] != 1:
                self.result.problems.append(f'a picture of {len(held)} is {contents[data]} files')
        if not listed or len(listed.images) != len(held):
            self.result.problems.append('the list is not of its pictures')


def _exists(path):
    return Path(path).is_file()

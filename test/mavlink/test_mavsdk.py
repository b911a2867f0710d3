# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""MAVSDK, which others wrote, as the ground station; where it is not installed this is skipped."""

from contextlib import closing
from functools import partial
from importlib.util import find_spec
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from camera_driver.mavlink.camera import Shot, State
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.service import Service
from camera_driver.model import Setting

PROGRAM = """
import asyncio, json, sys
from mavsdk.asyncio.mavsdk import Mavsdk
from mavsdk.asyncio.plugins.camera import CameraAsync
from mavsdk.component_type import ComponentType
from mavsdk.mavsdk import Configuration
from mavsdk.plugins.camera import Option, Setting

async def until(ask, good):
    while True:
        try:
            found = await ask()
            if good(found):
                return found
        except Exception as error:
            print(repr(error), file=sys.stderr)
        await asyncio.sleep(0.1)

async def main(url):
    station = Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION))
    await station.add_any_connection(url)
    systems = await until(station.get_systems, bool)
    camera = CameraAsync(systems[0])
    listed = await until(camera.camera_list, lambda found: len(found.cameras) == 2)
    shots = []

    async def listen():
        async for shot in camera.subscribe_capture_info():
            shots.append([shot.component_id, shot.index, shot.is_success])

    task = asyncio.create_task(listen())
    await asyncio.sleep(0.2)
    results = []
    for _ in range(2):
        for component in (100, 101):
            results.append(int(await camera.take_photo(component)))
    async def all_heard():
        return shots
    await until(all_heard, lambda found: len(found) == 4)

    async def settings():
        return {one.setting_id: one.option.option_id
                for one in await camera.get_current_settings(100)}
    before = await until(settings, lambda found: 'CAM_ISO' in found)
    written = int(await camera.set_setting(100, Setting('CAM_ISO', '', Option('2', ''), False)))
    after = await settings()
    print(json.dumps({
        'cameras': sorted([one.component_id, one.vendor_name, one.model_name]
                          for one in listed.cameras),
        'results': results, 'shots': sorted(shots), 'written': written,
        'iso': [before['CAM_ISO'], after['CAM_ISO']]}), flush=True)
    task.cancel()

asyncio.run(asyncio.wait_for(main(sys.argv[1]), 40))
"""


class SlowCamera:
    """A camera whose exposure takes longer than MAVSDK waits for an ACK, in real time."""

    def __init__(self, post, model):
        self._post = post
        self.taken = 0
        self.values = {'iso_speed': '100'}
        self.model = model

    @property
    def state(self):
        return State(True, True, 'Maker', self.model, settings=(
            Setting('iso_speed', str, '', words={'auto': 0, '100': 1, '200': 2}),),
            values=self.values)

    def _later(self, work):
        timer = threading.Timer(0.6, partial(self._post, work))
        timer.daemon = True
        timer.start()

    def capture(self, done):
        self.taken += 1
        self._later(partial(done, Shot(f'{self.model} {self.taken}', True, time.time())))

    def set(self, name, value, done):
        self.values = {name: value}
        self._later(partial(done, ''))


@pytest.mark.skipif(find_spec('mavsdk') is None, reason='pip install mavsdk')
def test_mavsdk_takes_pictures_and_sets_a_setting(tmp_path):
    cameras = {}

    def make(service):
        cameras.update({f'/{name}': SlowCamera(service.post, name) for name in ('one', 'two')})
        return cameras

    from mavlink.udp_station import UdpStation
    with closing(UdpStation()) as free:
        port = free.socket.getsockname()[1]
    with subprocess.Popen(
            [sys.executable, '-c', PROGRAM, f'udpin://127.0.0.1:{port}'], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # It keeps definitions there, by model and version.
            env={**os.environ, 'HOME': str(tmp_path)}) as program:
        with closing(Service(1, make, [f'udpout:127.0.0.1:{port}'],
                             Store(tmp_path / 'store'))):
            out, err = program.communicate(timeout=50)
    assert program.returncode == 0, err
    found = json.loads(out.splitlines()[-1])
    assert found == {
        'cameras': [[100, 'Maker', 'one'], [101, 'Maker', 'two']], 'results': [1] * 4,
        'shots': [[component, index, True] for component in (100, 101) for index in range(2)],
        'written': 1, 'iso': ['1', '2']}
    assert [one.taken for one in cameras.values()] == [2, 2]

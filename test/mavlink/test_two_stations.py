# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""MAVSDK and a station that asks as QGroundControl does, at once; the definition by HTTP."""

from contextlib import closing, ExitStack
from importlib.util import find_spec
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

from mavlink.test_mavsdk import SlowCamera
from mavlink.udp_station import UdpStation
from pymavlink.dialects.v20 import common as mavlink
import pytest

from camera_driver.errors import PortError
from camera_driver.mavlink.camera import State
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.service import Service
from camera_driver.model import Setting

NAMES = ('one', 'two', 'three', 'four', 'five')
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

def tell(what):
    print(json.dumps(what), flush=True)

async def main(url, number):
    station = Mavsdk(Configuration.create_with_component_type(ComponentType.GROUND_STATION))
    await station.add_any_connection(url)
    systems = await until(station.get_systems, bool)
    camera = CameraAsync(systems[0])
    shots = set()

    async def listen():
        async for shot in camera.subscribe_capture_info():
            shots.add((shot.component_id, shot.index, shot.is_success))

    async def heard():
        return shots

    async def iso():
        return {one.setting_id: one.option.option_id
                for one in await camera.get_current_settings(100)}['CAM_ISO']

    async def put(option):
        try:
            return int(await camera.set_setting(100, Setting(
                'CAM_ISO', '', Option(option, ''), False)))
        except Exception as error:
            return repr(error)

    task = asyncio.create_task(listen())
    async for listed in camera.subscribe_camera_list():
        if len(listed.cameras) == number:
            break
    tell(sorted([one.component_id, one.vendor_name, one.model_name] for one in listed.cameras))
    # Something to do is told by lines.
    while what := (await asyncio.to_thread(sys.stdin.readline)).split():
        if what[0] == 'take':
            result = int(await camera.take_photo(104))
            await until(heard, lambda found: len(found) == int(what[1]))
            tell([result, sorted(shots)])
        else:
            held = [await until(iso, bool)]
            written = [await put('2'), await put('9')]
            tell([held + [await iso()], written])
    task.cancel()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Mavsdk:
    """A program that uses it."""

    def __init__(self, stack, folder, port, number):
        """Begin; `number`: of the cameras that it has to find before it says something."""
        self._errors = folder / 'errors'  # not a pipe, which it would fill
        self._program = stack.enter_context(subprocess.Popen(
            [sys.executable, '-c', PROGRAM, f'udpin://127.0.0.1:{port}', str(number)],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=stack.enter_context(open(self._errors, 'w')),
            # It keeps definitions there, by model and version.
            env={**os.environ, 'HOME': str(folder)}))
        stack.callback(self._program.kill)

    def said(self):
        line = self._program.stdout.readline()
        assert line, self._errors.read_text()
        return json.loads(line)

    def ask(self, what):
        print(what, file=self._program.stdin, flush=True)
        return self.said()


@pytest.mark.skipif(find_spec('mavsdk') is None, reason='pip install mavsdk')
def test_two_stations_at_once(tmp_path):
    cameras = {}
    with closing(UdpStation()) as free:
        port = free.socket.getsockname()[1]
    with ExitStack() as stack:
        near = stack.enter_context(closing(UdpStation()))

        def make(service):
            cameras.update({f'/{name}': SlowCamera(service.post, name) for name in NAMES})
            return cameras

        def begin():
            return stack.enter_context(closing(Service(
                1, make, [f'udpout:127.0.0.1:{port}', near.name], Store(tmp_path / 'store'))))

        # The cameras are there first.
        service = begin()
        near.wait('HEARTBEAT', number=5)
        mavsdk = Mavsdk(stack, tmp_path, port, 5)
        assert mavsdk.said() == [[100 + number, 'Maker', name]
                                 for number, name in enumerate(NAMES)]

        # Two deliberate pictures of the other one, both numbered 0, then one of MAVSDK.
        for number in (1, 2):
            near.send(mavlink.MAVLink_command_long_message(
                1, 104, mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 0, 1, 0, 0, 0, 0))
            near.wait('CAMERA_IMAGE_CAPTURED', number=number)
        shots = [[104, index, True] for index in range(4)]
        assert mavsdk.ask('take 3') == [1, shots[:3]]
        near.wait('CAMERA_IMAGE_CAPTURED', number=3)

        service.close()
        begin()
        cameras['/five'].taken = 3  # so that its shots have other ids than before
        near.received.clear()
        near.wait('HEARTBEAT', number=5)
        assert mavsdk.ask('take 4') == [1, shots]
        assert near.wait('CAMERA_IMAGE_CAPTURED').image_index == 3


@pytest.mark.skipif(find_spec('mavsdk') is None, reason='pip install mavsdk')
def test_mavsdk_reads_the_definition_by_http(tmp_path):
    """Of one camera: MAVSDK 4.1.0 may stop when it fetches two files by HTTP at once."""
    cameras = {}
    with closing(UdpStation()) as free:
        port = free.socket.getsockname()[1]

    def make(service):
        cameras['/one'] = SlowCamera(service.post, 'one')
        return cameras

    with ExitStack() as stack:
        service = stack.enter_context(closing(Service(
            1, make, [f'udpout:127.0.0.1:{port}'], Store(tmp_path / 'store'),
            definition_address='127.0.0.1:0')))
        mavsdk = Mavsdk(stack, tmp_path, port, 1)
        assert mavsdk.said() == [[100, 'Maker', 'one']]
        assert service.system.components['/one'].uri.startswith('http://127.0.0.1:')
        held, written = mavsdk.ask('set')
        # What the definition has can be set, something else is refused.
        assert (held, written[0], written[1] != 1) == (['1', '2'], 1, True), written
        assert cameras['/one'].values == {'iso_speed': '200'}


class Nobody:
    """A camera that is asked for nothing."""

    state = State(True, True, 'Maker', 'Model', settings=(
        Setting('iso_speed', str, '', words={'auto': 0, '100': 1}),))


def test_definitions_by_http_and_nothing_else(tmp_path):
    with closing(Service(1, lambda service: {'/one': Nobody()}, [], Store(tmp_path / 'store'),
                         definition_address='127.0.0.1:0')) as service:
        url = service.system.components['/one'].uri
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == service.system.components['/one'].definition.text
        for path in ('/', '/camera_101.xml', '/../../etc/passwd'):
            with pytest.raises(urllib.error.HTTPError, match='404'):
                urllib.request.urlopen(url.replace('/camera_100.xml', path))


@pytest.mark.parametrize('address', ['8090', '0.0.0.0:8090', ':8090', 'host:70000', 'a b:80'])
def test_an_address_that_no_station_can_be_told_is_refused(tmp_path, address):
    with closing(Store(tmp_path / 'store')) as store:
        with pytest.raises(ValueError, match='at which stations reach this computer'):
            Service(1, lambda service: {}, [], store, definition_address=address)


def test_an_address_that_cannot_be_bound_is_named(tmp_path):
    with closing(Store(tmp_path / 'store')) as store, closing(
            socket.create_server(('127.0.0.1', 0))) as taken:
        address = '127.0.0.1:{}'.format(taken.getsockname()[1])
        for one in (address, '192.0.2.1:8090'):
            with pytest.raises(PortError, match='name an address of this computer'):
                Service(1, lambda service: {}, [], store, definition_address=one)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A service in a process of its own: killed amid its work, and behind a router."""

from contextlib import closing, contextmanager
import os
import shutil
import signal
import subprocess
import sys

from mavlink.udp_station import UdpStation
from pymavlink.dialects.v20 import common as mavlink
import pytest

PROGRAM = """
import itertools, os, sys, time
from pathlib import Path
from camera_driver.mavlink.camera import Shot, State
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.service import Service

class Ready:
    state = State(connected=True, manufacturer='Maker', model='Model')
    numbers = itertools.count()

    def __init__(self, post):
        self.post = post

    def capture(self, done):
        shot = Shot(f'{os.getpid()} {next(self.numbers)}', True, 1.8e9)
        self.post(lambda: done(shot))

Service(1, lambda service: {'/a': Ready(service.post)}, sys.argv[2:], Store(Path(sys.argv[1])))
time.sleep(120)
"""


@contextmanager
def service(store, *links):
    """Run a service until it is killed."""
    with subprocess.Popen([sys.executable, '-c', PROGRAM, str(store), *links]) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGKILL)


def test_killed_after_seven_pictures_it_goes_on_with_the_eighth(tmp_path):
    with closing(UdpStation()) as station:
        with service(tmp_path / 'store', station.name):
            station.wait('HEARTBEAT')
            for _ in range(7):
                assert station.take() == mavlink.MAV_RESULT_ACCEPTED
            station.wait('CAMERA_IMAGE_CAPTURED', number=7)
        station.received.clear()
        with service(tmp_path / 'store', station.name):
            station.wait('HEARTBEAT')
            station.command(527, 1)
            assert station.wait('CAMERA_CAPTURE_STATUS').image_count == 7
            assert station.take() == mavlink.MAV_RESULT_ACCEPTED
            assert station.wait('CAMERA_IMAGE_CAPTURED').image_index == 7
            station.received.clear()
            station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 263, -1)
            station.wait('CAMERA_IMAGE_CAPTURED', number=8)
            assert [one.image_index for one in station.all('CAMERA_IMAGE_CAPTURED')] == [*range(8)]


@pytest.mark.skipif(not shutil.which('mavproxy.py'), reason='pip install mavproxy')
def test_two_stations_behind_mavproxy(tmp_path):
    with closing(UdpStation()) as one, closing(UdpStation(254)) as other:
        with closing(UdpStation()) as free:
            port = free.socket.getsockname()[1]
        # It neither asks nor answers by itself here: what it would is a third station's.
        router = subprocess.Popen(
            [shutil.which('mavproxy.py'), f'--master=udpin:127.0.0.1:{port}', '--daemon',
             '--streamrate=-1', *(f'--out=udpout:{station.name.removeprefix("udpout:")}'
                                  for station in (one, other))],
            cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, 'HOME': str(tmp_path)})
        try:
            with service(tmp_path / 'store', f'udpout:127.0.0.1:{port}'):
                for station in (one, other):
                    station.wait('HEARTBEAT', lambda beat: beat.get_srcComponent() == 100,
                                 timeout=60)
                for number in range(3):
                    for station in (one, other):
                        assert station.take() == mavlink.MAV_RESULT_ACCEPTED
                for station in (one, other):  # broadcasts reach both
                    station.wait('CAMERA_IMAGE_CAPTURED', number=6)
                    assert [image.image_index for image in station.all(
                        'CAMERA_IMAGE_CAPTURED')] == [*range(6)]
        finally:
            router.kill()
            router.wait()

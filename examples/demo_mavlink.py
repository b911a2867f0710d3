# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A ground station of few lines and two simulated cameras: what `make demo-mavlink` runs.

`camera-driver up` has the cameras, `camera-driver mavlink` offers them, and the station, which
knows nothing but MAVLink, finds them, takes pictures and sets a shutter speed.

    python3 examples/demo_mavlink.py
"""

from contextlib import contextmanager
import lzma
import math
import os
from pathlib import Path
import socket
import struct
import subprocess
import sys
import tempfile
from time import monotonic
from xml.etree import ElementTree

from pymavlink.dialects.v20 import common as mavlink

RIG = """\
devices:
- {name: nadir, type: sierra, parameters: {simulate: true}}
- {name: survey, type: ix_link, parameters: {simulate: true, video_source: none}}
"""
PATIENCE = 30.0  # s
COMMAND = [sys.executable, '-m', 'camera_driver.cli.main']
SHUTTER = 'CAM_SHUTTERSPD'
OPEN, READ, HEADER = 4, 5, '<HBBBBBxI'  # of MAVLink FTP


class Station:
    """Waits for vehicles at a port, as ground stations do at 14550."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.link = f'udpout:127.0.0.1:{self.socket.getsockname()[1]}'
        self.mav = mavlink.MAVLink(self, 255, 190)
        self.mav.robust_parsing = True

    def write(self, data):
        """Send what `mav` has encoded."""
        self.socket.sendto(data, self.vehicle)

    def wait(self, kind, good=lambda message: True):
        """Return the next message of a kind that is good."""
        end = monotonic() + PATIENCE
        while monotonic() < end:
            self.socket.settimeout(end - monotonic())
            data, self.vehicle = self.socket.recvfrom(4096)
            for message in self.mav.parse_buffer(data) or ():
                if message.get_type() == kind and good(message):
                    return message
        raise TimeoutError(f'no {kind} within {PATIENCE:g} s')

    def command(self, component, number, *parameters):
        """Send a command and return its result when it is final."""
        self.mav.command_long_send(1, component, number, 0, *parameters,
                                   *[math.nan] * (7 - len(parameters)))
        return self.wait('COMMAND_ACK', lambda ack: ack.command == number and (
            ack.result != mavlink.MAV_RESULT_IN_PROGRESS)).result

    def fetch(self, component, path):
        """Return a file, by MAVLink FTP."""
        def ask(opcode, data=b'', offset=0, size=0):
            head = struct.pack(HEADER, 1, 0, opcode, size or len(data), 0, 0, offset)
            self.mav.file_transfer_protocol_send(
                0, 1, component, [*(head + data).ljust(251, b'\0')])
            reply = bytes(self.wait('FILE_TRANSFER_PROTOCOL').payload)
            return reply[12:12 + reply[4]]

        size, = struct.unpack('<I', ask(OPEN, path.encode()))
        data = b''
        while len(data) < size:
            data += ask(READ, b'', len(data), 239)
        return data


@contextmanager
def running(folder, *words):
    """Run a command of camera-driver."""
    with open(folder / f'{words[0]}.log', 'wb') as log:
        process = subprocess.Popen([*COMMAND, *map(str, words)], stdout=log, stderr=log,
                                   env={**os.environ, 'ROS_HOME': str(folder)})
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def main():
    """Run the demonstration."""
    station = Station()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rig = folder / 'rig.yaml'
        rig.write_text(RIG)
        with running(folder, 'up', rig), running(folder, 'mavlink', rig, '--link', station.link):
            fly(station)


def fly(station):
    """Use the cameras as a ground station does."""
    cameras = {}
    while len(cameras) < 2:  # the information comes again when a camera has been connected
        info = station.wait('CAMERA_INFORMATION', lambda info: info.cam_definition_uri)
        cameras[info.get_srcComponent()] = info
    for component, info in sorted(cameras.items()):
        maker, model = (bytes(one).rstrip(b'\0').decode()
                        for one in (info.vendor_name, info.model_name))
        print(f'component {component}: {maker} {model}, settings in {info.cam_definition_uri}')

    for number, component in enumerate([100, 101, 100], 1):
        result = station.command(component, mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 1, number)
        image = station.wait('CAMERA_IMAGE_CAPTURED')
        print(f'component {component}: result {result}, picture {image.image_index} at '
              f'{image.time_utc / 1e6:.3f} s UTC, success {image.capture_result}')

    uri = cameras[101].cam_definition_uri
    root = ElementTree.fromstring(lzma.decompress(
        station.fetch(101, uri.removeprefix('mftp://'))))
    options = [(float(one.get('value')), one.get('name')) for one in root.findall(
        f"parameters/parameter[@name='{SHUTTER}']/options/option")]
    print(f'component 101: {SHUTTER} has {len(options)} values, {options[0][1]} to '
          f'{options[-1][1]}')
    value = next(value for value, name in options if name == '1/512')
    station.mav.param_ext_set_send(1, 101, SHUTTER.encode(), struct.pack('<f', value),
                                   mavlink.MAV_PARAM_EXT_TYPE_REAL32)
    ack = station.wait('PARAM_EXT_ACK', lambda ack: (
        ack.param_result != mavlink.PARAM_ACK_IN_PROGRESS))
    held, = struct.unpack_from('<f', ack._param_value_raw.ljust(4, b'\0'))
    print(f'component 101: {SHUTTER} 1/512: result {ack.param_result}, it holds 1/{1 / held:.0f}')
    station.mav.command_long_send(1, 100, mavlink.MAV_CMD_REQUEST_MESSAGE, 0, 263, -1,
                                  *[math.nan] * 5)
    images = [station.wait('CAMERA_IMAGE_CAPTURED').image_index for _ in range(2)]
    print(f'component 100: its pictures asked for again: {images}')


if __name__ == '__main__':
    main()

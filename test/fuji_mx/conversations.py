# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The conversations of docs/protocols/fuji_mx.md, section 6, as data; and who can hold them."""

import conversations
from conversations import DEVICE, document, HOST, pairs
from helpers import pattern

from camera_driver.devices.fuji_mx.camera import FujiMxCamera
from camera_driver.devices.fuji_mx.codec import Block, Control, encode, message
from camera_driver.devices.fuji_mx.session import FujiMxSession
from camera_driver.devices.fuji_mx.simulator.simulator import Frame, FujiMxSimulator
from camera_driver.link.port import LineSettings
from camera_driver.sim.loop import LoopPort, Transcript

ACK, NAK, ENQ, EOT = (bytes([control]) for control in (
    Control.ACK, Control.NAK, Control.ENQ, Control.EOT))
COUNT = encode(Block(0x0b))
THREE = encode(Block(0x06, b'\3\0'))
FAST = LineSettings(115200, 'E')
GREY = bytes.fromhex('50 00 3c 00') + b'\x80' * 9600


def damaged(data):
    """Return a block with wire byte 20 xor 01, as in section 6.5."""
    return data[:20] + bytes([data[20] ^ 1]) + data[21:]


BLOCKS = [encode(block) for number, payload in (
    (0x01, pattern(600)), (0x03, pattern(1100)), (0x63, GREY), (0x0e, pattern(1040)))
    for block in message(number, payload)]
FRAMES = {frame.hex(): frame for block in BLOCKS for frame in (block, damaged(block))}
CONVERSATIONS = document('fuji_mx', FRAMES)
CONVERSATIONS['6.7'][0][-2:-2] = [  # blocks 2 ... 18
    line for block in message(0x63, GREY)[1:18] for line in ((DEVICE, encode(block)), (HOST, ACK))]


def example_frames():
    return [Frame(pattern(size), pattern(head), f'DSC{number:05}.JPG')
            for number, size, head in ((1, 1100, 600), (2, 300, 100), (3, 512, 200))]


class Host(conversations.Host):
    """A host that knows commands."""

    patient = True

    def ask(self, number, payload=b'', prefix=0, seconds=6.0):
        """Send a command and return the payload of its answer, or what came instead of ACK."""
        for block in message(number, payload, prefix):
            heard = self.send(encode(block), seconds)
        if heard[:1] != ACK:
            return heard
        answer, heard = b'', heard[1:]
        while heard:
            size = heard.replace(b'\x10\x10', b'\x10')[4] | heard.replace(
                b'\x10\x10', b'\x10')[5] << 8
            body = heard[2:-3].replace(b'\x10\x10', b'\x10')
            assert len(body) == size + 4
            answer += body[4:]
            last = heard[-2] == 3
            heard = self.send(ACK, 0.5)
            assert last == (not heard)
        return answer


def connect(**options):
    """Return a camera with the three pictures of section 6, and a host that opened it."""
    options.setdefault('frames', example_frames())
    options.setdefault('memory_size', 2048000 + 1536 + 512 + 512)
    simulator = FujiMxSimulator(**options)
    host = Host(simulator)
    assert host.send(ENQ) == ACK
    return simulator, host


def begun(*flows):
    """Return a session that is open, at the beginning of conversations, and its port."""
    return scripted(*(pair for flow in flows for pair in pairs(flow)))


def scripted(*pairs):
    """Return a session that is open, at the beginning of a transcript, and its port."""
    port = Transcript(list(pairs), FAST)
    session = FujiMxSession(port)
    session.exchange.closed = False
    return session, port


def simulated(max_baudrate=115200, paced=False, to_host=None, to_device=None, **options):
    """Return a session with a simulated camera, not begun, and the camera."""
    options.setdefault('frames', example_frames())
    options.setdefault('memory_size', 2048000)
    simulator = FujiMxSimulator(**options)
    port = LoopPort(simulator, paced=paced, to_host=to_host, to_device=to_device)
    return FujiMxSession(port, max_baudrate), simulator


def new_camera(options=None, to_host=None, to_device=None, **arguments):
    """Return a camera that is not open, and its simulator."""
    simulator = FujiMxSimulator(**arguments)
    port = LoopPort(simulator, FujiMxCamera.LINE, to_host=to_host, to_device=to_device)
    return FujiMxCamera(port, options or {}), simulator

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The conversations of docs/protocols/fuji_mx.md, section 6, as data; and who can hold them."""

from hashlib import sha256
from pathlib import Path
import re

from helpers import pattern

from camera_driver.devices.fuji_mx.camera import FujiMxCamera
from camera_driver.devices.fuji_mx.codec import Block, Control, encode, message
from camera_driver.devices.fuji_mx.session import FujiMxSession
from camera_driver.devices.fuji_mx.simulator.simulator import Frame, FujiMxSimulator
from camera_driver.link.port import LineSettings
from camera_driver.sim.loop import LoopPort, Transcript

DOCUMENT = Path(__file__).parents[2] / 'docs' / 'protocols' / 'fuji_mx.md'
ELIDED = re.compile(r'.*\.\..*\[(?P<size>\d+) bytes, sha256 (?P<digest>\w+)\]')

ACK, NAK, ENQ, EOT = (bytes([control]) for control in (
    Control.ACK, Control.NAK, Control.ENQ, Control.EOT))
COUNT = encode(Block(0x0b))
THREE = encode(Block(0x06, b'\3\0'))
FAST = LineSettings(115200, 'E')
GREY = bytes.fromhex('50 00 3c 00') + b'\x80' * 9600

HOST, CAMERA = 'H>C', 'C>H'


def damaged(data):
    """Return a block with wire byte 20 xor 01, as in section 6.5."""
    return data[:20] + bytes([data[20] ^ 1]) + data[21:]


def _whole_frames():
    """Return the frames that the document elides, by their digest."""
    blocks = [block for number, payload in (
        (0x01, pattern(600)), (0x03, pattern(1100)), (0x63, GREY), (0x0e, pattern(1040)))
        for block in message(number, payload)]
    frames = [encode(block) for block in blocks]
    frames += [damaged(frame) for frame in frames]
    return {sha256(frame).hexdigest()[:16]: frame for frame in frames}


def _read():
    """Return section -> [conversation], each a list of (who, bytes)."""
    whole = _whole_frames()
    found = {}
    conversation = []
    for line in DOCUMENT.read_text().splitlines():
        if line.startswith('### '):
            section = line.split()[1]
        elif line.startswith('```'):
            conversation = []
            if line == '```text' and section.startswith('6.'):
                found.setdefault(section, []).append(conversation)
        elif line.strip().startswith('# blocks 2 ... 18 alike'):
            for block in message(0x63, GREY)[1:18]:
                conversation += [(CAMERA, encode(block)), (HOST, ACK)]
        elif line.startswith((HOST, CAMERA)):
            who, data = line.split(';')[0].split(None, 1)
            elided = ELIDED.match(data)
            frame = whole[elided['digest']] if elided else bytes.fromhex(data)
            assert not elided or len(frame) == int(elided['size'])
            conversation.append((who, frame))
    return found


CONVERSATIONS = _read()


def pairs(*conversations):
    """Return conversations as pairs of what the host sends and what the camera answers."""
    found = []
    for who, data in (line for conversation in conversations for line in conversation):
        if who == HOST:
            found.append((data, b''))
        else:
            found[-1] = found[-1][0], found[-1][1] + data
    return found


def example_frames():
    return [Frame(pattern(size), pattern(head), f'DSC{number:05}.JPG')
            for number, size, head in ((1, 1100, 600), (2, 300, 100), (3, 512, 200))]


class Host:
    """The host's side of a line to a simulated camera, on the plain object, with a clock."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.now = simulator.now
        self.heard = b''

    def say(self, data):
        """Send bytes."""
        self.simulator.receive(data, self.now)
        self._listen()

    def wait(self, seconds):
        """Let time pass."""
        self.now += seconds
        self.simulator.advance(self.now)
        self._listen()

    def hear(self):
        """Return what has come since the last time."""
        heard, self.heard = self.heard, b''
        return heard

    def send(self, data, seconds=0.0):
        """Send bytes, or the block of a command, wait, and return what comes."""
        self.say(data)
        self.wait(seconds)
        return self.hear()

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

    def play(self, conversation):
        """Play a conversation and find every byte as it stands there, nothing left over."""
        for who, data in conversation:
            if who == HOST:
                assert not self.heard, f'heard {self.heard.hex(" ")}'
                self.say(data)
                continue
            while len(self.heard) < len(data) and (due := self.simulator.next_due()) is not None:
                self.wait(max(0.0, due - self.now))
            found, self.heard = self.heard[:len(data)], self.heard[len(data):]
            assert found.hex(' ') == data.hex(' ')
        assert not self.heard

    def _listen(self):
        for sent in self.simulator.take():
            self.heard += sent.data


def connect(**options):
    """Return a camera with the three pictures of section 6, and a host that opened it."""
    options.setdefault('frames', example_frames())
    options.setdefault('memory_size', 2048000 + 1536 + 512 + 512)
    simulator = FujiMxSimulator(**options)
    host = Host(simulator)
    assert host.send(ENQ) == ACK
    return simulator, host


def begun(*conversations):
    """Return a session that is open, at the beginning of conversations, and its port."""
    return scripted(*pairs(*conversations))


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

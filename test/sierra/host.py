# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A host's side of the line to a simulated camera, on the plain object: bytes in, bytes out."""

from datetime import datetime
from hashlib import sha256
import re

from helpers import pattern

from camera_driver.devices.sierra.codec import (
    Code, command, encode, pack_int, Packet, Type, unpack_int)
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator

NUL, ENQ, ACK, DC1, NAK, CAN, END = (bytes([b]) for b in (0, 5, 6, 0x11, 0x15, 0x18, 0xff))
DONE = ACK + ENQ
REFUSED = ACK + DC1
GET = encode(command(Code.GET_INT, 1))
TWO = bytes.fromhex('03 00 04 00 02 00 00 00 02 00')  # its answer: 2
PICTURE = command(Code.GET_VDATA, 14)

ELIDED = re.compile(r'(?P<head>[0-9a-f ]+)\.\.(?P<tail>[0-9a-f ]+)'
                    r'\[(?P<size>\d+) bytes, sha256 (?P<digest>\w+)\]')


class Host:
    """The host's side of a line to a simulated camera, with a clock of its own."""

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

    def ask(self, data, seconds=0.0):
        """Send bytes or a frame, wait, and return what comes."""
        self.say(encode(data) if isinstance(data, Packet) else data)
        self.wait(seconds)
        return self.hear()

    def set(self, register, value=None):
        """Set an integer register and return the answer."""
        return self.ask(command(Code.SET_INT, register,
                                value=b'' if value is None else pack_int(value)))

    def get(self, register):
        """Return an integer register, or the byte that came instead."""
        answer = self.ask(command(Code.GET_INT, register))
        if len(answer) != 10:
            return answer
        assert answer[:4] == bytes.fromhex('03 00 04 00')
        self.say(ACK)
        return unpack_int(answer[4:])

    def write(self, register, value):
        """Set a vdata register and return the answer."""
        return self.ask(command(Code.SET_VDATA, register, value=value))

    def read(self, register, code=Code.GET_VDATA):
        """Return a vdata register, or the byte that came instead."""
        packet = self.ask(command(code, register))
        if len(packet) == 1:
            return packet
        data = b''
        while True:
            assert len(packet) == 6 + packet[2] + 256 * packet[3]
            data += packet[4:-2]
            following = self.ask(ACK)
            if packet[0] == Type.LAST:
                assert not following
                return data
            packet = following

    def act(self, action, argument=0, seconds=1.0):
        """Return what comes within the seconds after an action."""
        return self.ask(command(Code.ACTION, action, argument), seconds)

    def play(self, text, frames=None):
        """
        Play a conversation in the notation of section 6, and find nothing left over.

        `frames` holds what the host says where the text gives a name.
        """
        for line in filter(None, map(str.strip, text.splitlines())):
            who, data = line.split(';')[0].split(None, 1)
            elided = ELIDED.match(data)
            if who == 'wait':
                self.wait(float(data))
            elif who == 'H>C':
                assert not self.heard, line
                self.say((frames or {}).get(data.strip()) or bytes.fromhex(data))
            elif elided:
                size = int(elided['size'])
                found, self.heard = self.heard[:size], self.heard[size:]
                assert found.startswith(bytes.fromhex(elided['head'])), line
                assert found.endswith(bytes.fromhex(elided['tail'])), line
                assert sha256(found).hexdigest().startswith(elided['digest']), line
            else:
                expected = bytes.fromhex(data)
                assert self.heard[:len(expected)] == expected, line
                self.heard = self.heard[len(expected):]
        assert not self.heard

    def _listen(self):
        for sent in self.simulator.take():
            self.heard += sent.data


def example_frames():
    taken = datetime(2001, 9, 9, 1, 46, 40)
    return [Frame(pattern(size), pattern(small), f'P101{number:04d}.JPG', taken)
            for number, size, small in ((1, 5000, 900), (2, 300, 100), (3, 2048, 200))]


def connect(**options):
    options.setdefault('frames', example_frames())
    simulator = SierraSimulator(**options)
    return simulator, Host(simulator)

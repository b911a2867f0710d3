# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A host's side of the line to a simulated camera, on the plain object: bytes in, bytes out."""

from datetime import datetime

import conversations
from conversations import document
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


def damaged(packet):
    """Return a packet with data byte 96 xor 40, as in section 6.5."""
    return packet[:100] + bytes([packet[100] ^ 0x40]) + packet[101:]


IMAGE = pattern(5000)
FRAMES = {
    'packet0': encode(Packet(Type.DATA, 0, IMAGE[:2048])),
    'packet1': encode(Packet(Type.DATA, 1, IMAGE[2048:4096])),
    'packet2': encode(Packet(Type.LAST, 2, IMAGE[4096:])),
    'damaged1': damaged(encode(Packet(Type.DATA, 1, IMAGE[2048:4096]))),
    'thumbnail': encode(Packet(Type.LAST, 0, pattern(900))),
    'preview': encode(Packet(Type.LAST, 0, pattern(1500))),
    'upload': encode(command(Code.SET_VDATA, 29, value=IMAGE[:2046])),
    'upload0': encode(Packet(Type.DATA, 0, IMAGE[2046:4094])),
    'upload1': encode(Packet(Type.LAST, 1, IMAGE[4094:])),
}
"""What the conversations of sierra.md, section 6, name or elide."""

FLOWS = document('sierra', FRAMES)


class Host(conversations.Host):
    """A host that knows commands."""

    def ask(self, data, seconds=0.0):
        """Send bytes or a frame, wait, and return what comes."""
        return self.send(encode(data) if isinstance(data, Packet) else data, seconds)

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


def example_frames():
    taken = datetime(2001, 9, 9, 1, 46, 40)
    return [Frame(pattern(size), pattern(small), f'P101{number:04d}.JPG', taken)
            for number, size, small in ((1, 5000, 900), (2, 300, 100), (3, 2048, 200))]


def connect(**options):
    options.setdefault('frames', example_frames())
    simulator = SierraSimulator(**options)
    return simulator, Host(simulator)

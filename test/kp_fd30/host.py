# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A host's side of the line to a simulated camera, on the plain object."""

from kp_fd30.vectors import command

from camera_driver.devices.kp_fd30.codec import Decoder, encode

ENQ, ACK, NAK = b'\x05', b'\x06', b'\x15'


def parse(text):
    """Yield (who, bytes) of a conversation in the notation of section 6."""
    for line in filter(None, map(str.strip, text.splitlines())):
        for part in line.split(';')[0].split('|'):
            who, data = part.split(None, 1)
            yield who, data.strip() if who == 'wait' else bytes.fromhex(data)


class Host:
    """The host's side of a line to a simulated camera, with a clock of its own."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.now = simulator.now

    def say(self, data):
        """Send bytes (or the frame whose seven fields are given as hex); return what comes."""
        if isinstance(data, str):
            data = encode(command(data))
        self.simulator.receive(data, self.now)
        return self._take()

    def wait(self, seconds):
        """Let time pass and return what comes."""
        self.now += seconds
        self.simulator.advance(self.now)
        return self._take()

    def ask(self, fields):
        """Hold a whole session and return the reply's data."""
        assert self.say(ENQ) == ACK
        answer = self.say(fields)
        assert answer[:1] == ACK
        if len(answer) == 1:
            return b''
        reply, = Decoder().feed(answer[1:])
        assert self.say(ACK) == b''
        return reply.data

    def play(self, text):
        """Play a conversation in the notation of section 6, and find nothing left over."""
        heard = b''
        for who, data in parse(text):
            if who == 'wait':
                heard += self.wait(float(data))
            elif who == 'M>':
                assert not heard, f'not expected: {heard.hex(" ")}'
                heard = self.say(data)
            else:
                assert heard.startswith(data), f'expected {data.hex(" ")}: {heard.hex(" ")}'
                heard = heard[len(data):]
        assert not heard

    def _take(self):
        return b''.join(sent.data for sent in self.simulator.take())

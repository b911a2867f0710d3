# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A host's side of the line to a simulated camera, on the plain object."""

import conversations
from kp_fd30.vectors import command

from camera_driver.devices.kp_fd30.codec import Decoder, encode

ENQ, ACK, NAK = b'\x05', b'\x06', b'\x15'


class Host(conversations.Host):
    """A host that is told at once what came."""

    def say(self, data):
        """Send bytes (or the frame whose seven fields are given as hex); return what comes."""
        super().say(encode(command(data)) if isinstance(data, str) else data)
        return self.hear()

    def wait(self, seconds):
        """Let time pass and return what comes."""
        super().wait(seconds)
        return self.hear()

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

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A ground station of pymavlink's codec on a real socket."""

import math
import socket
import time

from pymavlink.dialects.v20 import common as mavlink

TIMEOUT = 20.0  # s


class UdpStation:
    """Whoever waits at a port for a vehicle to report."""

    def __init__(self, system=255, component=190):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.socket.settimeout(0.1)
        self.name = f'udpout:127.0.0.1:{self.socket.getsockname()[1]}'
        self.codec = mavlink.MAVLink(None, system, component)
        self.codec.robust_parsing = True
        self.received = []
        self.vehicle = None
        self.number = 0  # of the last picture

    def close(self):
        self.socket.close()

    def send(self, message):
        self.socket.sendto(bytes(message.pack(self.codec)), self.vehicle)
        self.codec.seq = (self.codec.seq + 1) % 256

    def command(self, command, *parameters, component=100):
        self.send(mavlink.MAVLink_command_long_message(
            1, component, command, 0, *parameters, *[math.nan] * (7 - len(parameters))))

    def hear(self):
        """Take what has come."""
        try:
            data, self.vehicle = self.socket.recvfrom(4096)
        except TimeoutError:
            return
        self.received += [(time.monotonic(), one) for one in self.codec.parse_buffer(data) or ()]

    def all(self, kind):
        return [one for _, one in self.received if one.get_type() == kind]

    def wait(self, kind, good=lambda message: True, number=1, timeout=TIMEOUT):
        """Wait for a message, or some, and return the last; of what came before, too."""
        end = time.monotonic() + timeout
        while True:
            found = [one for one in self.all(kind) if good(one)]
            if len(found) >= number:
                return found[-1]
            assert time.monotonic() < end, f'no {kind} in {self.received[-20:]}'
            self.hear()

    def take(self, component=100):
        """Take a picture, as a station that numbers them, and return the command's result."""
        self.number += 1
        before = len(self.received)
        self.command(mavlink.MAV_CMD_IMAGE_START_CAPTURE, 0, 0, 1, self.number,
                     component=component)
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            for _, one in self.received[before:]:
                if (one.get_type() == 'COMMAND_ACK'
                        and one.command == mavlink.MAV_CMD_IMAGE_START_CAPTURE
                        and one.target_system == self.codec.srcSystem  # a router sends all to all
                        and one.result != mavlink.MAV_RESULT_IN_PROGRESS):
                    return one.result
            self.hear()
        raise AssertionError(f'no answer in {self.received[-20:]}')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A session, and the other side of its line: a simulated camera or a transcript."""

from kp_fd30.host import parse

from camera_driver.devices.kp_fd30.session import KpFd30Session, LINE
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.sim.loop import LoopPort, Transcript


def transcript(text):
    """Return a port that plays a conversation."""
    pairs = []
    for who, data in parse(text):
        if who == 'M>':
            pairs.append((data, None))
        elif who == 'S>':
            pairs[-1] = (pairs[-1][0], (pairs[-1][1] or b'') + data)
    return Transcript(pairs, LINE)


class Camera(KpFd30Simulator):
    """A simulated camera that can fall mute, and remembers what it hears."""

    def __init__(self, **options):
        super().__init__(**options)
        self.mute = False
        self.heard = []  # (time, bytes)

    def on_bytes(self, data):
        self.heard.append((self.now, data))
        if not self.mute:
            super().on_bytes(data)


def connected(paced=False, **options):
    """Return a simulated camera, the port to it, and a session."""
    camera = Camera(**options)
    port = LoopPort(camera, paced=paced)
    return camera, port, KpFd30Session(port)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A session, and the other side of its line: a simulated camera or a document."""

from conversations import document

from camera_driver.devices.kp_fd30.session import KpFd30Session
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.sim.loop import LoopPort

FLOWS = {section: conversation for section, (conversation,) in document('kp_fd30').items()}


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

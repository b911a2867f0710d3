# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a Hitachi KP-FD30: `ros2 run camera_driver kp_fd30_node`."""

from typing import Any

from std_srvs.srv import Trigger

from camera_driver import srv
from camera_driver.device import Camera
from camera_driver.nodes.main import run
from camera_driver.nodes.video import VideoCameraNode


class KpFd30Node(VideoCameraNode):
    """A video camera whose registers can be set, stored, saved and loaded."""

    DEVICE_TYPE = 'kp_fd30'

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        self.offer_registers()
        self.serve(Trigger, '~/restart_white_balance', self._restart_white_balance)
        self.serve(Trigger, '~/store', self._store)
        self.serve(srv.SaveSettings, '~/save', self._save)
        self.serve(srv.LoadSettings, '~/load', self._load)

    def _restart_white_balance(self, request, response):
        self.run('restarting the white balance', lambda camera: camera.restart_white_balance())

    def _store(self, request, response):
        self.run('storing its settings', lambda camera: camera.store())
        response.message = 'all settings are in EEPROM as they are now'

    def _save(self, request, response):
        response.settings = self.run('saving its settings',
                                     lambda camera: camera.save(self.show_progress))

    def _load(self, request, response):
        def load(camera: Camera) -> str:
            differences = camera.compare(request.settings, request.factory, self.show_progress)
            response.differences = [f'{one.name}: {one.held} -> {one.wanted}'
                                    for one in differences]
            if not request.apply:
                return f'{len(differences)} registers differ; nothing was written'
            if any(one.name in camera.EXPOSURE_SETTINGS for one in differences):
                self.forget_exposure()
            try:
                camera.load(differences, request.store)
            finally:
                self.settings.refresh(camera, camera.settings())
            return f'{len(differences)} registers written'

        response.message = self.run('loading settings', load)


def main() -> int:
    """Run the node until it is told to end."""
    return run(KpFd30Node)

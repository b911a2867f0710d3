# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a Hitachi KP-FD30: `ros2 run camera_driver kp_fd30_node`."""

from camera_driver import srv
from camera_driver.devices.kp_fd30.camera import KpFd30Camera
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.camera import CameraNode
from camera_driver.nodes.main import run


class WhiteBalance(Part[KpFd30Camera]):
    """`~/restart_white_balance`."""

    ABILITY = KpFd30Camera

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.Command, '~/restart_white_balance', self._restart_white_balance)

    def _restart_white_balance(self, _: srv.Command.Request, response: srv.Command.Response
                               ) -> None:
        self.run('restarting the white balance', lambda camera: camera.restart_white_balance())


class KpFd30Node(CameraNode):
    """A video camera whose registers can be set, stored, saved and loaded."""

    DEVICE_TYPE = 'kp_fd30'
    PARTS = (*CameraNode.PARTS, WhiteBalance)


def main() -> int:
    """Run the node until it is told to end."""
    return run(KpFd30Node)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The node of a Fuji camera: `ros2 run camera_driver fuji_mx_node`.

What the camera's own list of commands does not have is answered with success=False.
"""

from camera_driver.nodes.camera import CameraNode
from camera_driver.nodes.main import run


class FujiMxNode(CameraNode):
    """A camera that speaks the Fuji protocol."""

    DEVICE_TYPE = 'fuji_mx'


def main() -> int:
    """Run the node until it is told to end."""
    return run(FujiMxNode)

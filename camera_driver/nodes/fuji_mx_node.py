# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The node of a Fuji camera: `ros2 run camera_driver fuji_mx_node`.

What the camera's own list of commands does not have is answered with success=False.
"""

from typing import Any

from camera_driver.nodes.main import run
from camera_driver.nodes.still import StillCameraNode


class FujiMxNode(StillCameraNode):
    """A camera that speaks the Fuji protocol; it has no registers."""

    DEVICE_TYPE = 'fuji_mx'

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        self.offer_upload()
        self.offer_summary()


def main() -> int:
    """Run the node until it is told to end."""
    return run(FujiMxNode)

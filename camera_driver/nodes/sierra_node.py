# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a sierra camera: `ros2 run camera_driver sierra_node`."""

from typing import Any

from camera_driver.nodes.main import run
from camera_driver.nodes.still import StillCameraNode


class SierraNode(StillCameraNode):
    """A camera that speaks the Sierra protocol."""

    DEVICE_TYPE = 'sierra'

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        self.offer_registers()


def main() -> int:
    """Run the node until it is told to end."""
    return run(SierraNode)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of an Intelix video matrix: `ros2 run camera_driver intelix_node`."""

from camera_driver.nodes.camera import CameraNode
from camera_driver.nodes.main import run


class IntelixNode(CameraNode):
    """A video matrix and the cameras behind it."""

    DEVICE_TYPE = 'intelix'


def main() -> int:
    """Run the node until it is told to end."""
    return run(IntelixNode)

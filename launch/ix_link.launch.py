# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node of a Phase One Industrial camera.

    ros2 launch camera_driver ix_link.launch.py port:=/dev/ttyUSB0
    ros2 launch camera_driver ix_link.launch.py simulate:=true
"""

from camera_driver.nodes.launching import device_description


def generate_launch_description():
    """Declare the arguments and start the node."""
    return device_description('ix_link')

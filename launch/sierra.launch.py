# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node of a sierra camera (Epson, Sanyo, Agfa, Olympus, Nikon).

    ros2 launch camera_driver sierra.launch.py port:=/dev/ttyUSB0
    ros2 launch camera_driver sierra.launch.py simulate:=true
"""

from camera_driver.nodes.launching import device_description


def generate_launch_description():
    """Declare the arguments and start the node."""
    return device_description('sierra')

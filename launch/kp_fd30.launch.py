# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node of a Hitachi KP-FD30 video camera.

    ros2 launch camera_driver kp_fd30.launch.py port:=/dev/ttyUSB0
    ros2 launch camera_driver kp_fd30.launch.py simulate:=true
"""

from camera_driver.nodes.launching import device_description


def generate_launch_description():
    """Declare the arguments and start the node."""
    return device_description('kp_fd30')

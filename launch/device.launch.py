# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node of one device of any type, also of a type from another package.

    ros2 launch camera_driver device.launch.py type:=sierra port:=/dev/ttyUSB0 name:=nadir
"""

from camera_driver.nodes.launching import device_description


def generate_launch_description():
    """Declare the arguments and start the node."""
    return device_description()

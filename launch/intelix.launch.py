# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node of an Intelix DIGI-HD-8X8 video matrix.

    ros2 launch camera_driver intelix.launch.py port:=/dev/ttyUSB0
    ros2 launch camera_driver intelix.launch.py simulate:=true
"""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource


def generate_launch_description():
    """Include device.launch.py, which takes the arguments."""
    device = os.path.join(
        get_package_share_directory('camera_driver'), 'launch', 'device.launch.py')
    return LaunchDescription([IncludeLaunchDescription(
        PythonLaunchDescriptionSource(device), launch_arguments={'type': 'intelix'}.items())])

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start a node with a simulated device for every device type: a rig without any hardware.

    ros2 launch camera_driver simulated.launch.py
"""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from camera_driver.catalog import TYPES


def generate_launch_description():
    """Include device.launch.py once for each type."""
    device = os.path.join(
        get_package_share_directory('camera_driver'), 'launch', 'device.launch.py')
    return LaunchDescription([
        DeclareLaunchArgument('namespace', default_value='simulated',
                              description='Namespace of the nodes'),
        DeclareLaunchArgument('log_level', default_value='info',
                              description='debug, info, warn, error'),
        *(GroupAction([IncludeLaunchDescription(
            PythonLaunchDescriptionSource(device),
            launch_arguments={
                'type': name, 'name': name, 'simulate': 'true',
                'namespace': LaunchConfiguration('namespace'),
                'log_level': LaunchConfiguration('log_level')}.items())]) for name in TYPES)])

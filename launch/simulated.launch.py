# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start a node with a simulated device for every device type: a rig without any hardware.

    ros2 launch camera_driver simulated.launch.py
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction

from camera_driver.catalog import TYPES
from camera_driver.nodes.launching import device_node, log_level


def start(context):
    """Return the nodes."""
    values = context.launch_configurations
    return [device_node(context, name, name, values['namespace'], {'simulate': True},
                        log_level=values['log_level']) for name in TYPES]


def generate_launch_description():
    """Declare the arguments and start the nodes."""
    return LaunchDescription([
        DeclareLaunchArgument('namespace', default_value='simulated',
                              description='Namespace of the nodes'),
        log_level(),
        OpaqueFunction(function=start),
    ])

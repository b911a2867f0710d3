# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the nodes of a rig file, as `camera-driver up` does.

    ros2 launch camera_driver rig.launch.py rig:=rig.yaml
    ros2 launch camera_driver rig.launch.py rig:=rig.yaml simulate:=true processes:=each
"""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from camera_driver.rig import PROCESSES, read

SHARE = get_package_share_directory('camera_driver')
TRUE = ('true', '1', 'yes', 'on')


def start(context):
    """Return the nodes, or the one process that holds them; the file is checked before."""
    def argument(name):
        return LaunchConfiguration(name).perform(context)

    path, simulate = argument('rig'), argument('simulate').lower() in TRUE
    rig = read(path, simulate)
    environment = {}
    if not os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE'):
        # Best-effort subscribers in other processes get no image above 512 KiB without it.
        environment['FASTRTPS_DEFAULT_PROFILES_FILE'] = os.path.join(
            SHARE, 'config', 'large_images_fastdds.xml')
    common = {
        'package': 'camera_driver', 'additional_env': environment, 'output': 'screen',
        'respawn': argument('respawn').lower() in TRUE, 'respawn_delay': 2.0}
    level = ['--ros-args', '--log-level', argument('log_level')]
    if (argument('processes') or rig.processes) == 'one':
        if context.launch_configurations.get('ros_namespace'):
            raise ValueError('a rig in one process keeps its own namespaces: include it outside '
                             'of PushRosNamespace, or with processes:=each')
        return [Node(
            executable='camera-driver', sigterm_timeout='15',
            arguments=['up', path, '--processes', 'one', *(['--simulate'] if simulate else []),
                       *level], **common)]
    return [Node(
        executable=f'{device.type}_node', exec_name=device.name, name=device.name,
        namespace=device.namespace,
        parameters=[{name: ParameterValue(value, value_type=type(value))
                     for name, value in device.parameters.items()}],
        arguments=level, **common) for device in rig.devices]


def generate_launch_description():
    """Declare the arguments and start the nodes."""
    return LaunchDescription([
        DeclareLaunchArgument('rig', description='The rig file'),
        DeclareLaunchArgument('simulate', default_value='false', description='true: simulate '
                              'every device, whatever the file says'),
        DeclareLaunchArgument('processes', default_value='', choices=['', *PROCESSES],
                              description='one: all nodes in one process; each: a process for '
                              'each; empty: as the file says'),
        DeclareLaunchArgument('log_level', default_value='info', description='debug, info, warn, '
                              'error; debug shows every frame on the lines'),
        DeclareLaunchArgument('respawn', default_value='false', description='true: start a '
                              'process again should it end'),
        OpaqueFunction(function=start),
    ])

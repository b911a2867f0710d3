# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the node of one device: what every <type>.launch.py includes.

    ros2 launch camera_driver device.launch.py type:=sierra port:=/dev/ttyUSB0 name:=nadir
"""

import os

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from camera_driver.catalog import BUILT_IN, TYPES

SHARE = get_package_share_directory('camera_driver')


def start(context):
    """Return the node, with the arguments that were given laid over the parameter file."""
    def argument(name):
        return LaunchConfiguration(name).perform(context)

    device_type = argument('type')
    parameters = argument('params_file')
    if device_type in BUILT_IN and not parameters:
        parameters = os.path.join(SHARE, 'config', f'{device_type}.yaml')
    if parameters and not os.path.isfile(parameters):
        # launch would only warn, and the node run with defaults.
        raise FileNotFoundError(f'params_file: there is no file {os.path.abspath(parameters)}')
    overrides = {}
    if argument('port'):
        overrides['port'] = argument('port')
    for name in ('simulate', 'use_sim_time'):
        if argument(name):
            overrides[name] = argument(name).lower() in ('true', '1', 'yes', 'on')
    environment = {}
    if not os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE'):
        # Best-effort subscribers in other processes get no image above 512 KiB without it.
        environment['FASTRTPS_DEFAULT_PROFILES_FILE'] = os.path.join(
            SHARE, 'config', 'large_images_fastdds.xml')
    return [Node(
        package='camera_driver',
        executable='device_node',
        name=argument('name') or device_type,
        namespace=argument('namespace'),
        parameters=[*filter(None, [parameters]), overrides],
        arguments=[device_type, '--ros-args', '--log-level', argument('log_level')],
        additional_env=environment,
        respawn=argument('respawn').lower() in ('true', '1', 'yes', 'on'),
        respawn_delay=2.0,
        output='screen')]


def generate_launch_description():
    """Declare the arguments and start the node."""
    return LaunchDescription([
        DeclareLaunchArgument('type', choices=list(TYPES), description='Device type'),
        DeclareLaunchArgument('port', default_value='', description='Serial port, best by a '
                              'stable name below /dev/serial/by-id; empty: as in the parameter '
                              'file'),
        DeclareLaunchArgument('name', default_value='', description='Name of the camera, which is '
                              'the name of its node; empty: the device type'),
        DeclareLaunchArgument('namespace', default_value='', description='Namespace of the node'),
        DeclareLaunchArgument('params_file', default_value='', description='Parameter file; '
                              'empty: config/<type>.yaml of this package, if there is one'),
        DeclareLaunchArgument('simulate', default_value='', description='true: connect to a '
                              'built-in simulated camera; empty: as in the parameter file'),
        DeclareLaunchArgument('use_sim_time', default_value='', description='true: take the time '
                              'from /clock; empty: as in the parameter file'),
        DeclareLaunchArgument('log_level', default_value='info', description='debug, info, warn, '
                              'error; debug shows every frame on the line'),
        DeclareLaunchArgument('respawn', default_value='false', description='true: start the node '
                              'again should it end'),
        OpaqueFunction(function=start),
    ])

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Start the nodes of a rig file, as `camera-driver up` does.

    ros2 launch camera_driver rig.launch.py rig:=rig.yaml
    ros2 launch camera_driver rig.launch.py rig:=rig.yaml simulate:=true processes:=each
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

from camera_driver.nodes.launching import (
    BOOLS, device_node, environment, log_level, outer_namespace, respawn, truth)
from camera_driver.rig import PROCESSES, read


def start(context):
    """Return the nodes, or the one process that holds them; the file is checked before."""
    values = context.launch_configurations
    path, simulate, level = values['rig'], truth(values['simulate']), values['log_level']
    processes = values['processes'] or read(path, simulate).processes
    if processes == 'each':
        rig, machine = read(path, simulate, values['namespace']).share(values['machine'])
        again = 'true' if rig.respawn else values['respawn']
        nodes = [device_node(context, device.type, device.name, device.namespace,
                             device.parameters, remappings=device.remappings, log_level=level,
                             respawn=again) for device in rig.devices]
        return [*environment(rig.network.environment(machine)), *nodes]
    namespace = outer_namespace(context, values['namespace'])
    rig, machine = read(path, simulate, namespace).share(values['machine'])
    levels = [word for device in rig.devices
              for word in ('--log-level', f'{device.logger}:={level}')]
    return [Node(
        package='camera_driver', executable='camera-driver', exec_name='rig',
        arguments=['up', path, '--processes', 'one', '--namespace', namespace,
                   *(['--machine', machine] if machine else []),
                   *(['--simulate'] if simulate else []),
                   *(['--no-respawn'] if truth(values['respawn']) else []),
                   '--ros-args', *levels],
        respawn=truth(values['respawn']), respawn_delay=2.0, sigterm_timeout='15',
        output='screen')]


def generate_launch_description():
    """Declare the arguments and start the nodes."""
    return LaunchDescription([
        DeclareLaunchArgument('rig', description='The rig file'),
        DeclareLaunchArgument('namespace', default_value='', description='Namespace that is put '
                              'before those of the file'),
        DeclareLaunchArgument('simulate', default_value='false', choices=BOOLS,
                              description='true: simulate every device, whatever the file says'),
        DeclareLaunchArgument('processes', default_value='', choices=['', *PROCESSES],
                              description='one: all nodes in one process; each: a process for '
                              'each; empty: as the file says'),
        DeclareLaunchArgument('machine', default_value='', description='Of a rig with machines: '
                              'start what is at this one; empty: at this computer, by its name'),
        log_level(),
        respawn(),
        OpaqueFunction(function=start),
    ])

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Nodes as actions of `launch`, for the launch files here and for those of others.

Needs `launch` and `launch_ros`, which come with an installed ROS 2 and are on no package registry.

A launch file that includes one of ours sets parameters (SetParameter), remappings (SetRemap) and
the namespace (PushRosNamespace) as of any node: no parameter is given to a node but those that an
argument or a named file gives. The nodes are LifecycleNode actions, which launch events drive.
"""

from collections.abc import Iterable, Mapping
import os
from typing import Any, List

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable, UnsetEnvironmentVariable)
from launch_ros.actions import LifecycleNode
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.utilities import make_namespace_absolute, prefix_namespace

from camera_driver.catalog import TYPES

BOOLS = ['true', 'false', 'True', 'False']  # as YAML and as Python files write them
LEVELS = ['debug', 'info', 'warn', 'error', 'fatal']


def log_level(default: str = 'info') -> DeclareLaunchArgument:
    """Declare the argument `log_level`."""
    return DeclareLaunchArgument(
        'log_level', default_value=default, choices=LEVELS,
        description='Level of what is logged of the node; debug shows every frame on the line')


def respawn() -> DeclareLaunchArgument:
    """Declare the argument `respawn`."""
    return DeclareLaunchArgument(
        'respawn', default_value='false', choices=BOOLS,
        description='true: start a process again should it end')


def device_description(device_type: str = '') -> LaunchDescription:
    """Return what starts the node of one device; without a type there is an argument for it."""
    def start(context: LaunchContext) -> list[LifecycleNode]:
        values = context.launch_configurations
        kind, parameters = device_type or values['type'], values['params_file']
        if parameters and not os.path.isfile(parameters):
            # launch would only warn, and the node run with defaults.
            raise FileNotFoundError(
                f'params_file: there is no file {os.path.abspath(parameters)}')
        given: dict[str, Any] = {name: truth(values[name])
                                 for name in ('simulate', 'autostart', 'use_sim_time')
                                 if values[name]}
        if values['port']:
            given['port'] = values['port']
        return [device_node(
            context, kind, values['name'] or kind, values['namespace'], given,
            [parameters] if parameters else [], log_level=values['log_level'],
            respawn=values['respawn'])]

    kind = [] if device_type else [
        DeclareLaunchArgument('type', choices=list(TYPES), description='Device type')]
    return LaunchDescription([
        *kind,
        DeclareLaunchArgument('port', default_value='', description='Serial port, best by a '
                              'stable name below /dev/serial/by-id; empty: as the parameters say'),
        DeclareLaunchArgument('name', default_value='', description='Name of the camera, which is '
                              'the name of its node; empty: the device type'),
        DeclareLaunchArgument('namespace', default_value='', description='Namespace of the node'),
        DeclareLaunchArgument('params_file', default_value='', description='Parameter file, such '
                              'as a copy of config/TYPE.yaml of this package; empty: none'),
        DeclareLaunchArgument('simulate', default_value='', choices=['', *BOOLS],
                              description='true: connect to a built-in simulated device; empty: '
                              'as the parameters say'),
        DeclareLaunchArgument('autostart', default_value='', choices=['', *BOOLS],
                              description='false: the node waits to be configured and activated; '
                              'empty: as the parameters say, which is true by default'),
        DeclareLaunchArgument('use_sim_time', default_value='', choices=['', *BOOLS],
                              description='true: take the time from /clock; empty: as the '
                              'parameters say'),
        log_level(),
        respawn(),
        OpaqueFunction(function=start),
    ])


def device_node(context: LaunchContext, device_type: str, name: str, namespace: str = '',
                parameters: Mapping[str, Any] = {}, files: Iterable[str] = (),
                remappings: Mapping[str, str] = {}, log_level: str = 'info',
                respawn: str = 'false') -> LifecycleNode:
    """Return the node of a device; `parameters` take precedence over `files`."""
    return LifecycleNode(
        package='camera_driver', executable='device_node', exec_name=name, name=name,
        namespace=namespace, arguments=[device_type],
        ros_arguments=['--log-level', f'{logger(context, namespace, name)}:={log_level}'],
        parameters=[*files, *([{key: _typed(value) for key, value in parameters.items()
                                if value != ()}] if parameters else [])],
        remappings=list(remappings.items()),
        respawn=truth(respawn), respawn_delay=2.0, output='screen')


def environment(variables: Mapping[str, str | None]
                ) -> list[SetEnvironmentVariable | UnsetEnvironmentVariable]:
    """Return what sets variables for the nodes that follow, and takes away those that are None."""
    return [UnsetEnvironmentVariable(name) if value is None
            else SetEnvironmentVariable(name, value) for name, value in variables.items()]


def _typed(value: Any) -> ParameterValue:
    """Return the value of a parameter so that launch does not guess anew what YAML makes of it."""
    if isinstance(value, tuple):
        kind = List[str] if isinstance(value[0], str) else List[int]
        return ParameterValue(list(value), value_type=kind)
    return ParameterValue(value, value_type=type(value))


def outer_namespace(context: LaunchContext, namespace: str) -> str:
    """Return a namespace with what PushRosNamespace puts before it: '/fleet/front'."""
    pushed = context.launch_configurations.get('ros_namespace')
    return str(make_namespace_absolute(prefix_namespace(pushed, namespace)) or '/')


def logger(context: LaunchContext, namespace: str, name: str) -> str:
    """Return the name of the logger of a node that is started in this context."""
    return f'{outer_namespace(context, namespace)}/{name}'.strip('/').replace('/', '.')


def truth(text: str) -> bool:
    """Return which of BOOLS it is."""
    return text.lower() == 'true'

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The computers of a rig, and how ROS 2 finds what runs on the others.

Discovery is ROS 2's own, and set by environment variables alone:

=======  =========================================================================================
simple   multicast, in the subnet
static   no multicast: each computer knows the others by name (ROS_STATIC_PEERS)
server   all ask a discovery server of Fast DDS on one of them (ROS_DISCOVERY_SERVER)
=======  =========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import os
import shutil
import socket

DISCOVERY = ('simple', 'static', 'server')
SERVER_PORT = 11811  # Fast DDS's own default
MOST_PEERS = 32  # that ROS 2 takes
SERVER = 'fast-discovery-server'  # comes with Fast DDS


@dataclass(frozen=True)
class Network:
    """The computers by their names in the file, and how their nodes find each other."""

    hosts: Mapping[str, str] = field(default_factory=dict)  # machine -> host name or address
    discovery: str = ''  # one of DISCOVERY; empty: as the environment has it
    server: str = ''  # the machine on which the discovery server runs
    server_port: int = SERVER_PORT

    def here(self) -> str:
        """Return the machine that is this computer. Raises ValueError when none is."""
        names = {socket.gethostname(), socket.gethostname().partition('.')[0], socket.getfqdn()}
        for name, host in self.hosts.items():
            if {name, host} & names:
                return name
        raise ValueError(f'this computer is {socket.gethostname()}, and no machine of the rig '
                         'file has this name or host; say which it is: --machine '
                         f'{"|".join(self.hosts)}')

    def environment(self, machine: str = '') -> Mapping[str, str | None]:
        """
        Return the environment of what runs on a machine, None: without this variable.

        :param machine: '' for tools such as `ros2`, which want to hear of everything.
        """
        if not self.discovery:
            return {}
        variables: dict[str, str | None] = dict.fromkeys((
            'ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_STATIC_PEERS', 'ROS_DISCOVERY_SERVER',
            'ROS_SUPER_CLIENT', 'ROS_LOCALHOST_ONLY'))
        if self.discovery == 'server':
            variables['ROS_DISCOVERY_SERVER'] = f'{self.hosts[self.server]}:{self.server_port}'
            if not machine:
                variables['ROS_SUPER_CLIENT'] = 'TRUE'
        elif self.discovery == 'static':
            variables['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
            others = [host for name, host in self.hosts.items() if name != machine]
            variables['ROS_STATIC_PEERS'] = ';'.join(others) or None
        else:
            variables['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SUBNET'
        return variables

    def server_command(self) -> list[str]:
        """Return what runs the discovery server. Raises ValueError where it is not installed."""
        program = shutil.which(SERVER)
        if program is None:
            raise ValueError(f'discovery: server needs {SERVER} of Fast DDS in the PATH; it comes '
                             'with ROS 2 (source its set-up), or start it yourself and give '
                             '--no-server')
        return [program, '-i', '0', '-l', socket.gethostbyname(self.hosts[self.server]),
                '-p', str(self.server_port)]


def apply(variables: Mapping[str, str | None]) -> None:
    """Set variables of this process, before ROS 2 reads them."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

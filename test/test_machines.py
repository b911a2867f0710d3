# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The computers of a rig: which one this is, and the environment in which its nodes meet."""

import os
from pathlib import Path
import socket

import pytest

from camera_driver import cli
from camera_driver.machines import apply, Network, SERVER

HOSTS = {'base': '10.0.0.1', 'pod': '10.0.0.2', 'tail': 'tail.local'}


@pytest.mark.parametrize('network, machine, expected', [
    (Network(HOSTS), 'pod', {}),
    (Network(HOSTS, 'simple'), 'pod', {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}),
    (Network(HOSTS, 'static'), 'pod', {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
                                       'ROS_STATIC_PEERS': '10.0.0.1;tail.local'}),
    (Network(HOSTS, 'static'), '', {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
                                    'ROS_STATIC_PEERS': '10.0.0.1;10.0.0.2;tail.local'}),
    (Network({'base': 'base'}, 'static'), 'base', {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}),
    (Network(HOSTS, 'server', 'base'), 'pod', {'ROS_DISCOVERY_SERVER': '10.0.0.1:11811'}),
    (Network(HOSTS, 'server', 'pod', 7), '', {'ROS_DISCOVERY_SERVER': '10.0.0.2:7',
                                              'ROS_SUPER_CLIENT': 'TRUE'}),
])
def test_environment(network, machine, expected):
    """What is not wanted is taken away, never empty: ROS takes an empty list for a list."""
    found = network.environment(machine)
    assert {name: value for name, value in found.items() if value is not None} == expected
    assert all(value is None or value for value in found.values())
    assert not found or {'ROS_STATIC_PEERS', 'ROS_DISCOVERY_SERVER', 'ROS_SUPER_CLIENT',
                         'ROS_AUTOMATIC_DISCOVERY_RANGE'} <= set(found)


def test_variables_are_set_and_taken_away(monkeypatch):
    monkeypatch.setenv('ROS_STATIC_PEERS', 'old')
    monkeypatch.setenv('ROS_DISCOVERY_SERVER', 'old')
    apply({'ROS_STATIC_PEERS': None, 'ROS_DISCOVERY_SERVER': 'new:1'})
    assert 'ROS_STATIC_PEERS' not in os.environ
    assert os.environ['ROS_DISCOVERY_SERVER'] == 'new:1'
    monkeypatch.setenv('ROS_DISCOVERY_SERVER', '')


def test_commands_that_read_a_rig_take_its_discovery():
    folder = Path(cli.__file__).parent
    readers = {path.name: path.read_text() for path in folder.glob('*.py')
               if 'from camera_driver.rig import read' in path.read_text()}
    assert {'up.py', 'preflight.py', 'rig.py', 'survey.py', 'mavlink.py'} <= set(readers)
    assert all('apply(' in text and 'network.environment(' in text for text in readers.values())


def test_which_machine_is_this():
    own = socket.gethostname()
    assert Network({'base': '10.0.0.1', 'pod': own}).here() == 'pod'
    assert Network({own: '10.0.0.1', 'pod': 'x'}).here() == own
    with pytest.raises(ValueError, match='--machine base|pod'):
        Network({'base': '192.0.2.1', 'pod': '192.0.2.2'}).here()


def test_the_server_is_looked_for(monkeypatch, tmp_path):
    program = tmp_path / SERVER
    program.write_text('#!/bin/sh\n')
    program.chmod(0o755)
    network = Network({'base': '127.0.0.1'}, 'server', 'base', 4711)
    monkeypatch.setenv('PATH', str(tmp_path))
    assert network.server_command() == [str(program), '-i', '0', '-l', '127.0.0.1', '-p', '4711']
    monkeypatch.setenv('PATH', '/nowhere')
    with pytest.raises(ValueError, match='needs fast-discovery-server'):
        network.server_command()

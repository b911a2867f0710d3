# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Launch files against the package they start: executables, files, arguments.

`launch` is on no package registry, so here the files are read, not run: what they name must exist.
nodes/test_launching.py runs them where `launch` is installed.
"""

import ast
from configparser import ConfigParser
from pathlib import Path
import xml.etree.ElementTree as ElementTree

import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.cli import up
from camera_driver.cli.parser import Parser

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT / 'camera_driver' / 'nodes' / 'launching.py'
FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
TREES = {file.name: ast.parse(file.read_text()) for file in (*FILES, SHARED)}


def executables():
    """Return the names that setup.cfg installs."""
    setup = ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    lines = setup['options.entry_points']['console_scripts'].split('\n')
    return {line.partition('=')[0].strip() for line in lines if line}


def calls(tree, name):
    """Yield the calls of a function by its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == name:
            yield node


def texts(tree):
    """Yield every string constant."""
    return (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)
            and isinstance(n.value, str))


def declared(tree):
    """Return the arguments that a launch file declares, by itself or by a shared function."""
    return ({call.args[0].value for call in calls(tree, 'DeclareLaunchArgument')}
            | {name for name in ('log_level', 'respawn') if list(calls(tree, name))})


@pytest.mark.parametrize('name', [file.name for file in FILES])
def test_a_launch_file_describes_itself(name):
    functions = {n.name for n in TREES[name].body if isinstance(n, ast.FunctionDef)}
    assert 'generate_launch_description' in functions
    assert f'ros2 launch camera_driver {name}' in ast.get_docstring(TREES[name])


@pytest.mark.parametrize('name', TREES)
def test_arguments_are_described_and_those_that_are_used_declared(name):
    for call in calls(TREES[name], 'DeclareLaunchArgument'):
        assert 'description' in {k.arg for k in call.keywords}, ast.unparse(call.args[0])
    used = {node.slice.value for node in ast.walk(TREES[name]) if isinstance(node, ast.Subscript)
            and getattr(node.value, 'id', '') == 'values' and isinstance(node.slice, ast.Constant)}
    assert used <= declared(TREES[name])


@pytest.mark.parametrize('device_type', BUILT_IN)
def test_every_type_has_its_executable_parameters_and_launch_file(device_type):
    assert f'{device_type}_node' in executables()
    assert (ROOT / 'config' / f'{device_type}.yaml').is_file()
    call, = calls(TREES[f'{device_type}.launch.py'], 'device_description')
    assert call.args[0].value == device_type


def test_the_rig_starts_the_command_with_options_that_it_has():
    parser = Parser('up', up.fill)
    parser.parse_args(['rig.yaml'])
    options = {text for text in texts(TREES['rig.launch.py']) if text.startswith('--')}
    assert options - {'--log-level'} <= set(parser.format_help().split())


def test_executables_that_are_started_exist():
    started = {keyword.value.value for tree in TREES.values()
               for kind in ('Node', 'LifecycleNode') for call in calls(tree, kind)
               for keyword in call.keywords if keyword.arg == 'executable'}
    assert started == {'device_node', 'camera-driver'} and started <= executables()


def test_the_fast_dds_profile_is_for_shared_memory_and_udp():
    tree = ElementTree.parse(ROOT / 'config' / 'large_images_fastdds.xml')
    space = {'d': 'http://www.eprosima.com'}
    kinds = {e.text for e in tree.iterfind('.//d:transport_descriptor/d:type', space)}
    assert kinds == {'SHM', 'UDPv4'}
    assert int(tree.find('.//d:segment_size', space).text) >= 64 << 20

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Launch files against the package they start: executables, parameter files, arguments.

`launch` is on no package registry, so the files are read, not run: what they name must exist.
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
FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
TREES = {file.name: ast.parse(file.read_text()) for file in FILES}


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
    """Return the arguments that a launch file declares."""
    return {call.args[0].value for call in calls(tree, 'DeclareLaunchArgument')}


@pytest.mark.parametrize('name', TREES)
def test_a_launch_file_describes_itself(name):
    functions = {n.name for n in TREES[name].body if isinstance(n, ast.FunctionDef)}
    assert 'generate_launch_description' in functions
    assert f'ros2 launch camera_driver {name}' in ast.get_docstring(TREES[name])
    for call in calls(TREES[name], 'DeclareLaunchArgument'):
        assert 'description' in {k.arg for k in call.keywords}, ast.unparse(call.args[0])


@pytest.mark.parametrize('name', TREES)
def test_arguments_that_are_used_are_declared(name):
    tree = TREES[name]
    used = {call.args[0].value for kind in ('LaunchConfiguration', 'argument')
            for call in calls(tree, kind) if isinstance(call.args[0], ast.Constant)}
    assert used <= declared(tree)


@pytest.mark.parametrize('name', TREES)
def test_arguments_that_are_passed_on_are_declared_there(name):
    for call in calls(TREES[name], 'IncludeLaunchDescription'):
        passed = {key.value for node in ast.walk(call) if isinstance(node, ast.Dict)
                  for key in node.keys}
        assert passed <= declared(TREES['device.launch.py'])
        assert 'device.launch.py' in set(texts(TREES[name]))


@pytest.mark.parametrize('device_type', BUILT_IN)
def test_every_type_has_its_executable_parameters_and_launch_file(device_type):
    # device.launch.py builds these names from the type.
    assert f'{device_type}_node' in executables()
    assert (ROOT / 'config' / f'{device_type}.yaml').is_file()
    tree = TREES[f'{device_type}.launch.py']
    assert device_type in set(texts(tree))


def test_the_rig_starts_the_command_with_options_that_it_has():
    parser = Parser('up', up.fill)
    parser.parse_args(['rig.yaml'])
    options = {text for text in texts(TREES['rig.launch.py']) if text.startswith('--')}
    assert options - {'--log-level'} <= set(parser.format_help().split())
    assert 'camera-driver' in executables()


def test_files_that_are_named_exist():
    named = {text for tree in TREES.values() for text in texts(tree)
             if text.endswith(('.xml', '.yaml', '.launch.py')) and ' ' not in text
             and '/' not in text and len(text) > 5}
    assert 'large_images_fastdds.xml' in named
    for file in named - {'.yaml'}:
        assert (ROOT / 'config' / file).is_file() or (ROOT / 'launch' / file).is_file(), file


def test_the_fast_dds_profile_is_for_shared_memory_and_udp():
    tree = ElementTree.parse(ROOT / 'config' / 'large_images_fastdds.xml')
    space = {'d': 'http://www.eprosima.com'}
    kinds = {e.text for e in tree.iterfind('.//d:transport_descriptor/d:type', space)}
    assert kinds == {'SHM', 'UDPv4'}
    assert int(tree.find('.//d:segment_size', space).text) >= 64 << 20

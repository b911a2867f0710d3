# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""package.xml, setup.cfg, requirements/ and CMakeLists.txt tell the same story."""

import ast
from configparser import ConfigParser
from pathlib import Path
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
# rosdep key: name on PyPI, of everything from outside ROS that is imported or run.
RUN = {
    'python3-argcomplete': 'argcomplete',
    'python3-numpy': 'numpy',
    'python3-opencv': 'opencv-python-headless',
    'python3-pil': 'Pillow',
    'python3-rich': 'rich',
    'python3-serial': 'pyserial',
    'python3-tqdm': 'tqdm',
    'python3-yaml': 'PyYAML',
}
DEVELOP = {
    'python3-flake8': 'flake8',
    'python3-flake8-builtins': 'flake8-builtins',
    'python3-flake8-comprehensions': 'flake8-comprehensions',
    'python3-flake8-docstrings': 'flake8-docstrings',
    'python3-flake8-import-order': 'flake8-import-order',
    'python3-flake8-quotes': 'flake8-quotes',
    'python3-hypothesis': 'hypothesis',
    'python3-jsonschema': 'jsonschema',
    'python3-mypy': 'mypy',
    'python3-pyproj': 'pyproj',
    'python3-pytest': 'pytest',
    'python3-pytest-timeout': 'pytest-timeout',
    'python3-pytest-xdist': 'pytest-xdist',
}
# Others' programs that have no rosdep key: without them their tests are skipped.
READERS = {'exifread', 'mavsdk'}
# On no package registry: they come with an installed ROS 2. Only launch files import the first
# two; tools/setup.sh builds the third where ROS 2 comes from wheels.
INSTALLED = {'launch', 'launch_ros', 'tf2_msgs'}


@pytest.fixture(scope='module')
def package():
    """Return package.xml's element tree."""
    return ElementTree.parse(ROOT / 'package.xml').getroot()


@pytest.fixture(scope='module')
def setup():
    """Return setup.cfg."""
    parser = ConfigParser()
    parser.read(ROOT / 'setup.cfg')
    return parser


def dependencies(package, *tags):
    """Return the names in package.xml's elements of these tags."""
    return {element.text for tag in tags for element in package.findall(tag)}


def requirements(name):
    """Return package -> pinned version of the lines in requirements/<name>."""
    lines = (ROOT / 'requirements' / name).read_text().splitlines()
    named = [line for line in lines if line and not line.startswith(('#', '-'))]
    loose = [line for line in named if not re.fullmatch(r'[\w.-]+(\[\w+\])?==[\w.]+', line)]
    assert not loose, f'not pinned in requirements/{name}: {loose}'
    return dict(re.sub(r'\[.*\]', '', line).split('==') for line in named)


def imported_modules(*folders):
    """Return the top-level names that the Python files below these folders import."""
    names = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.split('.')[0])
    return names - sys.stdlib_module_names - {'camera_driver'}


def optional(setup):
    """Return what is used where it is installed, and is not required."""
    extras = {re.split('[<>=]', line)[0] for lines in setup['options.extras_require'].values()
              for line in lines.split()}
    return extras - set(RUN.values())


def test_versions_agree(package, setup):
    assert package.findtext('version') == setup['metadata']['version']


def test_run_time_dependencies_agree(package, setup):
    outside_ros = {key for key in dependencies(package, 'exec_depend') if 'python3-' in key}
    assert outside_ros == set(RUN)
    video = setup['options.extras_require']['video']  # pip's OpenCV would replace another one
    install = f"{setup['options']['install_requires']} {video}".split()
    assert {re.split('[<>=]', line)[0] for line in install} == set(RUN.values())
    assert set(requirements('run.txt')) == set(RUN.values())


def test_development_dependencies_agree(package, setup):
    keys = {key for key in dependencies(package, 'test_depend') if 'python3-' in key}
    assert keys == set(DEVELOP)
    names = {name for name in requirements('dev.txt') if not name.startswith('types-')}
    assert names == set(DEVELOP.values()) | READERS | optional(setup)


def test_ros_dependencies_agree(package):
    keys = {key for key in dependencies(package, 'depend', 'exec_depend')
            if 'python3-' not in key}
    wheels = {name.removeprefix('ros-').replace('-', '_') for name in requirements('ros.txt')}
    assert keys - INSTALLED - {'rosidl_default_runtime'} == wheels


def test_every_import_is_a_dependency(package, setup):
    modules = {'argcomplete': 'python3-argcomplete', 'cv2': 'python3-opencv',
               'numpy': 'python3-numpy', 'PIL': 'python3-pil', 'serial': 'python3-serial',
               'rich': 'python3-rich', 'tqdm': 'python3-tqdm', 'yaml': 'python3-yaml'}
    used = {modules.get(name, name) for name in imported_modules('camera_driver', 'launch')}
    assert used - optional(setup) <= dependencies(package, 'depend', 'exec_depend')


def test_interfaces_depend_on_declared_packages(package):
    used = {match for folder in ('msg', 'srv', 'action') for path in (ROOT / folder).iterdir()
            for match in re.findall(r'^(\w+)/\w+', path.read_text(), re.MULTILINE)}
    cmake = (ROOT / 'CMakeLists.txt').read_text()
    generated_with = set(re.search(r'DEPENDENCIES ([\w\s]+)\)', cmake)[1].split())
    assert used <= generated_with <= dependencies(package, 'depend')


def test_constraints_pin_every_requirement():
    pinned = {name.lower(): version for name, version in requirements('constraints.txt').items()}
    for name in ('run.txt', 'ros.txt', 'ros-build.txt', 'dev.txt'):
        for package, version in requirements(name).items():
            assert pinned.get(package.lower(), version) == version, f'{name}: {package}'


def test_executables_exist(setup):
    for line in setup['options.entry_points']['console_scripts'].split('\n'):
        if line:
            module, function = line.split('=')[1].strip().split(':')
            source = (ROOT / (module.replace('.', '/') + '.py')).read_text()
            assert re.search(rf'^def {function}\(', source, re.MULTILINE), line


def test_setup_refuses_other_pythons(tmp_path):
    old = tmp_path / 'python3.9'
    old.write_text('#!/bin/sh\nprintf "/usr/bin/python3.9\\n3.9\\nFalse\\nFalse\\n"\n')
    old.chmod(0o755)
    result = subprocess.run(
        ['tools/setup.sh'], cwd=ROOT, env={'PATH': '/usr/bin:/bin', 'PYTHON': str(old)},
        capture_output=True, text=True)
    assert result.returncode == 1
    assert '3.10 to 3.13: PYTHON=python3.12 make setup' in result.stderr


def test_the_name_is_one_of_rep_144(package):
    name = package.findtext('name')
    assert re.fullmatch('[a-z]([a-z0-9]|_(?!_))+[a-z0-9]', name) and 'ros' not in name.split('_')

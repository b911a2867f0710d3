# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import fields
import os
import subprocess
import sys

import pytest

from camera_driver.catalog import BUILT_IN, find, TYPES
from camera_driver.model import OpticalState


def test_find():
    assert all(find(name) is kind and kind.name == name for name, kind in TYPES.items())


def test_unknown_type_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no device type 'leica'; there are: .*sierra"):
        find('leica')


@pytest.mark.parametrize('name', BUILT_IN)
def test_paths(name):
    kind = BUILT_IN[name]
    paths = [kind.device, kind.simulator, kind.node]
    assert all(path.count(':') == 1 for path in paths)
    assert kind.codec == f'camera_driver.devices.{name}.codec'
    assert kind.node.startswith(f'camera_driver.nodes.{name}_node:')
    assert kind.title


@pytest.mark.parametrize('name', TYPES)
def test_codec(name):
    codec = TYPES[name].codec_module()
    decoder = codec.Decoder()
    assert callable(codec.encode)
    assert (decoder.feed(b''), decoder.pending) == ([], False)


@pytest.mark.parametrize('name', TYPES)
def test_optical_settings_are_numbers_of_the_optical_state(name):
    numbers = {field.name for field in fields(OpticalState)} - {'region'}
    assert all(one.optical in numbers and one.kind in (int, float)
               for one in TYPES[name].device_class().SETTINGS if one.optical)


def test_the_list_imports_no_device():
    code = ('import sys; from camera_driver.catalog import TYPES; '
            'print([name for name in sys.modules if name.startswith("camera_driver.devices")])')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.stdout == '[]\n', result.stderr


def installed(folder, name, value):
    """Make a folder in which another package declares a device type."""
    info = folder / f'{name}-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n')
    (info / 'entry_points.txt').write_text(f'[camera_driver.device_types]\n{name} = {value}\n')


def test_device_types_of_other_packages(tmp_path):
    installed(tmp_path, 'another', 'another:ANOTHER')
    installed(tmp_path, 'broken', 'no_such_module:BROKEN')
    installed(tmp_path, 'taken', 'another:TAKEN')
    (tmp_path / 'another.py').write_text("""
from dataclasses import replace
from camera_driver.device_type import DeviceType
ANOTHER = DeviceType(
    'another', 'an invented one', 'camera_driver.devices.sierra.camera:SierraCamera',
    'another:Simulator', 'another', 'another:explain')
TAKEN = replace(ANOTHER, name='sierra')
""")
    code = """
import another
from camera_driver.catalog import BUILT_IN, find, TYPES
assert find('another') is another.ANOTHER and find('another').device_class().OPTIONS
assert {**TYPES, **BUILT_IN} == TYPES and not {'broken', 'taken'} & {*TYPES}
"""
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                            env={**os.environ, 'PYTHONPATH': os.pathsep.join(
                                [str(tmp_path), *filter(None, sys.path)])})
    assert result.returncode == 0, result.stderr
    assert 'device type broken (no_such_module:BROKEN) left out: No module' in result.stderr
    assert 'device type taken (another:TAKEN) left out: it is not a DeviceType' in result.stderr

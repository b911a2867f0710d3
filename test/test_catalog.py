# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

from camera_driver.catalog import find, TYPES


def test_find():
    assert all(find(name) is kind and kind.name == name for name, kind in TYPES.items())


def test_unknown_type_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no device type 'leica'; there are: .*sierra"):
        find('leica')


@pytest.mark.parametrize('name', TYPES)
def test_paths(name):
    kind = TYPES[name]
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


def test_the_list_imports_no_device():
    code = ('import sys; from camera_driver.catalog import TYPES; '
            'print([name for name in sys.modules if name.startswith("camera_driver.devices")])')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.stdout == '[]\n', result.stderr

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver mavlink` without a rig, and where pymavlink is missing."""

from contextlib import closing
import csv
import io
import json
import subprocess
import sys

import pytest

from camera_driver.cli.main import main

pytest.importorskip('pymavlink')

from camera_driver.mavlink.images import Image, Images, Store  # noqa: E402


def test_the_pictures_as_csv(tmp_path, capsys):
    path = tmp_path / 'store'
    assert main(['mavlink', '--list', '--store', str(path)]) != 0
    assert 'there is no such file' in capsys.readouterr().err
    with closing(Store(path)) as store:
        store.components(['/nadir'])
        images = Images(store, '/nadir')
        images.commanded(0, 255, 190, 2000, 5)
        images.save(Image(0, 'shot-1', True, 1.8e9, url='file:///a,b.jpg'))
        images.save(Image(1, '', False))
    assert main(['mavlink', '--list', '--store', str(path)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == {
        'camera': '/nadir', 'component': '100', 'image_index': '0', 'shot_id': 'shot-1',
        'capture_result': '1', 'time_utc': '1800000000.0', 'file_url': 'file:///a,b.jpg',
        'sender_system': '255', 'sender_component': '190', 'command': '2000', 'sequence': '5'}
    assert [rows[1][name] for name in ('capture_result', 'time_utc', 'sequence')] == ['0', '', '']
    assert main(['--json', 'mavlink', '--list', '--store', str(path)]) == 0
    assert json.loads(capsys.readouterr().out)[0]['sequence'] == 5


def test_a_rig_is_needed_otherwise(capsys):
    assert main(['mavlink']) == 2
    assert 'which rig?' in capsys.readouterr().err


@pytest.mark.parametrize('call', [
    'from camera_driver.nodes.mavlink_main import main; sys.exit(main())',
    "from camera_driver.cli.main import main; sys.exit(main(['mavlink', 'rig.yaml']))"])
def test_without_pymavlink_it_says_what_to_install(call):
    ended = subprocess.run(
        [sys.executable, '-c', f"import sys; sys.modules['pymavlink'] = None; {call}"],
        capture_output=True, text=True)
    assert ended.returncode != 0
    assert 'python3 -m pip install pymavlink' in ended.stderr
    assert len(ended.stderr.splitlines()) == 1

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The examples, as a user runs them; those that need ROS are in nodes/test_examples.py."""

import json
from pathlib import Path
import re
import subprocess
import sys

import numpy as np
import pytest

from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.pictures.image import decode
from camera_driver.sim import scene
from camera_driver.sim.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / 'examples'


def test_every_example_is_tested():
    tests = ''.join((ROOT / 'test' / folder / 'test_examples.py').read_text()
                    for folder in ('', 'nodes'))
    assert not [one.name for one in EXAMPLES.glob('*.py') if f"'{one.name}'" not in tests]


@pytest.mark.parametrize('count', [1, 6])
def test_contact_sheet(tmp_path, count):
    pictures = []
    for number, still in enumerate(scene.stills()[:1] * count):
        pictures.append(tmp_path / f'{number}{"long name " * 15}.jpg')
        pictures[-1].write_bytes(still.thumbnail)
    subprocess.run([sys.executable, EXAMPLES / 'contact_sheet.py', tmp_path / 'sheet.png',
                    *pictures], check=True, cwd=ROOT)
    sheet = decode((tmp_path / 'sheet.png').read_bytes())
    assert sheet.shape[1:] == (1280, 3)
    assert np.array_equal(sheet[0, 0], sheet[-1, -1]) and sheet[0, 0].max() < 40
    assert sheet.max() > 200


def test_survey_map(tmp_path):
    """A map of an export; its track is not in one."""
    def feature(camera, kind, coordinates):
        return {'geometry': coordinates and {'type': kind, 'coordinates': coordinates},
                'properties': {'camera': camera}}

    ring = [[8.0, 47.0], [8.001, 47.0], [8.001, 47.001], [8.0, 47.001], [8.0, 47.0]]
    export = tmp_path / 'shots.geojson'
    export.write_text(json.dumps({'features': [
        feature('nadir', 'Point', [8.0005, 47.0005, 500.0]), feature('nadir', 'Polygon', [ring]),
        feature('left', 'Point', [8.0007, 47.0005]), feature('left', 'Point', None)]}))
    subprocess.run([sys.executable, EXAMPLES / 'survey_map.py', tmp_path / 'map.png', export],
                   check=True, cwd=ROOT)
    picture = decode((tmp_path / 'map.png').read_bytes())
    assert picture.shape == (1000, 1600, 3)
    export.write_text('{"features": []}')
    done = subprocess.run([sys.executable, EXAMPLES / 'survey_map.py', tmp_path / 'none.png',
                           export], capture_output=True, text=True)
    assert done.returncode == 1 and 'no shot with a position' in done.stderr


def test_without_ros(tmp_path):
    camera = SierraSimulator()
    with Terminal(camera) as terminal:
        done = subprocess.run(
            [sys.executable, EXAMPLES / 'without_ros.py', terminal.path], cwd=tmp_path,
            capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (0, '')
    identity, *images, saved = done.stdout.splitlines()
    newest = camera.frames[-1]
    assert identity == 'SIMCORP SIM-640 (serial SIM00001)'
    assert [re.match(r' *(\d+) (\S+) +(\d+) bytes  \d{4}-', image).groups() for image in images
            ] == [(str(number), frame.name, str(len(frame.data)))
                  for number, frame in enumerate(camera.frames, 1)]
    assert saved.startswith('saved ') and saved.endswith(newest.name)
    assert (tmp_path / newest.name).read_bytes() == newest.data


def test_without_ros_and_without_a_camera(tmp_path):
    done = subprocess.run([sys.executable, EXAMPLES / 'without_ros.py', '/dev/none'],
                          cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert done.returncode == 1 and done.stderr.startswith('/dev/none: ')

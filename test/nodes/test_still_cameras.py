# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is written for one still camera works with the other."""

import os
from pathlib import Path
import re
import subprocess
import sys

from node_rig import fuji_mx, rig, sierra
import pytest

from camera_driver.nodes.fuji_mx_node import FujiMxNode
from camera_driver.nodes.sierra_node import SierraNode

ROOT = Path(__file__).resolve().parents[2]
CAMERAS = {'sierra': (SierraNode, sierra), 'fuji_mx': (FujiMxNode, fuji_mx)}


@pytest.mark.parametrize('name', CAMERAS)
def test_the_same_mission(name, tmp_path):
    node_class, simulator = CAMERAS[name]
    with rig(node_class, simulator(), tmp_path, name=name) as one:
        mission = subprocess.run(
            [sys.executable, 'examples/mission.py', f'/{name}', '--count', '2', '--interval',
             '0.1'], cwd=ROOT, capture_output=True, text=True, timeout=40,
            env={**os.environ, 'ROS_DOMAIN_ID': str(one.domain)})
        assert (mission.returncode, mission.stderr) == (0, ''), mission.stdout
        assert re.findall(r'shot \S+-(\d+): image (\d+) at \d+\.\d+ \+/- \S+ ms \((\w+)\)',
                          mission.stdout) == [
                              ('0001', '4', 'trigger'), ('0002', '5', 'trigger')]
        assert '2 taken, 0 unknown, 0 failed' in mission.stdout
        assert '5 of 5 images downloaded' in mission.stdout
        assert {path.name: path.read_bytes() for path in (tmp_path / 'pictures').iterdir()} == {
            frame.name: frame.data for frame in one.simulator.frames}

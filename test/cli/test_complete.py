# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""TAB in a real bash, through what argcomplete registers there."""

from pathlib import Path
import subprocess
import sys

import argcomplete
import pytest

from camera_driver.catalog import TYPES
from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.model import Access

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """\
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
_python_argcomplete camera-driver
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def tab(tmp_path):
    """Give a function that returns what bash offers behind a line."""
    program = tmp_path / 'camera-driver'
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m camera_driver.cli.main "$@"\n')
    program.chmod(0o755)
    registered = argcomplete.shellcode(['camera-driver'])

    def press(line):
        result = subprocess.run(
            ['bash', '-c', f'PATH={tmp_path}:$PATH\n{registered}\n{SCRIPT}', 'bash', line],
            cwd=ROOT, capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, '')
        return [word.strip() for word in result.stdout.split('\n') if word.strip()]

    return press


def test_device_types_and_commands(tab):
    assert tab('camera-driver ') == [
        *TYPES, 'probe', 'doctor', 'conform', 'simulate', 'trace', 'replay', 'up', 'rig', 'watch',
        'call', 'preflight', 'mavlink', 'survey', 'shots', 'geotag']
    assert tab('camera-driver si') == ['sierra', 'simulate']
    assert tab('camera-driver simulate ') == list(TYPES)
    assert {'info', 'set', 'download', 'upload', 'folders'} <= set(tab('camera-driver sierra '))
    assert 'upload' not in tab('camera-driver kp_fd30 ')
    assert tab('camera-driver kp_fd30 sto') == ['store']


def test_options(tab):
    assert tab('camera-driver --js') == ['--json']
    assert tab('camera-driver sierra --pac') == ['--pacing']
    assert tab('camera-driver sierra info --pac') == ['--pacing']
    assert tab('camera-driver sierra --pacing b') == ['burst', 'bytewise']
    assert tab('camera-driver sierra --baudrate 1') == ['19200', '115200']


def test_settings_and_their_words(tab):
    line = 'camera-driver sierra --port /dev/none '
    every = [setting.name for setting in SierraCamera.SETTINGS]
    assert tab(line + 'get ') == every
    assert tab(line + 'get language l') == [name for name in every if name.startswith('l')]
    assert tab(line + 'set ') == [setting.name for setting in SierraCamera.SETTINGS
                                  if setting.access is not Access.READ_ONLY]
    assert tab(line + 'set lcd_mode ') == ['off', 'record', 'play', 'thumbnails']
    assert tab(line + 'set flash-mode an') == ['anti_red_eye', 'anti_red_eye_fill']
    assert tab(line + 'set exposure_compensation 1') == ['1.0', '1.3', '1.7']

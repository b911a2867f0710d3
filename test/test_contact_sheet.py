# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The example that lays pictures out on one sheet."""

from pathlib import Path
import subprocess
import sys

import numpy as np
import pytest

from camera_driver.pictures.image import decode
from camera_driver.sim import scene

EXAMPLE = Path(__file__).parents[1] / 'examples' / 'contact_sheet.py'


@pytest.mark.parametrize('count', [1, 6])
def test_contact_sheet(tmp_path, count):
    pictures = []
    for number, still in enumerate(scene.stills()[:1] * count):
        pictures.append(tmp_path / f'{number}{"long name " * 15}.jpg')
        pictures[-1].write_bytes(still.thumbnail)
    subprocess.run([sys.executable, EXAMPLE, tmp_path / 'sheet.png', *pictures], check=True,
                   cwd=EXAMPLE.parents[1])
    sheet = decode((tmp_path / 'sheet.png').read_bytes())
    assert sheet.shape[1:] == (1280, 3)
    assert np.array_equal(sheet[0, 0], sheet[-1, -1]) and sheet[0, 0].max() < 40
    assert sheet.max() > 200

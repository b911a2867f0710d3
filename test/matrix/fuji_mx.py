# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Fuji cameras in the matrix of outcomes (fuji_mx.md 5.3)."""

from datetime import datetime

from matrix.engine import holds, Kind, names_gone, Recipe
from matrix.images import erased, stored, stored_whole

from camera_driver.catalog import find
from camera_driver.devices.fuji_mx.simulator.options import FAULTS
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.sim.scene import jpeg

NOW = datetime(2026, 11, 21, 8, 0, 0)
PICTURE = jpeg(77, 640, 480, datetime(2001, 6, 14))
NAME = 'DSC00042.JPG'


def named(evidence):
    """Say whether the camera had told the names."""
    return all(evidence['names'])


RECIPES = {
    'capture': Recipe(lambda camera: camera.capture(), stored),
    'delete': Recipe(lambda camera: camera.delete([2, 4]), erased(4, 2), numbers=(4, 2),
                     refused=names_gone(4, 2), enough=named),
    'delete_all': Recipe(lambda camera: camera.delete_all(), erased(), numbers=(1, 2, 3, 4, 5),
                         refused=names_gone(1, 2, 3, 4, 5), enough=named),
    'upload': Recipe(lambda camera: camera.upload(NAME, PICTURE),
                     stored_whole(NAME, len(PICTURE))),
    'set': Recipe(lambda camera: camera.set('flash_mode', 'off'),
                  holds(lambda simulator: simulator.camera.flash_mode == 0)),
    'set, a text': Recipe(lambda camera: camera.set('camera_id', 'drone 7'),
                          holds(lambda simulator: simulator.camera.camera_id == b'drone 7   ')),
    'set_clock': Recipe(
        lambda camera: camera.set_clock(NOW),
        holds(lambda simulator: abs((simulator.camera.time - NOW).total_seconds()) < 1000)),
}

LIES = (
    # no checksum shows them
    'short_answer', 'damaged_answer', 'huge_size', 'huge_count', 'hostile_name', 'huge_preview',
    'empty_answer',
    'take_two')  # the camera doubles it by itself

KIND = Kind(find('fuji_mx'), FujiMxSimulator, RECIPES, FAULTS, LIES)

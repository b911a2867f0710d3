# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Sierra cameras in the matrix of outcomes (sierra.md 5.3)."""

from datetime import datetime

from helpers import pattern
from matrix.engine import holds, Kind, names_gone, names_written, Recipe
from matrix.images import erased, stored
from sierra.host import example_frames

from camera_driver.catalog import find
from camera_driver.devices.sierra.simulator.faults import FAULTS
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.model import Exposure

PICTURE = pattern(9000)
NOW = datetime(2026, 11, 21, 8, 0, 0)


def stepped(simulator):
    before = simulator.registers[3]

    def done():
        after = simulator.registers[3]
        assert after in (before, 2 * before), f'{before} became {after}'
        return (after != before,)

    return done


RECIPES = {
    'capture': Recipe(lambda camera: camera.capture(), stored),
    'delete': Recipe(lambda camera: camera.delete([1, 3]), erased(1, 3), numbers=(1, 3),
                     refused=names_gone(1, 3)),
    'delete_all': Recipe(lambda camera: camera.delete_all(), erased(),
                         refused=lambda error, done: True),
    'upload': Recipe(lambda camera: camera.upload('', PICTURE, accept_hang=True), stored),
    'set': Recipe(lambda camera: camera.set('flash_mode', 'off'),
                  holds(lambda simulator: simulator.registers[7] == 2)),
    'set, a text': Recipe(lambda camera: camera.set('camera_id', 'drone 7'),
                          holds(lambda simulator: simulator.registers[22] == b'drone 7')),
    'set_exposure': Recipe(
        lambda camera: camera.set_exposure(Exposure(exposure_time=0.002, aperture='raw:3')),
        holds(lambda simulator: simulator.registers[3] == 2000,
              lambda simulator: simulator.registers[5] == 3),
        refused=names_written),
    'step_exposure': Recipe(lambda camera: camera.step_exposure('exposure_time', 1), stepped),
    'protect': Recipe(lambda camera: camera.protect(2, True),
                      holds(lambda simulator: simulator.frames[1].protected),
                      left_out=('refuse_obeyed, always',)),  # the selection of the frame too
    'set_clock': Recipe(
        lambda camera: camera.set_clock(NOW),
        holds(lambda simulator: abs((simulator.camera.time - NOW).total_seconds()) < 1000)),
    'write_register': Recipe(lambda camera: camera.write_register(53, 8),
                             holds(lambda simulator: simulator.registers[53] == 8)),
}


def simulator():
    made = SierraSimulator(frames=example_frames())
    made.registers[3] = 4000  # us
    return made


LIES = (
    # no checksum shows them
    'damaged_reply', 'short_reply', 'huge_length', 'negative_length', 'huge_count',
    'hostile_name', 'endless_name',
    'take_two',  # the camera doubles it by itself
    # one of them has no end
    'empty_packets, always', 'tiny_packets, always', 'endless_data, always')

KIND = Kind(find('sierra'), simulator, RECIPES, FAULTS, LIES, {'pacing': 'burst'})

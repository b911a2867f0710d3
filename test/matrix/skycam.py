# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The device type of examples/sixth_device in the matrix of outcomes."""

from matrix.engine import holds, Kind, Recipe
from skycam import SKYCAM
from skycam.simulator import SkySimulator

from camera_driver.sim.misbehaviour import Misbehaviour


def exposed(simulator):
    before = simulator.count

    def done():
        more = simulator.count - before
        assert more in (0, 1), f'{more} exposures'
        return (more == 1,)

    return done


def simulator():
    made = SkySimulator()
    made.faults = Misbehaviour({})  # its program has none
    return made


RECIPES = {
    'capture': Recipe(lambda camera: camera.capture(), exposed),
    'set': Recipe(lambda camera: camera.set('filter', 'red'),
                  holds(lambda simulator: simulator.held['FILTER'] == 'RED')),
}

KIND = Kind(SKYCAM, simulator, RECIPES, {}, ())

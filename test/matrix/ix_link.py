# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Phase One Industrial cameras in the matrix of outcomes (ix_link.md 3, 5).

The protocol never says how many pictures there are: a shot in doubt stays in doubt.
"""

from matrix.engine import holds, Kind, names_written, Recipe

from camera_driver.catalog import find
from camera_driver.devices.ix_link.commands import BlackCalibration
from camera_driver.devices.ix_link.region import LiveViewRegion
from camera_driver.devices.ix_link.simulator.faults import FAULTS
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.model import Exposure, RegionOfInterest

REGION = LiveViewRegion(120, 80, 50)
ROI = RegionOfInterest(2000, 1000, 4000, 3000)


def shot(simulator):
    before = len(simulator.shots)

    def done():
        more = len(simulator.shots) - before
        assert more in (0, 1), f'{more} pictures'
        return (more == 1,)

    return done


def stepped(simulator):
    before = simulator.values['iso']

    def done():
        after = simulator.values['iso']
        assert after in (before, before + 1), f'{before} became {after}'
        return (after != before,)

    return done


def lit(simulator):
    simulator.live_view = False
    return lambda: (simulator.live_view,)


def region_moved(simulator):
    before = simulator.region
    return lambda: (simulator.region != before,)


RECIPES = {
    'capture': Recipe(lambda camera: camera.capture(), shot, settles=False),
    'capture, synchronous': Recipe(lambda camera: camera.capture(), shot, settles=False,
                                   options={'reply_mode': 'sync'}),
    'set': Recipe(
        lambda camera: camera.set('black_calibration', 'suppressed'),
        holds(lambda simulator: simulator.black_calibration is BlackCalibration.SUPPRESSED)),
    'set_exposure': Recipe(
        lambda camera: camera.set_exposure(Exposure(exposure_time=1 / 64, f_number=4.0)),
        holds(lambda simulator: simulator.values['exposure_time'] == 6,
              lambda simulator: simulator.values['f_number'] == 4), refused=names_written),
    'set_live_view': Recipe(lambda camera: camera.set_live_view(True), lit),
    'set_live_view, off': Recipe(
        lambda camera: camera.set_live_view(False),
        holds(lambda simulator: not simulator.live_view),
        prepare=lambda camera: camera.set_live_view(True)),
    'set_live_view, off, synchronous': Recipe(
        lambda camera: camera.set_live_view(False),
        holds(lambda simulator: not simulator.live_view),
        prepare=lambda camera: camera.set_live_view(True), options={'reply_mode': 'sync'}),
    'set_live_view_region': Recipe(
        lambda camera: camera.set_live_view_region(REGION),
        holds(lambda simulator: simulator.region == REGION)),
    'set_roi': Recipe(lambda camera: camera.set_roi(ROI), region_moved),
    'step_exposure': Recipe(lambda camera: camera.step_exposure('iso', 1), stepped),
}

LIES = (  # no checksum shows them
    'shifted', 'reversed_range', 'unknown_status')

KIND = Kind(find('ix_link'), IxLinkSimulator, RECIPES, FAULTS, LIES,
            {'sensor_width': 11608, 'sensor_height': 8708})

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The KP-FD30 in the matrix of outcomes (kp_fd30.md 3, 4): registers, and EEPROM behind them."""

from matrix.engine import holds, Kind, names_written, Recipe

from camera_driver.catalog import find
from camera_driver.devices.kp_fd30.simulator.faults import FAULTS
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.model import Exposure
from camera_driver.sim.loop import LoopPort

AREA, VARIABLE = b'\1\0\0', b'\2\0\0'


def register(name, data, memory='registers'):
    return lambda simulator: getattr(simulator, memory)[name] == data


def restarted(simulator):
    before = simulator.restarts

    def done():
        more = simulator.restarts - before
        assert more in (0, 1), f'restarted {more} times'
        return (more == 1,)

    return done


def stored(*names):
    def of(simulator):
        before = simulator.eeprom_writes

        def done():
            assert simulator.eeprom_writes - before <= len(names), 'stored twice'
            return tuple(simulator.eeprom[name] == AREA for name in names)

        return done

    return of


def stepped(simulator):
    before = simulator.registers['variable_shutter']
    return lambda: (simulator.registers['variable_shutter'] != before,)


def compare(camera):
    """Find out what loading a saved text would change."""
    other = KpFd30Simulator(registers={'alc_mode': AREA, 'alc_area': AREA})
    source = KIND.connect(other, RECIPES['load'], LoopPort(other))
    source.open()
    camera.differences = camera.compare(source.save())


def put(camera):
    camera.set('alc_mode', 'area')
    camera.set('alc_area', 'no2')


RECIPES = {
    'load': Recipe(lambda camera: camera.load(camera.differences),
                   holds(register('alc_mode', AREA), register('alc_area', AREA)),
                   prepare=compare, refused=names_written),
    'restart_white_balance': Recipe(lambda camera: camera.restart_white_balance(), restarted,
                                    settles=False,
                                    left_out=('ignore_write',)),  # nothing shows a restart
    'set': Recipe(lambda camera: camera.set('alc_mode', 'area'),
                  holds(register('alc_mode', AREA))),
    'set_exposure': Recipe(
        lambda camera: camera.set_exposure(Exposure(exposure_time=0.002), nearest=True),
        holds(register('shutter_mode', VARIABLE),
              lambda simulator: simulator.registers['variable_shutter'] != bytes(3)),
        refused=names_written),
    'step_exposure': Recipe(lambda camera: camera.step_exposure('exposure_time', -1), stepped,
                            settles=False,  # it is written as a value: repeated, it is the same
                            prepare=lambda camera: camera.set('shutter_mode', 'variable')),
    'store': Recipe(lambda camera: camera.store(['alc_mode', 'alc_area']),
                    stored('alc_mode', 'alc_area'), prepare=put, refused=names_written,
                    settles=False,  # EEPROM cannot be read, nor an ACK be doubted
                    left_out=('reset', 'ignore_write')),
    'write_register': Recipe(lambda camera: camera.write_register(0x1C, b'\1\0\0'),
                             holds(register('alc_area', AREA))),
}

LIES = ('wrong_value', 'long_reply', 'stale_reply', 'stale_text_reply')  # no checksum shows them

KIND = Kind(find('kp_fd30'), KpFd30Simulator, RECIPES, FAULTS, LIES,
            {'allow_factory_store': True})

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Settings as the host knows them, without ROS; test/nodes/test_parameters.py has the rest."""

import pytest
from toy_device import ToyCamera, ToySimulator

from camera_driver.errors import NotConfirmed, NotSupported, Refused
from camera_driver.host.settings import HeldSettings
from camera_driver.sim.loop import LoopPort


class Rig:
    """A toy, and the settings of it that are held."""

    def __init__(self, **configured):
        self.simulator = ToySimulator()
        self.shown = {}
        self.held = HeldSettings(
            ToyCamera.SETTINGS, configured,
            lambda setting, value, why, absent: self.shown.__setitem__(setting.name, value))
        self.connect()

    def connect(self, camera=ToyCamera):
        self.camera = camera(LoopPort(self.simulator), {'reply_timeout': 0.2})
        self.camera.open()
        return self.held.connected(self.camera)


def test_what_is_commanded_is_written_again_and_the_rest_is_read():
    rig = Rig(level=5)
    assert rig.simulator.held['level'] == '5' and rig.shown['mode'] == 'auto'
    rig.held.write(rig.camera, {'gain': 2.4})
    assert rig.held.held['gain'] == 2.0 and rig.held.shown['gain'] == 2.0
    rig.simulator.power_cycle()
    assert rig.connect() == 'applied: level, gain'
    assert rig.simulator.held == {'level': '5', 'mode': 'auto', 'gain': '2'}
    rig.held.forget()
    assert rig.held.commanded == {'level': 5}


def test_nothing_is_written_unless_all_of_it_is_allowed():
    rig = Rig()
    for wanted, error in (({'level': 4, 'mode': 'never'}, ValueError),
                          ({'level': 4, 'model_only': 1}, NotSupported),
                          ({'level': 4, 'mode': None}, ValueError)):
        with pytest.raises(error):
            rig.held.write(rig.camera, wanted)
    assert rig.held.shown['level'] == 3
    with pytest.raises(Refused, match='already written: mode'):
        rig.held.write(rig.camera, {'mode': 'on', 'level': 7})
    assert rig.held.commanded == {'mode': 'on'} and rig.shown['mode'] == 'on'


def test_what_was_written_and_not_read_back_stays_commanded():
    class Doubtful(ToyCamera):
        def set(self, name, value):  # noqa: A003
            super().set(name, value)
            raise NotConfirmed(f'{name}: it could not be read back')

    rig = Rig()
    rig.connect(Doubtful)
    with pytest.raises(NotConfirmed):
        rig.held.write(rig.camera, {'level': 5})
    rig.simulator.power_cycle()
    assert rig.connect() == 'applied: level' and rig.shown['level'] == 5


def test_a_setting_that_a_command_has_changed_is_no_longer_commanded():
    rig = Rig(level=5)
    rig.simulator.held['level'] = '6'
    rig.held.refresh(rig.camera, ['level', 'light'])
    assert rig.shown['level'] == 6 and not rig.held.commanded
    rig.camera._commanded['light'] = 'on'
    rig.held.follow(rig.camera)
    assert rig.shown['light'] == 'on' and rig.held.commanded == {'light': 'on'}

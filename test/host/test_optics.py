# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The optical state of pictures, as settings and the device tell it."""

from dataclasses import replace

import pytest
from toy_device import ToyCamera, ToySimulator

from camera_driver.errors import Refused, ReplyTimeout
from camera_driver.host.optics import Optics, SETTLED
from camera_driver.host.settings import HeldSettings
from camera_driver.model import OpticalState
from camera_driver.sim.loop import LoopPort


class ZoomCamera(ToyCamera):
    """A toy whose level is a focal length [mm], and whose gain is a digital zoom."""

    SETTINGS = tuple(
        replace(one, optical={'level': 'focal_length', 'gain': 'digital_zoom'}.get(one.name, ''))
        for one in ToyCamera.SETTINGS)


class Rig:
    """A zooming toy, its settings and its optical state; `time` [s] is passing."""

    def __init__(self, camera=ZoomCamera):
        self.connected = True
        self.time = 100.0
        self.simulator = ToySimulator()
        self.optics = Optics(camera, lambda: self.connected, 0.5, lambda: self.time)
        self.seen = []  # while settings change
        self.held = HeldSettings(
            camera.SETTINGS, {}, lambda setting, value, why, absent: None, changed=self.follow)
        self.camera = camera(LoopPort(self.simulator), {'reply_timeout': 0.2})
        self.camera.open()

    def follow(self, device):
        self.optics.follow(device, self.held.shown)
        self.seen.append(self.optics.present)


def test_what_cannot_change_is_known_always():
    optics = Optics(ToyCamera, lambda: False)
    assert optics.present == optics.settled == optics.unknown == OpticalState()


def test_settings_tell_and_are_unknown_while_they_change():
    rig = Rig()
    unknown = OpticalState(digital_zoom=None, focal_length=None)
    assert rig.optics.present == rig.optics.unknown == unknown
    rig.optics.meet(rig.camera)
    assert rig.optics.present == unknown
    rig.held.connected(rig.camera)
    assert rig.optics.present == OpticalState(digital_zoom=1.0, focal_length=3.0)
    rig.seen.clear()
    rig.held.write(rig.camera, {'level': 5})
    assert rig.seen == [OpticalState(digital_zoom=1.0, focal_length=None),
                        OpticalState(digital_zoom=1.0, focal_length=5.0)]
    with pytest.raises(Refused):
        rig.held.write(rig.camera, {'level': 7})
    assert rig.optics.present.focal_length == 5.0
    with pytest.raises(Refused):  # nor was it come to the one behind
        rig.held.write(rig.camera, {'level': 7, 'gain': 2.0})
    assert rig.optics.present == OpticalState(digital_zoom=1.0, focal_length=5.0)
    rig.simulator.held['level'] = '6'
    rig.held.refresh(rig.camera, ['level'])
    assert rig.optics.present.focal_length == 6.0
    rig.simulator.mute = True
    with pytest.raises(ReplyTimeout):
        rig.held.write(rig.camera, {'level': 6})
    assert rig.optics.present == OpticalState(digital_zoom=1.0, focal_length=None)
    with pytest.raises(ReplyTimeout):
        rig.held.refresh(rig.camera, ['gain'])
    assert rig.optics.present == unknown
    rig.simulator.mute = False
    rig.held.connected(rig.camera)
    rig.connected = False
    assert rig.optics.present == unknown


def test_a_factor_of_zero_is_off_and_a_length_of_zero_none():
    rig = Rig()
    rig.simulator.held.update(level='0', gain='0')
    rig.held.connected(rig.camera)
    assert rig.optics.present == OpticalState(digital_zoom=1.0, focal_length=None)


def test_frames_count_again_some_time_after_a_change():
    rig = Rig()
    rig.held.connected(rig.camera)
    state = rig.optics.present
    assert rig.optics.settled == rig.optics.unknown
    rig.time += SETTLED + 0.4
    assert rig.optics.settled == rig.optics.unknown
    rig.time += 0.2
    assert rig.optics.settled == state
    rig.connected = False
    assert rig.optics.settled == rig.optics.unknown
    rig.connected = True
    assert rig.optics.settled == rig.optics.unknown
    rig.time += SETTLED + 0.6
    assert rig.optics.settled == state


def test_after_a_shot_the_device_is_asked():
    rig = Rig()
    rig.held.connected(rig.camera)
    rig.simulator.held['level'] = '8'  # zoomed by hand
    assert rig.optics.ask(rig.camera) == OpticalState(digital_zoom=1.0, focal_length=8.0)
    assert rig.optics.present.focal_length == 3.0
    rig.simulator.mute = True
    assert rig.optics.ask(rig.camera) == rig.optics.unknown

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of simulated video cameras respond to their settings."""

import numpy as np
import pytest

from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.kp_fd30.registers import BY_NAME
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.model import LiveViewRegion
from camera_driver.sim.video import draw, FRAME, VideoSignal


def colours(simulator):
    """Return the mean of red, green, blue, without caption and mark."""
    return draw(simulator.video_signal(), 0.0)[120:440].mean(axis=(0, 1))


@pytest.fixture
def video_camera():
    return KpFd30Simulator()


@pytest.fixture
def live():
    simulator = IxLinkSimulator()
    simulator.live_view = True
    return simulator


def put(simulator, name, value):
    """Write a register as if over the line."""
    simulator.registers[name] = BY_NAME[name].data(value)


def test_still_cameras_have_no_video():
    assert SierraSimulator().video_signal() is None


def test_the_mark_moves_and_nothing_else():
    signal = VideoSignal()
    one, two = draw(signal, 0.0), draw(signal, 0.5)
    assert one.shape == (480, 640, 3) and one.dtype == np.uint8
    assert (one != two).any() and (one[:-8] == two[:-8]).all()
    assert (draw(signal, 2.0) == one).all()


def test_shutter(video_camera):
    as_delivered = colours(video_camera).mean()
    put(video_camera, 'variable_shutter', 461)  # 1/500 s, but not in force
    assert colours(video_camera).mean() == as_delivered
    put(video_camera, 'shutter_mode', 2)
    assert colours(video_camera).mean() < 0.6 * as_delivered
    assert 'SHUTTER 1/' in video_camera.video_signal().caption
    put(video_camera, 'variable_shutter', 0)
    assert colours(video_camera).mean() == as_delivered
    put(video_camera, 'shutter_mode', 1)  # 8 s
    assert colours(video_camera).mean() > 250
    put(video_camera, 'preset_shutter', 0x10)  # a time that nobody knows
    assert colours(video_camera).mean() == as_delivered
    assert 'SHUTTER ?' in video_camera.video_signal().caption


def test_white_balance(video_camera):
    red, green, blue = colours(video_camera)
    put(video_camera, 'awc_r_gain_offset', 0xFF)
    put(video_camera, 'awc_b_gain_offset', 0x00)
    after = colours(video_camera)
    assert after[0] > 1.3 * red and after[1] == green and after[2] < 0.6 * blue


def test_measuring_area(video_camera):
    put(video_camera, 'alc_area', 1)
    assert video_camera.video_signal().area is None
    put(video_camera, 'alc_mode', 1)
    signal = video_camera.video_signal()
    assert 'ALC AREA NO2' in signal.caption
    assert (draw(signal, 0.0)[264, 64:576] == FRAME).all()
    put(video_camera, 'alc_area', 7)
    assert video_camera.video_signal().area is None


def test_whatever_the_registers_hold_there_is_a_picture(video_camera):
    for name in video_camera.registers:
        video_camera.registers[name] = b'\xff\xff\xff'
    assert draw(video_camera.video_signal(), 0.0).shape == (480, 640, 3)


def test_live_view_is_off_at_first():
    simulator = IxLinkSimulator()
    assert simulator.video_signal() is None
    simulator.live_view = True
    assert (simulator.video_signal().width, simulator.video_signal().height) == (1280, 720)
    simulator.power_cycle()
    assert simulator.video_signal() is None


@pytest.mark.parametrize('quantity, brighter', (
    ('iso', 1), ('f_number', -1), ('exposure_time', -1)))
def test_exposure_of_live_view(live, quantity, brighter):
    before = live.video_signal()
    live.values[quantity] += brighter
    after = live.video_signal()
    assert after.exposure - before.exposure == pytest.approx(1.0)
    assert colours(live).mean() > 1.1 * draw(before, 0.0)[120:440].mean()
    assert after.caption != before.caption


def test_region_of_live_view(live):
    whole = draw(live.video_signal(), 0.0)
    live.region = LiveViewRegion(64, 192, 50)  # the upper left quarter
    quarter = draw(live.video_signal(), 0.0)
    assert live.video_signal().region == pytest.approx((0.0, 0.0, 0.5, 0.5), abs=0.01)
    # Twice as large: every second pixel of it is the whole one's, nearly.
    shrunk = quarter[200:640:2, 200:1000:2].astype(int)
    assert np.abs(shrunk - whole[100:320, 100:500]).mean() < 12
    live.region = LiveViewRegion(255, 1, 1)
    assert draw(live.video_signal(), 0.0).shape == (720, 1280, 3)

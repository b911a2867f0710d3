# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing that a KP-FD30 says without end holds an operation beyond the session's table."""

from hostile import hostile, seconds
import pytest

from camera_driver.devices.kp_fd30.camera import KpFd30Camera
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.model import Exposure
from camera_driver.sim.loop import LoopPort

REPLY = bytes.fromhex('02 30 30 30 30 30 30 03 44 41')
HOSTILE = {
    'endless noise': (b'\x55' * 12, 0.001), 'acknowledgements': (b'\x06', 0.01),
    'refusals': (b'\x15', 0.01), 'questions': (b'\x05', 0.01),
    'one byte after the other': (b'\x02', 0.09), 'never an end': (REPLY[:5], 0.05),
    'replies': (REPLY, 0.011), 'damaged replies': (REPLY[:-1] + b'0', 0.011),
    'acknowledgements in noise': (b'\x06' + b'\x55' * 3, 0.02),
    'acknowledged replies': (b'\x06' + REPLY, 0.02),
}


@pytest.mark.parametrize('mode', HOSTILE)
@pytest.mark.parametrize('work, reads', [
    (lambda c: c.poll(), 1), (lambda c: c.get('alc_area'), 1),
    (lambda c: c.set('alc_mode', 'area'), 1), (lambda c: c.store(['alc_mode']), 1),
    (lambda c: c.set_exposure(Exposure(exposure_time=0.002), nearest=True), 1),
    (lambda c: c.restart_white_balance(), 1), (lambda c: c.write_register(0x1C, bytes(3)), 1),
    (lambda c: c.self_test(), 2)])
def test_a_hostile_camera_prolongs_nothing(mode, work, reads):
    camera = hostile(KpFd30Simulator)()
    port = LoopPort(camera)
    device = KpFd30Camera(port, {'allow_factory_store': True})
    device.open()
    camera.data, camera.every = HOSTILE[mode]
    assert seconds(port, work, device) < 31.0 * reads  # each has 30 s

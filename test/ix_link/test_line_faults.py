# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Faults of the line, by seed, both ways: the right value or a DeviceError, never a wrong one.

What two opposite bit errors do to an XOR nobody can see; each chunk suffers one fault at most.
"""  # noqa: D205, D400

import pytest

from camera_driver.devices.ix_link.apex import QUANTITIES
from camera_driver.devices.ix_link.camera import IxLinkCamera
from camera_driver.devices.ix_link.commands import ReplyMode
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.errors import DeviceError, OutcomeUnknown, Refused
from camera_driver.model import Exposure
from camera_driver.sim.faults import Faults, KINDS
from camera_driver.sim.loop import LoopPort

RATE = 0.15
SEEDS = range(40)
# A line that repeats what the host says repeats its captures: nothing can be done about it.
TO_DEVICE = [kind for kind in KINDS if kind != 'repeat']


def connect(kind, direction, seed, **options):
    camera = IxLinkSimulator()
    port = LoopPort(camera, paced=True)
    device = IxLinkCamera(port, options)
    device.open()
    setattr(port, direction, Faults({kind: RATE}, seed))
    return camera, device


def faults():
    """Return (kind, direction, seed), all of them."""
    return [pytest.param(kind, direction, id=f'{kind} {direction}')
            for direction, kinds in (('to_host', KINDS), ('to_device', TO_DEVICE))
            for kind in kinds]


@pytest.mark.parametrize('kind, direction', faults())
def test_exposure(kind, direction):
    done = 0
    for seed in SEEDS:
        camera, device = connect(kind, direction, seed)
        for number in range(12):
            iso, f_number = 100 * 2 ** (number % 5), 4 * 2 ** (number % 4 / 2)
            try:
                held = device.set_exposure(Exposure(iso=iso, f_number=f_number), nearest=True)
            except DeviceError:
                continue
            done += 1
            assert held.iso == iso, f'seed {seed}'
            assert held.f_number == pytest.approx(f_number), f'seed {seed}'
            assert QUANTITIES['iso'].from_apex(camera.values['iso']) == iso, f'seed {seed}'
    assert done > 10 * len(SEEDS)


@pytest.mark.parametrize('kind, direction', faults())
def test_steps_are_never_doubled(kind, direction):
    done = 0
    for seed in SEEDS:
        camera, device = connect(kind, direction, seed)
        steps = 1 / 3
        for _ in range(12):
            before = camera.values['iso']
            lost = False
            try:
                held = device.step_exposure('iso', steps)
            except (OutcomeUnknown, Refused) as error:
                lost = 'the camera holds what it held before' in str(error)
            except DeviceError:
                pass
            else:
                done += 1
                moved = (camera.values['iso'] - before) * 3
                assert moved == round(steps * 3), f'seed {seed}'
                assert held.iso == QUANTITIES['iso'].from_apex(camera.values['iso'])
            moved = (camera.values['iso'] - before) * 3
            assert moved in (0, round(steps * 3)), f'seed {seed}'
            assert not (lost and moved), f'seed {seed}'
            steps = 1 / 3 if camera.values['iso'] < 7 else -1 / 3
    assert done > 8 * len(SEEDS)


@pytest.mark.parametrize('mode', [mode.name.lower() for mode in ReplyMode])
@pytest.mark.parametrize('kind, direction', faults())
def test_every_shot_is_accounted_for(kind, direction, mode):
    done = 0
    for seed in SEEDS:
        camera, device = connect(kind, direction, seed, reply_mode=mode)
        for _ in range(8):
            before = len(camera.shots)
            try:
                shot = device.capture()
            except OutcomeUnknown:
                assert len(camera.shots) - before <= 1, f'seed {seed}'
            except DeviceError:
                assert len(camera.shots) == before, f'seed {seed}'
            else:
                done += 1
                assert len(camera.shots) - before == 1, f'seed {seed}'
                assert shot.done is None or shot.done >= camera.shots[-1].time + 0.3
            camera.advance(device.session.port.now())
    assert done > 4 * len(SEEDS)

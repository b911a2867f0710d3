# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A sierra camera over a line that damages what it carries, by seeds.

Downloads give the right bytes or a DeviceError; every trigger is carried out as often as is said.
What no host can see is left out: two errors in one packet whose sums cancel out (the 16-bit sum
cannot tell them), and a line that delivers the trigger itself twice.
"""

from datetime import datetime

from helpers import pattern
import pytest

from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.registers import Action
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator
from camera_driver.errors import Cancelled, DeviceError, OutcomeUnknown, Refused
from camera_driver.model import Shot
from camera_driver.sim.faults import Faults, KINDS
from camera_driver.sim.loop import LoopPort

CASES = [(kind, direction, seed) for number, kind in enumerate(KINDS)
         for direction in ('to_host', 'to_device')
         for seed in range(100 * number + 10, 100 * number + 13)]


def on_a_bad_line(kind, direction, seed, rate=0.04):
    """Return a simulated camera, the driver's camera that is connected to it, and the faults."""
    taken = datetime(2001, 9, 9, 1, 46, 40)
    frames = [Frame(pattern(size)[::step], pattern(900), f'P101{number:04d}.JPG', taken)
              for number, (size, step) in enumerate(((25000, 1), (5000, -1), (7, 1)), 1)]
    simulator = SierraSimulator(frames=frames, resolutions={
        number: Resolution(32, 24, 2000) for number in (1, 2, 3)})
    port = LoopPort(simulator)
    camera = SierraCamera(port, {})
    camera.open()
    faults = Faults({kind: rate}, seed)
    setattr(port, direction, faults)
    return simulator, camera, faults


@pytest.mark.parametrize('kind, direction, seed', CASES)
def test_downloads_are_right_or_an_error(kind, direction, seed):
    simulator, camera, faults = on_a_bad_line(kind, direction, seed)
    right = 0
    for _ in range(5):
        for index, frame in enumerate(simulator.frames, 1):
            try:
                assert camera.download(index).data == frame.data
                assert camera.thumbnail(index).data == frame.thumbnail
                right += 1
            except DeviceError:
                pass
    assert faults.counts[kind]
    assert right >= 10


@pytest.mark.parametrize('kind, direction, seed', [
    case for case in CASES if case[:2] != ('repeat', 'to_device')])
def test_every_picture_is_taken_as_often_as_is_said(kind, direction, seed):
    simulator, camera, faults = on_a_bad_line(kind, direction, seed)
    port = camera.session.port
    taken = unknown = 0
    for number in range(30):
        before = len(simulator.shots)
        start = port.now()
        try:
            try:
                shot = camera.capture()
            except Refused as error:  # not taken: do as it says
                assert len(simulator.shots) == before and 'try again' in str(error)
                shot = camera.capture()
        except OutcomeUnknown:
            unknown += 1
            taken += len(simulator.shots) - before
            assert len(simulator.shots) - before <= 1
        except DeviceError as error:
            assert len(simulator.shots) == before, error
            assert isinstance(error, Refused) or 'take picture' not in str(error)
        else:
            assert isinstance(shot, Shot)
            assert len(simulator.shots) == before + 1, shot
            assert shot.image_index in (None, len(simulator.frames))
            taken += 1
        assert port.now() - start < 100.0
    assert faults.counts[kind]
    assert len(simulator.shots) == taken == len(simulator.frames) - 3
    assert taken >= 25 and unknown <= 2


@pytest.mark.parametrize('kind, direction, seed', CASES)
def test_deleting_deletes_what_was_meant(kind, direction, seed):
    simulator, camera, faults = on_a_bad_line(kind, direction, seed, 0.08)
    for _ in range(10):
        last = simulator.frames[-1]
        simulator.frames.append(Frame(b'\xff\xd8', b'', 'NEW.JPG', last.taken))
        rest = list(simulator.frames[:-1])
        try:
            camera.delete([len(simulator.frames)])
        except DeviceError:
            simulator.frames[:] = rest
        assert simulator.frames == rest
    assert faults.counts[kind]


def test_two_opposite_errors_in_one_sum_cannot_be_seen():
    simulator, camera, _ = on_a_bad_line('flip', 'to_host', 0, 0.0)

    class Opposite(Faults):
        def apply(self, chunk):
            if len(chunk) > 1000:
                chunk = chunk[:100] + bytes([chunk[101], chunk[100]]) + chunk[102:]
            return [(0.0, chunk)]
    camera.session.port.to_host = Opposite({})
    assert camera.download(1).data != simulator.frames[0].data


def test_settings_hold_what_was_said_or_it_is_an_error():
    for seed in range(700, 712):
        simulator, camera, _ = on_a_bad_line('flip', 'to_host', seed, 0.1)
        for value in ('off', 'force', 'auto', 'slow_sync') * 5:
            try:
                assert camera.set('flash_mode', value) == value
            except DeviceError:
                continue
            assert simulator.registers[7] == {'auto': 0, 'force': 1, 'off': 2, 'slow_sync': 4}[
                value]


def test_a_transfer_that_is_cancelled_on_a_bad_line_leaves_a_usable_camera():
    def stop(progress):
        raise Cancelled('enough')
    for seed in range(720, 732):
        simulator, camera, _ = on_a_bad_line('drop', 'to_host', seed, 0.1)
        for _ in range(10):
            with pytest.raises(DeviceError):
                camera.download(1, stop)
        camera.session.port.to_host = None
        camera.session.recovering(lambda: None)
        assert camera.download(2).data == simulator.frames[1].data
        camera.session.act(Action.TAKE_PICTURE)
        assert len(simulator.shots) == 1

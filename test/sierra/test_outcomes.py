# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What was seen to go wrong, by name (sierra.md 5.3); the generated rest is in test/matrix."""

from datetime import datetime

from helpers import pattern
from matrix.engine import disturbed, Run
from matrix.sierra import KIND
import pytest

from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.errors import Cancelled, DeviceError, NotConfirmed, OutcomeUnknown, Refused
from camera_driver.model import Exposure
from camera_driver.operations import Outcome
from camera_driver.sim.loop import LoopPort


def connected():
    run = Run(KIND, 'capture')
    return run.simulator, run.port, run.device


def test_a_picture_that_is_taken_and_answered_nak_is_taken_once():
    simulator, _, camera = connected()
    simulator.misbehave('nak_obeyed', times=4, command=b'\x02\x02')
    shot = camera.capture()
    assert len(simulator.shots) == 1 and shot.image_index == 4
    assert 'counts 4 images instead of 3' in shot.settled


def test_a_trigger_that_was_not_taken_is_sent_again():
    simulator, _, camera = connected()
    simulator.misbehave('nak_command', times=3, command=b'\x02\x02')
    assert camera.capture().image_index == 4
    simulator.misbehave('nak_command', times=4, command=b'\x02\x02')
    with pytest.raises(Refused, match='NAK. It still counts 4 images: no picture was taken'):
        camera.capture()
    assert len(simulator.shots) == 1


def test_one_shot_that_made_two_pictures():
    simulator, _, camera = connected()
    simulator.misbehave('take_two', command=b'\x02\x02')
    shot = camera.capture()
    assert 'counts 5 images instead of 3: more than one' in shot.settled and shot.done


def test_the_line_is_lost_behind_the_end_report():
    run = disturbed(KIND, 'capture', 'behind < ENQ', 'port gone')
    shot = run.device.capture()
    assert shot.image_index is None and shot.done
    assert 'what it counts could not be asked: loop: the line is gone' in shot.settled


def test_the_line_is_lost_while_the_first_of_two_is_deleted():
    run = disturbed(KIND, 'delete', 'behind > action 7 erase_frame', 'port gone')
    with pytest.raises(OutcomeUnknown, match='deleted: none, unknown: 3, not deleted: 1'):
        run.device.delete([1, 3])
    assert len(run.simulator.frames) == 2


def test_a_deletion_that_was_done_and_answered_nak_takes_no_other_picture():
    simulator, _, camera = connected()
    rest = [simulator.frames[1]]
    simulator.misbehave('nak_obeyed', times=4, command=b'\x02\x07')
    camera.delete([1, 3])
    assert simulator.frames == rest


def test_images_that_are_all_alike_are_deleted():
    simulator, _, camera = connected()
    for frame in simulator.frames:
        frame.name, frame.data = 'SAME.JPG', pattern(100)
    camera.delete([1, 2])
    assert len(simulator.frames) == 1


def test_a_memory_that_was_changed_meanwhile_settles_nothing():
    run = disturbed(KIND, 'capture', 'within > action 2 take_picture', 'port gone')
    with pytest.raises(DeviceError):
        run.device.capture()
    run.simulator.frames.pop(0)
    run.simulator.press_shutter()
    run.simulator.press_shutter()
    assert run.settle(run.recorded[0]).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize('told', [{}, {'name': ''}, {'size': None}, {'name': '', 'size': None}])
def test_what_the_camera_refused_to_tell_before_is_not_compared(told):
    _, _, camera = connected()
    image = camera.list_images()[0]
    evidence = {'operation': 'delete', 'index': 1, 'folder': [], 'frame': 1, 'frames': 3,
                'name': image.name, 'size': image.size, **told}
    assert camera.settle(evidence).outcome is Outcome.NOT_DONE
    assert camera.settle({**evidence, 'frames': 4}).outcome is (
        Outcome.DONE if told.get('name', 1) == '' and 'size' in told else Outcome.UNKNOWN)


def test_what_it_did_not_do_it_does_not_settle():
    _, _, camera = connected()
    assert camera.settle({'operation': 'route'}).outcome is Outcome.UNKNOWN


def test_a_reset_at_the_trigger_does_not_block_for_a_minute():
    run = disturbed(KIND, 'capture', 'behind > action 2 take_picture', 'reset')
    with pytest.raises(Refused, match='no picture was taken'):
        run.device.capture()
    assert run.port.now() - run.port.happened < 25.0


def test_the_second_of_two_values_fails_and_the_first_is_named():
    simulator, _, camera = connected()
    simulator.misbehave('refuse', command=b'\x00\x05')
    with pytest.raises(Refused, match='shutter_us was written; .*refused to write register 5'):
        camera.set_exposure(Exposure(exposure_time=0.002, aperture='raw:3'))


@pytest.mark.parametrize('name, command', [
    ('set', b'\x01\x07'), ('set, a text', b'\x04\x16'), ('set_exposure', b'\x01\x03'),
    ('protect', b'\x01\x27'), ('set_clock', b'\x01\x02'), ('write_register', b'\x01\x35')])
def test_written_and_not_read_back(name, command):
    run = Run(KIND, name)
    run.simulator.misbehave('nak_command', times=1000, command=command)
    with pytest.raises(NotConfirmed, match='sent to the device'):
        run.recipe.call(run.device)
    assert run.done()[0]


def test_a_cancelled_operation_is_over_at_once():
    simulator, port, camera = connected()
    simulator.misbehave('lose_ack_of_action', command=b'\x02\x02')
    simulator.after(1.5, port.cancel)
    with pytest.raises(OutcomeUnknown, match='interrupted') as doubt:
        camera.capture()
    assert isinstance(doubt.value.__cause__, Cancelled) and port.now() < 3.0


@pytest.mark.parametrize('name, words, said', [
    ('capture', 'behind > get_int 3 shutter_us', 'the picture was taken'),
    ('upload', 'behind > get_vdata 79 frame_filename', 'stored as image 4')])
def test_ctrl_c_behind_what_was_done_does_not_hide_it(name, words, said):
    run = disturbed(KIND, name, words, 'interrupt', -1)
    with pytest.raises(OutcomeUnknown, match=f'interrupted; .*{said}'):
        run.recipe.call(run.device)
    assert all(run.done())


@pytest.mark.parametrize('words', ['behind > action 2 take_picture', '< ACK lost'])
@pytest.mark.parametrize('what', ['port gone', 'interrupt', 'cancel', 'reset'])
def test_a_picture_taken_is_not_said_to_have_failed(words, what):
    run = disturbed(KIND, 'capture', words, what, int(words == '< ACK lost'))
    said = run.call()
    assert (said.outcome is Outcome.NOT_DONE) == (what == 'reset')
    assert run.done() == (what != 'reset',)


class Deaf(LoopPort):
    """A line that carries nothing for 20 s from a command on, or from what answers it."""

    command = b''
    silent_until = 0.0

    def write(self, data):
        if self.command and data[4:6] == self.command:
            self.command = b''
            if self.answered:
                super().write(data)
            self.silent_until = self.now() + 20.0
        if self.now() >= self.silent_until:
            super().write(data)

    def read(self, timeout):
        end = self.now() + timeout
        while (data := super().read(max(0.0, end - self.now()))) and (
                self.now() < self.silent_until):
            pass
        return data


def deaf(command, answered):
    simulator = SierraSimulator()
    port = Deaf(simulator)
    camera = SierraCamera(port, {'pacing': 'burst'})
    camera.open()
    camera.set_exposure(Exposure(exposure_time=0.004))
    port.command, port.answered = command, answered
    return simulator, port, camera


def test_a_clock_that_is_read_back_late_is_right_all_the_same():
    simulator, port, camera = deaf(b'\x00\x02', True)
    start, wanted = port.now(), datetime(2026, 11, 21, 8, 0, 0)
    camera.set_clock(wanted)
    assert port.now() - start > 15.0
    late = (simulator.camera.time - wanted).total_seconds()
    assert abs(late - (port.now() - start)) < 2.0


def test_nearest_and_not_acknowledged_is_not_taken_for_done():
    simulator, port, camera = deaf(b'\x00\x03', False)
    with pytest.raises(NotConfirmed, match='2000 was sent and not acknowledged'):
        camera.set_exposure(Exposure(exposure_time=0.002), nearest=True)
    assert simulator.registers[3] == 4000


def test_a_folder_that_is_refused_for_a_moment_is_not_left_out():
    frames = SierraSimulator().frames
    simulator = SierraSimulator(folders={'DCIM/100SIERR': frames[:1], 'DCIM/101SIERR': frames[1:]})
    camera = SierraCamera(LoopPort(simulator), {'pacing': 'burst'})
    camera.open()
    for skip in range(8):
        camera.memory.changed()
        simulator.misbehave('refuse', skip=skip, command=b'\x03\x54')
        try:
            assert len(camera.list_images()) == len(frames)
        except Refused:
            pass  # nothing is said then
        simulator.faults.pending.clear()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What was seen to go wrong, by name (fuji_mx.md 5.3); the generated rest is in test/matrix."""

from contextlib import nullcontext

from fuji_mx.conversations import new_camera
from matrix.engine import disturbed, LONG
from matrix.fuji_mx import KIND, PICTURE
import pytest

from camera_driver.errors import DeviceError, NotConfirmed, OutcomeUnknown, Refused
from camera_driver.operations import Outcome

ERASE = 'behind > delete_picture'


def names(simulator):
    return [frame.name for frame in simulator.frames]


def test_a_nak_although_it_was_deleted_takes_no_other_picture(opened):
    camera, simulator = opened
    before = names(simulator)
    simulator.misbehave('nak_obeyed', command=b'\x19')
    camera.delete([2, 4])
    assert names(simulator) == [before[0], before[2], before[4]]
    assert simulator.log.count(b'\x19\4\0') == simulator.log.count(b'\x19\2\0') == 1


def test_the_line_is_lost_while_the_first_of_two_is_deleted():
    run = disturbed(KIND, 'delete', ERASE, 'port gone')
    with pytest.raises(OutcomeUnknown, match='unknown: 4; still there: 2') as caught:
        run.device.delete([2, 4])
    run.simulator.advance(run.simulator.now + LONG)
    found = run.settle(caught.value.evidence)
    assert (found.outcome, found.gone, found.in_doubt) == (Outcome.DONE, (4,), ())


def test_the_line_is_lost_behind_the_first_of_two():
    run = disturbed(KIND, 'delete', 'within > delete_picture 19: 2', 'port gone')
    with pytest.raises(OutcomeUnknown, match='deleted: 4; unknown: 2'):
        run.device.delete([2, 4])


def test_somebody_deletes_at_the_same_time(opened):
    camera, simulator = opened
    simulator.misbehave('lose_answer', command=b'\x19')

    def record(_):
        simulator.after(0.005, lambda: simulator.frames.pop(0))
        return nullcontext()

    camera.record = record
    with pytest.raises(OutcomeUnknown, match='unknown: 4.*list the images again') as caught:
        camera.delete([2, 4])
    assert camera.settle(caught.value.evidence).in_doubt == (4,)


def test_one_shot_that_made_two_pictures(opened):
    camera, simulator = opened
    simulator.misbehave('take_two', command=b'\x27')
    shot = camera.capture()
    assert 'counts 7 images instead of 5: more than one' in shot.settled
    assert (shot.image_index, shot.done is None) == (6, False)
    simulator.misbehave('take_two', command=b'\x27')
    simulator.misbehave('lose_answer', command=b'\x27')
    shot = camera.capture()
    assert 'counts 9 images instead of 7' in shot.settled and shot.image_index is None


def test_another_card_settles_nothing(opened):
    camera, simulator = opened
    simulator.misbehave('hang', command=b'\x27')
    with pytest.raises(OutcomeUnknown) as caught:
        camera.capture()
    simulator.power_cycle()
    simulator.frames.pop(4)
    for picture in (simulator.press_shutter(), simulator.press_shutter()):
        assert picture.name
    assert camera.settle(caught.value.evidence).outcome is Outcome.UNKNOWN


def test_every_block_of_an_upload_is_refused(opened):
    camera, simulator = opened
    simulator.misbehave('nak_command', 1000, command=b'\x0e')
    with pytest.raises(Refused, match='DSC00042.JPG is not in its list'):
        camera.upload('DSC00042.JPG', PICTURE)


def test_the_flash_in_doubt_is_no_doubt_about_the_picture():
    camera, simulator = new_camera({'charge_flash': 200})
    camera.open()
    simulator.misbehave('hang', command=b'\x34')
    with pytest.raises(DeviceError) as caught:
        camera.capture()
    assert not isinstance(caught.value, OutcomeUnknown) and simulator.shots == []


@pytest.mark.parametrize('name, value', [('flash_mode', 'off'), ('camera_id', 'drone 7')])
def test_written_and_not_read_back(opened, name, value):
    camera, simulator = opened
    number = 0x30 if name == 'flash_mode' else 0x80
    simulator.misbehave('nak_command', 100, command=bytes([number]))
    with pytest.raises(NotConfirmed, match=f'{name}: {value} was sent'):
        camera.set(name, value)


@pytest.mark.parametrize('what', ['port gone', 'cancel'])
def test_a_later_error_does_not_undo_what_was_reported(what):
    run = disturbed(KIND, 'capture', 'within > get_picture_count', what, 1)
    assert run.device.capture().image_index == 6


def test_a_nak_although_it_was_taken_takes_no_other_picture(opened):
    camera, simulator = opened
    simulator.misbehave('nak_obeyed', command=b'\x27')
    shot = camera.capture()
    assert (len(simulator.shots), shot.image_index) == (1, 6)
    assert 'counts 6 images instead of 5' in shot.settled


@pytest.mark.parametrize('what', ['port gone', 'interrupt', 'cancel'])
@pytest.mark.parametrize('words', ['behind > take_picture', 'behind < ACK'])
def test_a_picture_taken_is_not_said_to_have_failed(words, what):
    run = disturbed(KIND, 'capture', words, what, 2 * (words == 'behind < ACK'))
    assert run.call().outcome is Outcome.UNKNOWN
    assert all(run.done())


def test_a_late_answer_to_the_command_before_is_not_taken(opened):
    camera, simulator = opened
    simulator.misbehave('very_late_block', 1000)
    try:
        assert camera.set('camera_id', 'drone 7') == 'drone 7'
    except NotConfirmed:
        pass
    assert simulator.camera.camera_id == b'drone 7   '

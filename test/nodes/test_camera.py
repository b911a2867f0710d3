# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Capture, exposure, sequences, calibration: a sierra camera behind its node, over DDS."""

from contextlib import closing, contextmanager
from itertools import count
import math
import re
import sqlite3
import threading
import time

from helpers import wait_until
from node_rig import rig, sierra
import pytest
from rcl_interfaces.msg import Log
from rclpy.clock import Clock as RosClock, ClockType
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from sensor_msgs.srv import SetCameraInfo
from std_srvs.srv import Trigger

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.devices.sierra.simulator.simulator import State
from camera_driver.errors import Busy
from camera_driver.msg import CaptureEvent, Exposure
from camera_driver.nodes.abilities.capture import Captures, Patience
from camera_driver.nodes.abilities.sequence import Grid, pause
from camera_driver.nodes.camera_info import Calibration
from camera_driver.nodes.convert import seconds, time_message
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Capture, GetExposure, SetExposure, StepExposure

TAKE_PICTURE = b'\x02\x02'


@pytest.fixture
def front(tmp_path):
    with rig(SierraNode, sierra(), tmp_path, name='front') as one:
        yield one


def misbehave(one, what, **how):
    one.terminal.do(lambda: one.simulator.misbehave(what, **how))


def states(one):
    with closing(sqlite3.connect(one.folder / 'shots.sqlite3')) as ledger:
        return ledger.execute('SELECT shot_id, state FROM shots ORDER BY number').fetchall()


def test_capture_is_stamped_published_and_recorded(front):
    events = front.listen(CaptureEvent, 'capture_event')
    before = time.time()
    response = front.call(Capture, 'capture', wait=True)
    after = time.time()
    assert response.success, response.message
    assert response.image_index == 4
    assert before < seconds(response.stamp) < after - 0.05  # the trigger, not the end
    assert 0 < response.stamp_uncertainty < 1
    event, = wait_until(lambda: events)
    assert event.success and not event.outcome_unknown
    assert (event.shot_id, event.image_index) == (response.shot_id, 4)
    assert event.header.stamp == response.stamp
    assert event.header.frame_id == 'front_optical_frame'
    assert event.stamp_source == CaptureEvent.STAMP_TRIGGER
    assert states(front) == [(response.shot_id, 'stored')]
    assert len(front.simulator.shots) == 1


def test_without_waiting_the_answer_comes_when_the_trigger_has_left(tmp_path):
    with rig(SierraNode, sierra(exposure_duration=2.0), tmp_path) as one:
        events = one.listen(CaptureEvent, 'capture_event')
        response = one.call(Capture, 'capture', wait=False)
        assert response.success and not events
        assert response.image_index == -1
        event, = wait_until(lambda: events)
        assert (event.shot_id, event.header.stamp) == (response.shot_id, response.stamp)
        assert event.image_index == 4


def test_how_late_a_shot_is_triggered_is_told(front):
    events = front.listen(CaptureEvent, 'capture_event')
    response = front.call(Capture, 'capture', wait=True, max_delay=60.0)
    event, = wait_until(lambda: events)
    assert response.delay == event.delay > 0
    feedback = []
    assert front.act(CaptureSequence, 'capture_sequence', feedback.append, count=1,
                     max_delay=60.0).success
    wait_until(lambda: feedback and len(events) == 2)
    assert feedback[0].delay == events[1].delay > 0
    misbehave(front, 'refuse', command=TAKE_PICTURE)
    assert math.isnan(front.call(Capture, 'capture', wait=True).delay)
    wait_until(lambda: len(events) == 3)
    assert math.isnan(events[2].delay)


@pytest.mark.parametrize('max_delay', [-1.0, math.nan, math.inf])
def test_a_bound_that_is_none_is_refused(front, max_delay):
    response = front.call(Capture, 'capture', wait=True, max_delay=max_delay)
    assert not response.success and 'max_delay' in response.message
    assert not front.send_goal(CaptureSequence, 'capture_sequence', count=1,
                               max_delay=max_delay).accepted
    assert not states(front) and not front.simulator.shots


def refusals(one):
    with closing(sqlite3.connect(one.folder / 'shots.sqlite3')) as ledger:
        return [message for message, in ledger.execute(
            "SELECT message FROM shots WHERE state = 'failed'")]


@contextmanager
def line_taken(tmp_path):
    """Give a camera whose line is taken by a download, for 10 s a picture if it is not freed."""
    with rig(SierraNode, sierra(max_speed=9600), tmp_path, baudrate=9600) as one:
        one.terminal.paced = True
        begun = []
        goal = one.send_goal(DownloadImages, 'download_images', begun.append, indices=[2])
        wait_until(lambda: begun)
        yield one, goal


def test_a_shot_that_would_be_too_late_is_not_taken(tmp_path):
    with line_taken(tmp_path) as (one, download):
        response = one.call(Capture, 'capture', wait=True, max_delay=0.2)
        assert not response.success and not response.outcome_unknown and not response.shot_id
        assert re.search('not taken: .* s late .* is 0.2 s: the device was downloading image 2',
                         response.message), response.message
        assert one.node.worker.activity  # it did not wait for the end of that
        assert refusals(one) == [response.message]
        one.terminal.paced = False
        assert one.result(download.get_result_async()).result.success
        assert one.call(Capture, 'capture', wait=True).success
        assert len(one.simulator.shots) == 1


def test_a_sequence_loses_the_places_at_which_it_would_be_too_late(tmp_path):
    with line_taken(tmp_path) as (one, _):
        feedback = []
        sequence = one.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                                 interval=0.1, max_delay=0.05)
        wait_until(lambda: len(feedback) >= 2)
        assert 'max_delay is 0.05 s' in feedback[1].message and not feedback[1].shot_id
        assert not one.simulator.shots
        one.terminal.paced = False
        wait_until(lambda: feedback[-1].taken >= 2)
        one.result(sequence.cancel_goal_async())
        result = one.result(sequence.get_result_async()).result
        assert len(refusals(one)) == result.failed >= 2


def test_a_shot_whose_turn_comes_too_late_is_not_begun(front):
    """Its time passed, and its job began before it was withdrawn."""
    captures, event = front.node.part(Captures), CaptureEvent()
    patience = Patience(time.monotonic() - 5.0, 4.0, 'deleting images')
    with pytest.raises(Busy, match=r'\d s late .* is 4 s: the device was deleting images'):
        front.node.run('capturing', lambda camera: captures._shoot(
            camera, event, None, False, patience))
    assert not event.shot_id and not front.simulator.shots


def test_trigger_delay_moves_the_stamp(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        assert one.node.set_parameters([Parameter('trigger_delay', value=10.0)])[0].successful
        response = one.call(Capture, 'capture', wait=True)
        assert 5 < seconds(response.stamp) - time.time() < 10


def test_a_camera_that_fell_asleep_is_woken_and_the_event_tells_how_long_that_took(tmp_path):
    with rig(SierraNode, sierra(idle_timeout=0.5), tmp_path, keep_alive=0.0) as one:
        events = one.listen(CaptureEvent, 'capture_event')
        wait_until(lambda: one.terminal.do(lambda: one.simulator.state is State.ASLEEP))
        response = one.call(Capture, 'capture', wait=True)
        assert response.success, response.message
        event, = wait_until(lambda: events)
        found = re.fullmatch(r'making it ready took (\d+\.\d\d) s', event.message)
        assert found and float(found[1]) > 0.1  # the pause after a change of speed (3.4)
        assert len(one.simulator.shots) == 1


def test_memory_full_is_a_failed_shot(front):
    events = front.listen(CaptureEvent, 'capture_event')
    misbehave(front, 'refuse', command=TAKE_PICTURE)
    response = front.call(Capture, 'capture', wait=True)
    assert not response.success and response.message
    event, = wait_until(lambda: events)
    assert not event.success and not event.outcome_unknown
    assert states(front) == [(event.shot_id, 'failed')]


def test_a_lost_confirmation_is_settled_by_the_camera_itself(front):
    misbehave(front, 'lose_ack_of_action', command=TAKE_PICTURE)
    response = front.call(Capture, 'capture', wait=True)
    assert response.success and 'counts 4 images' in response.message
    assert response.stamp_uncertainty > 0.5  # some time since the command
    assert len(front.simulator.shots) == 1


def test_a_cable_pulled_behind_the_trigger_leaves_a_doubt_that_is_settled(tmp_path):
    with rig(SierraNode, sierra(exposure_duration=5.0), tmp_path, name='front') as front:
        events = front.listen(CaptureEvent, 'capture_event')
        begun = front.call(Capture, 'capture', wait=False)
        waiting = front.begin(Capture, 'capture', wait=True)
        front.terminal.unplug()
        event, = wait_until(lambda: events)
        assert event.outcome_unknown and not event.success
        assert event.shot_id == begun.shot_id
        assert not front.result(waiting).success
        assert [state for _, state in states(front)] == ['unknown', 'failed']
        front.terminal.replug()
        wait_until(lambda: len(events) == 2)
        settled = events[1]
        assert settled.update and settled.success and settled.shot_id == begun.shot_id
        assert settled.header.stamp == event.header.stamp
        assert settled.image_index == len(front.simulator.frames)
        assert [state for _, state in states(front)] == ['stored', 'failed']
        assert len(front.simulator.shots) == 1


def test_without_a_camera_a_shot_is_recorded_as_failed(front):
    front.terminal.unplug()
    wait_until(lambda: not front.node.connected)
    response = front.call(Capture, 'capture', wait=True)
    assert not response.success and 'not connected' in response.message
    assert [state for _, state in states(front)] == ['failed']  # as commanded as any other


def test_exposure(front):
    held = front.call(GetExposure, 'get_exposure')
    assert held.success, held.message
    assert 'exposure_time' in [one.quantity for one in held.ranges]
    nothing = math.nan
    response = front.call(SetExposure, 'set_exposure', exposure=Exposure(
        exposure_time=0.004, f_number=nothing, iso=nothing))
    assert response.success, response.message
    assert response.exposure.exposure_time == pytest.approx(0.004)
    assert front.call(GetExposure, 'get_exposure').exposure.exposure_time == pytest.approx(0.004)
    response = front.call(StepExposure, 'step_exposure', quantity='exposure_time', steps=1.0)
    assert response.exposure.exposure_time == pytest.approx(0.008), response.message


def test_exposure_is_set_again_after_a_reconnect(front):
    nothing = math.nan
    before = front.call(GetExposure, 'get_exposure').exposure.exposure_time
    for quantity in ({'exposure_time': 0.004}, {'aperture': 'raw:2'}):
        response = front.call(SetExposure, 'set_exposure', exposure=Exposure(**{
            'exposure_time': nothing, 'f_number': nothing, 'iso': nothing, **quantity}))
        assert response.success, response.message
    front.terminal.do(lambda: front.simulator.registers.update({3: round(before * 1e6), 5: 1}))
    assert 'applied: exposure' in front.call(Trigger, 'reset_device').message
    held = front.call(GetExposure, 'get_exposure').exposure
    assert held.exposure_time == pytest.approx(0.004) and held.aperture == 'raw:2'


@pytest.mark.parametrize('exposure, why', [
    (Exposure(exposure_time=-1.0, f_number=math.nan, iso=math.nan), 'exposure_time'),
    (Exposure(exposure_time=math.nan, f_number=math.nan, iso=math.nan), 'nothing to set')])
def test_bad_exposure_is_refused_in_words(front, exposure, why):
    response = front.call(SetExposure, 'set_exposure', exposure=exposure)
    assert not response.success and why in response.message
    response = front.call(StepExposure, 'step_exposure', quantity='colour', steps=1.0)
    assert not response.success and 'exposure_time' in response.message


def test_sequence(front):
    feedback = []
    result = front.act(CaptureSequence, 'capture_sequence', feedback.append, count=3,
                       interval=0.2)
    assert result.success, result.message
    assert (result.taken, result.unknown, result.failed) == (3, 0, 0)
    assert len(set(result.shot_ids)) == 3
    assert len(front.simulator.shots) == 3
    wait_until(lambda: len(feedback) == 3)
    assert math.isnan(feedback[0].achieved_interval)
    assert feedback[2].achieved_interval > 0
    assert [state for _, state in states(front)] == ['stored'] * 3


def test_a_shot_learns_the_name_of_its_image_by_itself(front):
    front.call(Capture, 'capture', wait=True)
    with closing(sqlite3.connect(front.folder / 'shots.sqlite3')) as ledger:
        wait_until(lambda: ledger.execute('SELECT name FROM shots').fetchall() == [
            (front.simulator.frames[3].name,)])


def test_a_sequence_without_a_camera(front):
    front.terminal.unplug()
    wait_until(lambda: not front.node.connected)
    result = front.act(CaptureSequence, 'capture_sequence', count=2, interval=0.0)
    assert (result.success, result.failed, list(result.shot_ids)) == (False, 2, [])


def test_a_sequence_goes_on_after_any_number_of_failures(front):
    feedback = []
    misbehave(front, 'refuse', times=3, command=TAKE_PICTURE)
    result = front.act(CaptureSequence, 'capture_sequence', feedback.append, count=4,
                       interval=0.0)
    assert not result.success
    assert (result.taken, result.failed, len(result.shot_ids)) == (1, 3, 4)
    assert result.message.startswith('1 taken, 0 unknown, 3 failed; the last problem: ')
    wait_until(lambda: len(feedback) == 4)
    assert feedback[2].message and result.message.endswith(feedback[2].message)
    assert math.isnan(feedback[3].achieved_interval)


@pytest.mark.parametrize('count', [0, 9])
def test_a_sequence_gives_up_after_as_many_failures_in_a_row_as_it_is_told(front, count):
    front.terminal.unplug()
    wait_until(lambda: not front.node.connected)
    result = front.act(CaptureSequence, 'capture_sequence', count=count, interval=0.0,
                       give_up_after=2)
    assert not result.success and (result.taken, result.failed) == (0, 2)
    assert '2 failed; given up after 2 failures in a row; the last problem: ' in result.message


def test_the_pause_after_a_failure_grows():
    assert [pause(failures) for failures in (0, 1, 2, 3, 4, 5, 6, 10000)] == [
        0.0, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]


@pytest.mark.parametrize('interval', [0.0, 0.5])
def test_a_sequence_lives_through_a_lost_link(front, interval):
    feedback = []
    goal = front.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                           interval=interval)
    wait_until(lambda: feedback)
    front.terminal.unplug()
    lost = wait_until(lambda: [one for one in feedback if not one.shot_id])[0]
    assert 'not connected' in lost.message
    front.terminal.replug()
    wait_until(lambda: feedback[-1].taken >= lost.taken + 2)
    front.result(goal.cancel_goal_async())
    result = front.result(goal.get_result_async()).result
    assert result.taken >= lost.taken + 2 and 'cancelled' in result.message
    assert result.taken <= len(front.simulator.shots) <= result.taken + result.unknown
    assert len(states(front)) == result.taken + result.unknown + result.failed


def test_a_second_sequence_is_rejected_while_one_is_under_way(front):
    feedback = []
    log = front.listen(Log, '/rosout')
    first = front.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                            interval=3600.0)
    wait_until(lambda: feedback)
    assert not front.send_goal(CaptureSequence, 'capture_sequence', count=1).accepted
    wait_until(lambda: any('goal rejected: another sequence or survey is' in line.msg
                           for line in log))
    front.result(first.cancel_goal_async())
    assert front.result(first.get_result_async()).result.taken == 1
    assert front.act(CaptureSequence, 'capture_sequence', count=1).success


def test_of_sequences_asked_for_in_the_same_instant_one_runs(front):
    goals = front.send_goals(CaptureSequence, 'capture_sequence', 20, count=1, interval=0.0)
    # One that is over before the next one is looked at is not in its way.
    results = [front.result(goal.get_result_async()).result for goal in goals if goal.accepted]
    assert results[0].success
    assert all(one.success or 'another sequence' in one.message for one in results)
    assert len(front.simulator.shots) == sum(one.success for one in results)


def test_endless_sequence_is_cancelled(front):
    feedback = []
    goal = front.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                           interval=3600.0)
    wait_until(lambda: feedback)
    front.result(goal.cancel_goal_async())
    result = front.result(goal.get_result_async()).result
    assert result.taken == 1 and 'cancelled' in result.message


def test_a_sequence_ends_when_the_node_is_deactivated(front):
    feedback = []
    goal = front.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                           interval=3600.0)
    wait_until(lambda: feedback)
    front.node.trigger_deactivate()
    result = front.result(goal.get_result_async()).result
    assert not result.success and 'deactivated' in result.message
    assert result.taken == len(result.shot_ids) == len(front.simulator.shots) == 1


def test_a_shot_under_way_at_deactivation_has_its_event(tmp_path):
    with rig(SierraNode, sierra(exposure_duration=2.0), tmp_path) as one:
        events = one.listen(CaptureEvent, 'capture_event')
        begun = one.call(Capture, 'capture', wait=False)
        one.node.trigger_deactivate()
        event, = wait_until(lambda: events)
        assert event.success and event.shot_id == begun.shot_id


def test_no_stamp_is_negative_before_the_clock_begins(tmp_path):
    with rig(SierraNode, sierra(), tmp_path, use_sim_time=True) as one:
        response = one.call(Capture, 'capture', wait=True)
        assert response.success, response.message
        assert seconds(response.stamp) == 0.0


def test_the_places_of_a_sequence_in_time():
    now = 1000.0
    grid = Grid(2.0, lambda: now)
    assert grid.left() == 0.0
    grid.next()
    assert grid.left() == grid.left() == 2.0  # a clock that stands still
    now = 1001.5
    assert grid.left() == 0.5
    now = 1002.25
    assert grid.left() == -0.25
    grid.next()
    assert grid.left() == 1.75
    now = 1009.0  # too slow: the places at 1004, 1006 and 1008 are over
    grid.next()
    assert grid.left() == 1.0
    now = 1008.5
    assert grid.left() == 1.5
    now = 5.0  # set back: never more than an interval
    assert grid.left() == 2.0
    now = 6.5
    assert grid.left() == 0.5


def test_a_sequence_without_interval_is_always_due():
    moment = 1000.0
    grid = Grid(0.0, lambda: moment)
    for moment in (1000.0, 1000.0, 1007.0, 5.0):
        assert grid.left() <= 0.0
        grid.next()


def test_with_use_sim_time_a_sequence_keeps_to_the_clock_topic(tmp_path):
    with rig(SierraNode, sierra(), tmp_path, use_sim_time=True) as one:
        clock = one.client.create_publisher(Clock, '/clock', 1)

        def tell(now):
            clock.publish(Clock(clock=time_message(now)))

        def run_to(now):
            wait_until(lambda: tell(now) or one.node.seconds() == pytest.approx(now, abs=1e-6))

        events = one.listen(CaptureEvent, 'capture_event')
        run_to(1e6)
        feedback = []
        goal = one.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                             interval=3600.0)
        wait_until(lambda: len(feedback) == 1)
        run_to(1e6 + 3599)
        run_to(1e6 + 3601)
        wait_until(lambda: len(feedback) == 2)
        assert feedback[1].achieved_interval == pytest.approx(3601, abs=0.5)
        run_to(10.0)  # a simulation that begins again
        times = count(10, 20)
        wait_until(lambda: tell(float(next(times))) or len(feedback) == 3)
        wait_until(lambda: len(events) == 3)
        first, second, third = (seconds(event.header.stamp) for event in events)
        assert (first, second) == pytest.approx((1e6, 1e6 + 3601), abs=0.5)
        assert 3600 < third < 1e6
        one.result(goal.cancel_goal_async())  # while the clock stands still
        assert one.result(goal.get_result_async()).result.taken == 3


def test_the_clock_topic_is_heard_while_a_parameter_waits(tmp_path):
    with rig(SierraNode, sierra(), tmp_path, use_sim_time=True) as one:
        clock = one.client.create_publisher(Clock, '/clock', 1)
        begun, over = threading.Event(), threading.Event()

        def wait_for_the_device():
            begun.set()
            over.wait(60)

        steady = RosClock(clock_type=ClockType.STEADY_TIME)
        one.node.create_timer(0.01, wait_for_the_device, clock=steady)  # in the default group
        try:
            assert begun.wait(60)
            wait_until(lambda: clock.publish(Clock(clock=time_message(1e6)))
                       or one.node.seconds() > 0)
        finally:
            over.set()


def test_impossible_interval_is_rejected(front):
    for interval in (-1.0, math.nan, math.inf):
        assert not front.send_goal(CaptureSequence, 'capture_sequence', count=1,
                                   interval=interval).accepted


def test_picture_goes_from_capture_to_topics_with_the_shots_stamp(front):
    raw = front.listen(Image, 'image_raw')
    compressed = front.listen(CompressedImage, 'image_raw/compressed')
    info = front.listen(CameraInfo, 'camera_info')
    response = front.call(Capture, 'capture', wait=True, download=True)
    wait_until(lambda: raw and compressed and info)
    assert raw[0].header == compressed[0].header == info[0].header
    assert raw[0].header.stamp == response.stamp
    assert bytes(compressed[0].data) == front.simulator.frames[3].data
    assert (raw[0].width, raw[0].height) == (info[0].width, info[0].height)
    assert not any(info[0].k)
    wait_until(lambda: states(front) == [(response.shot_id, 'verified')])


def test_calibration(front):
    k = [500.0, 0.0, 160.0, 0.0, 500.0, 120.0, 0.0, 0.0, 1.0]
    response = front.call(SetCameraInfo, 'set_camera_info', camera_info=CameraInfo(
        width=320, height=240, k=k, distortion_model='plumb_bob', d=[0.0] * 5))
    assert response.success, response.status_message
    assert (front.folder / 'calibration.yaml').exists()
    response = front.call(SetCameraInfo, 'set_camera_info', camera_info=CameraInfo())
    assert not response.success and 'width' in response.status_message


@pytest.mark.parametrize('simulated', [True, False])
def test_simulated_and_real_cameras_of_one_name_share_no_files(tmp_path, monkeypatch, simulated):
    for name in ('HOME', 'ROS_HOME'):
        monkeypatch.setenv(name, str(tmp_path / name))
    with rig(SierraNode, sierra(), tmp_path, name='front', simulate=simulated,
             camera_info_url='', download_directory='', ledger_file='') as one:
        result = one.act(DownloadImages, 'download_images', indices=[1], thumbnails_only=True)
        assert result.success, result.message
        response = one.call(SetCameraInfo, 'set_camera_info', camera_info=CameraInfo(
            width=320, height=240, distortion_model='plumb_bob', d=[0.0] * 5,
            k=[500.0, 0.0, 160.0, 0.0, 500.0, 120.0, 0.0, 0.0, 1.0]))
        assert response.success, response.status_message
    below = 'simulated/' if simulated else ''
    picture, = result.files
    assert picture.startswith(f'{tmp_path}/HOME/camera_driver/{below}front/')
    files = [str(path.relative_to(tmp_path / 'ROS_HOME'))
             for path in (tmp_path / 'ROS_HOME').rglob('*') if path.is_file()]
    assert f'camera_info/{below}front.yaml' in files
    assert ('camera_driver/shots.sqlite3' in files) is not simulated
    assert bool(Calibration('front').known) is not simulated

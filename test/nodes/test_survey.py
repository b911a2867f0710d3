# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Surveys over DDS: a flight in simulated time, a camera that fails in several ways, a command."""

from contextlib import contextmanager
from dataclasses import replace
import json
import math
import os
import signal
import subprocess
import sys

from diagnostic_msgs.msg import DiagnosticArray
from helpers import wait_until
from node_rig import rig, sierra
from nodes.test_geotags import Flying
from payload.flights import START
import pytest
from sensor_msgs.msg import CameraInfo
from sensor_msgs.srv import SetCameraInfo
from std_srvs.srv import SetBool, Trigger

from camera_driver.action import CaptureSequence, Survey
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.sierra_node import SierraNode

TAKE_PICTURE = b'\x02\x02'


class Flight(Flying):
    """A node that surveys, 15 m/s fast, in time that goes on when it is told to."""

    def __init__(self, one):
        super().__init__(one)
        self.t = 0.0
        self.feedback = []

    def begin(self, **goal):
        self.goal = self.rig.send_goal(Survey, 'survey', self.feedback.append, **goal)
        self.future = self.goal.get_result_async()

    def to(self, t, **fields):
        """Let fixes come until then, and after them the time."""
        self.fly(self.t + 0.2, t, **fields)
        self.t = t
        self.run_to(t)

    def told(self, **wanted):
        """Wait for feedback with these values."""
        return wait_until(lambda: next((
            one for one in self.feedback
            if all(getattr(one, name) == value for name, value in wanted.items())), None))

    def message(self, text):
        return wait_until(lambda: next((
            one for one in self.feedback if text in one.message), None))

    def result(self, cancel=True):
        if cancel:
            self.rig.result(self.goal.cancel_goal_async())
        return self.rig.result(self.future).result


@contextmanager
def flight(folder, simulator=None, **parameters):
    with rig(SierraNode, simulator or sierra(), folder, use_sim_time=True, geotag_fix_topic='/fix',
             **parameters) as one:
        it = Flight(one)
        it.run_to(0.0)
        it.fly(0, 0)
        yield it


def test_along_the_track(tmp_path):
    with flight(tmp_path) as it:
        it.begin(trigger=Survey.Goal.BY_DISTANCE, distance=30.0, speed=15.0, cycle_time=0.5)
        first = it.told(taken=1)
        assert first.shot_id and first.missed == 0
        refused = it.rig.call(Trigger, 'reset_device')
        assert ('locked for a mission, by a survey that is under way; wait for its end, or cancel'
                in refused.message)
        assert not it.rig.call(SetBool, 'lock', data=False).success

        it.to(2.05)
        second = it.told(taken=2)
        assert second.travelled == pytest.approx(30.75, abs=0.05)
        assert second.next_distance == pytest.approx(29.25, abs=0.05)
        assert second.next_time == pytest.approx(29.25 / 15, abs=0.01)
        assert second.achieved_interval == pytest.approx(2.05, abs=0.2)

        it.to(3.9)
        it.to(4.9)  # 60 m were at 4.0 s
        it.told(missed=1)
        for fields in ({'latitude': math.nan}, {'latitude': 0.0, 'longitude': 0.0},
                       {'latitude': 47.9}):
            it.fly(5.0, 5.0, **fields)
        it.fly(4.0, 4.2)  # back in time
        it.to(6.05)
        assert it.told(taken=3).missed == 1

        # A pause: nobody misses what was not to be taken.
        assert it.rig.call(SetBool, 'pause_survey', data=True).message == 'paused'
        it.told(paused=True)
        it.to(7.9)
        it.to(9.7)
        assert it.rig.call(SetBool, 'pause_survey', data=False).message == 'goes on'
        assert it.told(taken=4).missed == 1  # here, at 145.5 m

        # No fix for ten seconds; then 175.5 to 295.5 m are over.
        it.run_to(20.0)
        blind = it.message('the position is not known: the last fix is 10.4 s old')
        assert math.isnan(blind.next_distance) and math.isnan(blind.travelled)
        it.t = 19.8
        it.to(20.4)  # 306 m
        assert it.told(missed=6).taken == 4
        it.to(21.75)  # 326.25 m
        it.told(taken=5)
        result = it.result()
        assert (result.taken, result.missed, result.failed, result.unknown) == (5, 6, 0, 0)
        assert not result.success and result.spacing == 30.0 and result.cycle_time == 0.5
        assert result.message == ('5 taken, 0 unknown, 0 failed, 6 missed; cancelled; the largest '
                                  f'hole is of 5: {blind.message}')
        assert len(result.shot_ids) == len(it.rig.simulator.shots) == 5
        one, other = result.holes
        assert (one.places, other.places) == (1, 5)
        assert one.reason == 'time or way made a leap'
        assert other.reason == blind.message
        assert seconds(other.begin) - START == pytest.approx(20.0, abs=0.1)
        assert seconds(other.end) - START == pytest.approx(20.2, abs=0.3)
        assert it.rig.call(SetBool, 'lock', data=False).message == 'not locked'
        no = it.rig.call(SetBool, 'pause_survey', data=True)
        assert (no.success, no.message) == (False, 'no survey is under way')


def misbehave(it, what, **how):
    it.rig.terminal.do(lambda: it.rig.simulator.misbehave(what, **how))


def test_a_camera_that_fails_and_drops_out(tmp_path):
    """A place each 10 s: refused, while the cable is out, and with an outcome that is unknown."""
    with flight(tmp_path, sierra(), start_locked=True) as it:
        it.begin(trigger=Survey.Goal.BY_INTERVAL, interval=10.0, count=7)
        it.told(taken=1)
        misbehave(it, 'refuse', times=1, command=TAKE_PICTURE)
        it.run_to(10.0)
        assert it.told(failed=1).message
        it.rig.terminal.unplug()
        wait_until(lambda: not it.node.connected)
        for number in (1, 2):
            it.run_to(10.0 + 10 * number)
            assert 'not connected' in it.told(missed=number).message
        it.rig.terminal.replug()
        wait_until(lambda: it.node.connected)
        it.run_to(40.0)
        it.told(taken=2)
        it.run_to(30.0)  # the clock is set back
        known = len(it.feedback)
        wait_until(lambda: len(it.feedback) > known + 1)  # the survey has looked at it since
        it.run_to(40.0)
        it.told(taken=3)

        it.rig.terminal.do(it.rig.simulator.log.clear)
        it.rig.terminal.do(lambda: vars(it.rig.simulator).update(
            options=replace(it.rig.simulator.options, exposure_duration=5.0)))
        it.run_to(50.0)
        wait_until(lambda: any(one[:2] == TAKE_PICTURE for one in [*it.rig.simulator.log]))
        it.rig.terminal.unplug()
        it.told(unknown=1)
        it.rig.terminal.replug()
        result = it.result(cancel=False)
        assert (result.taken, result.missed, result.failed, result.unknown) == (3, 2, 1, 1)
        assert result.outcome_unknown and not result.success
        assert [hole.places for hole in result.holes] == [3]
        assert 'not connected' in result.holes[0].reason
        assert len(it.rig.simulator.shots) <= 4  # the unknown one was not repeated
        assert 'by its parameter start_locked' in it.rig.call(SetBool, 'lock', data=True).message


def test_a_camera_that_is_too_slow(tmp_path):
    with flight(tmp_path, sierra(exposure_duration=0.5)) as it:
        it.begin(trigger=Survey.Goal.BY_INTERVAL, interval=1.0, cycle_time=2.4)
        refused = it.result(cancel=False)
        assert refused.message.startswith('the camera cannot do it: it needs 2.4 s from trigger ')
        assert math.isnan(refused.spacing) and refused.cycle_time == 2.4
        assert not it.rig.simulator.shots
        it.begin(trigger=Survey.Goal.BY_INTERVAL, interval=1.0, cycle_time=2.4, count=1,
                 slow_down=True)
        slowed = it.result(cancel=False)
        assert slowed.success and slowed.spacing == 2.4
        assert slowed.message.endswith('slowed down to 2.4 s')
        # What it has measured by then.
        it.begin(trigger=Survey.Goal.BY_DISTANCE, distance=3.0, speed=15.0)
        refused = it.result(cancel=False)
        assert 'places are 0.2 s apart (3 m at 15 m/s)' in refused.message
        assert refused.cycle_time > 0.5
        # Faster than was said: places pass while the camera is at work.
        it.begin(trigger=Survey.Goal.BY_DISTANCE, distance=3.0)
        wait_until(lambda: it.node.worker.activity)
        it.to(0.5)
        assert it.message('the camera was still at work on the picture before').missed == 2
        result = it.result()
        assert (result.taken, result.missed) == (1, 2)
        assert 'not checked whether the camera can do it: that needs the s' in result.message


@pytest.fixture
def hover(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        yield one


def test_what_cannot_begin(hover):
    for words, goal in (
            ("trigger '': interval, distance, overlap is known", {}),
            ('interval: 0 is not allowed', {'trigger': 'interval'}),
            ('Say geotag_fix_topic', {'trigger': 'distance', 'distance': 20.0}),
            ('max_delay: nan', {'trigger': 'interval', 'interval': 1.0, 'max_delay': math.nan}),
            ('sensor_size and focal_length are not given, and there is no calibration',
             {'trigger': 'overlap', 'overlap': 0.6, 'height': 100.0})):
        result = hover.act(Survey, 'survey', **goal)
        assert words in result.message and not result.success
    info = CameraInfo(width=640, height=480, distortion_model='plumb_bob', d=[0.0] * 5,
                      k=[600.0, 0.0, 320.0, 0.0, 600.0, 240.0, 0.0, 0.0, 1.0],
                      r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
                      p=[600.0, 0.0, 320.0, 0.0, 0.0, 600.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    assert hover.call(SetCameraInfo, 'set_camera_info', camera_info=info).success
    result = hover.act(Survey, 'survey', trigger='overlap', overlap=0.75, height=100.0,
                       speed=20.0, cycle_time=2.0)
    assert 'the places are 1 s apart (20 m at 20 m/s)' in result.message
    assert not hover.simulator.shots

    feedback = []
    first = hover.send_goal(Survey, 'survey', feedback.append, trigger='interval', interval=900.0)
    wait_until(lambda: any(one.taken for one in feedback))
    assert 'another sequence or survey is under way' in hover.act(
        Survey, 'survey', trigger='interval', interval=1.0).message
    assert not hover.send_goal(CaptureSequence, 'capture_sequence', count=1).accepted
    diagnostics = hover.listen(DiagnosticArray, '/diagnostics')
    wait_until(lambda: any(one.name == 'camera: survey' and one.message == 'under way'
                           for message in diagnostics for one in message.status))
    hover.node.trigger_deactivate()
    result = hover.result(first.get_result_async()).result
    assert '1 taken' in result.message and 'the node was deactivated' in result.message
    assert hover.call(SetBool, 'lock', data=False).message == 'not locked'


COMMANDS = """\
import sys
from camera_driver.cli.main import main
for words in sys.stdin:
    code = main(['survey', '/camera', '--json', *words.split()])
    print(code, flush=True)
"""


@pytest.mark.long
def test_the_command(hover):
    with subprocess.Popen([sys.executable, '-c', COMMANDS], text=True,
                          env={**os.environ, 'ROS_DOMAIN_ID': str(hover.domain)},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def begin(words):
            process.stdin.write(words + '\n')
            process.stdin.flush()

        def end():
            told = json.loads(process.stdout.readline())
            return int(process.stdout.readline()), told['nodes']['/camera'], told['interrupted']

        begin('--interval 1 --cycle-time 3')
        code, result, interrupted = end()
        assert code == 1 and 'it needs 3 s' in result['message']
        begin('--interval 600')
        wait_until(lambda: hover.simulator.shots)
        process.send_signal(signal.SIGINT)
        code, result, interrupted = end()
        assert (code, interrupted) == (0, True)
        assert result['message'].startswith('1 taken, 0 unknown, 0 failed, 0 missed; cancelled')
        process.stdin.close()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The ix_link node over DDS: exposure, regions, shots, completion codes, reconnects."""

from dataclasses import replace
from fractions import Fraction
import math
import re
import sqlite3

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers import wait_until
from node_rig import rig
import pytest
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import RegionOfInterest
from std_srvs.srv import Trigger

from camera_driver.action import CaptureSequence
from camera_driver.devices.ix_link.commands import BlackCalibration, Command
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.model import LiveViewRegion
from camera_driver.msg import CameraStatus, CaptureEvent, Exposure
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.ix_link_node import IxLinkNode
from camera_driver.srv import (
    Capture, GetExposure, SendMessage, SetExposure, SetRegionOfInterest, StepExposure,
    Switch)

REGION = ('live_view_center_x', 'live_view_center_y', 'live_view_scale')
NOTHING = math.nan


@pytest.fixture(scope='module')
def one(tmp_path_factory):
    """Run a node for tests that leave no traces."""
    with rig(IxLinkNode, IxLinkSimulator(readout=0.05), tmp_path_factory.mktemp('ix_link'),
             name='shared', keep_alive=0.0, allow_raw_writes=True, sensor_width=1000,
             sensor_height=500) as one:
        yield one


@pytest.fixture
def camera(one):
    """Give that node with a camera as new; what was commanded stays commanded."""
    def renew():
        fresh = IxLinkSimulator()
        one.simulator.values, one.simulator.faults.pending = fresh.values, []
        one.simulator.error = False
        one.simulator.shots.clear()
        one.simulator.log.clear()
    one.terminal.do(renew)
    return one


def get(one, *names):
    """Return parameters as a client sees them; None = not set."""
    values = one.call(GetParameters, 'get_parameters', names=list(names)).values
    return [Parameter.from_parameter_msg(Parameter(name).to_parameter_msg().__class__(
        name=name, value=value)).value for name, value in zip(names, values)]


def put(one, name, value):
    """Set a parameter as a client does; return why it failed."""
    result, = one.call(SetParameters, 'set_parameters', parameters=[
        Parameter(name, value=value).to_parameter_msg()]).results
    return result.reason


def expose(one, exposure_time=NOTHING, f_number=NOTHING, iso=NOTHING, nearest=False):
    """Set the exposure."""
    return one.call(SetExposure, 'set_exposure', nearest=nearest, exposure=Exposure(
        exposure_time=exposure_time, f_number=f_number, iso=iso))


def show(one, x, y, width, height):
    """Set a region of interest."""
    return one.call(SetRegionOfInterest, 'set_roi', roi=RegionOfInterest(
        x_offset=x, y_offset=y, width=width, height=height))


def misbehave(one, fault, *commands, **how):
    """Make the camera misbehave, at these commands."""
    one.terminal.do(lambda: one.simulator.misbehave(fault, command=bytes(commands), **how))


def states(one):
    """Return what the ledger says: states and messages, the oldest first."""
    with sqlite3.connect(one.folder / 'shots.sqlite3') as db:
        return db.execute('SELECT state, image_index, message FROM shots ORDER BY number'
                          ).fetchall()


def power_cycle(one):
    """Switch the camera off and on, and wait until the node has found it again."""
    before = one.node.supervisor.reconnects
    one.terminal.unplug()
    wait_until(lambda: not one.node.connected)
    one.terminal.do(one.simulator.power_cycle)
    one.terminal.replug()
    wait_until(lambda: one.node.connected and one.node.supervisor.reconnects > before)


# Exposure.

def test_exposure_with_ranges_and_steps(camera):
    held = camera.call(GetExposure, 'get_exposure')
    assert held.success, held.message
    assert (held.exposure.exposure_time, held.exposure.f_number, held.exposure.iso) == (
        1 / 256, 8.0, 100.0)
    ranges = {one.quantity: one for one in held.ranges}
    assert set(ranges) == {'exposure_time', 'f_number', 'iso'}
    assert all(one.step_ev == pytest.approx(1 / 3) and math.isnan(one.step)
               for one in ranges.values())
    assert (ranges['exposure_time'].maximum, len(ranges['exposure_time'].values)) == (32.0, 50)
    response = expose(camera, 1 / 1000, 5.6, 400.0)
    assert response.success, response.message
    assert response.exposure.exposure_time == 1 / 1024 and response.exposure.iso == 400.0
    assert response.exposure.f_number == pytest.approx(5.657, rel=1e-3)
    response = camera.call(StepExposure, 'step_exposure', quantity='exposure_time', steps=1.0)
    assert response.success and response.exposure.exposure_time == 1 / 512


def test_off_the_grid_is_refused_or_the_nearest(camera):
    response = expose(camera, f_number=9.6)
    assert not response.success and 'not on the grid; the nearest is 10.08' in response.message
    assert not camera.terminal.do(lambda: [one for one in camera.simulator.log
                                           if one.command == Command.SET_APERTURE])
    response = expose(camera, f_number=9.6, nearest=True)
    assert response.success and response.exposure.f_number == pytest.approx(10.08, rel=1e-3)
    response = camera.call(StepExposure, 'step_exposure', quantity='iso', steps=0.5)
    assert not response.success and 'whole number of the steps of 1/3 EV' in response.message


def test_a_lost_increment_is_not_repeated(camera):
    misbehave(camera, 'silence', Command.INCREMENT_ISO)
    response = camera.call(StepExposure, 'step_exposure', quantity='iso', steps=1.0)
    assert not response.success and not response.outcome_unknown
    assert 'the camera holds what it held before' in response.message
    misbehave(camera, 'lose_reply', Command.INCREMENT_ISO)
    response = camera.call(StepExposure, 'step_exposure', quantity='iso', steps=1.0)
    assert response.success and response.exposure.iso == 200.0
    sent = camera.terminal.do(lambda: [one.command for one in camera.simulator.log])
    assert sent.count(Command.INCREMENT_ISO) == 2


@pytest.mark.parametrize('fault, why', [
    ('general', r'set_iso: err_general \(-1\): it reports an unspecified failure'),
    ('not_supported', r'err_not_supported \(-2\): this camera does not know the command'),
    ('cannot_execute', r'err_cannot_execute \(-3\): not possible in its present state'),
    ('msg_size', r'err_msg_size \(-4\): it finds the size of the message wrong'),
    ('protocol_version', r'err_protocol_version \(-5\): it speaks another version'),
    ('out_of_range', r'err_input_out_of_range \(-6\): the value is out of range'),
    ('unknown_code', r'error \(-100\): a code that is not documented'),
])
def test_every_completion_code_is_told(camera, fault, why):
    misbehave(camera, fault, Command.SET_ISO, times=2)
    response = expose(camera, iso=200.0)
    assert not response.success
    assert re.search(why, response.message), response.message


def test_what_is_held_counts_and_not_what_was_answered(camera):
    misbehave(camera, 'positive_code', Command.SET_ISO)
    assert expose(camera, iso=200.0).exposure.iso == 200.0


def test_what_is_not_confirmed_is_set_again(camera):
    misbehave(camera, 'silence', Command.GET_ISO, times=6)
    response = expose(camera, iso=400.0)
    assert not response.success and response.outcome_unknown
    assert 'iso 400: sent to the device' in response.message
    camera.terminal.do(lambda: camera.simulator.values.update(iso=Fraction(5)))
    assert 'applied: exposure' in camera.call(Trigger, 'reset_device').message
    assert camera.call(GetExposure, 'get_exposure').exposure.iso == 400.0


def test_a_step_that_was_made_is_no_failure_when_it_cannot_be_read(camera):
    assert expose(camera, iso=3200.0, f_number=8.0).success
    misbehave(camera, 'silence', Command.GET_ISO, skip=2, times=6)
    response = camera.call(StepExposure, 'step_exposure', quantity='iso', steps=1.0)
    assert not response.success and response.outcome_unknown
    assert 'the camera reported it as done' in response.message
    # Nor is it taken back after a reconnect.
    assert 'applied: exposure' in camera.call(Trigger, 'reset_device').message
    assert camera.call(GetExposure, 'get_exposure').exposure.iso == 6400.0


# What can only be commanded.

def test_what_the_camera_cannot_tell_is_shown_as_commanded(tmp_path):
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, keep_alive=0.0,
             sensor_width=1000, sensor_height=500) as camera:
        status = camera.listen(CameraStatus, 'status')
        assert get(camera, 'black_calibration', 'live_view', *REGION) == [None] * 5
        assert not put(camera, 'black_calibration', 'suppressed')
        assert camera.simulator.black_calibration is BlackCalibration.SUPPRESSED
        response = camera.call(Switch, 'set_live_view', on=True)
        assert response.success and camera.simulator.live_view
        wait_until(lambda: status and status[-1].live_view)
        assert get(camera, 'live_view') == [True]
        assert not put(camera, 'live_view_scale', 50)
        assert get(camera, *REGION) == [128, 128, 50]
        response = show(camera, 0, 0, 250, 125)
        assert response.success, response.message
        shown = camera.terminal.do(lambda: camera.simulator.region)
        assert get(camera, *REGION) == [shown.center_x, shown.center_y, shown.scale]
        power_cycle(camera)  # the camera forgets all of it
        assert 'applied: black_calibration, live_view, live_view_scale' in (
            camera.node.supervisor.recovery)
        assert camera.simulator.black_calibration is BlackCalibration.SUPPRESSED
        assert camera.simulator.live_view and camera.simulator.region == shown
        wait_until(lambda: status[-1].live_view)
        assert camera.call(Switch, 'set_live_view', on=False).success
        assert not put(camera, 'live_view', True)  # the later one counts
        assert camera.call(Switch, 'set_live_view', on=False).success
        assert camera.call(Trigger, 'reset_device').success
        assert not camera.simulator.live_view and get(camera, 'live_view') == [False]


def test_nothing_is_commanded_that_nobody_asked_for(tmp_path):
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path) as camera:
        power_cycle(camera)
        assert get(camera, 'black_calibration', 'live_view', *REGION) == [None] * 5
        sent = {one.command for one in camera.simulator.log}
        assert not sent & {Command.SET_BLACK_CALIB_MODE, Command.START_LIVE_VIEW,
                           Command.STOP_LIVE_VIEW, Command.SET_REGION_OF_INTEREST,
                           Command.SET_ISO}
        response = show(camera, 0, 0, 100, 100)
        assert not response.success
        assert '(parameters sensor_width, sensor_height)' in response.message
        assert 'identity unverifiable' in camera.node.supervisor.recovery


def test_a_region_is_widened_to_what_can_be_attained(camera):
    response = show(camera, 100, 50, 300, 150)
    assert response.success, response.message
    roi = response.roi
    assert roi.x_offset <= 100 and roi.x_offset + roi.width >= 400
    assert roi.y_offset <= 50 and roi.y_offset + roi.height >= 200
    assert roi.width < 350 and roi.height < 175
    assert response.message == (f'widened to {roi.width} x {roi.height} pixels at '
                                f'({roi.x_offset}, {roi.y_offset})')
    response = show(camera, 0, 0, 0, 0)
    assert response.success and not response.message
    assert (response.roi.width, response.roi.height) == (1000, 500)
    assert camera.simulator.region == LiveViewRegion()


def test_a_wrong_region_changes_nothing(camera):
    for rectangle in ((900, 0, 200, 100), (0, 0, 0, 10), (1, 0, 0, 0)):
        response = show(camera, *rectangle)
        assert not response.success and 'not within the sensor' in response.message
    response = camera.call(SetRegionOfInterest, 'set_roi',
                           roi=RegionOfInterest(width=9, height=9, do_rectify=True))
    assert not response.success and 'do_rectify' in response.message
    assert 'Min: 1, Max: 255' in put(camera, 'live_view_center_x', 0)
    assert 'Min: 1, Max: 100' in put(camera, 'live_view_scale', 101)
    assert not camera.terminal.do(lambda: [one for one in camera.simulator.log
                                           if one.command == Command.SET_REGION_OF_INTEREST])


def test_what_failed_or_was_sent_raw_is_not_known_any_more(camera):
    assert not put(camera, 'black_calibration', 'forced')
    misbehave(camera, 'general', Command.SET_BLACK_CALIB_MODE)
    assert 'err_general' in put(camera, 'black_calibration', 'suppressed')
    assert get(camera, 'black_calibration') == [None]
    assert not put(camera, 'live_view_scale', 30)
    misbehave(camera, 'not_supported', Command.SET_REGION_OF_INTEREST)
    response = show(camera, 0, 0, 0, 0)
    assert not response.success and 'err_not_supported' in response.message
    assert get(camera, *REGION) == [None] * 3
    assert not put(camera, 'live_view', False)
    response = camera.call(SendMessage, 'send_message', message=[Command.START_LIVE_VIEW])
    assert response.success, response.message
    assert get(camera, 'live_view') == [None]


# Pictures.

@pytest.mark.parametrize('mode', ['async', 'sync'])
def test_capture(tmp_path, mode):
    with rig(IxLinkNode, IxLinkSimulator(readout=0.05), tmp_path, reply_mode=mode,
             trigger_delay=0.5) as camera:
        events = camera.listen(CaptureEvent, 'capture_event')
        before = camera.node.seconds()
        response = camera.call(Capture, 'capture', wait=True)
        after = camera.node.seconds()
        assert response.success and not response.message, response.message
        assert response.image_index == -1
        event, = wait_until(lambda: events)
        assert event.success and not event.outcome_unknown
        assert event.shot_id == response.shot_id and event.stamp_source == event.STAMP_TRIGGER
        assert before < seconds(event.header.stamp) - 0.5 < after
        assert 0 < event.stamp_uncertainty < after - before
        assert (event.exposure.exposure_time, event.exposure.f_number) == (1 / 256, 8.0)
        assert camera.terminal.do(lambda: camera.simulator.shots[0].mode.name) == mode.upper()
        assert states(camera) == [('exposed', None, '')]
        task, = (one for one in camera.node.part(Records).tasks() if one.name == 'shots')
        assert task.level == DiagnosticStatus.OK and task.values['exposed'] == 1
        assert task.values['stored'] == 'unknown' and 'stored: unknown' in task.message


def test_a_capture_is_never_repeated_on_doubt(camera):
    misbehave(camera, 'silence', Command.CAPTURE)
    response = camera.call(Capture, 'capture', wait=True)
    assert not response.success
    assert 'unknown whether it did' in response.message
    assert not camera.simulator.shots
    sent = camera.terminal.do(lambda: [one.command for one in camera.simulator.log])
    assert sent.count(Command.CAPTURE) == 1
    state, index, message = states(camera)[-1]
    assert (state, index) == ('unknown', None) and 'does not tell' in message


def test_a_failed_capture_and_the_cameras_own_error(camera):
    diagnostics = []
    camera.client.create_subscription(DiagnosticArray, '/diagnostics', diagnostics.append, 10)
    misbehave(camera, 'fail_capture')
    response = camera.call(Capture, 'capture', wait=True)
    assert not response.success and 'general error' in response.message
    assert response.outcome_unknown and states(camera)[-1][0] == 'unknown'
    camera.node.supervisor.check_soon()
    wait_until(lambda: any(
        one.name.endswith(': camera') and one.level == DiagnosticStatus.ERROR
        for message in diagnostics for one in message.status))
    response = camera.call(Capture, 'capture', wait=True)
    assert not response.success and len(camera.simulator.shots) == 1


def test_pictures_do_not_come_over_this_line(camera):
    response = camera.call(Capture, 'capture', wait=True, download=True)
    assert not response.success and 'leave download false' in response.message
    result = camera.act(CaptureSequence, 'capture_sequence', count=2, download=True)
    assert not result.success and 'leave download false' in result.message
    assert not camera.simulator.shots


def test_captures_are_queued(camera):
    camera.terminal.do(lambda: camera.simulator.values.update(exposure_time=Fraction(1)))
    answers = [camera.begin(Capture, 'capture', wait=True) for _ in range(3)]
    assert all(camera.result(one).success for one in answers)
    assert len(camera.simulator.shots) == 3


def test_captures_are_refused_during_another(tmp_path):
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, capture_when_busy='refuse') as camera:
        assert expose(camera, 1.0).success
        begun = camera.call(Capture, 'capture', wait=False)
        assert begun.success
        response = camera.call(Capture, 'capture', wait=True)
        assert not response.success and 'capture_when_busy is refuse' in response.message
        wait_until(lambda: not camera.node.worker.busy)
        camera.terminal.do(lambda: setattr(camera.simulator, 'phase', 'exposing'))
        response = camera.call(Capture, 'capture', wait=True)
        assert not response.success and 'the camera is busy' in response.message
        assert len(camera.simulator.shots) == 1


def test_sequence(camera):
    feedback = []
    result = camera.act(CaptureSequence, 'capture_sequence', feedback.append, count=5)
    assert result.success, result.message
    assert (result.taken, result.unknown, result.failed) == (5, 0, 0)
    assert len(set(result.shot_ids)) == len(camera.simulator.shots) == 5
    wait_until(lambda: len(feedback) == 5)
    assert feedback[-1].achieved_interval > 0.05


# The line.

def test_exposure_is_set_again_after_a_reconnect(camera):
    assert expose(camera, 1 / 1000, 5.6).success
    camera.terminal.do(lambda: camera.simulator.values.update(f_number=Fraction(6)))
    assert 'applied: exposure' in camera.call(Trigger, 'reset_device').message
    held = camera.call(GetExposure, 'get_exposure').exposure
    assert held.exposure_time == 1 / 1024 and held.f_number == pytest.approx(5.657, rel=1e-3)


def test_an_exposure_that_the_lens_does_not_have_any_more_is_told(camera):
    assert expose(camera, 1 / 1000, 2.8).success
    grid = camera.simulator.grids['f_number']
    slower = replace(grid, minimum=grid.minimum + 3)  # f/4 at best
    camera.terminal.do(lambda: camera.simulator.grids.update(f_number=slower))
    try:
        message = camera.call(Trigger, 'reset_device').message
        # What other tests have commanded may stand behind it.
        assert re.search(r'applied: exposure, but f_number 4 instead of 2\.828(;|$)', message)
        held = camera.call(GetExposure, 'get_exposure').exposure
        assert held.exposure_time == 1 / 1024 and held.f_number == pytest.approx(4.0)
    finally:
        camera.terminal.do(lambda: camera.simulator.grids.update(f_number=grid))


def test_self_test(camera):
    response = camera.call(Trigger, 'self_test')
    assert response.success and 'passed: ranges' in response.message, response.message


def test_simulated_at_the_speed_that_is_configured(tmp_path):
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, simulate=True, baudrate=115200) as camera:
        assert camera.call(GetExposure, 'get_exposure').success
        assert '115200' in camera.node.supervisor.device_status.details['line']

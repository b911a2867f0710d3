# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Positions of shots while the vehicle flies: fixes and attitudes over DDS, simulated time."""

from contextlib import closing, contextmanager
import csv
import math

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Quaternion, QuaternionStamped
from helpers import wait_until
from node_rig import new_client, rig, sierra
import numpy as np
from payload.flights import distance, Flight, ground, matrix, START
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState, NavSatFix, NavSatStatus
from std_msgs.msg import Header

from camera_driver.cli.main import main
from camera_driver.ledger.shared import SharedLedger
from camera_driver.msg import CaptureEvent, Geotag
from camera_driver.nodes.abilities.geotags import Geotags, WAIT
from camera_driver.nodes.convert import seconds, time_message
from camera_driver.nodes.fixes import mounting, Source
from camera_driver.nodes.mount import quaternion
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.payload.geometry import from_angles, turned
from camera_driver.payload.geotag import Tag
from camera_driver.payload.messages import attitude_of, fix_of
from camera_driver.srv import Capture

ANGLES = 40.0, 5.0, -10.0  # yaw, pitch, roll of the body [deg]
PERIOD = 0.2  # s between fixes
LATCHED = {'durability': DurabilityPolicy.TRANSIENT_LOCAL}


class Straight(Flight):
    """A straight flight at 15 m/s."""

    def point(self, t):
        return self.origin + t * np.array([12.0, 9.0, 0.0]) @ self.axes


def fix_message(fix, **fields):
    """Return a fix as a receiver publishes it."""
    message = NavSatFix(
        header=Header(stamp=time_message(fix.time)), latitude=fix.latitude,
        longitude=fix.longitude, altitude=fix.height,
        status=NavSatStatus(status=NavSatStatus.STATUS_FIX),
        position_covariance=[0.0001, 0.0, 0.0, 0.0, 0.0001, 0.0, 0.0, 0.0, 0.0004],
        position_covariance_type=NavSatFix.COVARIANCE_TYPE_DIAGONAL_KNOWN)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def orientation(yaw, pitch, roll):
    """Return the angles [deg] of the body in the message's frames, by its own rules."""
    return quaternion(*np.radians([roll, -pitch, 90 - yaw]))


class Flying:
    """A node whose time stands still, and who publishes for it."""

    def __init__(self, one):
        self.rig, self.node, self.flight = one, one.node, Straight()
        self.part = one.node.part(Geotags)
        self.fixes = self.publisher(NavSatFix, self.part.fixes)
        self.clock = one.client.create_publisher(Clock, '/clock', 1)
        self.tags = one.listen(Geotag, 'geotags', **LATCHED)
        self.diagnostics = one.listen(DiagnosticArray, '/diagnostics')

    def publisher(self, kind, source):
        publisher = self.rig.client.create_publisher(kind, source.topic, 10)
        wait_until(publisher.get_subscription_count)
        return publisher

    def run_to(self, t):
        """Let the time of the node be that of the flight."""
        now = START + t
        wait_until(lambda: self.clock.publish(Clock(clock=time_message(now)))
                   or self.node.seconds() == pytest.approx(now, abs=1e-5))

    def send(self, publisher, source, message):
        known = source.kept + source.dropped.total()
        publisher.publish(message)
        wait_until(lambda: source.kept + source.dropped.total() != known)

    def fly(self, begin, end, **fields):
        """Publish the fixes of a part of the flight."""
        for number in range(round(begin / PERIOD), round(end / PERIOD) + 1):
            self.send(self.fixes, self.part.fixes,
                      fix_message(self.flight.fix(number * PERIOD), **fields))

    def shoot(self):
        """Take a picture and return its id."""
        response = self.rig.call(Capture, 'capture', wait=True)
        assert response.success, response.message
        return response.shot_id

    def tag(self, shot_id):
        """Wait for a shot's tag."""
        return wait_until(lambda: next((one for one in self.tags if one.shot_id == shot_id), None))

    def recorded(self, shot_id):
        """Return what the ledger has."""
        with closing(SharedLedger(self.rig.folder / 'shots.sqlite3')) as ledger:
            return next(one for one in ledger.shots() if one.shot_id == shot_id)

    def told(self, wanted):
        """Wait for a message of the diagnostics; return its level and values."""
        def found():
            states = [one for message in self.diagnostics for one in message.status
                      if one.name == 'camera: geotags' and wanted in one.message]
            return states and states[-1]

        state = wait_until(found)
        return state.level, {one.key: one.value for one in state.values}


@contextmanager
def flying(folder, simulator=None, **parameters):
    with rig(SierraNode, simulator or sierra(), folder, use_sim_time=True, geotag_fix_topic='/fix',
             **parameters) as one:
        yield Flying(one)


def test_a_straight_flight(tmp_path):
    with flying(tmp_path) as it:
        events = it.rig.listen(CaptureEvent, 'capture_event')
        assert it.told('waiting for the first fix on /fix')[0] == DiagnosticStatus.WARN
        it.fly(-2, 0)
        it.run_to(1.0)
        shot_id = it.shoot()
        event, = wait_until(lambda: events)
        assert not it.tags  # the event has not waited for it
        it.fly(PERIOD, 1.4)
        tag = it.tag(shot_id)
        assert (tag.status, tag.message) == (Geotag.TAGGED, '')
        assert tag.header == event.header and event.header.frame_id == 'camera_optical_frame'
        shot = it.recorded(shot_id)
        assert seconds(tag.time) == pytest.approx(
            seconds(event.header.stamp) + (shot.exposure_time or 0) / 2, abs=1e-6)
        assert max(distance(tag, it.flight.point(seconds(tag.time) - START))) < 0.005
        assert tag.height_over == Geotag.ELLIPSOID
        assert tag.speed == pytest.approx(15, abs=0.001)
        assert tag.course == pytest.approx(math.degrees(math.atan2(9, 12)), abs=0.001)
        assert tag.stamp_uncertainty == event.stamp_uncertainty > 0
        assert tag.horizontal_accuracy == pytest.approx(
            math.hypot(0.01, 15 * tag.stamp_uncertainty), rel=0.01)
        assert tag.vertical_accuracy == pytest.approx(0.02, rel=0.01)
        assert tag.fix_before > 0 and tag.fix_after >= 0
        assert tag.fix_before + tag.fix_after == pytest.approx(PERIOD, abs=1e-5)
        assert all(map(math.isnan, (tag.yaw, tag.pitch, tag.roll)))
        kept = Tag.of(shot)
        assert (kept.latitude, kept.longitude, kept.height) == (
            tag.latitude, tag.longitude, tag.height)
        latecomer = it.rig.listen(Geotag, 'geotags', **LATCHED)
        assert str(wait_until(lambda: latecomer)) == str([tag])  # NaN is not equal to itself
        it.part.taken(shot_id)  # as if it were settled later
        level, values = it.told('the last fix is 0.40 s ahead')
        assert (level, values['fixes'], values['fixes dropped'], values['last tag']) == (
            DiagnosticStatus.OK, '18', 'none', 'tagged')

        # Fixes fail, and a track of the flight has them.
        it.run_to(4.0)
        assert it.told('the last fix is 2.60 s old')[0] == DiagnosticStatus.WARN
        late = it.shoot()
        it.run_to(4.0 + WAIT + 0.1)
        tag = it.tag(late)
        assert tag.status == Geotag.UNTAGGED
        assert 's after the last fix of the track' in tag.message
        assert math.isnan(tag.latitude) and math.isnan(tag.height) and tag.height_over == ''
        assert [one.shot_id for one in it.tags] == [shot_id, late]
        shot = it.recorded(late)
        assert shot.geotag == {'untagged': tag.message}
        track = tmp_path / 'flight.csv'
        with open(track, 'w') as file:
            csv.writer(file).writerows([('time', 'latitude', 'longitude', 'height_ellipsoid'), *(
                (fix.time, f'{fix.latitude:.11f}', f'{fix.longitude:.11f}', fix.height)
                for fix in map(it.flight.fix, np.arange(3.0, 5.0, PERIOD)))])
        main(['geotag', '--ledger', str(tmp_path / 'shots.sqlite3'), '--track', str(track)])
        assert max(distance(Tag.of(it.recorded(late)), it.flight.point(shot.stamp - START))) < .005
        assert Tag.of(it.recorded(shot_id)) == kept

        # A simulation begins anew, and the node ends, while a shot waits.
        it.run_to(20.0)
        it.fly(18.0, 19.0)
        last = it.shoot()
        it.run_to(15.0)
        assert 'after the last fix' in it.tag(last).message
        last = it.shoot()
        it.rig.end_node()
        assert 'in a gap of' in it.recorded(last).geotag['untagged']


def test_what_is_wrong_with_fixes(tmp_path):
    with flying(tmp_path, geotag_height='msl') as it:
        it.fly(-1, 0, position_covariance_type=NavSatFix.COVARIANCE_TYPE_UNKNOWN)
        for fields in ({'latitude': math.nan}, {'latitude': 0.0, 'longitude': 0.0},
                       {'status': NavSatStatus(status=NavSatStatus.STATUS_NO_FIX)},
                       {'header': Header()}, {'latitude': 47.6}):
            it.fly(0.2, 0.2, **fields)
        it.run_to(0.5)
        shot_id = it.shoot()
        assert not it.tags
        it.fly(0.6, 1.6, position_covariance_type=NavSatFix.COVARIANCE_TYPE_UNKNOWN)
        tag = it.tag(shot_id)
        assert tag.status == Geotag.TAGGED
        assert max(distance(tag, it.flight.point(seconds(tag.time) - START))) < 0.005
        assert math.isnan(tag.horizontal_accuracy) and math.isnan(tag.vertical_accuracy)
        assert tag.height_over == Geotag.MEAN_SEA_LEVEL
        _, values = it.told('the last fix is 1.10 s ahead')
        assert values['fixes dropped'] == (
            '1 not a number, 1 at 0/0, 1 without a fix, 1 without a stamp')

        # A time that was told twice counts in neither way.
        it.run_to(3.0)
        it.fly(1.8, 4.0)
        it.fly(2.0, 4.2)
        shot_id = it.shoot()
        it.run_to(3.1 + WAIT)
        assert 'the time of the track goes back by' in it.tag(shot_id).message

        # Two receivers: one of them may be a simulated one that somebody forgot.
        with new_client(domain=it.rig.domain) as client:
            client.create_publisher(NavSatFix, '/fix', 10)
            wait_until(lambda: it.part.fixes.dispute)
            it.run_to(10.0)
            it.fly(9.0, 9.8)
            shot_id = it.shoot()
            it.run_to(10.1 + WAIT)
            tag = it.tag(shot_id)
            assert (tag.status, tag.message) == (
                Geotag.UNTAGGED, '2 publishers on /fix, and nothing tells which is right')
            level, values = it.told('2 publishers on /fix')
            assert level == DiagnosticStatus.WARN and values['fixes'] == '0'
            assert '5 from one of several publishers' in values['fixes dropped']
        wait_until(lambda: not it.part.fixes.dispute)
        it.fly(19.0, 21.0)
        it.run_to(20.0)
        assert it.tag(it.shoot()).status == Geotag.TAGGED


def test_lever_arm_and_boresight(tmp_path):
    arm, ahead = [0.4, 0.2, -0.3], [-math.pi / 2, 0.0, -math.pi / 2]
    with flying(tmp_path, geotag_attitude_topic='/imu', geotag_lever_arm=arm) as it:
        it.fly(-1, 2)
        it.run_to(1.0)
        first = it.shoot()
        assert not it.tags
        it.run_to(1.1 + WAIT)
        assert it.tag(first).message == 'a lever arm needs the attitude, and the track has none'
        attitudes = it.publisher(Imu, it.part.attitudes)
        for t in np.arange(9.0, 11.0, 0.1):
            it.send(attitudes, it.part.attitudes, Imu(
                header=Header(stamp=time_message(START + t)), orientation=orientation(*ANGLES)))
        it.fly(8, 11)
        it.run_to(10.0)
        tag = it.tag(it.shoot())
        assert (tag.status, tag.message) == (Geotag.TAGGED, '')
        forward, left, up = arm
        antenna = it.flight.point(seconds(tag.time) - START)
        camera = antenna + matrix(*ANGLES) @ [forward, -left, -up] @ ground(*it.flight.place[:2])
        assert max(distance(tag, camera)) < 0.005
        assert (tag.yaw, tag.pitch, tag.roll) == pytest.approx(ANGLES, abs=0.001)

        # Turned so that it looks ahead, and no lever arm; the antenna is above it.
        results = it.node.set_parameters([Parameter('geotag_boresight', value=ahead), Parameter(
            'geotag_lever_arm', Parameter.Type.DOUBLE_ARRAY, [])])
        assert all(one.successful for one in results), results
        tag = it.tag(it.shoot())
        assert max(distance(tag, it.flight.point(seconds(tag.time) - START))) < 0.005
        looks = turned(from_angles(tag.yaw, tag.pitch, tag.roll), (0.0, 0.0, 1.0))
        np.testing.assert_allclose(looks, matrix(*ANGLES) @ [1, 0, 0], atol=1e-4)

        # Its attitudes end.
        it.fly(29, 31)
        it.run_to(30.0)
        shot_id = it.shoot()
        it.run_to(30.1 + WAIT)
        assert 's after the last attitude of the track' in it.tag(shot_id).message
        result, = it.node.set_parameters([Parameter('geotag_lever_arm', value=[1.0])])
        assert 'write three numbers' in result.reason


def test_a_gimbal(tmp_path):
    """Angles of another joint, none, some that end, and two who tell them: each is said."""
    pan, tilt = 0.5, -0.3
    with flying(tmp_path, geotag_attitude_topic='/attitude', geotag_attitude_type='quaternion',
                geotag_gimbal_topic='/gimbal', geotag_gimbal_joints=['pan', 'tilt'],
                geotag_gimbal_axes='zy', geotag_lever_arm=[0.4, 0.2, -0.3]) as it:
        attitudes = it.publisher(QuaternionStamped, it.part.attitudes)
        gimbal = it.publisher(JointState, it.part.gimbal)

        def fly(begin, end, joints):
            it.fly(begin, end)
            for t in np.arange(begin, end, 0.1):
                header = Header(stamp=time_message(START + t))
                it.send(attitudes, it.part.attitudes, QuaternionStamped(
                    header=header, quaternion=orientation(*ANGLES)))
                if joints:
                    it.send(gimbal, it.part.gimbal, JointState(
                        header=header, name=joints, position=[tilt, pan, 7.0][:len(joints)]))

        fly(0.0, 2.0, ['tilt', 'yaw'])
        it.run_to(1.0)
        shot_id = it.shoot()
        it.run_to(1.1 + WAIT)
        tag = it.tag(shot_id)
        assert (tag.status, tag.message) == (
            Geotag.TAGGED, 'without angles: nothing that can be used on /gimbal (dropped: 20 '
            'without the joint pan)')
        assert math.isnan(tag.yaw)
        arm = matrix(*ANGLES) @ [0.4, -0.2, 0.3] @ ground(*it.flight.place[:2])

        def right():
            return max(distance(tag, it.flight.point(seconds(tag.time) - START) + arm)) < 0.005

        assert right()
        fly(9.0, 11.0, ['tilt', 'pan', 'wheel'])
        it.run_to(10.0)
        tag = it.tag(it.shoot())
        assert (tag.status, tag.message, right()) == (Geotag.TAGGED, '', True)
        wait_until(lambda: it.told('the last gimbal angle is')[1]['gimbal angles'] == '20')
        assert it.told('the last gimbal angle is')[0] == DiagnosticStatus.OK
        # Looking down in the body's frame, then turned about its left and its up.
        look = [-math.sin(tilt) * math.cos(pan), math.sin(tilt) * math.sin(pan), math.cos(tilt)]
        np.testing.assert_allclose(turned(from_angles(tag.yaw, tag.pitch, tag.roll),
                                          (0.0, 0.0, 1.0)), matrix(*ANGLES) @ look, atol=1e-4)
        fly(19.0, 21.0, [])
        it.run_to(20.0)
        shot_id = it.shoot()
        it.run_to(20.1 + WAIT)
        assert 's after the last gimbal angle of the track' in it.tag(shot_id).message
        it.rig.client.create_publisher(JointState, '/gimbal', 10)
        wait_until(lambda: it.part.gimbal.dispute)
        shot_id = it.shoot()
        it.run_to(30.0)
        assert it.tag(shot_id).message == (
            '2 publishers on /gimbal, and nothing tells which is right')


def test_a_shot_that_is_settled_later(tmp_path):
    with flying(tmp_path, sierra(exposure_duration=5.0)) as it:
        events = it.rig.listen(CaptureEvent, 'capture_event')
        it.run_to(1.0)
        begun = it.rig.call(Capture, 'capture', wait=False)
        it.rig.terminal.unplug()
        event, = wait_until(lambda: events)
        assert event.outcome_unknown
        it.fly(0, 3)
        it.run_to(100.0)
        it.fly(98, 101)
        assert not it.tags  # whether there is a picture is not known
        it.rig.terminal.replug()
        tag = it.tag(begun.shot_id)
        assert tag.status == Geotag.TAGGED
        assert max(distance(tag, it.flight.point(seconds(tag.time) - START))) < 0.005
        assert math.isnan(tag.stamp_uncertainty) and math.isnan(tag.horizontal_accuracy)


@pytest.mark.parametrize('angles', [ANGLES, (0, 0, 0), (350, -80, 170), (180, 60, -30)])
def test_an_attitude_in_the_frames_of_ros(angles):
    turn = orientation(*angles)
    stamp = Header(stamp=time_message(START))
    imu = attitude_of(Imu(header=stamp, orientation=turn))
    for axis in np.eye(3):
        np.testing.assert_allclose(turned(imu.rotation, tuple(axis)), matrix(*angles) @ axis,
                                   atol=1e-12)
    assert attitude_of(QuaternionStamped(header=stamp, quaternion=turn)) == imu
    nothing = Imu(header=stamp, orientation_covariance=[-1.0] + [0.0] * 8)
    assert attitude_of(nothing) == 'without an orientation'


def test_east_north_up():
    """The plainest case: to the east, right wing down, as REP 103 has it."""
    level = attitude_of(QuaternionStamped(quaternion=Quaternion(w=1.0))).rotation
    np.testing.assert_allclose(turned(level, (1.0, 0.0, 0.0)), (0, 1, 0), atol=1e-12)
    rolled = attitude_of(QuaternionStamped(quaternion=quaternion(0.3, 0.0, 0.0))).rotation
    np.testing.assert_allclose(turned(rolled, (0.0, 1.0, 0.0)),
                               (-math.cos(0.3), 0, math.sin(0.3)), atol=1e-12)


@pytest.mark.parametrize('boresight, right, down, ahead', [
    # In the body (forward, right, down): where the optical axes point.
    ([], (0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ([math.pi, 0.0, -math.pi / 2], (0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ([-math.pi / 2, 0.0, -math.pi / 2], (0, 1, 0), (0, 0, 1), (1, 0, 0)),
    ([math.pi, 0.0, 0.0], (1, 0, 0), (0, 1, 0), (0, 0, 1)),  # the top of the picture to the left
    ([-math.pi / 2, 0.0, 0.0], (1, 0, 0), (0, 0, 1), (0, -1, 0)),  # looks to the left
])
def test_a_boresight_in_the_frames_of_ros(boresight, right, down, ahead):
    mounted = mounting([1.0, 2.0, 3.0], boresight)
    assert mounted.lever_arm == (1.0, -2.0, -3.0)
    camera = from_angles(*mounted.boresight)
    for axis, expected in (((0.0, 1.0, 0.0), right), ((-1.0, 0.0, 0.0), down),
                           ((0.0, 0.0, 1.0), ahead)):
        np.testing.assert_allclose(turned(camera, axis), expected, atol=1e-12)


@pytest.mark.parametrize('variances, accuracies', [
    ((0.04, 0.09, 0.25), (0.3, 0.5)), ((0.0, 0.0, 0.0), (None, None)),
    ((math.nan, 1.0, -1.0), (None, None)), ((math.inf, 1.0, 4.0), (None, 2.0))])
def test_the_accuracy_of_a_fix(variances, accuracies):
    covariance = [0.0] * 9
    covariance[::4] = variances
    fix = fix_of(fix_message(Straight().fix(0.0), position_covariance=covariance))
    assert (fix.horizontal, fix.vertical) == accuracies


def test_what_is_kept_is_bounded(ros, monkeypatch):
    node = ros.add(Node('bounded', context=ros.context))
    changes = []
    source = Source(node, NavSatFix, 'fix', fix_of, 3, node.default_callback_group,
                    lambda: changes.append(source.last.time - START))
    for t in range(5):
        source._take(fix_message(Straight().fix(t)))
    assert changes == [0, 1, 2, 3, 4]
    assert [fix.time - START for fix in source.records()] == [2, 3, 4]
    monkeypatch.setattr('camera_driver.nodes.fixes.KEEP', -1.0)  # all of before is too old
    source._take(fix_message(Straight().fix(5)))
    assert [fix.time - START for fix in source.records()] == [5]


def test_off_by_default(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        tags = one.listen(Geotag, 'geotags', **LATCHED)
        response = one.call(Capture, 'capture', wait=True)
        with closing(SharedLedger(tmp_path / 'shots.sqlite3')) as ledger:
            assert [(shot.shot_id, shot.geotag) for shot in ledger.shots()] == [
                (response.shot_id, None)]
        assert not tags
        assert [task.message for task in one.node.part(Geotags).tasks()] == [
            'off: geotag_fix_topic is empty']


@pytest.mark.parametrize('parameters, reason', [
    ({'geotag_fix_topic': '/fix', 'geotag_lever_arm': [1.0, 0.0, 0.0]},
     'geotag_lever_arm: how is the body turned. Say geotag_attitude_topic'),
    ({'geotag_fix_topic': '/fix', 'geotag_attitude_topic': '/imu', 'geotag_boresight': [1.0]},
     'geotag_boresight: .* write three numbers'),
    ({'geotag_fix_topic': '/fix', 'geotag_gimbal_topic': '/gimbal', 'geotag_gimbal_joints': ['a'],
      'geotag_gimbal_axes': 'y'}, 'geotag_gimbal_topic: how is the body turned'),
    ({'geotag_fix_topic': '/fix', 'geotag_attitude_topic': '/imu', 'geotag_gimbal_topic': '/g'},
     "0 joints and the axes ''"),
    ({'geotag_attitude_topic': '/imu'}, 'where is the antenna. Say geotag_fix_topic'),
    ({'geotag_fix_topic': 'no topic'}, "'no topic' is no topic")])
def test_what_makes_no_sense_ends_the_node(parameters, reason, tmp_path):
    with pytest.raises(ValueError, match=reason):
        with rig(SierraNode, sierra(), tmp_path, **parameters):
            pass

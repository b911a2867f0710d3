# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Where each picture was taken, while the vehicle flies: `~/geotags`, and in the ledger.

Off unless `geotag_fix_topic` says where fixes come from. A shot is tagged as soon as the fix
behind the middle of its exposure has come; its event does not wait for that. Where none comes it
is tagged WAIT later, and then no more than `geotag_max_age` beyond the last one.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
import math
import threading
from typing import Any

from geometry_msgs.msg import QuaternionStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.qos import DurabilityPolicy
from sensor_msgs.msg import Imu, JointState, NavSatFix
from std_msgs.msg import Header

from camera_driver import msg
from camera_driver.abilities import TakesPictures
from camera_driver.device import Device
from camera_driver.ledger.shots import ShotRecord
from camera_driver.model import Setting, When
from camera_driver.nodes import convert
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.abilities.topics import Frame
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.diagnostics import OK, Task, WARN
from camera_driver.nodes.fixes import mounting, Source
from camera_driver.nodes.qos import publisher
from camera_driver.payload.geotag import geotag, middle, NO_PICTURE, Tag
from camera_driver.payload.messages import attitude_of, fix_of, gimbal_reader
from camera_driver.payload.track import (
    Attitude, ELLIPSOID, Fix, MAX_AGE, MAX_GAP, MAX_SPEED, MEAN_SEA_LEVEL, Track, Untagged)

MOST_FIXES = 6_500  # 50 Hz for as long as any are kept
MOST_ATTITUDES = 65_000  # 500 Hz
AROUND = 5.0  # s from a shot to attitudes that count: all would take long to look at
WAIT = 3.0  # s for the fix behind: the longest gap that is bridged, and what receivers take
LOOK_PERIOD = 0.5  # s between looks at what waits for a fix that does not come
KEPT = 100  # last tags, for whoever comes later; and most shots that wait

FIX, ATTITUDE, KIND = 'geotag_fix_topic', 'geotag_attitude_topic', 'geotag_attitude_type'
LEVER_ARM, BORESIGHT = 'geotag_lever_arm', 'geotag_boresight'
GIMBAL, JOINTS, AXES = 'geotag_gimbal_topic', 'geotag_gimbal_joints', 'geotag_gimbal_axes'
KINDS: Mapping[str, type] = {'imu': Imu, 'quaternion': QuaternionStamped}
HEIGHTS = {'ellipsoid': ELLIPSOID, 'msl': MEAN_SEA_LEVEL}


@dataclass
class Waiting:
    """A shot that waits for its fix."""

    shot: ShotRecord
    middle: float  # of the exposure, ROS time [s]
    since: float  # ROS time [s]
    tried: bool = False  # and in vain: not with each fix once more


class Geotags(Part[TakesPictures]):
    """The positions of one camera's pictures."""

    ABILITY = TakesPictures
    PARAMETERS = (
        Setting(FIX, str, "topic of the antenna's fixes (sensor_msgs/NavSatFix): each picture "
                'gets a position, on ~/geotags and in the ledger; empty: no geotags',
                default='', when=When.START),
        Setting(ATTITUDE, str, "topic of the body's orientation (forward, left, up) in east, "
                'north, up; empty: positions without angles', default='', when=When.START),
        Setting(KIND, str, 'message type of geotag_attitude_topic: sensor_msgs/Imu or '
                'geometry_msgs/QuaternionStamped',
                words=dict(zip(KINDS, range(len(KINDS)))), raw_allowed=False, default='imu',
                when=When.START),
        Setting(LEVER_ARM, float, 'position of the camera relative to the antenna, in the axes '
                'of the body: forward, left, up, such as [0.1, 0.0, -0.25]; empty: 0, 0, 0',
                'm', many=True,
                when=When.ANY_TIME),
        Setting(BORESIGHT, float, 'rotation from the body to the optical frame: roll, pitch, '
                'yaw, as tf_rotation; empty: the camera looks down, the top of its picture '
                'forward, as [3.14159, 0.0, -1.5708]', 'rad', many=True, when=When.ANY_TIME),
        Setting(GIMBAL, str, "topic of a gimbal's angles (sensor_msgs/JointState) that the camera "
                'is on; empty: it sits on the body', default='', when=When.START),
        Setting(JOINTS, str, "names of the gimbal's joints, from the body to the camera, such as "
                '[yaw_joint, pitch_joint]', many=True, when=When.START),
        Setting(AXES, str, 'axis of each of these joints with all angles at 0: x (forward), y '
                '(left) or z (up) of the body, such as zy', default='', when=When.START),
        Setting('geotag_max_age', float, 'how long a fix or attitude holds when the one behind '
                'it is missing; pictures beyond that get no position',
                's', minimum=0.0, maximum=10.0, default=MAX_AGE,
                when=When.ANY_TIME),
        Setting('geotag_max_speed', float, 'fixes that would take a higher speed to get to are '
                'ignored', 'm/s',
                minimum=1.0, maximum=1000.0, default=MAX_SPEED, when=When.ANY_TIME),
        Setting('geotag_height', str, 'what the altitude of the fixes refers to: the ellipsoid, '
                'as NavSatFix.msg says, or mean sea level, as some drivers publish',
                words=dict(zip(HEIGHTS, range(len(HEIGHTS)))), raw_allowed=False,
                default='ellipsoid', when=When.ANY_TIME),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._records = node.part(Records)
        self._publisher = publisher(node.create_publisher, msg.Geotag, '~/geotags', depth=KEPT,
                                    durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._lock = threading.Lock()  # of deciding
        self._waiting: deque[Waiting] = deque()
        self._last = 'none yet'  # tag in words
        self.fixes: Source[Fix] | None = None
        self.attitudes: Source[Attitude] | None = None
        self.gimbal: Source[Attitude] | None = None
        if not node.parameter(FIX):
            return
        group = MutuallyExclusiveCallbackGroup()
        self.fixes = Source(node, NavSatFix, node.parameter(FIX), fix_of, MOST_FIXES, group,
                            self._look_at_new)
        if node.parameter(ATTITUDE):
            self.attitudes = Source(node, KINDS[node.parameter(KIND)], node.parameter(ATTITUDE),
                                    attitude_of, MOST_ATTITUDES, group, self._look_at_new)
        if node.parameter(GIMBAL):
            read = gimbal_reader(node.parameter(JOINTS), node.parameter(AXES))
            self.gimbal = Source(node, JointState, node.parameter(GIMBAL), read, MOST_ATTITUDES,
                                 group, self._look_at_new)
        # Simulated time may stand still: whether it goes on has to be looked at.
        node.create_timer(LOOK_PERIOD, self._look, group,
                          Clock(clock_type=ClockType.STEADY_TIME))

    @classmethod
    def check(cls, device: type[Device], values: Mapping[str, Any]) -> None:
        """Check what has to go together."""
        for name in (LEVER_ARM, BORESIGHT):
            given = values[name]
            if given and len(given) != 3:
                raise ValueError(f'{name}: {list(given)} is not allowed; write three numbers')
            if given and not values[ATTITUDE]:
                raise ValueError(f'{name}: how is the body turned? Say {ATTITUDE}')
        if values[GIMBAL]:
            gimbal_reader(values[JOINTS], values[AXES])
            if not values[ATTITUDE]:
                raise ValueError(f'{GIMBAL}: how is the body turned? Say {ATTITUDE}')
        if values[ATTITUDE] and not values[FIX]:
            raise ValueError(f'{ATTITUDE}: where is the antenna? Say {FIX}')

    def taken(self, shot_id: str) -> None:
        """Tag a shot as soon as that is possible; from any thread."""
        if self.fixes is None:
            return
        shot = self._records(lambda ledger: ledger.shot(shot_id))
        if shot is None or shot.state in NO_PICTURE or Tag.of(shot):  # settled after its tag
            return
        try:
            self._waiting.append(Waiting(shot, middle(shot), self.node.seconds()))
        except Untagged as error:
            self._untagged(shot, str(error))

    def destroy(self) -> None:
        """Tell of what waits with what has come."""
        self._look(last=True)

    def tasks(self) -> Sequence[Task]:
        """Tell how old the last fix is, and what was dropped."""
        if self.fixes is None:
            return (Task('geotags', OK, f'off: {FIX} is empty'),)
        values: dict[str, object] = {
            'fixes': self.fixes.kept, 'fixes dropped': _words(self.fixes.dropped),
            'shots waiting': len(self._waiting), 'last tag': self._last}
        for source, what in ((self.attitudes, 'attitudes'), (self.gimbal, 'gimbal angles')):
            if source:
                values.update({what: source.kept, f'{what} dropped': _words(source.dropped)})
        now = self.node.seconds()
        level, words = OK, []
        for source, what in zip(self._sources, ('fix', 'attitude', 'gimbal angle')):
            last = source.last
            age = now - last.time if last else math.nan
            values[f'age of the last {what}'] = age
            if not abs(age) <= MAX_GAP or source.dispute:
                level = WARN
            words.append(source.dispute or (
                f'waiting for the first {what} on {source.topic}' if last is None else
                f'the last {what} is {age:.2f} s old' if age >= 0 else
                f'the last {what} is {-age:.2f} s ahead of the clock of this node'))
        return (Task('geotags', level, '; '.join(words), values),)

    def _look_at_new(self) -> None:
        """Tag what can be tagged now; a fix or an attitude has come."""
        if any(not one.tried and self._is_behind(one) for one in list(self._waiting)):
            self._look()

    def _look(self, last: bool = False) -> None:
        """Tag what can be tagged, and what has waited long enough; `last`: all."""
        with self._lock:
            for _ in range(len(self._waiting)):
                one = self._waiting.popleft()
                now = self.node.seconds()
                waits = (len(self._waiting) < KEPT  # and time may be set back, or begin anew
                         and one.since - WAIT <= now <= max(one.since, one.middle) + WAIT)
                if not self._decided(one, last or not waits):
                    self._waiting.append(one)

    @property
    def _sources(self) -> Sequence[Source[Any]]:
        every: Sequence[Source[Any] | None] = (self.fixes, self.attitudes, self.gimbal)
        return [source for source in every if source]

    def _is_behind(self, one: Waiting) -> bool:
        """Say whether all that was waited for has come."""
        return all(source.last and source.last.time >= one.middle for source in self._sources)

    def _decided(self, one: Waiting, over: bool) -> bool:
        """Tag a shot; False: what is still to come may be better."""
        if not (over or self._is_behind(one)):
            return False
        one.tried = True
        try:
            tag = self._tag(one)
        except Untagged as error:
            if over:
                self._untagged(one.shot, str(error))
            return over
        if tag.after < 0 and not over:
            return False
        self._tagged(one.shot, tag)
        return True

    def _tag(self, one: Waiting) -> Tag:
        assert self.fixes
        for source in self._sources:
            if source.dispute:
                raise Untagged(source.dispute)
        read = self.node.parameter
        track = Track(self.fixes.records(), _around(self.attitudes, one.middle) or (),
                      _around(self.gimbal, one.middle), height_kind=HEIGHTS[read('geotag_height')],
                      max_age=read('geotag_max_age'), max_speed=read('geotag_max_speed'))
        return geotag(one.shot, track, mounting(read(LEVER_ARM), read(BORESIGHT)))

    def _tagged(self, shot: ShotRecord, tag: Tag) -> None:
        self._records(lambda ledger: ledger.geotag(shot.shot_id, {'tag': asdict(tag)}))
        message = self._message(shot)
        message.status = message.TAGGED
        message.time = convert.time_message(tag.time)
        message.height_over = tag.height_kind.replace(' ', '_')
        message.latitude, message.longitude = tag.latitude, tag.longitude
        message.height = tag.height
        message.yaw, message.pitch, message.roll = map(
            convert.number, (tag.yaw, tag.pitch, tag.roll))
        message.horizontal_accuracy = convert.number(tag.horizontal)
        message.vertical_accuracy = convert.number(tag.vertical)
        message.speed, message.course = tag.speed, tag.course
        message.fix_before, message.fix_after = tag.before, tag.after
        if tag.yaw is None:
            message.message = '; '.join(
                f'without angles: nothing that can be used on {source.topic}' + (
                    f' (dropped: {_words(source.dropped)})' if source.dropped else '')
                for source in self._sources if source.last is None)
        self._tell(message)

    def _untagged(self, shot: ShotRecord, reason: str) -> None:
        self._records(lambda ledger: ledger.geotag(shot.shot_id, {'untagged': reason}))
        message = self._message(shot)
        message.status, message.message = message.UNTAGGED, reason
        if shot.stamp is not None:
            message.time = convert.time_message(middle(shot))
        self._tell(message)

    def _message(self, shot: ShotRecord) -> msg.Geotag:
        """Return a tag of which nothing is known but the shot."""
        message = msg.Geotag(shot_id=shot.shot_id, **{
            name: math.nan for name, kind in msg.Geotag.get_fields_and_field_types().items()
            if kind == 'double'})
        message.header = Header(frame_id=self.node.part(Frame).frame_id)
        if shot.stamp is not None:
            message.header.stamp = convert.time_message(shot.stamp)
        message.stamp_uncertainty = convert.number(shot.stamp_uncertainty)
        return message

    def _tell(self, message: msg.Geotag) -> None:
        self._last = ': '.join(filter(None, (message.status, message.message)))
        self.node.publish(self._publisher, lambda: message)


def _around(source: Source[Attitude] | None, time: float) -> Sequence[Attitude] | None:
    """Return what counts for a time; of what is longer ago the last, which tells since when."""
    return None if source is None else [
        record for record in source.records()
        if abs(record.time - time) <= AROUND or record is source.last]


def _words(dropped: Counter[str]) -> str:
    return ', '.join(f'{count} {reason}' for reason, count in dropped.items()) or 'none'

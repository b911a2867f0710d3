# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Exposure events: when the shutter was open, as a flight controller or a GPIO node has measured it.

Off unless `exposure_event_topic` says where they come from. The event of a shot becomes its stamp,
in the ledger and in an update of its CaptureEvent; its geotag waits for that. `payload.events` has
the rules.
"""

from collections import Counter
from collections.abc import Callable, Sequence
import threading

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import NameValidationException
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import TimeReference

from camera_driver.abilities import TakesPictures
from camera_driver.ledger.shots import ShotRecord
from camera_driver.model import Setting, When
from camera_driver.nodes import convert
from camera_driver.nodes.abilities.geotags import Geotags
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.diagnostics import OK, Task, WARN
from camera_driver.payload.events import Events, EXPOSURE_EVENT, TOLERANCE
from camera_driver.payload.geotag import middle
from camera_driver.payload.track import Untagged

BURST = 100  # events that may come while others are looked at
LOOK_PERIOD = 0.5  # s between looks at what waits for an event that does not come
TOPIC = 'exposure_event_topic'


class ExposureEvents(Part[TakesPictures]):
    """The exposure events of one camera."""

    ABILITY = TakesPictures
    PARAMETERS = (
        Setting(TOPIC, str, 'sensor_msgs/TimeReference whose header.stamp is the middle of an '
                'exposure in ROS time: it becomes the stamp of its shot; empty: none', default='',
                when=When.START),
        Setting('exposure_event_tolerance', float, 'from the middle of an exposure as stamped to '
                'its event', 's', minimum=0.001, maximum=10.0, default=TOLERANCE,
                when=When.START),
        Setting('exposure_event_uncertainty', float, 'of their stamps, standard deviation; 0: not '
                'known, nor is that of the positions', 's', minimum=0.0, maximum=10.0, default=0.0,
                when=When.ANY_TIME),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self.stamped: Callable[[ShotRecord], None] = lambda shot: None
        """Is called with a shot that has got its event; to be set."""
        self._records = node.part(Records)
        self._geotags = node.part(Geotags)
        self._lock = threading.Lock()  # of all below
        self._events = Events(float(node.parameter('exposure_event_tolerance')))
        self._counts = Counter({'events': 0, 'shots with an event': 0,
                                'shots without an event': 0, 'events of no shot': 0})
        self._dropped: Counter[str] = Counter()
        self._missing = ''  # what the last shot has not
        self.on = bool(node.parameter(TOPIC))
        if not self.on:
            return
        group = MutuallyExclusiveCallbackGroup()
        qos = QoSProfile(depth=BURST, reliability=ReliabilityPolicy.BEST_EFFORT)
        try:
            self._subscription = node.create_subscription(
                TimeReference, node.parameter(TOPIC), self._take, qos, callback_group=group)
        except NameValidationException as error:
            raise ValueError(f'{node.parameter(TOPIC)!r} is no topic: {error}') from None
        # Simulated time may stand still: whether it goes on has to be looked at.
        node.create_timer(LOOK_PERIOD, self._look, group,
                          Clock(clock_type=ClockType.STEADY_TIME))

    def taken(self, shot_id: str) -> None:
        """Hear of a picture, which is tagged once its stamp is as good as it gets; any thread."""
        if self.on:
            shot = self._records(lambda ledger: ledger.shot(shot_id))
            try:
                if shot is not None and shot.stamp_source != EXPOSURE_EVENT:
                    with self._lock:
                        self._events.shot(shot_id, middle(shot))
                    return
            except Untagged:
                pass  # its tag says why
        self._geotags.taken(shot_id)

    def destroy(self) -> None:
        """Tell of what waits with what has come."""
        self._look(last=True)

    def tasks(self) -> Sequence[Task]:
        """Tell how many events and shots have found each other, and how much they differ."""
        if not self.on:
            return (Task('exposure events', OK, f'off: {TOPIC} is empty'),)
        with self._lock:
            delay = self._events.delay
            values: dict[str, object] = {
                **self._counts, 'behind the stamps [s]': delay.offset,
                'standard deviation [s]': delay.deviation, 'gate [s]': delay.gate,
                'dropped': ', '.join(f'{count} {reason}'
                                     for reason, count in self._dropped.items()) or 'none'}
            problem = self._dispute or self._missing
        words = f'{self._counts["shots with an event"]} shots have one'
        return (Task('exposure events', WARN if problem else OK, problem or words, values),)

    @property
    def _dispute(self) -> str:
        number = self._subscription.get_publisher_count()
        return f'{number} publishers on {self.node.parameter(TOPIC)}, and nothing tells which ' \
            'is right' if number > 1 else ''

    def _take(self, message: TimeReference) -> None:
        stamp = message.header.stamp
        with self._lock:
            wrong = ('from one of several publishers' if self._dispute else
                     'without a stamp' if not (stamp.sec or stamp.nanosec) else
                     self._events.event(convert.seconds(stamp)))
            if wrong:
                self._dropped[wrong] += 1
                return
            self._counts['events'] += 1
        self._look()

    def _look(self, last: bool = False) -> None:
        """Decide what can be decided; `last`: all."""
        with self._lock:
            decided, strays = self._events.decide(self.node.seconds(), last)
            self._counts['events of no shot'] += len(strays)
            for shot_id, event in decided:
                self._missing = '' if event is not None else (
                    f'the last shot, {shot_id}, has no event: its stamp stays that of the trigger')
                self._counts[f'shots with{"out" if event is None else ""} an event'] += 1
        for time in strays:
            self.node.get_logger().warning(f'exposure event at {time:.6f} is of no shot')
        for shot_id, event in decided:
            if event is not None:
                self._stamp(shot_id, event)
            self._geotags.taken(shot_id)

    def _stamp(self, shot_id: str, event: float) -> None:
        uncertainty = self.node.parameter('exposure_event_uncertainty') or None
        self._records(lambda ledger: ledger.stamped(shot_id, event, EXPOSURE_EVENT, uncertainty))
        shot = self._records(lambda ledger: ledger.shot(shot_id))
        if shot is not None:
            self.stamped(shot)

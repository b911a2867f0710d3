# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The action `~/survey`: pictures at an interval, each so many metres, or with a forward overlap.

`payload.survey` has the rules. Fixes are those of `geotag_fix_topic`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
import math
import threading
import time
from typing import Any

from std_srvs.srv import SetBool

from camera_driver import action, msg
from camera_driver.abilities import TakesPictures
from camera_driver.errors import DeviceError, NotSupported
from camera_driver.nodes.abilities.capture import Captures, check_max_delay
from camera_driver.nodes.abilities.geotags import FIX, Geotags
from camera_driver.nodes.abilities.sequence import (
    count, LOOK_PERIOD, Sequences, triggered)
from camera_driver.nodes.abilities.topics import Pictures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import seconds, time_message, words
from camera_driver.nodes.diagnostics import OK, Task
from camera_driver.nodes.fixes import Source
from camera_driver.payload.survey import Elapsed, make_plan, Odometer, Places, Plan, UNITS
from camera_driver.payload.track import Fix

TELL_PERIOD = 1.0  # s between feedbacks, if nothing happens
SLOW = 0.1  # m/s: below that nobody knows when the next place comes
LOCKED = 'by a survey that is under way'


class Way:
    """The way along the track, by the fixes of a node."""

    def __init__(self, node: DeviceNode, source: Source[Fix], spacing: float) -> None:
        self._now = node.seconds
        self._source = source
        self._odometer = Odometer(spacing, float(node.parameter('geotag_max_speed')))
        self._last: Fix | None = None  # that was counted

    def __call__(self) -> float | None:
        """Return the way since the first fix [m]; None: not known now."""
        last = self._source.last
        if last and last is not self._last:
            self._odometer.add(last)
        self._last = last
        return self._odometer.travelled(self._now()) if last else None

    @property
    def why(self) -> str:
        """Why it is not known."""
        return self._source.dispute or self._odometer.why(self._now())

    @property
    def speed(self) -> float:
        """Speed over ground [m/s]; 0: not known."""
        return self._odometer.speed


class Run:
    """One survey, from its first place to its last."""

    def __init__(self, node: DeviceNode, captures: Captures, handle: Any,
                 result: action.Survey.Result, plan: Plan, way: Way | None,
                 clock: Callable[[], float]) -> None:
        self.paused = False
        self._anew = False  # go on here: it was paused
        self._node = node
        self._captures = captures
        self._handle = handle
        self._result = result
        self._way = way
        self._here: Callable[[], float | None] = way or Elapsed(clock)
        self._places = Places(plan.spacing, plan.cycle_time or 0.0)
        self._at: float | None = None  # of the way, or of the time; None: not known
        self._done = 0  # places that were taken or missed
        self._shot: Future[msg.CaptureEvent] | None = None
        self._due = math.nan  # ROS time at which that shot was due [s]
        self._asked = math.nan  # when it was asked for, monotonic [s]
        self._sent = math.nan  # when the last one was triggered
        self._hole: msg.SurveyHole | None = None  # that is not over
        self._blind_since: float | None = None
        self._told = -math.inf  # when feedback was published last
        self._feedback = action.Survey.Feedback(
            next_time=math.nan, next_distance=math.nan, travelled=math.nan,
            achieved_interval=math.nan, delay=math.nan)
        self._never = threading.Event()  # to wait on

    def run(self) -> None:
        """Go from place to place until the end; what is under way then is waited for."""
        try:
            while self._goes_on():
                self._never.wait(self._step())
            if self._shot:
                self._ended(self._shot)
        finally:
            self._close_hole()

    def _goes_on(self) -> bool:
        wanted = self._handle.request.count
        return (self._node.active and not self._handle.is_cancel_requested
                and not (wanted and self._done >= wanted))

    def _step(self) -> float:
        """Do what is due now, and return the time until the next look [s]."""
        if self._shot and self._shot.done():
            self._ended(self._shot)
        self._at = self._here()
        self._feedback.paused = self.paused
        self._anew |= self.paused
        if self._at is None:
            self._look_for_position()
        elif not self.paused:
            if self._anew:
                self._places.restart(self._at)
                self._anew = False
            self._look(self._at)
        wait = self._foresee()
        if time.monotonic() - self._told > TELL_PERIOD:
            self._tell()
        return max(0.001, min(LOOK_PERIOD, wait if wait > 0 else LOOK_PERIOD))

    def _look_for_position(self) -> None:
        assert self._way
        self._feedback.message = f'the position is not known: {self._way.why}'
        if self._blind_since is None:
            self._blind_since = self._node.seconds()
            self._tell()

    def _look(self, here: float) -> None:
        now = self._node.seconds()
        since, reason = now, 'time or way made a leap'
        if self._blind_since is not None:
            since, reason = self._blind_since, self._feedback.message
            self._blind_since, self._feedback.message = None, ''
        elif self._shot:
            reason = 'the camera was still at work on the picture before'
        look = self._places.look(here, time.monotonic(), busy=self._shot is not None)
        wanted = self._handle.request.count
        if missed := min(look.missed, wanted - self._done) if wanted else look.missed:
            self._done += missed
            self._missed(missed, since, reason)
        if look.trigger and not (wanted and self._done >= wanted):
            self._done += 1
            self._due = now
            self._shoot()

    def _shoot(self) -> None:
        goal = self._handle.request
        self._asked = time.monotonic()
        try:
            self._shot = self._captures.shoot(download=goal.download, max_delay=goal.max_delay)
        except DeviceError as error:  # no shot was commanded: this place is lost
            self._missed(1, self._due, words(error))

    def _ended(self, shot: 'Future[msg.CaptureEvent]') -> None:
        """Account for the shot that was under way, when it is over."""
        self._shot = None
        try:
            event = shot.result()
        except NotSupported:  # nor will the next one be
            self._result.failed += 1
            raise
        except DeviceError as error:  # it was withdrawn
            self._missed(1, self._due, words(error))
            return
        count(self._result, event)
        sent = triggered(self._node, event, self._asked)
        self._feedback.shot_id, self._feedback.message = event.shot_id, event.message
        self._feedback.delay, self._feedback.achieved_interval = event.delay, sent - self._sent
        self._sent = sent
        if event.success or event.outcome_unknown:
            self._close_hole()
        else:
            self._fell(1, self._due, event.message)
        self._tell()

    def _missed(self, places: int, since: float, reason: str) -> None:
        self._result.missed += places
        self._feedback.message = reason
        self._fell(places, since, reason)
        self._tell()

    def _fell(self, places: int, since: float, reason: str) -> None:
        """Take note of places without a picture; `since`: ROS time [s]."""
        if self._hole is None:
            self._hole = msg.SurveyHole(begin=time_message(since))
        self._hole.begin = time_message(min(since, seconds(self._hole.begin)))
        self._hole.end = time_message(max(since, self._node.seconds()))
        self._hole.places += places
        self._hole.reason = reason

    def _close_hole(self) -> None:
        if self._hole:
            self._result.holes = [*self._result.holes, self._hole]
        self._hole = None

    def _foresee(self) -> float:
        """Fill in how far the next place is, and return the time until then [s]; NaN: unknown."""
        left = math.nan if self._at is None or self.paused else self._places.next - self._at
        self._feedback.next_time = left
        if self._way:
            self._feedback.travelled = math.nan if self._at is None else self._at
            self._feedback.next_distance = left
            speed = self._way.speed
            self._feedback.next_time = left / speed if speed > SLOW else math.nan
        return float(self._feedback.next_time)

    def _tell(self) -> None:
        self._told = time.monotonic()
        self._foresee()
        for name in ('taken', 'unknown', 'failed', 'missed'):
            setattr(self._feedback, name, getattr(self._result, name))
        self._handle.publish_feedback(self._feedback)


class Surveys(Part[TakesPictures]):
    """The surveys of one camera; one at a time, and none beside a sequence."""

    ABILITY = TakesPictures

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._captures = node.part(Captures)
        self._sequences = node.part(Sequences)
        self._fixes = node.part(Geotags).fixes
        self._run: Run | None = None  # that is under way
        node.serve_action(action.Survey, '~/survey', self._execute)
        node.serve(SetBool, '~/pause_survey', self._pause, waits=False)

    def tasks(self) -> Sequence[Task]:
        """Tell whether one is under way, and how long the camera takes."""
        run = self._run
        return (Task('survey', OK, 'none' if run is None else
                     'paused' if run.paused else 'under way',
                     {'cycle time of the camera [s]': self._captures.cycle_time}),)

    def _pause(self, request: SetBool.Request, response: SetBool.Response) -> None:
        run = self._run
        if run is None:
            raise ValueError('no survey is under way')
        run.paused = request.data
        response.message = 'paused' if request.data else 'goes on'

    def _execute(self, handle: Any, result: action.Survey.Result) -> None:
        result.spacing = result.cycle_time = math.nan
        goal = handle.request
        check_max_delay(goal.max_delay)
        if goal.download:
            self._captures.check_download()
        plan = self._plan(goal)
        result.cycle_time = plan.cycle_time or math.nan
        if plan.problem and not goal.slow_down:
            raise ValueError(plan.problem)
        notes = [plan.unchecked]
        if plan.problem:
            plan = plan.slowed()
            notes.append(f'slowed down to {plan.spacing:.4g} {plan.unit}')
        result.spacing = plan.spacing
        way = None
        if not plan.in_time:
            if self._fixes is None:
                raise ValueError(f'trigger {plan.trigger}: where is the vehicle? Say {FIX}')
            way = Way(self.node, self._fixes, plan.spacing)
        with self._sequences.alone(), self.node.lock.held(LOCKED):
            self._run = Run(self.node, self._captures, handle, result, plan, way,
                            self._sequences.clock())
            self._tell(f'begins: a place each {plan.spacing:.4g} {plan.unit}', *notes)
            try:
                self._run.run()
            finally:
                self._run = None
        ended = ('cancelled' if handle.is_cancel_requested else
                 '' if self.node.active else 'the node was deactivated')
        result.success = not ended and result.taken == goal.count > 0
        worst = max(result.holes, key=lambda hole: int(hole.places), default=None)
        result.message = '; '.join(filter(None, (
            f'{result.taken} taken, {result.unknown} unknown, {result.failed} failed, '
            f'{result.missed} missed', ended, *notes,
            f'the largest hole is of {worst.places}: {worst.reason}' if worst else '')))
        self._tell(f'is over: {result.message}')

    def _tell(self, *what: str) -> None:
        self.node.get_logger().info('survey ' + '; '.join(filter(None, what)))

    def _plan(self, goal: action.Survey.Goal) -> Plan:
        """Return the plan. Raises ValueError."""
        given = {name: float(getattr(goal, name)) for name in UNITS}
        measured = self._captures.cycle_time
        if not given['cycle_time'] and not math.isnan(measured):
            given['cycle_time'] = measured
        return make_plan(goal.trigger, self._view, **given)

    def _view(self) -> float:
        """Return what a picture sees along the track from a metre away [m]. Raises ValueError."""
        pictures = self.node.find(Pictures)
        known = pictures.calibration.info if pictures else None
        if pictures and known:
            info = pictures.calibration.info_for(known.width, known.height,
                                                 pictures.optics.present)
            if info.k[4] > 0:
                return float(info.height / info.k[4])
            why = pictures.calibration.misfit_now(pictures.optics.present)
        else:
            why = 'there is no calibration'
        raise ValueError(f'sensor_size and focal_length are not given, and {why}')

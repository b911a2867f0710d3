# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The action `~/capture_sequence`: pictures at an interval, from trigger to trigger."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import math
import threading
import time
from typing import Any

from camera_driver.abilities import TakesPictures
from camera_driver.action import CaptureSequence
from camera_driver.errors import Busy, Cancelled, DeviceError, NotSupported
from camera_driver.msg import CaptureEvent
from camera_driver.nodes.abilities.capture import Captures, check_max_delay
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import seconds, words

MOST_INTERVAL = 86400.0  # s
BUSY = 'another sequence or survey is under way; cancel it or wait for its end'
FIRST_PAUSE, MOST_PAUSE = 0.1, 1.0  # s after a failure; doubled by each failure in a row
LOOK_PERIOD = 0.01  # s between looks at the clock, and whether the goal was cancelled


class Grid:
    """
    The places of a sequence in time, `interval` [s] apart; the first one is now.

    The clock may stand still, run at any speed and jump.
    """

    def __init__(self, interval: float, now: Callable[[], float]) -> None:
        self._interval = interval
        self._now = now
        self._due = now()

    def left(self) -> float:
        """Return the time [s] until the present place, at most an interval; <= 0: it is due."""
        left = self._due - self._now()
        if left > self._interval:  # the clock was set back: a new grid
            self._due -= left - self._interval
        return min(left, self._interval)

    def next(self) -> None:
        """Go on to the next place that is not over."""
        self._due += self._interval
        late = self._now() - self._due
        if late > 0:
            self._due += (math.ceil(late / self._interval) * self._interval if self._interval
                          else late)


def pause(failures: int) -> float:
    """Return the pause [s] after so many failures in a row."""
    return min(FIRST_PAUSE * 2 ** min(failures - 1, 10), MOST_PAUSE) if failures else 0.0


def triggered(node: DeviceNode, event: CaptureEvent, asked: float) -> float:
    """
    Return when a shot was triggered [s]; NaN: not known.

    By the clock that nobody sets, unless time is simulated; `asked`: when it was asked for.
    """
    if node.get_clock().ros_time_is_active:
        return seconds(event.header.stamp) or math.nan
    return asked + float(event.delay)


def count(result: Any, event: CaptureEvent) -> None:
    """Put what became of a shot into the result of a sequence or survey."""
    if event.shot_id:
        result.shot_ids = [*result.shot_ids, event.shot_id]
    result.taken += event.success
    result.unknown += event.outcome_unknown
    result.outcome_unknown |= event.outcome_unknown
    result.failed += not event.success and not event.outcome_unknown


class Sequences(Part[TakesPictures]):
    """
    The sequences of one camera's node; one at a time.

    The triggers lie on a grid of `interval` that begins with the first. A camera that is slower
    misses places of the grid, and the feedback says what interval was achieved. With use_sim_time
    the grid is on /clock, else on the monotonic clock, as the computer's time may be set.

    A picture that fails is counted, and the sequence goes on; so do places at which the link is
    lost, while the node reconnects. The pause after a failure is time of the computer.
    """

    ABILITY = TakesPictures

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._captures = node.part(Captures)
        self._busy = threading.Lock()
        self._never = threading.Event()  # to wait on
        node.serve_action(CaptureSequence, '~/capture_sequence', self._execute, self._check)

    def _check(self, goal: CaptureSequence.Goal) -> None:
        if not (math.isfinite(goal.interval) and 0 <= goal.interval <= MOST_INTERVAL):
            raise ValueError(f'interval: {goal.interval:g} is not allowed; 0 to {MOST_INTERVAL} s')
        check_max_delay(goal.max_delay)
        if self._busy.locked():
            raise Busy(BUSY)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other sequence or survey begin. Raises Busy when one is under way."""
        if not self._busy.acquire(blocking=False):
            raise Busy(BUSY)
        try:
            yield
        finally:
            self._busy.release()

    def clock(self) -> Callable[[], float]:
        """Return the clock [s] of places in time; it may be set back, and stand still."""
        simulated = self.node.get_clock().ros_time_is_active
        return self.node.seconds if simulated else time.monotonic

    def _execute(self, handle: Any, result: CaptureSequence.Result) -> None:
        with self.alone():  # another one may have been accepted in the same instant
            self._run(handle, result)
        cancelled = handle.is_cancel_requested
        result.success = not cancelled and 0 < result.taken == handle.request.count
        result.message = (
            f'{result.taken} taken, {result.unknown} unknown, {result.failed} failed'
            + (', cancelled' if cancelled else '') + result.message)

    def _run(self, handle: Any, result: CaptureSequence.Result) -> None:
        goal = handle.request
        if goal.download:
            self._captures.check_download()
        grid = Grid(goal.interval, self.clock())
        last, failures, tried = math.nan, 0, 0
        while not goal.count or tried < goal.count:
            if tried:
                again = time.monotonic() + pause(failures)
                self._wait(lambda: again - time.monotonic(), handle)
                grid.next()
            self._wait(grid.left, handle)
            if handle.is_cancel_requested:
                return
            asked = time.monotonic()
            try:
                event = self._captures.shoot(
                    download=goal.download, max_delay=goal.max_delay).result()
            except NotSupported:  # nor will the next one be
                result.failed += 1
                raise
            except DeviceError as error:  # no shot was commanded: this place is lost
                event = CaptureEvent(message=words(error), delay=math.nan)
            tried += 1
            count(result, event)
            failures = 0 if event.success else failures + 1
            sent = triggered(self.node, event, asked)
            handle.publish_feedback(CaptureSequence.Feedback(
                taken=result.taken, unknown=result.unknown, failed=result.failed,
                shot_id=event.shot_id, message=event.message,
                achieved_interval=sent - last, delay=event.delay))
            last = sent
            if failures:
                result.message = f'; the last problem: {event.message}'
            if failures and failures == goal.give_up_after:
                result.message = (f'; given up after {failures} failures in a row'
                                  + result.message)
                return

    def _wait(self, time_left: Callable[[], float], handle: Any) -> None:
        """Wait until no time is left; a cancel request ends it."""
        while not handle.is_cancel_requested:
            if not self.node.active:
                raise Cancelled('the node was deactivated')
            left = time_left()
            if left <= 0:
                return
            self._never.wait(min(left, LOOK_PERIOD))

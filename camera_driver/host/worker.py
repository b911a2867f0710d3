# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One thread owns the device; everybody else hands it jobs.

A job that runs is never interrupted from here: it ends by itself (sessions bound their waits), or
when its next `report` finds that it was asked to `stop`, or when somebody cancels the port under
it.

Time is handed in. On a virtual clock a `SteppedWorker` does without the thread: everything but the
waiting is the same.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass, field
from enum import IntEnum
import heapq
import logging
import math
import threading
import time
from typing import Any, TypeVar

from camera_driver.errors import Busy, Cancelled
from camera_driver.model import Progress

log = logging.getLogger(__name__)

T = TypeVar('T')

MOST_WAITING = 4
"""Jobs that may wait behind the one under way; callers wait in threads of the executor."""


class Priority(IntEnum):
    """Who goes first when the device becomes free; within one priority, who came first."""

    LINK = 0
    CAPTURE = 1
    NORMAL = 2
    DOWNLOAD = 3
    IDLE = 4


@dataclass(order=True)
class _Job:
    priority: Priority
    number: int
    label: str = field(compare=False)
    function: Callable[[], Any] = field(compare=False)
    future: Future[Any] = field(compare=False)


class DeviceWorker:
    """A thread with a short queue."""

    def __init__(self, name: str, changed: Callable[[], None] = lambda: None,
                 now: Callable[[], float] = time.monotonic) -> None:
        """
        Start the thread.

        :param changed: called in the thread when `activity` has changed; must not raise.
        :param now: monotonic seconds.
        """
        self.now = now
        self._changed = changed
        self._free = threading.Condition()
        self._waiting: list[_Job] = []
        self._later: list[tuple[float, int, str, Callable[[], Any]]] = []
        self._number = 0
        self._label = ''
        self._words = ''
        self._progress = math.nan
        self._stop_job = False
        self._running = False
        self._ended = False
        self._thread = self._begin(name)

    @property
    def activity(self) -> str:
        """What the device is doing, in words; empty = nothing that anybody asked for."""
        return self._words or self._label

    @property
    def progress(self) -> float:
        """How far that is, 0..1; NaN = unknown."""
        return self._progress

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running or bool(self._waiting)

    def call(self, label: str, function: Callable[[], T], timeout: float,
             priority: Priority = Priority.NORMAL) -> T:
        """
        Run a function in the thread and return its result, or raise what it raised.

        `timeout` [s] bounds the wait for its start: after that it is withdrawn and never runs.
        Raises Busy that names what the device is doing, Cancelled when the worker has ended.
        """
        job = self._submit(label, function, priority)
        with self._free:
            if not self._wait(lambda: job not in self._waiting, timeout):
                self._waiting.remove(job)
                heapq.heapify(self._waiting)
                raise Busy(f'{label}: {self._occupation()}, and was not free within '
                           f'{timeout:g} s; try again later')
        result: T = job.future.result()
        return result

    def start(self, label: str, function: Callable[[], T],
              priority: Priority = Priority.NORMAL) -> 'Future[T]':
        """
        Run a function in the thread some time; `cancel()` of the future withdraws it.

        Raises Busy when too much waits already, Cancelled when the worker has ended.
        """
        return self._submit(label, function, priority).future

    def later(self, delay: float, label: str, function: Callable[[], Any]) -> None:
        """
        Run a function in the thread when `delay` [s] has passed and nothing else waits.

        No delay: as the very next job. Nobody waits for the result; errors are logged.
        """
        with self._free:
            self._number += 1
            if delay > 0:
                heapq.heappush(
                    self._later, (self.now() + delay, self._number, label, function))
            else:
                heapq.heappush(
                    self._waiting, _Job(Priority.LINK, self._number, label, function, Future()))
            self._free.notify_all()

    def forget_later(self) -> None:
        """Withdraw what `later` has planned."""
        with self._free:
            self._later.clear()

    def report(self, progress: Progress) -> None:
        """
        Say how far the present job is; called by the job itself.

        Raises Cancelled when the job was asked to stop.
        """
        self._words = progress.activity or self._words
        self._progress = progress.done / progress.total if progress.total else math.nan
        if self._stop_job:
            raise Cancelled(f'{self.activity}: ended on request')

    def stop_job(self) -> None:
        """Ask the job under way, if there is one, to end: its next `report` raises Cancelled."""
        with self._free:
            self._stop_job = self._running

    def idle(self, timeout: float) -> bool:
        """Wait until no job runs, at most `timeout` [s]; say whether that is so."""
        return self._wait(lambda: not self._running, timeout)

    def shutdown(self, last: Callable[[], Any], timeout: float) -> bool:
        """
        Take no more jobs, withdraw those that wait, run `last`, and end the thread.

        Waits for `timeout` [s] and says whether the thread has ended.
        """
        with self._free:
            withdrawn = []
            if not self._ended:
                self._ended = True
                withdrawn = self._waiting
                self._later.clear()
                self._stop_job = self._running
                self._number += 1
                self._waiting = [_Job(Priority.IDLE, self._number, '', last, Future())]
            self._free.notify_all()
        for job in withdrawn:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(Cancelled(f'{job.label}: the node is shutting down'))
        return self._over(timeout)

    def _submit(self, label: str, function: Callable[[], Any], priority: Priority) -> _Job:
        if self._inside():
            raise RuntimeError(f'{label}: a job must not wait for another one')
        with self._free:
            if self._ended:
                raise Cancelled(f'{label}: the node is shutting down')
            self._waiting = [job for job in self._waiting if not job.future.cancelled()]
            heapq.heapify(self._waiting)
            if len(self._waiting) >= MOST_WAITING:
                names = ', '.join(job.label for job in sorted(self._waiting))
                raise Busy(f'{label}: {self._occupation()}, and {names} wait already; '
                           'try again later')
            self._number += 1
            job = _Job(priority, self._number, label, function, Future())
            heapq.heappush(self._waiting, job)
            self._free.notify_all()
            return job

    def _occupation(self) -> str:
        words = self.activity or 'busy'
        percent = '' if math.isnan(self._progress) else f' ({self._progress:.0%})'
        return f'the device is {words}{percent}'

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._run(job)

    def _take(self) -> _Job | None:
        """Begin the next job, if one is due; called with the lock held."""
        if self._waiting:
            job = heapq.heappop(self._waiting)
        elif self._later and self._later[0][0] <= self.now():
            _, number, label, function = heapq.heappop(self._later)
            job = _Job(Priority.IDLE, number, label, function, Future())
        else:
            return None
        self._running = True
        self._stop_job = False
        self._label, self._words, self._progress = job.label, '', math.nan
        self._free.notify_all()
        return job

    def _run(self, job: _Job) -> None:
        """Do a job that was begun, and end it."""
        self._do(job)
        with self._free:
            self._running = False
            self._label = self._words = ''
            self._progress = math.nan
            self._free.notify_all()
        if job.label:
            self._changed()

    def _do(self, job: _Job) -> None:
        if not job.future.set_running_or_notify_cancel():
            return
        if job.label:
            self._changed()
        try:
            result = job.function()
        except BaseException as error:
            job.future.set_exception(error)
            if job.priority in (Priority.LINK, Priority.IDLE):
                log.error('%s', job.label or 'in the background', exc_info=error)
        else:
            job.future.set_result(result)

    # The thread and its waits.

    def _begin(self, name: str) -> threading.Thread:
        # In the maker's context, which tells whose log lines are.
        thread = threading.Thread(target=copy_context().run, args=(self._work,), name=name,
                                  daemon=True)
        thread.start()
        return thread

    def _inside(self) -> bool:
        """Say whether a job is asking."""
        return threading.current_thread() is self._thread

    def _wait(self, over: Callable[[], bool], timeout: float) -> bool:
        """Wait until that is so, at most `timeout` [s]; say whether it is."""
        with self._free:
            return self._free.wait_for(over, timeout)

    def _next(self) -> _Job | None:
        """Wait for a job to be due, and begin it; None = the end."""
        with self._free:
            while self._waiting or not self._ended:
                job = self._take()
                if job:
                    return job
                self._free.wait(self._later[0][0] - self.now() if self._later else None)
        return None

    def _over(self, timeout: float) -> bool:
        """Wait until the last job is done; say whether it is."""
        self._thread.join(timeout)
        return not self._thread.is_alive()


class SteppedWorker(DeviceWorker):
    """
    A worker without a thread: its jobs run in whoever waits for one, and in `run_due`.

    The clock is virtual: it is moved by what the jobs do with their port, and by who owns it.
    """

    def run_due(self) -> None:
        """Run what waits and what was planned up to now, first things first."""
        self._step(lambda: False)

    @property
    def next_due(self) -> float | None:
        """When `run_due` has something to do; None: nothing is planned."""
        if self._waiting:
            return self.now()
        return self._later[0][0] if self._later else None

    def _step(self, over: Callable[[], bool]) -> bool:
        """Run what is due until something is so, and say whether it is."""
        while not over():
            with self._free:
                job = self._take()
            if job is None:
                return False
            self._run(job)
        return True

    def _begin(self, name: str) -> threading.Thread:
        return threading.current_thread()

    def _inside(self) -> bool:
        return self._running

    def _wait(self, over: Callable[[], bool], timeout: float) -> bool:
        return over() if self._running else self._step(over)

    def _over(self, timeout: float) -> bool:
        self.run_due()
        return True

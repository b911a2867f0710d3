# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Reads a source of video in the background.

`VideoReader` has two threads: one grabs, so that no queue of a driver grows old, and decodes while
somebody wants frames; the other hands them on. Between them is room for one frame: a newer one
takes its place. A source that is lost is opened again with back-off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from enum import Enum
import logging
import threading
import time

from camera_driver.errors import VideoError
from camera_driver.video.sources import Ended, Frame, Source

log = logging.getLogger(__name__)

MOST_DELAY = 30.0  # s between two tries to open a source
MOST_DAMAGED = 30  # frames one after the other; then the source is opened again
JOIN = 1.0  # s that `stop` waits for a thread, which may be waiting for a frame


class State(Enum):
    """What a reader is at."""

    OFF = 'off'
    OPENING = 'opening'
    ON = 'on'
    LOST = 'lost'
    ENDED = 'ended'


@dataclass
class Counters:
    """Since the reader was made."""

    grabbed: int = 0
    decoded: int = 0
    damaged: int = 0  # could not be decoded
    dropped: int = 0  # decoded, and a newer one came before anybody took it
    delivered: int = 0
    losses: int = 0


class VideoReader:
    """Reads a source in threads of its own while it is started."""

    def __init__(self, make: Callable[[], Source], take: Callable[[Frame], None],
                 wanted: Callable[[], bool] = lambda: True,
                 changed: Callable[[], None] = lambda: None, retry_delay: float = 1.0,
                 divisor: Callable[[], int] = lambda: 1) -> None:
        """
        Begin OFF.

        :param take: gets the newest frame, in a thread of the reader; may take its time.
        :param wanted: whether somebody wants frames; else none is decoded.
        :param changed: called in a thread of the reader when `state` has changed.
        :param retry_delay: [s] to the first try to open a lost source again; it doubles from try
            to try.
        :param divisor: one of so many frames is decoded and handed on.
        """
        self._make = make
        self._take = take
        self._wanted = wanted
        self._changed = changed
        self._retry_delay = retry_delay
        self._divisor = divisor
        self._switching = threading.RLock()
        self._run: _Run | None = None
        self._times: deque[float] = deque(maxlen=60)
        self._settled = threading.Event()  # no longer OPENING
        self.state = State.OFF
        self.what = ''  # in words: the name of the device, the file
        self.problem = ''  # why it is LOST or ENDED
        self.size = (0, 0)  # width, height of the last frame [pixels]
        self.counters = Counters()

    def start(self) -> None:
        """Begin to read, unless that is so; begin at once again what is lost or has ended."""
        with self._switching:
            if self._run:
                if self.state not in (State.LOST, State.ENDED):
                    return
                self.stop()
            self._times.clear()
            self._settled.clear()
            run = self._run = _Run()
            for work in (self._read, self._deliver):
                # In the starter's context, which tells whose log lines are.
                run.threads.append(threading.Thread(
                    target=copy_context().run, args=(work, run), name='video', daemon=True))
            self._set(run, State.OPENING)
            for thread in run.threads:
                thread.start()

    def stop(self) -> None:
        """End reading; waits until no frame is on its way, at most JOIN for each thread."""
        with self._switching:
            run, self._run = self._run, None
            if run is None:
                return
            with run.changed:
                run.ended = True
                run.changed.notify_all()
            for thread in run.threads:
                thread.join(JOIN)
            self.state, self.problem = State.OFF, ''
            self._changed()

    def wait_opened(self, timeout: float) -> None:
        """Wait until it is known whether the source can be read, at most `timeout` [s]."""
        self._settled.wait(timeout)

    @property
    def rate(self) -> float:
        """Frames that the source gives in a second, of late."""
        times = list(self._times)
        if len(times) < 2 or times[-1] == times[0]:
            return 0.0
        return (len(times) - 1) / (times[-1] - times[0])

    @property
    def age(self) -> float | None:
        """Time since the last frame [s]; None: there was none."""
        times = list(self._times)
        return time.monotonic() - times[-1] if times else None

    def _set(self, run: _Run, state: State, problem: str = '') -> None:
        if run is self._run:
            self.state, self.problem = state, problem
            if state is not State.OPENING:
                self._settled.set()
            self._changed()

    def _read(self, run: _Run) -> None:
        """Keep the source open and grab, until it is stopped."""
        delay = self._retry_delay
        while not run.ended:
            source = self._make()
            before = self.counters.grabbed
            try:
                self.what = source.open()
                self._grab(run, source)
            except Ended as error:
                log.info('%s', error)
                self._set(run, State.ENDED, str(error))
                return
            except VideoError as error:
                if run.ended:
                    return
                self._lose(run, str(error))
            except Exception as error:
                log.exception('video')
                self._lose(run, f'internal error: {error!r}')
            finally:
                source.close()
            if self.counters.grabbed > before:
                delay = self._retry_delay
            run.wait(delay)
            delay = min(2 * delay, max(MOST_DELAY, self._retry_delay))

    def _lose(self, run: _Run, problem: str) -> None:
        if self.state is State.ON:
            self.counters.losses += 1
        if problem != self.problem:
            log.warning('video: %s', problem)
        self._times.clear()
        self._set(run, State.LOST, problem)

    def _grab(self, run: _Run, source: Source) -> None:
        """Grab until it is stopped. Raises VideoError when the source is lost."""
        due = time.monotonic()
        damaged = 0
        while not run.ended:
            wanted = self._wanted()
            if source.interval:
                due = max(due, time.monotonic() - 1.0)  # catches up with a second, no more
                run.wait(due - time.monotonic())
                due += source.interval
            if wanted or source.live:
                stamp = source.grab()
                self.counters.grabbed += 1
                self._times.append(stamp)
                if wanted and not run.ended and self.counters.grabbed % self._divisor() == 0:
                    pixels = source.retrieve()
                    damaged = 0 if pixels is not None else damaged + 1
                    if pixels is not None:
                        self._hand_over(run, Frame(pixels, stamp))
                    else:
                        self.counters.damaged += 1
                    if damaged >= MOST_DAMAGED:
                        raise VideoError(f'{damaged} frames one after the other are damaged')
            if self.state is not State.ON:
                self._set(run, State.ON)
                log.info('video: %s', self.what)

    def _hand_over(self, run: _Run, frame: Frame) -> None:
        self.counters.decoded += 1
        self.size = (frame.pixels.shape[1], frame.pixels.shape[0])
        with run.changed:
            if run.newest is not None:
                self.counters.dropped += 1
            run.newest = frame
            run.changed.notify_all()

    def _deliver(self, run: _Run) -> None:
        """Hand on the newest frame, one after the other."""
        problem = ''
        while True:
            with run.changed:
                run.changed.wait_for(lambda: run.ended or run.newest is not None)
                frame, run.newest = run.newest, None
                if run.ended or frame is None:
                    return
            try:
                self._take(frame)
                self.counters.delivered += 1
            except Exception as error:
                if repr(error) != problem:  # else it would be said for every frame
                    log.exception('video: a frame could not be handed on')
                problem = repr(error)


class _Run:
    """What the two threads share from one start to the stop."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.ended = False
        self.newest: Frame | None = None
        self.threads: list[threading.Thread] = []

    def wait(self, seconds: float) -> None:
        """Wait, or until the end."""
        end = time.monotonic() + seconds
        with self.changed:
            while not self.ended and (left := end - time.monotonic()) > 0:
                self.changed.wait(left)

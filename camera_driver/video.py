# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Video from a frame grabber, a file or a stream, as arrays. The only importer of OpenCV.

`VideoReader` has two threads: one grabs, so that no queue of a driver grows old, and decodes while
somebody wants frames; the other hands them on. Between them is room for one frame: a newer one
takes its place. A source that is lost is opened again with back-off.

OpenCV is imported when it is needed first, since it takes long and much memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
import logging
import os
from pathlib import Path
import threading
import time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from camera_driver import v4l2
from camera_driver.errors import VideoError

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]  # (height, width, 3) BGR or (height, width) mono

DEINTERLACING: Mapping[str, int] = {'off': 0, 'blend': 1, 'top': 2, 'bottom': 3}
USUAL_RATE = 25.0  # Hz, of a file that does not tell its own
MOST_DELAY = 30.0  # s between two tries to open a source
STREAM_TIMEOUT = 5000  # ms, to open a stream and for each of its frames
MOST_DAMAGED = 30  # frames one after the other; then the source is opened again
JOIN = 1.0  # s that `stop` waits for a thread, which may be waiting for a frame


@dataclass(frozen=True)
class Frame:
    """One picture, and the monotonic time [s] at which it was grabbed."""

    pixels: Pixels
    time: float


class Source(Protocol):
    """Where frames come from; belongs to one thread."""

    live: bool
    """Whether it goes on while nobody looks; else its frames wait for somebody."""

    interval: float
    """Time from frame to frame [s] that the reader keeps; 0: `grab` waits for the next."""

    def open(self) -> str:
        """Open it and return in words what it is. Raises VideoError."""

    def grab(self) -> float:
        """
        Take the next frame, not yet decoded, and return its monotonic time [s].

        Raises VideoError (lost), Ended (there will be no more).
        """

    def retrieve(self) -> Pixels | None:
        """Return the frame that was grabbed; None: it is damaged."""

    def close(self) -> None:
        """Close it; never raises."""


class Ended(VideoError):
    """A file has come to its end and is not to be repeated."""


@dataclass(frozen=True)
class Capture:
    """What to open and how; of a frame grabber `None`, 0 and '' leave things as they are."""

    source: str  # V4L2 device, file, or URL of a stream
    input: int | None = None
    standard: str = ''  # one of v4l2.STANDARDS
    width: int = 0  # pixels
    height: int = 0
    format: str = ''  # four characters, such as MJPG
    deinterlace: str = 'off'  # one of DEINTERLACING
    mono: bool = False
    loop: bool = True  # a file begins again at its end

    def make(self) -> Source:
        """Return it as a source, not yet open."""
        return CvSource(self)


class CvSource:
    """A source that OpenCV reads."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        name = capture.source.removeprefix('file://')
        self._is_device = name.startswith('/dev/') or name.isdecimal()
        self._is_file = not self._is_device and '://' not in name
        self.name = f'/dev/video{name}' if name.isdecimal() else os.path.expanduser(name)
        self.live = not self._is_file
        self.interval = 0.0
        self._cv: Any = None
        self._video: Any = None
        self._frames = 0  # since the file began
        self._expected = 0  # as the file says, nearly; 0: it does not

    def open(self) -> str:
        """Open it. Raises VideoError that says what is wrong."""
        self._cv = cv = _opencv()
        what = Path(self.name).name if self._is_file else without_password(self.name)
        if self._is_device:
            path = os.path.realpath(self.name)  # OpenCV takes /dev/videoN alone
            what = v4l2.prepare(path, self._capture.input, self._capture.standard) or self.name
            self._video = cv.VideoCapture(path, cv.CAP_V4L2)
            if not self._video.isOpened():
                raise VideoError(f'{self.name}: OpenCV cannot read it; does another program use '
                                 'it?')
            self._choose()
        elif self._is_file:
            self._begin()
            rate = float(self._video.get(cv.CAP_PROP_FPS))
            self.interval = 1.0 / (rate if 0.1 <= rate <= 1000.0 else USUAL_RATE)
        else:
            self._video = cv.VideoCapture(self.name, cv.CAP_FFMPEG, [
                cv.CAP_PROP_OPEN_TIMEOUT_MSEC, STREAM_TIMEOUT,
                cv.CAP_PROP_READ_TIMEOUT_MSEC, STREAM_TIMEOUT])
            if not self._video.isOpened():
                raise VideoError(f'{what}: no stream can be read there; is its sender running?')
        return what

    def grab(self) -> float:
        """Take the next frame; a file begins again at its end."""
        before = time.monotonic()
        if not self._video.grab():
            self._complain()
            self._begin()
            if not self._video.grab():
                raise VideoError(f'{self.name}: no frame in it can be read; is it damaged?')
        self._frames += 1
        now = time.monotonic()
        if self._is_device:  # the driver's time stamp, where it is of this clock
            stamp = float(self._video.get(self._cv.CAP_PROP_POS_MSEC)) / 1000.0
            return stamp if now - 1.0 < stamp <= now else now
        return before if self._is_file else now

    def retrieve(self) -> Pixels | None:
        """Decode, deinterlace, convert."""
        good, pixels = self._video.retrieve()
        if not good or pixels is None or pixels.dtype != np.uint8 or not pixels.size:
            return None
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            pixels = self._cv.cvtColor(pixels, self._cv.COLOR_BGRA2BGR)
        colour = pixels.ndim == 3 and pixels.shape[2] == 3
        if self._capture.mono and colour:
            pixels = self._cv.cvtColor(pixels, self._cv.COLOR_BGR2GRAY)
        elif not colour:
            pixels = pixels.reshape(pixels.shape[:2])
        return deinterlaced(pixels, self._capture.deinterlace)

    def close(self) -> None:
        """Let go of it."""
        if self._video is not None:
            self._video.release()
            self._video = None

    def _begin(self) -> None:
        """Open a file at its beginning."""
        self.close()
        self._frames = 0
        try:
            with open(self.name, 'rb'):
                pass
        except OSError as error:
            raise VideoError(f'{self.name}: {error.strerror}') from None
        self._video = self._cv.VideoCapture(self.name)
        if not self._video.isOpened():
            raise VideoError(f'{self.name} is no video file that OpenCV can read')
        self._expected = max(0, int(self._video.get(self._cv.CAP_PROP_FRAME_COUNT)))

    def _complain(self) -> None:
        """Raise what it means that there is no next frame, unless a file is to begin again."""
        if self._is_device:
            gone = not os.path.exists(self.name)
            raise VideoError(f'{self.name}: ' + (
                'the device is gone; was it unplugged?' if gone else
                'no frames arrive; is there a signal at its input?'))
        if not self._is_file:
            raise VideoError(f'{without_password(self.name)}: the stream has ended, or stands '
                             'still')
        if self._frames < 0.9 * self._expected:
            raise VideoError(f'{self.name} has ended after {self._frames} of {self._expected} '
                             'frames; is it damaged?')
        if self._frames and not self._capture.loop:
            raise Ended(f'{self.name} has ended after {self._frames} frames')

    def _choose(self) -> None:
        """Set format and size of a frame grabber. Raises VideoError when it takes others."""
        cv, capture, video = self._cv, self._capture, self._video
        if capture.format:
            video.set(cv.CAP_PROP_FOURCC, cv.VideoWriter.fourcc(*capture.format))
        for number, name in ((cv.CAP_PROP_FRAME_WIDTH, 'width'),
                             (cv.CAP_PROP_FRAME_HEIGHT, 'height')):
            if getattr(capture, name):
                video.set(number, getattr(capture, name))
        has = (int(video.get(cv.CAP_PROP_FRAME_WIDTH)), int(video.get(cv.CAP_PROP_FRAME_HEIGHT)))
        if has != (capture.width or has[0], capture.height or has[1]):
            raise VideoError(f'{self.name} delivers {has[0]} x {has[1]} pixels and not '
                             f'{capture.width} x {capture.height}: v4l2-ctl --list-formats-ext '
                             'tells what it can')


class Drawn:
    """A source that draws its own frames: RGB, (height, width, 3), `rate` times a second."""

    live = True

    def __init__(self, draw: Callable[[float], Pixels], rate: float, mono: bool = False) -> None:
        """`draw` gets the monotonic time [s] and raises VideoError while there is no picture."""
        self._draw = draw
        self.interval = 1.0 / rate
        self._mono = mono
        self._time = 0.0

    def open(self) -> str:
        """Draw one, to see whether there is a picture."""
        self._draw(time.monotonic())
        return 'simulated'

    def grab(self) -> float:
        """Take the time."""
        self._time = time.monotonic()
        return self._time

    def retrieve(self) -> Pixels | None:
        """Draw."""
        pixels = self._draw(self._time)
        if self._mono:
            return (pixels @ np.array((0.299, 0.587, 0.114), np.float32)).astype(np.uint8)
        return np.ascontiguousarray(pixels[..., ::-1])

    def close(self) -> None:
        """Do nothing."""


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
                 changed: Callable[[], None] = lambda: None, retry_delay: float = 1.0) -> None:
        """
        Begin OFF.

        :param take: gets the newest frame, in a thread of the reader; may take its time.
        :param wanted: whether somebody wants frames; else none is decoded.
        :param changed: called in a thread of the reader when `state` has changed.
        :param retry_delay: [s] to the first try to open a lost source again; it doubles from try
            to try.
        """
        self._make = make
        self._take = take
        self._wanted = wanted
        self._changed = changed
        self._retry_delay = retry_delay
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
                run.threads.append(threading.Thread(target=work, args=(run,), name='video',
                                                    daemon=True))
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
                if wanted and not run.ended:
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


def deinterlaced(pixels: Pixels, how: str) -> Pixels:
    """
    Return a picture that was put together from two fields, taken one after the other, as one.

    :param how: 'off': as it is; 'blend': the mean of both; 'top', 'bottom': one of them alone (the
        lines 0, 2, .. or 1, 3, ..), the lines between interpolated.
    """
    if how == 'off':
        return pixels
    cv = _opencv()
    if how == 'blend':
        return np.asarray(cv.blur(pixels, (1, 2), anchor=(0, 0)), np.uint8)
    height, width = pixels.shape[:2]
    field = pixels[DEINTERLACING[how] - DEINTERLACING['top']::2]
    return np.asarray(cv.resize(field, (width, height), interpolation=cv.INTER_LINEAR), np.uint8)


def encode_jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """Return a BGR or mono picture as a JPEG."""
    cv = _opencv()
    good, data = cv.imencode('.jpg', pixels, [cv.IMWRITE_JPEG_QUALITY, quality])
    assert good, 'OpenCV cannot encode'
    return bytes(data)


def _opencv() -> Any:
    """Import OpenCV, without what it and FFmpeg write to the terminal: errors say it."""
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    import cv2
    return cv2


def without_password(url: str) -> str:
    """Return a URL as it may be shown: rtsp://user:password@host becomes rtsp://host."""
    scheme, mark, rest = url.partition('://')
    return scheme + mark + rest.rpartition('@')[2] if mark else url

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sources of video: a frame grabber, a file or a stream, as arrays. The only importer of OpenCV.

OpenCV is imported when it is needed first, since it takes long and much memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import os
from pathlib import Path
import time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from camera_driver.errors import VideoError
from camera_driver.video import v4l2

Pixels = NDArray[np.uint8]  # (height, width, 3) BGR or (height, width) mono

DEINTERLACING: Mapping[str, int] = {'off': 0, 'blend': 1, 'top': 2, 'bottom': 3}
USUAL_RATE = 25.0  # Hz, of a file that does not tell its own
STREAM_TIMEOUT = 5000  # ms, to open a stream and for each of its frames


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
            raise VideoError(f'{self.name} is not a video file that OpenCV can read')
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


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Return a BGR or mono picture as a JPEG."""
    cv = _opencv()
    good, data = cv.imencode('.jpg', pixels, [cv.IMWRITE_JPEG_QUALITY, quality])
    assert good, 'OpenCV cannot encode'
    return bytes(data)


def _opencv() -> Any:
    """
    Import OpenCV, without what it and FFmpeg write to the terminal: errors say it.

    Raises VideoError where it is not installed.
    """
    os.environ.setdefault('OPENCV_LOG_LEVEL', 'SILENT')
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')
    try:
        import cv2
    except ImportError as error:
        raise VideoError(f'video needs OpenCV, which cannot be imported ({error}): sudo apt '
                         'install python3-opencv, or pip install opencv-python-headless') from None
    return cv2


def without_password(url: str) -> str:
    """Return a URL as it may be shown: rtsp://user:password@host becomes rtsp://host."""
    scheme, mark, rest = url.partition('://')
    return scheme + mark + rest.rpartition('@')[2] if mark else url

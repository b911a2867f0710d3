# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Video on the image topics, for cameras whose pictures do not come over the serial line.

Frames are published from the reader's own thread. While nobody subscribes none is decoded. The
stamp is the moment at which a frame was grabbed, in ROS time, less the parameter `video_delay`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
import threading
import time
from typing import Any, Protocol

from std_msgs.msg import Header

from camera_driver.errors import NotSupported, VideoError
from camera_driver.model import Setting, When
from camera_driver.nodes import convert
from camera_driver.nodes.diagnostics import ERROR, OK, Task, WARN
from camera_driver.sim.video import draw, RATE
from camera_driver.video.reader import State, VideoReader
from camera_driver.video.sources import (
    Capture, DEINTERLACING, Drawn, encode_jpeg, Frame, Pixels, Source, without_password)
from camera_driver.video.v4l2 import STANDARDS

SIMULATED, NONE = 'simulated', 'none'
OPENING = 8.0  # s that `~/set_live_view` waits for a source
STALE = 2.0  # s without a frame, after which diagnostics warn

PARAMETERS = (
    Setting('video_source', str, 'source of the video: a frame grabber (a V4L2 device, '
            'better /dev/v4l/by-id/.. than /dev/video0), a video file, or the URL of a stream '
            '(rtsp://.., http://..); simulated: what the simulated camera shows, which is the '
            'default with simulate; none, or empty without simulate: no video', default=''),
    Setting('video_input', int, 'input of the frame grabber; -1: leave unchanged', minimum=-1,
            maximum=255, default=-1),
    Setting('video_standard', str, 'television standard of the frame grabber',
            words={'unchanged': 0, **STANDARDS}, raw_allowed=False, default='unchanged'),
    Setting('video_width', int, 'frame width of the grabber; 0: leave unchanged',
            'pixels', minimum=0, maximum=16384, default=0),
    Setting('video_height', int, 'frame height of the grabber; 0: leave unchanged',
            'pixels', minimum=0, maximum=16384, default=0),
    Setting('video_format', str, 'pixel format of the frame grabber, four characters; MJPG lets '
            'many USB grabbers deliver large frames faster; empty: leave unchanged', max_length=4,
            default=''),
    Setting('video_deinterlace', str, 'how to deinterlace: blend takes the mean of the two '
            'fields, top and bottom take one of them', words=DEINTERLACING,
            raw_allowed=False, default='off'),
    Setting('video_encoding', str, 'encoding of ~/image_raw', words={'bgr8': 0, 'mono8': 1},
            raw_allowed=False, default='bgr8'),
    Setting('video_divisor', int, 'publish every n-th frame of the source', minimum=1,
            maximum=1000, default=1, when=When.ANY_TIME),
    Setting('image_raw.compressed.jpeg_quality', int, 'quality of the JPEGs of '
            '~/image_raw/compressed, by the name that image_transport gives it', minimum=1,
            maximum=100, default=90, when=When.ANY_TIME),
    Setting('video_loop', bool, 'play a video file in a loop', default=True),
    Setting('video_delay', float, 'delay from the exposure to the grabbed frame, as measured for '
            'this camera and grabber; subtracted from the stamp', 's', minimum=0.0, maximum=10.0,
            default=0.0, when=When.ANY_TIME),
)

MISSING = ('no video: the parameter video_source names none; name a frame grabber, a file or a '
           'stream')


def check(values: Mapping[str, Any]) -> None:
    """Raise ValueError for values of PARAMETERS that do not fit."""
    if values['video_source'] == SIMULATED and not values['simulate']:
        raise ValueError('video_source simulated needs simulate:=true')
    if len(values['video_format']) not in (0, 4):
        raise ValueError(f"video_format: {values['video_format']!r} is not allowed; write four "
                         'characters, such as MJPG')


class Topics(Protocol):
    """Where pictures go."""

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes."""

    def publish_frame(self, pixels: Pixels, encoding: str, header: Header,
                      jpeg: Callable[[], bytes]) -> None:
        """Publish a frame; `jpeg` encodes it, if somebody wants that."""


class Video:
    """A video source and the topics that its pictures go to; `node` has PARAMETERS."""

    def __init__(self, node: Any) -> None:
        """Open nothing yet."""
        self._node = node
        self._showing = threading.Lock()
        self._topics: Topics | None = None
        self._frame_id = ''
        self._since = 0.0  # monotonic s: older frames are not for these topics
        self.reader = VideoReader(self._make, self._publish, self._wanted, node.publish_status,
                                  node.parameter('reconnect_delay'),
                                  lambda: int(node.parameter('video_divisor')))

    @property
    def source(self) -> str:
        """What is to be read; '': nothing."""
        default = SIMULATED if self._node.parameter('simulate') else ''
        source = str(self._node.parameter('video_source')) or default
        return '' if source == NONE else source

    def show(self, topics: Topics | None, frame_id: str = '') -> None:
        """
        Publish what is grabbed from now on to these topics; None: publish nothing.

        When it returns, no frame is on its way to the topics before.
        """
        with self._showing:
            self._topics, self._frame_id, self._since = topics, frame_id, time.monotonic()

    def start(self) -> None:
        """Read the source; without one do nothing."""
        if self.source:
            self.reader.start()

    def stop(self) -> None:
        """Let go of the source."""
        self.reader.stop()

    def switch(self, on: bool) -> str:
        """
        Start, and wait until there is a picture, or stop; return in words what was done.

        Raises NotSupported (there is no source), VideoError (no picture; it is tried again).
        """
        if not self.source:
            raise NotSupported(MISSING)
        if not on:
            self.stop()
            return 'off'
        self.reader.start()
        self.reader.wait_opened(OPENING)
        if self.reader.state is not State.ON:
            raise VideoError(f'{self.words}; it is tried again')
        return self.words

    @property
    def words(self) -> str:
        """Status of the video source, as a sentence."""
        reader = self.reader
        if not self.source:
            return MISSING
        if reader.state is State.ON:
            width, height = reader.size
            size = f'{width} x {height} pixels ' if width else ''
            rate = f'at {reader.rate:.1f} Hz ' if reader.rate else ''
            return f'on: {size}{rate}from {reader.what}'
        if reader.state is State.OPENING:
            return f'opening {without_password(self.source)}'
        return ': '.join(filter(None, (reader.state.value, reader.problem)))

    def task(self) -> Task:
        """Return what diagnostics tell."""
        reader = self.reader
        values = {'source': without_password(self.source), 'state': reader.state.value,
                  'rate [Hz]': f'{reader.rate:.1f}', **asdict(reader.counters)}
        level, words, age = OK, self.words, reader.age
        if reader.state is State.LOST:
            level = ERROR
        elif reader.state is State.ENDED:
            level = WARN
        elif reader.state is State.ON and age is not None and age > STALE and self._wanted():
            level, words = WARN, f'no frame for {age:.0f} s from {reader.what}'
        return Task('video', level, words, values)

    def _make(self) -> Source:
        mono = self._node.parameter('video_encoding') == 'mono8'
        if self.source == SIMULATED:
            return Drawn(self._draw, RATE, mono)
        get = self._node.parameter
        standard = get('video_standard')
        return Capture(
            self.source, None if get('video_input') < 0 else get('video_input'),
            '' if standard == 'unchanged' else standard, get('video_width'), get('video_height'),
            get('video_format'), get('video_deinterlace'), mono, get('video_loop')).make()

    def _draw(self, now: float) -> Pixels:
        """Draw what the simulated camera of this node shows."""
        signal = self._node.simulated_video()
        if signal is None:
            raise VideoError('the simulated camera sends no picture; live view is off')
        return draw(signal, now)

    def _wanted(self) -> bool:
        topics = self._topics
        return (self._node.active and topics is not None and self._node.context.ok()
                and topics.wanted)

    def _publish(self, frame: Frame) -> None:
        with self._showing:
            if self._topics is None or frame.time < self._since:
                return
            delay = self._node.parameter('video_delay')
            seconds = max(0.0, self._node.seconds_of(frame.time) - delay)
            quality = self._node.parameter('image_raw.compressed.jpeg_quality')
            header = Header(stamp=convert.time_message(seconds), frame_id=self._frame_id)
            try:
                self._topics.publish_frame(
                    frame.pixels, self._node.parameter('video_encoding'), header,
                    lambda: encode_jpeg(frame.pixels, quality))
            except Exception:
                if self._node.context.ok():  # else: the context ended under this thread
                    raise

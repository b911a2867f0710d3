# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Video from files and other sources: order, newest first, ends, damage, recovery."""

import os
from pathlib import Path
import subprocess
import sys
import threading
import time

from helpers import wait_until
import numpy as np
import pytest
from video_files import FRAMES, number_of, write_film

from camera_driver.errors import VideoError
from camera_driver.video import v4l2
from camera_driver.video.reader import MOST_DAMAGED, State, VideoReader
from camera_driver.video.sources import Capture, deinterlaced, Drawn


class Numbered:
    """A live source of frames 0, 1, 2, ..; `gate` lets it go on."""

    live = True
    interval = 0.001

    def __init__(self):
        self.grabs = self.retrieves = 0
        self.gate = threading.Event()
        self.gate.set()
        self.damaged = False
        self.closed = False

    def open(self):  # noqa: A003
        return 'numbers'

    def grab(self):
        self.gate.wait(30.0)
        self.grabs += 1
        return time.monotonic()

    def retrieve(self):
        self.retrieves += 1
        return None if self.damaged else np.full((2, 2), self.grabs % 256, np.uint8)

    def close(self):
        self.closed = True


@pytest.fixture
def read():
    """Give a function that starts a reader; it is stopped at the end."""
    readers = []

    def start(make, take=None, **options):
        frames = []
        one = VideoReader(make, take or frames.append, **{'retry_delay': 0.05, **options})
        readers.append(one)
        one.frames = frames
        one.start()
        return one

    yield start
    for one in readers:
        one.stop()


def film(path, **options):
    """Return what makes the source of a file."""
    return Capture(str(path), **options).make


def test_frames_come_in_order_with_their_times(read, tmp_path):
    before = time.monotonic()
    one = read(film(write_film(tmp_path / 'film.avi')))
    wait_until(lambda: len(one.frames) > FRAMES // 2)
    one.stop()
    numbers = [number_of(frame.pixels) for frame in one.frames]
    # frames may be left out, a newer one goes first: in order they fit into what was grabbed
    steps = [(b - a) % FRAMES for a, b in zip([0] + numbers, numbers)]
    assert sum(steps) < one.counters.grabbed and all(steps[1:])
    times = [frame.time for frame in one.frames]
    assert times == sorted(times) and before < times[0] <= times[-1] < time.monotonic()
    assert one.frames[0].pixels.shape == (48, 64, 3) and one.size == (64, 48)


def test_one_of_so_many_frames(read, tmp_path):
    one = read(film(write_film(tmp_path / 'film.avi', 6)), divisor=lambda: 3)
    wait_until(lambda: one.counters.grabbed > 12)
    one.stop()
    assert one.frames and {number_of(frame.pixels) for frame in one.frames} <= {2, 5}
    # It may have been stopped between a frame's coming and its decoding.
    assert one.counters.grabbed // 3 - one.counters.decoded in (0, 1)


def test_a_file_begins_again_at_its_end(read, tmp_path):
    one = read(film(write_film(tmp_path / 'film.avi', 3)))
    wait_until(lambda: one.counters.grabbed > 10)
    assert one.state is State.ON and not one.counters.losses
    assert {number_of(frame.pixels) for frame in one.frames} == {0, 1, 2}


def test_a_file_that_is_not_to_be_repeated(read, tmp_path):
    one = read(film(write_film(tmp_path / 'film.avi', 5), loop=False))
    wait_until(lambda: one.state is State.ENDED)
    assert 'has ended after 5 frames' in one.problem and not one.counters.losses
    one.start()
    wait_until(lambda: one.counters.grabbed == 10)


def test_the_newest_frame_goes_first(read):
    source, release, taken = Numbered(), threading.Event(), []

    def take(frame):
        taken.append(int(frame.pixels[0, 0]))
        assert release.wait(30.0)

    one = read(lambda: source, take)
    wait_until(lambda: one.counters.dropped > 50)
    source.gate.clear()
    grabs = wait_until(lambda: source.grabs)
    wait_until(lambda: one.counters.decoded == source.retrieves)
    release.set()
    wait_until(lambda: len(taken) >= 2)
    source.gate.set()
    assert (taken[1] - grabs) % 256 <= 1
    wait_until(lambda: one.counters.delivered > 1)
    one.stop()
    assert one.counters.decoded - one.counters.dropped - one.counters.delivered in range(3)


def test_nothing_is_decoded_that_nobody_wants(read, tmp_path):
    source, wanted = Numbered(), threading.Event()
    one = read(lambda: source, wanted=wanted.is_set)
    wait_until(lambda: source.grabs > 20)
    assert not source.retrieves and not one.frames and one.state is State.ON
    wanted.set()
    wait_until(lambda: one.frames)
    wanted.clear()
    still = read(film(write_film(tmp_path / 'film.avi')), wanted=wanted.is_set)
    wait_until(lambda: still.state is State.ON)
    assert not still.counters.grabbed  # a file waits
    wanted.set()
    wait_until(lambda: still.frames)
    # None but those that a newer one replaced on their way.
    assert number_of(still.frames[0].pixels) <= still.counters.dropped


def test_a_file_that_is_lost_comes_back(read, tmp_path):
    path = tmp_path / 'film.avi'
    write_film(path, 5, level=40)
    one = read(film(path))
    wait_until(lambda: one.frames)
    os.remove(path)
    wait_until(lambda: one.state is State.LOST)
    assert f'{path}: No such file' in one.problem and one.counters.losses == 1
    write_film(tmp_path / 'new.avi', 5, level=200)
    os.replace(tmp_path / 'new.avi', path)
    wait_until(lambda: one.frames[-1].pixels.mean() > 150)
    assert one.state is State.ON and not one.problem


def test_changes_are_told(read, tmp_path):
    states = []
    source = Numbered()
    one = VideoReader(lambda: source, lambda frame: None,
                      changed=lambda: states.append(one.state))
    one.start()
    wait_until(lambda: State.ON in states)
    one.stop()
    assert states == [State.OPENING, State.ON, State.OFF]


def test_damaged_files(read, tmp_path):
    good = Path(write_film(tmp_path / 'film.avi')).read_bytes()
    path = tmp_path / 'bad.avi'
    path.write_bytes(os.urandom(3000))
    one = read(film(path))
    wait_until(lambda: one.state is State.LOST)
    assert 'not a video file' in one.problem
    path.write_bytes(good[:len(good) // 2])
    wait_until(lambda: 'is it damaged' in one.problem)
    path.write_bytes(good)
    wait_until(lambda: one.state is State.ON)


@pytest.mark.parametrize('source, problem', (
    ('/dev/video77', 'there is no such device; is it plugged in?'),
    ('77', '/dev/video77: there is no such device'),
    ('/dev/null', '/dev/null is not a video device'),
    ('/dev/shm', 'is not a device'),
    ('/nowhere/film.avi', 'No such file or directory'),
    ('http://user:secret@localhost:9/', 'http://localhost:9/: no stream can be read there')))
def test_what_is_missing_is_said(source, problem):
    with pytest.raises(VideoError) as caught:
        Capture(source).make().open()
    assert problem in str(caught.value) and 'secret' not in str(caught.value)


def test_damaged_frames_are_left_out(read):
    sources = []

    def make():
        sources.append(Numbered())
        return sources[-1]

    one = read(make)
    wait_until(lambda: one.frames)
    sources[0].damaged = True
    wait_until(lambda: sources[0].closed)  # comes behind the counters
    assert one.counters.losses == 1 and one.counters.damaged == MOST_DAMAGED
    wait_until(lambda: one.state is State.ON and len(sources) > 1)


def test_a_source_that_hangs_holds_nobody_up(read):
    sources = []

    def make():
        sources.append(Numbered())
        return sources[-1]

    one = read(make)
    wait_until(lambda: one.frames)
    sources[0].gate.clear()
    one.stop()
    assert one.state is State.OFF
    one.frames.clear()
    one.start()
    wait_until(lambda: one.frames)
    sources[0].gate.set()
    wait_until(lambda: sources[0].closed)
    assert one.state is State.ON and len(sources) == 2


def test_errors_of_whoever_takes_frames_do_not_end_it(read, caplog):
    def take(frame):
        raise KeyError('full')

    one = read(Numbered, take)
    wait_until(lambda: one.counters.decoded > 20)
    one.stop()
    assert not one.counters.delivered and caplog.text.count('could not be handed on') == 1


def test_a_drawn_source(read):
    def draw(now):
        if not on.is_set():
            raise VideoError('no picture')
        return np.full((2, 4, 3), (200, 100, 0), np.uint8)

    on = threading.Event()
    one = read(lambda: Drawn(draw, 200.0))
    wait_until(lambda: one.state is State.LOST)
    assert one.problem == 'no picture'
    on.set()
    wait_until(lambda: one.frames)
    assert one.frames[0].pixels[0, 0].tolist() == [0, 100, 200]  # BGR
    on.clear()
    wait_until(lambda: one.counters.losses == 1)
    on.set()
    mono = read(lambda: Drawn(draw, 200.0, mono=True))
    wait_until(lambda: mono.frames)
    assert mono.frames[0].pixels.tolist() == [[118] * 4] * 2


def test_mono(read, tmp_path):
    one = read(film(write_film(tmp_path / 'film.avi'), mono=True))
    wait_until(lambda: one.frames)
    assert one.frames[0].pixels.shape == (48, 64)


def test_deinterlacing():
    pixels = np.zeros((8, 4, 3), np.uint8)
    pixels[1::2] = 200  # the second field is brighter
    assert deinterlaced(pixels, 'off') is pixels
    assert (deinterlaced(pixels, 'top') == 0).all()
    assert (deinterlaced(pixels, 'bottom') == 200).all()
    assert abs(deinterlaced(pixels, 'blend')[:-1].astype(int) - 100).max() <= 1
    assert deinterlaced(pixels[..., 0], 'blend').shape == (8, 4)
    assert deinterlaced(pixels[..., 0], 'top').shape == (8, 4)


def test_numbers_are_those_of_the_kernel(tmp_path):
    names = [f'V4L2_STD_{name}' for name in (
        'PAL', 'PAL_M', 'PAL_N', 'PAL_60', 'NTSC', 'NTSC_M_JP', 'SECAM')]
    names += ['VIDIOC_QUERYCAP', 'VIDIOC_S_INPUT', 'VIDIOC_S_STD', 'V4L2_CAP_VIDEO_CAPTURE',
              'V4L2_CAP_DEVICE_CAPS', 'sizeof(struct v4l2_capability)',
              'offsetof(struct v4l2_capability, device_caps)']
    source = tmp_path / 'numbers.c'
    source.write_text(
        '#include <linux/videodev2.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n'
        + ''.join(f'printf("%llu\\n", (unsigned long long){name});\n' for name in names) + '}\n')
    if subprocess.run(['gcc', '-E', source], capture_output=True).returncode:
        pytest.skip('no linux/videodev2.h here')
    subprocess.run(['gcc', source, '-o', tmp_path / 'numbers'], check=True)
    numbers = subprocess.run([tmp_path / 'numbers'], capture_output=True, check=True).stdout
    assert [int(line) for line in numbers.split()] == [
        *v4l2.STANDARDS.values(), v4l2.QUERYCAP, v4l2.S_INPUT, v4l2.S_STD, v4l2.CAPTURE,
        v4l2.OF_THIS_NODE, v4l2.CAPABILITY.size, 88]


def test_without_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv2', None)
    with pytest.raises(VideoError, match='python3-opencv, or pip install'):
        Capture('film.mp4').make().open()

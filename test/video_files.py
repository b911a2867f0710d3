# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Video files whose frames tell their numbers by their brightness."""

import cv2
import numpy as np

STEP = 8  # of brightness, from frame to frame
FRAMES = 30


def write_film(path, frames=FRAMES, rate=100.0, width=64, height=48, level=None):
    """Write a film (MJPG in AVI) of frames as bright as their numbers, or all of one level."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), rate, (width, height))
    assert writer.isOpened()
    for number in range(frames):
        grey = number * STEP if level is None else level
        writer.write(np.full((height, width, 3), grey, np.uint8))
    writer.release()
    return str(path)


def number_of(pixels):
    """Return the number of a frame of such a film."""
    return round(float(pixels.mean()) / STEP)

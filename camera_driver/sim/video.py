# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The pictures of simulated video cameras: land, as the settings make it look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from camera_driver.model import Rectangle, WHOLE
from camera_driver.pictures.image import Pixels, resized
from camera_driver.sim import scene

RATE = 30.0  # Hz
DETAIL = 1.5  # pixels of the land for each of the picture, so that zooming in shows more
SWEEP = 2.0  # s, in which the mark at the lower edge goes from left to right
FRAME = (255, 230, 40)


@dataclass(frozen=True)
class VideoSignal:
    """What the output of a simulated camera shows; the same one looks the same, but for time."""

    width: int = 640
    height: int = 480
    exposure: float = 0.0  # EV; 0 is right, 1 twice as bright
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)  # of red, green, blue
    region: Rectangle = WHOLE  # what is shown of the whole
    area: Rectangle | None = None  # in which the light is measured; drawn as a frame
    caption: str = ''
    number: int = 1  # of the land


def draw(signal: VideoSignal, now: float) -> Pixels:
    """
    Return the picture at a time [s]: (height, width, 3) RGB.

    A mark that goes along the lower edge tells that the picture is alive.
    """
    pixels = _still(signal).copy()
    edge = max(2, signal.height // 60)
    left = int((now / SWEEP % 1.0) * (signal.width - 4 * edge))
    pixels[-edge:] //= 2
    pixels[-edge:, left:left + 4 * edge] = 255
    return pixels


@lru_cache(maxsize=4)
def _still(signal: VideoSignal) -> Pixels:
    land = _land(signal.number, round(DETAIL * signal.width), round(DETAIL * signal.height))
    pixels = resized(land, signal.width, signal.height, signal.region)
    light = np.arange(256) * 2.0 ** (signal.exposure / 2.2)  # the pixels are gamma coded
    for channel, gain in enumerate(signal.gains):
        table = np.clip(light * gain, 0, 255).round().astype(np.uint8)
        pixels[..., channel] = table[pixels[..., channel]]
    if signal.area:
        _outline(pixels, signal.area)
    edge = signal.height / 40
    return scene.draw_text(pixels, signal.caption, (round(signal.width - edge), round(edge)),
                           signal.height / 24, anchor='ra')


@lru_cache(maxsize=2)
def _land(number: int, width: int, height: int) -> Pixels:
    return scene.scene(number, width, height)


def _outline(pixels: Pixels, area: Rectangle) -> None:
    height, width = pixels.shape[:2]
    line = max(2, height // 160)
    left, right = (round(end * width) for end in (area[0], area[2]))
    top, bottom = (round(end * height) for end in (area[1], area[3]))
    pixels[top:bottom, left:left + line] = FRAME
    pixels[top:bottom, right - line:right] = FRAME
    pixels[top:top + line, left:right] = FRAME
    pixels[bottom - line:bottom, left:right] = FRAME

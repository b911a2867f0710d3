# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Generated pictures for simulated cameras: land seen from above, told apart by its number.

The same arguments give the same bytes (within one version of the image library and numpy).
"""

from datetime import datetime, timedelta
from functools import lru_cache
import struct
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.TiffImagePlugin import IFDRational

from camera_driver.pictures.image import encode_jpeg, Exif, Pixels, resized

ACROSS = 400.0      # m of land across a picture, whatever its number of pixels
CROPS = np.array([(96, 124, 58), (132, 148, 70), (186, 170, 98), (150, 122, 82), (74, 106, 54),
                  (206, 190, 120), (112, 138, 76), (164, 142, 96), (88, 116, 72)], np.float32)
WATER, SAND, FOREST = (52, 84, 104), (172, 160, 126), np.array((44, 70, 40), np.float32)
TARMAC, PAINT, HEDGE = (112, 112, 114), (226, 224, 214), (58, 82, 44)
ROOFS = ((156, 78, 60), (172, 96, 70), (120, 116, 116), (198, 196, 190), (94, 88, 92))
BARS = ((255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0),
        (0, 0, 255), (0, 0, 0))
LABEL = (255, 214, 64)


class Still(NamedTuple):
    """One picture in the memory of a simulated still camera."""

    number: int
    width: int
    height: int
    taken: datetime
    data: bytes         # JPEG with Exif
    thumbnail: bytes    # JPEG, 160 x 120


def scene(number: int, width: int, height: int, exposure: float = 0.0) -> Pixels:
    """
    Return picture `number`: fields, woods, a river, roads, houses; number, bars, line pairs.

    :param exposure: in EV, 0 is right; the land gets brighter or darker, the number does not.
    :returns: (height, width, 3) RGB.
    """
    rng = np.random.default_rng(number)
    metre = width / ACROSS
    x = (np.arange(width, dtype=np.float32) / metre)[None, :]
    y = (np.arange(height, dtype=np.float32) / metre)[:, None]
    turn = rng.uniform(-0.5, 0.5)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    beside = y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))

    column = np.floor(along / 74).astype(np.int16)
    lengthwise = beside / 46 + column * np.float32(0.37)
    strip = np.floor(lengthwise).astype(np.int16)
    field = (column * 29 + strip * 13) & 63
    land = np.take(rng.permutation(np.resize(CROPS, (64, 3))), field, axis=0)
    furrows = np.sin(np.where(field & 1, along, beside) * np.float32(2 * np.pi / 2.6))
    furrows *= 3 + 2 * (field & 3).astype(np.float32)
    land += furrows[..., None]
    hedge = (np.abs(lengthwise - strip - 0.5) > 0.48) & (field & 2 == 0)
    land[hedge] = HEDGE

    a, b, c, d = rng.uniform(0, 2 * np.pi, 4).astype(np.float32)
    woods = np.sin(x / 47 + a) + np.sin(y / 39 + b) + np.sin((x + y) / 61 + c)
    crowns = np.sin(x * np.float32(1.05)) * np.sin(y * np.float32(0.95)) * 16
    wood = woods > 1.25
    land[wood] = FOREST + crowns[wood][:, None]

    course = ACROSS * (0.25 + 0.2 * np.sin(d)) + 34 * np.sin(x / 64 + a) + 11 * np.sin(x / 23 + b)
    shore = np.abs(y - course) - 11
    land[shore < 4] = SAND
    land[shore < 0] = WATER

    road = ACROSS * rng.uniform(0.45, 0.6)
    for position, half, across, towards in ((road, 4.5, along, beside),
                                            (ACROSS * 0.42, 3.0, beside, along)):
        offset = np.abs(across - np.float32(position))
        land[offset < half] = TARMAC
        middle = offset < 0.35
        middle[middle] = np.mod(towards[middle], 9) < 5
        land[middle] = PAINT

    land += rng.integers(-7, 8, (height, width, 1), np.int8)
    for _ in range(40):
        _house(land, metre, rng)
    land *= np.float32(2 ** (exposure / 2.2))   # the pixels are gamma coded
    pixels = np.clip(land, 0, 255, out=land).astype(np.uint8)
    _marks(pixels)
    corner = round(height / 30), round(height / 40)
    return draw_text(pixels, f'{number:04d}', corner, height / 7, LABEL)


@lru_cache(maxsize=32)
def jpeg(number: int, width: int, height: int, taken: datetime, model: str = 'SIM-1',
         quality: int = 85, exposure: float = 0.0, exposure_time: float = 0.0) -> bytes:
    """
    Return picture `number` as a camera's file: JPEG with Exif data and a thumbnail in them.

    :param exposure: in EV, as in `scene`.
    :param exposure_time: in s, for the Exif data; 0: made up.
    """
    exposure_time = exposure_time or 1 / (60 * 2 ** (number % 4))
    shot = Exif(taken, 'camera_driver', model, exposure_time,
                f_number=(2.8, 4.0, 5.6)[number % 3], iso=100, orientation=1)
    return with_exif(encode_jpeg(scene(number, width, height, exposure), quality),
                     exif_block(shot, thumbnail(number, exposure)))


@lru_cache(maxsize=32)
def thumbnail(number: int, exposure: float = 0.0) -> bytes:
    """Return picture `number` as a JPEG, 160 x 120 pixels, below 10000 bytes (fuji_mx.md 4.4)."""
    return encode_jpeg(resized(scene(number, 640, 480, exposure), 160, 120), 70)


def ycbcr422(number: int, width: int, height: int) -> bytes:
    """Return picture `number` small and raw: Y1 Y2 Cb Cr for two pixels (fuji_mx.md 4.4)."""
    pixels = resized(scene(number, 320, 240), width, height).astype(np.float32)
    luma = pixels @ np.array((0.299, 0.587, 0.114), np.float32)
    pairs = np.empty((height, width // 2, 4), np.float32)
    pairs[..., :2] = luma.reshape(height, -1, 2)
    for place, channel, scale in ((2, 2, 1.772), (3, 0, 1.402)):
        chroma = (pixels[..., channel] - luma) / np.float32(scale) + 128
        pairs[..., place] = chroma.reshape(height, -1, 2).mean(axis=2)
    return pairs.round().clip(0, 255).astype(np.uint8).tobytes()


@lru_cache(maxsize=1)
def stills() -> tuple[Still, ...]:
    """
    Return what a simulated still camera has in its memory.

    Sizes differ; one has about 150 KB, and two have more than 131072 bytes (64 blocks of 2048).
    """
    first = datetime(2001, 6, 14, 9, 30, 12)
    plan = ((1, 640, 480, 85), (2, 1024, 768, 78), (3, 320, 240, 80), (4, 1280, 960, 54),
            (5, 640, 480, 60))
    return tuple(
        Still(number, width, height, taken, jpeg(number, width, height, taken, quality=quality),
              thumbnail(number))
        for number, width, height, quality in plan
        for taken in [first + timedelta(seconds=47 * number)])


def draw_text(pixels: Pixels, text: str, position: tuple[int, int], size: float,
              colour: tuple[int, int, int] = (255, 255, 255), anchor: str = 'la') -> Pixels:
    """
    Return a copy with a text in it, on a thin dark edge that keeps it legible anywhere.

    :param position: x, y [pixels] of the anchor; `anchor` as in Pillow ('la': left, ascender).
    :param size: of the letters [pixels].
    """
    picture = Image.fromarray(pixels).convert('RGB')
    ImageDraw.Draw(picture).text(position, text, fill=colour, font=ImageFont.load_default(size),
                                 anchor=anchor, stroke_width=max(1, round(size / 14)),
                                 stroke_fill=(16, 18, 22))
    return np.array(picture)


def exif_block(exif: Exif, thumbnail: bytes = b'') -> bytes:
    """
    Return the payload of an APP1 segment: the 'Exif' mark and a little-endian TIFF structure.

    :param thumbnail: a JPEG file, put into the second directory as cameras do; below 60 KB.
    """
    taken = None if exif.taken is None else f'{exif.taken:%Y:%m:%d %H:%M:%S}'
    time, number = (None if value is None else
                    IFDRational(1, round(1 / value)) if 0 < value < 0.3 else
                    IFDRational(round(1000 * value), 1000)
                    for value in (exif.exposure_time, exif.f_number))
    first = Image.Exif()
    first.endian = '<'
    first.update(_given({0x010f: exif.make, 0x0110: exif.model, 0x0112: exif.orientation,
                         0x0132: taken}))
    first.get_ifd(0x8769).update(_given({
        0x829a: time, 0x829d: number, 0x8827: exif.iso, 0x9000: b'0210', 0x9003: taken}))
    block = first.tobytes()
    if not thumbnail:
        return block
    # Pillow writes no second directory. Its offset stands behind the entries of the first.
    tiff = block[6:] + bytes(len(block) % 2)
    entries, = struct.unpack_from('<H', tiff, 8)
    link, at = 10 + 12 * entries, len(tiff)
    second = struct.pack('<H', 3) + b''.join(struct.pack('<HHII', *entry) for entry in (
        (0x0103, 3, 1, 6), (0x0201, 4, 1, at + 42), (0x0202, 4, 1, len(thumbnail)))) + bytes(4)
    return b'Exif\0\0' + tiff[:link] + struct.pack('<I', at) + tiff[link + 4:] + second + thumbnail


def with_exif(data: bytes, exif: bytes) -> bytes:
    """Return a JPEG with an Exif block as its first segment, in the place of JFIF's."""
    if len(exif) > 65533:
        raise ValueError(f'an Exif block of {len(exif)} bytes does not fit into a JPEG')
    head = b'\xff\xd8\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    return head + data[4 + int.from_bytes(data[4:6], 'big'):]


def _given(values: dict[int, object]) -> dict[int, object]:
    return {tag: value for tag, value in values.items() if value is not None}


def _house(land: np.ndarray[tuple[int, ...], np.dtype[np.float32]], metre: float,
           rng: np.random.Generator) -> None:
    """Draw a house with a ridge and a shadow, in a village or alone."""
    centre = rng.normal((ACROSS * 0.72, ACROSS * 0.4), 42)
    left, top = (int(value * metre) for value in centre)
    width, depth = (max(2, int(value * metre)) for value in rng.uniform(7, 18, 2))
    roof = np.array(ROOFS[rng.integers(len(ROOFS))], np.float32)
    if left < 0 or top < 0:
        return
    shadow = max(1, int(2.5 * metre))
    land[top + shadow:top + depth + shadow, left + shadow:left + width + shadow] *= 0.55
    land[top:top + depth // 2, left:left + width] = roof * 1.12
    land[top + depth // 2:top + depth, left:left + width] = roof * 0.86


def _marks(pixels: Pixels) -> None:
    """Draw colour bars at the lower left and line pairs of 1 to 4 pixels at the lower right."""
    height, width = pixels.shape[:2]
    edge, size = height // 30, height // 16
    bottom = height - edge
    for number, colour in enumerate(BARS):
        left = edge + number * size
        pixels[bottom - size:bottom, left:left + size] = colour
    for number in range(1, 5):
        left = width - edge - (5 - number) * (size + edge // 2)
        lines = np.arange(size) // number % 2 * 255
        pixels[bottom - size:bottom, left:left + size] = lines[None, :, None]
        upper = bottom - 2 * size - edge // 2
        pixels[upper:upper + size, left:left + size] = lines[:, None, None]

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as arrays: decode, check, encode, and what Exif data say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
import re
import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from camera_driver.errors import DamagedPicture, StorageError
from camera_driver.model import Picture, Rectangle, WHOLE
from camera_driver.pictures import jpeg

try:
    import simplejpeg
except ImportError:     # Pillow decodes, at half the speed, and damage is not told
    simplejpeg = None

Pixels = NDArray[np.uint8]      # (height, width, 3) RGB or (height, width) mono

FORMATS = ('jpeg', 'tiff', 'png', 'bmp', 'ppm', 'gif')
MAX_PIXELS = 50_000_000     # ten times the largest camera here; the decoder takes 4 bytes for each
Image.MAX_IMAGE_PIXELS = MAX_PIXELS     # Pillow warns above it and refuses above twice as much
MODES = {1: 'L', 3: 'RGB', 4: 'CMYK'}   # Pillow's, of a JPEG's components
COLOURS = {'L': 'GRAY', 'RGB': 'RGB'}   # simplejpeg's


@dataclass(frozen=True)
class Checked:
    """A picture that is sound as far as that can be told, or `odd`; decoded once."""

    format: str
    width: int      # pixels; 0 = nobody can tell
    height: int
    mode: str       # Pillow's: 'RGB', 'L', ...
    padding: int = 0    # bytes after a JPEG's end marker
    odd: str = ''   # why it is not sound, of a picture that is so in the camera
    data: bytes = field(default=b'', repr=False, compare=False)     # as a file holds it
    decoded: Pixels | Image.Image | None = field(default=None, repr=False, compare=False)

    @property
    def pixels(self) -> Pixels:
        """
        Return the picture: uint8, (height, width, 3) RGB, or (height, width) without colour.

        16 bit are cut to the upper 8. Raises DamagedPicture for pixels that have no such form.
        """
        if isinstance(self.decoded, np.ndarray):
            return self.decoded
        if self.decoded is None:
            raise DamagedPicture(self.odd or 'a picture of an unknown format cannot be decoded')
        return _pixels(self.decoded)


def decode(data: bytes) -> Pixels:
    """Decode a JPEG, TIFF, PNG, BMP, PPM or GIF (its first picture). Raises DamagedPicture."""
    return _pixels(_load(data, FORMATS))


def check(data: bytes, format: str) -> Checked:     # noqa: A002
    """
    Check a picture before it goes to any file or topic: structure and complete decode.

    What Pillow reports: a file that ends without the end marker, bad headers and tables, nested
    SOI. What it swallows, as libjpeg only logs it: image data that end early but for the end
    marker, left-over data, lost or doubled packets, strange markers, lost restart markers,
    anything after the end: see `pictures.jpeg`, which finds these with simplejpeg or without.
    Neither finds everything: a flipped bit in the image data mostly still makes a picture with
    the right number of blocks (measured: 1 in 20 is found in a 640x480 picture; of lost and
    doubled packets of 512 bytes all were). Formats besides JPEG have the decoder's word alone.

    Data that begin like no picture (a film, a maker's raw format) cannot be checked and are no
    damage: their format is 'unknown', their size 0 x 0.

    :param format: one of FORMATS, or 'unknown' for any of them.
    :raises DamagedPicture: with the reason and, for a JPEG, the byte.
    :raises ValueError: a format that is not an encoded picture ('ycbcr422').
    """
    if format != 'unknown' and format not in FORMATS:
        raise ValueError(f'pictures of format {format!r} cannot be checked')
    if format == 'jpeg' or format == 'unknown' and data[:2] == b'\xff\xd8':
        return _check_jpeg(data)
    if format == 'unknown' and not _known(data):
        return Checked('unknown', 0, 0, '', data=data)
    picture = _load(data, FORMATS if format == 'unknown' else (format,))
    return Checked(str(picture.format).lower(), picture.width, picture.height, picture.mode,
                   data=data, decoded=picture)


def _check_jpeg(data: bytes) -> Checked:
    found = jpeg.structure(data)
    mode = MODES.get(found.components, '')
    complete = jpeg.check_scans(data)
    pixels, complaint = _decode_strictly(data, mode)
    if complaint and not complete:
        raise DamagedPicture(f'damaged JPEG of {len(data)} bytes: {complaint}; '
                             'download the picture again')
    # Some cameras append data of their own. Behind a picture proven complete that is no harm.
    if not complete and data.count(0, found.end) != found.padding:
        raise DamagedPicture(f'damaged JPEG, byte {found.end}: {found.padding} bytes that are not '
                             'all zero after the end marker (ff d9); download the picture again')
    return Checked('jpeg', found.width, found.height, mode, found.padding, data=data,
                   decoded=_load(data, ('jpeg',)) if pixels is None else pixels)


def _decode_strictly(data: bytes, mode: str) -> tuple[Pixels | None, str]:
    """Return the pixels if the library is content; else None and its complaint, if any."""
    if simplejpeg is None or mode not in COLOURS:
        return None, ''
    try:
        pixels = np.asarray(simplejpeg.decode_jpeg(data, COLOURS[mode], strict=True))
    except ValueError as error:
        return None, str(error)
    return pixels[..., 0] if mode == 'L' else pixels, ''


def read_jpeg(path: Path) -> tuple[bytes, Checked]:
    """Return the bytes of a file and their check. Raises StorageError, DamagedPicture."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f'{path} cannot be read: {error.strerror}') from error
    try:
        return data, check(data, 'jpeg')
    except DamagedPicture as error:
        why = str(error).partition(';')[0]
        raise DamagedPicture(f'{path} is not a valid JPEG: {why}') from None


def encode_jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """Encode as baseline JPEG, colours sampled 4:2:2 as cameras do."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, 'JPEG', quality=quality, subsampling='4:2:2')
    return out.getvalue()


def encode_png(pixels: Pixels) -> bytes:
    """Encode without loss."""
    out = BytesIO()
    Image.fromarray(pixels).save(out, 'PNG')
    return out.getvalue()


def ycbcr422_to_rgb(data: bytes, width: int, height: int) -> Pixels:
    """
    Convert raw colour: Y1 Y2 Cb Cr for every two pixels, row by row (fuji_mx.md 4.4).

    :returns: (height, width, 3) RGB.
    :raises DamagedPicture: another number of bytes than 2 x width x height.
    """
    if len(data) != 2 * width * height or width % 2 or not data:
        raise DamagedPicture(f'{len(data)} bytes of raw colour are no {width} x {height} pixels; '
                             'take the preview again')
    return _ycbcr_to_rgb(data, width, height, 2, 1)


def _ycbcr_to_rgb(data: bytes, width: int, height: int, across: int, down: int) -> Pixels:
    """Convert units of across x down pixels: their Y row by row, then Cb, Cr (TIFF 6.0, 21)."""
    columns, rows = -(-width // across), -(-height // down)
    units = np.frombuffer(data, np.uint8).astype(np.float32).reshape(rows, columns, -1)
    luma = units[..., :-2].reshape(rows, columns, down, across).swapaxes(1, 2)
    lights = luma.reshape(rows * down, columns * across)
    blue, red = (units[..., place].repeat(down, 0).repeat(across, 1) - 128 for place in (-2, -1))
    pixels = np.stack((lights + 1.402 * red, lights - 0.344 * blue - 0.714 * red,
                       lights + 1.772 * blue), axis=-1)[:height, :width]
    return pixels.round().clip(0, 255).astype(np.uint8)


def check_picture(picture: Picture) -> Checked:
    """
    Check what a device sent; raw colour becomes a PNG.

    :raises DamagedPicture: see `check`.
    """
    if picture.format != 'ycbcr422':
        return check(picture.data, picture.format)
    return _as_png(ycbcr422_to_rgb(picture.data, picture.width or 0, picture.height or 0))


def check_thumbnail(data: bytes) -> Checked:
    """
    Check a thumbnail: a JPEG, or one in Exif data; raw pixels in Exif data become a PNG.

    :param data: a device's reply: the thumbnail itself, an Exif block, or a picture's head.
    :raises DamagedPicture: there is none, or it is damaged.
    """
    found = jpeg.jpeg_in(data)
    if found is not None:
        return check(found, 'jpeg')
    try:
        return _as_png(_raw_thumbnail(jpeg.exif_in(data)))
    except DamagedPicture:
        raise
    except Exception as error:      # Pillow's readers raise anything on hostile bytes
        raise DamagedPicture('the reply holds no thumbnail, neither JPEG nor raw pixels; '
                             'download it again') from error


def _raw_thumbnail(tiff: bytes) -> Pixels:
    """Return the uncompressed picture of the second directory (Exif 2.3, 4.5.1 and 4.6.2)."""
    tags = _directory(tiff, _directory(tiff, _first(tiff))[1])[0]

    def numbers(tag: int, *default: int) -> list[int]:
        value = tags.get(tag, default)
        return [int(x) for x in (value if isinstance(value, tuple | list) else (value,))]

    width, height = numbers(0x0100)[0], numbers(0x0101)[0]
    kind, samples = numbers(0x0106)[0], numbers(0x0115, 3)[0]
    planes = numbers(0x011c, 1)[0]
    across, down = (numbers(0x0212, 2, 2) if kind == 6 else (1, 1))
    if (numbers(0x0103, 1)[0] != 1 or set(numbers(0x0102, 8)) != {8} or planes not in (1, 2)
            or (kind, samples) not in ((0, 1), (1, 1), (2, 3), (6, 3)) or kind == 6 and planes == 2
            or across not in (1, 2, 4) or down not in (1, 2, 4)
            or not 0 < width * height <= MAX_PIXELS):
        raise DamagedPicture(f'raw thumbnails of this kind are not known: {width} x {height}, '
                             f'photometric interpretation {kind}, planar configuration {planes}')
    unit = across * down + 2 if kind == 6 else 1 if planes == 2 else samples
    row = -(-width // across) * unit

    def size(lines: int) -> int:
        return -(-lines // down) * row

    strip = min(max(1, numbers(0x0116, height)[0]), height)
    strips = [min(strip, height - top) for top in range(0, height, strip)]
    strips *= samples if planes == 2 else 1
    offsets = numbers(0x0111)
    if len(offsets) < len(strips) or any(
            at + size(lines) > len(tiff) for at, lines in zip(offsets, strips)):
        raise DamagedPicture(f'the raw thumbnail of {width} x {height} pixels is not complete; '
                             'download it again')
    data = b''.join(tiff[at:at + size(lines)] for at, lines in zip(offsets, strips))
    if kind == 6:
        return _ycbcr_to_rgb(data, width, height, across, down)
    pixels = np.frombuffer(data, np.uint8)
    if kind != 2:
        return pixels.reshape(height, width) ^ np.uint8(0 if kind else 255)
    if planes == 2:
        return np.ascontiguousarray(np.moveaxis(pixels.reshape(3, height, width), 0, -1))
    return pixels.reshape(height, width, 3)


def _as_png(pixels: Pixels) -> Checked:
    height, width = pixels.shape[:2]
    return Checked('png', width, height, 'L' if pixels.ndim == 2 else 'RGB',
                   data=encode_png(pixels), decoded=pixels)


class Exif(NamedTuple):
    """What matters of a picture's Exif data; None where it is missing or makes no sense."""

    taken: datetime | None = None           # local time of the camera, as written
    make: str | None = None
    model: str | None = None
    exposure_time: float | None = None      # s
    f_number: float | None = None
    iso: int | None = None
    orientation: int | None = None          # 1 ... 8 as in TIFF: 1 upright, 6 needs a turn right


def read_exif(data: bytes) -> Exif:
    """
    Return what a JPEG, the head of one, an Exif block or a TIFF says of itself; never raises.

    Early cameras write exposure time and f-number only as APEX values: these are converted.
    """
    camera: Mapping[int, Any] = {}
    shot: Mapping[int, Any] = {}
    try:
        tiff = jpeg.exif_in(data)
        camera = _directory(tiff, _first(tiff))[0]
        shot = _directory(tiff, int(camera[0x8769]))[0]
    except Exception:       # Pillow's readers raise anything on hostile bytes
        pass

    def number(tag: int, low: float = 0.0, high: float = 1e6,
               values: Mapping[int, Any] = shot) -> float | None:
        value = values.get(tag, 'absent')
        try:
            found = float(value[0] if isinstance(value, tuple) else value)
        except Exception:   # absent, text, or a rational with a zero below
            return None
        return found if low < found < high else None

    def apex(tag: int, sign: float) -> float | None:
        value = number(tag, -30, 30)
        return None if value is None else float(2 ** (sign * value))

    def text(tag: int, values: Mapping[int, Any] = camera) -> str | None:
        value = values.get(tag)
        return value.split('\0')[0].strip()[:200] or None if isinstance(value, str) else None

    iso, orientation = number(0x8827), number(0x0112, 0, 9, camera)
    return Exif(
        taken=_date(text(0x9003, shot)) or _date(text(0x9004, shot)) or _date(text(0x0132)),
        make=text(0x010f), model=text(0x0110),
        exposure_time=number(0x829a) or apex(0x9201, -1),
        f_number=number(0x829d) or apex(0x9202, 0.5), iso=int(iso) if iso else None,
        orientation=int(orientation) if orientation else None)


def _first(tiff: bytes) -> int:
    """Return where the first directory begins."""
    return int(struct.unpack('>I' if tiff[:2] == b'MM' else '<I', tiff[4:8])[0])


def _directory(tiff: bytes, at: int) -> tuple[Mapping[int, Any], int]:
    """Return the values of a TIFF directory by their tags, and where the next one is."""
    directory = ImageFileDirectory_v2(tiff[:8])
    if not at:
        raise ValueError('there is no such directory')
    stream = BytesIO(tiff)
    stream.seek(at)
    directory.load(stream)
    found = {}
    for tag in directory:
        try:
            found[tag] = directory[tag]
        except Exception:   # one value makes no sense
            continue
    return found, int(directory.next)


def _date(text: str | None) -> datetime | None:
    numbers = [int(n) for n in re.findall('[0-9]+', text or '')]
    try:
        return datetime(*numbers[:6]) if len(numbers) >= 6 else None     # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None


def resized(pixels: Pixels, width: int, height: int, part: Rectangle = WHOLE) -> Pixels:
    """Scale a part of a picture with averaging over area."""
    image = Image.fromarray(pixels)
    left, top, right, bottom = part
    box = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    return np.array(image.resize((width, height), Image.Resampling.LANCZOS, box,
                                 reducing_gap=2.0))


def _known(data: bytes) -> bool:
    """Say whether data begin like a picture of one of FORMATS."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS):
            return True
    except UnidentifiedImageError:
        return False
    except Exception:               # it was taken for one, and is damaged
        return True


def _pixels(picture: Image.Image) -> Pixels:
    if picture.mode.startswith('I;16'):
        return (np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8)
    if picture.mode in ('I', 'F'):
        raise DamagedPicture(f'pixels of mode {picture.mode} have no 8 bit form; '
                             'save the file instead of showing it')
    return np.array(picture.convert('L' if picture.mode in ('1', 'L', 'LA') else 'RGB'))


def _load(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Decode a picture whose header is sound and whose size is bearable."""
    what = formats[0].upper() if len(formats) == 1 else 'picture of a known format'
    try:
        with Image.open(BytesIO(data), formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise DamagedPicture(f'{picture.width} x {picture.height} pixels are more than '
                                     f'the {MAX_PIXELS:,} that are accepted')
            if picture.format == 'JPEG':
                jpeg.structure(data)    # bounds what the decoder takes
            picture.load()
            return picture
    except DamagedPicture:
        raise
    except UnidentifiedImageError:
        raise DamagedPicture(f'not a {what}: begins with {data[:8].hex(" ") or "nothing"}; '
                             'download the picture again') from None
    except Exception as error:      # Pillow's readers raise anything on hostile bytes
        raise DamagedPicture(f'damaged {what} of {len(data)} bytes: {error}; '
                             'download the picture again') from error

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as arrays: decode, check, encode, draw. The only importer of the image library."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from camera_driver.errors import DamagedPicture, StorageError
from camera_driver.model import Picture
from camera_driver.pictures import jpeg

Pixels = NDArray[np.uint8]      # (height, width, 3) RGB or (height, width) mono

FORMATS = ('jpeg', 'tiff', 'png', 'bmp', 'ppm', 'gif')
MAX_PIXELS = 200_000_000
Image.MAX_IMAGE_PIXELS = MAX_PIXELS     # Pillow warns above it and refuses above twice as much


@dataclass(frozen=True)
class Checked:
    """A picture that is sound as far as that can be told."""

    format: str
    width: int
    height: int
    mode: str       # Pillow's: 'RGB', 'L', ...
    padding: int    # bytes after a JPEG's end marker


def decode(data: bytes) -> Pixels:
    """
    Decode a JPEG, TIFF, PNG, BMP, PPM or GIF (its first picture).

    :returns: uint8, (height, width, 3) RGB, or (height, width) where the picture has no colour;
        16 bit are cut to the upper 8.
    :raises DamagedPicture: not decodable, incomplete, or above 200 million pixels.
    """
    picture = _load(data, FORMATS)
    if picture.mode.startswith('I;16'):
        return (np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8)
    if picture.mode in ('I', 'F'):
        raise DamagedPicture(f'pixels of mode {picture.mode} have no 8 bit form; '
                             'save the file instead of showing it')
    return np.array(picture.convert('L' if picture.mode in ('1', 'L', 'LA') else 'RGB'))


def check(data: bytes, format: str) -> Checked:     # noqa: A002
    """
    Check a picture before it goes to any file or topic: structure and complete decode.

    What Pillow reports: a file that ends without the end marker, bad headers and tables, nested
    SOI. What it swallows, as libjpeg only logs it: image data that end early but for the end
    marker, left-over data, lost or doubled packets, strange markers, lost restart markers,
    anything after the end. `pictures.jpeg` finds these in sequential Huffman JPEGs. Neither
    finds everything: a flipped bit in the image data mostly still makes a picture with the right
    number of blocks (measured: 1 in 20 is found in a 640x480 picture; of lost and doubled packets
    of 512 bytes all were). Progressive JPEGs and the other formats have the decoder's word alone.

    Data that begin like no picture (a film, a maker's raw format) cannot be checked and are no
    damage: their format is 'unknown', their size 0 x 0.

    :param format: one of FORMATS, or 'unknown' for any of them.
    :raises DamagedPicture: with the reason and, for a JPEG, the byte.
    :raises ValueError: a format that is not an encoded picture ('ycbcr422').
    """
    if format != 'unknown' and format not in FORMATS:
        raise ValueError(f'pictures of format {format!r} cannot be checked')
    is_jpeg = format == 'jpeg' or format == 'unknown' and data[:2] == b'\xff\xd8'
    padding = 0
    if is_jpeg:
        found = jpeg.structure(data)
        padding = found.padding
        complete = jpeg.check_scans(data)
        # Some cameras append data of their own. Behind a picture proven complete that is no harm.
        if not complete and data.count(0, found.end) != padding:
            raise DamagedPicture(f'damaged JPEG, byte {found.end}: {padding} bytes that are not '
                                 'all zero after the end marker (ff d9); download the picture '
                                 'again')
    if format == 'unknown' and not is_jpeg and not _known(data):
        return Checked('unknown', 0, 0, '', 0)
    picture = _load(data, ('jpeg',) if is_jpeg else (format,) if format in FORMATS else FORMATS)
    if is_jpeg:
        format = 'jpeg'                                 # noqa: A001
    elif format == 'unknown':
        format = str(picture.format).lower()            # noqa: A001
    return Checked(format, picture.width, picture.height, picture.mode, padding)


def read_jpeg(path: Path) -> tuple[bytes, Checked]:
    """Return the bytes of a file and their check. Raises StorageError, DamagedPicture."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f'{path} cannot be read: {error.strerror}') from error
    try:
        return data, check(data, 'jpeg')
    except DamagedPicture as error:
        raise DamagedPicture(f'{path} is no sound JPEG: {str(error).partition(";")[0]}') from None


def encode_jpeg(pixels: Pixels, quality: int = 90, exif: bytes = b'') -> bytes:
    """
    Encode as baseline JPEG, colours sampled 4:2:2 as cameras do.

    :param exif: an Exif block (`pictures.exif.exif_block`); it becomes the first segment,
        in the place of JFIF's.
    """
    out = BytesIO()
    Image.fromarray(pixels).save(out, 'JPEG', quality=quality, subsampling='4:2:2')
    data = out.getvalue()
    if not exif:
        return data
    if len(exif) > 65533:
        raise ValueError(f'an Exif block of {len(exif)} bytes does not fit into a JPEG')
    head = b'\xff\xd8\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    return head + data[4 + int.from_bytes(data[4:6], 'big'):]


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
    if len(data) != 2 * width * height or len(data) % 4:
        raise DamagedPicture(f'{len(data)} bytes of raw colour are no {width} x {height} pixels; '
                             'take the preview again')
    pairs = np.frombuffer(data, np.uint8).astype(np.float32).reshape(-1, 4)
    luma = pairs[:, :2].reshape(-1)
    blue, red = (np.repeat(pairs[:, place] - 128, 2) for place in (2, 3))
    pixels = np.stack((luma + 1.402 * red, luma - 0.344 * blue - 0.714 * red,
                       luma + 1.772 * blue), axis=-1)
    return pixels.round().clip(0, 255).astype(np.uint8).reshape(height, width, 3)


def encoded(picture: Picture) -> Picture:
    """
    Return a picture as a file can hold it: raw colour as PNG, all others as they are.

    :raises DamagedPicture: raw colour that is not as long as its size says.
    """
    if picture.format != 'ycbcr422':
        return picture
    pixels = ycbcr422_to_rgb(picture.data, picture.width or 0, picture.height or 0)
    return replace(picture, data=encode_png(pixels), format='png')


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scale with averaging over area."""
    return np.array(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS,
                                                   reducing_gap=2.0))


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


def contact_sheet(pictures: Sequence[tuple[Pixels, str]], title: str = '',
                  columns: int | None = None, width: int = 1280) -> Pixels:
    """
    Lay pictures out in a grid on a dark ground, each with its caption below.

    :param pictures: pixels and caption; a caption's first line is bright, the others are dim.
    :param width: of the sheet [pixels]; its height follows from the number of rows.
    :returns: (height, width, 3) RGB.
    """
    columns = columns or max(1, min(4, len(pictures)))
    margin = width // 48
    cell = (width - margin * (columns + 1)) // columns
    frame = cell * 3 // 4
    size = max(11, min(22, cell // 18))
    lines = max((caption.count('\n') + 1 for _, caption in pictures), default=1)
    step = round(1.45 * size)
    row = frame + lines * step + size
    top = margin + (3 * size if title else 0)
    rows = -(-len(pictures) // columns)
    sheet = Image.new('RGB', (width, top + rows * (row + margin)), (22, 24, 29))
    pen = ImageDraw.Draw(sheet)
    if title:
        pen.text((margin, margin), title, (240, 242, 245), ImageFont.load_default(1.7 * size))
    for number, (pixels, caption) in enumerate(pictures):
        x = margin + number % columns * (cell + margin)
        y = top + number // columns * (row + margin)
        pen.rounded_rectangle((x, y, x + cell, y + row), size // 2, (34, 37, 44))
        pen.rectangle((x, y + size // 2, x + cell, y + frame), (12, 13, 16))
        small = Image.fromarray(pixels).convert('RGB')
        small.thumbnail((cell - 2, frame - 2), Image.Resampling.LANCZOS)
        sheet.paste(small, (x + (cell - small.width) // 2 + 1,
                            y + (frame - small.height) // 2 + 1))
        for line, text in enumerate(caption.split('\n')):
            font = ImageFont.load_default(size if line == 0 else size * 0.85)
            pen.text((x + size // 2, y + frame + size // 2 + line * step),
                     _fitted(text, font, cell - size),
                     (228, 231, 236) if line == 0 else (148, 154, 166), font)
    return np.array(sheet)


def _fitted(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + '...') > width:
        text = text[:-1]
    return text + '...'


def _known(data: bytes) -> bool:
    """Say whether data begin like a picture of one of FORMATS."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS):
            return True
    except UnidentifiedImageError:
        return False
    except Exception:               # it was taken for one, and is damaged
        return True


def _load(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    what = formats[0].upper() if len(formats) == 1 else 'picture of a known format'
    try:
        with Image.open(BytesIO(data), formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise DamagedPicture(f'{picture.width} x {picture.height} pixels are more than '
                                     f'the {MAX_PIXELS:,} that are accepted')
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

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Pictures as one sheet, in a grid with captions.

    python3 examples/contact_sheet.py SHEET.png PICTURE [PICTURE ...]
"""

from pathlib import Path
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from camera_driver.pictures.image import decode, encode_png


def contact_sheet(pictures, title='', columns=None, width=1280):
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


def _fitted(text, font, width):
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + '...') > width:
        text = text[:-1]
    return text + '...'


def main(sheet, *pictures):
    """Write a sheet of pictures, each with its file's name."""
    cells = [(decode(Path(path).read_bytes()), Path(path).name) for path in pictures]
    Path(sheet).write_bytes(encode_png(contact_sheet(cells)))


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])

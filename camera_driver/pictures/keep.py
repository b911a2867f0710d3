# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What happens to a picture that has come over the line: checked, read again if in doubt, saved.

All of this takes time (decoding, the disk), so it runs in a thread of its own and holds up
neither the device's thread nor the executor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from camera_driver.errors import DamagedPicture
from camera_driver.model import Picture, StoredImage
from camera_driver.pictures import jpeg
from camera_driver.pictures.storage import PictureStore

if TYPE_CHECKING:
    from camera_driver.pictures import image

EXTENSIONS = {'jpeg': 'jpg', 'png': 'png', 'tiff': 'tif', 'unknown': 'dat'}
MOST_READINGS = 3
ODD = '_odd'    # in the name of a file


@dataclass(frozen=True)
class Kept:
    """A picture that is a file now."""

    path: Path
    size: int  # bytes
    sha256: str
    checked: image.Checked


def read_sound(read: Callable[[], Picture], reread: bool = False, keep_odd: bool = False
               ) -> tuple[Picture, image.Checked]:
    """
    Read a picture until it is known for what it is.

    A sound one counts at once, or with `reread` when two readings agree. One that fails its check
    may have been damaged on the line, so it is read again: when two readings agree it is so in
    the camera, and odd. Two that differ make a third, and the majority decides.

    :param keep_odd: take the first reading of a picture that fails its check.
    :raises DamagedPicture: no two of three readings agree.
    """
    readings: list[bytes] = []
    reason = ''
    while len(readings) < MOST_READINGS:
        picture = read()
        from camera_driver.pictures import image  # may be loading while the line is at work
        agrees = picture.data in readings
        readings.append(picture.data)
        try:
            checked = image.check_picture(picture)
        except DamagedPicture as error:
            reason = str(error).partition('; download')[0]
            checked = _odd(picture, reason)
            if agrees or keep_odd and not reread:
                return picture, checked
        else:
            if agrees or not reread:
                return picture, checked
    raise DamagedPicture(f'{MOST_READINGS} readings differ; download it again at a lower speed, '
                         'and look at the line' + (f': {reason}' if reason else ''))


def _odd(picture: Picture, reason: str) -> image.Checked:
    from camera_driver.pictures import image
    width, height = jpeg.size_in(picture.data)
    return image.Checked(picture.format, width, height, '', odd=reason, data=picture.data)


def file_name(name: str, checked: image.Checked) -> str:
    """Return the name of a picture's file: `name` without extension gets one; see `marked`."""
    extension = EXTENSIONS.get(checked.format, checked.format)
    return marked(name if os.path.splitext(name)[1] else f'{name}.{extension}', checked)


def marked(name: str, checked: image.Checked) -> str:
    """Return a file's name, with a mark if the picture is odd."""
    stem, extension = os.path.splitext(name)
    return stem + (ODD if checked.odd else '') + extension


def keep(checked: image.Checked, stored: StoredImage, store: PictureStore, folder: str) -> Kept:
    """
    Save a picture, which is read back from the disk.

    Raises StorageError (nothing is left behind).
    """
    name = (marked(stored.name, checked) if stored.name else
            file_name(f'image_{stored.index:05}', checked))
    path = store.save(name, checked.data, folder)
    digest = hashlib.sha256(checked.data).hexdigest()
    return Kept(path, len(checked.data), digest, checked)

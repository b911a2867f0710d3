# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What happens to a picture that has come over the line: checked, saved, recorded, shown.

All of this takes time (decoding, the disk), so it runs in a thread of its own and holds up
neither the device's thread nor the executor.
"""

from dataclasses import dataclass
import hashlib
import os
from pathlib import Path

from camera_driver.errors import DamagedPicture, StorageError
from camera_driver.model import Picture, StoredImage
from camera_driver.pictures import image
from camera_driver.pictures.jpeg import jpeg_in
from camera_driver.pictures.storage import PictureStore

EXTENSIONS = {'jpeg': 'jpg', 'tiff': 'tif', 'unknown': 'dat'}


@dataclass(frozen=True)
class Kept:
    """A picture that is a file now."""

    path: Path
    size: int  # bytes
    sha256: str
    checked: image.Checked


def keep(picture: Picture, stored: StoredImage, store: PictureStore, folder: str) -> Kept:
    """
    Check a picture, save it and read it back from the disk.

    Raises DamagedPicture (nothing is saved) and StorageError (nothing is left behind, unless it
    is the disk that gives back something else than was written: that file is removed).
    """
    checked = image.check(picture.data, picture.format)
    extension = EXTENSIONS.get(checked.format, checked.format)
    name = stored.name or f'image_{stored.index:05}.{extension}'
    path = store.save(name, picture.data, folder)
    digest = hashlib.sha256(picture.data).hexdigest()
    if hashlib.sha256(_read_back(path)).hexdigest() != digest:
        path.unlink(missing_ok=True)
        raise StorageError(f'{path}: the disk gives back something else than was written; check '
                           'it, and choose another download_directory')
    return Kept(path, len(picture.data), digest, checked)


def _read_back(path: Path) -> bytes:
    try:
        with open(path, 'rb') as file:
            # Out of the memory's copy (it has been synchronised), so that the disk is asked.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return file.read()
    except OSError as error:
        raise StorageError(f'{path} was saved and cannot be read back: {error.strerror}; check '
                           'the disk') from error


def thumbnail_jpeg(picture: Picture) -> tuple[bytes, image.Checked]:
    """
    Return the JPEG of a thumbnail, which some cameras wrap in an Exif block, and its check.

    Raises DamagedPicture.
    """
    data = jpeg_in(picture.data)
    if data is None:
        raise DamagedPicture('the thumbnail holds no JPEG; download it again')
    return data, image.check(data, 'jpeg')

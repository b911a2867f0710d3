# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Which reading of a picture counts, and how an odd one is kept."""

from pathlib import Path

import pytest

from camera_driver.errors import DamagedPicture
from camera_driver.model import Picture, StoredImage
from camera_driver.pictures.image import check
from camera_driver.pictures.keep import file_name, keep, read_sound
from camera_driver.pictures.storage import PictureStore
from camera_driver.sim import scene

SOUND = scene.thumbnail(1)
OTHER = scene.thumbnail(2)
ODD = SOUND[:-2]
WORSE = SOUND[:-200]
CASES = Path(__file__).parent / 'cases' / 'pictures'


def result(readings, **how):
    """Return the reading that counts, whether it is odd, and how many were taken."""
    taken = []

    def read():
        taken.append(readings[len(taken)])
        return Picture(taken[-1], 'jpeg')

    try:
        picture, checked = read_sound(read, **how)
    except DamagedPicture as error:
        assert '3 readings differ' in str(error)
        return None, None, len(taken)
    assert picture.data == checked.data
    return checked.data, bool(checked.odd), len(taken)


@pytest.mark.parametrize('readings, how, expected', [
    ([SOUND], {}, (SOUND, False, 1)),
    ([ODD, SOUND], {}, (SOUND, False, 2)),
    ([ODD, ODD], {}, (ODD, True, 2)),
    ([ODD, WORSE, SOUND], {}, (SOUND, False, 3)),
    ([ODD, WORSE, ODD], {}, (ODD, True, 3)),
    ([WORSE, ODD, ODD], {}, (ODD, True, 3)),
    ([ODD, WORSE, SOUND[:-9]], {}, (None, None, 3)),
    ([ODD], {'keep_odd': True}, (ODD, True, 1)),
    ([SOUND, SOUND], {'reread': True}, (SOUND, False, 2)),
    ([SOUND, OTHER, SOUND], {'reread': True}, (SOUND, False, 3)),
    ([SOUND, OTHER, OTHER], {'reread': True}, (OTHER, False, 3)),
    ([SOUND, OTHER, ODD], {'reread': True}, (None, None, 3)),
    ([ODD, SOUND, SOUND], {'reread': True}, (SOUND, False, 3)),
    ([ODD, SOUND, ODD], {'reread': True, 'keep_odd': True}, (ODD, True, 3)),
])
def test_which_reading_counts(readings, how, expected):
    assert result(readings, **how) == expected


@pytest.mark.parametrize('name, reason', [
    ('no_end_marker', 'without the end marker'), ('restart_markers_exchanged', 'out of order')])
def test_pictures_that_are_odd_in_the_camera(tmp_path, name, reason):
    data = (CASES / f'{name}.jpg').read_bytes()
    _, checked = read_sound(lambda: Picture(data, 'jpeg'))
    assert (checked.width, checked.height) == (160, 120)
    assert reason in checked.odd and 'download' not in checked.odd
    kept = keep(checked, StoredImage(7, 'P1.JPG'), PictureStore(tmp_path), '')
    assert kept.path == tmp_path / 'P1_odd.JPG' and kept.path.read_bytes() == data
    with pytest.raises(DamagedPicture, match=reason):
        checked.pixels


def test_names_of_files():
    sound = check(SOUND, 'jpeg')
    assert file_name('P1.JPG', sound) == 'P1.JPG'
    assert file_name('image_00007', sound) == 'image_00007.jpg'
    assert file_name('film', check(b'RIFF', 'unknown')) == 'film.dat'

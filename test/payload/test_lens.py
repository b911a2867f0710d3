# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The calibration of a lens in a picture, read as MicaSense's imageprocessing reads it."""

import io

import exifread
import numpy as np
from payload.flights import tag
from payload.pictures import plain
from payload.test_jpeg_tags import attributes
from PIL import Image
import pytest

from camera_driver.errors import NotSupported
from camera_driver.payload.jpeg_tags import tagged
from camera_driver.payload.lens import Lens
from camera_driver.pictures.calibration import Intrinsics

PIXEL = 3.45e-3  # mm


def calibration(size, d=(-0.2, 0.1, 0.001, -0.002, 0.03), model='plumb_bob', fx=1000.0, fy=1003.0):
    width, height = size
    return Intrinsics(width, height, model, d, (fx, 0.0, 0.47 * width, 0.0, fy, 0.55 * height, 0.0,
                                                0.0, 1.0), (), ())


def size_of(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.size


@pytest.mark.parametrize('d', [(-0.2, 0.1, 0.001, -0.002, 0.03), (-0.2, 0.1, 0.001, -0.002), ()])
def test_what_is_read_is_the_calibration(d):
    data = plain()
    camera = calibration(size_of(data), d)
    new = tagged(data, tag(), 'one', lens=Lens.of(camera, PIXEL))
    exif = exifread.process_file(io.BytesIO(new), details=False)
    across, down = (float(exif[f'EXIF FocalPlane{axis}Resolution'].values[0]) for axis in 'XY')
    assert exif['EXIF FocalPlaneResolutionUnit'].values[0] == 4  # mm
    xmp = attributes(new)
    assert (xmp['ModelType'], xmp['PerspectiveFocalLengthUnits']) == ('perspective', 'mm')
    length = float(xmp['PerspectiveFocalLength'])
    x, y = map(float, xmp['PrincipalPoint'].split(','))
    matrix = [length * across, 0, x * across, 0, length * down, y * down, 0, 0, 1]
    assert matrix == pytest.approx(list(camera.k), rel=1e-6)
    told = np.array([float(one) for one in xmp['PerspectiveDistortion'].split(',')])
    assert list(told[[0, 1, 3, 4, 2]]) == pytest.approx([*d, 0, 0, 0, 0, 0][:5])
    assert length == pytest.approx(3.45)
    # Once more, without: it is gone.
    assert 'PrincipalPoint' not in attributes(tagged(new, tag(), 'one'))


@pytest.mark.parametrize('camera, words', [
    (calibration((64, 48), model='equidistant'), "of the model 'equidistant' with 5 coeff"),
    (calibration((64, 48), d=(0.0,) * 8), 'with 8 coefficients'),
    (calibration((64, 48), fx=0.0), 'no focal length')])
def test_a_lens_that_these_tags_cannot_describe(camera, words):
    with pytest.raises(NotSupported, match=words):
        Lens.of(camera, PIXEL)


def test_a_picture_of_another_size():
    with pytest.raises(NotSupported, match='of pictures of 7 x 5 pixels, this one has'):
        tagged(plain(), tag(), 'one', lens=Lens.of(calibration((7, 5)), PIXEL))

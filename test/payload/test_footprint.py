# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What pictures show of the ground, against angles and matrices."""

import numpy as np
from payload.flights import earth, ground, matrix, tag
import pytest

from camera_driver.payload.footprint import footprint, NoFootprint
from camera_driver.pictures.calibration import Intrinsics

# 90 degrees across, 53 degrees along.
CAMERA = Intrinsics(801, 401, 'plumb_bob', [], [400.5, 0, 400, 0, 400.5, 200, 0, 0, 1], [], [])


def local(one, corner, height):
    """Return where a corner is from the camera [m], north and east."""
    axes = ground(one.latitude, one.longitude)
    return axes @ (earth(*corner, height) - earth(one.latitude, one.longitude, one.height))


def test_looking_down_with_the_top_to_the_north():
    one = tag(yaw=0.0, pitch=0.0, roll=0.0, height=600.0)
    corners = [local(one, corner, 500.0)[:2] for corner in footprint(one, CAMERA, 500.0)]
    half = 100 * 200.5 / 400.5
    assert np.allclose(corners, [(half, -100), (half, 100), (-half, 100), (-half, -100)],
                       atol=0.01)


@pytest.mark.parametrize('angles', [(90, 0, 0), (30, 20, -10), (300, -15, 25)])
@pytest.mark.parametrize('place', [(47.5, 8.25), (-60.0, -179.9999)])
def test_rays_of_a_matrix(place, angles):
    one = tag(latitude=place[0], longitude=place[1], yaw=angles[0], pitch=angles[1],
              roll=angles[2], height=600.0)
    k = np.linalg.inv(np.reshape(CAMERA.k, (3, 3)))
    # The picture's right and down are the body's right and back.
    body = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    for corner, pixel in zip(footprint(one, CAMERA, 520.0), [
            (-0.5, -0.5), (800.5, -0.5), (800.5, 400.5), (-0.5, 400.5)]):
        ray = matrix(*angles) @ body @ k @ (*pixel, 1)
        assert np.allclose(local(one, corner, 520.0)[:2], (ray * 80 / ray[2])[:2], atol=0.02)


@pytest.mark.parametrize(('fields', 'height', 'reason'), [
    ({'yaw': None}, 0.0, 'how the camera looked is not known'),
    ({}, 512.5, 'the camera was not above the ground at 512.5 m'),
    ({'pitch': 80.0}, 0.0, 'it shows the horizon'),
    ({'roll': 180.0}, 0.0, 'it shows the horizon')])
def test_what_shows_no_ground(fields, height, reason):
    with pytest.raises(NoFootprint, match=reason):
        footprint(tag(**fields), CAMERA, height)

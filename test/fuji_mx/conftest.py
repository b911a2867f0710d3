# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that is open, on the simulated line."""

from fuji_mx.conversations import new_camera
import pytest


@pytest.fixture
def opened():
    """Return an open camera with the generated pictures, and its simulator."""
    camera, simulator = new_camera()
    camera.open()
    return camera, simulator

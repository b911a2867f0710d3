# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The calibration of a lens as Pix4D's XMP has it, and what Exif has of the sensor.

Lengths are in mm, for which the size of a pixel has to be known; x and y may have different ones.
The principal point counts from the first pixel, distortion is R1, R2, R3, T1, T2 with the meaning
of OpenCV's k1, k2, k3, p1, p2: Pix4D's page names neither, MicaSense's own reader (image.py of
its imageprocessing) makes OpenCV's camera matrix and coefficients of them in this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camera_driver.errors import NotSupported
from camera_driver.pictures.calibration import Intrinsics

PERSPECTIVE = 'plumb_bob'


@dataclass(frozen=True)
class Lens:
    """A perspective lens in front of a sensor."""

    size: tuple[int, int]  # pixels, of the pictures that it holds for
    focal_length: float  # mm
    principal_point: tuple[float, float]  # mm
    resolution: tuple[float, float]  # pixels/mm
    distortion: Sequence[float]  # R1, R2, R3, T1, T2

    @classmethod
    def of(cls, camera: Intrinsics, pixel: float) -> Lens:
        """
        Return the lens of a calibration.

        :param pixel: width of a pixel of the picture [mm].
        :raises NotSupported: Pix4D's tags have no such model.
        """
        if camera.distortion_model != PERSPECTIVE or len(camera.d) > 5:
            raise NotSupported(f'the calibration is of the model {camera.distortion_model!r} with '
                               f'{len(camera.d)} coefficients; tags have {PERSPECTIVE!r} with 5 '
                               'alone')
        fx, cx, fy, cy = (float(camera.k[place]) for place in (0, 2, 4, 5))
        if not (fx > 0 and fy > 0):
            raise NotSupported('the calibration has no focal length')
        focal_length = fx * pixel
        across, down = 1 / pixel, fy / focal_length
        k1, k2, p1, p2, k3 = [*map(float, camera.d), *(0.0,) * 5][:5]
        return cls((camera.width, camera.height), focal_length, (cx / across, cy / down),
                   (across, down), (k1, k2, k3, p1, p2))

    def tags(self) -> Sequence[tuple[str, str]]:
        """Return what Pix4D's namespace has for it."""
        return [('ModelType', 'perspective'),
                ('PerspectiveFocalLength', f'{self.focal_length:.9g}'),
                ('PerspectiveFocalLengthUnits', 'mm'),
                ('PrincipalPoint', ','.join(f'{one:.9g}' for one in self.principal_point)),
                ('PerspectiveDistortion', ','.join(f'{one:.9g}' for one in self.distortion))]

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Flights along known curves, in matrices of numpy, and shots of a ledger taken on them."""

from pathlib import Path

import numpy as np

from camera_driver.ledger.shots import Ledger, ShotRecord
from camera_driver.model import Exposure, Identity, StoredImage
from camera_driver.payload.geometry import from_angles
from camera_driver.payload.geotag import Tag
from camera_driver.payload.track import Attitude, ELLIPSOID, Fix, Track

START = 1_800_000_000.0
CAMERA = Identity('sierra', 'Olympus', 'C-3040Z', 'A17')


def shot(stamp=START, **fields):
    """Return a shot of a ledger."""
    values = dict.fromkeys(ShotRecord.__dataclass_fields__) | {
        'shot_id': 'nadir-20270115T080000Z-0001', 'state': 'stored', 'camera': 'nadir',
        'commanded': START, 'stamp': stamp, 'stamp_source': 'trigger', 'stamp_uncertainty': 0.0,
        'message': ''}
    return ShotRecord(**(values | fields))


def tag(**fields):
    """Return a tag."""
    values = {
        'time': START + 37.25, 'latitude': 47.5, 'longitude': 8.25, 'height': 512.3456,
        'height_kind': ELLIPSOID, 'yaw': 45.5, 'pitch': 0.5, 'roll': -1.25, 'horizontal': 0.0213,
        'vertical': 0.05, 'speed': 21.0, 'course': 12.0, 'stamp_uncertainty': 0.001,
        'before': 0.05, 'after': 0.05}
    return Tag(**(values | fields))


def ground(latitude, longitude):
    """Return earth-fixed unit vectors to the north, east and down, as rows."""
    phi, lam = np.radians([latitude, longitude])
    return np.array([[-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)],
                     [-np.sin(lam), np.cos(lam), 0],
                     [-np.cos(phi) * np.cos(lam), -np.cos(phi) * np.sin(lam), -np.sin(phi)]])


def earth(latitude, longitude, height):
    """Return earth-fixed coordinates [m]: WGS 84, as its definition has them."""
    a, b = 6378137.0, 6356752.314245179
    phi, lam = np.radians([latitude, longitude])
    n = a ** 2 / np.hypot(a * np.cos(phi), b * np.sin(phi))
    return np.array([(n + height) * np.cos(phi) * np.cos(lam),
                     (n + height) * np.cos(phi) * np.sin(lam),
                     (b ** 2 / a ** 2 * n + height) * np.sin(phi)])


def matrix(yaw, pitch, roll):
    """Return the matrix of yaw, pitch and roll [deg]: body to north, east, down."""
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw, pitch, roll])) for f in (np.cos, np.sin))
    return (np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
            @ np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
            @ np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]]))


class Flight:
    """A curve of the third degree, 30 m/s and slowly turning."""

    def __init__(self, latitude=47.5, longitude=8.25, height=600.0):
        self.place = latitude, longitude, height
        self.axes = ground(latitude, longitude)
        self.origin = earth(*self.place)

    def point(self, t):
        """Return where the antenna is, earth-fixed [m], `t` seconds after the start."""
        local = np.array([28 * t - 0.2 * t ** 2 + 0.001 * t ** 3, 11 * t + 0.15 * t ** 2,
                          -1.5 * t + 0.01 * t ** 2])
        return self.origin + local @ self.axes

    def angles(self, t):
        """Return yaw, pitch and roll of the platform [deg]."""
        return (350 + 2 * t) % 360, 4 * np.sin(t / 3), 10 * np.cos(t / 5)

    def fix(self, t, **fields):
        """Return a fix, by another way to degrees than the driver's: Newton's."""
        values = np.array(self.place)
        for _ in range(6):
            step = np.eye(3) * [1e-6, 1e-6, 1e-2]
            base = earth(*values)
            slope = np.array([(earth(*(values + one)) - base) / one.sum() for one in step]).T
            values = values + np.linalg.solve(slope, self.point(t) - base)
        return Fix(START + t, *map(float, values), **({'horizontal': 0.01, 'vertical': 0.02}
                                                      | fields))

    def track(self, seconds, late=0.0, **options):
        """Return 10 Hz fixes and 50 Hz attitudes whose stamps are late."""
        fixes = [self.fix(t) for t in np.arange(0, seconds, 0.1)]
        attitudes = [Attitude(float(START + t + late), from_angles(*self.angles(t)))
                     for t in np.arange(0, seconds, 0.02)]
        return Track([Fix(one.time + late, one.latitude, one.longitude, one.height,
                          one.horizontal, one.vertical) for one in fixes], attitudes,
                     **({'height_kind': ELLIPSOID} | options))


def distance(tag, point):
    """Return how far a tag is from an earth-fixed point: horizontally, vertically [m]."""
    north, east, down = ground(tag.latitude, tag.longitude) @ (
        earth(tag.latitude, tag.longitude, tag.height) - point)
    return np.hypot(north, east), abs(down)


def write_ledger(path, pictures, stamps, camera='nadir', exposure_time=0.004):
    """Write a ledger with a downloaded picture for each stamp; return the ids of the shots."""
    ledger = Ledger(path, camera, START)
    ids = []
    for number, (stamp, data) in enumerate(zip(stamps, pictures), 1):
        ids.append(ledger.command(CAMERA, stamp - 0.5))
        ledger.triggered(ids[-1], stamp - 0.1)
        ledger.exposed(ids[-1], stamp, 'trigger', 0.002, Exposure(exposure_time), number)
        if data is not None:
            save(ledger, Path(path).parent, number, data, camera)
    ledger.close()
    return ids


def save(ledger, folder, number, data, camera='nadir'):
    """Download a picture."""
    import hashlib
    file = folder / f'{camera}{number:04}.JPG'
    file.write_bytes(data)
    image = StoredImage(number, file.name, '', len(data))
    ledger.listed(CAMERA, [image], complete=False)
    digest = hashlib.sha256(data).hexdigest()
    ledger.downloaded(CAMERA, image, file, len(data), digest, START)
    ledger.verified(CAMERA, digest)

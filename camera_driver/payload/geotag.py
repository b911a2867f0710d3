# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The geotag of one shot: where its camera was, and how it looked, in the middle of its exposure.

The angles are those of the camera as photogrammetry counts them: at 0/0/0 it looks down with the
top of the picture to the north; yaw turns the top to the east, pitch 90 looks ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot, isfinite
from typing import Any

from camera_driver.ledger.shots import ShotRecord
from camera_driver.payload.events import EXPOSURE_EVENT
from camera_driver.payload.geometry import (
    from_angles, moved, product, Quaternion, to_angles, turned, Vector)
from camera_driver.payload.track import Track, Untagged

NO_PICTURE = {
    'commanded': 'it was commanded and nothing is known of its exposure yet',
    'failed': 'no picture was taken',
    'unknown': 'whether a picture was taken is not known',
}
NOWHERE: Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Mounting:
    """
    How a camera sits on the platform whose position and attitude are known.

    `lever_arm`: from the antenna to the camera [m] forward, right, down; `boresight`: yaw, pitch
    and roll [deg] from the body to the camera, 0/0/0 = it looks down, top of the picture ahead.
    On a gimbal the arm ends where its axes meet, and the boresight is that of its angles at 0.
    """

    lever_arm: Vector = NOWHERE
    boresight: Vector = NOWHERE


@dataclass(frozen=True)
class Tag:
    """Where a shot was taken; None: not known. Accuracies are standard deviations."""

    time: float  # of the middle of the exposure, Unix seconds
    latitude: float  # deg
    longitude: float  # deg
    height: float  # m
    height_kind: str  # what the height is over
    yaw: float | None  # deg, of the camera
    pitch: float | None
    roll: float | None
    horizontal: float | None  # m
    vertical: float | None  # m
    speed: float  # m/s over ground
    course: float  # deg, of the way over ground
    stamp_uncertainty: float | None  # s
    before: float  # s from the fix before
    after: float  # s to the fix after

    @classmethod
    def of(cls, shot: ShotRecord) -> Tag | None:
        """Return the tag that the ledger has of a shot."""
        kept: dict[str, Any] = shot.geotag or {}
        return cls(**kept['tag']) if 'tag' in kept else None


def middle(shot: ShotRecord) -> float:
    """
    Return the middle of a shot's exposure, by the clock of the shots [Unix s].

    :raises Untagged: it is not known, or there was none.
    """
    if shot.state in NO_PICTURE:
        reason = f': {shot.message}' if shot.message else ''
        raise Untagged(NO_PICTURE[shot.state] + reason)
    if shot.stamp is None or not isfinite(shot.stamp):
        raise Untagged('the time of its exposure is not known')
    if shot.stamp_source == EXPOSURE_EVENT:
        return shot.stamp
    return shot.stamp + (shot.exposure_time or 0.0) / 2


def geotag(shot: ShotRecord, track: Track, mounting: Mounting = Mounting(),
           offset: float = 0.0) -> Tag:
    """
    Return the tag of a shot.

    :param offset: [s] that the track's clock is ahead of the clock of the shots.
    :raises Untagged: with the reason.
    """
    time = middle(shot) + offset
    position = track.position(time)
    rotation: Quaternion | None = None
    if track.has_attitudes:
        rotation = track.attitude(time)
    elif mounting.lever_arm != NOWHERE:
        raise Untagged('a lever arm needs the attitude, and the track has none')

    place = (position.latitude, position.longitude, position.height)
    yaw = pitch = roll = None
    if rotation:
        if mounting.lever_arm != NOWHERE:
            place = moved(place, turned(rotation, mounting.lever_arm))
        if gimbal := track.gimbal(time):
            yaw, pitch, roll = to_angles(product(
                product(rotation, gimbal), from_angles(*mounting.boresight)))
            yaw = _turn(yaw)
    north, east, down = position.velocity
    speed, late = hypot(north, east), shot.stamp_uncertainty
    return Tag(time, *place, track.height_kind, yaw, pitch, roll,
               _uncertainty(position.horizontal, speed, late),
               _uncertainty(position.vertical, abs(down), late),
               speed, _turn(degrees(atan2(east, north))), late, position.before, position.after)


def _turn(angle: float) -> float:
    """Return an angle from 0 to below 360, also with the four digits that are written."""
    return round(angle, 4) % 360.0


def _uncertainty(of_track: float | None, speed: float, of_stamp: float | None) -> float | None:
    """Return what the position is uncertain by [m], standing for all that is known of it."""
    if of_track is None or of_stamp is None:
        return None
    return hypot(of_track, speed * of_stamp)

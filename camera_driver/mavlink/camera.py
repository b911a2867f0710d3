# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a MAVLink component sees of its camera: one value from a cache, and a few requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import re
from typing import NamedTuple, Protocol

from camera_driver.model import Setting, SettingValue

OPTICS = re.compile(r'(\d+\.?\d*)x(\d+\.?\d*),(\d+\.?\d*)')


class Optics(NamedTuple):
    """Sensor and lens as somebody has written them down [mm]."""

    sensor_width: float
    sensor_height: float
    focal_length: float

    @classmethod
    def parse(cls, text: str) -> Optics:
        """Make it of 'WIDTHxHEIGHT,FOCAL_LENGTH'. Raises ValueError."""
        found = OPTICS.fullmatch(text)
        if found is None or not all(0 < float(one) < 10_000 for one in found.groups()):
            raise ValueError(f'{text!r}: write WIDTHxHEIGHT,FOCAL_LENGTH in mm, such as '
                             '7.2x5.3,10.3')
        return cls(*map(float, found.groups()))


@dataclass(frozen=True)
class State:
    """A camera as it was last heard of. Empty strings and None: not known."""

    connected: bool = False
    takes_pictures: bool = True
    manufacturer: str = ''
    model: str = ''
    firmware_version: str = ''
    width: int | None = None  # of a picture [pixels]
    height: int | None = None
    optics: Optics | None = None
    memory_free: int | None = None  # bytes
    may_format: bool = False  # deleting all pictures is allowed, and not locked
    video_url: str = ''  # of a stream that a ground station can open
    settings: tuple[Setting, ...] = ()
    values: Mapping[str, SettingValue] = field(default_factory=dict)  # of those that are known

    @property
    def about(self) -> tuple[object, ...]:
        """All that is said once, as it does not change in flight."""
        return (self.takes_pictures, self.manufacturer, self.model, self.firmware_version,
                self.width, self.height, self.optics, self.video_url, self.settings)


@dataclass(frozen=True)
class Shot:
    """What became of a shot. `taken` None: it may or may not have been taken."""

    shot_id: str  # the ledger's key; '': it was never commanded
    taken: bool | None
    stamp: float | None = None  # of the exposure, UTC [s]; None: not known
    message: str = ''
    settled: bool = False  # tells what became of one that was told of before


@dataclass(frozen=True)
class Position:
    """Where a picture was taken. None: not known."""

    latitude: float  # deg
    longitude: float  # deg
    altitude: float | None = None  # m over mean sea level
    relative_altitude: float | None = None  # m over the ground, or where the vehicle started
    quaternion: tuple[float, float, float, float] | None = None  # w, x, y, z


class Camera(Protocol):
    """
    A camera. No call waits; what is asked for is answered once, by `done`.

    All calls, and all answers, are made in the thread of the component.
    """

    @property
    def state(self) -> State:
        """The camera, from the cache."""
        ...

    def capture(self, done: Callable[[Shot], None]) -> None:
        """Take one picture; answered when its exposure has ended or failed."""
        ...

    def set(self, name: str, value: SettingValue, done: Callable[[str], None]) -> None:
        """Set one of `settings`; the answer says what is wrong, '': it is set, see `values`."""
        ...

    def format(self, done: Callable[[str], None]) -> None:
        """Delete all pictures in the camera; the answer says what is wrong, '' = nothing."""
        ...

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The values that devices, nodes and the command line share. SI units; frozen.

`None` means that the device does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import Enum
from math import inf, isclose
import re


@dataclass(frozen=True)
class Identity:
    """Who answers on the line. Empty strings: the protocol or the model does not tell."""

    camera_type: str
    manufacturer: str = ''
    model: str = ''
    serial_number: str = ''
    firmware_version: str = ''

    @property
    def verifiable(self) -> bool:
        """Say whether a reconnect can tell this device from another of its type."""
        return bool(self.model or self.serial_number)

    def same_device(self, other: Identity) -> bool:
        """Say whether nothing that both sides know contradicts that it is the same device."""
        pairs = ((self.camera_type, other.camera_type), (self.model, other.model),
                 (self.serial_number, other.serial_number))
        return all(mine == theirs for mine, theirs in pairs if mine and theirs)

    def __str__(self) -> str:
        words = ' '.join(w for w in (self.manufacturer, self.model) if w) or self.camera_type
        return words + (f' (serial {self.serial_number})' if self.serial_number else '')


@dataclass(frozen=True)
class DeviceStatus:
    """What a device tells of itself besides its identity."""

    battery: float | None = None  # 0..1
    images_stored: int | None = None
    images_left: int | None = None
    memory_free: int | None = None  # bytes
    live_view: bool | None = None
    details: Mapping[str, str] = field(default_factory=dict)  # diagnostics, the device's words


@dataclass(frozen=True)
class Exposure:
    """How light is taken in. Numbers in SI; words where the device has no number."""

    exposure_time: float | None = None  # s, 0 = automatic
    f_number: float | None = None
    iso: float | None = None  # 0 = automatic
    aperture: str = ''  # the device's own word, e.g. sierra: low, mid, high


@dataclass(frozen=True)
class Range:
    """The values a quantity can take: `minimum` to `maximum`, in steps, or just these `values`."""

    minimum: float
    maximum: float
    step: float | None = None
    values: tuple[float, ...] = ()
    step_ev: float | None = None  # EV from each of the `values` to the next, where it is constant


@dataclass(frozen=True)
class RegionOfInterest:
    """
    A rectangle of the sensor (REP-104): pixels of the full resolution, from its upper left corner.

    All zeros: the whole sensor.
    """

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0


Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom: 0 to 1 from edge to edge."""

WHOLE: Rectangle = (0.0, 0.0, 1.0, 1.0)
FIXED = 0.0  # focal length of a lens that does not zoom


@dataclass(frozen=True)
class OpticalState:
    """
    What decides where a point of the world is in the picture; None: not known.

    What a type of camera cannot change keeps its default.
    """

    region: Rectangle | None = WHOLE  # what is shown of the whole picture
    digital_zoom: float | None = 1.0  # about the middle; the region is a part of what it leaves
    binning: float | None = 1.0  # pixels of the sensor for each of the picture, along each axis
    focal_length: float | None = FIXED  # mm


@dataclass(frozen=True)
class LiveViewRegion:
    """What live view shows, as centre and scale (ix_link.md 4.1)."""

    center_x: int = 128  # 1 = left edge, 128 = middle, 255 = right edge
    center_y: int = 128  # 1 = bottom (!), 128 = middle, 255 = top
    scale: int = 100  # percent of the whole picture


@dataclass(frozen=True)
class Shot:
    """
    One commanded picture: when it was triggered and what the camera made of it.

    Times are the port's monotonic seconds: `sent` when the trigger had left the port, `done`
    when the camera reported the end of the exposure (None: it never does).
    """

    sent: float
    done: float | None
    image_index: int | None = None
    delay: float = 0.0  # s to wake the camera, or charge its flash, before the trigger was sent
    exposure: Exposure = Exposure()
    settled: str = ''  # how a doubtful outcome was settled ('' = the camera confirmed directly)
    accepted: float | None = None  # when the camera accepted the trigger: bounds its delay


@dataclass(frozen=True)
class StoredImage:
    """One image in the camera's memory; `index` is the camera's own number, 1 based."""

    index: int
    name: str = ''
    folder: str = ''
    size: int | None = None  # bytes
    thumbnail_size: int | None = None  # bytes
    stamp: datetime | None = None  # as the camera wrote it, without a zone
    write_protected: bool | None = None
    clock: str = ''  # what the camera's clock shows: 'utc', 'local' time; '': not known


@dataclass(frozen=True)
class ImageFolder:
    """One folder in the camera's memory; its images are numbered on from `first_index`."""

    name: str  # path from the root; '': the root
    first_index: int | None  # None: it has no images
    images: int
    label: str = ''  # the camera's own id and name of it


@dataclass(frozen=True)
class Picture:
    """The bytes of an image as the camera sent them."""

    data: bytes
    format: str  # 'jpeg', 'tiff', 'ycbcr422'; 'unknown' when the bytes do not tell
    name: str = ''
    index: int | None = None
    width: int | None = None  # for raw formats only; encoded ones tell themselves
    height: int | None = None


class Access(Enum):
    """What can be done with a setting."""

    READ_WRITE = 'read/write'
    READ_ONLY = 'read only'
    WRITE_ONLY = 'write only'  # shown as last commanded, unknown at start


class When(Enum):
    """When a piece of a node's configuration can be changed."""

    ANY_TIME = 'at any time'
    UNCONFIGURED = 'while unconfigured'  # it concerns what is open then
    START = 'at the start'


SettingValue = bool | int | float | str
OptionValue = SettingValue | tuple[SettingValue, ...]

PRINTED = 5e-4
"""How far a printed number may be from the value that it stands for: four digits."""

RAW = re.compile(r'raw:-?\d+')


@dataclass(frozen=True)
class Setting:
    """
    One setting of a device, as data: what a parameter or a command line option is made from.

    With `words` it is a choice: the words map to the device's raw values, and a raw value that has
    no word is spelled 'raw:17'. Otherwise it is a number (`kind` int or float) from `minimum` to
    `maximum`, a bool or a text.
    """

    name: str
    kind: type[bool] | type[int] | type[float] | type[str]
    description: str
    unit: str = ''
    words: Mapping[str, int] | None = None  # empty: a choice whose words are not known
    raw_allowed: bool = True  # of a choice: 'raw:17' for values without a word
    values: tuple[int, ...] | tuple[float, ...] = ()  # of a number: these alone, ascending
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    max_length: int | None = None  # of a text, bytes
    access: Access = Access.READ_WRITE
    momentary: bool = False  # an event, no state: done when it is set, never again by itself
    default: bool | int | float | str | None = None  # of an option; settings have none
    when: When = When.UNCONFIGURED  # of an option
    many: bool = False  # an option that is a list of such values, by default an empty one
    optical: str = ''  # the field of OpticalState that it is: it moves points in the picture
    source: str = ''  # section of the protocol's document

    @property
    def allowed(self) -> str:
        """Say in words what values are allowed."""
        if self.many:
            return 'list of texts' if self.kind is str else (
                f'list of numbers: {replace(self, many=False).allowed}')
        unit = f' {self.unit}' if self.unit else ''
        if self.words is not None:
            return ', '.join([*self.words, *(['raw:NUMBER'] if self.raw_allowed else [])])
        if self.kind is bool:
            return 'true, false'
        if self.kind is str:
            return f'text of at most {self.max_length} bytes' if self.max_length else 'text'
        if self.values:
            return ', '.join(map(str, self.values)) + unit
        if self.minimum is not None and self.maximum is not None:
            return f'{_number(self.minimum)} to {_number(self.maximum)}{unit}'
        if self.minimum is not None:
            return f'{_number(self.minimum)}{unit} or more'
        return f'any {self.kind.__name__}{unit}'

    def validate(self, value: object) -> SettingValue:
        """
        Return `value` as this setting's kind.

        A number that is a limit, or one of the `values`, to the digits that are printed, is it.
        Raises ValueError that names the setting and what is allowed.
        """
        if self.kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = self._printed(float(value))
        good = isinstance(value, self.kind) and (self.kind is bool or not isinstance(value, bool))
        if good and self.words is not None:
            good = value in self.words or (self.raw_allowed and bool(RAW.fullmatch(str(value))))
        elif good and isinstance(value, str):
            good = self.max_length is None or len(value.encode()) <= self.max_length
        elif good and isinstance(value, (int, float)):
            good = (abs(value) < inf and (not self.values or value in self.values)
                    and (self.minimum is None or value >= self.minimum)
                    and (self.maximum is None or value <= self.maximum))
        if not good:
            raise ValueError(f'{self.name}: {value!r} {self._wrong(value)}; '
                             f'allowed: {self.allowed}')
        assert isinstance(value, (bool, int, float, str))
        return value

    def validate_all(self, values: object) -> OptionValue:
        """Return a value as `validate` does; of a list (`many`): its values, as a tuple."""
        if not self.many:
            return self.validate(values)
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise ValueError(f'{self.name}: {values!r} is not a list: write {self.name}: '
                             f'[{values}]; allowed: {self.allowed}')
        return tuple(map(replace(self, many=False).validate, values))

    def _printed(self, value: float) -> float:
        """Return the limit or value that prints like a number, or the number."""
        known: list[float] = [one for one in self.values if value not in self.values]
        if self.minimum is not None and value < self.minimum:
            known.append(self.minimum)
        if self.maximum is not None and value > self.maximum:
            known.append(self.maximum)
        return next((float(one) for one in known if isclose(value, one, rel_tol=PRINTED)), value)

    def _wrong(self, value: object) -> str:
        """Say what is wrong with a value: its type, or that it is not allowed."""
        if isinstance(value, bool) and self.kind is str and self.words is None:
            return ('is true or false, not a text: quote it twice, '
                    f"""{self.name}:="'{str(value).lower()}'\"""")
        if isinstance(value, bool) and self.kind in (int, float):
            return 'is true or false, not a number'
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if self.kind is str:
                return f"""is a number, not a text: quote it twice, {self.name}:="'{value}'\""""
            if self.kind is bool:
                return 'is a number, neither true nor false'
            if self.kind is int and isinstance(value, float):
                whole = f': write {value:.0f}' if value.is_integer() else ''
                return f'is not an integer{whole}'
        return f'is not allowed{self._nearest(value)}'

    def _nearest(self, value: object) -> str:
        """Name the neighbours of a number that is between the values."""
        if not isinstance(value, (int, float)):
            return ''
        below = [one for one in self.values if one < value]
        above = [one for one in self.values if one > value]
        return f': take {below[-1]} or {above[0]}' if below and above else ''

    def raw(self, word: str) -> int:
        """Return the device's raw value of a (valid) word."""
        words = self.words or {}
        return words[word] if word in words else int(word[4:])

    def word(self, raw: int) -> str:
        """Return the word for a raw value, or 'raw:17' where there is none."""
        return next((w for w, v in (self.words or {}).items() if v == raw), f'raw:{raw}')


def _number(value: float) -> str:
    return f'{value:g}' if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Progress:
    """How far a transfer is."""

    done: int  # bytes
    total: int | None  # bytes; None = the device does not say
    activity: str = ''


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True)
class CheckResult:
    """One line of a self-test."""

    name: str
    passed: bool
    detail: str = ''


@dataclass(frozen=True)
class Difference:
    """What loading a saved value would change; `held` and `wanted` in words."""

    name: str
    held: str
    wanted: str
    data: bytes  # the wanted value as the device takes it
    factory: bool = False  # set to its best value at the factory


@dataclass(frozen=True)
class LinkStatistics:
    """What the line has carried since the port was opened."""

    bytes_sent: int = 0
    bytes_received: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    requests: int = 0
    retries: int = 0
    timeouts: int = 0
    damaged_frames: int = 0
    stale_frames: int = 0
    unexpected_frames: int = 0
    last_round_trip: float | None = None  # s
    median_round_trip: float | None = None  # s, of the last 101

    def counts(self) -> Mapping[str, int]:
        """Return the counters by name: all but the round trips."""
        return {one.name: getattr(self, one.name) for one in fields(self)
                if not one.name.endswith('round_trip')}

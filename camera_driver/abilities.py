# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What some devices can do besides what every `Device` can, one class for each ability.

A device type's class lists its abilities as its bases and implements their methods. There is one
way to ask: `issubclass(cls, TakesPictures)`, `isinstance(device, TakesPictures)`. What nodes, the
command line and the documents offer of a device type follows from that. An ability that only one
device type has is defined in that type's folder.

A method that changes something declares its kind (`operations`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
import inspect
from pathlib import Path
import re
from typing import ClassVar

from camera_driver.device import Device, no_progress
from camera_driver.model import (
    Difference, Exposure, ImageFolder, OpticalState, Picture, ProgressCallback, Range, Rectangle,
    RegionOfInterest, SettingValue, Shot, StoredImage)
from camera_driver.operations import Kind, operation


class TakesPictures(Device):
    """A camera that takes a picture when it is told to."""

    @abstractmethod
    @operation(Kind.ONCE, 'taking a picture')
    def capture(self, triggered: Callable[[float], None] = no_progress) -> Shot:
        """
        Take one picture; returns when the camera reports the end of the exposure.

        `triggered` is called once the camera has accepted the trigger, with the port's time when
        it had left the port. The trigger is never sent twice on doubt. Raises Refused (e.g. memory
        full), OutcomeUnknown.
        """


class ControlsExposure(Device):
    """A camera whose exposure can be set."""

    EXPOSURE_SETTINGS: ClassVar[tuple[str, ...]] = ()
    """Those of SETTINGS that `set_exposure` and `step_exposure` change as well."""

    @abstractmethod
    def exposure(self) -> Exposure:
        """Return the exposure settings as the camera holds them."""

    @abstractmethod
    def exposure_ranges(self) -> Mapping[str, Range]:
        """Return what `exposure_time` [s], `f_number` and `iso` can be; absent = not settable."""

    @abstractmethod
    @operation(Kind.SET, 'setting the exposure')
    def set_exposure(self, exposure: Exposure, nearest: bool = False) -> Exposure:
        """
        Set what is not None and return what the camera holds afterwards.

        `nearest` takes the nearest value the camera has instead of raising ValueError.
        """

    @abstractmethod
    @operation(Kind.ONCE, 'stepping the exposure')
    def step_exposure(self, quantity: str, steps: float) -> Exposure:
        """Change 'exposure_time', 'f_number' or 'iso' by `steps` EV; positive is brighter."""


class TakesPreviews(Device):
    """A camera that sends previews, which it does not store."""

    @abstractmethod
    def take_preview(self, progress: ProgressCallback = no_progress) -> Picture:
        """Take a preview and return it."""


class StoresImages(Device):
    """
    A camera whose memory can be listed, read and cleared; images are numbered from 1.

    Exceptions that `progress` raises end a transfer in an orderly way and are raised again.
    """

    @abstractmethod
    def list_images(self, progress: ProgressCallback = no_progress,
                    indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """
        Return what is stored, in the camera's order; `indices`: only these images.

        Raises IndexError for an index that does not exist.
        """

    @abstractmethod
    def thumbnail(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return the thumbnail of a stored image. Raises IndexError."""

    @abstractmethod
    def download(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """
        Return a stored image, complete and free of errors the protocol can detect.

        Raises IndexError, DeviceError.
        """

    @abstractmethod
    @operation(Kind.ONCE, 'deleting images')
    def delete(self, indices: Sequence[int]) -> None:
        """
        Delete stored images by their present numbers; the camera renumbers those behind them.

        Raises IndexError before anything is deleted, Refused (protected), OutcomeUnknown.
        """

    @abstractmethod
    @operation(Kind.ONCE, 'deleting all images')
    def delete_all(self) -> None:
        """Delete every image that is not protected, and make sure of it."""


class ListsFolders(Device):
    """A camera whose memory has folders."""

    @abstractmethod
    def folders(self) -> Sequence[ImageFolder]:
        """Return the folders, in the order in which their images are numbered."""


class ProtectsImages(Device):
    """A camera that can protect a stored image against deletion."""

    @abstractmethod
    @operation(Kind.SET, 'protecting an image')
    def protect(self, index: int, protected: bool) -> None:
        """Protect a stored image, or release it."""


class UploadsImages(Device):
    """A camera that takes in pictures from outside."""

    @abstractmethod
    @operation(Kind.ONCE, 'uploading a picture')
    def upload(self, name: str, data: bytes, overwrite: bool = False,
               progress: ProgressCallback = no_progress,
               accept_hang: bool = False) -> StoredImage:
        """
        Store a picture in the camera and return it as the camera lists it.

        `name` is for cameras that do not choose it themselves; `accept_hang` for those that a
        picture of another make can hang, which raise Forbidden without it. `progress` is told of
        the bytes sent. Never stored twice on doubt. Raises ValueError before any byte is sent,
        Refused (no room), OutcomeUnknown.
        """


class GivesSummaries(Device):
    """A device that tells much of itself in one go."""

    @abstractmethod
    def summary(self, index: int | None = None) -> Mapping[str, SettingValue | None]:
        """Return what the device tells in one go of a stored image, or of itself."""


class HasClock(Device):
    """A camera with a clock."""

    @property
    def clock_shows(self) -> str:
        """Say what the camera's clock is meant to show: 'utc' or 'local' time."""
        return 'utc'

    @abstractmethod
    def clock(self) -> datetime | None:
        """Return the camera's clock, without a zone; None: not set."""

    @abstractmethod
    @operation(Kind.SET, 'setting the clock')
    def set_clock(self, now: datetime) -> datetime | None:
        """Set the camera's clock to this wall time (no zone) and return it as read back."""


def wall_clock(shows: str) -> datetime:
    """Return the time that a right clock shows now, in 'utc' or in 'local' time; no zone."""
    return datetime.now() if shows == 'local' else datetime.now(timezone.utc).replace(tzinfo=None)


class HasRegisters(Device):
    """A device whose registers can be read and written by number."""

    @abstractmethod
    def read_register(self, register: int, kind: str = 'int') -> int | bytes:
        """Read a raw register; `kind` is 'int' or 'bytes'."""

    @abstractmethod
    @operation(Kind.SET, 'writing a register')
    def write_register(self, register: int, value: int | bytes) -> None:
        """Write a raw register. Raises Forbidden for those that harm the camera."""


class HasVideo(Device):
    """A camera with a video output, which a frame grabber or a stream receives."""


class HasLiveView(HasVideo):
    """A camera whose video output can be switched."""

    @abstractmethod
    @operation(Kind.SET, 'switching live view')
    def set_live_view(self, on: bool) -> None:
        """Switch the video output on or off."""


class ShowsRegion(HasVideo):
    """A camera whose video output can show a part of the sensor."""

    OPTICS = OpticalState(region=None)

    @property
    def optics(self) -> OpticalState:
        """The part that is shown."""
        return replace(self.OPTICS, region=self.shown)

    @property
    @abstractmethod
    def shown(self) -> Rectangle | None:
        """
        The part of the whole picture that is shown, exactly; None: not known.

        Callable from any thread. It is not known from before a command that changes it leaves.
        """

    @abstractmethod
    @operation(Kind.SET, 'setting the region')
    def set_roi(self, roi: RegionOfInterest) -> RegionOfInterest:
        """
        Show this part of the sensor and return the part that is shown.

        What cannot be attained exactly is widened. Raises ValueError for what is not within the
        sensor.
        """

    @abstractmethod
    def roi(self) -> RegionOfInterest | None:
        """Return the part of the sensor that is shown; None: not known."""


class KeepsSettings(Device):
    """A device whose settings can be stored in it, and saved as a text and loaded again."""

    KEPT: ClassVar[tuple[str, ...]]
    """What `store` can make outlast power-off, by name; more than the settings, perhaps."""

    @abstractmethod
    @operation(Kind.ONCE, 'storing settings')
    def store(self, names: Sequence[str] = ()) -> Sequence[str]:
        """
        Make the present values of these (none: of all of KEPT) outlast power-off.

        Returns their names. Raises Forbidden unless factory values and EEPROM may be written,
        OutcomeUnknown.
        """

    @abstractmethod
    def save(self, progress: ProgressCallback = no_progress) -> str:
        """Return the text of a file with all that the device holds and can be asked for."""

    @abstractmethod
    def compare(self, text: str, factory: bool = False,
                progress: ProgressCallback = no_progress, store: bool = False
                ) -> Sequence[Difference]:
        """
        Return what loading such a text would write; `factory`: factory values too.

        `store`: also what the device holds already, as it may have forgotten it after power-off.
        Raises ValueError when it is not such a text, or for a value that `set` would refuse.
        """

    @abstractmethod
    @operation(Kind.SET, 'loading settings')
    def load(self, differences: Sequence[Difference], store: bool = False,
             written: Callable[[Difference], None] = no_progress) -> None:
        """
        Write what `compare` found, each read back; `store`: so that it outlasts power-off.

        `written` is told of each that was written, or most likely was. Raises Forbidden, before
        anything is written, for factory values and `store`; NotConfirmed when some are written.
        """

    @abstractmethod
    def setting_of(self, difference: Difference) -> SettingValue | None:
        """Return the value that a difference gives a setting; None: it is not a setting."""


class Routes(Device):
    """A device that routes video inputs to outputs; inputs, outputs and presets count from 1."""

    INPUTS: ClassVar[int]
    OUTPUTS: ClassVar[int]

    @abstractmethod
    def routing(self) -> Sequence[int] | None:
        """
        Return the input that each output shows, output 1 first; None: not known.

        0: the device reported a number that is not a valid input.
        """

    @property
    @abstractmethod
    def heard_until(self) -> float:
        """The port's time [s] by which all has been heard that the device had said: it answers."""

    @abstractmethod
    def watch(self, noticed: Callable[[], None], closely: bool = False) -> None:
        """
        Call `noticed` when `routing` or `heard_until` has changed, in the thread of the device.

        It is called before a command is sent that changes the routing, which is unknown then.
        `closely`: `listen` asks the device, so that `heard_until` follows while that is known.
        """

    @abstractmethod
    def preset(self, number: int) -> Sequence[int]:
        """Return the inputs that a preset gives to the outputs, as `routing` does."""

    @abstractmethod
    @operation(Kind.SET, 'setting a preset')
    def set_preset(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """Define a preset, an input for each output, and return what the device holds then."""

    @abstractmethod
    @operation(Kind.ONCE, 'triggering a preset')
    def trigger_preset(self, number: int) -> Sequence[int]:
        """Make a preset live and return the routing that the device reports."""

    @abstractmethod
    @operation(Kind.ONCE, 'routing')
    def route(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """
        Route every output at once, by way of a preset, which is overwritten.

        Returns the routing that the device reports. Raises OutcomeUnknown when it reports another
        one, or none.
        """

    @abstractmethod
    def preset_name(self, number: int) -> str:
        """Return the name of a preset."""

    @abstractmethod
    @operation(Kind.SET, 'naming a preset')
    def set_preset_name(self, number: int, name: str) -> str:
        """Name a preset and return what the device calls it then."""

    @abstractmethod
    @operation(Kind.SET, 'naming an input')
    def set_input_name(self, number: int, name: str) -> None:
        """Name an input."""


class HasLocks(Device):
    """A device that can be locked against being operated."""

    LOCKS: ClassVar[tuple[str, ...]]
    """The locks that there are."""

    @abstractmethod
    def locked(self, lock: str) -> bool | None:
        """Say whether one of LOCKS is locked; None: the device does not tell."""

    @abstractmethod
    @operation(Kind.SET, 'changing a lock')
    def set_lock(self, lock: str, locked: bool, without_password: bool = False) -> None:
        """
        Lock or unlock.

        :param without_password: lock what could not be unlocked again, too.

        Raises Refused, Forbidden (no password is known).
        """

    @abstractmethod
    @operation(Kind.ONCE, 'changing a password')
    def set_password(self, lock: str, file: Path) -> None:
        """Change the password of a lock to the one in a file. Raises Refused, OutcomeUnknown."""


def abilities_of(device: type[Device]) -> Sequence[str]:
    """Return what a device type can do, by the names of its abilities: 'takes_pictures'."""
    return [re.sub('(?<!^)(?=[A-Z])', '_', one.__name__).lower() for one in device.__mro__
            if inspect.isabstract(one) and issubclass(one, Device) and one is not Device]

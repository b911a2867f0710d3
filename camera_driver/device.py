# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What a device can do, in a photographer's words: no bytes, no ROS.

A device type's class derives from `Camera` or `Switcher` and implements what its devices can;
everything else answers `NotSupported`. All methods block and belong to one thread, the one that
owns the device; only `Port.cancel` may be called from another.

Settings and options are data (`model.Setting`): parameters, command line options and their
documentation are made from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
import re
from typing import ClassVar, NoReturn, Protocol

from camera_driver.errors import NotSupported
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    CheckResult, DeviceStatus, Difference, Exposure, Identity, ImageFolder, LinkStatistics,
    LiveViewRegion, Picture, ProgressCallback, Range, RegionOfInterest, Setting, SettingValue,
    Shot, StoredImage)
from camera_driver.operations import Evidence, Outcome, Settlement

__all__ = ['Camera', 'Device', 'no_progress', 'Switcher', 'wall_clock']


def no_progress(_: object) -> None:
    """Ignore progress."""


class Device(Protocol):
    """What every device type can do: be opened, asked, checked, spoken to, closed."""

    LINE: ClassVar[LineSettings]
    """Line settings to open the port with."""

    OPTIONS: ClassVar[tuple[Setting, ...]]
    """Configuration that is fixed while the device is open, e.g. its highest speed."""

    SETTINGS: ClassVar[tuple[Setting, ...]] = ()
    """Every setting that any model of the type has; `settings` tells what this one has."""

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. `options` are valid values of OPTIONS."""

    def open(self) -> Identity:
        """
        Wake the device, agree on a speed, and ask who it is.

        Raises ReplyTimeout (nothing there), ProtocolError (something else there), PortError.
        """
        ...

    def close(self) -> None:
        """Leave the device idle and close the port; never raises."""
        ...

    def poll(self) -> DeviceStatus:
        """Ask for the state; harmless, and keeps a session alive."""
        ...

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried since the port was opened; callable from any thread."""
        ...

    @property
    def sessions(self) -> int:
        """
        How many sessions there were since the port was opened; callable from any thread.

        More than before: the device was away for a while and the session was begun again behind
        the caller's back. It may have forgotten its settings, or be another one; `open` again
        asks who it is.
        """
        return 1

    def listen(self) -> None:
        """Take in what the device has said by itself; sends nothing and does not wait."""

    def settings(self) -> Mapping[str, Setting]:
        """Return the settings that this model has, with its own words and ranges; after open."""
        return {}

    def get(self, name: str) -> SettingValue | None:
        """
        Return what the device holds; None where it cannot say (write-only, not commanded yet).

        Raises Refused (this model has no such setting), NotSupported (unknown name).
        """
        raise NotSupported(f'no setting {name!r}; this device has none')

    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        """
        Write a setting and return what the device holds afterwards, read back where it can be.

        Raises ValueError before any byte is sent, Refused when the device said no or holds
        something else afterwards.
        """
        raise NotSupported(f'no setting {name!r}; this device has none')

    record: Callable[[Evidence], None] = staticmethod(no_progress)
    """Gets the evidence of every once operation before it is sent, and keeps it on the disk."""

    def settle(self, evidence: Evidence) -> Settlement:
        """
        Say what became of an operation whose outcome is unknown; reads only.

        May be asked in another session, of another program, than the one that did it.
        """
        return Settlement(Outcome.UNKNOWN, 'Its protocol offers nothing that would tell.')

    def send_message(self, message: bytes) -> bytes:
        """Send one raw message of the protocol, framed and checked, and return the answer's."""
        ...

    def self_test(self) -> Sequence[CheckResult]:
        """Identify, echo, read-only round trips: what was found, in words; changes nothing."""
        ...


class Camera(Device, Protocol):
    """A device that takes pictures."""

    EXPOSURE_SETTINGS: ClassVar[tuple[str, ...]] = ()
    """Those of SETTINGS that `set_exposure` and `step_exposure` change as well."""

    NO_ROI: ClassVar[str] = 'not in its protocol'
    """Why it cannot show a region of interest, if it cannot."""

    def capture(self, triggered: Callable[[float], None] = no_progress) -> Shot:
        """
        Take one picture; returns when the camera reports the end of the exposure.

        `triggered` is called once the camera has accepted the trigger, with the port's time when
        it had left the port. The trigger is never sent twice on doubt. Raises Refused (e.g. memory
        full), OutcomeUnknown.
        """
        _cannot(self, 'take a picture')

    def exposure(self) -> Exposure:
        """Return the exposure settings as the camera holds them."""
        _cannot(self, 'tell its exposure')

    def exposure_ranges(self) -> Mapping[str, Range]:
        """Return what `exposure_time` [s], `f_number` and `iso` can be; absent = not settable."""
        _cannot(self, 'tell its exposure')

    def set_exposure(self, exposure: Exposure, nearest: bool = False) -> Exposure:
        """
        Set what is not None and return what the camera holds afterwards.

        `nearest` takes the nearest value the camera has instead of raising ValueError.
        """
        _cannot(self, 'set its exposure')

    def step_exposure(self, quantity: str, steps: float) -> Exposure:
        """Change 'exposure_time', 'f_number' or 'iso' by `steps` EV; positive is brighter."""
        _cannot(self, 'step its exposure')

    def take_preview(self, progress: ProgressCallback = no_progress) -> Picture:
        """Take a preview, not stored in the camera, and return it."""
        _cannot(self, 'take a preview')

    def list_images(self, progress: ProgressCallback = no_progress,
                    indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """
        Return what is stored, in the camera's order; `indices`: of these images alone.

        Raises IndexError for an index that does not exist.
        """
        _cannot(self, 'list images')

    def folders(self) -> Sequence[ImageFolder]:
        """Return the folders of its memory, in the order in which their images are numbered."""
        _cannot(self, 'list folders')

    def thumbnail(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return the thumbnail of a stored image (index 1 based). Raises IndexError."""
        _cannot(self, 'send thumbnails')

    def download(self, index: int, progress: ProgressCallback = no_progress) -> Picture:
        """
        Return a stored image (index 1 based), complete and free of errors the protocol can detect.

        An exception raised by `progress` ends the transfer in an orderly way and is raised again.
        Raises IndexError, DeviceError.
        """
        _cannot(self, 'send images')

    def audio(self, index: int, progress: ProgressCallback = no_progress) -> bytes:
        """
        Return the sound that belongs to a stored image, as the camera keeps it; empty: none.

        Raises IndexError, DeviceError.
        """
        _cannot(self, 'send sounds')

    def animation(self, number: int, progress: ProgressCallback = no_progress) -> Picture:
        """Return the stored animation of a number, from 1. Raises IndexError."""
        _cannot(self, 'send animations')

    def summary(self, index: int | None = None) -> Mapping[str, SettingValue | None]:
        """Return what the device tells in one go of a stored image, or of itself."""
        _cannot(self, 'give summaries')

    def delete(self, indices: Sequence[int]) -> None:
        """
        Delete stored images by their present numbers; the camera renumbers those behind them.

        Raises IndexError before anything is deleted, Refused (protected), OutcomeUnknown.
        """
        _cannot(self, 'delete images')

    def delete_all(self) -> None:
        """Delete every image that is not protected, and make sure of it."""
        _cannot(self, 'delete images')

    def protect(self, index: int, protected: bool) -> None:
        """Protect a stored image against deletion, or release it."""
        _cannot(self, 'protect images')

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
        _cannot(self, 'take a picture from outside')

    @property
    def clock_shows(self) -> str:
        """Say what the camera's clock is meant to show: 'utc' or 'local' time."""
        return 'utc'

    def clock(self) -> datetime | None:
        """Return the camera's clock, without a zone; None: not set."""
        _cannot(self, 'tell the time')

    def set_clock(self, now: datetime) -> datetime | None:
        """Set the camera's clock to this wall time (no zone) and return it as read back."""
        _cannot(self, 'set its clock')

    def read_register(self, register: int, kind: str = 'int') -> int | bytes:
        """Read a raw register; `kind` is 'int' or 'bytes'."""
        _cannot(self, 'read registers')

    def write_register(self, register: int, value: int | bytes) -> None:
        """Write a raw register. Raises Forbidden for those that harm the camera."""
        _cannot(self, 'write registers')

    def set_live_view(self, on: bool) -> None:
        """Switch the video output on or off."""
        _cannot(self, 'switch live view')

    def restart_white_balance(self) -> None:
        """Begin the white adjustment again. Never sent twice on doubt. Raises OutcomeUnknown."""
        _cannot(self, 'restart its white balance')

    def store(self, names: Sequence[str] = ()) -> None:
        """
        Make the present values of these settings (none: of all) outlast power-off.

        Raises Forbidden unless factory values and EEPROM may be written.
        """
        _cannot(self, 'store its settings')

    def save(self, progress: ProgressCallback = no_progress) -> str:
        """Return the text of a file with all that the device holds and can be asked for."""
        _cannot(self, 'tell all that it holds')

    def compare(self, text: str, factory: bool = False,
                progress: ProgressCallback = no_progress) -> Sequence[Difference]:
        """
        Return what loading such a text would change; `factory`: factory values too.

        Raises ValueError when it is not such a text.
        """
        _cannot(self, 'tell all that it holds')

    def load(self, differences: Sequence[Difference], store: bool = False) -> None:
        """
        Write what `compare` found, each read back; `store`: so that it outlasts power-off.

        Raises Forbidden, before anything is written, for factory values and `store`.
        """
        _cannot(self, 'load what was saved')

    def set_roi(self, roi: RegionOfInterest) -> RegionOfInterest:
        """
        Show this part of the sensor and return the part that is shown.

        What cannot be attained exactly is widened. Raises ValueError for what is not within the
        sensor.
        """
        _cannot(self, 'show a region of interest', self.NO_ROI)

    def roi(self) -> RegionOfInterest | None:
        """Return the part of the sensor that is shown; None: not known."""
        _cannot(self, 'show a region of interest', self.NO_ROI)

    def set_live_view_region(self, region: LiveViewRegion) -> None:
        """Show this part of the picture in live view."""
        _cannot(self, 'show a region in live view')

    def live_view_region(self) -> LiveViewRegion | None:
        """Return the part of the picture that live view shows; None: not known."""
        _cannot(self, 'show a region in live view')


class Switcher(Device, Protocol):
    """A device that routes video inputs to outputs; inputs, outputs and presets count from 1."""

    INPUTS: ClassVar[int]
    OUTPUTS: ClassVar[int]
    LOCKS: ClassVar[tuple[str, ...]]
    """The locks that there are."""

    def routing(self) -> Sequence[int] | None:
        """
        Return the input that each output shows, of output 1 first; None: not known.

        0 is a number that the device reported and that is none of an input.
        """
        ...

    @property
    def heard_until(self) -> float:
        """The port's time [s] by which all has been heard that the device had said: it answers."""
        ...

    def watch(self, noticed: Callable[[], None], closely: bool = False) -> None:
        """
        Call `noticed` when `routing` or `heard_until` has changed, in the thread of the device.

        It is called before a command is sent that changes the routing, which is unknown then.
        `closely`: `listen` asks the device, so that `heard_until` follows while that is known.
        """
        ...

    def preset(self, number: int) -> Sequence[int]:
        """Return the inputs that a preset gives to the outputs, as `routing` does."""
        ...

    def set_preset(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """Define a preset, an input for each output, and return what the device holds then."""
        ...

    def trigger_preset(self, number: int) -> Sequence[int]:
        """Make a preset live and return the routing that the device reports."""
        ...

    def route(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """
        Route every output at once, by way of a preset, which is overwritten.

        Returns the routing that the device reports. Raises Refused when it reports another one,
        OutcomeUnknown when none.
        """
        ...

    def preset_name(self, number: int) -> str:
        """Return the name of a preset."""
        ...

    def set_preset_name(self, number: int, name: str) -> str:
        """Name a preset and return what the device calls it then."""
        ...

    def set_input_name(self, number: int, name: str) -> None:
        """Name an input."""
        ...

    def locked(self, lock: str) -> bool | None:
        """Say whether one of LOCKS is locked; None: the device does not tell."""
        ...

    def set_lock(self, lock: str, locked: bool) -> None:
        """Lock or unlock. Raises Refused, Forbidden (no password is known)."""
        ...

    def set_password(self, lock: str, file: Path) -> None:
        """Change the password of a lock to the one in a file. Raises Refused, OutcomeUnknown."""
        ...


def wall_clock(shows: str) -> datetime:
    """Return the time that a right clock shows now, in 'utc' or in 'local' time; no zone."""
    return datetime.now() if shows == 'local' else datetime.now(timezone.utc).replace(tzinfo=None)


def _cannot(device: object, what: str, why: str = 'not in its protocol') -> NoReturn:
    words = type(device).__name__.removesuffix('Camera').removesuffix('Switcher')
    name = re.sub(r'(?<!^)(?=[A-Z])', '_', words).lower()  # KpFd30 -> kp_fd30
    raise NotSupported(f'a device of type {name} cannot {what} ({why})')

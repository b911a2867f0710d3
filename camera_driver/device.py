# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What every device can do, in a photographer's words: no bytes, no ROS.

A device type's class derives from the abilities that its devices have (`abilities`), and thereby
from `Device`. All methods block and belong to one thread, the one that owns the device; only
`Port.cancel` may be called from another.

Settings and options are data (`model.Setting`): parameters, command line options and their
documentation are made from them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from camera_driver.errors import (
    Cancelled, DeviceError, NotSupported, PortError, ProtocolError)
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    CheckResult, DeviceStatus, Identity, LinkStatistics, OpticalState, Setting, SettingValue)
from camera_driver.operations import (
    Evidence, Kind, operation, Outcome, Record, Settlement, unrecorded)

ECHOES = 20  # questions of a self-test that have one answer


def no_progress(_: object) -> None:
    """Ignore progress."""


class Device(ABC):
    """What every device type can do: be opened, asked, checked, spoken to, closed."""

    LINE: ClassVar[LineSettings]
    """Line settings to open the port with."""

    OPTIONS: ClassVar[tuple[Setting, ...]]
    """Configuration that is fixed while the device is open, e.g. its highest speed."""

    SETTINGS: ClassVar[tuple[Setting, ...]] = ()
    """Every setting that any model of the type has; `settings` tells what this one has."""

    OPTICS: ClassVar[OpticalState] = OpticalState()
    """What is known of every device's pictures; settings that are `optical` tell the rest."""

    @abstractmethod
    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. `options` are valid values of OPTIONS."""

    @abstractmethod
    def open(self) -> Identity:
        """
        Wake the device, agree on a speed, and ask who it is.

        Raises ReplyTimeout (nothing there), ProtocolError (something else there), PortError.
        """

    @abstractmethod
    def close(self) -> None:
        """Leave the device idle and close the port; never raises."""

    @abstractmethod
    def poll(self) -> DeviceStatus:
        """Ask for the state; harmless, and keeps a session alive."""

    @property
    @abstractmethod
    def statistics(self) -> LinkStatistics:
        """What the line has carried since the port was opened; callable from any thread."""

    @property
    def sessions(self) -> int:
        """
        How many sessions there were since the port was opened; callable from any thread.

        More than before: the device was away for a while and the session was begun again behind
        the caller's back. It may have forgotten its settings, or be another one; `open` again
        asks who it is.
        """
        return 1

    @property
    def optics(self) -> OpticalState:
        """What is known of the picture now, besides settings; callable from any thread."""
        return self.OPTICS

    def listen(self) -> None:
        """Take in what the device has said by itself; sends nothing and does not wait."""

    def settings(self) -> Mapping[str, Setting]:
        """
        Return the settings that this model has, with its own words and ranges; after open.

        This is for types whose models all have the same.
        """
        return {setting.name: setting for setting in self.SETTINGS}

    def setting(self, name: str) -> Setting:
        """Return one of `settings`. Raises NotSupported that names those there are."""
        settings = self.settings()
        if name not in settings:
            raise NotSupported(f'no setting {name!r}; there are: {", ".join(settings) or "none"}')
        return settings[name]

    def get(self, name: str) -> SettingValue | None:
        """
        Return what the device holds; None where it cannot say (write-only, not commanded yet).

        Raises Refused (this model has no such setting), NotSupported (unknown name).
        """
        raise NotSupported(f'no setting {name!r}; this device has none')

    @operation(Kind.SET, 'changing a setting')
    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        """
        Write a setting and return what the device holds afterwards, read back where it can be.

        Raises ValueError before any byte is sent, Refused when the device said no or holds
        something else afterwards.
        """
        raise NotSupported(f'no setting {name!r}; this device has none')

    record: Record = staticmethod(unrecorded)
    """Keeps the evidence of every once operation on the disk, before it is sent and in doubt."""

    def settle(self, evidence: Evidence) -> Settlement:
        """
        Say what became of an operation whose outcome is unknown; reads only.

        May be asked in another session, of another program, than the one that did it.
        """
        return Settlement(Outcome.UNKNOWN, 'Its protocol offers nothing that would tell.')

    @abstractmethod
    def send_message(self, message: bytes) -> bytes:
        """Send one raw message of the protocol, framed and checked, and return the answer's."""

    @abstractmethod
    def questions(self) -> Mapping[str, Callable[[], object]]:
        """
        Return what a self-test asks, by name, and what is shown of the answer.

        They change nothing. The answer to 'echo' is always the same, unless the line is noisy.
        """

    def self_test(self) -> Sequence[CheckResult]:
        """Ask all `questions`, 'echo' again and again: what was found, in words."""
        before = self.statistics
        results = []
        for name, question in self.questions().items():
            try:
                found = self._echo(question) if name == 'echo' else str(question())
                results.append(CheckResult(name, True, found))
            except (PortError, Cancelled):
                raise  # nothing can be asked any more
            except DeviceError as error:
                results.append(CheckResult(name, False, str(error)))
        after = self.statistics
        damaged = after.damaged_frames - before.damaged_frames
        results.append(CheckResult('line', not damaged, f'{damaged} damaged frames, '
                                   f'{after.retries - before.retries} repeats'))
        return results

    def _echo(self, question: Callable[[], object]) -> str:
        if len({question() for _ in range(ECHOES)}) > 1:
            raise ProtocolError(f'{ECHOES} answers to one question differ: the line is noisy')
        trip = self.statistics.median_round_trip or 0.0
        return f'{ECHOES} of {ECHOES} answers alike, {trip * 1000:.1f} ms each'

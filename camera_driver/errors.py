# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The errors that cross layers: everything a device, a port or a file can do wrong.

An error that an option of the device type would help against carries that option's name
(`naming`): how it is set is for each front, the nodes and the command line, to say.

Wrong arguments are a plain `ValueError`, raised before any byte is sent. All the rest is a
`DeviceError`; its text says what happened, where, and what to do next. Callers catch by what they
can do about it:

======================  =====================================================================
PortError               no line: absent, in use, no permission, unplugged; open it again later
ReplyTimeout            the device is silent
ProtocolError           the device answers what its protocol does not allow here
Refused                 the device said no; repeating will not help
SessionLost             the device forgot us; the session opens it again by itself
WrongDevice             another device than the expected one answers
Busy                    the device is at work on something else; try again later
NotSupported            this device, model or configuration cannot do it
Forbidden               a guard option (allow_...) is off
OutcomeUnknown          a command that is not safe to repeat was sent; what became of it is unknown
NotConfirmed            a setting was written and could not be read back
DamagedPicture          a complete transfer that is not a sound picture
StorageError            a file could not be written or read
VideoError              no pictures from a frame grabber, file or stream; try again later
Cancelled               somebody asked for the operation to end
======================  =====================================================================
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

E = TypeVar('E', bound=Exception)


class DeviceError(Exception):
    """Anything that went wrong with a device; the base of all errors that cross layers."""


def naming(error: E, *options: str) -> E:
    """Return an error that names options of the device type, which would help."""
    error.options = options  # type: ignore[attr-defined]
    return error


def options_of(error: BaseException | None) -> tuple[str, ...]:
    """Return the names of the options that would help against an error, or what caused it."""
    return next((one.options for one in causes(error) if hasattr(one, 'options')), ())


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, what caused it, and so on; each once, as one may be its own cause."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        error = error.__cause__


class PortError(DeviceError, OSError):
    """
    The line is not there: cannot be opened, or went away.

    Examples: no such port, in use by another process, permission denied, cable unplugged in
    mid-transfer, USB adapter reset.
    """


class ReplyTimeout(DeviceError, TimeoutError):
    """
    The device did not answer in time.

    Examples: switched off, asleep, wrong port, wrong line speed, cable in the wrong socket.
    """


class ProtocolError(DeviceError):
    """
    The device answered something that its protocol does not allow here.

    Examples: only garbage on the line, wrong speed, a device of another type.
    """


class Refused(DeviceError):
    """
    The device understood and said no; `code` is its own answer.

    Examples: a register that the model does not have, memory full, picture protected.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class SessionLost(DeviceError):
    """
    The device ended the session.

    Examples: idle time-out, power cycle, somebody pressed a button on the camera.
    """


class WrongDevice(DeviceError):
    """
    Another device than the expected one answers.

    Examples: two cables swapped, the camera was replaced while the node was running.
    """


class Busy(DeviceError):
    """
    The device is at work on something else, or the queue to it is full.

    Examples: capture during a download with `capture_during_download: refuse`.
    """


class NotSupported(DeviceError):
    """
    This device, this model or this configuration cannot do that.

    Examples: folders on a camera without folders, exposure on a video matrix.
    """


class Forbidden(DeviceError):
    """
    A guard is in the way: the operation is destructive and its option is off.

    Examples: delete all pictures without `allow_delete`.
    """


class OutcomeUnknown(DeviceError):
    """
    A command that is not safe to repeat was sent and its outcome is unknown.

    `evidence`: what the device told before it, from which it may be settled later
    (`operations.Evidence`); None: nothing. Examples: the cable was pulled between the trigger and
    the camera's 'done'.
    """

    def __init__(self, message: str, evidence: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.evidence = evidence


class NotConfirmed(DeviceError):
    """
    A setting was written, and reading it back failed: it holds, most likely.

    What is applied again after a reconnect is what was commanded. Examples: the camera
    acknowledged the write and was too busy to answer the question behind it.
    """


class DamagedPicture(DeviceError):
    """
    A transfer arrived whole by the protocol's own checks and still is not a sound picture.

    Examples: a JPEG without its end, a picture shorter than announced.
    """


class StorageError(DeviceError):
    """
    A file or folder on this computer could not be written or read.

    Examples: disk full, read-only file system, download directory is a file.
    """


class VideoError(DeviceError):
    """
    A video source delivers no pictures.

    Examples: no such frame grabber, unplugged, the end of a file, a stream that cannot be reached.
    """


class Cancelled(DeviceError):
    """Somebody asked for the operation to end, or the node is shutting down."""

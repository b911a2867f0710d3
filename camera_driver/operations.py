# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Operations that change a device, and the one owner of those that must not be repeated.

=====  ==================================  =====================================================
kind   examples                            after a disturbance
=====  ==================================  =====================================================
read   get, list, download, poll           repeated freely, within its own time budget
set    write a register, exposure, lock    repeated, then read back; written but not confirmed is
                                           `NotConfirmed`, never a plain failure
once   trigger, delete, upload, increment  never sent twice on doubt; settled by evidence, or
                                           `OutcomeUnknown`
=====  ==================================  =====================================================

A method declares its kind where it is defined (`operation`); what declares nothing is a read. The
matrix of outcomes in the tests is generated from these declarations.

A *once* operation takes this way: the device collects what its protocol offers as evidence (its
count of images, their names, a counter), hands it to `Device.record`, which keeps it on the disk
until the outcome is known, and sends the command within `once`. From its first byte on every way
out but the device's clear "no" is a doubt. `carry_out` settles a doubt at once where the line
lives; where it does not, the evidence is asked again after the next log-in of the same device, or
at the next start.

A *set* operation takes the way of `confirmed`: what the device holds counts, not what it answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from camera_driver.errors import (
    Cancelled, causes, DeviceError, NotConfirmed, OutcomeUnknown, PortError, Refused)

T = TypeVar('T')
E = TypeVar('E', bound=DeviceError)
F = TypeVar('F', bound=Callable[..., Any])

Evidence = Mapping[str, Any]
"""What a device told before a once operation: JSON values; 'operation' names the operation."""

Record = Callable[[Evidence], AbstractContextManager[object]]
"""Keeps evidence before anything is sent; an OutcomeUnknown leaves the context, or it is over."""


def unrecorded(_: Evidence) -> AbstractContextManager[object]:
    """Keep nothing."""
    return nullcontext()


class Kind(Enum):
    """What may be done about a disturbance."""

    READ = 'read'
    SET = 'set'
    ONCE = 'once'


@dataclass(frozen=True)
class Operation:
    """How a method of a device is declared; `words` follow 'while': 'taking a picture'."""

    kind: Kind
    words: str


class Outcome(Enum):
    """What became of an operation."""

    DONE = 'done'
    NOT_DONE = 'not done'
    UNKNOWN = 'unknown'


@dataclass(frozen=True)
class Settlement:
    """
    What evidence tells of an operation afterwards.

    Numbers of images: `image_index` is the present one of the image that a capture or an upload
    has stored; `gone` and `in_doubt` are those of the evidence's own listing.
    """

    outcome: Outcome
    words: str  # how it is known, or why it is not
    image_index: int | None = None
    gone: tuple[int, ...] = ()  # deleted
    in_doubt: tuple[int, ...] = ()  # may be deleted


def operation(kind: Kind, words: str) -> Callable[[F], F]:
    """Declare what kind of operation a method is."""
    def declare(method: F) -> F:
        method.__operation__ = Operation(kind, words)  # type: ignore[attr-defined]
        return method

    return declare


def operations(cls: type) -> Mapping[str, Operation]:
    """Return the declared operations of a class by method, in the order of their names."""
    found: dict[str, Operation] = {}
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            declared = getattr(member, '__operation__', None)
            if isinstance(declared, Operation):
                found[name] = declared
    return dict(sorted(found.items()))


class Attempt:
    """One once operation on its way."""

    def __init__(self) -> None:
        self.sent = 0  # times
        self._no: DeviceError | None = None

    def sending(self) -> None:
        """Say that the first byte is about to leave: from now on there is doubt."""
        self.sent += 1

    def clear_no(self, error: E) -> E:
        """Return `error`, to be raised: the device's clear "no", as its specification has it."""
        self._no = error
        return error

    def is_clear(self, error: BaseException) -> bool:
        """Say whether nothing was done, for certain."""
        return not self.sent or error is self._no


@contextmanager
def once(words: str, where: str) -> Iterator[Attempt]:
    """
    Own a command that must not be repeated; sent by the block, once.

    Whatever ends the block after `Attempt.sending`, a cancelled call, Ctrl-C and defects of our
    own included, becomes OutcomeUnknown with its cause, but a `clear_no`.

    :param words: what the device was told: 'take a picture'.
    :param where: name of the port.
    """
    attempt = Attempt()
    try:
        yield attempt
    except OutcomeUnknown:
        raise
    except BaseException as error:
        if attempt.is_clear(error):
            raise
        interrupted = isinstance(error, (Cancelled, KeyboardInterrupt))
        why = ('interrupted' if interrupted else
               str(error).removeprefix(f'{where}: ') or repr(error))
        raise OutcomeUnknown(f'{where}: the device was told to {words}, and it is unknown whether '
                             f'it did: {why}') from error


def line_lost(doubt: BaseException) -> bool:
    """Say whether a doubt cannot be settled at once: the line is gone, or somebody ends it."""
    return any(isinstance(cause, (PortError, Cancelled)) or not isinstance(cause, Exception)
               for cause in causes(doubt))


def carry_out(evidence: Evidence, command: Callable[[], T],
              settle: Callable[[Evidence], Settlement],
              record: Record = unrecorded) -> tuple[T | None, Settlement | None]:
    """
    Do a once operation and settle what is doubtful of it.

    :param command: sends it, within `once`.
    :param settle: asks the device what became of it; reads only.
    :param record: keeps the evidence, before anything is sent and while it is in doubt.

    Returns the command's result, or None and how it was settled that it was done. Raises Refused
    (not done), OutcomeUnknown with the evidence, and what the command raises before it is sent.
    """
    with record(evidence):
        return _carried_out(evidence, command, settle)


def _carried_out(evidence: Evidence, command: Callable[[], T],
                 settle: Callable[[Evidence], Settlement]) -> tuple[T | None, Settlement | None]:
    try:
        return command(), None
    except OutcomeUnknown as doubt:
        doubt.evidence = evidence
        if line_lost(doubt):
            raise
        try:
            found = settle(evidence)
        except (DeviceError, KeyboardInterrupt) as error:
            raise OutcomeUnknown(f'{doubt}. Asked for it, {error or "interrupted"}',
                                 evidence) from doubt
        if found.outcome is Outcome.UNKNOWN:
            raise OutcomeUnknown(f'{doubt}. {found.words}', evidence) from doubt
        if found.outcome is Outcome.NOT_DONE:
            said = doubt.__cause__ if isinstance(doubt.__cause__, Refused) else None
            text = str(said or doubt).partition(', and it is unknown')[0]
            raise Refused(f'{text}. {found.words}', said.code if said else None) from doubt
        return None, found


def confirmed(what: str, write: Callable[[Attempt], object], read: Callable[[], T | None],
              good: Callable[[Any], bool], instead: Callable[[Any], str] = lambda held:
              f'the device took it and holds {held!r}') -> T | None:
    """
    Write and return what is read back; None: the device cannot tell.

    :param what: for messages: 'flash_mode: off'.
    :param write: sends it, and says so (`Attempt.sending`); a `clear_no` is raised as it is.
    :param instead: says what is held instead.

    Raises Refused (the device said no, or holds something else), NotConfirmed (it was sent, and
    the device could not be asked).
    """
    attempt = Attempt()
    trouble: BaseException | None = None
    try:
        write(attempt)
    except (DeviceError, KeyboardInterrupt) as error:
        if attempt.is_clear(error):
            raise
        trouble = error
        if line_lost(error):
            raise _not_confirmed(what, error) from error
    try:
        held = read()
    except Refused as error:
        if isinstance(trouble, Refused) and attempt.sent == 1:
            raise trouble from error
        held = None
    except (DeviceError, KeyboardInterrupt) as error:
        raise _not_confirmed(what, error) from (trouble or error)
    if held is None:
        if isinstance(trouble, Refused) and attempt.sent == 1:  # else an earlier one may hold
            raise trouble
        if trouble:
            raise _not_confirmed(what, trouble) from trouble
        return None
    if good(held):
        return held
    if trouble and not isinstance(trouble, OutcomeUnknown):  # that one is known by now
        raise trouble
    raise Refused(f'{what}: {instead(held)}') from trouble


def _not_confirmed(what: str, error: BaseException) -> NotConfirmed:
    why = 'interrupted' if isinstance(error, (Cancelled, KeyboardInterrupt)) else error
    return NotConfirmed(f'{what}: sent to the device, and what it holds now could not be read '
                        f'back: {why}')

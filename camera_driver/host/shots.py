# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Shots and their account: evidence on the disk before the trigger, doubts settled afterwards.

Whoever commands shots, a node or a program, calls `Shots.settle_open` after every log-in and does
it in `Shots.accounted`. Other once operations (deletions, uploads, steps) are accounted for by
themselves from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
import logging
from operator import methodcaller
from typing import Any, Generic, Protocol, TypeVar

from camera_driver.device import Device
from camera_driver.errors import (
    Cancelled, DeviceError, OutcomeUnknown, PortError, ReplyTimeout, SessionLost, WrongDevice)
from camera_driver.model import Identity
from camera_driver.operations import Evidence, Outcome, Settlement

log = logging.getLogger(__name__)


class Doubt(Protocol):
    """A once operation whose outcome is to be asked of the device."""

    @property
    def id(self) -> str:
        """What the ledger knows it by."""

    @property
    def evidence(self) -> Evidence:
        """What the device told before it."""


class Shot(Protocol):
    """A shot of the ledger."""

    @property
    def settled(self) -> float | None:
        """When its outcome was learned, if only afterwards."""


S = TypeVar('S', bound=Shot, covariant=True)


class Account(Protocol[S]):
    """What is asked of a ledger here."""

    def record(self, shot_id: str, evidence: Evidence) -> None:
        """Keep what the device told before a shot."""

    def doubt(self, identity: Identity, evidence: Evidence, now: float) -> str:
        """Keep what the device told before another once operation, and return its id."""

    def clear(self, doubt_id: str) -> None:
        """Forget an operation whose outcome was known at once."""

    def unsettled(self, identity: Identity) -> Sequence[Doubt]:
        """Return what the device itself may settle."""

    def settle(self, doubt_id: str, found: Settlement, now: float, delay: float) -> S | None:
        """Take in what became of it; returns its shot, if it is one."""

    def disturbed(self, identity: Identity) -> None:
        """Leave what is not settled by now as it is: its evidence does not hold any more."""


class Shots(Generic[S]):
    """The shots of one camera and the ledger they are accounted for in."""

    def __init__(self, ledger: Callable[[Callable[[Account[S]], Any]], Any],
                 now: Callable[[], float]) -> None:
        """
        Begin with an open ledger.

        :param ledger: does something with it, in its one thread at a time.
        :param now: Unix seconds.
        """
        self._ledger = ledger
        self._now = now

    @contextmanager
    def accounted(self, device: Device, shot_id: str) -> Iterator[None]:
        """Keep with a shot what the device tells before its trigger."""
        def keep(evidence: Evidence) -> AbstractContextManager[object]:
            self._ledger(lambda ledger: ledger.record(shot_id, evidence))
            return nullcontext()

        before = device.record
        device.record = keep
        try:
            yield
        finally:
            device.record = before

    @contextmanager
    def _doubtful(self, identity: Identity, evidence: Evidence) -> Iterator[None]:
        """Keep what the device told before another once operation until its outcome is known."""
        doubt_id = self._ledger(lambda ledger: ledger.doubt(identity, evidence, self._now()))
        try:
            yield
        except BaseException as error:
            if isinstance(error, DeviceError) and not isinstance(error, OutcomeUnknown):
                self._ledger(methodcaller('clear', doubt_id))
            raise
        self._ledger(methodcaller('clear', doubt_id))

    def before_change(self, device: Device, identity: Identity,
                      delay: float = 0.0) -> Sequence[S]:
        """
        Settle what can be settled before the memory is changed by a deletion or an upload.

        Afterwards its count and names would tell something else. Returns and raises as
        `settle_open`.
        """
        settled = self.settle_open(device, identity, delay)
        self._ledger(methodcaller('disturbed', identity))
        return settled

    def settle_open(self, device: Device, identity: Identity,
                    delay: float = 0.0) -> Sequence[S]:
        """
        Ask the device what became of its doubtful operations; returns the shots it settled.

        From now on what it does is accounted for.

        One that it cannot answer for stays unknown, with the reason. Raises what means that the
        link is lost: the rest is asked after the next log-in.

        :param delay: [s] from a trigger to its exposure.
        """
        device.record = partial(self._doubtful, identity)
        settled: list[S] = []
        for doubt in self._ledger(lambda ledger: ledger.unsettled(identity)):
            try:
                found = device.settle(doubt.evidence)
            except (PortError, SessionLost, WrongDevice, Cancelled):
                raise
            except ReplyTimeout as error:
                log.warning('%s is asked for after the next log-in: %s', doubt.id, error)
                break
            except DeviceError as error:
                # A device that cannot answer this must not keep a node from connecting.
                found = Settlement(Outcome.UNKNOWN, f'Asked for it: {error}')
            except (LookupError, TypeError, ValueError):
                log.exception('evidence of %s', doubt.id)
                found = Settlement(Outcome.UNKNOWN, 'Its evidence cannot be read')
            shot = self._ledger(methodcaller('settle', doubt.id, found, self._now(), delay))
            if shot is None:
                log.warning('an earlier operation, %s: %s; %s', doubt.evidence['operation'],
                            found.outcome.value, found.words)
            elif shot.settled is not None:
                settled.append(shot)
        return settled

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What the protocol documents say without proof, as data: numbered, with what would settle it.

A device type's facts are `FACTS` in its folder's `facts.py`. In docs/protocols/<type>.md each
number stands once, in brackets, in the sentence that it is of: [sierra-017].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from camera_driver.link.dialogue import Exchange


class Level(Enum):
    """What `camera-driver conform` may do, in rising order."""

    LOOK = 'look'  # reads only
    CAPTURE = 'capture'  # one picture, one download, settings to and fro
    ALL = 'all'  # its own picture protected and deleted, the clock set

    def includes(self, other: Level) -> bool:
        """Say whether what `other` does is done at this level."""
        order = list(Level)
        return order.index(other) <= order.index(self)


class Verdict(Enum):
    """What a trace says of a fact."""

    CONFIRMED = 'confirmed'
    REFUTED = 'refuted'
    NOT_SUPPORTED = 'not supported'  # this device has nothing to try it with
    NOT_TRIED = 'not tried'


Watch = Callable[[Sequence[Exchange]], tuple[Verdict, Sequence[Exchange]]]
"""Returns what a dialogue says, and the exchanges that show it."""


@dataclass(frozen=True)
class Fact:
    """
    One sentence of a protocol document that no real device has proven.

    `asks` are messages (as `Device.send_message` takes them; hexadecimal, separated by commas)
    that change nothing; the answer to each confirms the fact where it matches `answers`, a regular
    expression of its hexadecimal bytes, and refutes it where it does not. `refusal` and `silence`:
    what it means that the device says no, or nothing.
    """

    id: str  # noqa: A003
    says: str
    confirms: str
    refutes: str
    level: Level | None = None  # the lowest that tries it; None: none does
    asks: str = ''
    answers: str = ''
    refusal: Verdict = Verdict.NOT_SUPPORTED
    silence: Verdict = Verdict.NOT_SUPPORTED
    alone: bool = False  # what comes behind the answer, and is no frame, belongs to it
    watch: Watch | None = None  # judges the whole dialogue instead, where one answer tells nothing

    @property
    def questions(self) -> Sequence[bytes]:
        """The messages that are sent."""
        return [bytes.fromhex(one) for one in self.asks.split(',') if one]


def by_id(facts: Sequence[Fact]) -> Mapping[str, Fact]:
    """Return facts by their numbers. Raises ValueError when two have the same."""
    found = {fact.id: fact for fact in facts}
    if len(found) != len(facts):
        raise ValueError('two facts have one number')
    return found

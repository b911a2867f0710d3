# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A wire trace as questions and answers.

What belongs together a device type's `Listener` knows; here it is only heard in its order. An
answer belongs to the question before it, a late one to the next question: whoever concludes
something from an answer wants to have it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from camera_driver.link.framing import Damaged
from camera_driver.link.trace import Entry, Heading

GAP = 0.1  # s; a frame that stood still for so long when the other side spoke was given up


@dataclass(frozen=True)
class Said:
    """What a device answered: data, or a no with the bytes that say so."""

    data: bytes
    refused: bool = False


class Listener(Protocol):
    """What a device type knows of who answers what; one for each session."""

    def asked(self, frame: Any) -> bytes | None:
        """Return the message that a frame of the host is, as `Device.send_message` takes it."""
        ...

    def answered(self, frame: Any) -> Said | None:
        """Return what a frame of the device completes: the answer to the message asked last."""
        ...

    def spoken(self, question: bytes, said: Said) -> bytes:
        """Return what a device puts on the line that gives this answer, in one go."""
        ...


@dataclass(frozen=True)
class Exchange:
    """One question, each time that it was asked, and what came."""

    line: int  # of the trace, where the question ended; from 1
    time: float  # s
    question: bytes
    said: Said | None = None  # None: nothing, before the host spoke on
    delay: float = 0.0  # s until the answer was complete
    answered: int = 0  # line of the trace, where the answer ended
    behind: bytes = b''  # what is no frame and came behind the answer, before the host spoke on


@dataclass(frozen=True)
class Dialogue:
    """All that was said."""

    exchanges: tuple[Exchange, ...]
    damaged: int  # frames of the device, noise aside


def dialogue(trace: Iterable[Heading | Entry], codec: Any, make: Any) -> Dialogue:
    """
    Return what was asked and answered.

    :param codec: of the device type: `Decoder`.
    :param make: makes the type's `Listener`.
    """
    hearing = _Hearing(codec, make)
    return Dialogue(tuple(hearing.all(trace)), hearing.damaged)


class _Hearing:
    """The state of one pass over a trace."""

    def __init__(self, codec: Any, make: Any) -> None:
        self.damaged = 0
        self._codec, self._make = codec, make
        self._begin()

    def _begin(self) -> None:
        self._listener: Listener = self._make()
        self._decoders = {mark: self._codec.Decoder() for mark in '<>'}
        self._last = dict.fromkeys('<>', 0.0)
        self._open: Exchange | None = None

    def all(self, trace: Iterable[Heading | Entry]) -> Iterator[Exchange]:  # noqa: A003
        """Yield the exchanges in the order of their questions."""
        for line, entry in enumerate(trace, 1):
            if isinstance(entry, Heading):
                yield from self._over()
                self._begin()
            elif entry.mark in self._decoders:
                other = '<' if entry.mark == '>' else '>'
                if entry.time - self._last[other] > GAP:
                    self._count(other, self._decoders[other].flush())
                self._last[entry.mark] = entry.time
                frames = self._decoders[entry.mark].feed(entry.data)
                self._count(entry.mark, frames)
                for frame in frames:
                    yield from self._frame(line, entry, frame)
        yield from self._over()

    def _count(self, mark: str, frames: Iterable[Any]) -> None:
        self.damaged += sum(isinstance(frame, Damaged) and frame.reason != 'noise'
                            for frame in frames) if mark == '<' else 0

    def _frame(self, line: int, entry: Entry, frame: Any) -> Iterator[Exchange]:
        now = self._open
        if isinstance(frame, Damaged):
            if entry.mark == '<' and now and now.said:
                self._open = replace(now, behind=now.behind + frame.data)
        elif entry.mark == '>':
            question = self._listener.asked(frame)
            if question is not None:
                yield from self._over()
                self._open = Exchange(line, entry.time, question)
        elif now and not now.said and (said := self._listener.answered(frame)):
            self._open = replace(now, said=said, delay=entry.time - now.time, answered=line)

    def _over(self) -> Iterator[Exchange]:
        if self._open:
            yield self._open
        self._open = None

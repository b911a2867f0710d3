# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Which block may answer which command (fuji_mx.md 4.2, 5.4).

An answer names its command, but neither its try nor its picture: one that was asked for again may
come more than once, in place of a later answer.
"""

from __future__ import annotations

import logging

from camera_driver.devices.fuji_mx.codec import Block
from camera_driver.devices.fuji_mx.commands import name, row

log = logging.getLogger(__name__)

MAX_COPIES = 3  # late ones of an answer: fewer than TRIES, as the next may be equal
MAX_DOUBTS = 8  # answers of which late copies are expected


class Answers:
    """What is known of the answers of one camera."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}  # of answers, where they are not those of the table
        self._told: list[Block] = []  # this command and the one before it
        self._copies: dict[Block, int] = {}  # asked for again: how often they may still come
        self._repeats: Block | None = None  # what the last of them answered, until another is told

    def told(self, block: Block) -> None:
        """Take note of a command that is sent, or of a block of an upload."""
        if not self._told or self._told[-1].number != block.number:
            self._told = [*self._told[-1:], block]
        if block != self._repeats:
            self._repeats = None

    def note(self, where: str, block: Block, frame: Block) -> None:
        """Remember, and say once, that answers to a command have another number or prefix."""
        known = row(block.number).response
        if (frame.prefix or frame.number != known) and block.number not in self._numbers:
            self._numbers[block.number] = frame.number
            log.info('%s: answers to %s begin %02x %02x%s; taken', where, name(block.number),
                     frame.prefix, frame.number, '' if known is None else f', not 00 {known:02x}')

    def fits(self, block: Block, frame: Block) -> bool:
        """Say whether a block may be the answer to a command by its number and prefix."""
        known = row(block.number).response
        return frame.prefix <= 1 and (known is None or frame.number in (
            known, block.number + 1 & 0xFF, self._numbers.get(block.number)))

    def is_late(self, frame: Block) -> bool:
        """Say whether a block may be the answer to the command before this one."""
        return len(self._told) > 1 and self.fits(self._told[0], frame)

    def may_come_again(self, block: Block, frame: Block, times: int) -> None:
        """Take note of an answer that was asked for again: the others are late, or lost."""
        self._copies.pop(frame, None)
        self._copies[frame] = min(times, MAX_COPIES)
        self._repeats = block
        if len(self._copies) > MAX_DOUBTS:
            del self._copies[next(iter(self._copies))]

    def came_before(self, frame: Block) -> bool:
        """Say, so often, whether a block may be such a late one, of an older command."""
        if (not self._copies.get(frame)
                or self._repeats is not None and frame == [*self._copies][-1]):
            return False
        self._copies[frame] -= 1
        return True

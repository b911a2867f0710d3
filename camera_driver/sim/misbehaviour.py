# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated device's program, on demand (those of the line are in `faults`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class Fault:
    """A fault that is to happen."""

    name: str
    times: int
    skip: int
    command: bytes


class Misbehaviour:
    """The faults that are to happen, in order; `known` maps their names to what they do."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self.pending: list[Fault] = []
        self.command = b''  # what the device is at; set by the simulator

    def add(self, what: str, times: int = 1, *, skip: int = 0, command: bytes = b'') -> None:
        """
        Make a fault happen the next `times` times that it can.

        `skip` lets as many occasions pass before; `command` waits for commands that begin with
        these bytes, and their replies. Raises ValueError when there is no such fault.
        """
        if what not in self.known:
            raise ValueError(f'no such fault: {what}; there are: {", ".join(self.known)}')
        self.pending.append(Fault(what, times, skip, command))

    def happens(self, what: str) -> bool:
        """Say whether a fault happens on this occasion, and count it."""
        for fault in self.pending:
            if fault.name != what or not self.command.startswith(fault.command):
                continue
            if fault.skip:
                fault.skip -= 1
                return False
            fault.times -= 1
            if not fault.times:
                self.pending.remove(fault)
            return True
        return False

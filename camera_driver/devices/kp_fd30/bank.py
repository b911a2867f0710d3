# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The registers of one camera, with care: guarded, read back, doubts settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from camera_driver.devices.kp_fd30.registers import address, BY_NAME, Register, REGISTERS
from camera_driver.devices.kp_fd30.session import KpFd30Session
from camera_driver.errors import (
    DeviceError, Forbidden, naming, NotConfirmed, OutcomeUnknown, Refused, ReplyTimeout)

RESTART = BY_NAME['awc_preset_restart']


class Bank:
    """Reads and writes registers; `allow_factory_store` is the guard of what can do harm."""

    def __init__(self, session: KpFd30Session, allow_factory_store: bool) -> None:
        self.session = session
        self._allow = allow_factory_store

    def read(self, register: Register) -> bytes:
        """Return what a register holds."""
        return self.session.read(*address(register))

    def put(self, register: Register, data: bytes, store: bool = False) -> None:
        """
        Write a register and make sure by reading it back.

        Raises Forbidden, Refused (the camera holds something else), ReplyTimeout (it did not take
        the command), NotConfirmed (sent, and it cannot be read back), OutcomeUnknown (with
        `store`: whether it is in EEPROM).
        """
        self.may_write(*address(register), store)
        trouble: OutcomeUnknown | None = None
        try:
            self.session.write(*address(register), data, store)
        except OutcomeUnknown as error:
            if store:
                raise
            trouble = error
        try:
            held = self.read(register)
        except DeviceError as error:
            if store:
                raise OutcomeUnknown(f'{register.name}: stored, and it could not be read back: '
                                     f'{error}') from error
            raise NotConfirmed(f'{register.name}: {register.describe(data)} was sent, and could '
                               f'not be read back: {error}') from error
        if held == data:
            return
        text = f'{register.name}: the camera holds {register.describe(held)}'
        if trouble:
            raise ReplyTimeout(f'{text} as before: {trouble}; try again') from trouble
        raise Refused(f'{text} after it acknowledged {register.describe(data)}; it does not know '
                      'this value, or not in its present mode')

    def put_all(self, registers: Sequence[Register], data: Callable[[Register], bytes],
                store: bool) -> None:
        """Write registers one after the other; all guards are asked before the first."""
        for register in registers:
            self.may_write(*address(register), store)
        written: list[str] = []
        for register in registers:
            try:
                self.put(register, data(register), store)
            except DeviceError as error:
                if written:
                    error.args = (f'{error} (already written: {", ".join(written)})',)
                raise
            written.append(register.name)

    def restart_white_balance(self) -> None:
        """Begin the white adjustment again; not repeated on doubt (5.2). Raises OutcomeUnknown."""
        self.session.write(*address(RESTART), bytes(3))

    def may_read(self, area: int, number: int) -> None:
        """Raise Forbidden for what must not be read."""
        if (area, number) == address(RESTART):
            raise Forbidden('register 01/07 is never read: it is an action, and what reading does '
                            'is unknown (kp_fd30.md 8, item 10)')

    def may_write(self, area: int, number: int, store: bool) -> None:
        """Raise Forbidden for what the guard protects."""
        register = REGISTERS.get((area, number))
        name = f'register {area:02x}/{number:02x}' + (f' ({register.name})' if register else '')
        if self._allow:
            return
        if store:
            raise self._locked(f'{name}: writing to EEPROM is locked: its cells wear out, and it '
                               'outlasts power-off; to do it all the same, allow it')
        if register is None:
            raise self._locked(f'{name} is not known and may be a factory value; to write it all '
                               'the same, allow it')
        if register.factory:
            raise self._locked(f'{name} was set to its best value at the factory; note what it '
                               'holds (save), then allow it to be changed')

    @staticmethod
    def _locked(text: str) -> Forbidden:
        return naming(Forbidden(text), 'allow_factory_store')

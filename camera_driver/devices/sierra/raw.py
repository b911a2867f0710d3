# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Registers and messages of a sierra camera as the user writes them; what is not let through."""

from __future__ import annotations

from camera_driver.devices.sierra.codec import Code, MAX_DATA
from camera_driver.devices.sierra.models import Model
from camera_driver.devices.sierra.registers import Action, NEVER_WRITE, NUMBER, REGISTERS
from camera_driver.devices.sierra.session import SierraSession
from camera_driver.errors import Forbidden, naming
from camera_driver.operations import Attempt, confirmed

NO_ECHO = frozenset(NUMBER[name] for name in ('clock', 'folder_select', 'folder_name'))
"""Registers that do not read as they were written."""


class Raw:
    """Raw access to one camera."""

    def __init__(self, session: SierraSession) -> None:
        self._session = session

    def send(self, message: bytes, model: Model) -> bytes:
        """Send the data of one command packet; returns the answer's data or control byte."""
        if not 2 <= len(message) <= MAX_DATA or message[0] not in set(Code):
            raise ValueError('a message is a command code (0 to 4, 6), a register or action '
                             f'number, and its value, {MAX_DATA} bytes at most (sierra.md 4.1)')
        code, number, value = Code(message[0]), message[1], message[2:]
        if code is Code.ACTION:
            if number == Action.CALIBRATE_TEST:
                raise Forbidden('action 6 is never sent: it is known to hang cameras '
                                '(sierra.md 4.5)')
            if not value:
                raise ValueError('an action has an argument, usually 00 (sierra.md 4.5)')
            return bytes([self._session.raw_action(message)])
        if code in (Code.SET_INT, Code.SET_VDATA):
            _may_write(number)
            answer = self._session.raw_write(message)
            self._written(number)
            return bytes([answer])
        if value:
            raise ValueError('a question has no value')
        _may_read(number, model)
        return self._session.raw_read(message)

    def read(self, register: int, kind: str, model: Model) -> int | bytes:
        """Read a raw register; those of a frame need one selected, which this does not do."""
        if kind not in ('int', 'bytes'):
            raise ValueError(f'kind: {kind!r}; allowed: int, bytes')
        _may_read(register, model)
        return (self._session.read_int(register) if kind == 'int'
                else self._session.read_data(register))

    def write(self, register: int, value: int | bytes, model: Model) -> None:
        """Write a raw register, and read it back where its row tells that it can be."""
        _may_write(register)
        session = self._session

        def write(attempt: Attempt) -> None:
            if isinstance(value, int):
                session.write_int(register, value, attempt)
            else:
                session.write_data(register, value, attempt)

        def read() -> int | bytes | None:
            row = REGISTERS.get(register)
            if (row is None or 'R' not in row.access or row.frame or register in NO_ECHO
                    or register in model.missing):
                return None
            if isinstance(value, int):
                return session.read_int(register)
            return session.read_data(register).rstrip(b'\0')

        good = value if isinstance(value, int) else value.rstrip(b'\0')
        try:
            confirmed(f'register {register}', write, read, lambda held: held == good)
        finally:
            self._written(register)

    def _written(self, register: int) -> None:
        """After a raw write: where it moved the camera to another folder, go back."""
        if register in (NUMBER['folder_select'], NUMBER['folder_name']):
            self._session.doubt()


def _may_read(register: int, model: Model) -> None:
    if not 0 <= register <= 255:
        raise ValueError(f'register {register}: 0 to 255')
    if register in model.missing:
        raise Forbidden(f'register {register} is not read on this model ({model.name}): '
                        'it does not have it, and reading may hang it')
    row = REGISTERS.get(register)
    if row and row.frame:
        raise Forbidden(f'register {register} ({row.name}) belongs to a frame; reading it '
                        'without one can hang the camera (sierra.md 4.6); use list, download')


def _may_write(register: int) -> None:
    if not 0 <= register <= 255:
        raise ValueError(f'register {register}: 0 to 255')
    if register in NEVER_WRITE:
        error = Forbidden(f'register {register} is never written: {NEVER_WRITE[register]}')
        raise naming(error, 'baudrate') if register == NUMBER['comm_speed'] else error

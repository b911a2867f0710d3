# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The registers of one camera, with care: guarded, read back, doubts settled.

What is read and written is remembered. A camera that was without power for a moment says nothing
of it (kp_fd30.md 10.3), but holds other values then than it was told: that is noticed when a
register is read again, and counts as a reset.

=================  ===============================================================================
operation          when it is disturbed
=================  ===============================================================================
read               repeated by the session
put                read back; not acknowledged and not held: written once more; sent and not read
                   back: `NotConfirmed`
store, restart of  never sent twice on doubt; a store is settled by the value where that is
white balance      another one than before, else `OutcomeUnknown`
=================  ===============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import logging

from camera_driver.device import no_progress
from camera_driver.devices.kp_fd30.registers import address, BY_NAME, Register, REGISTERS
from camera_driver.devices.kp_fd30.session import KpFd30Session
from camera_driver.errors import (
    Cancelled, DeviceError, Forbidden, naming, NotConfirmed, OutcomeUnknown, Refused, ReplyTimeout)
from camera_driver.operations import (
    Attempt, carry_out, Evidence, line_lost, once, Outcome, Record, Settlement)

log = logging.getLogger(__name__)

RESTART = BY_NAME['awc_preset_restart']


class Bank:
    """Reads and writes registers; `allow_factory_store` is the guard of what can do harm."""

    def __init__(self, session: KpFd30Session, allow_factory_store: bool) -> None:
        self.session = session
        self.resets = 0  # how often the camera held something else than before
        self._allow = allow_factory_store
        self._known: dict[str, bytes] = {}  # what was read or written last, the oldest first

    @property
    def known(self) -> Mapping[str, bytes]:
        """What registers held when they were read or written last, by name."""
        return dict(self._known)

    def read(self, register: Register) -> bytes:
        """Return what a register holds."""
        data = self.session.read(*address(register))
        known = self._known.pop(register.name, data)
        if data != known:
            log.warning('%s: %s holds %s, not %s as before: it was without power, or somebody '
                        'else has set it', self.session.port.name, register.name,
                        register.describe(data), register.describe(known))
            self.resets += 1
            self._known.clear()
        if register.tracked:
            self._known[register.name] = data
        return data

    def check(self, most: int) -> None:
        """Read again what is known, at most so many, those first that were not read for long."""
        for name in [*self._known][:most]:
            if name in self._known:  # else the camera was reset: nothing is known any more
                self.read(BY_NAME[name])

    def put(self, register: Register, data: bytes) -> None:
        """
        Write a register, until power-off, and make sure by reading it back.

        Raises Forbidden, Refused (the camera holds something else), ReplyTimeout (it did not take
        the command), NotConfirmed (sent, and it cannot be read back).
        """
        self.may_write(*address(register), store=False)
        for last in (False, True):
            trouble = self._send(register, data)
            held = self._read_back(register, data, trouble)
            if held == data:
                return
            text = f'{register.name}: the camera holds {register.describe(held)}'
            if trouble is None:
                raise Refused(f'{text} after it acknowledged {register.describe(data)}; it does '
                              'not know this value or not in its present mode, or it was without '
                              'power for a moment')
            if last:
                raise ReplyTimeout(f'{text} as before: {trouble}; try again') from trouble

    def put_all(self, wanted: Sequence[tuple[Register, bytes]],
                write: Callable[[Register, bytes], None], store: bool = False,
                written: Callable[[Register], None] = no_progress) -> None:
        """
        Write registers one after the other; all guards are asked before the first.

        `written` is told of each that was written, or most likely was. Raises what `write` does
        for the first one; later NotConfirmed, as some are written.
        """
        for register, _ in wanted:
            self.may_write(*address(register), store)
        done: list[str] = []
        for register, data in wanted:
            try:
                write(register, data)
            except (DeviceError, KeyboardInterrupt) as error:
                if isinstance(error, (NotConfirmed, OutcomeUnknown)):
                    written(register)
                if not done:
                    raise
                text = f'{str(error) or "interrupted"} (already written: {", ".join(done)})'
                if isinstance(error, OutcomeUnknown):
                    raise OutcomeUnknown(text, error.evidence) from error
                raise NotConfirmed(text) from error
            written(register)
            done.append(register.name)

    def store(self, register: Register, data: bytes | None, record: Record) -> None:
        """
        Write a register and its cell in EEPROM, never twice on doubt; None: what it holds.

        Raises Forbidden, Refused, OutcomeUnknown, NotConfirmed (acknowledged, and it cannot be
        read back).
        """
        self.may_write(*address(register), store=True)
        resets = self.resets
        before = self.read(register)
        if data is None and self.resets != resets:
            raise Refused(f'{register.name}: nothing was stored: the camera holds '
                          f'{register.describe(before)}, not what it was set to; store it when '
                          'its settings are applied again')
        wanted = before if data is None else data
        evidence = {'operation': 'store', 'register': register.name, 'held': before.hex(),
                    'wanted': wanted.hex()}
        try:
            _, settled = carry_out(
                evidence, lambda: self._once(f'store {register.name}', register, wanted, True),
                self.settle, record)
        except OutcomeUnknown:
            self._expect(register, wanted)
            raise
        if settled is None:
            held = self._read_back(register, wanted, None)
            if held != wanted:
                raise Refused(f'{register.name}: the camera holds {register.describe(held)} after '
                              f'it acknowledged to store {register.describe(wanted)}')

    def restart_white_balance(self, record: Record) -> None:
        """Begin the white adjustment again; not repeated on doubt (5.2)."""
        carry_out({'operation': 'restart_white_balance'},
                  lambda: self._once('restart its white balance', RESTART, bytes(3), False),
                  self.settle, record)

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of a store: the value and its cell are written by one command."""
        if evidence.get('operation') != 'store':
            return Settlement(Outcome.UNKNOWN, 'Its protocol offers nothing that would tell; look '
                              'at the picture.')
        register = BY_NAME[str(evidence['register'])]
        wanted = bytes.fromhex(str(evidence['wanted']))
        held = self.read(register)
        text = f'{register.name} holds {register.describe(held)}'
        if held != wanted:
            return Settlement(Outcome.NOT_DONE, f'{text}: it was not stored.')
        if evidence['held'] == evidence['wanted']:
            return Settlement(Outcome.UNKNOWN, f'{text}, as before, and what is in EEPROM cannot '
                              'be read; it can be stored again, at the cost of one write of its '
                              'cell.')
        return Settlement(Outcome.DONE, f'{text}, which it did not before.')

    def leaving(self, register: Register, attempt: Attempt) -> Callable[[], None]:
        """Return what to call when a write is about to leave: nothing is known of it then."""
        def sending() -> None:
            self._known.pop(register.name, None)
            attempt.sending()

        return sending

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

    def _send(self, register: Register, data: bytes) -> DeviceError | None:
        """Write, and return what went wrong after it had been sent; the line lives."""
        attempt = Attempt()
        try:
            self.session.write(*address(register), data, sending=self.leaving(register, attempt))
        except (DeviceError, KeyboardInterrupt) as error:
            if not attempt.sent:
                raise
            if line_lost(error) or not isinstance(error, DeviceError):
                raise self._not_confirmed(register, data, error) from error
            return error
        return None

    def _read_back(self, register: Register, data: bytes, trouble: DeviceError | None) -> bytes:
        try:
            return self.read(register)
        except (DeviceError, KeyboardInterrupt) as error:
            raise self._not_confirmed(register, data, error) from trouble or error

    def _not_confirmed(self, register: Register, data: bytes, error: BaseException
                       ) -> NotConfirmed:
        self._expect(register, data)
        why = 'interrupted' if isinstance(error, (Cancelled, KeyboardInterrupt)) else error
        return NotConfirmed(f'{register.name}: {register.describe(data)} was sent to the camera, '
                            f'and could not be read back: {why}')

    def _expect(self, register: Register, data: bytes) -> None:
        """Count as known what was sent: should the register hold something else, it is noticed."""
        if register.tracked:
            self._known[register.name] = data

    def _once(self, words: str, register: Register, data: bytes, store: bool) -> None:
        with once(words, self.session.port.name) as attempt:
            self.session.write(*address(register), data, store, self.leaving(register, attempt))

    @staticmethod
    def _locked(text: str) -> Forbidden:
        return naming(Forbidden(text), 'allow_factory_store')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A camera's registers as a file: saved, compared, loaded.

JSON: {"format": "camera_driver kp_fd30 1", "registers": {name: "X1 X2 X3" in hex}, "factory":
{..}}. All that can be read is saved, also what nobody knows the meaning of. Factory values
(4.6) are apart: they are loaded only if asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import json

from camera_driver.devices.kp_fd30.bank import Bank
from camera_driver.devices.kp_fd30.registers import BY_NAME, Register, TABLE
from camera_driver.model import Difference, Progress, ProgressCallback
from camera_driver.operations import Record

FORMAT = 'camera_driver kp_fd30 1'
READABLE: Sequence[Register] = tuple(row for row in TABLE if row.readable)


def dump(held: Mapping[str, bytes]) -> str:
    """Return the text of a file that holds these registers."""
    def part(factory: bool) -> dict[str, str]:
        return {name: data.hex(' ') for name, data in held.items()
                if BY_NAME[name].factory == factory}
    return json.dumps({'format': FORMAT, 'registers': part(False), 'factory': part(True)},
                      indent=2) + '\n'


def parse(text: str) -> dict[str, bytes]:
    """Return the registers in such a text. Raises ValueError that says what is wrong with it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'not a file of saved registers: {error}') from None
    if not isinstance(document, dict) or document.get('format') != FORMAT:
        raise ValueError(f'not a file of saved registers (its "format" should be "{FORMAT}")')
    held: dict[str, bytes] = {}
    for key in ('registers', 'factory'):
        part = document.get(key, {})
        if not isinstance(part, dict):
            raise ValueError(f'"{key}" should hold names and bytes')
        for name, value in part.items():
            register = BY_NAME.get(name)
            if register is None or not register.readable or register.factory != (key == 'factory'):
                raise ValueError(f'"{key}": there is no such register: {name!r}')
            try:
                held[name] = bytes.fromhex(value)
            except (TypeError, ValueError):
                held[name] = b''
            if len(held[name]) != 3:
                raise ValueError(f'{name}: {value!r} is not three bytes in hex, e.g. "80 00 00"')
    return held


def save(bank: Bank, progress: ProgressCallback) -> str:
    """Read all that can be read and return the text of a file."""
    held = {}
    for number, register in enumerate(READABLE):
        progress(Progress(number, len(READABLE), register.name))
        held[register.name] = bank.read(register)
    return dump(held)


def compare(bank: Bank, text: str, factory: bool, progress: ProgressCallback, store: bool
            ) -> Sequence[Difference]:
    """
    Return what loading a text would write, in the order to write it.

    With `store` that is all of it: what is in EEPROM cannot be read. Raises ValueError for what
    a setting cannot be.
    """
    saved = parse(text)
    wanted = [row for row in READABLE if row.name in saved and (factory or not row.factory)]
    differences = []
    for number, register in enumerate(wanted):
        progress(Progress(number, len(wanted), register.name))
        held, data = bank.read(register), saved[register.name]
        if held != data or store:
            _validate(register, data)
            differences.append(Difference(
                register.name, register.describe(held), register.describe(data), data,
                register.factory))
    return differences


def load(bank: Bank, differences: Sequence[Difference], store: bool,
         written: Callable[[Difference], None], record: Record) -> None:
    """Write differences, each read back; all guards are asked first."""
    by_name = {one.name: one for one in differences}

    def put(register: Register, data: bytes) -> None:
        if store:
            bank.store(register, data, record)
        else:
            bank.put(register, data)

    bank.put_all([(BY_NAME[name], one.data) for name, one in by_name.items()], put, store,
                 lambda register: written(by_name[register.name]))


def _validate(register: Register, data: bytes) -> None:
    """Raise ValueError for data that setting the register would refuse."""
    if register.size is None:
        return
    value = register.value(data)
    if value is None:
        raise ValueError(f'{register.name}: {data.hex(" ")} is not a value of {register.size} '
                         f'byte{"s" if register.size > 1 else ""}')
    register.data(value)

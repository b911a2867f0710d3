# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The messages of the matrix as data, with how well each is known (intelix.md, section 4).

The manual's list is incomplete. What is not in this table may exist: it can be sent as raw bytes,
and what arrives of it is passed on as raw bytes. There is no command here that routes one input to
one output: its id is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

INPUTS = OUTPUTS = 8

PASSWORD_SIZE = 4
INPUT_NAME_SIZE = 5
PRESET_NAME_SIZE = 8

LOCKED, UNLOCKED = 0, 1
SUCCESS, FAILURE = 0, 1


class Standing(Enum):
    """How well a message is known."""

    KNOWN = 'known'  # printed in the manual
    RECONSTRUCTED = 'reconstructed'  # id or layout by analogy with its neighbours
    EXAMPLE = 'example'  # seen in an example alone; what it does is not known
    UNKNOWN = 'unknown'  # mentioned, without class and id: cannot be sent


@dataclass(frozen=True)
class Field:
    """One parameter of a message."""

    name: str
    size: int = 1
    text: bool = False  # ASCII, else one byte for each number


@dataclass(frozen=True)
class Kind:
    """
    One kind of message.

    `report` names the message that answers it ('' = none is known); `repeatable`: it is sent again
    when that does not come, as sending it twice does what sending it once does (section 5).
    """

    name: str
    key: tuple[int, ...]  # class, id; empty: not known
    fields: tuple[Field, ...] = ()
    report: str = ''
    repeatable: bool = False
    to_device: bool = True
    standing: Standing = Standing.KNOWN

    @property
    def size(self) -> int:
        """Bytes of its parameters."""
        return sum(field.size for field in self.fields)

    @property
    def may_route(self) -> bool:
        """Whether it changes the routing, or is not known well enough to rule that out."""
        return (self.name == 'trigger_preset' or self.standing is Standing.EXAMPLE
                or not self.to_device)

    @property
    def echo(self) -> int:
        """Bytes at the beginning of the parameters that a report repeats: the preset's number."""
        return 1 if self.fields and self.fields[0] == PRESET else 0


PRESET = Field('preset')
INPUT = Field('input')
ROUTES = Field('inputs', OUTPUTS)  # of output 1, 2, ...
PASSWORD = Field('password', PASSWORD_SIZE, text=True)
STATUS = Field('status')  # LOCKED, UNLOCKED
RESULT = Field('result')  # SUCCESS, FAILURE
INPUT_NAME = Field('name', INPUT_NAME_SIZE, text=True)
PRESET_NAME = Field('name', PRESET_NAME_SIZE, text=True)

KNOWN, RECONSTRUCTED, EXAMPLE, UNKNOWN = Standing


def _report(name: str, key: tuple[int, int], *fields: Field,
            standing: Standing = KNOWN) -> Kind:
    return Kind(name, key, fields, to_device=False, standing=standing)


TABLE = (
    Kind('are_you_there', (0x00, 0x00), (), 'i_am_here', True),
    _report('i_am_here', (0x00, 0x01)),
    Kind('unlock_panel', (0x00, 0x02), (PASSWORD,), 'lock_status_report'),
    Kind('get_lock_status', (0x00, 0x03), (), 'lock_status_report', True),
    _report('lock_status_report', (0x00, 0x04), STATUS),
    Kind('unlock_admin', (0x00, 0x05), (PASSWORD,), 'admin_lock_status_report'),
    Kind('get_admin_lock_status', (0x00, 0x06), (), 'admin_lock_status_report', True),
    _report('admin_lock_status_report', (0x00, 0x07), STATUS),
    Kind('set_unlock_password', (0x00, 0x08), (PASSWORD,), 'set_unlock_password_report'),
    _report('set_unlock_password_report', (0x00, 0x09), RESULT, standing=RECONSTRUCTED),
    Kind('set_admin_password', (0x00, 0x0A), (PASSWORD,), 'set_admin_password_report',
         standing=RECONSTRUCTED),
    _report('set_admin_password_report', (0x00, 0x0B), RESULT),
    Kind('set_lock', (0x00, 0x0C), (), 'lock_status_report', True),
    Kind('set_admin_lock', (0x00, 0x0D), (), 'admin_lock_status_report', True),
    Kind('set_input_name', (0x01, 0x00), (INPUT, INPUT_NAME)),
    Kind('crosspoint_example', (0x02, 0x03), (INPUT, Field('output'), Field('target_value')),
         standing=EXAMPLE),
    _report('all_crosspoints_status_report', (0x02, 0x06), ROUTES, standing=RECONSTRUCTED),
    Kind('set_preset', (0x03, 0x00), (PRESET, ROUTES), 'preset_report', True),
    Kind('get_preset', (0x03, 0x01), (PRESET,), 'preset_report', True),
    _report('preset_report', (0x03, 0x02), PRESET, ROUTES),
    Kind('set_preset_name', (0x03, 0x03), (PRESET, PRESET_NAME), 'preset_name_report', True,
         standing=RECONSTRUCTED),
    Kind('get_preset_name', (0x03, 0x04), (PRESET,), 'preset_name_report', True),
    _report('preset_name_report', (0x03, 0x05), PRESET, PRESET_NAME),
    Kind('trigger_preset', (0x03, 0x06), (PRESET,), 'all_crosspoints_status_report'),
    *(Kind(name, (), standing=UNKNOWN) for name in (
        'set_crosspoint', 'get_all_crosspoints', 'get_input_name', 'set_output_name',
        'get_output_name', 'set_matrix_mixer_name')),
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in TABLE}
MESSAGES: Mapping[tuple[int, ...], Kind] = {kind.key: kind for kind in TABLE if kind.key}
"""Class and id -> kind."""


def text_bytes(text: str, size: int, what: str) -> bytes:
    """
    Return a text padded with spaces to `size` (4.2).

    Raises ValueError when it is longer (it is never cut) or not printable ASCII.
    """
    if len(text) > size or not all(' ' <= character <= '~' for character in text):
        raise ValueError(f'{what} {text!r}: at most {size} printable ASCII characters')
    return text.encode('ascii').ljust(size)


def password_bytes(text: str, what: str) -> bytes:
    """Return a password. Raises ValueError, which does not tell it."""
    if len(text) != PASSWORD_SIZE or not all(' ' <= character <= '~' for character in text):
        raise ValueError(f'{what}: a password is {PASSWORD_SIZE} printable ASCII characters; this '
                         'is none')
    return text.encode('ascii')


def text_of(data: bytes) -> str:
    """Return the text of a field, without its padding; what is not printable becomes '?'."""
    return ''.join(chr(byte) if 0x20 <= byte <= 0x7E else '?' for byte in data).rstrip(' ')

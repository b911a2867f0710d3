# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in words, for people who read a wire trace."""

from __future__ import annotations

from fractions import Fraction

from camera_driver.devices.ix_link.apex import QUANTITIES
from camera_driver.devices.ix_link.codec import Frame, Reply
from camera_driver.devices.ix_link.commands import (
    BlackCalibration, Code, Command, COMMANDS, name_of, ReplyMode, Row, Status)
from camera_driver.link.framing import hexdump

_BY_COMMAND = {command: quantity for quantity in QUANTITIES.values()
               for command in (quantity.get, quantity.set)}
_WORDS = {Command.SET_BLACK_CALIB_MODE: BlackCalibration, Command.CAPTURE: ReplyMode,
          Command.STOP_LIVE_VIEW: ReplyMode, Command.GET_SYSTEM_STATUS: Status}
_UNITS = {'f_number': 'f/{:.3g}', 'exposure_time': '{:.3g} s', 'iso': 'ISO {:.4g}'}


def explain(frame: Frame) -> str:
    """Return what a frame says, e.g. 'ok get_aperture 18/3 (f/8)'; never raises."""
    name = name_of(frame.command)
    known = frame.command in COMMANDS
    row = COMMANDS[Command(frame.command)] if known else Row()
    if isinstance(frame, Reply):
        if frame.code < 0:
            code = str(Code(frame.code)) if frame.code in set(Code) else f'error {frame.code}'
            return ' '.join(filter(None, (code, name, hexdump(frame.data, 16))))
        values = row.unpack(frame.data)
        name = f'{"ok" if frame.code == 0 else f"code {frame.code}"} {name}'
    else:
        values = Row(reply=row.request).unpack(frame.data)
    if values is None:
        return f'{name} {hexdump(frame.data, 16)}'
    return f'{name} {_say(frame.command, values)}' if values else name


def _say(command: int, values: tuple[int, ...]) -> str:
    """Put the values of a known command into words."""
    words = _WORDS.get(Command(command))
    if words:
        number, = values
        return words(number).name.lower() if number in set(words) else str(number)
    if len(values) == 2:
        text = f'{values[0]}/{values[1]}'
        quantity = _BY_COMMAND.get(Command(command))
        if quantity and values[1]:
            value = quantity.from_apex(Fraction(*values))
            text += f' ({_UNITS[quantity.name].format(value)})'
        return text
    if len(values) == 4:
        return '{}..{} step {} /{}'.format(*values)
    return 'centre {}, {}, scale {}%'.format(*values)

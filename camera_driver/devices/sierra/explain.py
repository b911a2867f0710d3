# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in words, for people who read a wire trace."""

from __future__ import annotations

from camera_driver.devices.sierra.codec import Code, Frame, Packet, SUB_FIRST, Type, unpack_int
from camera_driver.devices.sierra.registers import Action, REGISTERS
from camera_driver.link.framing import hexdump


def explain(frame: Frame) -> str:
    """Return what a frame says, e.g. 'get_int 51 card_status'; never raises."""
    if not isinstance(frame, Packet):
        return str(frame)
    if frame.type != Type.COMMAND:
        return f'{frame.type.name} {frame.sub}: {_data(frame.data)}'
    words = _command(frame.data)
    return words + ' (opens the session)' if frame.sub == SUB_FIRST else words


def _command(data: bytes) -> str:
    if len(data) < 2 or data[0] not in set(Code):
        return f'unknown command: {hexdump(data)}'
    code, number, value = Code(data[0]), data[1], data[2:]
    if code is Code.ACTION:
        name = Action(number).name.lower() if number in set(Action) else 'unknown'
        return f'action {number} {name}' + (f' {value.hex(" ")}' if value.strip(b'\0') else '')
    register = REGISTERS.get(number)
    words = f'{code.name.lower()} {number} {register.name if register else "unknown"}'
    if code is Code.SET_INT and len(value) == 4:
        return f'{words} = {unpack_int(value)}'
    return f'{words} = {_data(value)}' if value else words


def _data(data: bytes) -> str:
    """Return data as the text or number that it looks like, else as hex."""
    text = data.rstrip(b'\0')
    if text and text.isascii() and text.decode().isprintable() and len(data) != 4:
        return f"'{text.decode()}'"
    if len(data) == 4:
        return f'{unpack_int(data)} [{data.hex(" ")}]'
    return hexdump(data, 16) or 'empty'

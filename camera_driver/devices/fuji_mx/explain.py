# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in words, for people who read a wire trace."""

from __future__ import annotations

from camera_driver.devices.fuji_mx.codec import Block, Frame
from camera_driver.devices.fuji_mx.commands import Command, name, RESPONSES, SPEEDS
from camera_driver.link.framing import hexdump


def explain(frame: Frame) -> str:
    """Return what a frame says, e.g. 'get_picture 02: 3'; never raises."""
    if not isinstance(frame, Block):
        return str(frame)
    more = '' if frame.last else ' ..'
    number, payload = frame.number, frame.payload
    if frame.prefix == 1 and number == Command.SET_SPEED:
        code = payload[0] if payload else -1
        return f'set_speed 07: {SPEEDS.get(code, "code " + payload.hex())}'
    prefix = f'prefix {frame.prefix:02x} ' if frame.prefix else ''
    if number in RESPONSES:
        what = f'answer {number:02x} to {name(RESPONSES[number])}'
    else:
        what = f'{name(number)} {number:02x}' if number in set(Command) else f'block {number:02x}'
    return prefix + what + (f': {_data(payload)}' if payload else '') + more


def _data(data: bytes) -> str:
    """Return data as the number or text that it looks like, else as hex."""
    if len(data) in (1, 2, 4):
        return f'{int.from_bytes(data, "little")} [{data.hex(" ")}]'
    if data.isascii() and data.decode().isprintable():
        return f"'{data.decode()}'"
    return hexdump(data, 16)

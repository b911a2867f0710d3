# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in words, for people who read a wire trace."""

from __future__ import annotations

from camera_driver.devices.intelix.codec import Frame, Message
from camera_driver.devices.intelix.commands import (
    Field, MESSAGES, PASSWORD, RESULT, STATUS, text_of)
from camera_driver.link.framing import hexdump

WORDS = {STATUS: {0: 'locked', 1: 'unlocked'}, RESULT: {0: 'success', 1: 'failure'}}


def explain(frame: Frame) -> str:
    """Return what a frame says, e.g. 'get_preset preset 5'; never raises, never a password."""
    if not isinstance(frame, Message):
        return str(frame)
    kind = MESSAGES.get(frame.key)
    if kind is None:
        return f'unknown {hexdump(frame.data)}'
    data = frame.parameters
    if len(data) != kind.size:
        shown = f'{len(data)} bytes' if frame.secret else hexdump(data)
        return f'{kind.name} of wrong length: {shown}'
    words = [kind.name]
    for field in kind.fields:
        words.append(_field(field, data[:field.size]))
        data = data[field.size:]
    return ' '.join(words)


def _field(field: Field, data: bytes) -> str:
    if field is PASSWORD:
        return '****'
    if field.text:
        return repr(text_of(data))
    if field in WORDS:
        return WORDS[field].get(data[0], f'{field.name} {data[0]:02x}')
    return f'{field.name} ' + ' '.join(str(number) for number in data)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in words, for people who read a wire trace."""

from __future__ import annotations

from camera_driver.devices.kp_fd30.codec import Command, Frame, GLOBAL, READ, Reply
from camera_driver.devices.kp_fd30.registers import REGISTERS


def explain(frame: Frame) -> str:
    """Return what a frame says, e.g. 'read 81/3a alc_mode'; never raises."""
    if isinstance(frame, Reply):
        return f'data {frame.data.hex(" ")}'
    if isinstance(frame, Command):
        return _command(frame)
    return str(frame)


def _command(command: Command) -> str:
    register = REGISTERS.get((command.area & ~READ, command.register))
    words = (f'{"read" if command.reads else "write"} {command.area:02x}/{command.register:02x} '
             + (register.name if register else 'unknown'))
    if not command.reads:
        words += f' = {register.describe(command.data) if register else command.data.hex(" ")}'
        words += {0: '', 1: ', stored'}.get(command.status, f', status {command.status:02x}')
    elif any(command.data):
        words += f' {command.data.hex(" ")}'
    return words + ('' if command.camera == GLOBAL else f' (camera {command.camera:02x})')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The protocol itself: read-register, write-register, send."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from camera_driver.abilities import HasRegisters
from camera_driver.cli.job import Command, Job
from camera_driver.cli.parser import Parser, UsageError
from camera_driver.device import Device


def read_register(job: Job[HasRegisters]) -> int:
    """Print a register."""
    with job.device() as opened:
        value = opened.device.read_register(
            job.args.register, 'bytes' if job.args.bytes else 'int')
    job.out.show({'register': job.args.register, 'value': value}, _text(value))
    return 0


def write_register(job: Job[HasRegisters]) -> int:
    """Write a register."""
    _guard(job)
    try:
        value = _hex(job.args.value) if job.args.bytes else _integer(job.args.value)
    except ArgumentTypeError as error:
        raise UsageError(f'VALUE: {error}') from None
    with job.device() as opened:
        opened.device.write_register(job.args.register, value)
    job.out.show({'register': job.args.register, 'value': value},
                 f'register {job.args.register} = {_text(value)}')
    return 0


def send(job: Job[Device]) -> int:
    """Send one message and print the answer."""
    _guard(job)
    with job.device() as opened:
        answer = opened.device.send_message(b''.join(job.args.message))
    job.out.show({'answer': answer}, _text(answer))
    return 0


def _guard(job: Job[Any]) -> None:
    if not getattr(job.args, 'allow_raw_writes', False):
        raise UsageError('this can put the device out of order; if you know what you send, add '
                         '--allow-raw-writes')


def _text(value: int | bytes) -> str:
    if isinstance(value, int):
        return str(value)
    text = ''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in value)
    return f'{value.hex(" ")}  {text}' if value else '(empty)'


def _integer(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise ArgumentTypeError(f'{text!r} is not a number; write 51 or 0x33') from None


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ArgumentTypeError(f'{text!r} is not hex; write pairs such as 1b 43') from None


def _read_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('register', metavar='NUMBER', type=_integer, help='such as 51 or 0x33')
    parser.add_argument('--bytes', action='store_true',
                        help='it holds bytes or a text, not a number')


def _write_arguments(parser: Parser, cls: type[Device]) -> None:
    _read_arguments(parser, cls)
    parser.add_argument('value', metavar='VALUE', help='a number; hex pairs with --bytes')


def _send_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('message', metavar='HEX', nargs='+', type=_hex,
                        help='the message without frame and checksum, such as 01 33')


COMMANDS = (
    Command('read-register', HasRegisters, 'read a register', read_register, _read_arguments),
    Command('write-register', HasRegisters, 'write a register (needs --allow-raw-writes)',
            write_register, _write_arguments),
    Command('send', Device, 'send one message of the protocol (needs '
            '--allow-raw-writes)', send, _send_arguments),
)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
`camera-driver TYPE`: what a device type can do, as commands.

Made from the catalog and the device's class alone: its OPTIONS become flags, and a command is
there when the class has the ability that it needs. The catalog names the commands that only this
type has.
"""

from __future__ import annotations

from argparse import SUPPRESS
from functools import partial
from pathlib import Path
from typing import Any, TYPE_CHECKING

from camera_driver.cli.complete import offer, ports
from camera_driver.cli.job import add_flags, Command, Job
from camera_driver.cli.output import Output
from camera_driver.cli.parser import add_common, Arguments, Parser
from camera_driver.device_type import DeviceType

if TYPE_CHECKING:
    from camera_driver.device import Device


def fill(device_type: DeviceType, parser: Parser) -> None:
    """Add the device's options and commands."""
    from camera_driver.cli import frames, images, live_view, raw, routing, settings, snapshot
    cls = device_type.device_class()
    parser.usage = '%(prog)s --port PORT [OPTION ...] COMMAND ...'
    commands = parser.add_subparsers(
        metavar='COMMAND', required=True, title='commands', prog=parser.prog)
    for command in (*settings.COMMANDS, *snapshot.COMMANDS, *images.COMMANDS,
                    *frames.COMMANDS, *live_view.COMMANDS, *routing.COMMANDS, *raw.COMMANDS,
                    *device_type.own_commands()):
        if not issubclass(cls, command.ability):
            continue
        text = command.help
        sub = commands.add_parser(
            command.name, help=text, description=text[0].upper() + text[1:] + '.',
            epilog=f'Options of the line: {parser.prog} --help')
        command.arguments(sub, cls)
        add_common(sub)
        add_connection(sub, cls, shown=False)
        sub.set_defaults(run=partial(_run, device_type, command))
    add_connection(parser, cls, shown=True)


def _run(device_type: DeviceType, command: Command[Any], args: Arguments, out: Output) -> int:
    return command.run(Job(args, out, device_type))


def add_connection(parser: Parser, cls: type[Device], shown: bool) -> None:
    """Add what says how to reach a device; taken before a command's name and behind it."""

    def text(words: str) -> str:
        return words.replace('%', '%%') if shown else SUPPRESS

    group = parser.add_argument_group('line') if shown else parser
    offer(group.add_argument('--port', metavar='PORT', default=SUPPRESS, help=text(
        'e.g. /dev/ttyUSB0, a link in /dev/serial/by-id, socket://HOST:NUMBER, '
        'or rfc2217://HOST:NUMBER')), ports)
    group.add_argument('--trace', metavar='FILE', type=Path, default=SUPPRESS, help=text(
        'append every byte on the line to FILE; camera-driver trace shows it'))
    group.add_argument('--allow-raw-writes', action='store_true', default=SUPPRESS, help=text(
        'let write-register and send do what may harm the device'))
    add_flags(group, cls.OPTIONS, text)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a command works with: its arguments, its output, the device that it opens."""

from __future__ import annotations

from argparse import ArgumentTypeError, BooleanOptionalAction, SUPPRESS
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
import sys
import time
from typing import Any, cast, Generic, TYPE_CHECKING, TypeVar

from camera_driver.cli.complete import offer, words_of
from camera_driver.cli.doubts import Doubts
from camera_driver.cli.output import Output, yes_no
from camera_driver.cli.parser import Arguments, Parser, UsageError
from camera_driver.device_type import DeviceType
from camera_driver.errors import ProtocolError, ReplyTimeout, WrongDevice

if TYPE_CHECKING:
    from camera_driver.device import Device
    from camera_driver.link.port import Port
    from camera_driver.model import Identity, Setting, SettingValue


D = TypeVar('D', bound='Device')


@dataclass(frozen=True)
class Command(Generic[D]):
    """One command of a device, offered where the device type has the ability."""

    name: str
    ability: type[D]
    help: str  # noqa: A003
    run: Callable[[Job[D]], int]
    arguments: Callable[[Parser, type[Device]], None] = lambda parser, cls: None


@dataclass(frozen=True)
class Job(Generic[D]):
    """What a command works with; its device has the command's ability."""

    args: Arguments
    out: Output
    device_type: DeviceType

    @contextmanager
    def device(self) -> Iterator[Opened[D]]:
        """Open the port and the device; close both at the end, whatever happens."""
        with self.out.interrupt.handled():
            cls = self.device_type.device_class()
            options = self._options(cls)
            port = self._port(cls)
            try:
                device = cls(port, options)
            except BaseException:
                port.close()
                raise
            try:
                with self.out.note(f'Opening {port.name} ...'):
                    identity = _open(device, port.name)
                    doubts = Doubts(self.device_type.name, port.name)
                    doubts.settle(device, identity)
                    device.record = partial(doubts.record, identity)
                yield Opened(cast('D', device), identity, port)
            finally:
                device.close()

    def confirm(self, aim: str, question: str) -> bool:
        """
        Return whether the person at the terminal agrees; --yes does.

        Raises UsageError where nobody can be asked; `aim` is what cannot be done then.
        """
        if self.args.yes:
            return True
        if self.args.json or not sys.stdin.isatty():
            raise UsageError(f'{aim} without a question, add --yes')
        print(f'{question} [y/N] ', end='', file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ('y', 'yes')

    def _options(self, cls: type[Device]) -> dict[str, SettingValue]:
        return defaults(cls) | given(cls.OPTIONS, self.args)

    def _port(self, cls: type[Device]) -> Port:
        from camera_driver.link.port import candidates
        from camera_driver.link.ports import open_port
        if 'port' not in self.args:
            found = ', '.join(candidates()) or 'none; is the adapter plugged in?'
            raise UsageError(f'say where the device is, with --port PORT; ports here: {found}')
        port = open_port(self.args.port, cls.LINE)
        if 'trace' not in self.args:
            return port
        from camera_driver.link.trace import TracingPort
        try:
            return TracingPort(port, self.args.trace, self.device_type.name, time.time())
        except BaseException:
            port.close()
            raise


def _open(device: Device, port: str) -> Identity:
    """Open a device; what sounds like one of another type names the way to find out."""
    try:
        return device.open()
    except (ProtocolError, ReplyTimeout, WrongDevice) as error:
        text = str(error)
        stop = '' if text.endswith(('.', '?')) else '.'
        error.args = (f'{text}{stop} Is it another device? Ask: camera-driver probe {port}',)
        raise


@dataclass(frozen=True)
class Opened(Generic[D]):
    """An open device."""

    device: D
    identity: Identity
    port: Port


def defaults(cls: type[Device]) -> dict[str, SettingValue]:
    """Return the options that a device has when nobody says otherwise."""
    return {option.name: option.default for option in cls.OPTIONS if option.default is not None}


def add_flags(group: Any, options: Iterable[Setting], text: Callable[[str], str]) -> None:
    """Add a flag for each option to a parser or a group; `text` makes its help from words."""
    for option in options:
        unit = f' [{option.unit}]' if option.unit else ''
        words = f'{option.description}{unit}'
        if option.kind is bool:
            default = f' (default: {yes_no(bool(option.default))})'
            group.add_argument(f'--{flag(option)}', action=BooleanOptionalAction,
                               default=SUPPRESS, help=text(words + default))
        else:
            default = '' if option.default in (None, '') else f' (default: {option.default})'
            offer(group.add_argument(
                f'--{flag(option)}', metavar=metavar(option), default=SUPPRESS,
                type=partial(value_of, option),
                help=text(f'{words}: {option.allowed}{default}')), partial(_words, option))


def _words(option: Setting, _: Arguments) -> Iterable[str]:
    return words_of(option)


def given(options: Iterable[Setting], args: Arguments) -> dict[str, SettingValue]:
    """Return the options that the command line gives. Raises UsageError for bad values."""
    values: dict[str, SettingValue] = {}
    for option in options:
        if option.name in args:
            try:
                values[option.name] = option.validate(getattr(args, option.name))
            except ValueError as error:
                raise UsageError(f'--{flag(option)}: {error}') from None
    return values


def flag(option: Setting) -> str:
    """Return an option's name as it is written on the command line."""
    return option.name.replace('_', '-')


def metavar(setting: Setting) -> str:
    """Return what stands for a value in the help."""
    return 'WORD' if setting.words is not None or setting.kind is str else 'NUMBER'


def real(text: str) -> float:
    """Turn '0.001', '1e-3' or '1/1000' into a number. Raises ArgumentTypeError."""
    above, slash, below = text.partition('/')
    try:
        return float(above) / (float(below) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        raise ArgumentTypeError(
            f'{text!r} is not a number; write such as 0.001 or 1/1000') from None


def value_of(setting: Setting, text: str) -> SettingValue:
    """Turn a word of the command line into a setting's value; the range is checked later."""
    kinds: dict[type, Callable[[str], Any]] = {
        bool: lambda word: {'true': True, 'false': False, 'on': True, 'off': False, 'yes': True,
                            'no': False}[word.lower()],
        int: lambda word: int(word, 0), float: real, str: str}
    try:
        value: SettingValue = kinds[setting.kind](text)
        return value
    except (ArgumentTypeError, ValueError, KeyError):
        raise ArgumentTypeError(
            f'{setting.name}: {text!r} is not allowed; allowed: {setting.allowed}') from None

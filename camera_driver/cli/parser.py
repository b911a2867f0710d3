# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""An argument parser that fills itself when it is used, and whose errors are one line."""

from __future__ import annotations

from argparse import (
    _SubParsersAction, ArgumentParser, Namespace, RawDescriptionHelpFormatter, SUPPRESS)
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeAlias

Arguments: TypeAlias = Namespace


class UsageError(Exception):
    """The command line is wrong; the text says what is and where help is."""


class Parser(ArgumentParser):
    """
    A parser whose arguments are added by `fill` when it first parses.

    So `camera-driver --help` imports no device, and only the device that is spoken to is loaded.
    """

    def __init__(self, prog: str, fill: Callable[[Parser], None] | None = None,
                 description: str = '', epilog: str = '') -> None:
        super().__init__(prog, description=description, epilog=epilog, allow_abbrev=False,
                         formatter_class=RawDescriptionHelpFormatter)
        self._fill = fill

    def parse_known_args(  # type: ignore[override]
            self, args: Sequence[str] | None = None,
            namespace: Namespace | None = None) -> tuple[Namespace, list[str]]:
        """Parse, after the arguments have been added."""
        self._fill_once()
        return super().parse_known_args(args, namespace)

    def fill_all(self) -> None:
        """Add the arguments of this parser and of all below it."""
        self._fill_once()
        for action in self._actions:
            if isinstance(action, _SubParsersAction):
                for inner in action.choices.values():
                    inner.fill_all()

    def _fill_once(self) -> None:
        fill, self._fill = self._fill, None
        if fill:
            fill(self)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the whole usage and leaving Python."""
        raise UsageError(f'{message}; see {self.prog} --help')


def add_common(parser: Parser) -> None:
    """Add what every command takes, before its name and behind."""
    group = parser.add_argument_group('output')
    group.add_argument('--json', action='store_true', default=SUPPRESS,
                       help='print JSON, one document a line, for scripts')
    group.add_argument('-v', '--verbose', action='store_true', default=SUPPRESS,
                       help='show every frame on the line (on stderr)')
    group.add_argument('--debug', action='store_true', default=SUPPRESS,
                       help='show the traceback of an error')

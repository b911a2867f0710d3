# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Shell completion, by argcomplete: `eval "$(register-python-argcomplete camera-driver)"`.

At TAB the shell runs the command again with _ARGCOMPLETE set, and reads the words from it. No
device is opened for that: words that depend on the model of the camera are not offered.
"""

from __future__ import annotations

from argparse import Action
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from camera_driver.cli.parser import Arguments, Parser

if TYPE_CHECKING:
    from camera_driver.model import Setting


def answer(parser: Parser) -> None:
    """Tell the shell what can follow its line, and end the process."""
    import argcomplete
    parser.fill_all()  # argcomplete looks at parsers before they parse
    argcomplete.autocomplete(parser, always_complete_options=False, print_suppressed=True)


def offer(action: Action, words: Callable[[Arguments], Iterable[str]]) -> None:
    """Let TAB offer words for an argument, made from what stands before it on the line."""
    action.completer = (  # type: ignore[attr-defined]
        lambda parsed_args, **_: list(words(parsed_args)))


def ports(_: Arguments) -> Iterable[str]:
    """Return the serial ports of this computer."""
    from camera_driver.link.port import candidates
    return candidates()


def words_of(setting: Setting) -> Iterable[str]:
    """Return the words for a setting's value, as far as they are the same for all models."""
    if setting.kind is bool:
        return ('on', 'off')
    return setting.words or map(str, setting.values)

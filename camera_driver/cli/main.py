# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The `camera-driver` command: its parser, its errors and its exit codes.

====  ==========================================================================
code  meaning
====  ==========================================================================
0     done
1     the device said no, or the operation failed
2     the command line, or the file that describes a rig, is wrong
3     no line: port absent, in use, no permission, not a serial port, unplugged
4     nothing answers, or it stopped answering
5     what answers is not the expected device, or makes no sense
6     a file or directory could not be read or written
7     partly done: of several pictures some failed
8     outcome unknown: sent, but what became of it is not known
70    a fault in camera-driver itself
130   interrupted by Ctrl-C
141   whatever reads the output has gone
====  ==========================================================================

What ends a command early (3, 4, 6, 130 ...) keeps its own code, however much was done before.
"""

from __future__ import annotations

from argparse import Action, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
import json
import logging
import os
import sys
import traceback
from typing import Any

from camera_driver import errors
from camera_driver.catalog import BUILT_IN, TYPES
from camera_driver.cli import complete, device
from camera_driver.cli.output import clean, error_words, Output, stdout_alone
from camera_driver.cli.parser import add_common, Parser, UsageError

EXIT_CODES: Sequence[tuple[type[BaseException], int]] = (
    (UsageError, 2),
    (ValueError, 2),
    (errors.PortError, 3),
    (errors.ReplyTimeout, 4),
    (errors.SessionLost, 4),
    (errors.ProtocolError, 5),
    (errors.WrongDevice, 5),
    (errors.StorageError, 6),
    (errors.OutcomeUnknown, 8),
    (errors.NotConfirmed, 8),
    (errors.Cancelled, 130),
    (KeyboardInterrupt, 130),
    (errors.DeviceError, 1),
    (IndexError, 1),
)
"""The first that fits; anything else is a fault of our own."""

INTERNAL, GONE = 70, 141

EPILOG = """\
exit codes:
    0  done                             5  something else, or nonsense, answers
    1  the device said no, or failed    6  a file or directory is the problem
    2  the command line is wrong        7  partly done: some pictures failed
    3  no port, in use, unplugged       8  outcome unknown
    4  nothing answers                130  interrupted

examples:
  camera-driver simulate sierra --link /tmp/camera
  camera-driver probe /dev/ttyUSB0
  camera-driver conform --port /dev/ttyUSB0
  camera-driver sierra --port /dev/ttyUSB0 list
  camera-driver sierra --port /dev/ttyUSB0 download --all --directory pictures
  camera-driver up rig.yaml --simulate
  camera-driver call /sierra capture '{wait: true}'
  camera-driver survey rig.yaml --interval 3
  camera-driver geotag --track flight.csv --output tagged
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; prints errors as one line on stderr."""
    args = Namespace(json=False, verbose=False, debug=False, middleware=False)
    try:
        try:
            words = sys.argv[1:] if argv is None else argv
            parser = make_parser(next((word for word in words if word[:1] != '-'), ''))
            if '_ARGCOMPLETE' in os.environ:
                complete.answer(parser)
            if not words:
                parser.print_help(sys.stderr)
                return 2
            parser.parse_args(words, args)
            with _logging(args.verbose), stdout_alone() if args.middleware else nullcontext():
                code: int = args.run(args, Output(args.json, quiet=args.verbose))
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            # Python flushes once more at its end: give it something that takes it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return GONE
    except SystemExit as end:  # --help, --version
        return int(end.code or 0)
    except BaseException as error:
        if args.debug:
            traceback.print_exc()
        code = next((code for kind, code in EXIT_CODES if isinstance(error, kind)), INTERNAL)
        message = _message(error, code)
        print(f'camera-driver: {message}', file=sys.stderr)
        if args.json:
            print(json.dumps({'error': message, 'exit_code': code}), flush=True)
        return code


def make_parser(command: str = '') -> Parser:
    """
    Return the parser; each command's arguments are added when that command is used.

    For the `command` of a built-in device type nobody looks for those of other packages.
    """
    parser = Parser(
        'camera-driver', epilog=EPILOG,
        description='Talk to serial cameras, simulate them, and run their ROS nodes.')
    commands = parser.add_subparsers(metavar='COMMAND', required=True, title='commands')

    def add(name: str, text: str, fill: Callable[[Parser], None]) -> None:
        def fill_all(command: Parser) -> None:
            fill(command)
            add_common(command)

        commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + '.',
                            fill=fill_all)

    for device_type in (BUILT_IN if command in BUILT_IN else TYPES).values():
        add(device_type.name, f'talk to {device_type.title}', partial(device.fill, device_type))
    add('probe', 'find out which device answers at a serial port', partial(_fill, 'probe'))
    add('doctor', 'find what is wrong with a port, its adapter or this computer',
        partial(_fill, 'doctor'))
    add('conform', 'find out what a device does, and report it with the evidence',
        partial(_fill, 'conform'))
    add('simulate', 'run a simulated device on a pseudo-terminal', partial(_fill, 'simulate'))
    add('trace', 'show a wire trace as readable frames', partial(_fill, 'trace'))
    add('replay', 'play a wire trace as a device on a pseudo-terminal', partial(_fill, 'replay'))
    add('up', 'run the ROS nodes of a rig', partial(_fill, 'up'))
    add('rig', 'show how a rig is, and how its computers find each other', partial(_fill, 'rig'))
    add('watch', 'show live what a running rig does', partial(_fill, 'watch'))
    add('call', 'call a service of a ROS node', partial(_fill, 'call'))
    add('preflight', 'say whether a running rig is ready', partial(_fill, 'preflight'))
    add('mavlink', 'offer the cameras of a running rig to MAVLink stations',
        partial(_fill, 'mavlink'))
    add('survey', 'take pictures along a flight, or check the plan', partial(_fill, 'survey'))
    add('shots', 'show or export the shots of a ledger', partial(_fill, 'shots'))
    add('geotag', 'tell where shots were taken, from a track', partial(_fill, 'geotag'))
    add_common(parser)
    parser.add_argument('--version', action=_Version, nargs=0, help='show the version')
    return parser


def _fill(command: str, parser: Parser) -> None:
    import_module(f'camera_driver.cli.{command}').fill(parser)


class _Version(Action):
    """Print the version of the package."""

    def __call__(self, parser: Any, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version
        try:
            number = version('camera_driver')
        except PackageNotFoundError:
            number = '(not installed)'
        print('camera-driver', number)
        parser.exit()


@contextmanager
def _logging(verbose: bool) -> Iterator[None]:
    """Send log records to stderr; with `verbose` those of every frame."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(
        '%(relativeCreated)9.1f ms %(message)s' if verbose else 'camera-driver: %(message)s'))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose else logging.WARNING)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _message(error: BaseException, code: int) -> str:
    """Return what to print, on one line."""
    if code == 130:
        return 'interrupted'
    text = ' '.join(clean(' '.join(error_words(error).split())).split()) or type(error).__name__
    if code == INTERNAL:
        return (f'internal error: {type(error).__name__}: {text}; please report it, with what '
                '--debug shows')
    return text


if __name__ == '__main__':
    sys.exit(main())

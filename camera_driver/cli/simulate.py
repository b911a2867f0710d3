# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver simulate`: a simulated device on a pseudo-terminal."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
from functools import partial
from pathlib import Path
import signal
import threading
from typing import TYPE_CHECKING

from camera_driver.catalog import TYPES
from camera_driver.cli.interrupt import SIGNALS
from camera_driver.cli.job import add_flags, given
from camera_driver.cli.output import Output
from camera_driver.cli.parser import add_common, Arguments, Parser
from camera_driver.device_type import DeviceType

if TYPE_CHECKING:
    from camera_driver.sim.personality import Personality
    from camera_driver.sim.simulator import Simulator

DIRECTIONS = ('to-host', 'to-device')


def fill(parser: Parser) -> None:
    """Add the device types; each adds its arguments when it is used."""
    parser.epilog = """\
examples:
  camera-driver simulate sierra --link /tmp/camera
  camera-driver simulate sierra --pace --fault to-host:flip=0.01,lose=0.01 --seed 7
  camera-driver simulate kp_fd30 --link /tmp/camera --video 8080
  camera-driver simulate sierra --personality report.zip
  camera-driver simulate sierra --help
"""
    types = parser.add_subparsers(metavar='TYPE', required=True, title='device types')
    for device_type in TYPES.values():
        types.add_parser(device_type.name, help=device_type.title,
                         description=f'Simulate: {device_type.title}.',
                         fill=partial(_fill, device_type))


def _fill(device_type: DeviceType, parser: Parser) -> None:
    """Add the arguments of one device type: those of all, and what its simulator declares."""
    from camera_driver.sim.faults import KINDS
    kinds = '\n'.join(f'  {name:8}{text}' for name, text in KINDS.items())
    parser.epilog = f"""\
faults, at random per chunk (what one side sends in one go); RATE is a probability:
{kinds}
"""
    parser.add_argument('--link', metavar='PATH',
                        help='make the port appear here (default: in a temporary folder)')
    parser.add_argument('--pace', action='store_true',
                        help='let bytes take the time that the line speed gives them')
    parser.add_argument('--fault', metavar='[DIRECTION:]KIND=RATE', action='append', default=[],
                        type=_fault, help='damage what goes to-host or to-device, or both; '
                        'several separated by commas, or repeat the option')
    parser.add_argument('--seed', metavar='N', type=int, default=0,
                        help='seed of the faults (default: %(default)s)')
    parser.add_argument('--video', metavar='PORT', type=int, help='show what a video camera '
                        'shows at http://localhost:PORT/, as Motion JPEG: for a browser, and for '
                        'the parameter video_source of a node')
    if device_type.listener:
        parser.add_argument('--personality', metavar='REPORT', type=Path,
                            help='answer as the device of a report, where that does not do as '
                            'its document says')
    options = device_type.simulator_class().OPTIONS
    if options:
        group = parser.add_argument_group('device')
        add_flags(group, options, lambda words: words.replace('%', '%%'))
    add_common(parser)
    parser.set_defaults(run=partial(run, device_type))


def _fault(text: str) -> tuple[str, str]:
    """Return (direction or '', 'KIND=RATE,...')."""
    from camera_driver.sim.faults import Faults
    direction, colon, rates = text.rpartition(':')
    if colon and direction not in DIRECTIONS:
        raise ArgumentTypeError(f'{direction!r} is not a direction; there are: '
                                + ', '.join(DIRECTIONS))
    try:
        Faults.parse(rates)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return direction, rates


def run(device_type: DeviceType, args: Arguments, out: Output) -> int:
    """Run the simulated device until SIGINT or SIGTERM."""
    from camera_driver.sim.faults import Faults
    from camera_driver.sim.mjpeg import serving
    from camera_driver.sim.terminal import Terminal
    faults = {direction: Faults.parse(
        ','.join(rates for where, rates in args.fault if where in ('', direction)),
        args.seed + number) for number, direction in enumerate(DIRECTIONS)}
    cls = device_type.simulator_class()
    make: Callable[..., Simulator] = cls
    simulator = make(**given(cls.OPTIONS, args))
    if 'personality' in args and args.personality:
        simulator.personality = _personality(device_type, args.personality)
    with until_told() as stop, ExitStack() as stack:
        url = '' if args.video is None else stack.enter_context(serving(simulator, args.video))
        terminal = stack.enter_context(Terminal(
            simulator, args.link, paced=args.pace, to_host=faults['to-host'],
            to_device=faults['to-device']))
        name = device_type.name
        out.show(
            {'type': name, 'port': terminal.path, **({'video': url} if url else {})},
            f"""\
A simulated {name} device is at {terminal.path} ({simulator.LINE}). Ctrl-C ends it.
In another terminal:  camera-driver {name} --port {terminal.path} info"""
            + (f'\nIts video, for a browser or the parameter video_source: {url}' if url else ''))
        stop.wait()
    counts = {direction: dict(fault.counts) for direction, fault in faults.items()
              if fault.rates}
    if counts:
        out.show({'faults': counts}, '\n'.join(
            f'Faults {direction}: ' + (', '.join(f'{n} {kind}' for kind, n in done.items())
                                       or 'none')
            for direction, done in counts.items()))
    return 0


def _personality(device_type: DeviceType, path: Path) -> Personality:
    """Return what makes a simulated device answer as the one of a report."""
    from camera_driver.conform import report
    from camera_driver.sim.personality import Personality
    found = report.read(path)
    if found.about.get('type') != device_type.name:
        raise ValueError(f'{path}: a report of {found.about.get("type")}, not of '
                         f'{device_type.name}')
    return Personality(report.deviations(device_type, found), device_type.codec_module(),
                       device_type.listener_class()())


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """Give an event that SIGINT, SIGTERM and a fault in another thread set; raise the latter."""
    stop = threading.Event()
    failures: list[threading.ExceptHookArgs] = []

    def failed(what: threading.ExceptHookArgs) -> None:
        failures.append(what)
        stop.set()

    threading.excepthook = failed
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in SIGNALS}
    try:
        yield stop
    finally:
        threading.excepthook = threading.__excepthook__
        for number, handler in before.items():
            signal.signal(number, handler)
    if failures and failures[0].exc_value:
        raise failures[0].exc_value

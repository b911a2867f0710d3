# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver survey`: pictures along a flight by a whole rig, and whether it can be done."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Collection, Mapping, Sequence
from math import isfinite
from pathlib import Path
import re
import select
import shutil
import sys
from typing import Any, NamedTuple, TYPE_CHECKING

from camera_driver.cli.images import PARTLY
from camera_driver.cli.output import clean, facts, figure, Output, table
from camera_driver.cli.parser import Arguments, Parser, UsageError
from camera_driver.cli.up import needs_ros
from camera_driver.machines import apply

if TYPE_CHECKING:
    from camera_driver.nodes.surveying import OneNode
    from camera_driver.payload.survey import Plan

CHECK = 'check'
UNKNOWN, ENDED = 8, 130


class Sides(NamedTuple):
    """The two sides of a picture or its sensor; the second lies along the track."""

    across: float | None
    along: float


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
`check` needs no ROS and no camera: it says how far apart the pictures are in metres and seconds,
what one sees of the ground, and whether the camera can do it (exit code 0) or not (1). A camera's
cycle time is what the feedback of ~/capture_sequence with interval 0 tells, or /diagnostics of its
node behind some pictures.

With a rig file, or the full names of nodes, those that run take the pictures, each by its own
clock and fixes. Enter pauses all of them and lets them go on; Ctrl-C ends the survey after the
present picture. Then there is a summary: exit code 0 when every place has its picture, 7 when some
have not, 8 when it is not known of some, 1 when there is none, 130 when a survey of --count places
was ended before. The track needs geotag_fix_topic.

examples:
  camera-driver survey check --overlap 0.75 --height 120 --speed 12 --cycle-time 2.4 \\
      --sensor 7.2x5.3 --focal-length 7.1 --pixels 2048x1536
  camera-driver survey rig.yaml --overlap 0.75 --height 120 --speed 12 --sensor 7.2x5.3 \\
      --focal-length 7.1
  camera-driver survey /survey/nadir /survey/oblique --interval 3 --count 20
"""
    parser.add_argument('where', metavar='RIG|NODE', nargs='+', help=f'{CHECK}, the file of a rig '
                        'that runs, or the names of nodes, such as /survey/nadir')
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--interval', metavar='S', type=float, help='from picture to picture')
    what.add_argument('--distance', metavar='M', type=float,
                      help='along the track from picture to picture')
    what.add_argument('--overlap', metavar='PART', type=float, help='of a picture with the one '
                      'before, such as 0.75; needs --height')
    parser.add_argument('--height', metavar='M', type=float, default=0.0, help='over the ground')
    parser.add_argument('--sensor', metavar='WxH', type=_sides, help='size of the sensor in '
                        'millimetres, its height along the track; or that alone')
    parser.add_argument('--focal-length', metavar='MM', type=float, default=0.0,
                        help='in millimetres')
    parser.add_argument('--speed', metavar='M/S', type=float, default=0.0,
                        help='over ground, at most')
    parser.add_argument('--cycle-time', metavar='S', type=float, default=0.0, help='from trigger '
                        'to trigger that the camera needs (default: as the node has measured it)')
    only = parser.add_argument_group(f'of {CHECK} alone')
    only.add_argument('--calibration', metavar='FILE', type=Path, help='in place of --sensor, '
                      '--focal-length and --pixels: a calibration as a node has it')
    only.add_argument('--pixels', metavar='WxH', type=_sides,
                      help='size of the picture: tells what a pixel sees')
    flight = parser.add_argument_group('of a survey alone')
    flight.add_argument('--slow-down', action='store_true', help='where a camera is too slow: '
                        'space the pictures as it can (default: refuse)')
    flight.add_argument('--count', metavar='N', type=int, default=0,
                        help='places, missed ones as well (default: until Ctrl-C)')
    flight.add_argument('--download', action='store_true', help='download the pictures as well')
    flight.add_argument('--max-delay', metavar='S', type=float, default=0.0, help='how late a '
                        'picture may be; later ones are not taken (default: no bound)')
    flight.add_argument('--namespace', default='', metavar='NAME',
                        help='in front of that of the file, as for `up`')
    parser.set_defaults(run=run, middleware=True)


def run(args: Arguments, out: Output) -> int:
    """Check a survey, or let the nodes do it."""
    return _check(args, out) if args.where == [CHECK] else _survey(args, out)


def _goal(args: Arguments) -> dict[str, float]:
    """Return what a plan is made of, in SI units; 0: not given."""
    return {'interval': args.interval or 0.0, 'distance': args.distance or 0.0,
            'overlap': args.overlap or 0.0, 'height': args.height,
            'sensor_size': args.sensor.along / 1000 if args.sensor else 0.0,
            'focal_length': args.focal_length / 1000, 'speed': args.speed,
            'cycle_time': args.cycle_time}


def _trigger(args: Arguments) -> str:
    return next(name for name in ('interval', 'distance', 'overlap')
                if getattr(args, name) is not None)


def _check(args: Arguments, out: Output) -> int:
    from camera_driver.payload.survey import make_plan
    sensor, focal, pixels = args.sensor, args.focal_length, args.pixels
    if args.calibration:
        if sensor or focal or pixels:
            raise UsageError('--calibration says what --sensor, --focal-length and --pixels do: '
                             'give one or the other')
        from camera_driver.pictures.calibration import read
        known = read(args.calibration)
        if not known.k[4] > 0:
            raise UsageError(f'{args.calibration} has no focal length')
        pixels = Sides(known.width, known.height)
        sensor, focal = Sides(known.width * known.k[4] / known.k[0], known.height), known.k[4]

    def calibrated() -> float:
        if not args.calibration:
            raise UsageError('what does a picture see? Say --sensor and --focal-length, or '
                             '--calibration')
        return float(sensor.along / focal)

    trigger, given = _trigger(args), _goal(args)
    if trigger != 'overlap':  # they tell the overlap then
        given |= dict.fromkeys(('height', 'sensor_size', 'focal_length'), 0.0)
    plan = make_plan(trigger, calibrated, **given)
    if plan.unchecked:
        raise UsageError(f'{plan.unchecked}: say '
                         + ' and '.join(flag for flag, value in (
                             ('--speed', plan.interval), ('--cycle-time', plan.cycle_time))
                             if value is None))
    found = _figures(plan, args.height, sensor, focal, pixels)
    names = {'interval': 'interval', 'distance': 'distance', 'cycle_time': 'cycle time',
             'fastest': 'fastest flight', 'footprint_along': 'sees along the track',
             'footprint_across': 'sees across', 'pixel': 'a pixel sees', 'overlap': 'overlap'}
    units = {'interval': 's', 'cycle_time': 's', 'fastest': 'm/s', 'overlap': 'of a picture'}
    out.show({**found, 'achievable': not plan.problem, 'problem': plan.problem or None},
             facts([(words, f'{figure(value)} {units.get(name, "m")}')
                    for name, words in names.items()
                    if (value := found[name]) is not None]
                   + [('verdict', plan.problem or 'the camera can do it')]))
    return 1 if plan.problem else 0


def _figures(plan: Plan, height: float, sensor: Sides | None, focal: float,
             pixels: Sides | None) -> dict[str, float | None]:
    """Return what a plan comes to; lengths in metres, None: not known."""
    along = across = None
    if height and sensor and focal:
        along = height * sensor.along / focal
        across = sensor.across and height * sensor.across / focal
    distance = None if plan.in_time else plan.spacing
    if plan.in_time and plan.speed:
        distance = plan.spacing * plan.speed
    return {
        'interval': plan.interval, 'distance': distance, 'cycle_time': plan.cycle_time,
        'footprint_along': along, 'footprint_across': across,
        'pixel': along / pixels.along if along and pixels else None,
        'overlap': 1 - distance / along if distance and along else None,
        'fastest': None if plan.in_time or not plan.cycle_time else
        plan.spacing / plan.cycle_time}


def _survey(args: Arguments, out: Output) -> int:
    if args.calibration or args.pixels:
        raise UsageError(f'--calibration and --pixels are of {CHECK}: each node has its own')
    if not 0 <= args.count < 2 ** 32:
        raise UsageError(f'--count {args.count}: give a number of places')
    try:
        from camera_driver.nodes.surveying import survey
    except ImportError as error:
        raise needs_ros('a survey', error) from None
    names = _names(args)
    goal = {'trigger': _trigger(args), **_goal(args), 'slow_down': args.slow_down,
            'count': args.count, 'download': args.download, 'max_delay': args.max_delay}
    with out.interrupt.handled():
        results, interrupted = survey(names, goal, _teller(out), _enter)
    rows, lines = [], []
    for name, result in results.items():
        rows.append([name, *(str(result[one]) for one in ('taken', 'unknown', 'failed',
                                                          'missed')), result['message']])
        lines += [f'{name}: {_hole(hole)}' for hole in result['holes']]
    text = table(['NODE', 'TAKEN', 'UNKNOWN', 'FAILED', 'MISSED', ''], rows, [1, 2, 3, 4])
    out.show({'nodes': {name: {key: _finite(value) for key, value in result.items()}
                        for name, result in results.items()}, 'interrupted': interrupted},
             '\n'.join([text, *lines]))
    return _code(results, ended=bool(interrupted and args.count))


def _code(results: Mapping[str, Mapping[str, Any]], ended: bool = False) -> int:
    """Return the exit code of what became of it; `ended` before all that was asked for."""
    every = results.values()
    if any(result['outcome_unknown'] for result in every):
        return UNKNOWN
    if ended:
        return ENDED
    if not any(result['taken'] for result in every):
        return 1
    return PARTLY if any(result['failed'] or result['missed'] or not result['taken']
                         for result in every) else 0


def _names(args: Arguments) -> Sequence[str]:
    """Return the nodes' full names; of a rig those that take pictures."""
    if all(name.startswith('/') and '.' not in name for name in args.where):
        if args.namespace:
            raise UsageError('--namespace is for a rig file: write the full names')
        return list(dict.fromkeys(args.where))
    if len(args.where) > 1:
        raise UsageError(f'{" ".join(args.where)}: give one rig file, or the full names of nodes, '
                         'which begin with a slash')
    from camera_driver.abilities import TakesPictures
    from camera_driver.catalog import TYPES
    from camera_driver.rig import read
    # As if simulated: how the rig was started, and at which ports, is not asked here.
    rig = read(args.where[0], True, args.namespace)
    apply(rig.network.environment())
    names = [device.full_name for device in rig.devices
             if issubclass(TYPES[device.type].device_class(), TakesPictures)]
    if not names:
        raise UsageError(f'{args.where[0]}: none of its devices takes pictures')
    return names


def _teller(out: Output) -> Callable[[Collection[OneNode]], None]:
    """Return what shows how it goes: a line on a terminal, and each new problem."""
    problems: dict[str, str] = {}
    shown = 0

    def tell(nodes: Collection[OneNode]) -> None:
        nonlocal shown
        for one in nodes:
            problem = one.feedback.message
            kind = re.sub('[0-9.]+', '', problem)  # once, not for each second that it lasts
            if kind and kind != problems.get(one.name):
                print(' ' * shown, end='\r', file=sys.stderr)
                print(clean(f'camera-driver: {one.name}: {problem}'), file=sys.stderr, flush=True)
            problems[one.name] = kind
        if out.lively:
            text = '  '.join(map(_state, nodes))[:shutil.get_terminal_size().columns - 1]
            print(text.ljust(shown), end='\r', file=sys.stderr, flush=True)
            shown = len(text) if any(one.result is None for one in nodes) else 0
            if not shown:
                print(' ' * len(text), end='\r', file=sys.stderr, flush=True)

    return tell


def _state(one: OneNode) -> str:
    told = one.feedback
    if one.result is not None:
        return f'{one.name} over'
    missed = f', {told.missed} missed' if told.missed else ''
    after = ('paused' if told.paused else
             f'next in {told.next_distance:.0f} m' if isfinite(told.next_distance) else
             f'next in {told.next_time:.1f} s' if isfinite(told.next_time) else 'waiting')
    return f'{one.name} {told.taken} taken{missed}, {after}'


def _enter() -> bool:
    """Say whether Enter was pressed since the last look."""
    if not (sys.stdin and sys.stdin.isatty() and select.select([sys.stdin], [], [], 0)[0]):
        return False
    return bool(sys.stdin.readline())


def _hole(hole: Mapping[str, Any]) -> str:
    places = f'{hole["places"]} place{"s" if hole["places"] > 1 else ""}'
    return (f'no picture at {places} in {hole["end"] - hole["begin"]:.1f} s: {hole["reason"]}')


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not isfinite(value) else value


def _sides(text: str) -> Sides:
    """Return the sides of WxH, or of H alone."""
    try:
        values = [float(part) for part in text.lower().split('x')]
    except ValueError:
        values = []
    if len(values) not in (1, 2) or not all(isfinite(value) and value > 0 for value in values):
        raise ArgumentTypeError(f'{text!r} is not a size; write width x height, as in 7.2x5.3')
    return Sides(values[0] if len(values) == 2 else None, values[-1])

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver preflight`: one verdict for a running rig, as a line of a checklist."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from camera_driver.cli.output import error_words, Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.cli.up import needs_ros
from camera_driver.errors import DeviceError
from camera_driver.machines import apply

LEVELS = ('ok', 'WARN', 'ERROR')
MOST = 8  # cameras that are asked at a time


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
The rig runs (`camera-driver up RIG`); this asks each of its nodes, at the same time, and changes
nothing. GO is exit code 0, NO GO is 1. A line that begins with WARN is for you to judge.

examples:
  camera-driver preflight rig.yaml
  camera-driver preflight rig.yaml --shots 200
"""
    parser.add_argument('rig', metavar='RIG', type=Path, help='the file that describes the rig')
    parser.add_argument('--namespace', default='', metavar='NAME',
                        help='in front of that of the file, as for `up`')
    parser.add_argument('--shots', type=int, default=0, metavar='N',
                        help='pictures that each camera has to take')
    parser.add_argument('--timeout', type=float, default=10.0, metavar='S',
                        help='how long to wait for a node (default: %(default)g s)')
    parser.set_defaults(run=run, middleware=True)


def run(args: Arguments, out: Output) -> int:
    """Ask all nodes and print the verdict."""
    from camera_driver.rig import read
    try:
        from camera_driver.nodes.calling import call
    except ImportError as error:
        raise needs_ros('a preflight check', error) from None
    if args.shots < 0:
        raise ValueError(f'--shots {args.shots}: give a number of pictures')
    # As if simulated: how the rig was started, and at which ports, is not asked here.
    rig = read(args.rig, True, args.namespace)
    apply(rig.network.environment())
    names = [device.full_name for device in rig.devices]

    def ask(name: str) -> dict[str, Any]:
        try:
            return call(name, 'preflight', {'shots': args.shots}, args.timeout)
        except (DeviceError, ValueError, OSError) as error:
            return {'success': False, 'message': error_words(error), 'checks': []}

    with ThreadPoolExecutor(MOST) as pool:
        answers = dict(zip(names, pool.map(ask, names)))
    go = all(one['success'] for one in answers.values())
    lines = []
    for name, answer in answers.items():
        answer['checks'] = [{
            'check': one['name'].partition(': ')[2], 'level': LEVELS[one['level']],
            'message': one['message']} for one in answer['checks']]
        lines.append(f'{name}: ' + ('go' if answer['success'] else f'NO GO: {answer["message"]}'))
        for check in answer['checks']:
            words = f': {check["message"]}' if check['message'] else ''
            lines.append(f'  {check["level"]:5}  {check["check"]}{words}')
    out.show({'go': go, 'nodes': answers}, '\n'.join([*lines, 'GO' if go else 'NO GO']))
    return 0 if go else 1

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver call`: a service of a node, for those who have no `ros2` command."""

from __future__ import annotations

from math import isfinite

import yaml

from camera_driver.cli.output import Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.cli.up import needs_ros


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as it is."""


_Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar(
    'tag:yaml.org,2002:str', text, '|' if '\n' in text else None))


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
The answer is printed as YAML. The exit code is 1 when it says `success: false`, and 8 when it says
`outcome_unknown: true` or does not come: never repeat such a call blindly.

examples:
  camera-driver call /sierra list_images
  camera-driver call /sierra capture '{wait: true, download: true}'
  camera-driver call /ix_link step_exposure '{quantity: iso, steps: 1}' --json
"""
    parser.add_argument('node', metavar='NODE', help='its full name, such as /survey/nadir')
    parser.add_argument('service', metavar='SERVICE', help='its name behind that of the node')
    parser.add_argument('fields', metavar='YAML', nargs='?', default='{}',
                        help='fields of the request; those not given are as by default')
    parser.add_argument('--timeout', metavar='S', type=float, default=300.0,
                        help='how long to wait for the answer (default: %(default)g s)')
    parser.set_defaults(run=run, middleware=True)


def run(args: Arguments, out: Output) -> int:
    """Call the service and print its answer."""
    try:
        fields = yaml.safe_load(args.fields)
    except yaml.YAMLError as error:
        raise ValueError(f'{args.fields!r} is no YAML: {error}') from None
    try:
        from camera_driver.nodes.calling import call
    except ImportError as error:
        raise needs_ros('a call', error) from None
    answer = call(args.node, args.service, {} if fields is None else fields, args.timeout)
    out.show(_finite(answer), yaml.dump(
        answer, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float('inf')).rstrip())
    if answer.get('outcome_unknown'):
        return 8
    return 0 if answer.get('success', True) else 1


def _finite(value: object) -> object:
    """Return a value with None in place of the numbers that JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value

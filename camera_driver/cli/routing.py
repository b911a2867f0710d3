# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a video matrix can do: routing, presets, names, locks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from camera_driver.abilities import HasLocks, Routes
from camera_driver.cli.job import Command, Job
from camera_driver.cli.output import clean, error_words, yes_no
from camera_driver.cli.parser import Parser
from camera_driver.device import Device
from camera_driver.errors import Forbidden


def routing(job: Job[Routes]) -> int:
    """Wait for a routing report and show it."""
    with job.device() as opened, job.out.note('Listening ...'):
        end = opened.port.now() + job.args.wait
        while opened.device.routing() is None and opened.port.now() < end:
            opened.port.pause(0.05)
            opened.device.listen()
        found = opened.device.routing()
    if found is None:
        job.out.show({'routing': None}, 'unknown: the device reports its routing only when it '
                     'changes, and cannot be asked for it')
    else:
        _show(job, found)
    return 0


def preset(job: Job[Routes]) -> int:
    """Show a preset, after setting what was given."""
    number, inputs, name = job.args.number, job.args.inputs, job.args.name
    with job.device() as opened:
        device = opened.device
        if inputs:
            device.set_preset(number, inputs)
        if name is not None:
            device.set_preset_name(number, name)
        name, inputs = device.preset_name(number), device.preset(number)
    job.out.show({'preset': number, 'name': name, 'inputs': list(inputs)},
                 f'preset {number} {clean(name)!r}\n{_lines(inputs)}')
    return 0


def trigger(job: Job[Routes]) -> int:
    """Make a preset live and show the routing."""
    with job.device() as opened:
        found = opened.device.trigger_preset(job.args.number)
    _show(job, found)
    return 0


def route(job: Job[Routes]) -> int:
    """Route every output by way of a preset and show the routing."""
    with job.device() as opened:
        found = opened.device.route(job.args.preset, job.args.inputs)
    _show(job, found)
    return 0


def name_input(job: Job[Routes]) -> int:
    """Name an input."""
    with job.device() as opened:
        opened.device.set_input_name(job.args.number, job.args.name)
    job.out.show({'input': job.args.number, 'name': job.args.name},
                 'sent; the protocol, as far as it is known, cannot read it back')
    return 0


def lock(job: Job[HasLocks]) -> int:
    """Show whether a lock is locked, after changing it when asked to."""
    with job.device() as opened:
        if job.args.state == 'on':
            try:
                opened.device.set_lock(job.args.lock, True)
            except Forbidden as error:
                why = error_words(error)
                if not job.confirm(f'{why}; to lock it all the same', f'{why}. Lock it all the '
                                   'same?'):
                    return 1
                opened.device.set_lock(job.args.lock, True, without_password=True)
        elif job.args.state == 'off':
            opened.device.set_lock(job.args.lock, False)
        locked = opened.device.locked(job.args.lock)
    job.out.show({'lock': job.args.lock, 'locked': locked},
                 'the device does not tell' if locked is None else f'locked: {yes_no(locked)}')
    return 0


def password(job: Job[HasLocks]) -> int:
    """Change the password of a lock."""
    with job.device() as opened:
        opened.device.set_password(job.args.lock, job.args.file)
    job.out.show({'lock': job.args.lock, 'changed': True}, 'changed')
    return 0


def _show(job: Job[Any], inputs: Sequence[int]) -> None:
    job.out.show({'routing': list(inputs)}, _lines(inputs))


def _lines(inputs: Sequence[int]) -> str:
    return '\n'.join(f'output {output}: ' + (f'input {number}' if number else 'no known input')
                     for output, number in enumerate(inputs, 1))


def _routing_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('--wait', metavar='S', type=float, default=5.0,
                        help='how long to wait for a report (default: %(default)s s)')


def _number_argument(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('number', metavar='NUMBER', type=int, help='of the preset, from 1')


def _preset_arguments(parser: Parser, cls: type[Device]) -> None:
    _number_argument(parser, cls)
    parser.add_argument('--inputs', metavar='INPUT', type=int, nargs='+',
                        help='define it: the input for output 1, 2, ...')
    parser.add_argument('--name', metavar='NAME', help='name it')


def _route_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('inputs', metavar='INPUT', type=int, nargs='+',
                        help='for output 1, 2, ...: every output is routed')
    parser.add_argument('--preset', metavar='NUMBER', type=int, required=True,
                        help='preset to do it by, which is overwritten')


def _name_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('number', metavar='NUMBER', type=int, help='of the input, from 1')
    parser.add_argument('name', metavar='NAME')


def _lock_argument(parser: Parser, cls: type[Device]) -> None:
    assert issubclass(cls, HasLocks)
    parser.add_argument('lock', metavar='LOCK', choices=cls.LOCKS, help=', '.join(cls.LOCKS))


def _lock_arguments(parser: Parser, cls: type[Device]) -> None:
    _lock_argument(parser, cls)
    parser.add_argument('state', metavar='STATE', choices=('on', 'off'), nargs='?',
                        help='on: lock; off: unlock, with the password of the option '
                        'LOCK_password_file (default: show)')
    parser.add_argument('--yes', action='store_true',
                        help='lock without a question what could not be unlocked again')


def _password_arguments(parser: Parser, cls: type[Device]) -> None:
    _lock_argument(parser, cls)
    parser.add_argument('file', metavar='FILE', type=Path,
                        help='text file with the new password as its only line')


COMMANDS = (
    Command('routing', Routes, 'wait for a report of the routing and show it', routing,
            _routing_arguments),
    Command('preset', Routes, 'show, define or name a preset', preset, _preset_arguments),
    Command('trigger', Routes, 'make a preset live on every output', trigger,
            _number_argument),
    Command('route', Routes, 'route every output, by way of a preset', route, _route_arguments),
    Command('name', Routes, 'name an input', name_input, _name_arguments),
    Command('lock', HasLocks, 'show or change a lock', lock, _lock_arguments),
    Command('password', HasLocks, 'change the password of a lock', password,
            _password_arguments),
)

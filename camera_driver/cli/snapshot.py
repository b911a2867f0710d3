# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a device holds as a whole: save, load, store."""

from __future__ import annotations

from argparse import ArgumentTypeError
from functools import partial
from pathlib import Path
import sys

from camera_driver.abilities import KeepsSettings
from camera_driver.cli.complete import offer
from camera_driver.cli.job import Command, Job
from camera_driver.cli.output import table
from camera_driver.cli.parser import Parser
from camera_driver.device import Device
from camera_driver.errors import StorageError


def save(job: Job[KeepsSettings]) -> int:
    """Save all that the device holds as a new file."""
    from camera_driver.pictures.storage import write_new
    path: Path = job.args.file
    if path.exists():
        raise StorageError(f'{path} exists; choose another name, or remove it')
    with job.device() as opened, job.out.progress('saving', ' values') as progress:
        text = opened.device.save(progress)
    write_new(path, text.encode())
    job.out.show({'file': path}, f'Saved as {path}.')
    return 0


def load(job: Job[KeepsSettings]) -> int:
    """Show what differs from a saved file, and write it after a question."""
    args = job.args
    try:
        text = args.file.read_text(encoding='utf-8')
    except OSError as error:
        raise StorageError(f'{args.file}: {error.strerror}') from None
    except UnicodeDecodeError:
        raise ValueError(f'{args.file}: not a file of saved registers: it is not text') from None
    with job.device() as opened:
        with job.out.progress('comparing', ' values') as progress:
            try:
                differences = opened.device.compare(
                    text, args.factory, progress, args.store)
            except ValueError as error:
                raise ValueError(f'{args.file}: {error}') from None
        if not differences:
            job.out.show({'differences': [], 'written': False, 'count': 0},
                         'The device holds the same.')
            return 0
        shown = table(('NAME', 'HOLDS', 'TO BE WRITTEN'),
                      [(one.name, one.held, one.wanted) for one in differences])
        if not args.json:
            print(shown, flush=True)
        where = 'and store it' if args.store else 'until power-off'
        if not job.confirm('to write this', f'Write this to the device, {where}?'):
            print('Nothing was written.', file=sys.stderr)
            return 1
        opened.device.load(differences, args.store)
    count = len(differences)
    job.out.show({'differences': list(differences), 'written': True, 'count': count},
                 f'{"Stored" if args.store else "Written"}: {count} '
                 f'value{"s" if count > 1 else ""}.')
    return 0


def store(job: Job[KeepsSettings]) -> int:
    """Make present values outlast power-off."""
    with job.device() as opened:
        stored = opened.device.store(job.args.name)
    job.out.show({'stored': list(stored)}, f'Stored: {", ".join(stored)}.')
    return 0


def _save_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('file', metavar='FILE', type=Path, help='a new file')


def _load_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('file', metavar='FILE', type=Path, help='written by the command save')
    parser.add_argument('--factory', action='store_true', help='factory values too')
    parser.add_argument('--store', action='store_true', help='so that it outlasts power-off')
    parser.add_argument('--yes', action='store_true', help='do not ask')


def _kept(cls: type[KeepsSettings], text: str) -> str:
    name = text.replace('-', '_')
    if name not in cls.KEPT:
        raise ArgumentTypeError(f'there is no {text!r}; there are: {", ".join(cls.KEPT)}')
    return name


def _store_arguments(parser: Parser, cls: type[Device]) -> None:
    assert issubclass(cls, KeepsSettings)
    offer(parser.add_argument(
        'name', metavar='NAME', nargs='*', type=partial(_kept, cls),
        help='settings, and other values that the command save names (default: all)'),
        lambda _: cls.KEPT)


COMMANDS = (
    Command('save', KeepsSettings, 'save all that the device holds as a file', save,
            _save_arguments),
    Command('load', KeepsSettings, 'write what a saved file says, after showing what differs',
            load, _load_arguments),
    Command('store', KeepsSettings, 'make present values outlast power-off', store,
            _store_arguments),
)

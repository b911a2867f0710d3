# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera stores besides pictures: folders, audio, animation, summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from camera_driver.cli.images import open_store
from camera_driver.cli.job import Command, Job
from camera_driver.cli.output import clean, facts, size, table, yes_no
from camera_driver.cli.parser import Parser
from camera_driver.errors import NotSupported

if TYPE_CHECKING:
    from camera_driver.device import Device


def folders(job: Job) -> int:
    """List the folders and which pictures are in them."""
    with job.device() as opened, job.out.note('Looking into the folders ...'):
        found = opened.device.folders()
    rows = []
    for one in found:
        first, last = one.first_index or 0, (one.first_index or 0) + one.images - 1
        rows.append([one.name or '(root)', clean(one.label) or '-',
                     '-' if not one.images else f'{first}-{last}' if last > first else str(first)])
    job.out.show({'folders': list(found)}, table(('FOLDER', 'LABEL', 'PICTURES'), rows))
    return 0


def audio(job: Job) -> int:
    """Save the sound of a picture."""
    index = job.args.index
    store = open_store(job.args.directory)
    with job.device() as opened:
        with job.out.progress(f'sound of picture {index}') as progress:
            data = opened.device.audio(index, progress)
        if not data:
            raise NotSupported(f'picture {index} has no sound')
        name = opened.device.list_images(indices=[index])[0].name or f'picture_{index:04d}'
    path = store.save(f'{Path(name).stem}.audio', data)
    job.out.show({'index': index, 'path': path, 'bytes': len(data)},
                 f'{path}  {size(len(data))}, compressed as the camera does it')
    return 0


def animation(job: Job) -> int:
    """Save an animation."""
    number = job.args.number
    store = open_store(job.args.directory)
    with job.device() as opened, job.out.progress(f'animation {number}') as progress:
        picture = opened.device.animation(number, progress)
    suffix = {'jpeg': 'jpg', 'unknown': 'dat'}.get(picture.format, picture.format)
    path = store.save(f'animation_{number:04d}.{suffix}', picture.data)
    job.out.show({'number': number, 'path': path, 'bytes': len(picture.data)},
                 f'{path}  {size(len(picture.data))}')
    return 0


def summary(job: Job) -> int:
    """Show what the device tells in one go."""
    with job.device() as opened:
        values = opened.device.summary(job.args.index)
    job.out.show(dict(values), facts([
        (name, yes_no(value) if isinstance(value, bool) else
         '-' if value is None else clean(str(value))) for name, value in values.items()]))
    return 0


def _add_directory(parser: Parser) -> None:
    parser.add_argument('--directory', metavar='DIR', type=Path, default=Path(),
                        help='where the file goes; made if absent (default: here)')


def _audio_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('index', metavar='INDEX', type=int, help='as list shows it')
    _add_directory(parser)


def _animation_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('number', metavar='NUMBER', type=int, help='from 1; summary shows how '
                        'many there are')
    _add_directory(parser)


def _summary_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('index', metavar='INDEX', type=int, nargs='?',
                        help='of a picture, as list shows it (default: of the camera)')


COMMANDS = (
    Command('folders', 'folders', 'list the folders of the memory and which pictures are in them',
            folders),
    Command('audio', 'audio', 'save the sound of a picture', audio, _audio_arguments),
    Command('animation', 'animation', 'save an animation', animation, _animation_arguments),
    Command('summary', 'summary', 'show what the camera tells in one go of itself or a picture',
            summary, _summary_arguments),
)

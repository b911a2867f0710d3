# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What only a sierra camera can do: audio, animation."""

from __future__ import annotations

from pathlib import Path

from camera_driver.cli.images import add_directory, open_store
from camera_driver.cli.job import Command, Job
from camera_driver.cli.output import size
from camera_driver.cli.parser import Parser
from camera_driver.device import Device
from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.errors import NotSupported


def audio(job: Job[SierraCamera]) -> int:
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


def animation(job: Job[SierraCamera]) -> int:
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


def _audio_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('index', metavar='INDEX', type=int, help='as list shows it')
    add_directory(parser)


def _animation_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('number', metavar='NUMBER', type=int, help='from 1; summary shows how '
                        'many there are')
    add_directory(parser)


COMMANDS = (
    Command('audio', SierraCamera, 'save the sound of a picture', audio, _audio_arguments),
    Command('animation', SierraCamera, 'save an animation', animation, _animation_arguments),
)

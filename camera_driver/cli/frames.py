# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera tells besides its pictures: folders, summary."""

from __future__ import annotations

from camera_driver.abilities import GivesSummaries, ListsFolders
from camera_driver.cli.job import Command, Job
from camera_driver.cli.output import clean, facts, table, yes_no
from camera_driver.cli.parser import Parser
from camera_driver.device import Device


def folders(job: Job[ListsFolders]) -> int:
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


def summary(job: Job[GivesSummaries]) -> int:
    """Show what the device tells in one go."""
    with job.device() as opened:
        values = opened.device.summary(job.args.index)
    job.out.show(dict(values), facts([
        (name, yes_no(value) if isinstance(value, bool) else
         '-' if value is None else clean(str(value))) for name, value in values.items()]))
    return 0


def _summary_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('index', metavar='INDEX', type=int, nargs='?',
                        help='of a picture, as list shows it (default: of the camera)')


COMMANDS = (
    Command('folders', ListsFolders, 'list the folders of the memory and which pictures are in '
            'them', folders),
    Command('summary', GivesSummaries, 'show what the camera tells in one go of itself or a '
            'picture', summary, _summary_arguments),
)

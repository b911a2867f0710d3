# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What only an ix_link camera can do: region."""

from __future__ import annotations

from camera_driver.cli.job import Command, Job
from camera_driver.cli.parser import Parser
from camera_driver.device import Device
from camera_driver.devices.ix_link.camera import IxLinkCamera
from camera_driver.model import LiveViewRegion


def region(job: Job[IxLinkCamera]) -> int:
    """Show a part of the picture, by centre and scale."""
    wanted = LiveViewRegion(job.args.center_x, job.args.center_y, job.args.scale)
    with job.device() as opened:
        opened.device.set_live_view_region(wanted)
    job.out.show({'region': wanted}, f'Centre {wanted.center_x}, {wanted.center_y}, '
                 f'scale {wanted.scale}%.')
    return 0


def _region_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('center_x', metavar='CENTER_X', type=int,
                        help='1 left edge, 128 middle, 255 right edge')
    parser.add_argument('center_y', metavar='CENTER_Y', type=int,
                        help='1 bottom, 128 middle, 255 top')
    parser.add_argument('scale', metavar='SCALE', type=int,
                        help='percent of the whole picture, 1 to 100')


COMMANDS = (
    Command('region', IxLinkCamera, 'let live view show a part of the picture, as centre and '
            'scale', region, _region_arguments),
)

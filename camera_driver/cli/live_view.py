# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The video output of a device: live-view, roi, region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camera_driver.cli.job import Command, Job
from camera_driver.cli.parser import Parser, UsageError
from camera_driver.model import LiveViewRegion, RegionOfInterest

if TYPE_CHECKING:
    from camera_driver.device import Device

ROI = ('X', 'Y', 'WIDTH', 'HEIGHT')


def live_view(job: Job) -> int:
    """Switch live view."""
    on = job.args.state == 'on'
    with job.device() as opened:
        opened.device.set_live_view(on)
    job.out.show({'live_view': on}, f'Live view is {job.args.state}.')
    return 0


def roi(job: Job) -> int:
    """Show a part of the sensor and say which part that really is."""
    numbers = job.args.pixel
    if len(numbers) not in (0, len(ROI)):
        raise UsageError(f'write {" ".join(ROI)}, or nothing for the whole sensor')
    with job.device() as opened:
        shown = opened.device.set_roi(RegionOfInterest(*numbers))
    job.out.show({'roi': shown}, f'Shown are {shown.width} x {shown.height} pixels at '
                 f'({shown.x_offset}, {shown.y_offset}).')
    return 0


def region(job: Job) -> int:
    """Show a part of the picture, by centre and scale."""
    wanted = LiveViewRegion(job.args.center_x, job.args.center_y, job.args.scale)
    with job.device() as opened:
        opened.device.set_live_view_region(wanted)
    job.out.show({'region': wanted}, f'Centre {wanted.center_x}, {wanted.center_y}, '
                 f'scale {wanted.scale}%.')
    return 0


def _live_view_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('state', metavar='STATE', choices=('on', 'off'), help='on or off')


def _roi_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('pixel', metavar='PIXEL', type=int, nargs='*',
                        help=f'{" ".join(ROI)} on the sensor, from its upper left corner; '
                        'nothing: the whole sensor. What cannot be attained is widened')


def _region_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('center_x', metavar='CENTER_X', type=int,
                        help='1 left edge, 128 middle, 255 right edge')
    parser.add_argument('center_y', metavar='CENTER_Y', type=int,
                        help='1 bottom, 128 middle, 255 top')
    parser.add_argument('scale', metavar='SCALE', type=int,
                        help='percent of the whole picture, 1 to 100')


COMMANDS = (
    Command('live-view', 'set_live_view', 'switch live view on or off', live_view,
            _live_view_arguments),
    Command('roi', 'set_roi', 'let live view show a part of the sensor, in pixels', roi,
            _roi_arguments),
    Command('region', 'set_live_view_region', 'let live view show a part of the picture, as '
            'centre and scale', region, _region_arguments),
)

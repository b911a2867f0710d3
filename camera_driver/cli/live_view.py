# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The video output of a device: live-view, roi."""

from __future__ import annotations

from camera_driver.abilities import HasLiveView, ShowsRegion
from camera_driver.cli.job import Command, Job
from camera_driver.cli.parser import Parser, UsageError
from camera_driver.device import Device
from camera_driver.model import RegionOfInterest

ROI = ('X', 'Y', 'WIDTH', 'HEIGHT')


def live_view(job: Job[HasLiveView]) -> int:
    """Switch live view."""
    on = job.args.state == 'on'
    with job.device() as opened:
        opened.device.set_live_view(on)
    job.out.show({'live_view': on}, f'Live view is {job.args.state}.')
    return 0


def roi(job: Job[ShowsRegion]) -> int:
    """Show a part of the sensor and say which part that really is."""
    numbers = job.args.pixel
    if len(numbers) not in (0, len(ROI)):
        raise UsageError(f'write {" ".join(ROI)}, or nothing for the whole sensor')
    with job.device() as opened:
        shown = opened.device.set_roi(RegionOfInterest(*numbers))
    job.out.show({'roi': shown}, f'Shown are {shown.width} x {shown.height} pixels at '
                 f'({shown.x_offset}, {shown.y_offset}).')
    return 0


def _live_view_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('state', metavar='STATE', choices=('on', 'off'), help='on or off')


def _roi_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('pixel', metavar='PIXEL', type=int, nargs='*',
                        help=f'{" ".join(ROI)} on the sensor, from its upper left corner; '
                        'nothing: the whole sensor. What cannot be attained is widened')


COMMANDS = (
    Command('live-view', HasLiveView, 'switch live view on or off', live_view,
            _live_view_arguments),
    Command('roi', ShowsRegion, 'let live view show a part of the sensor, in pixels', roi,
            _roi_arguments),
)

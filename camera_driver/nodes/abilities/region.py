# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The part of the sensor that is shown: `~/set_roi`."""

from camera_driver import srv
from camera_driver.abilities import ShowsRegion
from camera_driver.model import RegionOfInterest
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode, Part


class Region(Part[ShowsRegion]):
    """The region of interest."""

    ABILITY = ShowsRegion

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.SetRegionOfInterest, '~/set_roi', self._set_roi)

    def _set_roi(self, request: srv.SetRegionOfInterest.Request,
                 response: srv.SetRegionOfInterest.Response) -> None:
        wanted = convert.roi_request(request.roi)
        shown = self.command('setting the region', lambda camera: camera.set_roi(wanted))
        response.roi = convert.roi_message(shown)
        if shown != wanted != RegionOfInterest():
            response.message = (f'widened to {shown.width} x {shown.height} pixels at '
                                f'({shown.x_offset}, {shown.y_offset})')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a device tells of itself in one go: `~/get_summary`."""

from camera_driver import srv
from camera_driver.abilities import GivesSummaries
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode, Part


class Summary(Part[GivesSummaries]):
    """Summaries of the device and of its images."""

    ABILITY = GivesSummaries

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.GetSummary, '~/get_summary', self._get_summary)

    def _get_summary(self, request: srv.GetSummary.Request,
                     response: srv.GetSummary.Response) -> None:
        index = request.index or None
        response.values = convert.key_values(self.run(
            'reading a summary', lambda camera: camera.summary(index)))

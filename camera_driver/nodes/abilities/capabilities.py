# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera can do, for clients that work with several types: `~/get_capabilities`."""

from collections.abc import Mapping, Sequence

from camera_driver import srv
from camera_driver.abilities import abilities_of, ControlsExposure
from camera_driver.device import Device
from camera_driver.errors import PortError
from camera_driver.model import Range
from camera_driver.msg import CameraStatus
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode, Part


class Capabilities(Part[Device]):
    """The abilities of the device type, and what its model has of settings and exposure."""

    ABILITY = Device

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._abilities = abilities_of(node.device_class)
        node.serve(srv.GetCapabilities, '~/get_capabilities', self._get_capabilities)

    def tell(self, status: CameraStatus) -> None:
        """Say in the status what the device type can do."""
        status.abilities = self._abilities

    def _get_capabilities(self, request: srv.GetCapabilities.Request,
                          response: srv.GetCapabilities.Response) -> None:
        response.abilities = self._abilities
        try:
            response.settings, ranges = self.run('telling what it can do', _of_model)
        except PortError as error:
            response.message = f'what the model has is not known: {error}'
        else:
            response.ranges = convert.range_messages(ranges)


def _of_model(device: Device) -> tuple[Sequence[str], Mapping[str, Range]]:
    ranges = device.exposure_ranges() if isinstance(device, ControlsExposure) else {}
    return list(device.settings()), ranges

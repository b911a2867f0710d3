# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera can do, for clients that work with several types: `~/get_capabilities`."""

from collections.abc import Mapping, Sequence

from camera_driver import srv
from camera_driver.abilities import abilities_of, ControlsExposure
from camera_driver.device import Device
from camera_driver.errors import Busy, PortError
from camera_driver.model import Identity, Range
from camera_driver.msg import CameraStatus
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode, Part


class Capabilities(Part[Device]):
    """The abilities of the device type, and what its model has of settings and exposure."""

    ABILITY = Device

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._abilities = abilities_of(node.device_class)
        self._settings: Sequence[str] = ()  # of the model, once it was connected
        node.serve(srv.GetCapabilities, '~/get_capabilities', self._get_capabilities)

    def begin(self) -> None:
        """Forget the model: another one may come."""
        self._settings = ()

    def connected(self, device: Device, identity: Identity) -> str:
        """Remember what the model has, so that a busy device is not asked."""
        self._settings = list(device.settings())
        return ''

    def tell(self, status: CameraStatus) -> None:
        """Say in the status what the device type can do."""
        status.abilities = self._abilities

    def _get_capabilities(self, request: srv.GetCapabilities.Request,
                          response: srv.GetCapabilities.Response) -> None:
        response.abilities, response.settings = self._abilities, self._settings
        if issubclass(self.node.device_class, ControlsExposure):
            try:
                response.ranges = convert.range_messages(self.run('telling its ranges', _ranges))
            except (PortError, Busy) as error:
                response.message = f'the ranges of the exposure are not known: {error}'


def _ranges(device: Device) -> Mapping[str, Range]:
    assert isinstance(device, ControlsExposure)
    return device.exposure_ranges()

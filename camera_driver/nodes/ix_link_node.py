# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a Phase One Industrial camera: `ros2 run camera_driver ix_link_node`."""

from collections.abc import Sequence

from camera_driver.devices.ix_link.camera import IxLinkCamera
from camera_driver.errors import Busy
from camera_driver.nodes.abilities.capture import Captures
from camera_driver.nodes.base import Part
from camera_driver.nodes.camera import CameraNode
from camera_driver.nodes.diagnostics import ERROR, Task
from camera_driver.nodes.main import run


class IxLinkCaptures(Captures):
    """Pictures one after the other, or refused while one is being taken."""

    def may_begin(self) -> None:
        """Refuse a capture during another one, where that is wanted. Raises Busy."""
        super().may_begin()
        if self.node.parameter('capture_when_busy') == 'refuse' and self.under_way:
            raise Busy('another picture is being taken and capture_when_busy is refuse; try '
                       'again when it is done, or set it to wait')


class GeneralError(Part[IxLinkCamera]):
    """The camera's own error."""

    ABILITY = IxLinkCamera

    def tasks(self) -> Sequence[Task]:
        """Say when the camera reports an error of its own."""
        supervisor = self.node.supervisor
        if supervisor and supervisor.device_status.details.get('status') == 'error':
            return (Task('camera', ERROR, 'it reports a general error and takes no pictures; look '
                         'at its own display, or switch it off and on'),)
        return ()


class IxLinkNode(CameraNode):
    """A camera that is triggered over iX Link and shows its live view on HDMI."""

    DEVICE_TYPE = 'ix_link'
    PARTS = (*CameraNode.PARTS, IxLinkCaptures, GeneralError)


def main() -> int:
    """Run the node until it is told to end."""
    return run(IxLinkNode)

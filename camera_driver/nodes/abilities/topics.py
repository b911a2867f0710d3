# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The topics that a camera's pictures go to, and its calibration."""

from collections.abc import Mapping, Sequence
from typing import Any

from sensor_msgs.srv import SetCameraInfo

from camera_driver.abilities import HasVideo, StoresImages, TakesPictures
from camera_driver.device import Device
from camera_driver.errors import DeviceError
from camera_driver.host.optics import Optics
from camera_driver.model import Setting, When
from camera_driver.nodes import mount
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.camera_info import Calibration, DEFAULT_URL, SIMULATED_URL
from camera_driver.nodes.diagnostics import Task
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.nodes.qos import REQUESTS
from camera_driver.pictures.optics import told


class Frame(Part[Device]):
    """The frame of whatever a camera sees, and where it is on the vehicle."""

    ABILITY = (TakesPictures, StoresImages, HasVideo)
    PARAMETERS = (
        Setting('frame_id', str, 'frame of the images (optical: z forward, x right, y down); '
                'empty: NAMESPACE/NAME_optical_frame', default='', when=When.START),
        *mount.SETTINGS,
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self.frame_id = node.parameter('frame_id') or frame_of(node.get_fully_qualified_name())
        self._mount = mount.Mount(node, self.frame_id)

    @classmethod
    def check(cls, device: type[Device], values: Mapping[str, Any]) -> None:
        """Check where it is mounted."""
        mount.check(values)

    def values_changed(self) -> None:
        """Follow where it is mounted."""
        self._mount.follow()


def frame_of(camera: str) -> str:
    """Return the frame of a camera by its full name, as no other one has it."""
    return f'{camera.lstrip("/")}_optical_frame'


class Pictures(Part[Device]):
    """`~/image_raw`, its compressed form, `~/camera_info`, `~/set_camera_info`."""

    ABILITY = (StoresImages, HasVideo)
    PARAMETERS = (
        Setting('camera_info_url', str, 'file:// or package:// URL of the calibration; ${NAME} '
                f'and ${{ROS_HOME}} are replaced; empty: {DEFAULT_URL}, with simulate '
                f'{SIMULATED_URL}', default='', when=When.START),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self.calibration = Calibration(node.get_name(), node.parameter('camera_info_url'),
                                       node.parameter('simulate'))
        if self.calibration.problem:
            node.get_logger().warning(self.calibration.problem)
        self.optics = Optics(node.device_class, lambda: node.connected)
        self.values_changed()
        self.topics = ImageTopics(node, calibration=self.calibration, optics=self.optics)
        node.create_service(SetCameraInfo, '~/set_camera_info', self._set_camera_info,
                            qos_profile=REQUESTS, callback_group=node.waiting)

    def values_changed(self) -> None:
        """Follow the delay of the video."""
        if issubclass(self.node.device_class, HasVideo):
            self.optics.delay = float(self.node.parameter('video_delay'))

    def connected_first(self, device: Device) -> str:
        """Forget what the device before showed."""
        self.optics.meet(device)
        return ''

    def settings_known(self, device: Device) -> None:
        """Follow the settings that move points in the picture."""
        self.optics.follow(device, self.node.settings.shown)

    def tasks(self) -> Sequence[Task]:
        """Tell whether the calibration is used, and why not."""
        return self.topics.tasks()

    def _set_camera_info(self, request: SetCameraInfo.Request, response: SetCameraInfo.Response
                         ) -> SetCameraInfo.Response:
        # Not by `serve`: this service calls its message otherwise, and needs no device.
        try:
            state = self.optics.present
            self.calibration.store(request.camera_info, state)
            self.topics.misfit = ''
            response.success = True
            response.status_message = '; '.join(filter(None, (
                f'used from now on and saved as {self.calibration.path}',
                *(f'made with {name} {value}' for name, value in told(state).items()),
                self.calibration.misfit_now(state))))
        except (ValueError, DeviceError) as error:
            response.status_message = str(error)
        return response

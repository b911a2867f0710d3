# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A picture on its topics: raw, compressed and camera info, all with one header.

A JPEG goes out as it came from the camera; its pixels, which the check has decoded, go out only
while somebody subscribes to the raw image, or it is kept for whoever subscribes later. Publishers
are reliable (REP-2003) and take `qos_overrides` parameters.

Names follow image_transport: whoever remaps image_raw takes the compressed form and camera_info
along, to BASE/compressed and to camera_info beside BASE.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from camera_driver.host.optics import Optics
from camera_driver.model import OpticalState
from camera_driver.nodes import convert
from camera_driver.nodes.camera_info import Calibration
from camera_driver.nodes.diagnostics import Task
from camera_driver.nodes.qos import keeps_last, publisher
from camera_driver.pictures.image import Checked, Pixels

DEPTH = 5  # messages kept for slow subscribers


class ImageTopics:
    """The topics of one kind of picture of a camera: the pictures themselves, or the previews."""

    def __init__(self, node: LifecycleNode, prefix: str = '',
                 calibration: Calibration | None = None, below: str = '~',
                 optics: Optics | None = None) -> None:
        """
        Advertise `prefix`image_raw and its compressed form, with camera_info if calibrated.

        `below` is the camera's name, when that is not the node's; without `optics` nothing about
        it ever changes.
        """
        self._node = node
        self._calibration = calibration
        self.optics = optics
        self.misfit = ''  # why the last picture was published as uncalibrated
        self._raw = self._publisher(Image, f'{below}/{prefix}image_raw')
        base = self._raw.topic_name  # with what remapping made of it
        self._compressed = self._publisher(CompressedImage, f'{base}/compressed')
        self._info = self._publisher(
            CameraInfo, f'{base.rpartition("/")[0]}/camera_info') if calibration else None

    def publish(self, checked: Checked, header: Header, state: OpticalState | None = None
                ) -> None:
        """
        Publish a sound picture: raw if somebody wants it or may later, compressed if it is a JPEG.

        :param state: in which it was taken; None: that is not known.
        """
        if checked.format == 'jpeg':
            self._compressed.publish(convert.compressed_message(checked, header))
        self._publish_info(checked.width, checked.height, header,
                           state or (self.optics.unknown if self.optics else OpticalState()))
        if self._raw.get_subscription_count() or keeps_last(self._raw):
            self._raw.publish(convert.image_message(checked.pixels, header))

    def tasks(self) -> Sequence[Task]:
        """Tell whether the calibration is used, and why not."""
        state = self.optics.present if self.optics else OpticalState()
        return (self._calibration.task(state, self.misfit),) if self._calibration else ()

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes to any of the topics."""
        publishers = (self._raw, self._compressed, self._info)
        return any(one.get_subscription_count() for one in publishers if one)

    def publish_frame(self, pixels: Pixels, encoding: str, header: Header,
                      jpeg: Callable[[], bytes]) -> None:
        """Publish a frame of a video; `jpeg` encodes it, if somebody wants that."""
        height, width = pixels.shape[:2]
        self._publish_info(width, height, header,
                           self.optics.settled if self.optics else OpticalState())
        if self._raw.get_subscription_count():
            self._raw.publish(convert.image_message(pixels, header, encoding))
        if self._compressed.get_subscription_count():
            mode = 'L' if pixels.ndim == 2 else 'RGB'
            checked = Checked('jpeg', width, height, mode, data=jpeg())
            self._compressed.publish(convert.compressed_message(checked, header, encoding))

    def _publish_info(self, width: int, height: int, header: Header, state: OpticalState
                      ) -> None:
        if self._info is None or self._calibration is None:
            return
        info = self._calibration.info_for(width, height, state)
        info.header = header
        self._info.publish(info)
        misfit = self._calibration.misfit(width, height, state)
        if misfit and misfit != self.misfit:
            self._node.get_logger().warning(misfit)
        self.misfit = misfit

    def _publisher(self, kind: type, name: str) -> Any:
        return publisher(self._node.create_lifecycle_publisher, kind, name, depth=DEPTH)

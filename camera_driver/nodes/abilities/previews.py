# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Previews: `~/take_preview`, `~/preview/image_raw`; stamped when they are commanded."""

from builtin_interfaces.msg import Time
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from camera_driver.abilities import TakesPreviews
from camera_driver.model import Picture
from camera_driver.nodes.abilities.topics import Frame
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.pictures.image import check_picture


class Previews(Part[TakesPreviews]):
    """Takes previews and publishes them."""

    ABILITY = TakesPreviews

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._topics = ImageTopics(node, 'preview/')
        node.serve(Trigger, '~/take_preview', self._take_preview)

    def _take_preview(self, _: Trigger.Request, response: Trigger.Response) -> None:
        stamp = self.node.get_clock().now().to_msg()
        picture = self.run('taking a preview',
                           lambda camera: camera.take_preview(self.node.show_progress))
        response.message = self._publish_preview(picture, stamp)

    def _publish_preview(self, picture: Picture, stamp: Time) -> str:
        checked = check_picture(picture)
        self._topics.publish(checked, Header(stamp=stamp,
                                             frame_id=self.node.part(Frame).frame_id))
        return (f'{checked.width} x {checked.height} pixels published on ~/preview/image_raw; '
                'it is not stored in the camera')

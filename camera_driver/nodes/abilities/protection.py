# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Protection of images: `~/protect_image`."""

from camera_driver import srv
from camera_driver.abilities import ProtectsImages
from camera_driver.nodes.base import DeviceNode, Part


class Protection(Part[ProtectsImages]):
    """Protects stored images and releases them."""

    ABILITY = ProtectsImages

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.ProtectImage, '~/protect_image', self._protect_image)

    def _protect_image(self, request: srv.ProtectImage.Request, _: srv.ProtectImage.Response
                       ) -> None:
        self.run('protecting an image',
                 lambda camera: camera.protect(request.index, request.write_protected))

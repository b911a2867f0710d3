# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures from outside: `~/upload_image`."""

import os
from pathlib import Path

from camera_driver import srv
from camera_driver.abilities import UploadsImages
from camera_driver.errors import Forbidden, StorageError
from camera_driver.model import Setting, StoredImage, When
from camera_driver.nodes import convert
from camera_driver.nodes.abilities.capture import Captures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.pictures import image
from camera_driver.pictures.storage import below


class Uploads(Part[UploadsImages]):
    """Stores pictures in the camera."""

    ABILITY = UploadsImages
    PARAMETERS = (
        Setting('upload_directory', str, 'where ~/upload_image takes pictures from; empty: '
                'uploading is locked, as a picture that the camera could not have made itself may '
                'hang it', default='', when=When.START),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.UploadImage, '~/upload_image', self._upload_image, in_mission=False)

    def _upload_image(self, request: srv.UploadImage.Request,
                      response: srv.UploadImage.Response) -> None:
        directory = self.node.parameter('upload_directory')
        if not directory:
            raise Forbidden('uploading is locked; start the node with upload_directory: the '
                            'folder that pictures are taken from')
        path = below(Path(directory).expanduser().absolute(), request.file)
        if not os.path.isfile(path):
            raise StorageError(f'{path}: there is no such file; give its path below {directory}')
        data, _ = image.read_jpeg(path)

        def upload(camera: UploadsImages) -> StoredImage:
            captures = self.node.find(Captures)
            if captures:
                captures.before_change(camera)
            return camera.upload(request.name or path.name, data, request.overwrite,
                                 self.node.show_progress, accept_hang=True)

        stored = self.run(f'uploading {path.name}', upload)
        response.image = convert.stored_image_message(stored, downloaded=False)
        response.message = f'{path} is image {stored.index} now'

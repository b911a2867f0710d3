# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a sierra camera: `ros2 run camera_driver sierra_node`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from camera_driver import srv
from camera_driver.device import Camera
from camera_driver.devices.sierra.simulator.models import MODEL
from camera_driver.errors import NotSupported
from camera_driver.host.worker import Priority
from camera_driver.model import SettingValue, StoredImage
from camera_driver.nodes import convert
from camera_driver.nodes.main import run
from camera_driver.nodes.still import StillCameraNode
from camera_driver.pictures.keep import EXTENSIONS
from camera_driver.sim.simulator import Simulator


class SierraNode(StillCameraNode):
    """A camera that speaks the Sierra protocol."""

    DEVICE_TYPE = 'sierra'
    PARAMETERS = (
        *StillCameraNode.PARAMETERS,
        replace(MODEL, name='simulate_model', description='which camera `simulate` starts'),
    )

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        self.offer_registers()
        self.offer_upload()
        self.serve(srv.ListFolders, '~/list_folders', self._list_folders)
        self.serve(srv.DownloadFile, '~/download_audio', self._download_audio)
        self.serve(srv.DownloadFile, '~/download_animation', self._download_animation)
        self.offer_summary()

    def _list_folders(self, _, response):
        folders = self.run('listing folders', lambda camera: camera.folders())
        response.folders = [convert.image_folder_message(one) for one in folders]
        response.message = f'{len(folders)} folders'

    def _download_audio(self, request, response):
        index = request.index

        def work(camera: Camera) -> tuple[StoredImage, bytes]:
            return (camera.list_images(indices=[index])[0],
                    camera.audio(index, self.show_progress))

        stored, data = self.run(f'downloading the sound of image {index}', work,
                                priority=Priority.DOWNLOAD)
        if not data:
            raise NotSupported(f'image {index} has no sound')
        stem = Path(stored.name).stem or f'image_{index:05}'
        self._keep(f'{stem}.audio', data, request, response)

    def _download_animation(self, request, response):
        number = request.index
        picture = self.run(f'downloading animation {number}',
                           lambda camera: camera.animation(number, self.show_progress),
                           priority=Priority.DOWNLOAD)
        extension = EXTENSIONS.get(picture.format, picture.format)
        self._keep(f'animation_{number:04d}.{extension}', picture.data, request, response)

    def _keep(self, name: str, data: bytes, request, response) -> None:
        response.file = str(self.keep_file(name, data, request.directory))
        response.size = len(data)
        response.message = f'{len(data)} bytes, as the camera sends them'

    def simulator(self, options: Mapping[str, SettingValue]) -> Simulator:
        """Return a camera of the model that the parameter `simulate_model` names."""
        return self.device_type.simulator_class()(self.parameter('simulate_model'))


def main() -> int:
    """Run the node until it is told to end."""
    return run(SierraNode)

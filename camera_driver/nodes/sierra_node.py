# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a sierra camera: `ros2 run camera_driver sierra_node`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from camera_driver import srv
from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.simulator.models import MODEL
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.errors import NotSupported
from camera_driver.host.worker import Priority
from camera_driver.model import SettingValue, StoredImage
from camera_driver.nodes.abilities.images import Images
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.camera import CameraNode
from camera_driver.nodes.main import run
from camera_driver.pictures.keep import EXTENSIONS
from camera_driver.sim.simulator import Simulator


class OtherFiles(Part[SierraCamera]):
    """What is stored besides images: `~/download_audio`, `~/download_animation`."""

    ABILITY = SierraCamera

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.DownloadFile, '~/download_audio', self._download_audio)
        node.serve(srv.DownloadFile, '~/download_animation', self._download_animation)

    def _download_audio(self, request: srv.DownloadFile.Request,
                        response: srv.DownloadFile.Response) -> None:
        index = request.index

        def work(camera: SierraCamera) -> tuple[StoredImage, bytes]:
            return (camera.list_images(indices=[index])[0],
                    camera.audio(index, self.node.show_progress))

        stored, data = self.run(f'downloading the sound of image {index}', work,
                                priority=Priority.DOWNLOAD)
        if not data:
            raise NotSupported(f'image {index} has no sound')
        stem = Path(stored.name).stem or f'image_{index:05}'
        self._keep(f'{stem}.audio', data, request, response)

    def _download_animation(self, request: srv.DownloadFile.Request,
                            response: srv.DownloadFile.Response) -> None:
        number = request.index
        picture = self.run(f'downloading animation {number}',
                           lambda camera: camera.animation(number, self.node.show_progress),
                           priority=Priority.DOWNLOAD)
        extension = EXTENSIONS.get(picture.format, picture.format)
        self._keep(f'animation_{number:04d}.{extension}', picture.data, request, response)

    def _keep(self, name: str, data: bytes, request: srv.DownloadFile.Request,
              response: srv.DownloadFile.Response) -> None:
        response.file = str(self.node.part(Images).keep_file(name, data, request.directory))
        response.size = len(data)
        response.message = f'{len(data)} bytes, as the camera sends them'


class SierraNode(CameraNode):
    """A camera that speaks the Sierra protocol."""

    DEVICE_TYPE = 'sierra'
    PARTS = (*CameraNode.PARTS, OtherFiles)
    PARAMETERS = (
        replace(MODEL, name='simulate_model', description='which camera `simulate` starts'),
    )

    def simulator(self, options: Mapping[str, SettingValue]) -> Simulator:
        """Return a camera of the model that the parameter `simulate_model` names."""
        return SierraSimulator(self.parameter('simulate_model'))


def main() -> int:
    """Run the node until it is told to end."""
    return run(SierraNode)

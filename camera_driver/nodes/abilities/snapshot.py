# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""All that a device holds: `~/save`, `~/load`, `~/store`."""

from camera_driver import srv
from camera_driver.abilities import ControlsExposure, KeepsSettings
from camera_driver.nodes.abilities.exposure import Exposures
from camera_driver.nodes.base import DeviceNode, Part


class Snapshots(Part[KeepsSettings]):
    """Saves settings as a text, loads them, and makes them outlast power-off."""

    ABILITY = KeepsSettings

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.Command, '~/store', self._store)
        node.serve(srv.SaveSettings, '~/save', self._save)
        node.serve(srv.LoadSettings, '~/load', self._load)

    def _store(self, request: srv.Command.Request, response: srv.Command.Response) -> None:
        self.run('storing its settings', lambda camera: camera.store())
        response.message = 'all settings are in EEPROM as they are now'

    def _save(self, _: srv.SaveSettings.Request, response: srv.SaveSettings.Response) -> None:
        response.settings = self.run('saving its settings',
                                     lambda camera: camera.save(self.node.show_progress))

    def _load(self, request: srv.LoadSettings.Request, response: srv.LoadSettings.Response
              ) -> None:
        def load(camera: KeepsSettings) -> str:
            differences = camera.compare(request.settings, request.factory,
                                         self.node.show_progress)
            response.differences = [f'{one.name}: {one.held} -> {one.wanted}'
                                    for one in differences]
            if not request.apply:
                return f'{len(differences)} registers differ; nothing was written'
            exposures = self.node.find(Exposures)
            if exposures and isinstance(camera, ControlsExposure) and any(
                    one.name in camera.EXPOSURE_SETTINGS for one in differences):
                exposures.begin()
            try:
                camera.load(differences, request.store)
            finally:
                self.node.settings.refresh(camera, camera.settings())
            return f'{len(differences)} registers written'

        response.message = self.run('loading settings', load)

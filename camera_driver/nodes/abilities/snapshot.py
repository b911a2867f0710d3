# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""All that a device holds: `~/save_settings`, `~/load_settings`, `~/store_settings`."""

from collections.abc import Sequence

from camera_driver import srv
from camera_driver.abilities import ControlsExposure, KeepsSettings
from camera_driver.errors import DeviceError, Forbidden, Refused
from camera_driver.model import Difference
from camera_driver.nodes.abilities.exposure import Exposures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import words


class Snapshots(Part[KeepsSettings]):
    """Saves settings as a text, loads them, and makes them outlast power-off."""

    ABILITY = KeepsSettings

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._loaded: dict[str, Difference] = {}  # which are no settings, by name
        node.serve(srv.Command, '~/store_settings', self._store, in_mission=False)
        node.serve(srv.SaveSettings, '~/save_settings', self._save)
        node.serve(srv.LoadSettings, '~/load_settings', self._load)

    def begin(self) -> None:
        """Do not write again what was loaded."""
        self._loaded.clear()

    def connected_first(self, camera: KeepsSettings) -> str:
        """Write again what was loaded and is not a setting; say what was done."""
        if not self._loaded:
            return ''
        try:
            camera.load(list(self._loaded.values()))
        except (Refused, Forbidden) as error:
            why = words(error)
            self.node.get_logger().error(f'what was loaded could not be applied: {why}')
            return f'not applied: {", ".join(self._loaded)}: {why}'
        return f'applied: {", ".join(self._loaded)}'

    def _store(self, request: srv.Command.Request, response: srv.Command.Response) -> None:
        names = self.run('storing its settings', lambda camera: camera.store())
        response.message = f'{len(names)} values are in EEPROM as they are now: {", ".join(names)}'

    def _save(self, _: srv.SaveSettings.Request, response: srv.SaveSettings.Response) -> None:
        response.settings = self.run('saving its settings',
                                     lambda camera: camera.save(self.node.show_progress))

    def _load(self, request: srv.LoadSettings.Request, response: srv.LoadSettings.Response
              ) -> None:
        if request.apply:
            self.node.lock.check('~/load_settings')

        def load(camera: KeepsSettings) -> str:
            differences = camera.compare(request.settings, request.factory,
                                         self.node.show_progress, request.store)
            response.differences = [f'{one.name}: {one.held} -> {one.wanted}'
                                    for one in differences]
            if not request.apply:
                return f'{len(differences)} registers to be written; nothing was written'
            exposures = self.node.find(Exposures)
            if exposures and isinstance(camera, ControlsExposure) and any(
                    one.name in camera.EXPOSURE_SETTINGS for one in differences):
                exposures.begin()
            written: list[Difference] = []
            try:
                camera.load(differences, request.store, written.append)
            finally:
                self._keep(camera, written)
            return f'{len(written)} registers {"stored" if request.store else "written"}'

        response.message = self.run('loading settings', load)

    def _keep(self, camera: KeepsSettings, written: Sequence[Difference]) -> None:
        """Show the settings as they are now, and count what was loaded as commanded."""
        settings = self.node.settings
        try:
            settings.refresh(camera, camera.settings())
        except DeviceError as error:  # what became of the loading counts
            self.node.get_logger().warning(f'settings were not read again: {words(error)}')
        for one in written:
            value = camera.setting_of(one)
            if value is None:
                self._loaded[one.name] = one
            else:
                settings.keep(one.name, value, value)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The exposure: `~/get_exposure`, `~/set_exposure`, `~/step_exposure`."""

from collections.abc import Callable
from dataclasses import replace
import math

from camera_driver import srv
from camera_driver.abilities import ControlsExposure
from camera_driver.errors import DeviceError, NotConfirmed, NotSupported, OutcomeUnknown, Refused
from camera_driver.model import Exposure
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode, Part

QUANTITIES = ('exposure_time', 'f_number', 'iso')


class Exposures(Part[ControlsExposure]):
    """The exposure, which is set again after a reconnect."""

    ABILITY = ControlsExposure

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._commanded = Exposure()
        node.serve(srv.GetExposure, '~/get_exposure', self._get_exposure)
        node.serve(srv.SetExposure, '~/set_exposure', self._set_exposure)
        node.serve(srv.StepExposure, '~/step_exposure', self._step_exposure)

    def begin(self) -> None:
        """Do not set again what was commanded."""
        self._commanded = Exposure()

    def _get_exposure(self, request: srv.GetExposure.Request,
                      response: srv.GetExposure.Response) -> None:
        response.exposure = convert.exposure_message(Exposure())
        exposure, ranges = self.run('reading the exposure', lambda camera: (
            camera.exposure(), camera.exposure_ranges()))
        response.exposure = convert.exposure_message(exposure)
        response.ranges = convert.range_messages(ranges)

    def _set_exposure(self, request: srv.SetExposure.Request,
                      response: srv.SetExposure.Response) -> None:
        response.exposure = convert.exposure_message(Exposure())  # should it fail
        wanted = convert.exposure_request(request.exposure)
        if wanted == Exposure():
            raise ValueError('nothing to set: every quantity is NaN and the aperture empty')
        try:
            exposure = self.run('setting the exposure', lambda camera: self._expose(
                camera, lambda: camera.set_exposure(wanted, request.nearest)))
        except NotConfirmed:
            self._remember(wanted, Exposure())
            raise
        self._remember(wanted, exposure)
        response.exposure = convert.exposure_message(exposure)

    def _step_exposure(self, request: srv.StepExposure.Request,
                       response: srv.StepExposure.Response) -> None:
        response.exposure = convert.exposure_message(Exposure())
        if request.quantity not in QUANTITIES:
            raise ValueError(f'quantity {request.quantity!r}: write one of '
                             f'{", ".join(QUANTITIES)}')
        if not math.isfinite(request.steps):
            raise ValueError(f'steps: {request.steps:g} is not a number of EV')
        try:
            exposure = self.run('setting the exposure', lambda camera: self._expose(
                camera, lambda: camera.step_exposure(request.quantity, request.steps)))
        except (NotConfirmed, OutcomeUnknown):
            # Setting again what was commanded before would take back a step that was made.
            names = [request.quantity, *(['aperture'] if request.quantity == 'f_number' else [])]
            self._commanded = replace(self._commanded, **{
                name: value for name, value in vars(Exposure()).items() if name in names})
            raise
        self._remember(Exposure(**{request.quantity: getattr(exposure, request.quantity)}),
                       exposure)
        response.exposure = convert.exposure_message(exposure)

    def _expose(self, camera: ControlsExposure, command: Callable[[], Exposure]) -> Exposure:
        """Change the exposure and show the settings that this changes, also when it fails."""
        try:
            return command()
        finally:
            try:
                self.node.settings.refresh(camera, camera.EXPOSURE_SETTINGS)
            except DeviceError as error:  # what became of the command counts
                self.node.get_logger().warning(
                    f'settings were not read again: {convert.words(error)}')

    def _remember(self, wanted: Exposure, held: Exposure) -> None:
        """Remember what was commanded, as the camera holds it where it says so."""
        known = self._commanded
        if wanted.f_number is not None or wanted.aperture:  # two names of one quantity
            known = replace(known, f_number=None, aperture='')
        self._commanded = replace(known, **{
            name: value if getattr(held, name) in (None, '') else getattr(held, name)
            for name, value in vars(wanted).items() if value not in (None, '')})

    def connected_first(self, camera: ControlsExposure) -> str:
        """Set the exposure that was commanded, after a reconnect; say what was done."""
        # Before the settings: those that belong to it and are still commanded came later.
        if self._commanded == Exposure():
            return ''
        try:
            held = camera.set_exposure(self._commanded, nearest=True)
        except (Refused, NotSupported, ValueError) as error:
            why = convert.words(error)
            self.node.get_logger().error(f'exposure: could not be applied: {why}')
            return f'not applied: exposure: {why}'
        wishes = ((name, getattr(self._commanded, name), getattr(held, name))
                  for name in QUANTITIES)
        others = ', '.join(  # its range may be another one now, with another lens
            f'{name} {value:.4g} instead of {wanted:.4g}' for name, wanted, value in wishes
            if None not in (wanted, value) and not math.isclose(wanted, value, rel_tol=0.01))
        if not others:
            return 'applied: exposure'
        self.node.get_logger().warning(f'exposure: {others}')
        return f'applied: exposure, but {others}'

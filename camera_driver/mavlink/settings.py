# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a component answers to extended parameters: from its cache, and with what a write did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
import logging
from typing import Any

from pymavlink.dialects.v20 import common as mavlink

from camera_driver.mavlink.camera import Camera
from camera_driver.mavlink.definition import MODE, Parameter
from camera_driver.model import Access

log = logging.getLogger(__name__)

PROGRESS = 1.0  # s between two IN_PROGRESS: QGroundControl waits 3 s for the next answer


class Settings:
    """The extended parameters of a camera. Of its component's thread."""

    def __init__(self, component: int, camera: Camera, changed: Callable[[], None],
                 send: Callable[[Any], None], clock: Callable[[], float]) -> None:
        """
        Begin without any.

        :param component: its id, for the log.
        :param changed: is called when the camera's state may be another one.
        :param send: is given a message for all links.
        :param clock: monotonic seconds.
        """
        self.known: tuple[Parameter, ...] = ()
        self._component = component
        self._camera = camera
        self._changed = changed
        self._send = send
        self._clock = clock
        self._writing: dict[str, float] = {}  # parameter -> when its writer was told

    def asked(self, message: Any) -> Iterator[str]:
        """Yield the names of the parameters that a request is for."""
        for place, one in enumerate(self.known):
            if (message.get_type() == 'PARAM_EXT_REQUEST_LIST' or message.param_index == place
                    or (message.param_index < 0 and message.param_id == one.name)):
                yield one.name

    def message(self, name: str) -> Any:
        """Return a parameter as it is now; None: the model has it no longer."""
        one = self._named(name)
        return one and mavlink.MAVLink_param_ext_value_message(
            name.encode(), self._value(one), one.kind, len(self.known), self.known.index(one))

    def set(self, message: Any) -> None:
        """Write one, as PARAM_EXT_SET asks."""
        one = self._named(message.param_id)
        if one is None:
            self._send(mavlink.MAVLink_param_ext_ack_message(
                message._param_id_raw, message._param_value_raw, message.param_type,
                mavlink.PARAM_ACK_FAILED))
            return
        try:
            value = one.decode(message._param_value_raw, message.param_type)
        except ValueError as error:
            log.warning('component %d: %s', self._component, error)
            self._acknowledge(one.name, mavlink.PARAM_ACK_VALUE_UNSUPPORTED)
            return
        if one.name in self._writing:
            self._acknowledge(one.name, mavlink.PARAM_ACK_IN_PROGRESS)
        elif one.encode(value) == self._value(one):
            self._acknowledge(one.name, mavlink.PARAM_ACK_ACCEPTED)
        elif one.setting.access is Access.READ_ONLY:
            self._acknowledge(one.name, mavlink.PARAM_ACK_FAILED)
        else:
            self._writing[one.name] = 0.0
            self._acknowledge(one.name, mavlink.PARAM_ACK_IN_PROGRESS)
            self._camera.set(one.setting.name, value, partial(self._written, one.name))

    def tick(self, now: float) -> None:
        """Tell those who wait for a write that it is not done yet."""
        for name, told in self._writing.items():
            if now >= told + PROGRESS:
                self._acknowledge(name, mavlink.PARAM_ACK_IN_PROGRESS)

    def _named(self, name: str) -> Parameter | None:
        return next((one for one in self.known if one.name == name), None)

    def _value(self, one: Parameter) -> bytes:
        return one.encode('photo' if one.setting is MODE else
                          self._camera.state.values.get(one.setting.name))

    def _written(self, name: str, problem: str) -> None:
        del self._writing[name]
        if problem:
            log.error('component %d: %s: %s', self._component, name, problem)
        self._changed()
        self._acknowledge(name, mavlink.PARAM_ACK_FAILED if problem else
                          mavlink.PARAM_ACK_ACCEPTED)

    def _acknowledge(self, name: str, result: int) -> None:
        """Answer a write, with what the camera holds; all stations may want to know."""
        if result == mavlink.PARAM_ACK_IN_PROGRESS:
            self._writing[name] = self._clock()
        one = self._named(name)
        if one:
            self._send(mavlink.MAVLink_param_ext_ack_message(
                name.encode(), self._value(one), one.kind, result))

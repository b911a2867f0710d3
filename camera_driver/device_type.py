# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a device type is made of: the names of its device, simulator, codec and node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TYPE_CHECKING

from camera_driver.errors import NotSupported

if TYPE_CHECKING:
    from camera_driver.device import Device
    from camera_driver.link.dialogue import Listener
    from camera_driver.link.redaction import Rule
    from camera_driver.sim.simulator import Simulator

PLAIN_NODE = 'camera_driver.nodes.camera:node_of'


@dataclass(frozen=True)
class DeviceType:
    """One device type, by the names of its parts: importing one type never imports another."""

    name: str
    title: str
    device: str  # 'module:Class'
    simulator: str
    codec: str  # module with encode, Decoder: for reading wire traces
    explain: str  # function: frame -> what it says, in words
    node: str = ''  # empty: what its abilities give it, and nothing of its own
    commands: str = ''  # 'module:TUPLE' of cli.job.Command that only this type has
    redact: str = ''  # class: the rule of link.redaction; empty: its traces cannot be redacted
    facts: str = ''  # 'module:FACTS', what its protocol's document says without proof
    listener: str = ''  # class: the listener of link.dialogue, which tells what answers what

    def device_class(self) -> type[Device]:
        """Import and return the class of the device."""
        return _load(self.device)  # type: ignore[no-any-return]

    def simulator_class(self) -> type[Simulator]:
        """Import and return the class of the simulated device; it needs no arguments."""
        return _load(self.simulator)  # type: ignore[no-any-return]

    def codec_module(self) -> Any:
        """Import and return the codec."""
        return import_module(self.codec)

    def explainer(self) -> Callable[[Any], str]:
        """Import and return the function that puts a frame into words."""
        return _load(self.explain)  # type: ignore[no-any-return]

    def redaction_rule(self) -> Callable[[], Rule]:
        """Import and return what makes the rule of redaction. Raises NotSupported."""
        if not self.redact:
            raise NotSupported(f'{self.name} does not say what of a trace is private: it cannot '
                               'be redacted')
        return _load(self.redact)  # type: ignore[no-any-return]

    def comparable(self, data: bytes) -> bytes:
        """Return what a redacted trace holds of what a host said; without a rule, all."""
        from camera_driver.link.redaction import redacted_bytes
        return redacted_bytes(data, self.codec_module(), self.redaction_rule()()) if (
            self.redact) else data

    def unproven(self) -> Sequence[Any]:
        """Import and return its `conform.facts.Fact`s."""
        return _load(self.facts) if self.facts else ()

    def listener_class(self) -> Callable[[], Listener]:
        """Import and return what makes its listener. Raises NotSupported."""
        if not self.listener:
            raise NotSupported(f'{self.name} does not say what answers what on its line: there '
                               'are no reports of it')
        return _load(self.listener)  # type: ignore[no-any-return]

    def node_class(self) -> Any:
        """Import and return the class of the ROS node."""
        return _load(self.node) if self.node else _load(PLAIN_NODE)(self.name)

    def own_commands(self) -> Sequence[Any]:
        """Import and return the commands that only this type has."""
        return _load(self.commands) if self.commands else ()


def _load(path: str) -> Any:
    module, _, name = path.partition(':')
    return getattr(import_module(module), name)

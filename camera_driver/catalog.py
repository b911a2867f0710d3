# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The device types: name -> where its device, simulator and node live. The only such list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from camera_driver.device import Device
    from camera_driver.sim.simulator import Simulator


@dataclass(frozen=True)
class DeviceType:
    """One device type, by the names of its parts: importing one type never imports another."""

    name: str
    title: str
    device: str  # 'module:Class'
    simulator: str
    codec: str  # module with encode, Decoder: for reading wire traces
    explain: str  # function: frame -> what it says, in words
    node: str = ''  # empty: that of its abilities, without anything of its own
    commands: str = ''  # 'module:TUPLE' of command line commands that only this type has

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

    def node_class(self) -> Any:
        """Import and return the class of the ROS node."""
        return _load(self.node)

    def own_commands(self) -> Sequence[Any]:
        """Import and return the commands that only this type has."""
        return _load(self.commands) if self.commands else ()


def _load(path: str) -> Any:
    module, _, name = path.partition(':')
    return getattr(import_module(module), name)


def _type(name: str, title: str, device: str, simulator: str, commands: str = '') -> DeviceType:
    folder = f'camera_driver.devices.{name}'
    stem = device.partition(':')[2].removesuffix('Camera').removesuffix('Switcher')
    return DeviceType(
        name, title, f'{folder}.{device}', f'{folder}.simulator.simulator:{simulator}',
        f'{folder}.codec', f'{folder}.explain:explain',
        f'camera_driver.nodes.{name}_node:{stem}Node', commands)


TYPES: Mapping[str, DeviceType] = {t.name: t for t in (
    _type('sierra', 'Epson, Sanyo, Agfa, Olympus, Nikon still cameras',
          'camera:SierraCamera', 'SierraSimulator', 'camera_driver.cli.sierra:COMMANDS'),
    _type('fuji_mx', 'Fuji MX, DX, DS still cameras and clones', 'camera:FujiMxCamera',
          'FujiMxSimulator'),
    _type('ix_link', 'Phase One Industrial aerial cameras', 'camera:IxLinkCamera',
          'IxLinkSimulator', 'camera_driver.cli.ix_link:COMMANDS'),
    _type('kp_fd30', 'Hitachi KP-FD30 colour video camera', 'camera:KpFd30Camera',
          'KpFd30Simulator', 'camera_driver.cli.kp_fd30:COMMANDS'),
    _type('intelix', 'Intelix DIGI-HD-8X8 video matrix', 'switcher:IntelixSwitcher',
          'IntelixSimulator'),
)}


def find(name: str) -> DeviceType:
    """Return a device type. Raises ValueError that names those there are."""
    try:
        return TYPES[name]
    except KeyError:
        raise ValueError(f'no device type {name!r}; there are: {", ".join(TYPES)}') from None

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The device types: the built-in ones, and those of other packages.

A package declares a `DeviceType` and names it as an entry point of the group
`camera_driver.device_types`, as examples/sixth_device does.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator, Mapping
import logging

from camera_driver.device_type import DeviceType

GROUP = 'camera_driver.device_types'

log = logging.getLogger(__name__)


def _type(name: str, title: str, device: str, simulator: str, commands: str = '') -> DeviceType:
    folder = f'camera_driver.devices.{name}'
    stem = device.partition(':')[2].removesuffix('Camera').removesuffix('Switcher')
    return DeviceType(
        name, title, f'{folder}.{device}', f'{folder}.simulator.simulator:{simulator}',
        f'{folder}.codec', f'{folder}.explain:explain',
        f'camera_driver.nodes.{name}_node:{stem}Node', commands, f'{folder}.redact:Rule',
        f'{folder}.facts:FACTS', f'{folder}.listener:Listener')


BUILT_IN: Mapping[str, DeviceType] = {t.name: t for t in (
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


def _installed() -> Iterator[DeviceType]:
    """Yield the device types of other packages; one that cannot be used is named and left out."""
    from importlib.metadata import entry_points  # a fifth of what a command loads
    for entry in entry_points(group=GROUP):
        try:
            found = entry.load()
            if not isinstance(found, DeviceType) or found.name in BUILT_IN:
                raise ValueError('it is not a DeviceType, or has the name of a built-in one')
            yield found
        except Exception as error:  # of a package that we do not know
            log.warning('device type %s (%s) left out: %s', entry.name, entry.value, error)


class _Types(UserDict[str, DeviceType]):
    """All types; other packages are looked through when one of theirs, or all, are asked for."""

    _looked = False

    def __getitem__(self, name: str) -> DeviceType:
        return self.data[name] if name in BUILT_IN else self._all()[name]

    def __contains__(self, name: object) -> bool:
        return name in BUILT_IN or name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, DeviceType]:
        if not self._looked:
            self._looked = True
            self.data |= {kind.name: kind for kind in _installed()}
        return self.data


TYPES = _Types(BUILT_IN)


def find(name: str) -> DeviceType:
    """Return a device type. Raises ValueError that names those there are."""
    try:
        return TYPES[name]
    except KeyError:
        raise ValueError(f'no device type {name!r}; there are: {", ".join(TYPES)}') from None

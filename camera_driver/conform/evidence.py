# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What reports of many devices say of facts: what the documents of a type rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from camera_driver.conform.facts import Verdict
from camera_driver.conform.report import clean, Report, verify
from camera_driver.device_type import DeviceType

SETTLED = (Verdict.CONFIRMED, Verdict.REFUTED)
NONE = ('No report of a real device is among the [reports](../{up}reports/README.md): what is '
        'said here rests on documents, simulators and other implementations alone.')


class Evidence:
    """The devices of one type that there are reports of, each once, and what they say of facts."""

    def __init__(self, kind: DeviceType, reports: Iterable[Report]) -> None:
        """Judge all reports anew. Raises StorageError when one does not follow from its trace."""
        newest: dict[tuple[str, ...], Report] = {}
        for report in sorted(reports, key=lambda one: str(one.about.get('date'))):
            if report.about.get('type') == kind.name:
                device = report.about.get('device', {})
                who = ('manufacturer', 'model', 'firmware_version', 'serial_number')
                newest[tuple(str(device.get(name, '')) for name in who)] = report
        self.devices: Sequence[str] = [_name(who) for who in newest]
        self._of: dict[str, dict[str, list[str]]] = {}
        for name, report in zip(self.devices, newest.values()):
            for one in verify(kind, report)[0]['facts']:
                self._of.setdefault(one['id'], {}).setdefault(one['verdict'], []).append(name)

    def of(self, fact: str) -> str:
        """Say what is known of a fact: confirmed on whom, refuted on whom; empty: nothing."""
        found = self._of.get(fact, {})
        return '; '.join(f'{verdict.value} on {len(names)}: {", ".join(names)}'
                         for verdict in SETTLED if (names := found.get(verdict.value)))

    def sentence(self, up: str = '') -> str:
        """Say what a page rests on; `up`: the way from it to docs/."""
        if not self.devices:
            return NONE.format(up=up)
        refuted = sum(Verdict.REFUTED.value in found for found in self._of.values())
        confirmed = sum(Verdict.CONFIRMED.value in found for found in self._of.values())
        devices = f'{len(self.devices)} device{"s" if len(self.devices) > 1 else ""}'
        return (f'[Reports](../{up}reports/README.md) of {devices} ({", ".join(self.devices)}) '
                f'confirm {confirmed} of the {len(self._of)} facts that no document proves, and '
                f'refute {refuted}.')


def _name(who: Sequence[str]) -> str:
    return clean(' '.join(filter(None, who[:3])).replace('|', '/')) or 'a model that is not told'

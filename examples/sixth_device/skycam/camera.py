# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The camera in a photographer's words."""

from collections.abc import Callable, Mapping

from skycam.session import SkySession

from camera_driver.abilities import TakesPictures
from camera_driver.device import no_progress
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    DeviceStatus, Identity, LinkStatistics, Setting, SettingValue, Shot)
from camera_driver.operations import carry_out, confirmed, Evidence, Outcome, Settlement


class SkyCamera(TakesPictures):
    """One SC-6."""

    LINE = LineSettings(9600)
    OPTIONS = (Setting('keep_alive', float, 'period of questions in idle; 0: none', 's',
                       default=5.0, minimum=0.0, maximum=60.0),)
    SETTINGS = (
        Setting('gain', int, 'gain', 'dB', minimum=0, maximum=8, source='README.md'),
        Setting('filter', str, 'filter before the lens', raw_allowed=False, source='README.md',
                words={'clear': 0, 'red': 1, 'green': 2, 'blue': 3}))

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        self.session = SkySession(port)

    def open(self) -> Identity:
        return Identity('skycam', 'Example', *self.session.ask('ID').split(','))

    def close(self) -> None:
        self.session.port.close()

    def poll(self) -> DeviceStatus:
        return DeviceStatus(details={'detector': self.session.ask('TEMP') + ' K'})

    @property
    def statistics(self) -> LinkStatistics:
        return self.session.channel.counters.snapshot()

    def get(self, name: str) -> SettingValue | None:
        held = self.session.ask(self.setting(name).name.upper()).lower()
        return int(held) if name == 'gain' else held

    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        text = str(self.setting(name).validate(value)).upper()
        confirmed(f'{name}: {text}', lambda attempt: self.session.ask(name.upper(), text, attempt),
                  lambda: self.get(name), lambda held: held == value)
        return value

    def capture(self, triggered: Callable[[float], None] = no_progress) -> Shot:
        evidence = {'operation': 'capture', 'count': int(self.session.ask('COUNT'))}
        shot, found = carry_out(evidence, lambda: self.session.expose(triggered), self.settle,
                                self.record)
        return shot or Shot(self.session.changed_at, None, settled=found.words if found else '')

    def settle(self, evidence: Evidence) -> Settlement:
        """Say by the count whether the picture was taken."""
        before, count = evidence['count'], int(self.session.ask('COUNT'))
        outcome = {0: Outcome.NOT_DONE, 1: Outcome.DONE}.get(count - before, Outcome.UNKNOWN)
        return Settlement(outcome, f'Its count was {before} and is {count}')

    def send_message(self, message: bytes) -> bytes:
        word, _, value = message.decode('ascii').partition('=')
        return self.session.ask(word, value, tries=1).encode()

    def questions(self) -> Mapping[str, Callable[[], object]]:
        return {'echo': self.open, 'detector': lambda: self.poll().details['detector']}

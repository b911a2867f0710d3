# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A KP-FD30 in a photographer's words (kp_fd30.md, section 4).

It is a video camera: it takes no pictures by itself and keeps none; its video is always on. What
is written holds until power-off, unless it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from camera_driver.abilities import ControlsExposure, HasRegisters, HasVideo, KeepsSettings
from camera_driver.device import no_progress
from camera_driver.devices.kp_fd30 import snapshot
from camera_driver.devices.kp_fd30.bank import Bank, RESTART
from camera_driver.devices.kp_fd30.codec import Command, Control, GLOBAL, READ
from camera_driver.devices.kp_fd30.exposure import ExposureControl
from camera_driver.devices.kp_fd30.registers import (
    address, BY_NAME, Register, register_at, REGISTERS, TABLE)
from camera_driver.devices.kp_fd30.session import KpFd30Session, LINE
from camera_driver.devices.kp_fd30.settings import Row, ROW_OF, ROWS
from camera_driver.devices.kp_fd30.shutter import parse_presets
from camera_driver.errors import NotSupported, ProtocolError, Refused
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    DeviceStatus, Difference, Exposure, Identity, LinkStatistics, ProgressCallback, Range, Setting,
    SettingValue, When)
from camera_driver.operations import Evidence, Kind, once, operation, Settlement

AREAS = (1, 2)
MOST_CHECKED = 8  # values that one poll compares
T_SECOND = 0.2  # s; after the first question: two replies mean that the first one was late

MODE = BY_NAME['shutter_mode']
HARMLESS = BY_NAME['alc_mode']  # its read command is printed


class KpFd30Camera(ControlsExposure, HasVideo, HasRegisters, KeepsSettings):
    """One Hitachi KP-FD30."""

    LINE: ClassVar[LineSettings] = LINE
    OPTIONS: ClassVar[tuple[Setting, ...]] = (
        Setting('camera_number', int, 'Number of the camera, as set on the camera; 255: every '
                'camera on the line obeys, for a line with a single camera',
                default=GLOBAL, minimum=0,
                maximum=255, source='kp_fd30.md 4.1'),
        Setting('keep_alive', float, 'Interval between harmless polls that detect a lost camera; '
                '0: no polls', 's', default=5.0, minimum=0.0, maximum=600.0,
                source='kp_fd30.md 10.3'),
        Setting('preset_times', str, 'Exposure times of preset shutter codes that you know from '
                'the manual, in addition to the five legible ones: CODE=SECONDS, ..., such as '
                '0x02=7.0, 0x21=1/10000', default='', source='kp_fd30.md 4.4'),
        Setting('allow_factory_store', bool, 'Allow writing to EEPROM and to factory values',
                default=False, source='kp_fd30.md 4.1, 4.6', when=When.START),
    )
    SETTINGS: ClassVar[tuple[Setting, ...]] = tuple(row.setting for row in ROWS)
    EXPOSURE_SETTINGS: ClassVar[tuple[str, ...]] = (
        'shutter_mode', 'preset_shutter', 'variable_shutter')
    KEPT: ClassVar[tuple[str, ...]] = tuple(
        row.name for row in TABLE if row.readable and not row.factory)

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. Raises ValueError for options of no use."""
        values = {o.name: o.validate(options.get(o.name, o.default)) for o in self.OPTIONS}
        self._presets = parse_presets(str(values['preset_times']))
        self.session = KpFd30Session(port, int(values['camera_number']))
        self.bank = Bank(self.session, bool(values['allow_factory_store']))
        self._exposure = ExposureControl(self.bank, self._presets)

    # Device

    def open(self) -> Identity:
        """
        Ask one harmless question; the protocol has no way to tell one camera from another.

        What is answered may still be meant for a program that was killed: it is not used, and a
        second reply that follows is dropped.
        """
        self.session.read(*address(HARMLESS))
        self.session.listen(T_SECOND)
        return Identity('kp_fd30')

    def close(self) -> None:
        """Close the port; the camera needs no farewell."""
        self.session.port.close()

    def poll(self) -> DeviceStatus:
        """Ask for the shutter mode, and whether the settings are still what they were."""
        number = self.session.camera
        mode = self.bank.read(MODE)
        self.bank.check(MOST_CHECKED)
        return DeviceStatus(details={
            'line': str(self.session.port.line),
            'camera number': 'any (255)' if number == GLOBAL else str(number),
            'shutter mode': MODE.describe(self.bank.known.get(MODE.name, mode))})

    @property
    def sessions(self) -> int:
        """How often the camera was found with other values than before, and 1."""
        return 1 + self.bank.resets

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried."""
        return self.session.channel.counters.snapshot()

    def settings(self) -> Mapping[str, Setting]:
        """Return the settings, with the preset times that the user has given."""
        return {row.setting.name: replace(row.setting, words=self._presets)
                if row.setting.name == 'preset_shutter' else row.setting for row in ROWS}

    def get(self, name: str) -> SettingValue | None:
        """Return what the camera holds; None when that is not a value of this setting."""
        row, setting = self._row(name)
        return row.decode(self.bank.read(row.register), setting)

    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        """Write a setting, until power-off, and read it back."""
        row, setting = self._row(name)
        data = row.encode(setting.validate(value), setting)
        self.bank.put(row.register, data)
        return row.decode(data, setting)

    def send_message(self, message: bytes) -> bytes:
        """Send the seven bytes of one text; returns the reply's three, or the ACK to a write."""
        if len(message) != 7 or message[0] > 1 or message[2] & ~READ not in AREAS:
            raise ValueError('a message is 7 bytes: status (00, or 01: store), camera number (ff: '
                             'any), area (01, 02; read: 81, 82), register, and three bytes of '
                             'data (kp_fd30.md 2.2)')
        command = Command(message[0], message[1], message[2], message[3], message[4:])
        if command.reads:
            self.bank.may_read(command.area & ~READ, command.register)
            return self.session.request(command)
        self.bank.may_write(command.area, command.register, bool(command.status))
        register = register_at(command.area, command.register)
        with once('take this message', self.session.port.name) as attempt:
            self.session.request(command, self.bank.leaving(register, attempt))
        return bytes([Control.ACK])

    def questions(self) -> Mapping[str, Callable[[], object]]:
        """Return all settings, held against what is known, and one of them."""
        return {'settings': self._read_all, 'echo': lambda: self.bank.read(HARMLESS)}

    def _read_all(self) -> str:
        told, values, differ = self.bank.known, {}, []
        for name, setting in self.settings().items():
            row = ROW_OF[name]
            held = self.bank.read(row.register)
            values[name] = row.decode(held, setting)
            if told.get(name, held) != held:
                differ.append(f'{name} {row.register.describe(held)} instead of '
                              f'{row.register.describe(told[name])}')
        if differ:
            raise Refused(f'the camera holds other values than before: {", ".join(differ)}')
        return ', '.join(f'{name} {value}' for name, value in values.items())

    # Camera

    def exposure(self) -> Exposure:
        """Return the exposure time, where the shutter's mode has one that is known."""
        return self._exposure.read()

    def exposure_ranges(self) -> Mapping[str, Range]:
        """Return what the variable shutter can; 0 (aes) and preset times can be set too."""
        return self._exposure.ranges()

    def set_exposure(self, exposure: Exposure, nearest: bool = False) -> Exposure:
        """Set the exposure time (shutter mode and its value); 0 is automatic (aes)."""
        return self._exposure.write(exposure, nearest)

    def step_exposure(self, quantity: str, steps: float) -> Exposure:
        """Change the exposure time by steps of EV; positive is brighter."""
        return self._exposure.step(quantity, steps)

    @operation(Kind.ONCE, 'restarting the white balance')
    def restart_white_balance(self) -> None:
        """Begin the white adjustment of AWC mode PRESET again; never sent twice on doubt."""
        self.bank.restart_white_balance(self.record)

    def read_register(self, register: int, kind: str = 'int') -> int | bytes:
        """Read register NN of area 01 (0xNN or 0x1NN) or of the factory area 02 (0x2NN)."""
        area, number, row = self._find(register, kind)
        self.bank.may_read(area, number)
        data = self.session.read(area, number)
        if kind == 'bytes':
            return data
        assert row
        value = row.value(data)
        if value is None:
            raise ProtocolError(f'register {area:02x}/{number:02x} ({row.name}): {data.hex(" ")} '
                                f'is not a value of {row.size} bytes; read it as bytes')
        return value

    def write_register(self, register: int, value: int | bytes) -> None:
        """Write a raw register (numbers as of `read_register`) until power-off; read it back."""
        area, number, row = self._find(register, 'int' if isinstance(value, int) else 'bytes')
        if isinstance(value, int):
            assert row
            value = row.data(value)
        if len(value) != 3:
            raise ValueError(f'register {area:02x}/{number:02x}: {len(value)} bytes; it takes '
                             'three, e.g. 80 00 00')
        if (area, number) != address(RESTART):
            self.bank.put(register_at(area, number), value)
        elif any(value):
            raise ValueError('register 01/07 is an action, whose data are 00 00 00')
        else:
            self.restart_white_balance()

    # EEPROM and snapshots.

    @operation(Kind.ONCE, 'storing settings')
    def store(self, names: Sequence[str] = ()) -> Sequence[str]:
        """Write what these values (none: all of KEPT) hold to EEPROM; returns their names."""
        for name in names:
            if name not in self.KEPT:
                raise NotSupported(f'no setting {name!r}; there are: {", ".join(self.KEPT)}')
        names = tuple(names) or self.KEPT
        self.bank.put_all([(BY_NAME[name], b'') for name in names],
                          lambda row, _: self.bank.store(row, None, self.record), store=True)
        return names

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of a store: the value tells, where it was another one before."""
        return self.bank.settle(evidence)

    def save(self, progress: ProgressCallback = no_progress) -> str:
        """Return all registers that can be read, as JSON."""
        return snapshot.save(self.bank, progress)

    def compare(self, text: str, factory: bool = False,
                progress: ProgressCallback = no_progress, store: bool = False
                ) -> Sequence[Difference]:
        """Return what loading a saved text would write; with `store` all of it."""
        return snapshot.compare(self.bank, text, factory, progress, store)

    @operation(Kind.SET, 'loading settings')
    def load(self, differences: Sequence[Difference], store: bool = False,
             written: Callable[[Difference], None] = no_progress) -> None:
        """Write what `compare` found."""
        snapshot.load(self.bank, differences, store, written, self.record)

    def setting_of(self, difference: Difference) -> SettingValue | None:
        """Return the value of a setting that a difference would write; None: it is none."""
        setting = self.settings().get(difference.name)
        return ROW_OF[difference.name].decode(difference.data, setting) if setting else None

    def _row(self, name: str) -> tuple[Row, Setting]:
        setting = self.setting(name)
        return ROW_OF[name], setting

    def _find(self, register: int, kind: str) -> tuple[int, int, Register | None]:
        """Return area, number and row of a raw register."""
        area, number = register >> 8 or 1, register & 0xFF
        if kind not in ('int', 'bytes'):
            raise ValueError(f'kind: {kind!r}; allowed: int, bytes')
        if area not in AREAS:
            raise ValueError(f'register {register:#x}: 0x00 to 0xff (area 01) or 0x200 to 0x2ff '
                             '(area 02)')
        row = REGISTERS.get((area, number))
        if kind == 'int' and (row is None or row.size is None):
            raise ValueError(f'register {area:02x}/{number:02x}: how many bytes its value has is '
                             'not known; give and take it as three bytes')
        return area, number, row

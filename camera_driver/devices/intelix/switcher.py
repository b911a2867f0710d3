# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
An Intelix DIGI-HD-8X8 in an installer's words (intelix.md, section 4).

Inputs, outputs and presets are counted from 1 here; what number the matrix gives to the first one
is the option `index_base`. The command that routes one input to one output is not known: routing
goes through presets, which re-route every output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import logging
from pathlib import Path
from typing import ClassVar

from camera_driver.abilities import HasLocks, Routes
from camera_driver.devices.intelix import passwords
from camera_driver.devices.intelix.codec import CHECKSUMS, Concealer, Message
from camera_driver.devices.intelix.commands import (
    INPUT_NAME_SIZE, INPUTS, LOCKED, MESSAGES, OUTPUTS, PRESET_NAME_SIZE, SUCCESS, text_bytes,
    text_of, UNLOCKED)
from camera_driver.devices.intelix.explain import explain
from camera_driver.devices.intelix.session import IntelixSession, LINE
from camera_driver.errors import OutcomeUnknown, ProtocolError, Refused
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings, Port
from camera_driver.link.trace import TracingPort
from camera_driver.model import DeviceStatus, Identity, LinkStatistics, Setting, SettingValue

log = logging.getLogger(__name__)

# Lock -> its messages: lock, unlock, ask, report, change the password.
LOCKS: Mapping[str, tuple[str, str, str, str, str]] = {
    'panel': ('set_lock', 'unlock_panel', 'get_lock_status', 'lock_status_report',
              'set_unlock_password'),
    'admin': ('set_admin_lock', 'unlock_admin', 'get_admin_lock_status',
              'admin_lock_status_report', 'set_admin_password'),
}
LOCK_OF_REPORT = {words[3]: lock for lock, words in LOCKS.items()}
NOT_OF_ROUTING = (0x00, 0x01)  # classes: locks, names of inputs


class IntelixSwitcher(Routes, HasLocks):
    """One Intelix matrix."""

    LINE: ClassVar[LineSettings] = LINE
    OPTIONS: ClassVar[tuple[Setting, ...]] = (
        Setting('checksum', str, 'Checksum of the messages, both ways; the known ones have none, '
                'the others are for experiments', words={name: number for number, name
                                                         in enumerate(CHECKSUMS)},
                raw_allowed=False, default='none', source='intelix.md 2.4'),
        Setting('index_base', int, 'Number that the matrix gives to its first input, output and '
                'preset; which one is not known', values=(0, 1), default=1,
                source='intelix.md 4.3'),
        Setting('keep_alive', float, 'Period of harmless questions that notice a matrix that is '
                'gone; 0: none', 's', default=5.0, minimum=0.0, maximum=600.0,
                source='intelix.md 4.1'),
        Setting('panel_password_file', str, 'File with the password that unlocks the front panel; '
                'empty: it is in the environment as INTELIX_PANEL_PASSWORD', default='',
                source='intelix.md 4.1'),
        Setting('admin_password_file', str, 'File with the password that unlocks admin; empty: it '
                'is in the environment as INTELIX_ADMIN_PASSWORD', default='',
                source='intelix.md 4.1'),
    )
    INPUTS: ClassVar[int] = INPUTS
    OUTPUTS: ClassVar[int] = OUTPUTS
    LOCKS: ClassVar[tuple[str, ...]] = tuple(LOCKS)

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. Raises ValueError for options of no use."""
        values = {o.name: o.validate(options.get(o.name, o.default)) for o in self.OPTIONS}
        if isinstance(port, TracingPort):
            port.conceal(Concealer)
        self._base = int(values['index_base'])
        self._files = {lock: str(values[f'{lock}_password_file']) for lock in LOCKS}
        self._routing: tuple[int, ...] | None = None
        self._locks: dict[str, bool | None] = dict.fromkeys(LOCKS)
        self._unknown = ''  # the last message that no table has
        self._noticed: Callable[[], None] = lambda: None
        self._closely = False
        self.session = IntelixSession(port, str(values['checksum']), self._take)

    # Device

    def open(self) -> Identity:
        """Ask whether it is there, and how it is locked; the protocol tells no more of it."""
        self.session.request('are_you_there')
        self._set_routing(None)
        for lock in LOCKS:
            self._ask_lock(lock)
        return Identity('intelix')

    def close(self) -> None:
        """Close the port; what the matrix shows is no longer known."""
        self._set_routing(None)
        self.session.port.close()

    def poll(self) -> DeviceStatus:
        """Ask whether it is there, and take in what it has reported."""
        self.session.request('are_you_there')
        details = {'routing': _words(self._routing)}
        for lock, locked in self._locks.items():
            details[lock] = {None: 'unknown', True: 'locked', False: 'unlocked'}[locked]
        if self._unknown:
            details['last unknown message'] = self._unknown
        return DeviceStatus(details=details)

    def listen(self) -> None:
        """
        Take in what the matrix has reported by itself.

        Silence alone may be that of a broken line: where it is watched closely it is asked
        whether it is there, and what it had reported before comes before its answer.
        """
        if self._closely and self._routing is not None:
            self.session.request('are_you_there')
        else:
            self.session.listen()
        self._noticed()

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried."""
        return self.session.channel.counters.snapshot()

    def send_message(self, message: bytes) -> bytes:
        """
        Send class, id and parameters; returns those of the report, nothing when none came.

        Where it may change the routing that is unknown until the matrix reports it.
        """
        kind = MESSAGES.get(tuple(message[:2]))
        if kind is None or kind.may_route or len(message) != 2 + kind.size:
            self._set_routing(None)
        return self.session.send_raw(message)

    def questions(self) -> Mapping[str, Callable[[], object]]:
        """Return whether it is there, the locks, and the first preset."""
        def locks() -> str:
            for words in LOCKS.values():
                self.session.request(words[2])
            return ', '.join(f'{lock} {"locked" if held else "unlocked"}'
                             for lock, held in self._locks.items())

        return {'echo': lambda: self.session.request('are_you_there'), 'locks': locks,
                'preset 1': lambda: f'{self.preset_name(1)!r}: {_words(self.preset(1))}'}

    # Switcher

    def routing(self) -> Sequence[int] | None:
        """Return what the matrix reported last; it cannot be asked (4.1)."""
        return self._routing

    @property
    def heard_until(self) -> float:
        """The time by which all has been heard that the matrix had reported: it has answered."""
        return self.session.heard_until

    def watch(self, noticed: Callable[[], None], closely: bool = False) -> None:
        """Call `noticed` whenever the routing is another, or it was listened to."""
        self._noticed, self._closely = noticed, closely

    def preset(self, number: int) -> Sequence[int]:
        """Return the inputs that a preset gives to output 1, 2, ..."""
        data = self.session.request('get_preset', self._preset(number))
        return self._inputs(data[1:])

    def set_preset(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """Define a preset, which changes no output before it is triggered."""
        wanted = self._preset(number) + self._routes(inputs)
        data = self.session.request('set_preset', wanted)
        held = self._inputs(data[1:])
        if data != wanted:
            raise Refused(f'preset {number}: the matrix holds {_words(held)} after it was told '
                          f'{_words(inputs)}; is admin locked?')
        return held

    def trigger_preset(self, number: int) -> Sequence[int]:
        """Make a preset live on every output and return the routing that the matrix reports."""
        self._trigger(number, lambda found: True)
        assert self._routing is not None
        return self._routing

    def route(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """Set a preset, trigger it, and make sure that the matrix reports just this."""
        wanted = self._routes(inputs)
        self.set_preset(number, inputs)
        try:
            self._trigger(number, lambda found: found == wanted)
        except OutcomeUnknown:
            if self._routing is None:
                raise
            raise Refused(f'the matrix reports {_words(self._routing)} after it was told '
                          f'{_words(inputs)} by preset {number}') from None
        assert self._routing is not None
        return self._routing

    def preset_name(self, number: int) -> str:
        """Return the name of a preset."""
        return text_of(self.session.request('get_preset_name', self._preset(number))[1:])

    def set_preset_name(self, number: int, name: str) -> str:
        """Name a preset, and read it back: that the matrix reports it by itself is not sure."""
        text = text_bytes(name, PRESET_NAME_SIZE, 'name')
        preset = self._preset(number)
        self.session.send('set_preset_name', preset + text)
        data = self.session.request('get_preset_name', preset)[1:]
        if data != text:
            raise Refused(f'preset {number} is called {text_of(data)!r} after it was named '
                          f'{name!r}; is admin locked?')
        return text_of(data)

    def set_input_name(self, number: int, name: str) -> None:
        """Name an input; no message is known that would tell the name."""
        text = text_bytes(name, INPUT_NAME_SIZE, 'name')
        self.session.send('set_input_name', self._wire(number, INPUTS, 'input') + text)
        self.session.request('are_you_there')

    def locked(self, lock: str) -> bool | None:
        """Ask whether 'panel' or 'admin' is locked; None: the matrix does not tell."""
        return self._ask_lock(_known(lock))

    def set_lock(self, lock: str, locked: bool) -> None:
        """Lock or unlock; nothing is sent, and no password needed, when it is so already."""
        if self.locked(lock) == locked:
            return
        words = LOCKS[lock]
        if locked:
            self.session.request(words[0])
        else:
            self.session.request(words[1], passwords.find(lock, self._files[lock]))
        held = self._locks[lock]  # as it reported
        told = self._ask_lock(lock)
        if (held if told is None else told) != locked:
            raise Refused(f'the {lock} stays {"unlocked" if locked else "locked"}'
                          + ('' if locked else '; is the password the right one?'))

    def set_password(self, lock: str, file: Path) -> None:
        """Give a lock the password that stands in a file; never sent twice on doubt."""
        password = passwords.read('new password', file)
        result, = self.session.request(LOCKS[_known(lock)][4], password)
        if result != SUCCESS:
            raise Refused(f'the matrix refuses the new password of the {lock}; admin has to be '
                          'unlocked for it')

    # Numbers of people and of the matrix.

    def _wire(self, number: int, most: int, what: str) -> bytes:
        if not 1 <= number <= most:
            raise ValueError(f'{what} {number}: there are 1 to {most}')
        return bytes([number - 1 + self._base])

    def _preset(self, number: int) -> bytes:
        """Return the matrix's number of a preset; how many there are is not known."""
        return self._wire(number, 256 - self._base, 'preset')

    def _routes(self, inputs: Sequence[int]) -> bytes:
        if len(inputs) != OUTPUTS:
            raise ValueError(f'{len(inputs)} inputs: there has to be one for each of the '
                             f'{OUTPUTS} outputs')
        return b''.join(self._wire(number, INPUTS, 'input') for number in inputs)

    def _inputs(self, data: bytes) -> tuple[int, ...]:
        """Return the inputs; 0 for what is the number of none, such as perhaps 'off' (4.3)."""
        numbers = (byte - self._base + 1 for byte in data)
        return tuple(number if 1 <= number <= INPUTS else 0 for number in numbers)

    # What the matrix says.

    def _take(self, message: Message | Damaged) -> None:
        """
        Take note of a message, whether it was asked for or not.

        What may have been the report of a change and cannot be read leaves the routing unknown.
        """
        if isinstance(message, Damaged):
            self._doubt(f'damaged: {message.reason}')
            return
        kind = MESSAGES.get(message.key)
        data = message.parameters
        if kind is None or kind.to_device or len(data) != kind.size:
            self._unknown = explain(message)
            log.info('the matrix says what is not understood: %s', self._unknown)
            if message.data[0] not in NOT_OF_ROUTING:
                self._doubt(self._unknown)
        elif kind.name == 'all_crosspoints_status_report':
            self._set_routing(self._inputs(data))
        elif kind.name in LOCK_OF_REPORT:
            self._locks[LOCK_OF_REPORT[kind.name]] = {LOCKED: True, UNLOCKED: False}.get(data[0])

    def _ask_lock(self, lock: str) -> bool | None:
        """Ask for a lock; None: it does not answer this, and may be right (8, item 9)."""
        try:
            self.session.request(LOCKS[lock][2])
        except ProtocolError as error:
            log.debug('%s', error)
            return None
        return self._locks[lock]

    def _trigger(self, number: int, accept: Callable[[bytes], bool]) -> None:
        preset = self._preset(number)
        self._set_routing(None)  # until the matrix has reported it
        self.session.request('trigger_preset', preset, accept)

    def _doubt(self, what: str) -> None:
        if self._routing is not None:
            log.warning('the matrix sent what may have been a report of another routing (%s): the '
                        'routing is not known until it reports it again', what)
        self._set_routing(None)

    def _set_routing(self, routing: tuple[int, ...] | None) -> None:
        if routing != self._routing:
            self._routing = routing
            self._noticed()


def _known(lock: str) -> str:
    if lock not in LOCKS:
        raise ValueError(f'lock {lock!r}: there are {", ".join(LOCKS)}')
    return lock


def _words(inputs: Sequence[int] | None) -> str:
    return 'unknown' if inputs is None else ' '.join(str(number) for number in inputs)

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
    FAILURE, INPUT_NAME_SIZE, INPUTS, LOCKED, MESSAGES, OUTPUTS, PRESET_NAME_SIZE, SUCCESS,
    text_bytes, text_of, UNLOCKED)
from camera_driver.devices.intelix.explain import explain
from camera_driver.devices.intelix.session import IntelixSession, LINE
from camera_driver.errors import (
    Forbidden, naming, options_of, OutcomeUnknown, ProtocolError, Refused)
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings, Port
from camera_driver.link.trace import TracingPort
from camera_driver.model import DeviceStatus, Identity, LinkStatistics, Setting, SettingValue
from camera_driver.operations import (
    Attempt, carry_out, confirmed, Evidence, Outcome, Settlement)

log = logging.getLogger(__name__)

T_LATE = 1.0  # s that a report of a routing may come late
T_AGAIN = 0.05  # s between looks whether it has

# Lock -> its messages: lock, unlock, ask, report, change the password.
LOCKS: Mapping[str, tuple[str, str, str, str, str]] = {
    'panel': ('set_lock', 'unlock_panel', 'get_lock_status', 'lock_status_report',
              'set_unlock_password'),
    'admin': ('set_admin_lock', 'unlock_admin', 'get_admin_lock_status',
              'admin_lock_status_report', 'set_admin_password'),
}
LOCK_OF_REPORT = {words[3]: lock for lock, words in LOCKS.items()}
LOCKED_OF_STATUS = {LOCKED: True, UNLOCKED: False}
NOT_OF_ROUTING = (0x00, 0x01)  # classes: locks, names of inputs


class IntelixSwitcher(Routes, HasLocks):
    """One Intelix matrix."""

    LINE: ClassVar[LineSettings] = LINE
    OPTIONS: ClassVar[tuple[Setting, ...]] = (
        Setting('checksum', str, 'Checksum of the messages in both directions; every printed '
                'example has none, the others are for experiments',
                words={name: number for number, name in enumerate(CHECKSUMS)},
                raw_allowed=False, default='none', source='intelix.md 2.4'),
        Setting('index_base', int, 'Number of the first input, output and preset on the wire; the '
                'manual does not say which it is', values=(0, 1), default=1,
                source='intelix.md 4.3'),
        Setting('keep_alive', float, 'Interval between harmless polls that detect a lost matrix; '
                '0: no polls', 's', default=5.0, minimum=0.0, maximum=600.0,
                source='intelix.md 4.1'),
        Setting('panel_password_file', str, 'File with the password that unlocks the front panel; '
                'empty: the environment variable INTELIX_PANEL_PASSWORD has it', default='',
                source='intelix.md 4.1'),
        Setting('admin_password_file', str, 'File with the password that unlocks admin; empty: '
                'the environment variable INTELIX_ADMIN_PASSWORD has it', default='',
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
        self._expected: tuple[int, ...] | None = None  # while a preset is triggered
        self._other: tuple[int, ...] | None = None  # what was reported instead
        self._locks: dict[str, bool | None] = dict.fromkeys(LOCKS)
        self._unknown = ''  # the last message that no table has
        self._answers = 0  # to the question whether it is there
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
        self._ask_whether_it_is_there()
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
            self._ask_whether_it_is_there()
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
                self.session.certain(words[2])
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
        return self._inputs(self._held(number))

    def set_preset(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """Define a preset, which changes no output before it is triggered."""
        preset, wanted = self._preset(number), self._routes(inputs)
        reported = b''

        def write(attempt: Attempt) -> None:
            nonlocal reported
            reported = self.session.request('set_preset', preset + wanted, attempt=attempt)[1:]

        confirmed(f'preset {number}', write,
                  lambda: wanted if reported == wanted else self._held(number),
                  lambda held: held == wanted, lambda held:
                  f'the matrix holds {_words(self._inputs(held))} after it was told '
                  f'{_words(inputs)}; is admin locked?')
        return self._inputs(wanted)

    def trigger_preset(self, number: int) -> Sequence[int]:
        """
        Make a preset live on every output and return the routing that the matrix reports.

        The preset is read before, and the report has to say what it holds. Raises OutcomeUnknown
        when none does.
        """
        return self._trigger('trigger_preset', number, self._held(number))

    def route(self, number: int, inputs: Sequence[int]) -> Sequence[int]:
        """Set a preset, trigger it, and make sure that the matrix reports just this."""
        self.set_preset(number, inputs)
        return self._trigger('route', number, self._routes(inputs))

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of a routing by what the matrix has reported since it was opened."""
        if evidence['operation'] not in ('trigger_preset', 'route'):
            return super().settle(evidence)
        self.session.listen()
        return self._settle_routing(evidence, self._routing)

    def preset_name(self, number: int) -> str:
        """Return the name of a preset."""
        return text_of(self.session.certain('get_preset_name', self._preset(number))[1:])

    def set_preset_name(self, number: int, name: str) -> str:
        """Name a preset, and read it back: that the matrix reports it by itself is not sure."""
        text = text_bytes(name, PRESET_NAME_SIZE, 'name')
        preset = self._preset(number)
        confirmed(f'preset {number}',
                  lambda attempt: self.session.send('set_preset_name', preset + text, attempt),
                  lambda: self.session.certain('get_preset_name', preset)[1:],
                  lambda held: held == text, lambda held:
                  f'it is called {text_of(held)!r} after it was named {name!r}; is admin locked?')
        return text_of(text)

    def set_input_name(self, number: int, name: str) -> None:
        """Name an input; no message is known that would tell the name."""
        text = text_bytes(name, INPUT_NAME_SIZE, 'name')
        data = self._wire(number, INPUTS, 'input') + text

        def there() -> None:
            self.session.request('are_you_there')

        confirmed(f'name of input {number}',
                  lambda attempt: self.session.send('set_input_name', data, attempt),
                  there, lambda held: True)

    def locked(self, lock: str) -> bool | None:
        """Ask whether 'panel' or 'admin' is locked; None: the matrix does not tell."""
        return self._ask_lock(_known(lock))

    def set_lock(self, lock: str, locked: bool, without_password: bool = False) -> None:
        """
        Lock or unlock; nothing is sent, and no password needed, when it is so already.

        :param without_password: lock what could not be unlocked again, too.

        Raises Forbidden before it locks what nobody could unlock: no password is known.
        """
        if self.locked(lock) == locked:
            return
        words, password = LOCKS[lock], b''
        try:
            if not (locked and without_password):
                password = passwords.find(lock, self._files[lock])
        except Forbidden as error:
            if not locked:
                raise
            raise naming(Forbidden(
                f'the {lock} was not locked, as it could not be unlocked again: {error}'),
                *options_of(error)) from None
        self._locks[lock] = None  # until it reports

        def write(attempt: Attempt) -> None:
            if locked:
                self.session.request(words[0], attempt=attempt)
                return
            try:
                self.session.request(words[1], password)
            except OutcomeUnknown:
                attempt.sending()
                raise

        def read() -> bool | None:
            told = self._ask_lock(lock)
            return self._locks[lock] if told is None else told

        confirmed(f'the {lock}', write, read, lambda held: held == locked, lambda held:
                  'it stays unlocked' if locked else
                  'it stays locked; is the password the right one?')

    def set_password(self, lock: str, file: Path) -> None:
        """
        Give a lock the password that stands in a file; never sent twice on doubt.

        Raises Refused when admin is locked, with which the matrix does not take it.
        """
        password = passwords.read('new password', file)
        words = LOCKS[_known(lock)]
        if self.locked('admin'):
            raise Refused(f'the new password of the {lock} was not sent: the matrix takes it only '
                          'while admin is unlocked')
        evidence = {'operation': 'set_password', 'lock': lock}
        result = carry_out(
            evidence, lambda: self.session.request(
                words[4], password, lambda found: found[0] in (SUCCESS, FAILURE)),
            self.settle, self.record)[0]
        if result != bytes([SUCCESS]):  # without a checksum it may be a damaged yes
            raise OutcomeUnknown(
                f'{self.session.port.name}: the matrix says that it did not take the new password '
                f'of the {lock}, though admin is unlocked, and it is unknown whether it did: try '
                'which one unlocks it', evidence)

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
        self._answers += kind is not None and kind.name == 'i_am_here'
        if kind is None or kind.to_device or len(data) != kind.size:
            if explain(message) != self._unknown:
                self._unknown = explain(message)
                log.info('the matrix says what is not understood: %s', self._unknown)
            if message.data[0] not in NOT_OF_ROUTING:
                self._doubt(self._unknown)
        elif kind.name == 'all_crosspoints_status_report':
            inputs = self._inputs(data)
            if self._expected in (None, inputs):
                self._set_routing(inputs)
            else:  # of the front panel, or damaged: the one that is expected may follow
                self._other = inputs
        elif kind.name in LOCK_OF_REPORT:
            self._locks[LOCK_OF_REPORT[kind.name]] = LOCKED_OF_STATUS.get(data[0])

    def _ask_lock(self, lock: str) -> bool | None:
        """Ask for a lock; None: it does not answer this, and may be right (8, item 9)."""
        try:
            status, = self.session.certain(LOCKS[lock][2])
        except ProtocolError as error:
            log.debug('%s', error)
            return None
        self._locks[lock] = held = LOCKED_OF_STATUS.get(status)
        return held

    def _held(self, number: int) -> bytes:
        """Return the matrix's numbers of the inputs that a preset holds."""
        return self.session.certain('get_preset', self._preset(number))[1:]

    def _trigger(self, operation: str, number: int, wanted: bytes) -> Sequence[int]:
        """Trigger a preset, once, and return the routing when it is reported as wanted."""
        preset, inputs = self._preset(number), self._inputs(wanted)
        evidence = {'operation': operation, 'preset': number, 'inputs': list(inputs),
                    'before': self._routing and list(self._routing)}
        self._set_routing(None)  # until the matrix has reported it
        self._expected, self._other = inputs, None
        try:
            carry_out(evidence, lambda: self.session.request(
                'trigger_preset', preset, lambda found: found == wanted),
                self._wait_for_routing, self.record)
        finally:
            self._expected = None
        return inputs

    def _wait_for_routing(self, evidence: Evidence) -> Settlement:
        """Settle a routing by a report that comes late."""
        port = self.session.port
        end = port.now() + T_LATE
        while self._routing is None and port.now() < end:
            port.pause(T_AGAIN)
            self.session.listen()
        return self._settle_routing(evidence, self._routing or self._other)

    def _settle_routing(self, evidence: Evidence, reported: Sequence[int] | None) -> Settlement:
        wanted = tuple(evidence['inputs'])
        if reported == wanted:
            return Settlement(Outcome.DONE, f'it reports the routing {_words(wanted)}')
        look = ('look at its outputs, or trigger the preset again, which makes the same routing '
                'once more')
        if reported is None:
            return Settlement(Outcome.UNKNOWN, 'It has not reported its routing, which cannot be '
                              f'asked for: {look}')
        return Settlement(Outcome.UNKNOWN, f'It reports {_words(reported)} after it was told '
                          f'{_words(wanted)}; the report may be damaged, or somebody changed it: '
                          f'{look}')

    def _ask_whether_it_is_there(self) -> None:
        """Ask; when an answer is lost, and not late, a report may be lost as well."""
        session = self.session
        counters, port = session.channel.counters, session.port
        asked, answered = counters.retries - 1, self._answers
        try:
            session.request('are_you_there')
            end = port.now() + T_LATE
            while self._answers - answered < counters.retries - asked and port.now() < end:
                port.pause(T_AGAIN)
                session.listen()
        finally:
            if self._answers - answered < counters.retries - asked > 1:
                self._doubt('an answer was lost')

    def _doubt(self, what: str) -> None:
        if self._routing is not None:
            log.warning('the matrix may have reported another routing (%s): the routing is not '
                        'known until it reports it again', what)
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

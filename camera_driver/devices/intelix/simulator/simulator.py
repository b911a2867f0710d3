# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated Intelix matrix (intelix.md, sections 3.2 and 9)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from camera_driver.devices.intelix.codec import CHECKSUMS, Control, Decoder, encode, Message
from camera_driver.devices.intelix.commands import (
    BY_NAME, FAILURE, INPUT_NAME_SIZE, INPUTS, LOCKED, MESSAGES, OUTPUTS, PRESET_NAME_SIZE,
    SUCCESS, UNLOCKED)
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.model import Setting, SettingValue
from camera_driver.sim.misbehaviour import Misbehaviour
from camera_driver.sim.simulator import Event, Simulator
from camera_driver.sim.video import VideoSignal

GAP = 0.1  # s
LATE = 0.7  # s, beyond the time-out of a host

FAULTS: Mapping[str, str] = {
    'deaf': 'a message is neither obeyed nor answered',
    'no_report': 'a message is obeyed, its report is lost',
    'late_report': f'a report comes {LATE} s late',
    'cut_report': 'a report lacks its last byte',
    'reserved_byte': 'a byte f7 is inside a report',
    'bad_escape': 'a report begins with f1 02 00 f0 10',
    'wrong_id': 'a report has the next id',
    'wrong_preset': 'a report has the next preset number',
    'wrong_value': 'the last byte of a report is another one',
    'short_report': 'a report has one parameter too few',
    'byte_by_byte': 'a report comes with 10 ms between its bytes',
    'checksum': 'a report has one byte behind it, the sum',
    'ack': 'fc comes before a report, and fd behind it',
    'error': 'fe comes before a report',
    'unasked': 'the present routing is reported before a report',
}
"""What `IntelixSimulator.misbehave` takes."""

# What some of them make of the bytes of a report.
TRANSFORMS: Mapping[str, Callable[[bytes], bytes]] = {
    'checksum': lambda raw: encode(Decoder().feed(raw)[0], 'sum8'),  # type: ignore[arg-type]
    'cut_report': lambda raw: raw[:-1],
    'reserved_byte': lambda raw: raw[:3] + b'\xf7' + raw[3:],
    'bad_escape': lambda raw: b'\xf1\x02\x00\xf0\x10' + raw,
    'ack': lambda raw: encode(Control.ACK_0) + raw + encode(Control.ACK_1),
    'error': lambda raw: encode(Control.ERROR) + raw,
}


@dataclass(frozen=True)
class Options:
    """What may differ from matrix to matrix: the keyword arguments of `IntelixSimulator`."""

    checksum: str = 'none'
    index_base: int = 1  # number of the first input
    presets: int = 8  # how many; invented
    panel_password: bytes = b''  # none: nothing unlocks
    admin_password: bytes = b''
    panel_locked: bool = False
    admin_locked: bool = False
    reports_unasked: bool = True  # what is changed at its front panel
    answers_lock_status: bool = True  # printed as "none" (8, item 9)
    front_panel: float = 0.0  # s, after which somebody shows the next input at the last output
    reports_input_name: bytes = b''  # data of what answers set_input_name; none is known


class IntelixSimulator(Simulator):
    """
    A simulated matrix; keyword arguments are the fields of `Options`.

    For tests and people: `routes` (the matrix's number of the input at each output), `presets`,
    `preset_names`, `input_names`, `locked`, `press` and `press_preset` (the front panel), `log`
    (the messages received), `ignored` (of them what was not understood), `crosspoint` (the last
    values of crosspoint_example), `misbehave` (see FAULTS), `video_output` (the output,
    from 1, that `video_signal` is of), `sources` (what comes to an input, from 1, as the
    `video_signal` of a simulated camera; else a picture that names the input).
    """

    LINE = LineSettings(115200)
    OPTIONS = (
        Setting('checksum', str, 'Checksum of the messages, both ways', raw_allowed=False,
                words={name: number for number, name in enumerate(CHECKSUMS)}, default='none',
                source='intelix.md 2.4'),
        Setting('index_base', int, 'Number of its first input, output and preset', values=(0, 1),
                default=1, source='intelix.md 4.3'),
        Setting('front_panel', float, 'Time after which somebody at its front panel shows the '
                'next input at the last output, again and again; 0: nobody is there', 's',
                minimum=0.0, maximum=3600.0, default=0.0, source='intelix.md 3.1'),
    )

    def __init__(self, **options: Any) -> None:
        """Make a matrix. Raises TypeError for unknown options."""
        super().__init__()
        self.options = Options(**options)
        first = self.options.index_base
        straight = bytes(range(first, first + OUTPUTS))
        self.routes = straight
        self.presets = dict.fromkeys(range(first, first + self.options.presets), straight)
        self.preset_names = dict.fromkeys(self.presets, b' ' * PRESET_NAME_SIZE)
        self.input_names = {number: b' ' * INPUT_NAME_SIZE for number in straight}
        self.passwords = {'panel': self.options.panel_password,
                          'admin': self.options.admin_password}
        self.locked = {'panel': self.options.panel_locked, 'admin': self.options.admin_locked}
        self.crosspoint = b''
        self.video_output = OUTPUTS
        self.sources: dict[int, Callable[[], VideoSignal | None]] = {}
        self.log: deque[Message] = deque(maxlen=1000)
        self.ignored: Counter[str] = Counter()
        self.faults = Misbehaviour(FAULTS)
        self.misbehave = self.faults.add
        self._answers: Mapping[str, Callable[[bytes], None]] = {
            'are_you_there': lambda _: self._report('i_am_here'),
            'unlock_panel': partial(self._unlock, 'panel'),
            'unlock_admin': partial(self._unlock, 'admin'),
            'get_lock_status': self._get_lock_status,
            'get_admin_lock_status': lambda _: self._report_lock('admin'),
            'set_unlock_password': partial(self._set_password, 'panel'),
            'set_admin_password': partial(self._set_password, 'admin'),
            'set_lock': partial(self._lock, 'panel'),
            'set_admin_lock': partial(self._lock, 'admin'),
            'set_input_name': self._set_input_name,
            'crosspoint_example': self._crosspoint_example,
            'set_preset': self._set_preset,
            'get_preset': lambda data: self._report_preset(data[0]),
            'set_preset_name': self._set_preset_name,
            'get_preset_name': lambda data: self._report_preset_name(data[0]),
            'trigger_preset': lambda data: self._go_live(data[0]),
        }
        self.on_power()

    @classmethod
    def for_options(cls, options: Mapping[str, SettingValue]) -> IntelixSimulator:
        """Return one with the checksum and the numbers that the driver expects."""
        return cls(checksum=options['checksum'], index_base=options['index_base'])

    def on_power(self) -> None:
        """Begin again; that all is kept is an invention."""
        self._decoder = Decoder(self.options.checksum)
        self._gap = Event(None)
        if self.options.front_panel:
            self.after(self.options.front_panel, self._press_next)

    def video_signal(self) -> VideoSignal | None:
        """Return what is at the output `video_output`."""
        number = self.routes[self.video_output - 1] - self.options.index_base + 1
        if not 1 <= number <= INPUTS:
            return None
        source = self.sources.get(number)
        return source() if source else VideoSignal(number=number, caption=f'INPUT {number}')

    # The front panel.

    def press(self, output: int, number: int) -> bool:
        """Show an input (both in the matrix's numbers) at an output; False: it is locked."""
        if self.locked['panel']:
            return False
        place = output - self.options.index_base
        self.routes = self.routes[:place] + bytes([number]) + self.routes[place + 1:]
        if self.options.reports_unasked:
            self._report_routes()
        return True

    def press_preset(self, preset: int) -> bool:
        """Make a preset live; False: the panel is locked."""
        if self.locked['panel']:
            return False
        self.routes = self.presets[preset]
        if self.options.reports_unasked:
            self._report_routes()
        return True

    def _press_next(self) -> None:
        first = self.options.index_base
        self.press(first + OUTPUTS - 1, first + (self.routes[-1] - first + 1) % INPUTS)
        self.after(self.options.front_panel, self._press_next)

    # The line.

    def on_bytes(self, data: bytes) -> None:
        """Answer what the line brought; what is damaged is never answered."""
        self._gap.action = None
        for frame in self._decoder.feed(data):
            if isinstance(frame, Damaged):
                self.ignored[frame.reason] += 1
            elif isinstance(frame, Message):
                self._obey(frame)
        if self._decoder.pending:
            self._gap = self.after(GAP, self._forget)

    def _forget(self) -> None:
        for damage in self._decoder.flush():
            assert isinstance(damage, Damaged)
            self.ignored[damage.reason] += 1

    def _obey(self, message: Message) -> None:
        self.faults.command = message.data
        if self.faults.happens('deaf'):
            return
        self.log.append(message)
        kind = MESSAGES.get(message.key)
        if kind is None or len(message.parameters) != kind.size or kind.name not in self._answers:
            self.ignored['not understood'] += 1
            return
        self._answers[kind.name](message.parameters)

    def _report(self, name: str, parameters: bytes = b'') -> None:
        """Send a report, with the faults that are to happen."""
        happens = self.faults.happens
        if happens('no_report'):
            return
        data = bytes(BY_NAME[name].key) + parameters
        if happens('unasked'):
            self.send(self._encode(bytes(BY_NAME['all_crosspoints_status_report'].key)
                                   + self.routes))
        if happens('wrong_id'):
            data = bytes([data[0], data[1] + 1]) + parameters
        if parameters and happens('wrong_preset'):
            data = data[:2] + bytes([data[2] + 1]) + data[3:]
        if happens('wrong_value'):
            data = data[:-1] + bytes([data[-1] ^ 1])
        if happens('short_report'):
            data = data[:-1]
        raw = self._encode(data)
        for fault, change in TRANSFORMS.items():
            if happens(fault):
                raw = change(raw)
        if happens('late_report'):
            self.after(LATE, lambda: self.send(raw))
        elif happens('byte_by_byte'):
            for number in range(len(raw)):
                self.after(0.01 * number, partial(self.send, raw[number:number + 1]))
        else:
            self.send(raw)

    def _encode(self, data: bytes) -> bytes:
        return encode(Message(data), self.options.checksum)

    # What the messages do (9).

    def _report_routes(self) -> None:
        self._report('all_crosspoints_status_report', self.routes)

    def _report_lock(self, lock: str) -> None:
        name = {'panel': 'lock_status_report', 'admin': 'admin_lock_status_report'}[lock]
        self._report(name, bytes([LOCKED if self.locked[lock] else UNLOCKED]))

    def _report_preset(self, preset: int) -> None:
        if preset in self.presets:
            self._report('preset_report', bytes([preset]) + self.presets[preset])

    def _report_preset_name(self, preset: int) -> None:
        if preset in self.presets:
            self._report('preset_name_report', bytes([preset]) + self.preset_names[preset])

    def _get_lock_status(self, _: bytes) -> None:
        if self.options.answers_lock_status:
            self._report_lock('panel')

    def _lock(self, lock: str, _: bytes) -> None:
        self.locked[lock] = True
        self._report_lock(lock)

    def _unlock(self, lock: str, password: bytes) -> None:
        if password == self.passwords[lock]:
            self.locked[lock] = False
        self._report_lock(lock)

    def _set_password(self, lock: str, password: bytes) -> None:
        refused = self.locked['admin']
        if not refused:
            self.passwords[lock] = password
        name = {'panel': 'set_unlock_password_report', 'admin': 'set_admin_password_report'}[lock]
        self._report(name, bytes([FAILURE if refused else SUCCESS]))

    def _set_input_name(self, data: bytes) -> None:
        if data[0] in self.input_names and not self.locked['admin']:
            self.input_names[data[0]] = data[1:]
        if self.options.reports_input_name:
            self.send(self._encode(self.options.reports_input_name))

    def _crosspoint_example(self, data: bytes) -> None:
        self.crosspoint = data

    def _set_preset(self, data: bytes) -> None:
        preset, routes = data[0], data[1:]
        first = self.options.index_base
        if (preset in self.presets and not self.locked['admin']
                and all(first <= number < first + INPUTS for number in routes)):
            self.presets[preset] = routes
        self._report_preset(preset)

    def _set_preset_name(self, data: bytes) -> None:
        if data[0] in self.presets and not self.locked['admin']:
            self.preset_names[data[0]] = data[1:]
        self._report_preset_name(data[0])

    def _go_live(self, preset: int) -> None:
        if preset in self.presets:
            self.routes = self.presets[preset]
            self._report_routes()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated KP-FD30 (kp_fd30.md, sections 3.6 and 9); what it can do wrong: `faults`."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from camera_driver.devices.kp_fd30.codec import (
    checksum, Command, Control, Decoder, encode, Frame, GLOBAL, READ, Reply, STX)
from camera_driver.devices.kp_fd30.registers import (
    address, BY_NAME, Register, REGISTERS, TABLE)
from camera_driver.devices.kp_fd30.simulator.faults import FAULTS
from camera_driver.devices.kp_fd30.simulator.video import signal
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.sim.misbehaviour import Misbehaviour
from camera_driver.sim.simulator import Event, Simulator
from camera_driver.sim.video import VideoSignal

__all__ = ['KpFd30Simulator', 'Options', 'State']

# Times in s and counts, kp_fd30.md 3.1.
BYTE_GAP = 1.0
TEXT_WAIT = 12.0
REPEAT = 3.0
REPEATS = 3

RESTART = 'awc_preset_restart'


@dataclass(frozen=True)
class Options:
    """What may differ from camera to camera: the keyword arguments of `KpFd30Simulator`."""

    camera_number: int = 0  # its own number; it obeys FF as well
    registers: Mapping[str, bytes] = field(default_factory=dict)  # name -> X1 X2 X3, in EEPROM
    stores_anything: bool = False  # values out of range are taken, not ignored (8, item 9)
    repeats_reply: bool = True  # False: it expects the read command again (3.4 f, the picture)
    busy_after_write: float = 0.0  # s in which ENQ is answered NAK


class State(Enum):
    """States of the camera (3.6)."""

    IDLE = 'idle'
    WAIT_TEXT = 'wait for a text'
    WAIT_FINAL_ACK = 'wait for the ACK to its reply'


class KpFd30Simulator(Simulator):
    """
    A simulated KP-FD30; keyword arguments are the fields of `Options`.

    For tests and people: `registers` (what is in force, by name), `eeprom`, `eeprom_writes`,
    `restarts` (of the white adjustment), `ignored` (writes without effect, by register), `log`
    (the last commands received), `misbehave`.
    """

    LINE = LineSettings(9600)

    def __init__(self, **options: Any) -> None:
        """Make a camera as delivered. Raises TypeError or KeyError for unknown options."""
        super().__init__()
        self.options = Options(**options)
        self.eeprom = {row.name: _delivered(row) for row in TABLE if row.readable}
        for name, data in self.options.registers.items():
            if name not in self.eeprom:
                raise KeyError(f'no register {name!r}')
            self.eeprom[name] = bytes(data)
        self.eeprom_writes = 0
        self.restarts = 0
        self.ignored: Counter[str] = Counter()
        self.log: deque[Command] = deque(maxlen=1000)
        self.faults = Misbehaviour(FAULTS)
        self.on_power()

    def misbehave(self, what: str, times: int = 1, *, skip: int = 0, register: str = '') -> None:
        """As `Misbehaviour.add`; `register` waits for its commands, an ENQ belongs to none."""
        self.faults.add(what, times, skip=skip,
                        command=bytes(address(BY_NAME[register])) if register else b'')

    def on_power(self) -> None:
        """Begin with what is in EEPROM."""
        self.registers = dict(self.eeprom)
        self.state = State.IDLE
        self._decoder = Decoder()
        self._gap = self._timer = Event(None)
        self._reply = b''
        self._transmissions = 0
        self._busy_until = 0.0

    def video_signal(self) -> VideoSignal:
        """Show what the registers in force make; it is always on."""
        return signal(self.registers)

    def on_bytes(self, data: bytes) -> None:
        """Answer what the line brought."""
        self._gap.action = None
        for frame in self._decoder.feed(data):
            self._take(frame)
        if self._decoder.pending:
            self._gap = self.after(BYTE_GAP, self._forget)

    def _forget(self) -> None:
        self._decoder.flush()  # it is never acknowledged

    def _take(self, frame: Frame | Damaged) -> None:
        if frame is Control.ENQ:
            self._enquired()
        elif isinstance(frame, Command) and (
                self.state is State.WAIT_TEXT or not self.options.repeats_reply
                and self.state is State.WAIT_FINAL_ACK):
            self._obey(frame)
        elif frame is Control.ACK and self.state is State.WAIT_FINAL_ACK:
            if not self.faults.happens('lose_final_ack'):
                self._go(State.IDLE)

    def _go(self, state: State, timeout: float | None = None) -> None:
        """Change the state; after the time-out it is idle again."""
        self.state = state
        self._timer.action = None
        if timeout is not None:
            self._timer = self.after(timeout, lambda: self._go(State.IDLE))

    def _enquired(self) -> None:
        self.faults.command = b''
        if self.faults.happens('lose_enq'):
            return
        if self.faults.happens('nak') or self.now < self._busy_until:
            self._go(State.IDLE)
            self.send(encode(Control.NAK))
            return
        self._go(State.WAIT_TEXT, TEXT_WAIT)
        if self.faults.happens('stale_reply'):
            self.send(encode(Reply(b'\xee\xee\xee')))
        if self.faults.happens('late_enq_ack'):
            self.after(1.5, self._acknowledge)
        elif not self.faults.happens('lose_enq_ack'):
            self._acknowledge()

    def _acknowledge(self) -> None:
        self.send(encode(Control.ACK))

    # Commands (3.6, 4, 9).

    def _obey(self, command: Command) -> None:
        if command.camera not in (GLOBAL, self.options.camera_number):
            self._go(State.IDLE)
            return
        register = REGISTERS.get((command.area & ~READ, command.register))
        self.faults.command = bytes([command.area & ~READ, command.register])
        if self.faults.happens('deaf'):
            return
        if self.faults.happens('nak_text'):
            self.send(encode(Control.NAK))
            return
        self.log.append(command)
        self._go(State.IDLE)
        if not command.reads and not self.faults.happens('ignore_write'):
            self._write(command, register)
        if self.faults.happens('stale_text_reply'):
            self.send(encode(Reply(b'\xee\xee\xee')))
        if not self.faults.happens('lose_text_ack'):
            self._acknowledge()
        if command.reads:
            self._answer(self._held(register))

    def _write(self, command: Command, register: Register | None) -> None:
        self._busy_until = self.now + self.options.busy_after_write
        name = register.name if register else f'{command.area:02x}/{command.register:02x}'
        if name == RESTART:
            self.restarts += 1
        elif not register or not self.options.stores_anything and not _legal(
                register, command.data):
            self.ignored[name] += 1
        else:
            self.registers[name] = command.data
            if command.status == 1:
                self.eeprom[name] = command.data
                self.eeprom_writes += 1

    def _held(self, register: Register | None) -> bytes:
        if self.faults.happens('wrong_value'):
            return b'\xfe\xdc\xba'
        return self.registers.get(register.name, bytes(3)) if register else bytes(3)

    def _answer(self, data: bytes) -> None:
        if self.faults.happens('no_reply'):
            return
        self._reply = encode(Reply(data))
        self._transmissions = 0
        self._go(State.WAIT_FINAL_ACK)
        self._transmit()

    def _transmit(self) -> None:
        """Send the reply, for the first time or again, and wait for its ACK."""
        if self._transmissions > (REPEATS if self.options.repeats_reply else 0):
            self._go(State.IDLE)
            return
        self._transmissions += 1
        happens = self.faults.happens
        if happens('late_reply'):
            self._timer = self.after(4.0, self._send_reply)
            return
        self._send_reply()

    def _send_reply(self) -> None:
        reply, happens = self._reply, self.faults.happens
        self._timer = self.after(REPEAT, self._transmit)
        if happens('noise'):
            self.send(bytes.fromhex('30 aa 03 15'))
        if happens('lost_reply'):
            return
        if happens('damaged_reply'):
            reply = reply[:-1] + (b'0' if reply[-1:] != b'0' else b'1')
        if happens('short_reply'):
            reply = reply[:-3]
        if happens('long_reply'):
            reply = _frame(reply[1:7] + b'00')
        if happens('lower_case_reply'):
            reply = _frame(b'0a' + reply[3:7])
        if happens('gap_in_reply'):
            self.send(reply[:4])
            self.after(1.5, lambda: self.send(reply[4:]))
        elif happens('slow_reply'):
            for number in range(len(reply)):
                self._send_later(0.1 * number, reply[number:number + 1])
        else:
            self.send(reply)

    def _send_later(self, delay: float, data: bytes) -> None:
        self.after(delay, lambda: self.send(data))


def _delivered(register: Register) -> bytes:
    """Return what a new camera holds: the factory default; 00 00 00 where that is illegible."""
    return bytes(3) if register.default is None else register.data(register.default)


def _legal(register: Register, data: bytes) -> bool:
    """Say whether data are within the register's range, as far as it is known."""
    if register.size is None:
        return True
    value = register.value(data)
    return value is not None and (register.maximum is None or value <= register.maximum)


def _frame(text: bytes) -> bytes:
    frame = bytes([STX]) + text + b'\x03'
    return frame + checksum(frame)

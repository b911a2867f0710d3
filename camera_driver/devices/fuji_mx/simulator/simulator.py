# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A simulated Fuji camera: how it speaks (fuji_mx.md, sections 3 and 9).

What it is and holds is in `simulator_state`, what may differ and what it can be made to do wrong
in `simulator_options`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any

from camera_driver.devices.fuji_mx.codec import Block, Control, Decoder, encode, message
from camera_driver.devices.fuji_mx.commands import Command, SPEED_CODES, SPEEDS
from camera_driver.devices.fuji_mx.simulator.options import FAULTS, Frame, Options
from camera_driver.devices.fuji_mx.simulator.state import (
    CameraState, DONE, ERRNO, FAILED, response)
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.sim.misbehaviour import Misbehaviour
from camera_driver.sim.simulator import Event, Simulator

__all__ = ['Frame', 'FujiMxSimulator', 'Options', 'State']

SILENCE = 0.5  # s without a byte, and the beginning of a block is given up
QUIET = 0.2  # s without a byte, and what is left of a bad block has passed (2.5)
LATE, VERY_LATE = 0.5, 3.0  # s (9.4)
UNREAD = 64  # frames that wait while the camera is busy; more are lost
MAX_BAD = 3  # bad blocks and refused commands in a row, and the camera resets itself


class State(Enum):
    """States of the camera (3.1)."""

    CLOSED = 'closed'
    OPEN = 'open'
    EXECUTING = 'executing'
    REPLYING = 'replying'
    HUNG = 'hung'  # until it is switched off and on


class FujiMxSimulator(Simulator):
    """
    A simulated Fuji camera; keyword arguments are the fields of `simulator_options.Options`.

    For tests and people: `frames`, `shots` (when each take_picture that was executed began),
    `charged`, `log` (the last commands received: number and payload), `press_shutter`,
    `misbehave` (see `sim.misbehaviour.Misbehaviour.add` and `simulator_options.FAULTS`; a
    command's first byte is its number).
    """

    LINE = LineSettings(9600, 'E')

    def __init__(self, **options: Any) -> None:
        """Make a camera. Raises TypeError when there is no such option."""
        super().__init__()
        self.options = Options(**options)
        self.camera = CameraState(self.options, lambda: self.now)
        self.shots: list[float] = []
        self.log: deque[bytes] = deque(maxlen=1000)
        self.faults = Misbehaviour(FAULTS)
        self.misbehave = self.faults.add
        self._begin()

    # What tests and people see and do.

    @property
    def frames(self) -> list[Frame]:
        """The pictures on the card."""
        return self.camera.frames

    @property
    def charged(self) -> list[int]:
        """The intensities that the flash was charged with."""
        return self.camera.charged

    @property
    def time(self) -> datetime:
        """What the camera's clock shows."""
        return self.camera.time

    def press_shutter(self) -> Frame:
        """Take a picture on the body. Raises RuntimeError when there is no room."""
        number, _ = self.camera.take_picture()
        if not number:
            raise RuntimeError('no room for a picture')
        return self.frames[number - 1]

    # The line.

    def on_power(self) -> None:
        """Begin closed at 9600 with nothing but what is stored."""
        self._begin()

    def _begin(self) -> None:
        self.state = State.CLOSED
        self._decoder = Decoder()
        self._unread: deque[Block | Control | Damaged] = deque()
        self._draining = False
        self._silence = self._idle = Event(None)
        self._bad = 0  # bad blocks and refused commands in a row
        self._speed: int | None = None  # pending, until EOT
        self._blocks: list[Block] = []
        self._late: list[Event] = []
        self._index = 0  # of the block that is outstanding
        self._endless = False
        self.camera.end_upload()

    def on_bytes(self, data: bytes) -> None:
        """Answer what the line brought."""
        limit = self.options.garbles_above
        if self.state is State.HUNG or limit is not None and self.line.baudrate > limit:
            return
        self._silence.action = None
        if self._draining:
            self._silence = self.after(QUIET, self._drained)
            return
        self._unread.extend(self._decoder.feed(data))
        if self._decoder.pending:
            self._silence = self.after(SILENCE, self._give_up)
        self._work()

    def _give_up(self) -> None:
        self._unread.extend(self._decoder.flush())
        self._work()

    def _drained(self) -> None:
        self._draining = False
        self._refuse()

    def _work(self) -> None:
        """Handle what has been received; a camera that executes reads it afterwards."""
        while self._unread and self.state not in (State.EXECUTING, State.HUNG):
            frame = self._unread.popleft()
            self._restart_idle_clock()
            if self.state is State.CLOSED:
                if frame is Control.ENQ:
                    self._inquired()
            elif isinstance(frame, Damaged):
                self._damaged(frame)
            elif isinstance(frame, Block):
                self._obey(frame)
            elif frame is Control.ENQ:
                self._inquired()
            elif frame is Control.EOT:
                self._close()
            elif self.state is State.REPLYING and frame is Control.ACK:
                self._acknowledged()
            elif self.state is State.REPLYING:
                self._send_block()  # NAK
        while len(self._unread) > UNREAD:
            self._unread.pop()

    def _inquired(self) -> None:
        if not self.options.counts_on:
            self._bad = 0
        self._open()
        if not self.faults.happens('silent_enq'):
            self._say(Control.ACK)

    def _damaged(self, damage: Damaged) -> None:
        """Let the rest of a bad block pass, then ask for it again; forget noise."""
        if damage.reason == 'length' and self.options.lax:
            body = damage.data[2:-3].replace(b'\x10\x10', b'\x10')
            if len(body) >= 4:
                self._obey(Block(body[1], body[4:], prefix=body[0]))
        elif damage.reason != 'noise':
            self._unread.clear()
            self._decoder.flush()
            self._draining = True
            self._silence.action = None
            self._silence = self.after(QUIET, self._drained)

    def _say(self, control: Control) -> None:
        self.send(bytes([control]))

    def _open(self) -> None:
        """Wait for a command; drop what was being answered."""
        self._blocks = []
        self.state = State.OPEN

    def _close(self, baudrate: int | None = None) -> None:
        """End the session at the speed that is pending, or at 9600 (3.4)."""
        speed, self._speed = baudrate or self._speed, None
        self._open()
        self.state = State.CLOSED
        self._bad = 0
        self._idle.action = None
        for block in self._late:  # overtaken by other answers perhaps, but of this session
            block.action = None
        self._late.clear()
        self.camera.end_upload()
        if speed or not self.options.eot_keeps_speed:
            self.line = replace(self.line, baudrate=speed or self.LINE.baudrate)

    def _reset(self) -> None:
        """Give up: EOT, closed, 9600."""
        self._say(Control.EOT)
        self._close(self.LINE.baudrate)

    def _refuse(self) -> None:
        self._bad += 1
        if self._bad >= MAX_BAD:
            self._reset()
        else:
            self._say(Control.NAK)

    def _restart_idle_clock(self) -> None:
        self._idle.action = None
        if self.options.idle_timeout is not None:
            self._idle = self.after(self.options.idle_timeout,
                                    lambda: self._close(self.LINE.baudrate))

    # Commands (4).

    def _obey(self, block: Block) -> None:
        number, payload = block.number, block.payload
        self._open()
        self.log.append(bytes([number]) + payload)
        self.faults.command = self.log[-1]
        if self.faults.happens('silence'):
            return
        if self.faults.happens('eot_command'):
            self._reset()
            return
        if (self.faults.happens('nak_command') or number not in self.options.commands
                or block.prefix != (number == Command.SET_SPEED)
                or not block.last and number != Command.UPLOAD_DATA):
            self._refuse()
            return
        self._bad = 0
        if number != Command.UPLOAD_DATA:
            self.camera.end_upload()
        nak = self.faults.happens('nak_obeyed')
        lost = self.faults.happens('lose_both')
        if not lost and not self.faults.happens('lose_ack'):
            self._say(Control.NAK if nak else Control.ACK)
        if number == Command.UPLOAD_DATA:
            self.camera.receive_upload(payload, block.last)
        elif self.faults.happens('hang'):
            self.state = State.HUNG
        else:
            self.state = State.EXECUTING
            fails = self.faults.happens('fail')
            if number == Command.TAKE_PICTURE and not fails:
                self.shots.append(self.now)
            self.after(self.camera.duration(number),
                       lambda: self._finish(block, lost or nak, fails))

    def _finish(self, block: Block, lost: bool, fails: bool) -> None:
        number = block.number
        if fails and number in (*ERRNO, Command.SET_SPEED):
            answer = FAILED
        elif fails and number == Command.TAKE_PICTURE:
            answer = bytes([0, 0, 1, 0])
        elif number == Command.SET_SPEED:
            answer = self._set_speed(block.payload)
        else:
            answer = self.camera.execute(number, block.payload)
            if number == Command.TAKE_PICTURE and self.faults.happens('take_two'):
                self.camera.take_picture()
            if (number in (*ERRNO, Command.TAKE_PICTURE)
                    and self.faults.happens('fail_obeyed')):
                answer = bytes([0, 0, 1, 0]) if number == Command.TAKE_PICTURE else FAILED
        self._open()
        if not lost and not self.faults.happens('lose_answer'):
            self._blocks = message(number + 1 if self.options.plus_one else response(number),
                                   self._lie(number, answer),
                                   block.prefix if self.options.echoes_prefix else 0)
            self._index = 0
            empty = self.faults.happens('empty_blocks')
            if empty:
                self._blocks = [replace(self._blocks[0], payload=b'')]
            if self.faults.happens('tiny_blocks'):
                data = b''.join(block.payload for block in self._blocks)
                self._blocks = [Block(response(number), bytes([byte]), place == len(data))
                                for place, byte in enumerate(data, 1)]
            self._endless = empty or self.faults.happens('endless_data')
            self.state = State.REPLYING
            self._send_block()
        self._work()

    def _set_speed(self, payload: bytes) -> bytes:
        speed = SPEEDS.get(payload[0]) if len(payload) == 1 else None
        if payload == bytes([SPEED_CODES[28800]]):
            speed = self.options.code_5
        if speed is None or speed > self.options.max_speed:
            return FAILED
        limit = self.options.claims_above
        self._speed = self.LINE.baudrate if limit is not None and speed > limit else speed
        return DONE

    def _lie(self, number: int, answer: bytes) -> bytes:
        """Return what is answered by a fault, else the truth."""
        lies = {'huge_size': (Command.GET_PICTURE_SIZE, b'\xff' * 4),
                'huge_count': (Command.GET_PICTURE_COUNT, b'\xff' * 2),
                'hostile_name': (Command.GET_PICTURE_NAME, b'../../etc/passwd'),
                'huge_preview': (Command.GET_PREVIEW, b'\xff' * 4 + answer[4:])}
        for fault, (command, lie) in lies.items():
            if number == command and self.faults.happens(fault):
                return lie
        if answer and self.faults.happens('damaged_answer'):
            middle = len(answer) // 2
            answer = answer[:middle] + bytes([answer[middle] ^ 0x40]) + answer[middle + 1:]
        if self.faults.happens('short_answer'):
            answer = answer[:len(answer) // 2]
        return b'' if self.faults.happens('empty_answer') else answer

    # Answers (2.6).

    def _send_block(self) -> None:
        """Send the block that is outstanding, for the first time or again."""
        if self._index and self.faults.happens('eot_in_transfer'):
            self._reset()
            return
        if self._index and self.faults.happens('reset_in_transfer'):
            self._close(self.LINE.baudrate)
            return
        block = self._blocks[self._index % len(self._blocks)]
        if self._endless:
            block = replace(block, last=False)
        if self.faults.happens('wrong_number'):
            block = replace(block, number=block.number ^ 0x40)
        data = encode(block)
        if self.faults.happens('damaged_block'):
            place = min(20, len(data) // 2)
            data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
        if self.faults.happens('wrong_bcc'):
            data = data[:-1] + bytes([data[-1] ^ 1])
        if self.faults.happens('truncated_block'):
            data = data[:-3]
        if self.faults.happens('lost_block'):
            return
        for fault, delay in (('late_block', LATE), ('very_late_block', VERY_LATE)):
            if self.faults.happens(fault):
                self._late.append(self.after(delay, partial(self.send, data)))
                return
        self.send(data)

    def _acknowledged(self) -> None:
        if self.faults.happens('duplicate_block'):
            self._send_block()
            return
        self._index += 1
        if self._index < len(self._blocks) or self._endless:
            self._send_block()
        else:
            self._open()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A simulated Sierra camera: how it speaks (sierra.md, sections 3 and 9).

What it is and holds is in `simulator_state`, what may differ in `simulator_options`, what it can
be made to do wrong in `simulator_faults`.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any

from camera_driver.devices.sierra.codec import (
    Code, Control, Decoder, encode, pack_int, Packet, Type, unpack_int)
from camera_driver.devices.sierra.registers import (
    Action, END_OF_SESSION, NUMBER, SPEED_CODES, SPEEDS)
from camera_driver.devices.sierra.simulator.card import Frame, Refusal
from camera_driver.devices.sierra.simulator.faults import ANSWERS, SierraMisbehaviour
from camera_driver.devices.sierra.simulator.models import MODELS, OPTIONS
from camera_driver.devices.sierra.simulator.options import Options
from camera_driver.devices.sierra.simulator.state import CameraState, Hang
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.sim.simulator import Event, Simulator

__all__ = ['Frame', 'Options', 'SierraSimulator', 'State']

SILENCE = 1.0  # s without a byte, and the beginning of a packet is forgotten (9.1)
QUIET = 0.05  # s without a byte, and what is left of a damaged packet has passed
UNREAD = 64  # frames that wait while the camera is busy; more are lost

ENDINGS = frozenset({Control.SESSION_END, Control.SESSION_ERROR, Control.WRONG_SPEED})


class State(Enum):
    """States of the camera (3.1)."""

    ASLEEP = 'asleep'
    READY = 'ready'
    SENDING = 'sending'
    RECEIVING = 'receiving'
    BUSY = 'busy'
    HUNG = 'hung'  # until it is switched off and on


class SierraSimulator(Simulator):
    """
    A simulated Sierra camera of a model of `simulator_models`.

    Keyword arguments are fields of `simulator_options.Options` that shall differ from its record.

    For tests and people: `frames`, `preview`, `registers`, `shots` (when each take_picture that
    was executed began), `harmful`, `log` (the last commands received), `press_shutter`,
    `insert_card`, `remove_card`, `misbehave` (see `sim.misbehaviour.Misbehaviour.add`).
    """

    LINE = LineSettings(19200)
    OPTIONS = OPTIONS

    def __init__(self, model: str = 'generic', **options: Any) -> None:
        """Make a camera. Raises KeyError: no such model; TypeError: no such option."""
        super().__init__()
        self.options: Options = replace(MODELS[model], **options)
        self.camera = CameraState(self.options, lambda: self.now)
        self.shots: list[float] = []
        self.log: deque[bytes] = deque(maxlen=1000)
        self.faults = SierraMisbehaviour()
        self.misbehave = self.faults.add
        self._begin()

    # What tests and people see and do.

    @property
    def frames(self) -> list[Frame]:
        """The pictures in memory; with folders, those in the one where pictures are recorded."""
        return self.camera.card.recording.frames

    @property
    def registers(self) -> dict[int, int | bytes | None]:
        """What is simply stored, by number."""
        return self.camera.registers

    @property
    def harmful(self) -> Counter[str]:
        """What was done that can hang real cameras (4.2, 4.5, 4.6), and how often."""
        return self.camera.harmful

    @property
    def preview(self) -> bytes | None:
        """The picture of the last take_preview."""
        return self.camera.preview

    def press_shutter(self) -> Frame:
        """Take a picture on the body. Raises RuntimeError when there is no room."""
        self.camera.start_clock()
        try:
            if self.camera.frames_left:
                return self.camera.take_picture(self.camera.time)
        except Refusal:  # the estimate was too good
            pass
        raise RuntimeError('no room for a picture')

    def remove_card(self) -> None:
        """Take the card out: its pictures are out of reach."""
        self.camera.card.inserted = False

    def insert_card(self) -> None:
        """Put the card back."""
        self.camera.card.inserted = True

    # The line.

    def on_power(self) -> None:
        """Wake up at 19200 with nothing but what is stored."""
        self.camera.begin_session()
        self._begin()

    def _begin(self) -> None:
        self.state = State.ASLEEP
        self._decoder = Decoder()
        self._unread: deque[Packet | Control | Damaged] = deque()
        self._draining = False
        self._noise = self.options.wake_noise
        self._silence = self._idle = Event(None)
        self._set_speed(self.LINE.baudrate)
        self.faults.command = b''
        self._chunks: list[bytes] = []
        self._index = 0  # of the chunk that is outstanding
        self._endless = False
        self._upload_next: int | None = None  # number of the next packet of an upload

    def on_bytes(self, data: bytes) -> None:
        """Answer what the line brought."""
        self.camera.start_clock()
        if self.state is State.HUNG or self._garbled:
            return
        self._silence.action = None
        if self._draining:
            self._silence = self.after(QUIET, self._drained)
            return
        self._unread.extend(self._decoder.feed(data))
        if self._decoder.pending:
            self._silence = self.after(SILENCE, self._forget_packet)
        self._work()

    @property
    def _garbled(self) -> bool:
        limit = self.options.garbles_above
        return limit is not None and self.line.baudrate > limit

    def _forget_packet(self) -> None:
        self._decoder.flush()

    def _drained(self) -> None:
        self._draining = False
        self._say(Control.NAK)

    def _work(self) -> None:
        """Handle what has been received; a busy camera reads it afterwards."""
        while self._unread and self.state not in (State.BUSY, State.HUNG):
            frame = self._unread.popleft()
            if isinstance(frame, Damaged):
                self._damaged(frame)
            elif isinstance(frame, Packet):
                self._packet(frame)
            elif frame is Control.NUL:
                self._wake()
            elif frame is Control.ACK:
                self._acknowledged()
            elif frame is Control.NAK:
                self._again()
        while len(self._unread) > UNREAD:
            self._unread.pop()

    def _damaged(self, damage: Damaged) -> None:
        """Let the rest of a damaged packet pass, then ask for it again; forget noise."""
        if damage.reason != 'noise' and self.state is not State.ASLEEP:
            self._unread.clear()
            self._decoder.flush()
            self._draining = True
            self._silence.action = None
            self._silence = self.after(QUIET, self._drained)

    def _packet(self, packet: Packet) -> None:
        if packet.type is not Type.COMMAND:
            if self.state is not State.ASLEEP:
                self._receive_upload(packet)
        elif self.state is not State.ASLEEP or not self.options.require_wakeup:
            self._obey(packet.data)

    def _say(self, control: int) -> None:
        self._send(bytes([control]))

    def _send(self, data: bytes) -> None:
        if self._garbled:
            data = bytes(byte ^ 0x5A for byte in data)
        if data:
            self.send(data)

    # Session (3).

    def _wake(self) -> None:
        if self.faults.happens('lose_signature'):
            return
        if self.state is State.ASLEEP and self._noise:
            self._send(bytes([Control.SESSION_END]) * self._noise)
            self._noise = 0
            return
        self._end_session()
        self._ready()
        self._say(Control.NAK)

    def _ready(self) -> None:
        """Wait for a command; the idle clock begins anew."""
        self.state = State.READY
        self._restart_idle_clock()

    def _restart_idle_clock(self) -> None:
        self._idle.action = None
        self._idle = self.after(self.camera.idle_timeout,
                                lambda: self._lose_session(Control.SESSION_END))

    def _lose_session(self, reason: Control) -> None:
        if not self.options.ends_at_19200:
            self._say(reason)
            self._end_session()
        else:
            self._end_session()
            self._say(reason)

    def _end_session(self) -> None:
        self._idle.action = None
        self._chunks = []
        self._upload_next = None
        self._noise = self.options.wake_noise
        self.camera.begin_session()
        self.state = State.ASLEEP
        self._set_speed(self.LINE.baudrate)

    def _set_speed(self, baudrate: int) -> None:
        self.line = replace(self.line, baudrate=baudrate)
        self.registers[NUMBER['comm_speed']] = SPEED_CODES[baudrate]

    # Commands (4.1).

    def _obey(self, command: bytes) -> None:
        self.log.append(command)
        self.faults.command = command
        self._chunks = []
        if self.state is State.RECEIVING:
            self.camera.upload = None
        self._upload_next = None
        self._ready()
        for name, answer in ANSWERS.items():
            if self.faults.happens(name):
                if answer in ENDINGS:
                    self._lose_session(answer)
                elif answer is not None:
                    self._say(answer)
                return
        try:
            self._execute(command)
        except Refusal:
            folder = command[:2] == bytes([Code.SET_VDATA, NUMBER['folder_name']])
            self._say(self.options.no_folders if folder else Control.DC1)
        except Hang:
            self._hang()

    def _execute(self, command: bytes) -> None:
        if len(command) < 2:
            raise Refusal
        code, number, value = command[0], command[1], command[2:]
        if code == Code.SET_INT:
            if number == NUMBER['comm_speed']:
                self._change_speed(value)
                return
            self.camera.write_int(number, value)
            self._accept()
        elif code == Code.GET_INT:
            lie = self.faults.value(number)
            self._reply(pack_int(lie if isinstance(lie, int) else self.camera.read_int(number)))
        elif code == Code.ACTION:
            self._act(number, value[0] if value else 0)
        elif code == Code.SET_VDATA:
            self.camera.write_data(number, value)
            self._accept()
            if number == NUMBER['upload_data']:
                self._upload_next = 0
        elif code == Code.GET_VDATA or code == Code.GET_VDATA_EXT and self.options.extended:
            lie = self.faults.value(number)
            self._reply(lie if isinstance(lie, bytes) else self.camera.read_data(number))
        else:
            raise Refusal

    def _accept(self) -> None:
        self._restart_idle_clock()
        if not self.faults.happens('lose_ack'):
            self._say(self.faults.obeyed() or Control.ACK)

    def _change_speed(self, value: bytes) -> None:
        code = unpack_int(value) if len(value) == 4 else None
        if code == END_OF_SESSION:
            self._accept()
            self._end_session()
            return
        speed = SPEEDS.get(code) if code is not None else None
        if (speed is None or speed > self.options.max_speed
                or speed == self.line.baudrate and self.options.refuses_same_speed):
            raise Refusal
        self._accept()
        self._set_speed(speed)

    def _hang(self) -> None:
        self.state = State.HUNG
        self._idle.action = None
        self._unread.clear()

    # Replies and uploads (2.4, 6.11).

    def _reply(self, data: bytes) -> None:
        data = self.faults.reply(data)
        size = self.camera.number('packet_size')
        empty = self.faults.happens('empty_packets')
        if self.faults.happens('tiny_packets'):
            size = 1
        self._chunks = [data[i:i + size] for i in range(0, len(data), size)] or [b'']
        if empty:
            self._chunks = [b'']
        self._index = 0
        self._endless = empty or self.faults.happens('endless_data')
        self.state = State.SENDING
        self._send_packet()

    def _send_packet(self) -> None:
        """Send the packet that is outstanding, for the first time or again."""
        if self._index and self.faults.happens('end_session_in_transfer'):
            self._lose_session(Control.SESSION_END)
            return
        last = self._index + 1 == len(self._chunks) and not self._endless
        number = self._index + (5 if self.faults.happens('wrong_sequence') else 0)
        chunk = self._chunks[self._index % len(self._chunks)]
        packet = encode(Packet(Type.LAST if last else Type.DATA, number % 256, chunk))
        if self.options.checksum is not None:
            packet = packet[:-2] + self.options.checksum
        self._send(self.faults.packet(packet))

    def _acknowledged(self) -> None:
        if self.state is not State.SENDING or self.faults.happens('ack_unheard'):
            return
        self._restart_idle_clock()
        if self.faults.happens('duplicate_packet'):
            self._send_packet()
            return
        self._index += 1
        if self._index < len(self._chunks) or self._endless:
            self._send_packet()
        else:
            self._chunks = []
            self._ready()

    def _again(self) -> None:
        if self.state is State.SENDING:
            self._restart_idle_clock()
            self._send_packet()

    def _receive_upload(self, packet: Packet) -> None:
        """Take in a packet of an upload; one with the number before is a duplicate (3.1)."""
        expected = self._upload_next
        if expected is None:
            self._say(Control.NAK)
            return
        self._restart_idle_clock()
        if packet.sub == expected % 256:
            try:
                self.camera.extend_upload(packet.data)
            except Refusal:
                self._upload_next = None
                self._ready()
                self._say(Control.DC1)
                return
            self._upload_next = expected + 1
            self.state = State.READY if packet.type is Type.LAST else State.RECEIVING
        elif not expected or packet.sub != (expected - 1) % 256:
            self._say(Control.NAK)
            return
        self._say(Control.ACK)

    # Actions (4.5).

    def _act(self, number: int, argument: int) -> None:
        if number not in set(Action):
            raise Refusal
        action = Action(number)
        if action is Action.CALIBRATE_TEST:
            self.harmful[f'action 6 ({argument})'] += 1
            if argument == 16 or 20 <= argument <= 23:
                raise Hang
            if argument == 17:
                action = Action.TAKE_PICTURE
        fails = self.faults.happens('fail_action')
        fails |= action is Action.TAKE_PICTURE and not self.camera.frames_left
        duration = 0.0
        if not fails and action in (Action.TAKE_PICTURE, Action.TAKE_PREVIEW):
            duration = self.options.exposure_duration + self.camera.exposure_time
            if action is Action.TAKE_PICTURE:
                self.shots.append(self.now)
        began = self.camera.time
        silent = self.faults.happens('lose_ack_of_action')
        if (said := self.faults.obeyed()) is not None:
            self._say(said)
            silent = True
        elif self.faults.happens('damaged_ack_of_action'):
            self._say(Control.ACK ^ 0x40)
        elif not silent:
            self._say(Control.ENQ if self.options.ack_as_enq else Control.ACK)
        self.state = State.BUSY
        self._idle.action = None
        if duration:
            self.after(duration, lambda: self._finish(action, argument, fails, silent, began))
        else:
            self._finish(action, argument, fails, silent, began)

    def _finish(self, action: Action, argument: int, fails: bool, silent: bool,
                began: datetime) -> None:
        answer = bytes([self.options.done_code])
        if self.options.surplus_enq:
            answer += bytes([Control.ENQ])
        try:
            if fails:
                raise Refusal
            self.camera.perform(action, argument, began)
            if action is Action.TAKE_PICTURE and self.faults.happens('take_two'):
                self.camera.perform(action, argument, began)
            if self.faults.happens('fail_obeyed'):
                raise Refusal
        except Refusal:
            answer = bytes([Control.DC1])
        except Hang:
            self._hang()
            return
        if not silent and not self.faults.happens('lose_done'):
            self._send(answer)
        if action is Action.END_SESSION:
            self._end_session()
            if self.options.ff_after_end:
                self._say(Control.SESSION_END)
        else:
            self._ready()
        self._work()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A simulated iX Link camera (ix_link.md, section 10).

Never speaks unasked, answers in the order it was asked. A picture takes the exposure, the
read-out, and a dark frame as long as the exposure while black calibration is FORCED.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES, Quantity
from camera_driver.devices.ix_link.codec import Decoder, Frame, Reply, Request, UNDEFINED_ID
from camera_driver.devices.ix_link.commands import (
    BlackCalibration, Code, Command, COMMANDS, ReplyMode, Row, Status)
from camera_driver.devices.ix_link.simulator.faults import IxLinkMisbehaviour
from camera_driver.devices.ix_link.simulator.video import signal
from camera_driver.link.framing import Damaged
from camera_driver.link.port import LineSettings
from camera_driver.model import LiveViewRegion, SettingValue
from camera_driver.sim.simulator import Event, Simulator
from camera_driver.sim.video import VideoSignal

GAP = 0.1  # s without a byte, and the beginning of a frame is given up

GRIDS = {'f_number': Grid(9, 27, 1, 3), 'iso': Grid(12, 33, 1, 3),
         'exposure_time': Grid(-15, 34, 1, 3)}
VALUES = {'f_number': Fraction(18, 3), 'iso': Fraction(15, 3), 'exposure_time': Fraction(24, 3)}

_COMMANDS = {command.value: command for command in Command}
_USES = {command: (quantity, use) for quantity in QUANTITIES.values() for command, use in (
    (quantity.get, 'get'), (quantity.get_range, 'get_range'), (quantity.set, 'set'),
    (quantity.increment, 'increment'))}


class Refusal(Exception):
    """A command is answered with a completion code other than 0."""

    def __init__(self, code: Code) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True)
class Shot:
    """A picture that was begun: when [s], and with what."""

    time: float
    exposure_time: float
    f_number: float
    iso: float
    mode: ReplyMode


class IxLinkSimulator(Simulator):
    """
    A simulated camera on a line of its own.

    For tests and people: `shots`, `values` (APEX), `grids`, `black_calibration`, `live_view`,
    `region`, `phase` ('idle', 'exposing', 'reading out', 'dark frame'), `error` (the status is
    ERROR while it is set), `log` (the last requests), `misbehave` (see `sim.misbehaviour`;
    a command is its id).

    :param baudrate: of the line.
    :param readout: [s] from the end of the exposure until the picture is stored.
    :param strict: values off the grid are refused, else the nearest is taken.
    :param hdmi: it has the output that regions of interest are for.
    :param busy_refuses: nothing can be set while a picture is taken.
    :param busy_mute: nothing is answered while a picture is taken, as if it were synchronous.
    """

    LINE = LineSettings(9600)

    def __init__(self, *, baudrate: int = 9600, readout: float = 0.3, strict: bool = False,
                 hdmi: bool = True, busy_refuses: bool = True, busy_mute: bool = False) -> None:
        super().__init__()
        self.baudrate = baudrate
        self.readout = readout
        self.strict = strict
        self.hdmi = hdmi
        self.busy_refuses = busy_refuses
        self.busy_mute = busy_mute
        self.grids = dict(GRIDS)
        self.values = dict(VALUES)
        self.shots: list[Shot] = []
        self.log: deque[Request] = deque(maxlen=1000)
        self.faults = IxLinkMisbehaviour()
        self.misbehave = self.faults.add
        self.on_power()

    @classmethod
    def for_options(cls, options: Mapping[str, SettingValue]) -> IxLinkSimulator:
        """Return one at the driver's line speed: the protocol cannot change it."""
        return cls(baudrate=int(options['baudrate']))

    @property
    def exposure_time(self) -> float:
        """Seconds."""
        return self._in_units('exposure_time')

    @property
    def status(self) -> Status:
        """What get_system_status tells."""
        if self.error:
            return Status.ERROR
        return Status.READY if self.phase == 'idle' else Status.BUSY

    def video_signal(self) -> VideoSignal | None:
        """Show live view while it is on."""
        return signal(self.values, VALUES, self.region) if self.live_view else None

    # The line.

    def on_power(self) -> None:
        """Begin with FORCED, without live view; the exposure stays."""
        self.line = LineSettings(self.baudrate)
        self.black_calibration = BlackCalibration.FORCED
        self.live_view = False
        self.region = LiveViewRegion()
        self.phase = 'idle'
        self.error = False
        self._decoder = Decoder(Request)
        self._silence = Event(None)
        self._unread: deque[Request] = deque()
        self._waits = False  # a synchronous command is under way
        self._free_at = self.now  # when the last reply will have been sent

    def on_bytes(self, data: bytes) -> None:
        """Answer what the line brought."""
        self._silence.action = None
        self._take(self._decoder.feed(data))
        if self._decoder.pending:
            self._silence = self.after(GAP, lambda: self._take(self._decoder.flush()))

    def _take(self, frames: list[Frame | Damaged]) -> None:
        for frame in frames:
            if not isinstance(frame, Damaged):
                assert isinstance(frame, Request)
                self._unread.append(frame)
            elif frame.reason == 'size':
                self.faults.command = frame.data
                self._reply(Reply(Code.ERR_MSG_SIZE, UNDEFINED_ID))
            elif frame.reason == 'version':
                self.faults.command = frame.data[3:]
                self._reply(Reply(Code.ERR_PROTOCOL_VERSION, frame.data[3]))
        self._work()

    def _work(self) -> None:
        """Obey what was received; during a synchronous command it waits."""
        while self._unread and not self._waits:
            request = self._unread.popleft()
            self.log.append(request)
            self.faults.command = request.body
            if self.faults.happens('silence'):
                continue
            reply = self.faults.instead(request)
            if reply:
                self._reply(reply)
                continue
            try:
                data = self._obey(request)
            except Refusal as refusal:
                self._reply(Reply(refusal.code, request.command))
                continue
            if data is not None:
                self._reply(Reply(Code.NO_ERROR, request.command, data))

    def _reply(self, reply: Reply) -> None:
        """Send a reply, behind those that are late."""
        for delay, data in self.faults.sent(reply):
            self._free_at = max(self.now + delay, self._free_at)
            if self._free_at > self.now:
                self.after(self._free_at - self.now, partial(self.send, data))
            else:
                self.send(data)

    # Commands (4.1).

    def _obey(self, request: Request) -> bytes | None:
        """Return the data of the reply; None: it comes later."""
        row = COMMANDS.get(_COMMANDS[request.command]) if request.command in _COMMANDS else None
        if row is None:
            raise Refusal(Code.ERR_NOT_SUPPORTED)
        if len(request.data) != len(row.request):
            raise Refusal(Code.ERR_MSG_SIZE)
        values = Row(reply=row.request).unpack(request.data) or ()
        command = Command(request.command)
        if command in _USES:
            return self._exposure(*_USES[command], values)
        if command is Command.GET_SYSTEM_STATUS:
            return bytes([self.status])
        if command is Command.CAPTURE:
            return self._capture(*values)
        self._refuse_if_busy()
        if command is Command.SET_BLACK_CALIB_MODE:
            _allow(values[0], BlackCalibration)
            self.black_calibration = BlackCalibration(values[0])
        elif command is Command.START_LIVE_VIEW:
            self.live_view = True
        elif command is Command.STOP_LIVE_VIEW:
            _allow(values[0], ReplyMode)
            self.live_view = False
        else:
            self._show(*values)
        return b''

    def _exposure(self, quantity: Quantity, use: str, values: tuple[int, ...]) -> bytes:
        grid = self.grids[quantity.name]
        if use == 'get_range':
            return Row('bbBB').pack((grid.minimum, grid.maximum, grid.step, grid.denominator))
        if use == 'get':
            return self._on_wire(quantity)
        self._refuse_if_busy()
        numerator, denominator = values
        if not denominator:
            raise Refusal(Code.ERR_INPUT_OUT_OF_RANGE)
        wanted = Fraction(numerator, denominator)
        if use == 'increment':
            wanted += self.values[quantity.name]
        found = grid.nearest(wanted)
        if (found is None or not grid.value(grid.minimum) <= wanted <= grid.value(grid.maximum)
                or self.strict and grid.value(found) != wanted):
            raise Refusal(Code.ERR_INPUT_OUT_OF_RANGE)
        self.values[quantity.name] = grid.value(found)
        return b''

    def _on_wire(self, quantity: Quantity) -> bytes:
        denominator = self.grids[quantity.name].denominator
        return Row('bB').pack((int(self.values[quantity.name] * denominator), denominator))

    def _show(self, center_x: int, center_y: int, scale: int) -> None:
        if not self.hdmi:
            raise Refusal(Code.ERR_NOT_SUPPORTED)
        if not (center_x and center_y and 1 <= scale <= 100):
            raise Refusal(Code.ERR_INPUT_OUT_OF_RANGE)
        self.region = LiveViewRegion(center_x, center_y, scale)

    def _refuse_if_busy(self) -> None:
        if self.status is Status.BUSY and self.busy_refuses:
            raise Refusal(Code.ERR_CANNOT_EXECUTE)

    # Pictures (3.3).

    def _capture(self, mode: int) -> bytes | None:
        _allow(mode, ReplyMode)
        if self.status is not Status.READY:
            raise Refusal(Code.ERR_CANNOT_EXECUTE)
        synchronous = mode == ReplyMode.SYNC
        time = self.exposure_time
        self.shots.append(Shot(self.now, time, self._in_units('f_number'), self._in_units('iso'),
                               ReplyMode(mode)))
        self._waits = synchronous or self.busy_mute
        self.phase = 'exposing'
        dark = time if self.black_calibration is BlackCalibration.FORCED else 0.0
        fails = self.faults.happens('fail_capture')
        stays = self.faults.happens('stay_busy')

        def go_on(phase: str) -> None:
            self.phase = phase

        def end() -> None:
            self.phase = 'idle'
            self.error = fails
            self._waits = False
            if synchronous:
                code = Code.ERR_GENERAL if fails else Code.NO_ERROR
                self.faults.command = bytes([Command.CAPTURE])
                self._reply(Reply(code, Command.CAPTURE))
            self._work()

        if not stays:
            self.after(time, lambda: go_on('reading out'))
            if dark:
                self.after(time + self.readout, lambda: go_on('dark frame'))
            self.after(time + self.readout + dark, end)
        return None if synchronous else b''

    def _in_units(self, name: str) -> float:
        return QUANTITIES[name].from_apex(self.values[name])


def _allow(value: int, words: type[BlackCalibration] | type[ReplyMode]) -> None:
    if value not in set(words):
        raise Refusal(Code.ERR_INPUT_OUT_OF_RANGE)

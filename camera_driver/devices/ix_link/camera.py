# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A Phase One Industrial camera in a photographer's words (ix_link.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
import logging
from math import ceil
from typing import ClassVar

from camera_driver.abilities import ControlsExposure, HasLiveView, ShowsRegion, TakesPictures
from camera_driver.device import no_progress
from camera_driver.devices.ix_link import region
from camera_driver.devices.ix_link.apex import QUANTITIES
from camera_driver.devices.ix_link.codec import Request, UNDEFINED_ID
from camera_driver.devices.ix_link.commands import (
    BlackCalibration, Command, COMMANDS, FORMATS_THE_CARD, name_of, ReplyMode, Status)
from camera_driver.devices.ix_link.exposure import ExposureControl
from camera_driver.devices.ix_link.session import IxLinkSession, T_REPLY, T_WORK
from camera_driver.errors import (
    Busy, DeviceError, Forbidden, naming, NotSupported, OutcomeUnknown, ProtocolError, Refused)
from camera_driver.link.port import LineSettings, Port
from camera_driver.model import (
    Access, DeviceStatus, Exposure, Identity, LinkStatistics, LiveViewRegion, Range,
    Rectangle, RegionOfInterest, Setting, SettingValue, Shot)
from camera_driver.operations import Evidence, Kind, operation, Settlement

log = logging.getLogger(__name__)

SENSOR = ('sensor_width', 'sensor_height')
SPEEDS = (9600, 19200, 38400, 57600, 115200)
LONGEST = 64.0  # s of exposure that are allowed for where the camera does not tell

BLACK_CALIBRATION = Setting(
    'black_calibration', str, 'Whether the camera takes a dark frame after each picture; it takes '
    'as long as the exposure', words={mode.name.lower(): mode for mode in BlackCalibration},
    raw_allowed=False, access=Access.WRITE_ONLY, source='ix_link.md 4.1, command 25')


LIVE_VIEW = Setting(
    'live_view', bool, 'Whether the HDMI output shows live view', access=Access.WRITE_ONLY,
    source='ix_link.md 4.1, commands 114 and 115')
REGION = tuple(Setting(
    f'live_view_{field}', int, description, unit, minimum=values[0], maximum=values[-1],
    access=Access.WRITE_ONLY, source='ix_link.md 4.1, command 116')
    for field, description, unit, values in (
        ('center_x', 'Horizontal centre of the live view region: 1 left edge, 128 middle, 255 '
         'right edge', '', region.CENTERS),
        ('center_y', 'Vertical centre of the live view region: 1 bottom, 128 middle, 255 top', '',
         region.CENTERS),
        ('scale', 'Size of the live view region, of the width and height of the picture; 100: all '
         'of it', '%', region.SCALES)))


class IxLinkCamera(TakesPictures, ControlsExposure, HasLiveView, ShowsRegion):
    """One camera that speaks iX Link; the only one on its line."""

    LINE: ClassVar[LineSettings] = LineSettings(9600)
    OPTIONS: ClassVar[tuple[Setting, ...]] = (
        Setting('baudrate', int, 'Line speed that the camera is set up for', 'baud', default=9600,
                values=SPEEDS, source='ix_link.md 1'),
        Setting('reply_mode', str, 'When the camera answers a trigger: async: at once, and its '
                'status is polled until it is ready; sync: after the picture is taken',
                default='async',
                words={mode.name.lower(): mode for mode in ReplyMode}, raw_allowed=False,
                source='ix_link.md 3.3'),
        Setting('capture_when_busy', str, 'How to handle a capture requested while the camera is '
                'busy: wait until it is ready, for as long as a picture may take, or refuse it',
                default='wait', words={'wait': 0, 'refuse': 1}, raw_allowed=False,
                source='ix_link.md 3.3'),
        Setting('live_view_timeout', float, 'Timeout for the answer to starting live view', 's',
                default=T_REPLY, minimum=T_REPLY, maximum=T_WORK, source='ix_link.md 3.1'),
        Setting('sensor_width', int, 'Width of the sensor, needed for regions in pixels; 0: '
                'unknown', 'pixels', default=0, minimum=0, maximum=100000),
        Setting('sensor_height', int, 'Height of the sensor; 0: unknown', 'pixels', default=0,
                minimum=0, maximum=100000),
        Setting('keep_alive', float, 'Interval between harmless polls that detect a lost camera; '
                '0: no polls', 's', default=2.0, minimum=0.0, maximum=60.0),
    )
    SETTINGS: ClassVar[tuple[Setting, ...]] = (BLACK_CALIBRATION, LIVE_VIEW, *REGION)

    def __init__(self, port: Port, options: Mapping[str, SettingValue]) -> None:
        """Take over an open port; sends nothing. Raises ValueError for options of no use."""
        values = {o.name: o.validate(options.get(o.name, o.default)) for o in self.OPTIONS}
        self._baudrate = int(values['baudrate'])
        self._mode = ReplyMode[str(values['reply_mode']).upper()]
        self._waits_when_busy = values['capture_when_busy'] == 'wait'
        self._live_view_timeout = float(values['live_view_timeout'])
        self._sensor = int(values['sensor_width']), int(values['sensor_height'])
        if bool(self._sensor[0]) != bool(self._sensor[1]):
            raise naming(ValueError('the sensor has a width and a height: give both or none'),
                         *SENSOR)
        self.session = IxLinkSession(port)
        self._exposure = ExposureControl(self.session)

    # Device

    def open(self) -> Identity:
        """Ask whether a camera is there. This protocol does not tell which."""
        port = self.session.port
        if port.line.baudrate != self._baudrate:
            port.configure(LineSettings(self._baudrate))
        self.session.status_number()
        try:
            self._exposure.ranges()
        except (Busy, Refused, ProtocolError) as error:  # they are asked for when needed
            log.info('%s; the exposure cannot be set before its ranges are told', error)
        return Identity('ix_link')

    def close(self) -> None:
        """Close the port; there is nothing to take leave of."""
        self.session.port.close()

    def poll(self) -> DeviceStatus:
        """Ask for the status; what else is told was last commanded."""
        number, session = self.session.status_number(), self.session
        status = str(Status(number)) if number in set(Status) else f'unknown ({number})'
        details = {'status': status, 'line': str(session.port.line)}
        if session.black_calibration is not None:
            details['black calibration'] = session.black_calibration.name.lower()
        if session.region:
            shown = session.region
            details['live view region'] = (f'centre {shown.center_x}, {shown.center_y}, '
                                           f'scale {shown.scale}%')
        return DeviceStatus(live_view=session.live_view, details=details)

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried."""
        return self.session.channel.counters.snapshot()

    def get(self, name: str) -> SettingValue | None:
        """Return what was last commanded: the camera cannot say."""
        self.setting(name)
        session = self.session
        if name == BLACK_CALIBRATION.name:
            mode = session.black_calibration
            return None if mode is None else mode.name.lower()
        if name == LIVE_VIEW.name:
            return session.live_view
        value: int | None = getattr(session.region, _field(name), None)
        return value

    def set(self, name: str, value: SettingValue) -> SettingValue | None:
        """Write a setting; what is not known of the region becomes the middle and all of it."""
        setting = self.setting(name)
        value = setting.validate(value)
        if name == BLACK_CALIBRATION.name:
            self.session.set_black_calibration(BlackCalibration(setting.raw(str(value))))
        elif name == LIVE_VIEW.name:
            self.set_live_view(bool(value))
        else:
            shown = self.session.region or region.WHOLE
            self.set_live_view_region(replace(shown, **{_field(name): int(value)}))
        return value

    def send_message(self, message: bytes) -> bytes:
        """Send a command id and its data; returns the reply's data. Never sent twice."""
        if not message or len(message) > 254:
            raise ValueError('a message is a command id and up to 253 bytes of data '
                             '(ix_link.md 2.1)')
        command, data = message[0], message[1:]
        if command in (FORMATS_THE_CARD, UNDEFINED_ID):
            raise Forbidden(f'command {command} ({name_of(command)}) is never sent: it can format '
                            'the card (ix_link.md 4.3)' if command == FORMATS_THE_CARD else
                            f'command {command} is not a command (ix_link.md 4.1)')
        if command in COMMANDS:
            size = len(COMMANDS[Command(command)].request)
            if len(data) != size:
                raise ValueError(f'{name_of(command)} has {size} bytes of data, not {len(data)}')
        timeout = T_REPLY
        if Request(command, data) == Request(Command.CAPTURE, bytes([ReplyMode.SYNC])):
            timeout = self._limit(None)
        elif command in (Command.START_LIVE_VIEW, Command.STOP_LIVE_VIEW):
            timeout = T_WORK
        return self.session.raw(command, data, timeout)

    def questions(self) -> Mapping[str, Callable[[], object]]:
        """Return status, exposure's ranges, and one of the ranges."""
        def status() -> str:
            self.session.make_sure_it_is_ready()
            return 'ready'

        def ranges() -> str:
            return ', '.join(f'{name} {r.minimum:.4g} to {r.maximum:.4g}'
                             for name, r in self.exposure_ranges().items()) or 'none'

        return {'status': status, 'ranges': ranges,
                'echo': lambda: self.session.grid(QUANTITIES['iso'])}

    # Camera

    def capture(self, triggered: Callable[[float], None] = no_progress) -> Shot:
        """
        Take one picture; a doubtful outcome is settled by the camera's status, where it tells.

        Whether a picture was stored this protocol never says. Synchronous, `triggered` is called
        when the picture is taken, since the camera says nothing before.
        """
        session, port = self.session, self.session.port
        self._make_sure_it_is_ready()
        if self._mode is ReplyMode.SYNC:
            exposure = self._exposure_before()
            limit = self._limit(exposure.exposure_time)
            settled = session.trigger(ReplyMode.SYNC, limit)
            with _accepted_shot():
                if settled:
                    self._wait(limit)
                triggered(session.sent_at)
            done = port.now()
            # It has been exposed by now, so it was accepted that much earlier at the latest.
            accepted = max(session.sent_at, done - (exposure.exposure_time or 0.0))
            return Shot(session.sent_at, None if settled else done, exposure=exposure,
                        settled=settled, accepted=None if settled else accepted)
        settled = session.trigger(ReplyMode.ASYNC, T_REPLY)
        accepted = port.now()
        with _accepted_shot():
            triggered(session.sent_at)
            exposure = self._exposure_or_nothing()  # while the camera is at work: costs no time
            self._wait(self._limit(exposure.exposure_time))
        return Shot(session.sent_at, port.now(), exposure=exposure, settled=settled,
                    accepted=None if settled else accepted)

    def exposure(self) -> Exposure:
        """Return the exposure settings."""
        return self._exposure.read()

    def exposure_ranges(self) -> Mapping[str, Range]:
        """Return the camera's grids."""
        return self._exposure.ranges()

    def set_exposure(self, exposure: Exposure, nearest: bool = False) -> Exposure:
        """Set what is not None, on the camera's grid, and return what it holds."""
        return self._exposure.write(exposure, nearest)

    def step_exposure(self, quantity: str, steps: float) -> Exposure:
        """Change one quantity by steps of EV, never twice on doubt; positive is brighter."""
        return self._exposure.step(quantity, steps, self.record)

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of a step by the value that the camera holds; of a shot nothing can."""
        if evidence['operation'] == 'step_exposure':
            return self.session.settle_step(evidence)
        return super().settle(evidence)

    def set_live_view(self, on: bool) -> None:
        """Start or stop live view on the camera's HDMI output."""
        if on:
            self.session.start_live_view(self._live_view_timeout)
        else:
            self.session.stop_live_view(self._mode)

    @operation(Kind.SET, 'setting the region')
    def set_live_view_region(self, region_: LiveViewRegion) -> None:
        """Show this part of the picture in live view (HDMI only)."""
        region.check(region_)
        self.session.set_region(region_)

    def live_view_region(self) -> LiveViewRegion | None:
        """Return the region that was last commanded."""
        return self.session.region

    def set_roi(self, roi: RegionOfInterest) -> RegionOfInterest:
        """Show this part of the sensor in live view; widened to what centre and scale can do."""
        width, height = self._sensor_size()
        self.session.set_region(region.region_for(roi, width, height))
        shown = self.roi()
        assert shown
        return shown

    @property
    def shown(self) -> Rectangle | None:
        """The part that was last commanded; over an edge it is not known (9, row 11a)."""
        commanded = self.session.region
        return region.part_of(commanded) if commanded and region.within(commanded) else None

    def roi(self) -> RegionOfInterest | None:
        """Return the part of the sensor that was last commanded."""
        shown = self.session.region
        return region.roi_of(shown, *self._sensor_size()) if shown else None

    def _sensor_size(self) -> tuple[int, int]:
        if not all(self._sensor):
            raise naming(NotSupported(
                'regions in pixels need the size of the sensor, which this protocol does not '
                'tell: give the region as centre and scale, or set the size'), *SENSOR)
        return self._sensor

    def _make_sure_it_is_ready(self) -> None:
        """Wait for a camera that is busy with what nobody commanded here, if that is wanted."""
        session = self.session
        try:
            session.make_sure_it_is_ready()
        except Busy:
            if not self._waits_when_busy:
                raise
            limit = self._limit(self._exposure_or_nothing().exposure_time)
            session.wait_until_ready(session.port.now() + limit)

    def _limit(self, exposure_time: float | None) -> float:
        """Return how long a picture may take [s]: exposure, dark frame, and the rest (3.1)."""
        longest = self._exposure.longest or LONGEST
        limit = T_WORK + 2 * (longest if exposure_time is None else exposure_time)
        return ceil(limit * 1000) / 1000

    def _wait(self, limit: float) -> None:
        """Wait until the camera has taken the picture that it accepted."""
        session = self.session
        session.wait_until_ready(session.sent_at + limit)

    def _exposure_before(self) -> Exposure:
        """
        Return the exposure of a shot whose answer is waited for.

        A camera that does not answer now is not told to take a picture: nobody could say for how
        long to wait.
        """
        try:
            return self._exposure.read()
        except (Busy, Refused):
            return Exposure()  # it does not tell; the longest counts

    def _exposure_or_nothing(self) -> Exposure:
        try:
            return self._exposure.read()
        except DeviceError:
            return Exposure()  # the picture is taken all the same


@contextmanager
def _accepted_shot() -> Iterator[None]:
    """Raise OutcomeUnknown whatever ends a shot that the camera has accepted."""
    try:
        yield
    except OutcomeUnknown:
        raise
    except BaseException as error:  # an error state, a lost line, Ctrl-C: it may be exposed
        why = error if isinstance(error, Exception) else 'interrupted'
        raise OutcomeUnknown('it is unknown whether there is a picture: the camera had accepted '
                             f'the trigger, and then {why}') from error


def _field(name: str) -> str:
    """Return which field of a region a setting is."""
    return name.removeprefix('live_view_')

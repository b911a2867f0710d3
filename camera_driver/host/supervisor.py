# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Keeps one device open: connects, notices that the link is lost, and connects again.

All of it happens on the worker's thread, between its jobs; other threads only read the public
attributes, and `interrupt`. The clock is the worker's.

======================================  =====================================================
what a job or a poll raises             what follows
======================================  =====================================================
PortError                               the link is lost
SessionLost, WrongDevice                the link is lost (the session could not mend it itself)
ReplyTimeout, ProtocolError, Outcome-   the device is asked for its state once: when that fails
Unknown                                 too, the link is lost
anything, and the device has begun a    the device is asked who it is; another one: the link is
new session by itself                   lost; the same: settings are applied again
======================================  =====================================================

Link lost: close, DISCONNECTED, and connect again after `reconnect_delay`, which doubles from try
to try up to MOST_DELAY. Another device than the first one is ERROR: it is closed at once, nothing
is written to it, and the right one is looked for as before.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from enum import IntEnum
import logging
import os
from typing import TypeVar

from camera_driver.device import Device
from camera_driver.errors import (
    Cancelled, DeviceError, naming, NotConfirmed, NotSupported, options_of, OutcomeUnknown,
    PortError, ProtocolError, ReplyTimeout, SessionLost, WrongDevice)
from camera_driver.host.worker import DeviceWorker
from camera_driver.link.port import Port
from camera_driver.model import DeviceStatus, Identity, LinkStatistics, SettingValue

log = logging.getLogger(__name__)

T = TypeVar('T')

MOST_DELAY = 30.0  # s between two tries to connect
LOST = (PortError, SessionLost, WrongDevice)
DOUBTFUL = (ReplyTimeout, ProtocolError, OutcomeUnknown, NotConfirmed)

WATCH_PERIOD = 1.0  # s between looks whether the port is still there; sends nothing
LISTEN_PERIOD = 0.1  # s between looks whether the device has said something by itself


class State(IntEnum):
    """
    The states of CameraStatus.msg.

    READY is BUSY while the worker has something to do, INACTIVE while the node accepts no work.
    """

    DISCONNECTED = 0
    CONNECTING = 1
    READY = 2
    BUSY = 3
    ERROR = 4
    INACTIVE = 5


class Supervisor:
    """The life of one connection."""

    def __init__(self, device_class: type[Device], worker: DeviceWorker,
                 open_port: Callable[[], Port], options: Mapping[str, SettingValue],
                 reconnect_delay: float, *, on_connected: Callable[[Device, Identity], str],
                 on_disconnected: Callable[[DeviceError], None],
                 changed: Callable[[], None],
                 words: Callable[[Exception], str] = str) -> None:
        """
        Begin DISCONNECTED; `connect` or `keep_connecting` on the worker does the rest.

        :param on_connected: called on the worker with the device and its identity; returns in
            words what was done (settings applied). What it raises means: not connected.
        :param on_disconnected: called on the worker when the link was lost.
        :param changed: called when a public attribute has changed.
        :param words: says an error for `last_error`.
        """
        self._device_class = device_class
        self._worker = worker
        self._open_port = open_port
        self._options = options
        self._first_delay = self._delay = reconnect_delay
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._changed = changed
        self._words = words
        self._device: Device | None = None
        self._port: Port | None = None
        self._interrupted = False
        self._closed = False
        self._last_poll = 0.0
        self._sessions = 1
        self._past = LinkStatistics()  # of the ports before this one
        self.state = State.DISCONNECTED
        self.identity: Identity | None = None  # of the first device, which is the right one
        self.device_status = DeviceStatus()
        self.last_error = ''
        self.last_error_time = 0.0  # s of the worker's clock
        self.recovery = ''
        self.reconnects = 0

    @property
    def connected(self) -> bool:
        """Whether there is an open device."""
        return self.state is State.READY

    @property
    def statistics(self) -> LinkStatistics:
        """What the line has carried since the first connect."""
        device = self._device
        return _sum(self._past, device.statistics) if device else self._past

    def interrupt(self, patience: float) -> None:
        """
        Make the job under way end; from any thread.

        It is asked first; after `patience` [s] its port is cancelled, which ends everything that
        waits for the line and loses the connection.
        """
        self._worker.stop_job()
        port = self._port
        if not self._worker.idle(patience) and port:
            self._interrupted = True
            port.cancel()

    def note(self, words: str) -> None:
        """Show as the last error what went wrong besides; from any thread."""
        self.last_error, self.last_error_time = words, self._worker.now()
        self._changed()

    # On the worker's thread.

    def use(self, function: Callable[[Device], T]) -> T:
        """
        Let a function use the device, and look after the link when it fails.

        Raises PortError at once when there is no device, or what the function raises.
        """
        device = self._device
        if device is None:
            raise PortError(self.not_connected())
        try:
            return function(device)
        except LOST as error:
            self._lost(error)
            raise
        except DOUBTFUL:
            self.check_soon()
            raise
        except Cancelled as error:
            if self._interrupted:
                self._lost(error)
            raise
        finally:
            if self._device and device.sessions != self._sessions:
                self._sessions = device.sessions
                self._worker.later(0.0, 'checking who is there', self._renew)

    def not_connected(self) -> str:
        """Say that there is no device, and why."""
        return f'not connected: {self.last_error or "the node is still connecting"}'

    def connect(self) -> None:
        """
        Open port and device, now.

        Raises DeviceError; nothing is open then.
        """
        self._closed = self._interrupted = False
        self._set(State.CONNECTING)
        try:
            self._port = self._open_port()
            self._device = self._device_class(self._port, self._options)
            self._greet(self._device, 'reconnected to' if self.identity else 'connected to')
        except Exception as error:
            raise self._not_opened(error) from None
        self._delay = self._first_delay
        self._worker.forget_later()
        self._worker.later(WATCH_PERIOD, '', self._watch)
        if self._device_class.listen is not Device.listen:
            self._worker.later(LISTEN_PERIOD, '', self._listen)
        self._set(State.READY)

    def check_soon(self) -> None:
        """Ask the device for its state as the very next job."""
        self._worker.later(0.0, '', self._check)

    def keep_connecting(self) -> None:
        """Connect, and when that fails try again later, and so on."""
        if self._closed or self.connected:
            return
        try:
            self.connect()
        except DeviceError as error:
            if self._delay == self._first_delay:
                hint = '' if isinstance(error, PortError) else (
                    '. If it may be another device, stop this node and run camera-driver probe')
                log.info('trying again until it answers%s', hint)
            self._again()

    def reset(self) -> str:
        """Close, open again and return in words what was done; keeps trying when that fails."""
        self._close()
        self._delay = self._first_delay
        try:
            self.connect()
        except DeviceError:
            self._again()
            raise
        return self.recovery

    def close(self) -> None:
        """Close for good; never raises."""
        self._closed = True
        self._worker.forget_later()
        self._close()
        self._set(State.DISCONNECTED)

    def _greet(self, device: Device, how: str) -> None:
        """Ask a device who it is, compare, apply the settings, and say so in `recovery`."""
        identity = device.open()
        if self.identity and not self.identity.same_device(identity):
            raise WrongDevice(
                f'another device answers: {identity}, expected {self.identity}. Nothing was '
                'written to it. Connect the expected one, or accept this one by cleaning up and '
                'configuring the node (or restarting it)')
        # A device that was reset meanwhile has forgotten what was applied; if that happens again,
        # the next job notices.
        for _ in range(2):
            self._sessions = device.sessions
            done = self._on_connected(device, identity)
            self.device_status = device.poll()  # what was applied may show in it
            if device.sessions == self._sessions:
                break
        self._last_poll = self._worker.now()
        if self.identity:
            self.reconnects += 1
            # What one session did not learn of the device, another one may have.
            identity = _merge(identity, self.identity)
        self.identity = identity
        doubt = '' if identity.verifiable else (
            'identity unverifiable: the protocol cannot tell this device from another of its type')
        self.recovery = '; '.join(filter(None, (f'{how} {identity}', doubt, done)))
        log.info('%s', self.recovery)

    def _not_opened(self, error: Exception) -> DeviceError:
        """Take note of why there is no device."""
        if isinstance(error, ValueError):
            # An option that this device cannot have.
            error = naming(NotSupported(str(error)), *options_of(error))
        elif not isinstance(error, DeviceError):
            log.error('while connecting', exc_info=error)
            error = ProtocolError(f'internal error while connecting: {error!r}')
        self._close()
        # What keeps one try after the other from succeeding is said once.
        words = self._words(error)
        log.log(logging.DEBUG if words == self.last_error else logging.WARNING, '%s', words)
        wrong = isinstance(error, (WrongDevice, NotSupported))
        self._fail(error, State.ERROR if wrong else State.DISCONNECTED)
        return error

    def _check(self) -> None:
        """Ask for the state, and so whether the device is still there."""
        if self._device is None:
            return
        try:
            self.device_status = self._device.poll()
        except (*LOST, *DOUBTFUL, Cancelled) as error:
            self._lost(error)
        except DeviceError as error:
            log.debug('poll: %s', error)
        self._changed()

    def _renew(self) -> None:
        """Make sure of a device that has begun a new session by itself."""
        if self._device is None:
            return
        try:
            self._greet(self._device, 'new session with')
        except Exception as error:
            self._notify(self._not_opened(error))
            self._again()
        self._changed()

    def _watch(self) -> None:
        """Look after an idle link: is the port there, is a poll due."""
        port = self._port
        if self._device is None or port is None:
            return
        if port.name.startswith('/') and not os.path.exists(port.name):
            self._lost(PortError(f'{port.name}: the port is gone; was the cable or the adapter '
                                 'unplugged?'))
            return
        keep_alive = float(self._options.get('keep_alive', 0.0))
        if keep_alive and self._worker.now() - self._last_poll >= keep_alive:
            try:
                self.device_status = self.use(lambda device: device.poll())
            except DeviceError as error:
                log.debug('poll: %s', error)
            self._last_poll = self._worker.now()
        if self._device is not None:
            self._worker.later(WATCH_PERIOD, '', self._watch)

    def _listen(self) -> None:
        """Let the device take in what has arrived unasked."""
        if self._device is None:
            return
        try:
            self.use(lambda device: device.listen())
        except DeviceError as error:
            log.debug('listening: %s', error)
        if self._device is not None:
            self._worker.later(LISTEN_PERIOD, '', self._listen)

    def _lost(self, error: DeviceError) -> None:
        log.warning('the link is lost: %s', error)
        self._close()
        self._fail(error, State.ERROR if isinstance(error, WrongDevice) else State.DISCONNECTED)
        self._notify(error)
        self._again()

    def _notify(self, error: DeviceError) -> None:
        try:
            self._on_disconnected(error)
        except Exception:
            log.exception('after the link was lost')

    def _again(self) -> None:
        if not self._closed:
            self._worker.forget_later()  # one try is planned at a time, whoever asked for it
            self._worker.later(self._delay, 'connecting', self.keep_connecting)
            self._delay = min(2 * self._delay, max(MOST_DELAY, self._first_delay))

    def _fail(self, error: DeviceError, state: State) -> None:
        self.last_error = self._words(error)
        self.last_error_time = self._worker.now()
        self._set(state)

    def _close(self) -> None:
        device, port = self._device, self._port
        if device:
            device.close()
            self._past = _sum(self._past, device.statistics)
        elif port:
            port.close()
        self._device = self._port = None
        self.device_status = DeviceStatus()

    def _set(self, state: State) -> None:
        self.state = state
        self._changed()


def _sum(past: LinkStatistics, now: LinkStatistics) -> LinkStatistics:
    """Add the counters; round trips are those of the present."""
    return replace(now, **{name: count + getattr(past, name)
                           for name, count in now.counts().items()})


def _merge(identity: Identity, known: Identity) -> Identity:
    return replace(identity, **{f.name: getattr(known, f.name) for f in fields(Identity)
                                if not getattr(identity, f.name)})

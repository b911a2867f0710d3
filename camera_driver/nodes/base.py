# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The base of all nodes: one device, its life cycle, and one funnel for all that others ask of it.

What a node offers comes in parts, one for each ability of its device type (`Part`). They create
publishers and services when they are made (once: these stay through all transitions). Who runs
where:

=====================  ========================================================================
worker's thread        everything that touches the device (`run`, `start`, the hooks)
group `waiting`        services that wait for the worker; reentrant. At most MOST_WAITING + 1 of
                       them wait at any time (then Busy), so threads are left for the rest
group `quick`          timers, action goals and cancels, services that never wait, /clock
default group          parameters and transitions: wait for the worker, for a bounded time
=====================  ========================================================================
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future as WorkerFuture
from functools import partial
import os
from pathlib import Path
import time
import traceback
from typing import Any, cast, ClassVar, Generic, TypeVar

from lifecycle_msgs.msg import State as Lifecycle
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.task import Future

from camera_driver import catalog
from camera_driver.device import Device
from camera_driver.errors import DeviceError, PortError
from camera_driver.host.supervisor import Supervisor
from camera_driver.host.worker import DeviceWorker, Priority
from camera_driver.link.port import Port
from camera_driver.link.ports import open_port
from camera_driver.link.trace import TracingPort
from camera_driver.model import DeviceStatus, Identity, Progress, Setting, SettingValue
from camera_driver.msg import CameraStatus
from camera_driver.nodes import diagnostics
from camera_driver.nodes.convert import words
from camera_driver.nodes.logs import NodeLog
from camera_driver.nodes.maintenance import Maintenance
from camera_driver.nodes.mission_lock import MissionLock
from camera_driver.nodes.parameters import (
    adapt_all, COMMON, Configuration, SettingParameters, warn_of_unknown)
from camera_driver.nodes.preflight import Preflights
from camera_driver.nodes.rclpy_private import forget_lifecycle
from camera_driver.nodes.reports import Reports
from camera_driver.nodes.requests import guard_transitions, PATIENCE, Requests
from camera_driver.sim.simulator import Simulator
from camera_driver.sim.terminal import Terminal
from camera_driver.sim.video import VideoSignal

T = TypeVar('T')
D = TypeVar('D', bound=Device)
P = TypeVar('P', bound='Part[Any]')

CLOSING = 0.7  # s for a job to end by itself when the node ends; then its port is cancelled
FAILURES = (DeviceError, ValueError, InvalidParameterTypeException,
            InvalidParameterValueException)
"""What a node fails with; all else is a defect."""


class Part(Generic[D]):
    """
    What an ability of its device adds to a node: services, topics, parameters, diagnostics.

    A subclass names its ABILITY, declares PARAMETERS, offers its services in `__init__`, and
    overrides the hooks that it needs. It may use parts that stand before it in `PARTS`.
    """

    ABILITY: ClassVar[Any]
    """The ability without which the node has no such part; a tuple: any of these."""

    PARAMETERS: ClassVar[tuple[Setting, ...]] = ()
    """Its parameters; each says when it can be set (`Setting.when`)."""

    def __init__(self, node: 'DeviceNode') -> None:
        self.node = node

    @classmethod
    def parameters(cls, device: type[Device]) -> Sequence[Setting]:
        """Return PARAMETERS, as they are for a device type."""
        return cls.PARAMETERS

    @classmethod
    def camera_parameters(cls, device: type[Device]) -> Sequence[Setting]:
        """Return parameters NAME.<name> of each of `cameras`, of a device with cameras behind."""
        return ()

    @classmethod
    def check(cls, device: type[Device], values: Mapping[str, Any]) -> None:
        """Raise ValueError for values of parameters that are none, or do not go together."""

    def run(self, label: str, function: Callable[[D], T], timeout: float = PATIENCE,
            priority: Priority = Priority.NORMAL) -> T:
        """As `DeviceNode.run`, of a device with this ability."""
        return self.node.run(label, cast(Callable[[Device], T], function), timeout, priority)

    def command(self, label: str, function: Callable[[D], T], raw: bool = False) -> T:
        """As `DeviceNode.command`, of a device with this ability."""
        return self.node.command(label, cast(Callable[[Device], T], function), raw)

    def start(self, label: str, function: Callable[[D], T],
              priority: Priority = Priority.NORMAL) -> 'WorkerFuture[T]':
        """As `DeviceNode.start`, of a device with this ability."""
        return self.node.start(label, cast(Callable[[Device], T], function), priority)

    def use(self, function: Callable[[D], T]) -> T:
        """As `DeviceNode.use`, of a device with this ability."""
        return self.node.use(cast(Callable[[Device], T], function))

    # Hooks.

    def meet(self, others: 'Mapping[str, DeviceNode]') -> None:
        """Hear of the nodes, by their full names, that share the process; before all else."""

    def begin(self) -> None:
        """Forget what belongs to a device: another one may come; it will be connected next."""

    def connected_first(self, device: D) -> str:
        """As `connected`, before the settings that are parameters are applied."""
        return ''

    def connected(self, device: D, identity: Identity) -> str:
        """
        Do what has to be done with a device that was just opened; on the worker.

        The settings that are parameters have been applied and read. Returns in words what was
        done, for `recovery` ('' = nothing). What it raises means: not connected.
        """
        return ''

    def settings_known(self, device: D) -> None:
        """Hear that settings may have changed; on the worker."""

    def values_changed(self) -> None:
        """Hear that parameters were set; on the executor."""

    def set_active(self, active: bool) -> None:
        """Begin or end what runs while the node is active."""

    def close(self) -> None:
        """End what uses the device, which is closed next."""

    def destroy(self) -> None:
        """Let go of everything; the device is closed."""

    def tasks(self) -> Sequence[diagnostics.Task]:
        """Return more for /diagnostics; on the executor, must not wait."""
        return ()

    def preflight(self, device: D, status: DeviceStatus, shots: int
                  ) -> Sequence[diagnostics.Task]:
        """Return what bears on a mission of so many shots (0 = not said); on the worker."""
        return ()

    def tell(self, status: CameraStatus) -> None:
        """Fill in fields of ~/status; from any thread."""


class DeviceNode(LifecycleNode):
    """A lifecycle node that owns one device."""

    DEVICE_TYPE: ClassVar[str]
    """Name in the catalog."""

    PARTS: ClassVar[tuple[type[Part[Any]], ...]] = ()
    """The parts there are; a node has those whose ability its device type has."""

    PARAMETERS: ClassVar[tuple[Setting, ...]] = ()
    """Parameters besides those of all nodes, of the parts and of the device."""

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        """
        Declare everything; nothing is opened before `configure`.

        Raises one of FAILURES, and logs it, when a parameter has a value that is not allowed.
        """
        try:
            super().__init__(node_name or self.DEVICE_TYPE,
                             **{'enable_logger_service': True, **arguments})
            self.log = NodeLog(self.get_logger())
            with self.log.speaking():
                self._make()
        except FAILURES as error:
            self.get_logger().fatal(f'cannot start: {error}')
            if hasattr(self, 'log'):  # else rclpy could not make a node of it
                self._destroy()  # others in this process go on
            raise

    def _make(self) -> None:
        guard_transitions(self)
        self.quick = MutuallyExclusiveCallbackGroup()
        for subscription in self.subscriptions:  # rclpy's to /clock, with use_sim_time
            subscription.callback_group = self.quick  # time goes on while a parameter waits
            self.quick.add_entity(subscription)
        self.waiting = ReentrantCallbackGroup()
        self.failure = Future()  # its exception ends the process
        self.device_type = catalog.find(self.DEVICE_TYPE)
        self.worker: DeviceWorker | None = None
        self.supervisor: Supervisor | None = None
        self.terminal: Terminal | None = None  # of the simulated device
        self._active = False
        self._lifecycle = diagnostics.UNCONFIGURED
        self._problem = ''  # of the last transition, if it failed
        self._problem_time = 0.0  # ROS time [s]
        self.device_class = self.device_type.device_class()
        self.configuration = Configuration(
            self, lambda: self._lifecycle is diagnostics.UNCONFIGURED,
            lambda what: self.lock.check(what))
        self.configuration.declare(self.parameters())
        self._check_values(self.configuration.values)
        self.settings = SettingParameters(
            self, self.device_class.SETTINGS, self.run, self.settings_known)
        self.lock = MissionLock(self, self.parameter('start_locked'))
        requests = Requests(self)
        self.serve, self.serve_action = requests.serve, requests.serve_action
        Maintenance(self, requests)
        Preflights(self)
        steady = Clock(clock_type=ClockType.STEADY_TIME)  # simulated time may stand still
        self.reports = Reports(self, self.parameter('status_rate'), steady)
        self.parts: list[Part[Any]] = []
        for part in self.parts_of_type():
            self.parts.append(part(self))
        self.add_pre_set_parameters_callback(lambda parameters: adapt_all(
            {**self.configuration.settings, **self.settings.settings}, parameters))
        self.configuration.listen(self._check_values, self._values_changed)
        self.publish_status()
        if self.parameter('autostart'):
            # Not from here: the subclass is still being made, and nobody spins yet.
            self._autostart = self.create_timer(0.0, self._start_up, clock=steady)

    @classmethod
    def parts_of_type(cls) -> Sequence[type[Part[Any]]]:
        """Return the parts of the device type; one that extends another takes its place."""
        device = catalog.find(cls.DEVICE_TYPE).device_class()
        found = [part for part in cls.PARTS if issubclass(device, part.ABILITY)]
        return list(dict.fromkeys(
            next(one for one in reversed(found) if issubclass(one, part)) for part in found))

    @classmethod
    def parameters(cls) -> Sequence[Setting]:
        """Return all parameters but the settings, the device type's OPTIONS last."""
        device = catalog.find(cls.DEVICE_TYPE).device_class()
        parts = [one for part in cls.parts_of_type() for one in part.parameters(device)]
        return (*COMMON, *parts, *cls.PARAMETERS, *device.OPTIONS)

    @classmethod
    def camera_parameters(cls) -> Sequence[Setting]:
        """Return the parameters NAME.<name> of each of its `cameras`; none: it has no such."""
        device = catalog.find(cls.DEVICE_TYPE).device_class()
        return [one for part in cls.parts_of_type() for one in part.camera_parameters(device)]

    # What subclasses and parts use.

    def find(self, kind: type[P]) -> P | None:
        """Return the node's part of this kind, if it has one."""
        return next((part for part in self.parts if isinstance(part, kind)), None)

    def part(self, kind: type[P]) -> P:
        """Return the node's part of this kind, which it has."""
        part = self.find(kind)
        assert part is not None, f'{self.DEVICE_TYPE} has no {kind.__name__}'
        return part

    def parameter(self, name: str) -> Any:
        """Return the value of one of PARAMETERS or of the device type's OPTIONS."""
        return self.configuration.values[name]

    @property
    def identity(self) -> Identity:
        """Who the device is that was connected; stays through a loss of the link."""
        identity = self.supervisor.identity if self.supervisor else None
        assert identity, 'it was never connected'
        return identity

    @property
    def port_name(self) -> str:
        """Where the device is."""
        return self.terminal.path if self.terminal else str(self.parameter('port'))

    @property
    def active(self) -> bool:
        """Whether the node publishes and accepts work."""
        return self._active

    @property
    def connected(self) -> bool:
        """Whether a device is open."""
        return self.supervisor is not None and self.supervisor.connected

    def run(self, label: str, function: Callable[[Device], T], timeout: float = PATIENCE,
            priority: Priority = Priority.NORMAL) -> T:
        """
        Run function(device) on the worker, wait for it, return its result or raise its error.

        :param label: in words, to follow 'the device is': 'capturing', 'listing images'.
        :param timeout: [s] for its turn to come; when it has begun, it is waited for.

        Raises PortError at once when no device is connected, Busy when its turn does not come.
        """
        worker, supervisor = self._ready()
        return worker.call(label, partial(supervisor.use, function), timeout, priority)

    def command(self, label: str, function: Callable[[Device], T], raw: bool = False) -> T:
        """
        As `run`, for what may change settings that the device cannot tell, or its state.

        :param raw: any setting may be another one now.
        """
        def work(device: Device) -> T:
            try:
                return function(device)
            finally:
                if raw:
                    try:
                        self.settings.refresh(device, device.settings())
                    except DeviceError as error:  # what became of the command counts
                        self.get_logger().warning(f'settings were not read again: {words(error)}')
                self.settings.follow(device)
                if self.supervisor:
                    self.supervisor.check_soon()

        return self.run(label, work)

    def start(self, label: str, function: Callable[[Device], T],
              priority: Priority = Priority.NORMAL) -> 'WorkerFuture[T]':
        """
        Run function(device) on the worker some time, and return its future at once.

        Raises PortError when no device is connected, Busy when too much waits already.
        """
        worker, supervisor = self._ready()
        return worker.start(label, partial(supervisor.use, function), priority)

    def use(self, function: Callable[[Device], T]) -> T:
        """Run function(device) in a job that is on the worker already. Raises PortError."""
        return self._ready()[1].use(function)

    def show_progress(self, progress: Progress) -> None:
        """
        Show in the status how far the job is that calls this, on the worker.

        To be given to the device as `progress`. Raises Cancelled when the job has to end: the
        node is shutting down, or somebody resets the device.
        """
        if self.worker:
            self.worker.report(progress)

    @property
    def shows_video(self) -> bool:
        """Whether the device is a simulated one with a video output."""
        simulator = self.device_type.simulator_class()
        return self.parameter('simulate') and simulator.video_signal is not Simulator.video_signal

    def simulated_video(self) -> VideoSignal | None:
        """Return what the simulated device shows now; None: nothing, or it is none."""
        return self.terminal.simulator.video_signal() if self.terminal else None

    def seconds(self) -> float:
        """Return the present ROS time [s] (simulated where use_sim_time is set)."""
        return float(self.get_clock().now().nanoseconds * 1e-9)

    def seconds_of(self, port_seconds: float) -> float:
        """Return the ROS time [s] of a recent moment that the port's clock (monotonic) told."""
        # ROS time is 0 before the first /clock, and never negative.
        return max(0.0, self.seconds() - (time.monotonic() - port_seconds))

    def publish_status(self) -> None:
        """Publish ~/status as it is now; from any thread."""
        self.reports.publish_status()

    def view(self) -> diagnostics.View:
        """Return what status and diagnostics tell of."""
        return diagnostics.View(
            self.get_fully_qualified_name()[1:], self.DEVICE_TYPE, self.port_name,
            self.get_clock().now().to_msg(), self._lifecycle, self._problem, self._problem_time,
            self.worker, self.supervisor, self.settings.problems, self.seconds_of)

    def tasks(self) -> Sequence[diagnostics.Task]:
        """Return the lines of /diagnostics as they are now."""
        return (*diagnostics.tasks_of_all(self.view()),
                diagnostics.Task('lock', diagnostics.OK, self.lock.words),
                *(task for part in self.parts for task in part.tasks()))

    # Hooks.

    def simulator(self, options: Mapping[str, SettingValue]) -> Simulator:
        """Return the device that `simulate` asks for, as these options of the driver expect it."""
        return self.device_type.simulator_class().for_options(options)

    def meet(self, others: 'Mapping[str, DeviceNode]') -> None:
        """Let the parts hear of the nodes, by their full names, that share the process."""
        for part in self.parts:
            part.meet(others)

    def settings_known(self, device: Device) -> None:
        """Let the parts hear that settings may have changed; on the worker."""
        for part in self.parts:
            part.settings_known(device)

    def on_disconnected(self, error: DeviceError) -> None:
        """Take note that the link is lost; on the worker."""

    # Transitions.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start the worker and open port and device; with wait_for_device not wait for them."""
        return self._transition('configure', diagnostics.INACTIVE, self._configure,
                                super().on_configure, state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Publish and accept work."""
        return self._transition('activate', diagnostics.ACTIVE, self._activate,
                                super().on_activate, state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Accept no more work; sequences and downloads end with the present picture."""
        return self._transition('deactivate', diagnostics.INACTIVE,
                                lambda: self._set_active(False), super().on_deactivate, state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the device."""
        return self._transition('cleanup', diagnostics.UNCONFIGURED, self.close_device,
                                super().on_cleanup, state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the device."""
        return self._transition('shutdown', diagnostics.FINALIZED, self.close_device,
                                super().on_shutdown, state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the device; the node can be configured again."""
        return self._transition('error', diagnostics.UNCONFIGURED, self.close_device,
                                super().on_error, state)

    def finish(self) -> None:
        """Shut the node down, in whatever state it is: close the device, say a last status."""
        try:
            self.trigger_shutdown()
        except Exception:  # rclpy's, where there is no such transition: finalized, or amid another
            self.close_device()

    def close_device(self) -> None:
        """End what is under way, close the device in an orderly way, stop the worker."""
        with self.log.speaking():
            self._close_device()

    def _close_device(self) -> None:
        self._active = False
        for part in self.parts:
            part.close()
        worker, supervisor = self.worker, self.supervisor
        if worker and supervisor:
            worker.stop_job()
            if not worker.shutdown(supervisor.close, CLOSING):
                supervisor.interrupt(0.0)
                if not worker.shutdown(supervisor.close, CLOSING):
                    self.get_logger().error('the device does not let go of its thread')
            self.publish_status()
        self.worker = self.supervisor = None
        if self.terminal:
            self.terminal.close()
            self.terminal = None

    def destroy_node(self) -> None:
        """Close the device and destroy the node."""
        self.close_device()
        with self.log.speaking():
            for part in reversed(self.parts):
                part.destroy()
        self.log.close()
        self._destroy()

    def _destroy(self) -> None:
        super().destroy_node()
        forget_lifecycle(self)

    def _configure(self) -> None:
        warn_of_unknown(self)
        options = {option.name: self.parameter(option.name)
                   for option in self.device_class.OPTIONS}
        if self.parameter('simulate'):
            self.terminal = Terminal(self.simulator(options),
                                     paced=bool(self.parameter('simulate_paced')))
        self.worker = DeviceWorker(f'{self.get_logger().name} device', self.publish_status)
        self.supervisor = Supervisor(
            self.device_class, self.worker, self._open_port, options,
            self.parameter('reconnect_delay'), on_connected=self._device_connected,
            on_disconnected=self.on_disconnected, changed=self.publish_status,
            words=words)
        self.settings.forget()
        for part in self.parts:
            part.begin()
        if self.parameter('wait_for_device'):
            self.worker.start('connecting', self.supervisor.keep_connecting)
        else:
            try:
                self.worker.call('connecting', self.supervisor.connect, PATIENCE)
            except Exception:
                self.close_device()
                raise

    def _open_port(self) -> Port:
        port = open_port(self.port_name, self.device_class.LINE)
        trace = self.parameter('trace_file')
        if not trace:
            return port
        try:
            return TracingPort(port, Path(os.path.expanduser(trace)), self.DEVICE_TYPE,
                               time.time())
        except BaseException:
            port.close()
            raise

    def _device_connected(self, device: Device, identity: Identity) -> str:
        done = [*(part.connected_first(device) for part in self.parts),
                self.settings.connected(device),
                *(part.connected(device, identity) for part in self.parts)]
        return '; '.join(words for words in done if words)

    def _check_values(self, values: Mapping[str, Any]) -> None:
        """Raise ValueError for configuration that does not go together."""
        if not values['port'] and not values['simulate']:
            raise ValueError('the parameter port is empty; say where the device is, or try '
                             'simulate:=true')
        for part in self.parts_of_type():
            part.check(self.device_class, values)

    def _values_changed(self) -> None:
        for part in self.parts:
            part.values_changed()

    def _activate(self) -> None:
        try:
            self._set_active(True)
        except BaseException:
            self._set_active(False)
            raise

    def _set_active(self, active: bool) -> None:
        self._active = active
        for part in self.parts:
            part.set_active(active)

    def _transition(self, name: str, goal: Lifecycle, work: Callable[[], None],
                    entities: Callable[[LifecycleState], TransitionCallbackReturn],
                    state: LifecycleState) -> TransitionCallbackReturn:
        """Make a transition and tell of it; rclpy would swallow what it raises."""
        result, self._problem = TransitionCallbackReturn.FAILURE, ''
        try:
            with self.log.speaking():
                work()
                result = entities(state)
        except DeviceError as error:
            self._problem = f'{name}: {words(error)}'
            self.get_logger().error(self._problem)
        except Exception as error:
            self._problem = f'{name}: internal error: {error!r}'
            self.get_logger().error(f'{name}: {traceback.format_exc()}')
        self._problem_time = self.seconds()
        if result is TransitionCallbackReturn.SUCCESS or goal is diagnostics.FINALIZED:
            self._lifecycle = goal
        self.publish_status()
        self.reports.publish_diagnostics()
        return result

    def _start_up(self) -> None:
        self._autostart.cancel()
        for trigger in (self.trigger_configure, self.trigger_activate):
            if trigger() is not TransitionCallbackReturn.SUCCESS:
                self.get_logger().fatal('cannot start, see above: the node ends')
                self.failure.set_exception(DeviceError(self._problem))
                return

    # Services and parameters.

    def _ready(self) -> tuple[DeviceWorker, Supervisor]:
        worker, supervisor = self.worker, self.supervisor
        if worker is None or supervisor is None:
            raise PortError('not connected: the node is not configured')
        if not supervisor.connected:
            raise PortError(supervisor.not_connected())
        return worker, supervisor

    def publish(self, publisher: Any, message: Callable[[], Any]) -> None:
        """Publish; never raises, as it would end the worker's thread or the node."""
        try:
            with self.log.speaking():
                publisher.publish(message())
        except Exception:
            if self.context.ok():  # else: the context ended under this thread
                self.get_logger().error(f'{publisher.topic_name}: {traceback.format_exc()}')

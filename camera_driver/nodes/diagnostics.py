# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a node says of itself and its link: ~/status and /diagnostics (REP-107)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from diagnostic_msgs.srv import SelfTest
from lifecycle_msgs.msg import State as Lifecycle

from camera_driver.host.process import restarts
from camera_driver.host.supervisor import State, Supervisor
from camera_driver.host.worker import DeviceWorker
from camera_driver.model import CheckResult, DeviceStatus, LinkStatistics
from camera_driver.msg import CameraStatus
from camera_driver.msg import LinkStatistics as LinkMessage
from camera_driver.nodes.convert import count, number, time_message

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
UNCONFIGURED = Lifecycle(id=Lifecycle.PRIMARY_STATE_UNCONFIGURED, label='unconfigured')
INACTIVE = Lifecycle(id=Lifecycle.PRIMARY_STATE_INACTIVE, label='inactive')
ACTIVE = Lifecycle(id=Lifecycle.PRIMARY_STATE_ACTIVE, label='active')
FINALIZED = Lifecycle(id=Lifecycle.PRIMARY_STATE_FINALIZED, label='finalized')
NEXT = {'unconfigured': 'ros2 lifecycle set /{} configure, then activate',
        'inactive': 'ros2 lifecycle set /{} activate',
        'finalized': 'start it again'}  # how a node accepts work

NOISY = 0.01  # retries and damaged frames per request above which the line deserves a look


@dataclass(frozen=True)
class Task:
    """One line of diagnostics; the node's name is put in front of `name`."""

    name: str
    level: bytes  # OK, WARN, ERROR
    message: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """What is told of a node."""

    name: str
    device_type: str
    port: str  # '' = not known: of a simulated device, before it is there
    now: Time
    lifecycle: Lifecycle
    problem: str  # of the last transition, if it failed
    problem_time: float  # ROS time [s]
    worker: DeviceWorker | None  # None: not configured; both or none
    supervisor: Supervisor | None
    problems: Mapping[str, str]  # setting -> why it could not be applied
    ros_time: Callable[[float], float]  # of a recent monotonic moment [s]


def status_message(node: View) -> CameraStatus:
    """Return ~/status as it is now."""
    worker, supervisor = node.worker, node.supervisor
    identity = supervisor.identity if supervisor else None
    status = supervisor.device_status if supervisor else DeviceStatus()
    message = CameraStatus()
    message.header.stamp = node.now
    message.state = int(state(node))
    message.lifecycle = node.lifecycle
    message.camera_type = node.device_type
    if identity:
        message.manufacturer = identity.manufacturer
        message.model = identity.model
        message.serial_number = identity.serial_number
        message.firmware_version = identity.firmware_version
        message.identity_verifiable = identity.verifiable
    message.port = node.port
    message.activity = worker.activity if worker else ''
    message.progress = float(worker.progress) if worker else nan
    message.battery = number(status.battery)
    message.images_stored = count(status.images_stored)
    message.images_left = count(status.images_left)
    message.memory_free = count(status.memory_free)
    message.live_view = bool(status.live_view)
    if node.problem:
        message.last_error = node.problem
        message.last_error_stamp = time_message(node.problem_time)
    elif supervisor and supervisor.last_error:
        message.last_error = supervisor.last_error
        message.last_error_stamp = time_message(
            node.ros_time(supervisor.last_error_time))
    message.recovery = supervisor.recovery if supervisor else ''
    message.link = link_message(supervisor)
    return message


def state(node: View) -> State:
    """Return what the device is at, as CameraStatus.msg says it."""
    if not node.supervisor or not node.worker:
        return State.DISCONNECTED
    if node.supervisor.connected and node.lifecycle is not ACTIVE:
        return State.INACTIVE
    if node.supervisor.connected and node.worker.activity:
        return State.BUSY
    return node.supervisor.state


def link_message(supervisor: Supervisor | None) -> LinkMessage:
    """Convert the counters of the line."""
    link = supervisor.statistics if supervisor else LinkStatistics()
    return LinkMessage(**link.counts(), reconnects=supervisor.reconnects if supervisor else 0,
                       last_round_trip=number(link.last_round_trip),
                       median_round_trip=number(link.median_round_trip))


def tasks_of_all(node: View) -> Sequence[Task]:
    """Return what is told of every device, in each state of the lifecycle."""
    return (_device(node), _link(node.supervisor))


def diagnostics_message(node: View, tasks: Sequence[Task]) -> DiagnosticArray:
    """
    Return /diagnostics as it is now.

    The lines are the same in each lifecycle state, so that none grows stale where a node is
    watched.
    """
    message = DiagnosticArray()
    message.header.stamp = node.now
    message.status = [diagnostic_status(node, task) for task in tasks]
    return message


def self_test_response(node: View, results: Sequence[CheckResult], response: SelfTest.Response
                       ) -> SelfTest.Response:
    """Fill in what a self-test has found."""
    response.id = hardware_id(node)
    response.passed = bytes([all(one.passed for one in results)])
    response.status = [diagnostic_status(node, Task(
        one.name, OK if one.passed else ERROR, one.detail or ('passed' if one.passed else 'failed')
    )) for one in results]
    return response


def hardware_id(node: View) -> str:
    """Return the serial number; a device that tells none is known by its port (REP-107)."""
    identity = node.supervisor.identity if node.supervisor else None
    return (identity and identity.serial_number or node.port
            or f'simulated {node.device_type}')


def diagnostic_status(node: View, task: Task) -> DiagnosticStatus:
    """Return one line as a message."""
    return DiagnosticStatus(
        level=task.level, name=f'{node.name}: {task.name}', message=task.message,
        hardware_id=hardware_id(node),
        values=[KeyValue(key=key, value=str(value)) for key, value in task.values.items()])


def _device(node: View) -> Task:
    worker, supervisor = node.worker, node.supervisor
    now = state(node)
    values: dict[str, object] = {
        'state': now.name, 'lifecycle': node.lifecycle.label, 'port': node.port,
        'restarts of the process': restarts() or None}
    advice = NEXT.get(node.lifecycle.label, '').format(node.name)
    asleep = f'{node.lifecycle.label}: the node accepts no work ({advice})'
    if not supervisor or not worker:
        level, words = (ERROR, node.problem) if node.problem else (WARN, asleep)
        return Task('device', level, words, {key: one for key, one in values.items() if one})
    if supervisor.identity:
        values |= {'manufacturer': supervisor.identity.manufacturer,
                   'model': supervisor.identity.model,
                   'serial number': supervisor.identity.serial_number,
                   'firmware': supervisor.identity.firmware_version}
    status = supervisor.device_status
    values |= {'battery': status.battery, 'images stored': status.images_stored,
               'images left': status.images_left, 'memory free [bytes]': status.memory_free}
    values |= status.details
    values |= {'activity': worker.activity, 'last error': supervisor.last_error,
               'recovery': supervisor.recovery, **node.problems}
    shown = {key: value for key, value in values.items() if value not in (None, '')}
    if now in (State.DISCONNECTED, State.ERROR):
        return Task('device', ERROR, supervisor.not_connected(), shown)
    if now is State.CONNECTING:
        return Task('device', WARN, 'connecting', shown)
    if node.problem:
        return Task('device', ERROR, node.problem, shown)
    if now is State.INACTIVE:
        return Task('device', WARN, asleep, shown)
    if node.problems:
        return Task('device', WARN, 'settings that could not be applied: '
                    + ', '.join(node.problems), shown)
    return Task('device', OK, worker.activity or 'ready', shown)


def _link(supervisor: Supervisor | None) -> Task:
    if supervisor is None:
        return Task('link', OK, 'the port is not open: the node is not configured')
    link = supervisor.statistics
    values: dict[str, object] = {
        name.replace('_', ' '): count for name, count in link.counts().items()}
    values['reconnects'] = supervisor.reconnects
    for name in ('last_round_trip', 'median_round_trip'):
        trip = getattr(link, name)
        if trip is not None:
            values[f'{name.replace("_", " ")} [ms]'] = f'{1000 * trip:.1f}'
    bad = (link.retries + link.damaged_frames) / max(1, link.requests)
    if bad > NOISY:
        return Task('link', WARN, f'noisy: {bad:.1%} of the requests were disturbed; check '
                    'cable, connectors and speed', values)
    return Task('link', OK, f'{link.requests} requests, {link.retries} retries', values)

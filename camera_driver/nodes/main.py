# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""How the executables run nodes: threads, signals, exit codes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
import os
from pathlib import Path
from queue import Empty, SimpleQueue
import signal
import sys
import tempfile
from time import monotonic

from ament_index_python.packages import get_package_prefix
import rclpy
from rclpy.executors import MultiThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from camera_driver.catalog import find, TYPES
from camera_driver.host.process import ending_signals, tell_manager, watchdog_interval
from camera_driver.host.worker import MOST_WAITING
from camera_driver.nodes.base import DeviceNode, FAILURES
from camera_driver.nodes.rclpy_private import let_finish
from camera_driver.nodes.shared_memory import check_room, set_large_images
from camera_driver.nodes.spinning import Spinner
from camera_driver.rig import Rig

THREADS = MOST_WAITING + 1 + 6
"""Of one node: services that wait, parameters, timers, fixes, and three actions under way."""


def run(node_class: Callable[[], DeviceNode]) -> int:
    """
    Run a node until it is told to end (exit code 0) or fails (1).

    Exceptions that are defects leave it with their traceback, so that launch can respawn it.
    """
    return _run({sys.argv[0]: node_class})


def run_rig(rig: Rig, ros_arguments: Sequence[str] = ()) -> int:
    """
    Run all nodes of a rig in this process until they are told to end (exit code 0).

    A node that fails says why in its log, and the others go on; the exit code will be 1, and when
    none is left it ends. A defect in one ends all.
    """
    return _run({device.full_name: partial(
        # Its own names precede those that the process is given, as by PushRosNamespace.
        TYPES[device.type].node_class(), device.name, cli_args=device.names(),
        parameter_overrides=[Parameter(name, value=list(value) if isinstance(value, tuple)
                                       else value)
                             for name, value in device.parameters.items()])
        for device in rig.devices}, ['--ros-args', *ros_arguments])


def main() -> int:
    """Run the node of the device type that the first argument names."""
    try:
        return run(find((sys.argv[1:] or [''])[0]).node_class())
    except ValueError as error:
        _tell(sys.argv[0], error)
        return 2


def command(device_type: str) -> list[str]:
    """Return the command that runs the node of a device type."""
    return [str(Path(get_package_prefix('camera_driver'), 'lib', 'camera_driver', 'device_node')),
            device_type]


def _set_log_directory() -> None:
    """Let ROS log to a temporary directory where it could not start for want of a home."""
    if os.environ.get('ROS_LOG_DIR'):
        return
    home = os.environ.get('HOME')
    ros_home = os.environ.get('ROS_HOME') or (home and os.path.join(home, '.ros'))
    if ros_home:
        try:
            Path(ros_home, 'log').mkdir(parents=True, exist_ok=True)
            if os.access(Path(ros_home, 'log'), os.W_OK):
                return
        except OSError:
            pass
    os.environ['ROS_LOG_DIR'] = tempfile.mkdtemp(prefix='camera_driver_log_')
    _tell(sys.argv[0], 'there is no home directory that can be written to: logging to '
          f'{os.environ["ROS_LOG_DIR"]}; set HOME, ROS_HOME or ROS_LOG_DIR')


def _run(makers: Mapping[str, Callable[[], DeviceNode]], arguments: Sequence[str] | None = None
         ) -> int:
    """Make the nodes and run them until they are told to end or all have failed."""
    try:
        check_room()
    except OSError as error:
        _tell(sys.argv[0], error)
        return 1
    missing = set_large_images()
    if missing:
        _tell(sys.argv[0], missing)
    _set_log_directory()
    # Without rclpy's own handlers, which end the context under whatever is still to be said.
    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    news: SimpleQueue[str | BaseException | None] = SimpleQueue()  # failure, defect, stop
    heeded = ending_signals()
    for number in heeded:
        signal.signal(number, lambda *_: news.put(None))
    nodes: dict[str, DeviceNode] = {}
    # One for each node: an executor looks at all that its nodes have whenever anything happens.
    spinners: dict[str, Spinner] = {}
    try:
        for name, make in makers.items():
            try:
                nodes[name] = node = make()
            except FAILURES:  # its log says which
                continue
            node.failure.add_done_callback(lambda _, name=name: news.put(name))
        for name, node in nodes.items():
            node.meet(nodes)
        for name, node in nodes.items():
            executor = MultiThreadedExecutor(THREADS)
            executor.add_node(node)
            spinners[name] = Spinner(executor, f'executor of {name}', news.put)
        tell_manager('READY=1')
        interval = watchdog_interval()
        while nodes:
            try:
                failed = news.get(timeout=interval)
            except Empty:
                if all(node.reports.alive for node in nodes.values()):
                    tell_manager('WATCHDOG=1')
                continue
            if failed is None:
                break
            if isinstance(failed, BaseException):
                raise failed
            _end([(nodes.pop(failed), spinners.pop(failed))])  # its log says why
    finally:
        tell_manager('STOPPING=1')
        # The orderly end takes 3 s at most; a second Ctrl-C must not leave a camera half closed.
        for number in heeded:
            signal.signal(number, signal.SIG_IGN)
        _end([(node, spinners.get(name)) for name, node in nodes.items()])
        rclpy.try_shutdown()
    return 0 if len(nodes) == len(makers) else 1


def _end(running: Sequence[tuple[DeviceNode, Spinner | None]]) -> None:
    """End nodes in order: what is under way, the device, the answers, spinning, the node."""
    for node, _ in running:
        if node.worker:
            node.worker.stop_job()  # all at the same time
    for node, _ in running:
        node.finish()
    end = monotonic() + 1.0  # for all of them together
    for node, _ in running:
        if node.executor:
            let_finish(node.executor, end - monotonic())
    for node, spinner in running:
        if spinner:
            spinner.end(1.0)
        node.destroy_node()


def _tell(name: str, error: object) -> None:
    print(f'{name}: {error}', file=sys.stderr, flush=True)

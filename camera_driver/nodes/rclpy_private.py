# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What rclpy offers no public way to do: the only place that touches its private members.

A test for each says when another version of rclpy works otherwise.
"""

from collections.abc import Collection
from threading import Event, RLock
from time import monotonic
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.action import ActionClient
from rclpy.executors import Executor, MultiThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.lifecycle import LifecycleNode
from rclpy.logging import LoggingSeverity
from rclpy.node import Node
from rclpy.parameter import Parameter


def given_parameters(node: Node) -> Collection[str]:
    """Return the names of the parameters that were given at start, declared or not."""
    names: Collection[str] = node._parameter_overrides
    return names


def show_parameter(node: Node, parameter: Parameter, descriptor: ParameterDescriptor) -> None:
    """Give a parameter a value, also a read-only one or *not set*, and another descriptor."""
    node._declare_parameter_common([parameter], {parameter.name: descriptor})


def restore_type(node: Node, name: str) -> None:
    """Undo, after a set was refused, the change of the type in the parameter's descriptor."""
    # What describe_parameter returns is rclpy's own object.
    node.describe_parameter(name).type = node.get_parameter(name).type_.value


def forget_lifecycle(node: LifecycleNode) -> None:
    """
    Let go of the lifecycle of a node that was destroyed.

    It holds on to the node, whose name stays in the graph until Python collects garbage.
    """
    node._state_machine = None


def write_log(name: str, severity: int, text: str, function: str | None, path: str, line: int
              ) -> None:
    """Log a text that comes from elsewhere than the caller; the level is not looked at."""
    rclpy_implementation.rclpy_logging_rcutils_log(
        LoggingSeverity(severity), name, text, function or '', path, line)


def let_finish(executor: Executor, timeout: float) -> bool:
    """
    Wait until nothing is under way in an executor that spins; False: it is, after `timeout` [s].

    Executor.shutdown says that it waits, and does not: the answers to goals that have just ended
    are tasks of their own, which would never run.
    """
    end = monotonic() + timeout
    pulse = Event()
    while any(not task.done() for task, *_ in list(executor._tasks)):
        if monotonic() >= end:
            return False
        pulse.wait(0.005)
    return True


class ThreadedActionClient(ActionClient):  # type: ignore[misc]
    """
    An ActionClient for threads other than the one that spins its node.

    rclpy's own drops an answer that comes before the thread that asks has noted its question.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._asking = RLock()
        super().__init__(*arguments, **more)

    def send_goal_async(self, *arguments: Any, **more: Any) -> Any:
        """Send a goal; the future is of its handle."""
        with self._asking:
            return super().send_goal_async(*arguments, **more)

    def _get_result_async(self, handle: Any) -> Any:
        with self._asking:
            return super()._get_result_async(handle)

    def _cancel_goal_async(self, handle: Any) -> Any:
        with self._asking:
            return super()._cancel_goal_async(handle)

    def take_data(self) -> Any:
        """Take what has come."""
        with self._asking:
            return super().take_data()


def end_pool(executor: Executor, wait: bool) -> None:
    """End the threads in which an executor runs callbacks, each when its callback has ended."""
    if isinstance(executor, MultiThreadedExecutor):
        executor._executor.shutdown(wait=wait)

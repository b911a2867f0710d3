# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What others ask of a node: services and actions, all through one funnel.

Handlers are plain functions. An `async` one would not save a thread: rclpy polls an awaited
future at full speed.
"""

from collections.abc import Callable
import traceback
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.lifecycle import LifecycleNode

from camera_driver.errors import DeviceError, NotConfirmed, OutcomeUnknown
from camera_driver.nodes.convert import DOUBT, words
from camera_driver.nodes.qos import REQUESTS

PATIENCE = 5.0  # s that a service or a parameter waits for its turn


class Requests:
    """Offers the services and actions of a node, which are refused while it is not active."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def serve(self, kind: Any, name: str, handler: Callable[[Any, Any], Any],
              waits: bool = True, in_mission: bool = True) -> None:
        """
        Offer a service; `kind` has `success` and `message` in its response.

        handler(request, response) fills in the rest and returns nothing; it is called only while
        the node is active. Unless it says otherwise, it succeeded. What it raises becomes
        success=False and a message; anything but a DeviceError, ValueError or IndexError is a
        defect, and logged with its traceback. What may have been done all the same is
        `outcome_unknown`; where the response has no such field, its message begins with the words
        DOUBT. `waits`: the handler waits for the device or the disk. `in_mission`: not refused
        while the node is locked.
        """
        def callback(request: Any, response: Any) -> Any:
            response.success = True
            prefix = ''

            def doubt() -> None:
                nonlocal prefix
                if hasattr(response, 'outcome_unknown'):
                    response.outcome_unknown = True
                else:
                    prefix = DOUBT

            def work() -> None:
                if not in_mission:
                    self._node.lock.check(name)
                handler(request, response)

            problem = self.attempt(name, work, doubt)
            if problem:
                response.success, response.message = False, prefix + problem
            return response

        self._node.create_service(
            kind, name, callback, qos_profile=REQUESTS,
            callback_group=self._node.waiting if waits else self._node.quick)

    def serve_action(self, kind: Any, name: str, handler: Callable[[Any, Any], None],
                     accept: Callable[[Any], None] = lambda goal: None) -> ActionServer:
        """
        Offer an action; `kind` has `success` and `message` in its result.

        handler(goal_handle, result) fills in the result and returns when the goal is over, on a
        thread of the executor; errors are treated as in `serve`, and what it had filled in
        stays. When it ends without success the goal is cancelled if that was asked for, else
        aborted. accept(goal) raises why a goal is rejected, which is logged; it must not wait. A
        goal that was accepted begins a moment later.
        """
        def goal(request: Any) -> GoalResponse:
            problem = self.attempt(name, lambda: accept(request))
            if problem:
                self._node.get_logger().error(f'{name}: goal rejected: {problem}')
            return GoalResponse.REJECT if problem else GoalResponse.ACCEPT

        def execute(handle: Any) -> Any:
            result = kind.Result(success=True)
            problem = self.attempt(name, lambda: handler(handle, result))
            if problem:
                result.success, result.message = False, problem
            if result.success:
                handle.succeed()
            elif handle.is_cancel_requested:
                handle.canceled()
            else:
                handle.abort()
            return result

        return ActionServer(
            self._node, kind, name, execute, goal_callback=goal, callback_group=self._node.quick,
            cancel_callback=lambda _: CancelResponse.ACCEPT, goal_service_qos_profile=REQUESTS,
            result_service_qos_profile=REQUESTS, cancel_service_qos_profile=REQUESTS)

    def attempt(self, name: str, work: Callable[[], Any],
                doubt: Callable[[], None] = lambda: None) -> str:
        """
        Do work while active and return what is wrong, '' = nothing.

        :param doubt: called when it may have been done all the same.
        """
        try:
            if not self._node.active:
                return (f'not active: activate the node first (ros2 lifecycle set '
                        f'{self._node.get_fully_qualified_name()} configure, then activate)')
            with self._node.log.speaking():
                work()
            return ''
        except (OutcomeUnknown, NotConfirmed) as error:
            doubt()
            return words(error)
        except (DeviceError, ValueError, IndexError) as error:
            return words(error)
        except Exception as error:
            self._node.get_logger().error(f'{name}: {traceback.format_exc()}')
            return f'internal error: {error!r}; the log has more'


def guard_transitions(node: LifecycleNode) -> None:
    """
    Answer a transition that is not possible now with success=False.

    rclpy lets the error out of its callback, which ends the executor and with it the node.
    """
    service = next(one for one in node.services if one.srv_name.endswith('/change_state'))
    change_state = service.callback

    def callback(request: Any, response: Any) -> Any:
        try:
            return change_state(request, response)
        except Exception as error:
            node.get_logger().error(f'{service.srv_name}: {error}')
            response.success = False
            return response

    service.callback = callback

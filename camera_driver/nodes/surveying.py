# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A survey by several nodes at a time, from outside: what `camera-driver survey` does."""

from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import SetBool

from camera_driver.action import Survey
from camera_driver.errors import ReplyTimeout
from camera_driver.nodes.calling import DISCOVERY, POLL
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.qos import REQUESTS
from camera_driver.nodes.shared_memory import check_room

SILENCE = 30.0  # s without a word of a survey that runs; each second one is due
COUNTS = ('taken', 'unknown', 'failed', 'missed')


class OneNode:
    """One node's survey. `result`: its fields, at its end, with `problem` if there is none."""

    def __init__(self, node: Node, name: str) -> None:
        self.name = name
        self.feedback: Survey.Feedback = Survey.Feedback()
        self.result: dict[str, Any] | None = None
        self._heard = monotonic()
        self._handle: Any = None
        self._ending = False
        self._client = ActionClient(node, Survey, f'{name}/survey',
                                    goal_service_qos_profile=REQUESTS,
                                    result_service_qos_profile=REQUESTS,
                                    cancel_service_qos_profile=REQUESTS)
        self._pause = node.create_client(SetBool, f'{name}/pause_survey', qos_profile=REQUESTS)

    @property
    def found(self) -> bool:
        """Say whether the node is there."""
        return bool(self._client.server_is_ready() and self._pause.service_is_ready())

    def begin(self, goal: Survey.Goal) -> None:
        """Send the goal; once."""
        self._heard = monotonic()
        self._client.send_goal_async(goal, self._listen).add_done_callback(self._answered)

    def pause(self, paused: bool) -> None:
        """Pause or go on."""
        if self.result is None:
            self._pause.call_async(SetBool.Request(data=paused))

    def cancel(self) -> None:
        """End it after the present picture; also when the node has not answered yet."""
        self._ending = True
        if self._handle:
            self._handle.cancel_goal_async()

    def look(self, silence: float) -> None:
        """Give up a node that has not been heard for so long [s]."""
        if self.result is None and monotonic() - self._heard > silence:
            self._end(f'not heard of for {silence:.0f} s: whether the survey goes on is not '
                      'known, and the ledger of the node has its shots', unknown=True)

    def _listen(self, message: Any) -> None:
        self._heard = monotonic()
        self.feedback = message.feedback

    def _answered(self, future: Any) -> None:
        self._handle = future.result()
        self._heard = monotonic()
        if not self._handle.accepted:
            self._end('refused: is the node active? Its log says why')
            return
        self._handle.get_result_async().add_done_callback(self._over)
        if self._ending:
            self.cancel()

    def _over(self, future: Any) -> None:
        result = future.result().result
        self.result = {
            **{name: int(getattr(result, name)) for name in COUNTS},
            'outcome_unknown': result.outcome_unknown, 'success': result.success,
            'message': result.message, 'shot_ids': list(result.shot_ids),
            'spacing': result.spacing, 'cycle_time': result.cycle_time,
            'holes': [{'begin': seconds(hole.begin), 'end': seconds(hole.end),
                       'places': int(hole.places), 'reason': hole.reason}
                      for hole in result.holes]}

    def _end(self, problem: str, unknown: bool = False) -> None:
        """End without a result; the counts are those that were told last."""
        self.result = {**{name: int(getattr(self.feedback, name)) for name in COUNTS},
                       'outcome_unknown': unknown, 'success': False, 'message': problem,
                       'shot_ids': [], 'spacing': float('nan'), 'cycle_time': float('nan'),
                       'holes': []}


def survey(names: Sequence[str], fields: Mapping[str, Any],
           tell: Callable[[Collection[OneNode]], None], key: Callable[[], bool]
           ) -> tuple[Mapping[str, dict[str, Any]], bool]:
    """
    Let nodes do a survey and return the fields of their results, and whether it was interrupted.

    KeyboardInterrupt cancels all of them, and their results are waited for; the second one leaves
    at once.

    :param fields: of the goal.
    :param tell: is called several times a second, with all of them.
    :param key: says whether to pause, or to go on.

    Raises ReplyTimeout when one of the nodes is not there: then none begins.
    """
    check_room()
    context = rclpy.Context()
    rclpy.init(context=context, args=[])
    try:
        node = Node('camera_driver_survey', context=context, enable_rosout=False,
                    start_parameter_services=False)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        nodes = [OneNode(node, name) for name in names]
        _find(nodes, executor)
        goal = Survey.Goal(**fields)
        for one in nodes:
            one.begin(goal)
        interrupted = False
        try:
            _follow(nodes, executor, SILENCE + goal.max_delay, tell, key)
        except KeyboardInterrupt:
            interrupted = True
            for one in nodes:
                one.cancel()
            _follow(nodes, executor, SILENCE + goal.max_delay, tell, lambda: False)
        return {one.name: one.result or {} for one in nodes}, interrupted
    finally:
        rclpy.shutdown(context=context)


def _find(nodes: Sequence[OneNode], executor: SingleThreadedExecutor) -> None:
    start = monotonic()
    while not all(one.found for one in nodes):
        if monotonic() - start > DISCOVERY:
            missing = ', '.join(one.name for one in nodes if not one.found)
            raise ReplyTimeout(f'no survey of {missing} here: is it running, with the same '
                               'ROS_DOMAIN_ID, and can it take pictures? None has begun')
        executor.spin_once(timeout_sec=POLL)


def _follow(nodes: Sequence[OneNode], executor: SingleThreadedExecutor, silence: float,
            tell: Callable[[Collection[OneNode]], None], key: Callable[[], bool]) -> None:
    """Return when all are over."""
    paused = False
    while any(one.result is None for one in nodes):
        executor.spin_once(timeout_sec=POLL)
        for one in nodes:
            one.look(silence)
        if key():
            paused = not paused
            for one in nodes:
                one.pause(paused)
        tell(nodes)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Each private member of rclpy that the nodes use does what they need, and there are no others."""

import ast
import gc
import logging
from pathlib import Path
import threading

from helpers import wait_until
import pytest
from rcl_interfaces.msg import Log, ParameterDescriptor, ParameterType
from rclpy.action import ActionServer
from rclpy.executors import MultiThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.parameter import Parameter

from camera_driver.action import CaptureSequence
from camera_driver.nodes.rclpy_private import (
    end_pool, forget_lifecycle, given_parameters, let_finish, restore_type, show_parameter,
    ThreadedActionClient, write_log)

NODES = Path(__file__).resolve().parents[2] / 'camera_driver' / 'nodes'
FILES = sorted(path.relative_to(NODES) for path in NODES.rglob('*.py'))


@pytest.fixture
def node(ros):
    return ros.add(LifecycleNode('plain', context=ros.context, parameter_overrides=[
        Parameter('given', value=1)]))


def test_parameters_that_were_given_are_known_without_being_declared(node):
    assert 'given' in given_parameters(node) and not node.has_parameter('given')


def test_a_read_only_parameter_is_shown_changed_and_unset(node):
    descriptor = ParameterDescriptor(name='level', read_only=True, dynamic_typing=True)
    node.declare_parameter('level', None, descriptor)
    for value in (3, None, 'high'):
        show_parameter(node, Parameter('level', value=value), descriptor)
        assert node.get_parameter('level').value == value
    assert not node.set_parameters([Parameter('level', value=4)])[0].successful
    other = ParameterDescriptor(name='level', description='other', dynamic_typing=True)
    show_parameter(node, Parameter('level', value=5), other)
    assert node.describe_parameter('level').description == 'other'
    assert node.set_parameters([Parameter('level', value=6)])[0].successful


def test_the_type_of_a_parameter_is_restored(node):
    node.declare_parameter('level', 3, ParameterDescriptor(dynamic_typing=True))
    node.describe_parameter('level').type = ParameterType.PARAMETER_STRING
    restore_type(node, 'level')
    assert node.describe_parameter('level').type == ParameterType.PARAMETER_INTEGER


def test_a_log_line_has_the_place_that_it_is_given(ros):
    # Of a name that no other node has had: the end of that one, which garbage collection may
    # delay, takes this one's publisher of /rosout.
    node = ros.add(LifecycleNode('logger', context=ros.context))
    lines = []
    node.create_subscription(Log, '/rosout', lines.append, 10)
    wait_until(lambda: node.count_publishers('/rosout') and node.count_subscribers('/rosout'))

    def heard():
        write_log(node.get_logger().name, logging.WARNING, 'mind this', 'work', 'there.py', 7)
        return lines

    line = wait_until(heard)[0]
    assert (line.name, line.level, line.msg) == ('logger', Log.WARN, 'mind this')
    assert (line.function, line.file, line.line) == ('work', 'there.py', 7)


def test_what_is_under_way_in_an_executor_is_waited_for(ros):
    release, done = threading.Event(), []

    def work():
        release.wait(20.0)
        done.append('work')
        # As rclpy answers who waits for the result of a goal that has ended.
        ros.executor.create_task(lambda: done.append('answer'))

    ros.executor.create_task(work)
    assert not let_finish(ros.executor, 0.0)
    release.set()
    assert let_finish(ros.executor, 20.0)
    assert done == ['work', 'answer']


def test_the_pool_of_an_executor_ends_with_its_callbacks(ros):
    executor = MultiThreadedExecutor(2, context=ros.executor.context)
    release, done = threading.Event(), []
    task = executor.create_task(lambda: done.append(release.wait(20.0)))
    executor.spin_once()
    end_pool(executor, wait=False)
    assert not task.done()
    release.set()
    end_pool(executor, wait=True)
    assert done == [True]
    executor.shutdown()


def test_a_node_that_was_destroyed_is_gone_without_its_lifecycle(ros):
    gc.disable()
    try:
        node = LifecycleNode('mortal', context=ros.context)
        node.destroy_node()
        watcher = ros.add(Node('watcher', context=ros.context))
        assert 'mortal' in watcher.get_node_names()  # else it need not be done
        forget_lifecycle(node)
        wait_until(lambda: watcher.get_node_names() == ['watcher'])
    finally:
        gc.enable()


class Late:
    """A client's handle that returns from asking when the answer is on its way already."""

    def __init__(self, handle, answered):
        self._handle = handle
        self._answered = answered

    def __getattr__(self, name):
        return getattr(self._handle, name)

    def send_goal_request(self, request):
        number = self._handle.send_goal_request(request)
        assert self._answered.wait(20.0)
        return number


def test_an_answer_that_comes_at_once_is_not_dropped(ros):
    begun, done = threading.Event(), threading.Event()

    def execute(handle):  # the goal was answered
        begun.set()
        handle.succeed()
        return CaptureSequence.Result(message='done')

    server, node = (ros.add(Node(name, context=ros.context)) for name in ('server', 'client'))
    ActionServer(server, CaptureSequence, '/sequence', execute)
    client = ThreadedActionClient(node, CaptureSequence, '/sequence')
    assert client.wait_for_server(20.0)
    wait_until(lambda: server.get_subscriber_names_and_types_by_node('client', '/'))
    client._client_handle = Late(client._client_handle, begun)
    goal = client.send_goal_async(CaptureSequence.Goal())
    goal.add_done_callback(lambda _: done.set())
    assert done.wait(60)
    result = goal.result().get_result_async()
    wait_until(result.done)
    assert result.result().result.message == 'done'


def test_no_other_file_touches_private_members_of_rclpy():
    nodes = {path: list(ast.walk(ast.parse((NODES / path).read_text()))) for path in FILES}
    every = [node for of_file in nodes.values() for node in of_file]
    ours = {node.name for node in every if isinstance(node, ast.FunctionDef)}
    ours |= {'_asdict', '_replace'}  # of named tuples, public
    ours |= {node.attr for node in every
             if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    theirs = {path: {node.attr for node in of_file if isinstance(node, ast.Attribute)
                     if node.attr.startswith('_') and not node.attr.startswith('__')} - ours
              for path, of_file in nodes.items()}
    assert theirs.pop(Path('rclpy_private.py')) == {
        '_declare_parameter_common', '_executor', '_parameter_overrides', '_tasks'}
    assert not any(theirs.values()), theirs

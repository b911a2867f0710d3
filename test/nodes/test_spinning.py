# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import threading

import pytest
import rclpy
from rclpy.executors import MultiThreadedExecutor, SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String

from camera_driver.nodes.spinning import Spinner

KINDS = [SingleThreadedExecutor, lambda context: MultiThreadedExecutor(4, context=context)]


@pytest.fixture
def context():
    made = rclpy.Context()
    rclpy.init(context=made)
    yield made
    rclpy.try_shutdown(context=made)


@pytest.mark.parametrize('kind', KINDS)
def test_a_node_can_be_destroyed_after_the_end(context, kind):
    failures = []
    for number in range(10):
        node = Node('ended', context=context)
        for topic in range(5):
            node.create_subscription(String, f't{topic}', lambda message: None, 1)
        node.create_timer(0.001, lambda: None)
        executor = kind(context=context)
        executor.add_node(node)
        spinner = Spinner(executor, 'spinner', failures.append)
        spinner.end()
        assert 'spinner' not in [thread.name for thread in threading.enumerate()]
        node.destroy_node()
    assert not failures


@pytest.mark.parametrize('kind', KINDS)
def test_a_failure_of_a_callback_is_told(context, kind):
    told, failures = threading.Event(), []

    def failed(error):
        failures.append(str(error))
        told.set()

    executor = kind(context=context)
    spinner = Spinner(executor, 'spinner', failed)

    def fail():
        raise RuntimeError('a defect')

    executor.create_task(fail)
    executor.create_task(lambda: None)
    while not told.wait(0.01):
        executor.create_task(lambda: None)  # a pool's failures are seen with the next callback
    assert failures == ['a defect']
    spinner.end()


def test_a_callback_under_way_is_waited_for_without_a_timeout(context):
    for timeout in (0.01, None):
        started, release, done = threading.Event(), threading.Event(), []

        def work():
            started.set()
            done.append(release.wait(20.0))

        executor = MultiThreadedExecutor(2, context=context)
        spinner = Spinner(executor, 'spinner')
        executor.create_task(work)
        assert started.wait(20.0)
        if timeout is None:
            release.set()
        spinner.end(timeout)
        assert done == ([] if timeout else [True])
        release.set()


def test_it_ends_with_its_context(context):
    spinner = Spinner(SingleThreadedExecutor(context=context), 'spinner')
    rclpy.shutdown(context=context)
    spinner._thread.join(20.0)
    assert not spinner._thread.is_alive()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""ROS contexts and executors of the tests, which end in order."""

from contextlib import contextmanager
import gc
import logging

import rclpy
from rclpy.executors import MultiThreadedExecutor

from camera_driver.nodes.spinning import Spinner

LOG = logging.getLogger('camera_driver')  # NodeLog changes it for the process
_live = []  # executors; and, while there are any, how the log was before
_before = None


@contextmanager
def executor_thread(threads, domain=None):
    """
    Give a MultiThreadedExecutor that spins in a thread, in a context of its own.

    Spinning ends, and the callbacks under way, before anything that they use.
    """
    global _before
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    executor = MultiThreadedExecutor(threads, context=context)
    if not _live:
        _before = LOG.handlers[:], LOG.propagate, LOG.level
    _live.append(executor)
    spinner = Spinner(executor, 'ros-executor')
    try:
        yield executor
    finally:
        nodes = executor.get_nodes()
        for node in nodes:
            if hasattr(node, 'close_device'):
                node.close_device()  # no callback waits for the device any longer
        spinner.end()
        for node in nodes:
            node.destroy_node()
        rclpy.shutdown(context=context)
        _live.remove(executor)
        if not _live:  # they end in any order
            LOG.handlers[:], LOG.propagate = _before[:2]
            LOG.setLevel(_before[2])


@contextmanager
def spinning(make, threads, domain=None):
    """Run a node made by make(context) in a context and an executor of its own."""
    with executor_thread(threads, domain) as executor:
        node = make(executor.context)
        executor.add_node(node)
        yield node
        del node, executor
    gc.collect()  # action servers and clients hold on to the participant till then

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""ROS contexts and executors of the tests, which end in order."""

from contextlib import contextmanager
import gc
import logging
import threading

import rclpy
from rclpy.executors import MultiThreadedExecutor

LOG = logging.getLogger('camera_driver')  # nodes.logs.bridge changes it for their process


@contextmanager
def executor_thread(threads, domain=None):
    """
    Give a MultiThreadedExecutor that spins in a thread, in a context of its own.

    Spinning ends before anything that it uses: Executor.shutdown() of rclpy 7 sets its flag and
    destroys its guard conditions at once, waits for no callback, and leaves the thread that spins
    and those that run callbacks to meet an InvalidHandle.
    """
    logged = LOG.handlers[:], LOG.propagate, LOG.level
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    executor = MultiThreadedExecutor(threads, context=context)
    ended = threading.Event()

    def spin():
        while not ended.is_set():
            executor.spin_once()

    thread = threading.Thread(target=spin, name='ros-executor')
    thread.start()
    try:
        yield executor
    finally:
        nodes = executor.get_nodes()
        for node in nodes:
            if hasattr(node, 'close_device'):
                node.close_device()  # no callback waits for the device any longer
        ended.set()
        executor.create_task(lambda: None)  # anything to do, so that spin_once returns
        thread.join()
        executor._executor.shutdown()  # its pool: wait for the callbacks under way
        executor.shutdown()
        for node in nodes:
            node.destroy_node()
        rclpy.shutdown(context=context)
        LOG.handlers[:], LOG.propagate = logged[:2]
        LOG.setLevel(logged[2])


@contextmanager
def spinning(make, threads, domain=None):
    """Run a node made by make(context) in a context and an executor of its own."""
    with executor_thread(threads, domain) as executor:
        node = make(executor.context)
        executor.add_node(node)
        yield node
        del node, executor
    gc.collect()  # action servers and clients hold on to the participant till then

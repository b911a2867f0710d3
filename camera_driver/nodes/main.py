# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""How every node's executable runs: threads, signals, exit codes."""

from collections.abc import Callable
import signal
import sys

import rclpy
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor

from camera_driver.errors import DeviceError
from camera_driver.nodes.base import DeviceNode
from camera_driver.nodes.worker import MOST_WAITING

THREADS = MOST_WAITING + 1 + 5
"""Services that wait, and besides them: parameters, timers, and three actions under way."""


def run(node_class: Callable[[], DeviceNode]) -> int:
    """
    Run a node until it is told to end (exit code 0) or fails (1).

    Exceptions that are defects leave it with their traceback, so that launch can respawn it.
    """
    rclpy.init()
    executor = MultiThreadedExecutor(THREADS)
    node = None
    try:
        node = node_class()
        executor.add_node(node)
        executor.spin_until_future_complete(node.failure)
        if node.failure.done():
            node.failure.result()
        return 0
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except (DeviceError, ValueError, InvalidParameterTypeException,
            InvalidParameterValueException) as error:
        print(f'{sys.argv[0]}: {error}', file=sys.stderr)
        return 1
    finally:
        # The orderly end takes 3 s at most; a second Ctrl-C must not leave the camera half closed.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if node:
            node.close_device()
        executor.shutdown(timeout_sec=1.0)
        if node:
            node.destroy_node()
        rclpy.try_shutdown()

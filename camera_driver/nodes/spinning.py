# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Executors that spin in a thread of their own and end in order."""

from collections.abc import Callable
import threading

from rclpy.executors import Executor, ExternalShutdownException

from camera_driver.nodes.rclpy_private import end_pool


class Spinner:
    """
    A thread in which an executor spins.

    It ends before anything that it uses: what is destroyed meanwhile (a subscription, a node, by
    Executor.shutdown its own guard conditions) may end rclpy's spinning with an InvalidHandle.
    """

    def __init__(self, executor: Executor, name: str,
                 failed: Callable[[BaseException], object] | None = None) -> None:
        """Begin to spin; an exception out of a callback ends it and is given to `failed`."""
        self.executor = executor
        self._failed = failed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._spin, name=name, daemon=True)
        self._thread.start()

    def end(self, timeout: float | None = None) -> None:
        """
        End spinning and shut the executor down; its nodes can be destroyed then.

        Waits for the callbacks under way, or for `timeout` [s] for the thread alone.
        """
        self._ended.set()
        self.executor.create_task(lambda: None)  # anything to do, so that spin_once returns
        self._thread.join(timeout)
        end_pool(self.executor, wait=timeout is None)
        self.executor.shutdown(timeout_sec=0.0)

    def _spin(self) -> None:
        try:
            while not self._ended.is_set() and self.executor.context.ok():
                self.executor.spin_once()
        except ExternalShutdownException:
            pass
        except BaseException as error:
            if self._failed is None:
                raise
            self._failed(error)

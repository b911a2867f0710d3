# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A node in a process of its own, and a client of it in this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import signal
import subprocess
import tempfile
import threading
from typing import Any

from ament_index_python.packages import get_package_prefix
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from camera_driver.msg import CameraStatus
from camera_driver.nodes.spinning import Spinner

NAME = 'benchmark_camera'
PATIENCE = 30.0  # s


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder on the disk where a node's files are by default."""
    with tempfile.TemporaryDirectory(prefix='.camera_driver_benchmark_', dir=Path.home()) as path:
        yield Path(path)


@contextmanager
def device_node(device_type: str, port: str, folder: Path, log: int | None = None,
                **parameters: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a node; its files are in `folder`. `log`: what becomes of its log, as for Popen."""
    parameters = {'port': port, 'ledger_file': folder / 'shots.sqlite3', **parameters}
    command = [f'{get_package_prefix("camera_driver")}/lib/camera_driver/{device_type}_node',
               '--ros-args', '-r', f'__node:={NAME}', '--log-level', 'info' if log else 'warn']
    for name, value in parameters.items():
        command += ['-p', f'{name}:={value}']
    process = subprocess.Popen(command, stderr=log, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


@contextmanager
def sierra_node(port: str, folder: Path, log: int | None = None, **parameters: Any,
                ) -> Iterator[subprocess.Popen[str]]:
    """Run the node of a sierra camera."""
    with device_node('sierra', port, folder, log, download_directory=folder / 'images',
                     **parameters) as process:
        yield process


class Client(Node):
    """Waits for what the node says."""

    def __init__(self) -> None:
        super().__init__('benchmark_client')
        self._changed = threading.Condition()
        self._state: int | None = None
        self.create_subscription(
            CameraStatus, f'{NAME}/status', self._heard,
            QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))

    def wait_until_ready(self) -> None:
        """Wait until the node has a camera. Raises RuntimeError when that takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._state == CameraStatus.READY, PATIENCE):
                raise RuntimeError('the node did not become READY')

    def forget(self) -> None:
        """Forget the state, before another node is started."""
        with self._changed:
            self._state = None

    def _heard(self, message: CameraStatus) -> None:
        with self._changed:
            self._state = message.state
            self._changed.notify_all()


@contextmanager
def client() -> Iterator[Client]:
    """Run a client of the node."""
    rclpy.init()
    node = Client()
    try:
        with spinning(node):
            yield node
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


@contextmanager
def spinning(node: Node) -> Iterator[None]:
    """Spin a node in a thread of its own."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    spinner = Spinner(executor, 'spin')
    try:
        yield
    finally:
        spinner.end()

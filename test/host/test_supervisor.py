# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""When a supervisor tries again."""

from toy_device import ToyCamera

from camera_driver.errors import PortError
from camera_driver.host.supervisor import MOST_DELAY, Supervisor
from camera_driver.host.worker import DeviceWorker


class Planned(DeviceWorker):
    """Notes how long a job would wait, and does not run it."""

    def __init__(self):
        super().__init__('planned')
        self.delays = []

    def later(self, delay, label, function):
        self.delays.append(delay)


def no_port():
    raise PortError('there is none')


def test_each_try_waits_twice_as_long_up_to_a_limit():
    worker = Planned()
    supervisor = Supervisor(ToyCamera, worker, no_port, {}, 1.0, on_connected=str,
                            on_disconnected=str, changed=lambda: None)
    for _ in range(8):
        supervisor.keep_connecting()
    worker.shutdown(lambda: None, 10.0)
    assert worker.delays == [min(2.0 ** number, MOST_DELAY) for number in range(8)]
    assert worker.delays[2] == 4.0 and worker.delays[-1] == MOST_DELAY

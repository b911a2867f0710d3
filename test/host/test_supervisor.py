# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""When a supervisor tries again."""

import pytest
from toy_device import ToyCamera, ToySimulator

from camera_driver.errors import PortError, WrongDevice
from camera_driver.host.supervisor import MOST_DELAY, State, Supervisor
from camera_driver.host.worker import SteppedWorker
from camera_driver.sim.loop import Clock, LoopPort


class Host:
    """A supervisor on a virtual clock, and the device at the other end of its line."""

    def __init__(self, keep_alive=0.0):
        self.clock = Clock()
        self.simulator = ToySimulator()
        self.plugged = True
        self.tries = []  # when it tried to open the port
        self.worker = SteppedWorker('host', now=self.clock.now)
        self.supervisor = Supervisor(
            ToyCamera, self.worker, self.open, {'reply_timeout': 0.5, 'keep_alive': keep_alive},
            1.0, on_connected=self.apply, on_disconnected=lambda error: None,
            changed=lambda: None)

        self.resets = 0  # of the device, while settings are applied to it
        self.applied = 0  # times

    def apply(self, device, identity):
        self.applied += 1
        if self.resets:
            self.resets -= 1
            self.simulator.power_cycle()
        return ''

    def open(self):  # noqa: A003
        self.tries.append(self.clock.time)
        if not self.plugged:
            raise PortError('there is none')
        self.port = LoopPort(self.simulator, clock=self.clock)
        return self.port

    def run(self, seconds):
        """Let time pass, and the host do what it has planned."""
        end = self.clock.time + seconds
        while (due := self.worker.next_due) is not None and due <= end:
            self.clock.time = max(self.clock.time, due)
            self.worker.run_due()
        self.clock.time = max(self.clock.time, end)


def test_each_try_waits_twice_as_long_up_to_a_limit():
    host = Host()
    host.plugged = False
    host.worker.call('connecting', host.supervisor.keep_connecting, 0.0)
    host.run(200.0)
    waits = [later - earlier for earlier, later in zip(host.tries, host.tries[1:])]
    assert waits[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, MOST_DELAY, MOST_DELAY]
    host.plugged = True
    host.run(2 * MOST_DELAY)
    assert host.supervisor.connected
    tries = len(host.tries)
    host.port.unplug()
    with pytest.raises(PortError):
        host.worker.call('polling', lambda: host.supervisor.use(ToyCamera.poll), 0.0)
    assert not host.supervisor.connected
    host.run(1.0)
    assert host.tries[tries:] == [host.clock.time] and host.supervisor.reconnects == 1


@pytest.mark.parametrize('plugged', [True, False])
def test_a_device_that_does_not_answer_may_be_another_one(caplog, plugged):
    host = Host()
    host.plugged, host.simulator.mute = plugged, True
    with caplog.at_level('INFO', 'camera_driver.host.supervisor'):
        host.worker.call('connecting', host.supervisor.keep_connecting, 0.0)
    assert ('run camera-driver probe' in caplog.messages[-1]) is plugged


def test_after_a_reset_the_next_try_is_soon_again():
    host = Host()
    host.plugged = False
    host.worker.call('connecting', host.supervisor.keep_connecting, 0.0)
    host.run(60.0)
    with pytest.raises(PortError):
        host.worker.call('resetting', host.supervisor.reset, 0.0)
    tries = len(host.tries)
    host.run(1.0)
    assert host.tries[tries:] == [host.clock.time]


@pytest.mark.parametrize('resets', [0, 1, 2])
def test_settings_are_applied_again_to_a_device_that_was_reset_meanwhile(resets):
    host = Host()
    host.resets = resets
    host.worker.call('connecting', host.supervisor.connect, 0.0)
    assert host.applied == min(2, resets + 1)
    host.worker.call('polling', lambda: host.supervisor.use(ToyCamera.poll), 0.0)
    host.run(1.0)
    assert host.applied == resets + 1


def test_what_one_session_does_not_learn_of_a_device_stays_known():
    host = Host()
    host.worker.call('connecting', host.supervisor.connect, 0.0)
    known = host.supervisor.identity
    assert known.serial_number
    host.simulator.serial = '-'
    host.worker.call('resetting', host.supervisor.reset, 0.0)
    assert host.supervisor.identity == known
    host.simulator.serial = 'another'
    with pytest.raises(WrongDevice):
        host.worker.call('resetting', host.supervisor.reset, 0.0)


def test_the_keep_alive_polls_at_its_period_and_notices_a_device_that_is_gone():
    host = Host(keep_alive=10.0)
    host.worker.call('connecting', host.supervisor.connect, 0.0)
    host.run(60.0)
    assert host.simulator.heard.count('poll') in (6, 7)
    host.simulator.mute = True
    host.run(12.0)
    assert host.supervisor.state is not State.READY
    host.simulator.mute = False
    host.run(5.0)
    assert host.supervisor.state is State.READY and host.supervisor.reconnects == 1

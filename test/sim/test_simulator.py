# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The base of the simulated devices: time told from outside."""

from helpers import Echo

from camera_driver.link.port import LineSettings
from camera_driver.sim.simulator import Sent


def test_bytes_in_bytes_out():
    echo = Echo()
    echo.receive(b'hello', 2.0)
    assert echo.take() == [Sent(2.0, b'hello', Echo.LINE)]
    assert echo.take() == []
    assert echo.next_due() is None


def test_what_is_scheduled_happens_at_its_own_time():
    echo = Echo(0.5)
    echo.receive(b'a', 1.0)
    assert echo.next_due() == 1.5
    echo.advance(1.4)
    assert echo.take() == []
    echo.advance(7.0)
    assert echo.take() == [Sent(1.5, b'a', Echo.LINE)]
    assert echo.now == 7.0


def test_events_are_in_order_of_time_then_of_scheduling():
    echo, done = Echo(), []
    for delay, name in ((2.0, 'c'), (1.0, 'a'), (1.0, 'b'), (3.0, 'd')):
        echo.after(delay, lambda name=name: done.append((echo.now, name)))
    echo.advance(2.0)
    assert done == [(1.0, 'a'), (1.0, 'b'), (2.0, 'c')]
    assert echo.next_due() == 3.0


def test_events_schedule_events():
    echo, times = Echo(), []

    def tick():
        times.append(echo.now)
        echo.after(1.0, tick)

    tick()
    echo.advance(3.5)
    assert times == [0.0, 1.0, 2.0, 3.0]
    assert echo.next_due() == 4.0


def test_what_is_due_comes_before_what_arrives():
    echo, order = Echo(), []
    echo.after(1.0, lambda: order.append('due'))
    echo.on_bytes = lambda data: order.append('bytes')
    echo.receive(b'x', 1.0)
    assert order == ['due', 'bytes']


def test_a_cancelled_event_does_not_happen():
    echo, done = Echo(), []
    event = echo.after(1.0, lambda: done.append('no'))
    echo.after(2.0, lambda: done.append('yes'))
    event.action = None
    assert echo.next_due() == 2.0
    echo.advance(5.0)
    assert done == ['yes']


def test_time_never_runs_backwards():
    echo = Echo()
    echo.advance(5.0)
    echo.receive(b'x', 4.0)
    assert echo.take()[0].time == 5.0


def test_bytes_carry_the_line_settings_of_their_moment():
    echo = Echo()
    echo.send(b'old')
    echo.line = LineSettings(115200)
    echo.send(b'new')
    assert [sent.line.baudrate for sent in echo.take()] == [19200, 115200]


def test_power_cycle():
    echo = Echo(0.5)
    echo.line = LineSettings(115200)
    echo.receive(b'x', 1.0)
    echo.send(b'unsent')
    echo.power_cycle()
    assert (echo.power_ons, echo.line) == (1, Echo.LINE)
    assert (echo.take(), echo.next_due()) == ([], None)


def test_the_same_calls_give_the_same_bytes():
    def run():
        echo = Echo(0.3)
        for i in range(20):
            echo.receive(bytes([i]), 0.1 * i)
        echo.advance(9.0)
        return echo.take()

    assert run() == run()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C on the command line."""

import signal

import pytest

from camera_driver.cli import interrupt
from camera_driver.errors import Cancelled


def test_it_waits_for_the_end_of_a_packet():
    one = interrupt.Interrupt()
    with one.handled(), pytest.raises(Cancelled):
        with one.orderly():
            signal.raise_signal(signal.SIGINT)
            one.check()


def test_it_does_not_wait_for_a_packet_that_never_comes(monkeypatch):
    monkeypatch.setattr(interrupt, 'PATIENCE', 0.01)
    one = interrupt.Interrupt()
    with one.handled(), pytest.raises(KeyboardInterrupt):
        with one.orderly():
            signal.raise_signal(signal.SIGINT)
            while True:
                signal.pause()


def test_the_second_one_ends_it_at_once():
    one = interrupt.Interrupt()
    with one.handled(), pytest.raises(KeyboardInterrupt):
        with one.orderly():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C: at once where that is harmless, and at the end of the packet during a transfer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import signal
import threading
from types import FrameType

from camera_driver.errors import Cancelled

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 1.0  # s


class Interrupt:
    """
    What SIGINT and SIGTERM do while a device is open.

    Within `orderly` the first one only makes `check` raise Cancelled, so that the transfer can
    end between two packets; PATIENCE later (a silent device sends no packets), at the second one,
    and at any outside of it, KeyboardInterrupt is raised.
    """

    def __init__(self) -> None:
        self._waits = False
        self._wanted = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Take over the signals; does nothing outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
        for number in SIGNALS:
            signal.signal(number, self._handle)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def orderly(self) -> Iterator[None]:
        """Let the first signal wait for `check`."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
            if self._wanted:
                signal.alarm(0)
        self.check()

    def check(self) -> None:
        """Raise Cancelled when a signal has come."""
        if self._wanted:
            raise Cancelled('interrupted')

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._wanted or not self._waits:
            raise KeyboardInterrupt
        self._wanted = True
        signal.signal(signal.SIGALRM, self._handle)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)

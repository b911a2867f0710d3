# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a process learns from what started it, `camera-driver up` or systemd, and tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
import ctypes
import os
import signal
import socket

RESTARTS = 'CAMERA_DRIVER_RESTARTS'

PR_SET_PDEATHSIG = 1  # prctl(2)


def ending_signals() -> Sequence[signal.Signals]:
    """
    Return the signals that tell nodes to end.

    SIGINT is one even where it is ignored, as in what a script starts with &: launch sends it to
    its nodes, and rclcpp heeds it as well. SIGHUP is ignored under nohup, and stays so.
    """
    ignores_hangup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return signal.SIGINT, signal.SIGTERM, *(() if ignores_hangup else (signal.SIGHUP,))


def environment(restarts: int) -> Mapping[str, str]:
    """Return the environment of a process that this one starts, and has started before."""
    return {**os.environ, RESTARTS: str(restarts)}


def restarts() -> int:
    """Return how often this process was started again."""
    return int(os.environ.get(RESTARTS) or 0)


def end_with_parent(parent: int) -> None:
    """Have SIGTERM sent to this process when its parent ends, even by -9; before it is started."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it has ended already
        os.kill(os.getpid(), signal.SIGTERM)


def tell_manager(word: str) -> None:
    """Tell systemd, where it asked for it, how this process is (sd_notify(3)): 'READY=1' ..."""
    name = os.environ.get('NOTIFY_SOCKET', '')
    if not name:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to, suppress(OSError):
        to.connect(f'\0{name[1:]}' if name.startswith('@') else name)
        to.send(word.encode())


def watchdog_interval() -> float | None:
    """Return how often [s] systemd's watchdog is to hear of this process; None: it has none."""
    try:
        microseconds = int(os.environ['WATCHDOG_USEC'])
        whose = int(os.environ.get('WATCHDOG_PID') or os.getpid())
    except (KeyError, ValueError):
        return None
    # A third, so that one that is late does no harm.
    return microseconds / 3e6 if microseconds > 0 and whose == os.getpid() else None

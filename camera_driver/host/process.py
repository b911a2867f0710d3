# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a process of a rig learns from the one that started it, `camera-driver up`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import ctypes
import os
import signal

PARENT = 'CAMERA_DRIVER_PARENT'  # process id
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
    return {**os.environ, PARENT: str(os.getpid()), RESTARTS: str(restarts)}


def restarts() -> int:
    """Return how often this process was started again."""
    return int(os.environ.get(RESTARTS) or 0)


def end_with_parent() -> None:
    """Have SIGTERM sent to this process when the one that watches over it ends, even by -9."""
    parent = int(os.environ.get(PARENT) or 0)
    if parent:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it has ended already
            os.kill(os.getpid(), signal.SIGTERM)

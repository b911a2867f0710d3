# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
ROS domains that nobody else's tests use: not another worker's, not those of a run side by side.

The lock of a domain is the name of an abstract socket. It reaches as far as discovery on
localhost does, over users and temporary directories, and it ends with the process.
"""

from collections import deque
from contextlib import contextmanager, suppress
import os
import socket

LAST = 101  # the ports of higher ones may be those of outgoing connections
KEPT = 3  # domains of rigs that ended: their participants may linger
_ended = deque()
_next = os.getpid() * 37  # processes started in a row begin far from each other


def take():
    """Return the number of a domain and the socket that keeps it until it is closed."""
    global _next
    for _ in range(LAST):
        number, _next = 1 + _next % LAST, _next + 1
        lock = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            lock.bind(f'\0camera_driver test domain {number}')
            return number, lock
        lock.close()
    raise AssertionError(f'all {LAST} ROS domains are in use')


@contextmanager
def own_domain():
    """Give a domain in which no other rig is, nor was of late."""
    number, lock = take()
    try:
        yield number
    finally:
        _ended.append(lock)
        release(KEPT)


def release(kept=0):
    """Let others have the domains of rigs that ended, all but some."""
    while len(_ended) > kept:
        _ended.popleft().close()

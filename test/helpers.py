# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of several layers share."""

import threading
import time


def wait_until(condition, timeout=20.0):
    """Wait until `condition()` is true and return its value; fail after `timeout` [s]."""
    end = time.monotonic() + timeout
    pulse = threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end, 'waited in vain'
        pulse.wait(0.002)
    return value

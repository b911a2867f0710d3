# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated camera on the plain object."""

import pytest
from sierra.host import connect, NAK, NUL


@pytest.fixture
def camera():
    """Return a camera with the three frames of section 6, and a host that woke it."""
    simulator, host = connect()
    assert host.ask(NUL) == NAK
    return simulator, host

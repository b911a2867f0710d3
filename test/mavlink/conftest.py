# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A camera on a virtual clock, and a ground station; without pymavlink there are no tests."""

from importlib.util import find_spec

import pytest

if find_spec('pymavlink') is None:
    collect_ignore_glob = ['test_*.py']


@pytest.fixture
def rig(tmp_path):
    """Give a system with one camera; `station` is at the other end of its link."""
    from mavlink.station import Rig, Station
    one = Rig(tmp_path)
    one.station = Station(one)
    yield one
    one.store.close()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""From what on a line deserves a look."""

from types import SimpleNamespace

from diagnostic_msgs.msg import DiagnosticStatus
import pytest

from camera_driver.model import LinkStatistics
from camera_driver.nodes.diagnostics import _link


@pytest.mark.parametrize('disturbed, level', [
    ({}, DiagnosticStatus.OK),
    ({'retries': 10}, DiagnosticStatus.OK),
    ({'retries': 11}, DiagnosticStatus.WARN),
    ({'damaged_frames': 11}, DiagnosticStatus.WARN),
    ({'retries': 6, 'damaged_frames': 5}, DiagnosticStatus.WARN),
])
def test_a_line_is_noisy_above_one_percent_of_disturbed_requests(disturbed, level):
    statistics = LinkStatistics(requests=1000, **disturbed)
    assert _link(SimpleNamespace(statistics=statistics, reconnects=0)).level == level

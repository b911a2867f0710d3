# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A sample of the calls that change the disk fails, or is the last one; `make endurance`: all."""

from endurance.disk import FAULTS, library, sweep
import pytest

STEP = 89


def test_nothing_is_lost_doubled_or_half(tmp_path):
    if library(tmp_path) is None:
        pytest.skip('gcc is not installed')
    results, wrong = sweep(tmp_path, 5, STEP)
    assert not wrong, '\n'.join(wrong)
    assert {fault for fault, *_ in results} == set(FAULTS)
    assert len(results) > 5 * 400 // STEP
    assert {'pwrite64', ''} < {name for _, _, name, _ in results}

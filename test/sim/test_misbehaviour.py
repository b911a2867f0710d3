# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated device's program."""

import pytest

from camera_driver.sim.misbehaviour import Misbehaviour


@pytest.fixture
def faults():
    return Misbehaviour({'melt': 'it melts', 'mumble': 'nobody understands it'})


def test_as_often_as_told(faults):
    faults.add('melt', 2, skip=1)
    assert [faults.happens('melt') for _ in range(4)] == [False, True, True, False]
    assert not faults.happens('mumble')
    assert faults.pending == []


def test_at_its_command_alone(faults):
    faults.add('melt', command=b'\x02\x01')
    faults.command = b'\x02\x02'
    assert not faults.happens('melt')
    faults.command = b'\x02\x01\x00'
    assert faults.happens('melt')


def test_one_that_does_not_exist(faults):
    with pytest.raises(ValueError, match='no such fault: rust; there are: melt, mumble'):
        faults.add('rust')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Two seconds after Ctrl-C, cancel or stop everything is over, in every state of every call."""

from dataclasses import replace
import logging

from matrix.kinds import KINDS
from matrix.leaving import calls, longest
import pytest

AT_ONCE = 2.0  # s of virtual time
MOST = 4


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Format no messages: there are thousands."""
    caplog.set_level(logging.CRITICAL)


@pytest.mark.parametrize('kind, name', [(kind, name) for kind in KINDS for name in
                                        calls(KINDS[kind])])
def test_it_is_over_at_once(kind, name):
    seconds, where = longest(KINDS[kind], name, MOST)
    assert seconds < AT_ONCE, where


@pytest.mark.parametrize('kind, name', [
    ('sierra', 'download'), ('sierra', 'upload'), ('fuji_mx', 'thumbnail'), ('fuji_mx', 'upload')])
def test_and_on_a_slow_line(kind, name):
    slow = replace(KINDS[kind], options={**KINDS[kind].options, 'baudrate': 9600})
    seconds, where = longest(slow, name, MOST // 2, paced=True)
    assert seconds < AT_ONCE, where

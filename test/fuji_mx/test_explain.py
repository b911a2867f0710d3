# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in words."""

from hypothesis import given, strategies as st
import pytest

from camera_driver.devices.fuji_mx.codec import Block, Decoder
from camera_driver.devices.fuji_mx.explain import explain


@pytest.mark.parametrize('text, words', [
    ('05', 'ENQ'),
    ('10 02 01 07 01 00 08 10 03 0c', 'set_speed 07: 115200'),
    ('10 02 00 0b 00 00 10 03 08', 'get_picture_count 0b'),
    ('10 02 00 02 02 00 01 00 10 03 02', 'get_picture 02: 1 [01 00]'),
    ('10 02 00 06 02 00 03 00 10 03 04', 'answer 06 to get_picture_count: 3 [03 00]'),
    ('10 02 00 05 0c 00 30 31 2e 30 30 2c 4d 58 2d 37 30 30 10 03 06',
     "answer 05 to get_version: '01.00,MX-700'"),
    ('10 02 00 01 02 00 41 42 10 17 17', 'answer 01 to get_thumbnail: 16961 [41 42] ..'),
    ('10 02 00 35 01 00 00 10 03 37', 'block 35: 0 [00]'),
])
def test_words(text, words):
    frame, = Decoder().feed(bytes.fromhex(text))
    assert explain(frame) == words


@given(st.builds(Block, st.integers(0, 255), st.binary(max_size=20), st.booleans(),
                 st.integers(0, 2)))
def test_anything(block):
    assert explain(block)

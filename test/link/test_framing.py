# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from camera_driver.link.framing import Damaged, hexdump, sum16


def test_sum16_wraps():
    assert sum16(b'') == 0
    assert sum16(b'\xff' * 257) == 0xFFFF
    assert sum16(b'\xff' * 257 + b'\x02') == 1


def test_hexdump():
    assert hexdump(b'') == ''
    assert hexdump(bytes(range(24))) == bytes(range(24)).hex(' ')
    assert hexdump(bytes(range(25))) == (
        '00 01 02 03 04 05 06 07 08 09 0a 0b .. 15 16 17 18 [25 bytes]')
    assert hexdump(b'\x01\x02\x03\x04\x05\x06', limit=4) == '01 02 .. 03 04 05 06 [6 bytes]'


def test_damage_in_words():
    assert str(Damaged('checksum', b'\x03\x00')) == 'damaged (checksum): 03 00'

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from camera_driver.devices.ix_link.codec import Decoder
from camera_driver.devices.ix_link.explain import explain


@pytest.mark.parametrize('wire, words', [  # from ix_link.md 7 and 8
    ('58 02 01 0b 0a', 'get_aperture'),
    ('58 05 01 00 0b 12 03 1b', 'ok get_aperture 18/3 (f/8)'),
    ('58 03 01 ff 0b f5', 'err_general get_aperture'),
    ('58 04 01 12 f1 03 e1', 'set_shutter_speed -15/3 (32 s)'),
    ('58 04 01 12 1e 03 0e', 'set_shutter_speed 30/3 (0.000977 s)'),
    ('58 04 01 0e 12 03 1e', 'set_iso 18/3 (ISO 200)'),
    ('58 04 01 0e 7f 00 70', 'set_iso 127/0'),
    ('58 07 01 00 14 f1 22 01 03 c4', 'ok get_shutter_speed_range -15..34 step 1 /3'),
    ('58 04 01 15 ff 03 e8', 'increment_shutter_speed -1/3'),
    ('58 03 01 6e 01 6e', 'capture sync'),
    ('58 03 01 6e 07 68', 'capture 7'),
    ('58 03 01 fd 6e 92', 'err_cannot_execute capture'),
    ('58 04 01 00 6f 00 6e', 'ok get_system_status error'),
    ('58 03 01 fc ff 02', 'err_msg_size undefined_id'),
    ('58 03 01 fe c8 37', 'err_not_supported command 200'),
    ('58 05 01 74 01 ff 64 ef', 'set_region_of_interest centre 1, 255, scale 100%'),
    ('58 03 01 19 01 19', 'set_black_calib_mode suppressed'),
    ('58 03 01 0a 12 19', 'set_aperture 12'),
    ('58 03 01 00 74 75', 'ok set_region_of_interest'),
    ('58 02 01 70 71', 'get_ext_system_status'),
])
def test_words(wire, words):
    frame, = Decoder().feed(bytes.fromhex(wire))
    assert explain(frame) == words


def test_codes_that_nobody_knows():
    frame, = Decoder().feed(bytes.fromhex('58 04 01 00 6f 01 6f'))
    assert explain(type(frame)(-100, 11, b'\1')) == 'error -100 get_aperture 01'
    assert explain(type(frame)(7, 11)) == 'code 7 get_aperture '


def test_long_data_fit_on_a_terminal():
    data = bytes(range(252))
    frame, = Decoder().feed(bytes.fromhex('58 ff 01 00 c8') + data + b'\xc9')
    words = explain(frame)
    assert words == 'ok command 200 00 01 02 03 04 05 06 07 .. f8 f9 fa fb [252 bytes]'
    assert len(f'{1:11.6f} > {words}') < 80

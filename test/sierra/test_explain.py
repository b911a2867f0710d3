# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from camera_driver.devices.sierra.codec import Decoder
from camera_driver.devices.sierra.explain import explain


@pytest.mark.parametrize('wire, words', [  # from sierra.md 6 and 7
    ('15', 'NAK'),
    ('1b 53 06 00 00 11 05 00 00 00 16 00',
     'set_int 17 comm_speed = 5 (opens the session)'),
    ('1b 43 02 00 01 01 02 00', 'get_int 1 resolution'),
    ('1b 43 03 00 00 04 01 05 00', 'set_int 4 current_frame = 01'),
    ('1b 43 02 00 01 ff 00 01', 'get_int 255 unknown'),
    ('1b 43 02 00 00 53 53 00', 'set_int 83 folder_select'),
    ('1b 43 03 00 03 54 5c b3 00', r"set_vdata 84 folder_name = '\'"),
    ('1b 43 03 00 02 02 00 04 00', 'action 2 take_picture'),
    ('1b 43 03 00 02 09 01 0c 00', 'action 9 set_protection 01'),
    ('1b 43 03 00 02 63 00 65 00', 'action 99 unknown'),
    ('1b 43 02 00 04 0e 12 00', 'get_vdata 14 frame_data'),
    ('1b 43 01 00 07 07 00', 'unknown command: 07'),
    ('1b 43 00 00 00 00', 'unknown command: '),
    ('03 00 04 00 ff ff ff ff fc 03', 'LAST 0: -1 [ff ff ff ff]'),
    ('03 00 00 00 00 00', 'LAST 0: empty'),
    ('03 00 08 00 53 49 4d 2d 36 34 30 00 b0 01', "LAST 0: 'SIM-640'"),
    ('02 07 03 00 ff d8 ff d6 02', 'DATA 7: ff d8 ff'),
])
def test_words(wire, words):
    frame, = Decoder().feed(bytes.fromhex(wire))
    assert explain(frame) == words


def test_long_data_fit_on_a_terminal():
    frame, = Decoder().feed(bytes.fromhex('02 ff 00 08') + bytes(range(256)) * 8 + b'\0\xfc')
    words = explain(frame)
    assert words == 'DATA 255: 00 01 02 03 04 05 06 07 .. fc fd fe ff [2048 bytes]'
    assert len(f'{1:11.6f} > {words}') < 80

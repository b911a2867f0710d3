# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from kp_fd30.vectors import command, reply
import pytest

from camera_driver.devices.kp_fd30.codec import Control
from camera_driver.devices.kp_fd30.explain import explain


@pytest.mark.parametrize('frame, words', [
    (Control.NAK, 'NAK'),
    (reply('020900'), 'data 02 09 00'),
    (command('01ff813a000000'), 'read 81/3a alc_mode'),
    (command('01ff8120000000'), 'read 81/20 unknown'),
    (command('01ff8120010203'), 'read 81/20 unknown 01 02 03'),
    (command('00ff0117020000'), 'write 01/17 shutter_mode = variable [02 00 00]'),
    (command('01ff010901cd00'), 'write 01/09 variable_shutter = 461 [01 cd 00], stored'),
    (command('0005029d100100'),
     'write 02/9d cy_matrix_gb_y_r_g_plus = 272 [10 01 00] (camera 05)'),
    (command('00ff010c400000'), 'write 01/0c video_level = 40 00 00'),
    (command('00ff0136010200'), 'write 01/36 awc_r_gain_offset = 01 02 00'),
    (command('02ff0300aabbcc'), 'write 03/00 unknown = aa bb cc, status 02'),
])
def test_words(frame, words):
    assert explain(frame) == words

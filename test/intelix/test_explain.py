# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
import re

from hypothesis import given, strategies as st
import pytest

from camera_driver.devices.intelix.codec import Control, Message
from camera_driver.devices.intelix.commands import (
    BY_NAME, MESSAGES, password_bytes, Standing, TABLE, text_bytes, text_of)
from camera_driver.devices.intelix.explain import explain


@pytest.mark.parametrize('data, words', [
    ('00 00', 'are_you_there'),
    ('00 04 00', 'lock_status_report locked'),
    ('00 07 01', 'admin_lock_status_report unlocked'),
    ('00 07 05', 'admin_lock_status_report status 05'),
    ('00 09 01', 'set_unlock_password_report failure'),
    ('00 02 31 32 33 34', 'unlock_panel ****'),
    ('00 02 31 32 33', 'unlock_panel of wrong length: 3 bytes'),
    ('01 00 02 42 4C 55 52 59', "set_input_name input 2 'BLURY'"),
    ('03 05 05 4E 45 57 53 20 20 20 20', "preset_name_report preset 5 'NEWS'"),
    ('03 05 05 4E 45 F7 53 20 20 20 20', "preset_name_report preset 5 'NE?S'"),
    ('03 00 01 03 03 03 03 03 03 03 03', 'set_preset preset 1 inputs 3 3 3 3 3 3 3 3'),
    ('02 06 03 03', 'all_crosspoints_status_report of wrong length: 03 03'),
    ('02 03 03 02 F6', 'crosspoint_example input 3 output 2 target_value 246'),
    ('04 00 01', 'unknown 04 00 01'),
    ('00', 'unknown 00'),
])
def test_words(data, words):
    assert explain(Message(bytes.fromhex(data))) == words


def test_control_bytes():
    assert [explain(one) for one in Control] == ['ACK_0', 'ACK_1', 'ERROR']


@given(st.binary(min_size=1, max_size=20))
def test_any_message(data):
    assert explain(Message(data))


def test_table():
    assert len(MESSAGES) == len([kind for kind in TABLE if kind.key]) == 24
    assert all(not kind.report or not BY_NAME[kind.report].to_device for kind in TABLE)
    assert {kind.name for kind in TABLE if kind.standing is Standing.UNKNOWN} == {
        kind.name for kind in TABLE if not kind.key}
    # What might lock somebody out, or is not understood, is never repeated (5).
    assert not any(BY_NAME[name].repeatable for name in (
        'unlock_panel', 'unlock_admin', 'set_unlock_password', 'set_admin_password',
        'crosspoint_example', 'set_input_name', 'trigger_preset'))


def test_table_is_that_of_the_document():  # 4.1
    text = (Path(__file__).resolve().parents[2] / 'docs/protocols/intelix.md').read_text()
    rows = re.findall(r'^\| (0\d) \| (\w\w) \| `(\w+)` \| (\S+) \| (\S+).*\|$', text, re.MULTILINE)
    sizes = {'N+2': 10, 'N+3': 11}
    assert {(kind.key, kind.name, kind.to_device, kind.size + 2)
            for kind in TABLE if kind.key} == {
        ((int(first, 16), int(second, 16)), name, direction == 'host→matrix',
         sizes.get(length) or int(length, 16)) for first, second, name, direction, length in rows}


def test_texts():
    assert text_bytes('NEWS', 8, 'name') == b'NEWS    '
    assert text_of(b'NEWS    ') == 'NEWS'
    for wrong in ('TOO LONG!', 'a\tb', 'ä'):
        with pytest.raises(ValueError, match='name .*at most 8 printable ASCII characters'):
            text_bytes(wrong, 8, 'name')


@pytest.mark.parametrize('wrong', ['', '123', 'abcde', 'abcü', 'a\nbc'])
def test_a_wrong_password_is_not_told(wrong):
    with pytest.raises(ValueError) as error:
        password_bytes(wrong, 'password')
    assert 'a password is 4 printable ASCII characters' in str(error.value)
    assert not wrong or wrong not in str(error.value)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The table of registers against the rows of the manual."""

from kp_fd30.vectors import ROWS
import pytest

from camera_driver.devices.kp_fd30.registers import address, BY_NAME, REGISTERS, Standing, TABLE


@pytest.mark.parametrize('row', ROWS)
def test_row_of_the_manual(row):
    name, value = ROWS[row]
    status, _, area, number, *data = bytes.fromhex(' '.join(row.split()[1:8]))
    register = REGISTERS[area & 0x7F, number]
    assert register.name == name
    if area & 0x80:
        assert register.read is Standing.LEGIBLE
        return
    assert register.write in (Standing.LEGIBLE, Standing.RECONSTRUCTED)
    assert register.stored == (status == 1)
    raw = register.value(bytes(data))
    assert register.data(raw) == bytes(data)
    if register.words:
        assert register.words[value] == raw
    elif isinstance(value, int):
        assert value == raw


def test_every_printed_read_row_is_marked_so():
    printed = {name for row, (name, _) in ROWS.items() if row.split()[3] in ('81', '82')}
    assert printed == {r.name for r in TABLE if r.read is Standing.LEGIBLE}


def test_table():
    assert len(BY_NAME) == len(TABLE)
    assert len(REGISTERS) == len([r for r in TABLE if r.number is not None]) == 20
    for register in TABLE:
        assert register.area in (1, 2)
        if register.number is None:
            assert not register.readable and register.values is Standing.UNKNOWN
        else:
            assert REGISTERS[address(register)] is register
            assert register.order == {1: 'big', 2: 'little'}[register.area]
        assert (register.size is None) == (register.values is Standing.UNKNOWN)
        for value in (register.words or {}).values():
            assert register.value(register.data(value)) == value
    assert [r.name for r in TABLE if r.number is not None and not r.readable] == [
        'awc_preset_restart']
    assert all(r.factory and not r.stored for r in REGISTERS.values() if r.area == 2)


@pytest.mark.parametrize('name, value, data', [
    ('variable_shutter', 461, '01 cd 00'),
    ('cy_matrix_gb_y_r_g_plus', 272, '10 01 00'),
    ('awc_r_gain_offset', 0x90, '90 00 00'),
])
def test_byte_order(name, value, data):
    assert BY_NAME[name].data(value) == bytes.fromhex(data)
    assert BY_NAME[name].value(bytes.fromhex(data)) == value


@pytest.mark.parametrize('name, value, message', [
    ('shutter_mode', 5, 'shutter_mode: 5 is not allowed; allowed: 0 to 4'),
    ('shutter_mode', -1, 'allowed: 0 to 4'),
    ('alc_area', 256, 'allowed: 0 to 255'),
    ('variable_shutter', 522, 'allowed: 0 to 521'),
    ('video_level', 1, 'the width of its value is illegible'),
])
def test_values_that_do_not_fit(name, value, message):
    with pytest.raises(ValueError, match=message):
        BY_NAME[name].data(value)


def test_bytes_that_hold_no_value():
    assert BY_NAME['shutter_mode'].value(bytes.fromhex('01 00 01')) is None
    assert BY_NAME['video_level'].value(bytes.fromhex('40 00 00')) is None
    assert BY_NAME['shutter_mode'].value(bytes.fromhex('09 00 00')) == 9

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The golden bytes of docs/protocols/kp_fd30.md: section 7 and appendix A."""

from camera_driver.devices.kp_fd30.codec import Command, Reply


def command(text):
    """Return the command whose seven fields are given as hex."""
    status, camera, area, register, *data = bytes.fromhex(text)
    return Command(status, camera, area, register, bytes(data))


def reply(text):
    return Reply(bytes.fromhex(text))


# Section 7: bytes on the line, and what they are. Numbers 23 to 27 are damage: test_codec.
VECTORS = {
    1: ('02 30 31 46 46 30 31 33 41 30 30 30 30 30 30 03 31 38', command('01ff013a000000')),
    2: ('02 30 31 46 46 30 31 33 41 30 31 30 30 30 30 03 31 37', command('01ff013a010000')),
    3: ('02 30 31 46 46 30 31 33 41 30 32 30 30 30 30 03 31 36', command('01ff013a020000')),
    4: ('02 30 31 46 46 30 31 31 43 30 31 30 30 30 30 03 31 37', command('01ff011c010000')),
    5: ('02 30 31 46 46 30 31 31 37 30 34 30 30 30 30 03 32 30', command('01ff0117040000')),
    6: ('02 30 31 46 46 30 31 30 38 30 30 30 30 30 30 03 32 34', command('01ff0108000000')),
    7: ('02 30 31 46 46 30 31 30 38 32 34 30 30 30 30 03 31 45', command('01ff0108240000')),
    8: ('02 30 31 46 46 30 31 30 39 30 32 30 39 30 30 03 31 38', command('01ff0109020900')),
    9: ('02 30 30 46 46 30 31 30 37 30 30 30 30 30 30 03 32 36', command('00ff0107000000')),
    10: ('02 30 31 46 46 30 31 33 36 46 46 30 30 30 30 03 46 37', command('01ff0136ff0000')),
    11: ('02 30 31 46 46 30 31 33 37 38 30 30 30 30 30 03 31 41', command('01ff0137800000')),
    12: ('02 30 30 46 46 30 32 39 44 46 46 30 31 30 30 03 45 32', command('00ff029dff0100')),
    13: ('02 30 31 46 46 38 31 31 39 30 30 30 30 30 30 03 31 41', command('01ff8119000000')),
    14: ('02 30 31 46 46 38 32 38 31 30 30 30 30 30 30 03 31 41', command('01ff8281000000')),
    15: ('02 30 31 46 46 38 31 30 36 30 30 30 30 30 30 03 31 45', command('01ff8106000000')),
    16: ('02 30 30 46 46 30 31 31 37 30 30 30 30 30 30 03 32 35', command('00ff0117000000')),
    17: ('02 30 31 30 35 38 31 33 41 30 30 30 30 30 30 03 33 37', command('0105813a000000')),
    18: ('02 30 30 30 30 30 30 03 44 41', reply('000000')),
    19: ('02 30 31 30 30 30 30 03 44 39', reply('010000')),
    20: ('02 30 32 30 39 30 30 03 43 46', reply('020900')),
    21: ('02 46 46 30 31 30 30 03 41 44', reply('ff0100')),
    22: ('02 46 46 46 46 46 46 03 35 36', reply('ffffff')),
    28: ('02 30 31 46 46 30 31 41 33 30 30 30 30 30 30 03 31 38', command('01ff01a3000000')),
}

# Appendix A: rows of the manual in its notation (STX, seven pairs, ETX, SUM), and what they mean.
ROWS = {
    '02 01 FF 01 3A 00 00 00 03 18': ('alc_mode', 'ave'),
    '02 01 FF 01 3A 01 00 00 03 17': ('alc_mode', 'area'),
    '02 01 FF 01 3A 02 00 00 03 16': ('alc_mode', 'peak_ave'),
    '02 01 FF 01 1C 00 00 00 03 18': ('alc_area', 'no1'),
    '02 01 FF 01 1C 01 00 00 03 17': ('alc_area', 'no2'),
    '02 01 FF 01 17 00 00 00 03 24': ('shutter_mode', 'off'),
    '02 01 FF 01 17 01 00 00 03 23': ('shutter_mode', 'preset'),
    '02 01 FF 01 17 02 00 00 03 22': ('shutter_mode', 'variable'),
    '02 01 FF 01 17 03 00 00 03 21': ('shutter_mode', 'aes'),
    '02 01 FF 01 17 04 00 00 03 20': ('shutter_mode', 'ext_trigger'),
    '02 01 FF 01 08 00 00 00 03 24': ('preset_shutter', '8.0s'),
    '02 01 FF 01 08 01 00 00 03 23': ('preset_shutter', '7.5s'),
    '02 01 FF 01 08 22 00 00 03 20': ('preset_shutter', '1/20000s'),
    '02 01 FF 01 08 23 00 00 03 1F': ('preset_shutter', '1/30000s'),
    '02 01 FF 01 08 24 00 00 03 1E': ('preset_shutter', '1/50000s'),
    '02 01 FF 01 09 00 00 00 03 23': ('variable_shutter', 1 / 60),
    '02 01 FF 01 09 02 09 00 03 18': ('variable_shutter', 1 / 10309),
    '02 00 FF 01 07 00 00 00 03 26': ('awc_preset_restart', 0),
    '02 01 FF 01 36 00 00 00 03 23': ('awc_r_gain_offset', 0),
    '02 01 FF 01 36 80 00 00 03 1B': ('awc_r_gain_offset', 0x80),
    '02 01 FF 01 36 FF 00 00 03 F7': ('awc_r_gain_offset', 0xFF),
    '02 01 FF 01 37 00 00 00 03 22': ('awc_b_gain_offset', 0),
    '02 01 FF 01 37 80 00 00 03 1A': ('awc_b_gain_offset', 0x80),
    '02 01 FF 81 3A 00 00 00 03 10': ('alc_mode', None),
    '02 01 FF 81 1C 00 00 00 03 10': ('alc_area', None),
    '02 01 FF 81 39 00 00 00 03 18': ('alc_peak_ratio', None),
    '02 01 FF 81 0C 00 00 00 03 11': ('video_level', None),
    '02 01 FF 81 06 00 00 00 03 1E': ('agc_mode', None),
    '02 00 FF 02 9D 00 00 00 03 0F': ('cy_matrix_gb_y_r_g_plus', 0),
    '02 00 FF 02 9D FF 01 00 03 E2': ('cy_matrix_gb_y_r_g_plus', 0x1FF),
    '02 00 FF 02 9E 00 00 00 03 0E': ('cy_matrix_9e', 0),
    '02 00 FF 02 9E FF 01 00 03 E1': ('cy_matrix_9e', 0x1FF),
    '02 00 FF 02 9F 00 00 00 03 0D': ('cy_matrix_9f', 0),
    '02 00 FF 02 9F FF 01 00 03 E0': ('cy_matrix_9f', 0x1FF),
    '02 00 FF 02 A0 00 00 00 03 1B': ('cy_matrix_a0', 0),
    '02 01 FF 81 2E 00 00 00 03 0D': ('standard_gain', None),
    '02 01 FF 81 19 00 00 00 03 1A': ('alc_level_ref', None),
    '02 01 FF 81 3F 00 00 00 03 0B': ('peak_data_ref', None),
    '02 01 FF 81 0A 00 00 00 03 13': ('auto_iris_ref', None),
    '02 01 FF 82 81 00 00 00 03 1A': ('wb_r_gain_ref', None),
}

# SUM of preset_shutter codes 00 to 24 with status 01 and 00 (4.4).
PRESET_SUMS = {
    1: '24 23 22 21 20 1F 1E 1D 1C 1B 13 12 11 10 0F 0E 23 22 21 20 1F 1E 1D 1C 1B 1A 12 11 10 '
       '0F 0E 0D 22 21 20 1F 1E',
    0: '25 24 23 22 21 20 1F 1E 1D 1C 14 13 12 11 10 0F 24 23 22 21 20 1F 1E 1D 1C 1B 13 12 11 '
       '10 0F 0E 23 22 21 20 1F',
}


def wire(row):
    """Return a row of the manual as it is on the line (2.4)."""
    pairs = row.split()
    return b'\x02' + ''.join(pairs[1:8]).encode() + b'\x03' + pairs[9].encode()

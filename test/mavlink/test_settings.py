# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Settings as extended parameters, and their definition file by MAVLink FTP."""

import lzma
import math
import struct
from xml.etree import ElementTree
import zlib

from mavlink.station import Relay, Rig, SETTINGS, Station
from pymavlink.dialects.v20 import common as mavlink
import pytest

from camera_driver.mavlink import ftp
from camera_driver.mavlink.definition import definition, parameters
from camera_driver.model import Setting

NAMES = ['CAM_MODE', 'CAM_ISO', 'CAM_SHUTTERSPD', 'LIVE_VIEW', 'LCD_BRIGHTNESS', 'CAM_EV',
         'FRAMES_TAKEN_TOT']
UINT8, INT32, REAL32 = 1, 6, 9
ACCEPTED, WRONG, FAILED, IN_PROGRESS = range(4)


def number(message):
    """Return the value of a parameter."""
    form = {UINT8: '<B', INT32: '<i', REAL32: '<f'}[message.param_type]
    return struct.unpack_from(form, message._param_value_raw.ljust(128, b'\0'))[0]


def write(rig, name, form, value, kind):
    """Write a parameter."""
    rig.station.send(mavlink.MAVLink_param_ext_set_message(
        1, 100, name.encode(), struct.pack(form, value), kind))


def answers(rig):
    """Return what was answered: name, value and result."""
    return [(one.param_id, pytest.approx(number(one)), one.param_result)
            for one in rig.station.all('PARAM_EXT_ACK')]


def test_the_whole_list_from_the_cache_in_time(rig):
    rig.camera.change(values={'iso_speed': '100', 'variable_shutter': 0.01})
    rig.run(0.1)
    rig.station.send(mavlink.MAVLink_param_ext_request_list_message(1, 100))
    rig.run(0.3)
    values = rig.station.all('PARAM_EXT_VALUE')
    assert [one.param_id for one in values] == NAMES
    assert [one.param_index for one in values] == [*range(7)]
    assert {one.param_count for one in values} == {7}
    assert [number(one) for one in values[:3]] == [0, 1, pytest.approx(0.01)]
    # Unknown is -1 or NaN, never a value that the setting can have.
    assert number(values[4]) == -1
    assert math.isnan(number(values[5]))
    at = [at for at, one in rig.station.received if one.get_type() == 'PARAM_EXT_VALUE']
    assert max(b - a for a, b in zip(at, at[1:])) == pytest.approx(0.02)


def test_one_by_name_and_by_number(rig):
    for place, name in ((-1, b'CAM_EV'), (1, b''), (-1, b'NONE'), (99, b''), (-1, b'CAM_EV')):
        rig.station.send(mavlink.MAVLink_param_ext_request_read_message(1, 100, name, place))
        rig.run(0.1)
    assert [one.param_id for one in rig.station.all('PARAM_EXT_VALUE')] == [
        'CAM_EV', 'CAM_ISO', 'CAM_EV']


def test_a_write_is_in_progress_then_what_the_camera_holds(rig):
    rig.camera.exposure = 1.5
    write(rig, 'CAM_ISO', '<i', 2, INT32)
    write(rig, 'CAM_ISO', '<i', 2, INT32)  # repeated meanwhile
    rig.run(2)
    assert answers(rig) == [('CAM_ISO', 1, IN_PROGRESS)] * 3 + [('CAM_ISO', 2, ACCEPTED)]
    write(rig, 'CAM_ISO', '<i', 2, INT32)  # or after its answer was lost
    assert answers(rig)[-1] == ('CAM_ISO', 2, ACCEPTED)
    assert rig.camera.written == [('iso_speed', '200')]


@pytest.mark.parametrize(('name', 'form', 'value', 'kind', 'result'), [
    ('CAM_ISO', '<i', 3, INT32, WRONG), ('CAM_ISO', '<i', -1, INT32, WRONG),
    ('CAM_ISO', '<f', 1, REAL32, WRONG), ('CAM_SHUTTERSPD', '<f', 3.0, REAL32, WRONG),
    ('CAM_SHUTTERSPD', '<f', math.nan, REAL32, WRONG), ('LIVE_VIEW', '<B', 2, UINT8, WRONG),
    ('LCD_BRIGHTNESS', '<i', 8, INT32, WRONG), ('CAM_EV', '<f', 0.5, REAL32, WRONG),
    ('CAM_MODE', '<i', 1, INT32, WRONG), ('FRAMES_TAKEN_TOT', '<i', 5, INT32, FAILED)])
def test_what_is_not_allowed_is_refused_with_the_present_value(rig, name, form, value, kind,
                                                               result):
    held = number(next(rig.component._settings.message(name) for _ in '.'))
    write(rig, name, form, value, kind)
    (where, present, answer), = answers(rig)
    assert (where, answer) == (name, result)
    assert present == held
    assert rig.camera.written == []


def test_what_the_camera_refuses_has_failed_with_the_present_value(rig):
    rig.camera.problem = 'refused'
    write(rig, 'CAM_SHUTTERSPD', '<f', 0.004, REAL32)
    rig.run(1)
    assert answers(rig)[-1] == ('CAM_SHUTTERSPD', 0.01, FAILED)
    write(rig, 'NONE', '<f', 1, REAL32)
    assert answers(rig)[-1] == ('NONE', 1, FAILED)


def test_numbers_reach_the_camera_as_they_were_meant(rig):
    write(rig, 'CAM_SHUTTERSPD', '<f', 1 / 60, REAL32)  # its limit, to the digits of a float
    write(rig, 'CAM_EV', '<f', -1.0, REAL32)
    write(rig, 'LIVE_VIEW', '<B', 0, UINT8)
    write(rig, 'LCD_BRIGHTNESS', '<i', 7, INT32)
    rig.run(1)
    assert rig.camera.written == [('variable_shutter', pytest.approx(1 / 60)),
                                  ('exposure_compensation', -1.0), ('live_view', False),
                                  ('lcd_brightness', 7)]


# The definition.

def fetch(rig, station, burst=False):
    """Fetch the definition by FTP, each request again until it is answered."""
    sent = 0

    def ask(opcode, data=b'', offset=0, size=None):
        nonlocal sent
        sent += 1
        for _ in range(30):
            before = len(station.received)
            head = ftp.HEADER.pack(sent, 0, opcode, len(data) if size is None else size, 0, 0,
                                   offset)
            station.send(mavlink.MAVLink_file_transfer_protocol_message(
                0, 1, 100, [*(head + data).ljust(251, b'\0')]))
            rig.run(0.5)
            found = [bytes(one.payload) for _, one in station.received[before:]
                     if one.get_type() == 'FILE_TRANSFER_PROTOCOL'
                     and bytes(one.payload)[5] == opcode]
            if found:
                return found
        raise AssertionError('no answer')

    def part(payload):
        _, _, opcode, size, _, _, offset = ftp.HEADER.unpack_from(payload)
        return opcode, offset, payload[12:12 + size]

    opcode, _, size = part(ask(ftp.OPEN, b'/info/camera_100.xml.xz')[0])
    assert opcode == ftp.ACK
    size, = struct.unpack('<I', size)
    data, offset = {}, 0
    while offset < size:
        for payload in ask(ftp.BURST if burst else ftp.READ, offset=offset, size=239):
            opcode, at, piece = part(payload)
            if opcode == ftp.ACK:
                data[at] = piece
        while offset in data:
            offset += len(data[offset])
    whole = b''.join(data[at] for at in sorted(data))
    assert part(ask(ftp.READ, offset=size, size=239)[0])[2] == bytes([ftp.END_OF_FILE])
    check, = struct.unpack('<I', part(ask(ftp.CRC32, b'/info/camera_100.xml.xz')[0])[2])
    assert check == ~zlib.crc32(whole, 0xffffffff) & 0xffffffff
    assert part(ask(ftp.TERMINATE)[0])[0] == ftp.ACK
    assert part(ask(ftp.READ, offset=0, size=239)[0])[2] == bytes([ftp.INVALID_SESSION])
    assert part(ask(ftp.OPEN, b'/etc/passwd')[0])[2] == bytes([ftp.NOT_FOUND])
    assert part(ask(3, b'/')[0])[2] == bytes([ftp.NO_SUCH_COMMAND])
    return lzma.decompress(whole).decode()


@pytest.mark.parametrize('burst', [False, True])
def test_the_definition_by_ftp(rig, burst):
    text = fetch(rig, rig.station, burst)
    check_definition(text)
    rig.station.command(mavlink.MAV_CMD_REQUEST_MESSAGE, 259)
    info = rig.station.last('CAMERA_INFORMATION')
    assert f'version="{info.cam_definition_version}"' in text


@pytest.mark.parametrize('burst', [False, True])
def test_the_definition_over_a_bad_link(tmp_path, burst):
    rig = Rig(tmp_path)
    check_definition(fetch(rig, Station(rig, relay=Relay(rig.world, 3)), burst))
    rig.store.close()


def check_rules(text):
    """Hold any definition against what stations demand of one, and return its parameters."""
    root = ElementTree.fromstring(text)
    assert root.tag == 'mavlinkcamera'
    about = root.find('definition')
    assert about.findtext('model') and about.findtext('vendor') and int(about.get('version'))
    found = root.findall('parameters/parameter')
    assert found
    for one in found:
        assert len(one.get('name')) <= 16
        assert one.get('type') in ('bool', 'uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32',
                                   'float')
        assert one.findtext('description')
        float(one.get('default'))
    return found


def check_definition(text):
    """Hold one of ours against these rules and what is in it."""
    found = check_rules(text)
    assert [one.get('name') for one in found] == NAMES
    for one in found:
        assert one.get('type') in ('uint8', 'int32', 'float')
        options = {option.get('value'): option.get('name')
                   for option in one.findall('options/option')}
        assert options and one.get('default') in options or one.get('min')
    by_name = {one.get('name'): one for one in found}
    assert by_name['CAM_MODE'].get('control') == '0'
    assert by_name['FRAMES_TAKEN_TOT'].get('readonly') == '1'
    assert [option.get('name') for option in by_name['CAM_ISO'].iter('option')] == [
        'auto', '100', '200']
    assert by_name['CAM_SHUTTERSPD'].get('max') == '0.0166666667'
    assert by_name['LIVE_VIEW'].get('writeonly') == '1'
    assert [option.get('value') for option in by_name['LIVE_VIEW'].iter('option')] == [
        '0', '1', '255']


def test_the_version_follows_from_what_is_in_it():
    known = parameters(SETTINGS)
    one = definition('Sierra', 'SD500', known)
    assert one == definition('Sierra', 'SD500', parameters(SETTINGS))
    others = [definition('Sierra', 'SD501', known), definition('Sierra', 'SD500', known[:-1])]
    assert len({one.version, *(other.version for other in others)}) == 3
    assert all(0 < other.version < 2 ** 16 for other in others)


def test_names_that_are_too_long_stay_different():
    names = [one.name for one in parameters([
        Setting(f'a_setting_with_a_long_name_{number}', int, '') for number in range(12)])]
    assert len(set(names)) == 13
    assert max(map(len, names)) == 16

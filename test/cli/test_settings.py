# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from datetime import datetime, timedelta, timezone
import time

import pytest

from camera_driver.catalog import TYPES
from camera_driver.cli.job import value_of
from camera_driver.cli.settings import _value

NEAR = timedelta(seconds=30)


def test_info(camera, terminal):
    result = camera('info', '--json')
    assert result.code == 0
    document = result.document
    assert document['port'] == terminal.path
    assert document['identity']['camera_type'] == 'sierra'
    text = camera('info').out
    for name in ('model', 'firmware_version', 'serial_number'):
        assert document['identity'][name] in text
    assert f'port             {terminal.path}\n' in text


def test_settings_as_a_table(camera):
    result = camera('settings')
    assert result.code == 0 and result.err == ''
    assert result.out.splitlines()[0].split() == ['SETTING', 'VALUE', 'ALLOWED']
    documents = camera('settings', '--json').document['settings']
    assert len(documents) == len(result.out.splitlines()) - 1
    flash = next(one for one in documents if one['name'] == 'flash_mode')
    assert flash['value'] in flash['words']
    assert ', '.join(flash['words']) in result.out


def test_set_and_get(camera):
    words = next(one for one in camera('settings', '--json').document['settings']
                 if one['name'] == 'flash_mode')
    other = next(word for word in words['words'] if word != words['value'])
    assert camera('set', 'flash_mode', other).out == f'{other}\n'
    assert camera('get', 'flash_mode').out == f'{other}\n'
    assert camera('get', 'flash-mode', 'lcd_brightness', '--json').document == {
        'flash_mode': other, 'lcd_brightness': 4}
    assert camera('set', 'lcd_brightness', '0x6', '--json').document == {'lcd_brightness': 6}


def test_wrong_values(camera):
    result = camera('set', 'flash_mode', 'sometimes')
    assert result.code == 2
    assert "flash_mode: 'sometimes' is not allowed; allowed: auto" in result.error
    result = camera('set', 'lcd_brightness', 'bright')
    assert result.code == 2
    assert "lcd_brightness: 'bright' is not allowed; allowed: 1 to 7" in result.error
    result = camera('set', 'lcd_brightness', '99')
    assert result.code == 2
    assert 'lcd_brightness: 99 is not allowed; allowed: 1 to 7' in result.error


def test_clock(camera):
    result = camera('clock', '--set', '--json')
    assert result.code == 0
    clock = datetime.fromisoformat(result.document['clock'])
    assert abs(clock.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)) < NEAR
    assert abs(result.document['ahead']) < 30 and result.document['shows'] == 'utc'
    text = camera('clock').out
    assert text.startswith(f'{clock:%Y-%m-%d %H:}') and ' UTC  (' in text


def test_clock_in_local_time(camera, monkeypatch):
    monkeypatch.setenv('TZ', 'XYZ-05:30')
    time.tzset()
    try:
        local = ('--camera-clock', 'local')
        result = camera(*local, 'clock', '--set', '--json')
        clock = datetime.fromisoformat(result.document['clock'])
        assert abs(clock - datetime.now()) < NEAR
        assert abs(clock.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)) > 10 * NEAR
        assert 'local time  (' in camera(*local, 'clock').out
        assert 'DATE (LOCAL)' in camera(*local, 'list').out
        images = camera(*local, 'list', '--json').document['images']
        assert {image['clock'] for image in images} == {'local'}
    finally:
        monkeypatch.undo()
        time.tzset()


def test_self_test(camera):
    result = camera('self-test')
    assert result.code == 0
    assert result.out.splitlines()[0].split() == ['CHECK', 'RESULT', 'DETAIL']
    assert 'FAILED' not in result.out
    document = camera('self-test', '--json').document
    assert document['passed'] is True
    assert len(document['checks']) == len(result.out.splitlines()) - 1


def test_exposure(camera):
    result = camera('exposure', '--json')
    assert result.code == 0
    assert set(result.document) == {'exposure', 'ranges'}
    assert camera('exposure').code == 0
    for text, seconds in (('0.01', 0.01), ('1/100', 0.01), ('1/1000', 0.001)):
        assert camera('exposure', '--time', text, '--json').document[
            'exposure']['exposure_time'] == pytest.approx(seconds, rel=0.03)


def test_registers(camera):
    assert camera('read-register', '0x33').out == '2\n'
    document = camera('read-register', '27', '--bytes', '--json').document
    model = camera('info', '--json').document['identity']['model']
    assert bytes.fromhex(document['value']).rstrip(b'\0').decode() == model
    result = camera('write-register', '35', '5', '--allow-raw-writes')
    assert (result.code, result.out) == (0, 'register 35 = 5\n')
    assert camera('read-register', '35').out == '5\n'


def test_a_register_that_the_camera_does_not_have(camera):
    result = camera('read-register', '200')
    assert result.code == 1
    assert '200' in result.error


def test_send(camera):
    result = camera('send', '01', '33', '--allow-raw-writes')
    assert result.code == 0
    assert '02 00 00 00' in result.out


def test_commands_are_those_that_the_device_can(command):
    for name, device_type in TYPES.items():
        cls = device_type.device_class()
        text = command(name, '--help').out
        assert ('\n    capture ' in text) == ('capture' in vars(cls))


@pytest.mark.parametrize('setting', [
    pytest.param(one, id=f'{name}-{one.name}')
    for name, kind in TYPES.items() for one in kind.device_class().SETTINGS])
def test_what_is_printed_is_taken(setting):
    if setting.words is not None:
        values = [*setting.words, *(['raw:17'] if setting.raw_allowed else [])]
    elif setting.kind is bool:
        values = [True, False]
    elif setting.kind is str:
        values = ['', '007', 'true']
    else:
        limits = [one for one in (setting.minimum, setting.maximum) if one is not None]
        values = [setting.kind(one) for one in [*setting.values, *limits]]
    assert [setting.validate(value_of(setting, _value(one))) for one in values] == values

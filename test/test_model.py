# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from camera_driver.model import Identity, Setting

APERTURE = Setting('aperture', str, 'Aperture', words={'auto': 0, 'low': 1, 'high': 3})
SECRET = Setting('mode', str, 'Words unknown', words={})
BRIGHTNESS = Setting('lcd_brightness', int, 'Brightness', minimum=1, maximum=7)
SHUTTER = Setting('shutter', float, 'Exposure time', unit='s', minimum=0.0)
GAIN = Setting('gain', float, 'Gain', unit='dB')
LAMP = Setting('lamp', bool, 'Lamp')
LABEL = Setting('camera_id', str, 'Label', max_length=4)
SPEED = Setting('baudrate', int, 'Speed', unit='baud', values=(9600, 19200))
REMARK = Setting('remark', str, 'Any text')


@pytest.mark.parametrize('setting, value, result', [
    (APERTURE, 'low', 'low'), (APERTURE, 'raw:17', 'raw:17'), (APERTURE, 'raw:-1', 'raw:-1'),
    (SECRET, 'raw:2', 'raw:2'), (BRIGHTNESS, 1, 1), (BRIGHTNESS, 7, 7), (SHUTTER, 0, 0.0),
    (SHUTTER, 1.5, 1.5), (GAIN, -3, -3.0), (LAMP, True, True), (LABEL, 'abcd', 'abcd'),
    (SPEED, 19200, 19200), (LABEL, 'öö', 'öö'), (LABEL, '', ''), (REMARK, 'x' * 1000, 'x' * 1000),
])
def test_allowed(setting, value, result):
    valid = setting.validate(value)
    assert valid == result
    assert type(valid) is type(result)


@pytest.mark.parametrize('setting, value', [
    (SPEED, 12345),
    (APERTURE, 'mid'), (APERTURE, 'raw:'), (APERTURE, 'raw:1x'), (APERTURE, 3), (SECRET, 'low'),
    (BRIGHTNESS, 0), (BRIGHTNESS, 8), (BRIGHTNESS, 3.0), (BRIGHTNESS, '3'), (BRIGHTNESS, True),
    (SHUTTER, -0.1), (SHUTTER, float('nan')), (SHUTTER, None), (SHUTTER, True),
    (SHUTTER, float('inf')), (GAIN, float('nan')), (GAIN, float('-inf')), (LAMP, 1),
    (LAMP, 'true'), (LABEL, 'abcde'), (LABEL, 'ööö'), (REMARK, 5), (REMARK, None),
])
def test_refused(setting, value):
    with pytest.raises(ValueError) as caught:
        setting.validate(value)
    assert str(caught.value).startswith(f'{setting.name}: {value!r} is ')
    assert str(caught.value).endswith(f'; allowed: {setting.allowed}')


@pytest.mark.parametrize('setting, value, words', [
    (SPEED, 12345, 'is not allowed: take 9600 or 19200'),
    (APERTURE, 'mid', 'is not allowed'),
    (SPEED, 19200.0, 'is not an integer: write 19200'),
    (BRIGHTNESS, 3.5, 'is not an integer'),
    (LABEL, 7, """is a number, not a text: quote it twice, camera_id:="'7'\""""),
    (LAMP, 1, 'is a number, neither true nor false'),
    (LABEL, True, """is true or false, not a text: quote it twice, camera_id:="'true'\""""),
    (APERTURE, True, 'is not allowed'),
    (SPEED, True, 'is true or false, not a number'),
    (GAIN, False, 'is true or false, not a number'),
])
def test_what_is_wrong_in_words(setting, value, words):
    with pytest.raises(ValueError) as caught:
        setting.validate(value)
    assert str(caught.value) == (
        f'{setting.name}: {value!r} {words}; allowed: {setting.allowed}')


@pytest.mark.parametrize('printed', ['{:g}', '{:.4g}'])
@pytest.mark.parametrize('value', [1 / 10309, 1 / 60, 1 / 3, 2 / 3])
def test_a_printed_number_is_the_number(value, printed):
    text = printed.format(value)
    for setting in (Setting('time', float, '', minimum=value), Setting('time', float, '',
                    maximum=value), Setting('time', float, '', values=(value,))):
        assert setting.validate(float(text)) in (value, float(text))
        for other in (value * 0.998, value * 1.002):
            if setting.values or (other < value) == (setting.minimum is not None):
                with pytest.raises(ValueError):
                    setting.validate(other)


@pytest.mark.parametrize('setting, words', [
    (APERTURE, 'auto, low, high, raw:NUMBER'), (SECRET, 'raw:NUMBER'), (BRIGHTNESS, '1 to 7'),
    (SHUTTER, '0 s or more'), (GAIN, 'any float dB'), (LAMP, 'true, false'),
    (LABEL, 'text of at most 4 bytes'), (REMARK, 'text'),
])
def test_what_is_allowed_in_words(setting, words):
    assert setting.allowed == words


@pytest.mark.parametrize('word, raw', [('auto', 0), ('high', 3), ('raw:2', 2), ('raw:-5', -5)])
def test_words_and_raw_values(word, raw):
    assert APERTURE.raw(word) == raw
    assert APERTURE.word(raw) == word


def test_identity_in_words():
    assert str(Identity('sierra')) == 'sierra'
    assert str(Identity('sierra', 'EPSON', 'PhotoPC 600', '42')) == (
        'EPSON PhotoPC 600 (serial 42)')


def test_same_device():
    known = Identity('sierra', model='C-860L', serial_number='1')
    assert known.verifiable
    assert not Identity('kp_fd30', manufacturer='Hitachi').verifiable
    assert known.same_device(Identity('sierra', model='C-860L', serial_number='1'))
    assert known.same_device(Identity('sierra', model='C-860L'))  # nothing contradicts
    assert not known.same_device(Identity('sierra', model='C-860L', serial_number='2'))
    assert not known.same_device(Identity('sierra', model='C-3040Z', serial_number='1'))
    assert not known.same_device(Identity('fuji_mx', model='C-860L', serial_number='1'))

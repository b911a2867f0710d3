# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
import json

import pytest

from camera_driver.catalog import TYPES
from camera_driver.cli.main import main

WIRE = """\
# camera_driver trace 1 sierra /dev/ttyUSB0 1763710000.250000 100.000000
100.000010 = 19200 8N1
100.001000 > 00
100.002000 < 15
100.110000 > 1b 43 02 00 01 01 02 00
100.111000 < 03 00 04 00 02
100.112000 < 00 00 00 03 00
100.113000 > 15
100.114000 < 40 41 42
100.120000 < 03 00 04 00 02
100.320000 > 15
100.340000 < 03 00 04 00 02 00 00 00 02 00 ff
# camera_driver trace 1 sierra /dev/my camera 1763710100.250000 5.000000
5.100000 > 00
5.200000 < 03 00
"""


@pytest.fixture
def wire(tmp_path):
    """Return the path of a trace with two sessions, damage of each kind in them."""
    path = tmp_path / 'wire.log'
    path.write_text(WIRE)
    return str(path)


def test_frames_with_marks_and_times(wire, capsys):
    assert main(['trace', wire]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith('# sierra at /dev/ttyUSB0, 2025-11-2')
    second = lines.pop(11)
    assert second.startswith('# sierra at /dev/my camera, 2025-11-2')
    assert [line.split(maxsplit=2)[:2] for line in lines] == [
        ['0.000010', '='], ['0.001000', '>'], ['0.002000', '<'], ['0.110000', '>'],
        ['0.111000', '<'], ['0.113000', '>'], ['0.114000', '<'], ['0.120000', '<'],
        ['0.320000', '>'], ['0.340000', '<'], ['0.340000', '<'], ['0.100000', '>'],
        ['0.200000', '<']]
    text = [line.split(maxsplit=2)[2] for line in lines]
    assert text[0] == '19200 8N1'
    assert 'NUL' in text[1] and 'NAK' in text[2]
    assert text[4] == 'damaged (checksum): 03 00 04 00 02 00 00 00 03 00'
    assert text[6] == 'damaged (noise): 40 41 42'
    assert text[7] == 'damaged (truncated): 03 00 04 00 02'
    assert text[10] == 'SESSION_END'
    assert text[12] == 'damaged (truncated): 03 00'


def test_hex_shows_every_byte(wire, capsys):
    assert main(['trace', '--hex', wire]) == 0
    assert '0.110000 > 1b 43 02 00 01 01 02 00\n' in capsys.readouterr().out


def test_json_lines(wire, capsys):
    assert main(['trace', wire, '--json']) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[4] | {'text': ''} == {
        'time': 0.11, 'unix_time': 1763710000.36, 'what': 'to device', 'text': '',
        'bytes': '1b43020001010200', 'damaged': None}
    assert [line['damaged'] for line in lines if line['damaged']] == [
        'checksum', 'noise', 'truncated', 'truncated']
    assert ''.join(line['bytes'] for line in lines if line['what'] == 'from device') == (
        '150300040002000000030040414203000400020300040002000000' '0200ff0300')


@pytest.mark.parametrize('content, code, message', [
    (None, 6, 'No such file or directory; give a trace file that can be read'),
    (b'', 6, 'not a wire trace'),
    (b'\xff\xd8\xff\xe0 a picture', 6, 'not a wire trace'),
    (b'# camera_driver trace 1 toaster /dev/tty1 0 0\n', 2, "no device type 'toaster'; there"),
])
def test_what_is_not_a_trace(tmp_path, capsys, content, code, message):
    path = tmp_path / 'wire.log'
    if content is not None:
        path.write_bytes(content)
    assert main(['trace', str(path)]) == code
    output = capsys.readouterr()
    assert output.out == ''
    assert output.err.startswith('camera-driver: ') and output.err.count('\n') == 1
    assert message in output.err


def test_redacted_for_others(wire, tmp_path, command):
    output = tmp_path / 'others.log'
    result = command('trace', wire, '--redact', output)
    assert result.code == 0 and 'Look at it before you send it' in result.out
    text = output.read_text()
    assert text.startswith('# camera_driver trace 1 sierra redacted 1763710000.250000 100.0')
    assert '/dev' not in text and '40 41 42' not in text
    before, after = command('trace', wire).out, command('trace', output).out
    assert [line.split()[:3] for line in before.splitlines() if line[0] != '#'] == [
        line.split()[:3] for line in after.splitlines() if line[0] != '#']
    again = command('trace', wire, '--redact', output)
    assert again.code == 6 and output.read_text() == text


def test_a_type_that_does_not_say_what_is_private(wire, tmp_path, command, monkeypatch):
    monkeypatch.setitem(TYPES.data, 'toy', replace(TYPES['sierra'], name='toy', redact=''))
    path = tmp_path / 'toy.log'
    path.write_text(WIRE.replace('sierra', 'toy'))
    result = command('trace', path, '--redact', tmp_path / 'out.log')
    assert result.code == 1 and 'toy does not say what of a trace is private' in result.error
    path.write_text(WIRE.replace('sierra', 'toy', 1))
    result = command('trace', path, '--redact', tmp_path / 'out.log')
    assert result.code == 2 and 'has sessions of sierra, toy' in result.error

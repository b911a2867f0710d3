# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from helpers import Echo
import pytest

from camera_driver.errors import Cancelled, StorageError
from camera_driver.link.port import LineSettings
from camera_driver.link.trace import device_type, entries, Entry, Heading, read, TracingPort
from camera_driver.sim.loop import LoopPort


def traced(path, **options):
    return TracingPort(LoopPort(Echo(0.25), **options), path, 'sierra', 1700000000.0)


def test_everything_is_written_down(tmp_path):
    path = tmp_path / 'new' / 'wire.txt'
    port = traced(path)
    port.write(b'\x00\xff')
    assert port.read(1.0) == b'\x00\xff'
    assert port.read(1.0) == b''
    port.pause(0.5)
    assert port.flush() == port.now() == pytest.approx(1.75)
    port.configure(LineSettings(115200, 'E'))
    assert port.line == LineSettings(115200, 'E')
    assert port.name == 'loop'
    port.close()
    assert path.read_text() == (
        '# camera_driver trace 1 sierra loop 1700000000.000000 0.000000\n'
        '0.000000 = 19200 8N1\n'
        '0.000000 > 00 ff\n'
        '0.250000 < 00 ff\n'
        '1.750000 = 115200 8E1\n')
    assert device_type(path) == 'sierra'
    assert list(entries(path)) == [
        Entry(0.0, '=', text='19200 8N1'), Entry(0.0, '>', b'\x00\xff'),
        Entry(0.25, '<', b'\x00\xff'), Entry(1.75, '=', text='115200 8E1')]


def test_appends(tmp_path):
    path = tmp_path / 'wire.txt'
    for _ in range(2):
        traced(path).close()
    assert [entry.mark for entry in entries(path)] == ['=', '=']
    assert list(read(path)) == 2 * [
        Heading('sierra', 'loop', 1700000000.0, 0.0), Entry(0.0, '=', text='19200 8N1')]


def test_a_port_with_a_blank_in_its_name(tmp_path):
    path = tmp_path / 'wire.txt'
    path.write_text('# camera_driver trace 1 sierra /dev/my camera 1700000000.5 1.25\n')
    assert list(read(path)) == [Heading('sierra', '/dev/my camera', 1700000000.5, 1.25)]


def test_closed_twice(tmp_path):
    port = traced(tmp_path / 'wire.txt')
    port.close()
    port.close()


def test_cancel_passes_through(tmp_path):
    port = traced(tmp_path / 'wire.txt')
    port.cancel()
    with pytest.raises(Cancelled):
        port.read(1.0)
    port.close()


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(StorageError, match='trace file .* give a file that can be written'):
        traced(tmp_path)


def test_a_full_disk_ends_the_trace_not_the_work(caplog):
    port = traced(Path('/dev/full'))
    port.write(b'x')
    assert port.read(1.0) == b'x'
    port.close()
    assert 'trace ended: [Errno 28] No space left on device' in caplog.messages


def test_a_port_with_any_name(tmp_path):
    class Named(LoopPort):
        name = '/dev/serial by id/Müller'

    path = tmp_path / 'wire.txt'
    TracingPort(Named(Echo()), path, 'sierra', 0.0).close()
    assert next(read(path)).port == r'/dev/serial by id/M\xfcller'


@pytest.mark.parametrize('line', ['2.0 > 1b', '2.0 > 1b 4', '2.0 = 192', '2.0 >', '2.', '2.0 > '])
def test_a_line_cut_short_is_left_out(tmp_path, line):
    path = tmp_path / 'wire.txt'
    path.write_text('# camera_driver trace 1 sierra loop 0 0\n1.0 > 00\n' + line)
    assert list(entries(path)) == [Entry(1.0, '>', b'\x00')]


@pytest.mark.parametrize('text', ['', 'hello\n', '# camera_driver trace 1\n', *(
    f'# camera_driver trace 1 sierra loop {times}\n' for times in (
        '1e19 0', '-1e19 0', 'nan 0', '0 inf', '1 2 3 x'))])
def test_not_a_trace(tmp_path, text):
    path = tmp_path / 'other.txt'
    path.write_text(text)
    with pytest.raises(StorageError, match='not a wire trace'):
        device_type(path)


@pytest.mark.parametrize('read', [device_type, lambda path: list(entries(path))])
def test_no_such_trace(tmp_path, read):
    with pytest.raises(StorageError, match='No such file'):
        read(tmp_path / 'absent.txt')


def test_damaged_lines_are_left_out(tmp_path):
    path = tmp_path / 'wire.txt'
    path.write_bytes(b'# camera_driver trace 1 sierra loop 0 0\n'
                     b'1.0 > 00\n\n\xff\xfe\n1.5 > 0g\nx > 00\n1.6 ? 00\nnan > 00\n'
                     b'1e19 = 9600\n2.0 < 15\n')
    assert list(entries(path)) == [Entry(1.0, '>', b'\x00'), Entry(2.0, '<', b'\x15')]


def test_what_must_not_be_read_is_concealed(tmp_path):
    class NoDigits:
        def __call__(self, data):
            return bytes(ord('*') if chr(byte).isdigit() else byte for byte in data)

    path = tmp_path / 'wire.log'
    echo = Echo()
    port = TracingPort(LoopPort(echo), path, 'sierra', 0.0)
    port.write(b'a1')
    port.conceal(NoDigits)
    port.write(b'b2')
    port.read(1.0)
    port.close()
    assert [(entry.mark, entry.data) for entry in entries(path) if entry.data] == [
        ('>', b'a1'), ('>', b'b*'), ('<', b'a*b*')]
    assert echo.heard == b'a1b2'

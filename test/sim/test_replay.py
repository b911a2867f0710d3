# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded line as a device: every type's driver cannot tell it from what was recorded."""

import pytest
from recordings import record, session

from camera_driver.catalog import TYPES
from camera_driver.link.port import LineSettings, SerialPort
from camera_driver.link.trace import Entry, Heading, read, TracingPort
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import LoopPort
from camera_driver.sim.replay import Replay
from camera_driver.sim.terminal import Terminal

FAST = LineSettings(115200)


def play(text, **options):
    """Return a port with a replay of a short trace."""
    lines = [line.split(' ', 2) for line in text.splitlines()]
    return LoopPort(Replay([Heading('sierra', 'loop', 0.0, 1.0), *(
        Entry(float(time), mark, text=rest) if mark == '=' else
        Entry(float(time), mark, bytes.fromhex(rest)) for time, mark, rest in lines)], **options))


@pytest.mark.parametrize('fault', [None, 'flip', 'lose'])
@pytest.mark.parametrize('name', TYPES)
def test_a_driver_sees_no_difference(tmp_path, name, fault):
    kind, path = TYPES[name], tmp_path / 'wire.log'
    faults = {'to_host': Faults({fault: 0.1}, 3)} if fault else {}
    recorded = record(kind, path, **faults)
    replay = Replay(read(path))
    assert session(kind, LoopPort(replay, kind.device_class().LINE)) == recorded
    assert replay.difference is None and replay.done
    assert (recorded[-1] > 0) == (fault == 'flip')  # what was damaged is damaged again


def test_real_time_and_a_port_that_is_opened_twice(tmp_path):
    kind, path = TYPES['ix_link'], tmp_path / 'wire.log'
    cls = kind.device_class()

    def twice(port):
        for _ in range(2):
            device = cls(port(), {option.name: option.default for option in cls.OPTIONS})
            yield device.open(), device.exposure(), device.poll()
            device.close()

    with Terminal(kind.simulator_class()()) as terminal:
        recorded = list(twice(lambda: TracingPort(SerialPort(terminal.path, cls.LINE), path,
                                                  kind.name, 0.0)))
    replay = Replay(read(path))
    with Terminal(replay) as terminal:
        assert list(twice(lambda: SerialPort(terminal.path, cls.LINE))) == recorded
    assert replay.done and {record.session for record in replay.records} == {1, 2}


def test_what_the_device_said_comes_after_as_long():
    port = play('1 = 19200 8N1\n2 > 01\n2.25 < 11\n2.5 < 12')
    port.pause(7.0)
    port.write(b'\x01')
    assert (port.read(1.0), port.now()) == (b'\x11', 7.25)
    assert (port.read(1.0), port.now()) == (b'\x12', 7.5)
    assert port.simulator.done and port.line == LineSettings(19200)


def test_a_host_that_does_not_wait_for_the_answer():
    port = play('1 > 01\n2 < 11\n3 > 02\n4 < 12')
    port.write(b'\x01')
    port.write(b'\x02')
    assert port.read(0.0) == b'\x11'
    assert (port.read(2.0), port.now()) == (b'\x12', 1.0)


@pytest.mark.parametrize('cut', [1, 2, 5])
def test_words_in_any_cut(cut):
    port = play('1 > 01 02\n1.01 > 03\n1.02 < 11\n1.02 > 04 05\n1.5 < 12')
    words = bytes([1, 2, 3, 4, 5])
    for start in range(0, 5, cut):
        port.write(words[start:start + cut])
    assert port.read(1.0) + port.read(1.0) == b'\x11\x12'
    assert port.simulator.done


@pytest.mark.parametrize('knocks', [1, 2, 3, 4, 6])
def test_a_host_may_knock_more_or_less_often(knocks):
    port = play('1 > 00\n1.5 > 00\n2 > 00\n2.1 < 15\n3 > 01\n3 < 11')
    for _ in range(knocks):
        port.write(b'\0')
        if port.read(0.5):
            break
    heard = port.read(5.0) if knocks < 3 else b'\x15'
    assert heard == b'\x15'
    assert port.now() == pytest.approx(1.1 + (1.0 if knocks < 3 else 0.0))
    for _ in range(knocks - 3):  # too late: not answered
        port.write(b'\0')
    port.write(b'\x01')
    assert port.read(1.0) == b'\x11'
    assert port.simulator.done


def test_line_settings_follow_the_host():
    port = play('1 = 19200 8N1\n1 > 01 02\n1 < 06\n1 = 115200 8N1\n2 > 03 04\n2 < 11')
    port.write(b'\1\2')
    assert port.read(1.0) == b'\6'
    port.configure(FAST)
    port.write(b'\3\4')
    assert port.read(1.0) == b'\x11'


def test_a_difference_is_told_and_the_device_is_silent():
    port = play('1 > 01 02 03\n2 < 11\n3 > 02 04\n4 < 12')
    port.write(b'\1\2\3')
    port.read(2.0)
    port.write(b'\2\5\6')
    assert port.read(9.0) == b''
    difference = port.simulator.difference
    assert (difference.expected.number, difference.expected.time, difference.expected.data,
            difference.came) == (3, 2.0, b'\2\4', b'\2\5\6')
    port.write(b'\2\4')
    assert port.read(9.0) == b'' and not port.simulator.done


def test_words_behind_the_end_of_the_trace():
    port = play('1 > 01\n2 < 11')
    port.write(b'\1')
    assert port.read(2.0) == b'\x11' and port.simulator.done
    port.write(b'\1')  # a repeat
    assert port.simulator.done
    port.write(b'\2')
    assert not port.simulator.done
    assert (port.simulator.difference.expected, port.simulator.difference.came) == (None, b'\2')


def test_what_a_trace_conceals_is_not_compared():
    port = play('1 > 01 2a 2a\n2 < 11', comparable=lambda data: data[:1] + b'*' * len(data[1:]))
    port.write(b'\1s')
    port.write(b'e')
    assert port.read(2.0) == b'\x11'


def test_a_trace_with_nothing_in_it():
    with pytest.raises(ValueError, match='nobody says anything'):
        play('1 = 19200 8N1')
    with pytest.raises(ValueError, match="'fast' are no line settings"):
        play('1 = fast\n1 > 00')

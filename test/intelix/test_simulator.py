# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated matrix on the plain object, against intelix.md sections 6 and 9."""

from conversations import pairs
from intelix.vectors import FLOWS
import pytest

from camera_driver.devices.intelix.codec import CHECKSUMS, Decoder, encode, Message
from camera_driver.devices.intelix.simulator.simulator import FAULTS, IntelixSimulator

PASSWORD = b'1234'


def say(matrix, text, checksum='none'):
    """Send the data of a message; return the data of what comes, as hex pairs."""
    return hear(matrix, encode(Message(bytes.fromhex(text)), checksum), checksum)


def hear(matrix, data=b'', checksum='none'):
    """Send bytes; return the data of what comes."""
    matrix.receive(data, matrix.now)
    sent = b''.join(sent.data for sent in matrix.take())
    return [frame.data.hex(' ') for frame in Decoder(checksum).feed(sent)]


@pytest.mark.parametrize('flow', [flow for flow in FLOWS if flow != '6.6'])  # by itself
@pytest.mark.parametrize('size', [1, 3, 100])
def test_flow(flow, size):
    matrix = IntelixSimulator(panel_password=PASSWORD, panel_locked=True)
    for sent, answer in pairs(FLOWS[flow]):
        for place in range(0, len(sent), size):
            matrix.receive(sent[place:place + size], matrix.now)
        assert b''.join(one.data for one in matrix.take()) == (answer or b'')


@pytest.mark.parametrize('checksum', CHECKSUMS)
def test_checksums(checksum):
    matrix = IntelixSimulator(checksum=checksum)
    assert say(matrix, '00 00', checksum) == ['00 01']
    assert say(matrix, '03 01 01', checksum) == ['03 02 01 01 02 03 04 05 06 07 08']


def test_locks():
    matrix = IntelixSimulator(panel_password=PASSWORD, admin_password=b'abcd')
    assert say(matrix, '00 03') == ['00 04 01'] and say(matrix, '00 06') == ['00 07 01']
    assert say(matrix, '00 0c') == ['00 04 00'] and say(matrix, '00 0d') == ['00 07 00']
    assert say(matrix, '00 02 39 39 39 39') == ['00 04 00']  # wrong
    assert say(matrix, '00 02 31 32 33 34') == ['00 04 01']
    assert say(matrix, '00 02 39 39 39 39') == ['00 04 01']  # unlocked already
    assert say(matrix, '00 05 31 32 33 34') == ['00 07 00']
    assert say(matrix, '00 08 34 33 32 31') == ['00 09 01']  # admin is locked
    assert say(matrix, '00 0a 34 33 32 31') == ['00 0b 01']
    assert say(matrix, '00 05 61 62 63 64') == ['00 07 01']
    assert say(matrix, '00 08 34 33 32 31') == ['00 09 00']
    assert say(matrix, '00 0a 34 33 32 31') == ['00 0b 00']
    assert matrix.passwords == {'panel': b'4321', 'admin': b'4321'}


@pytest.mark.parametrize('base', [0, 1])
def test_somebody_at_the_front_panel(base):
    matrix = IntelixSimulator(front_panel=2.0, index_base=base)
    straight = [number + base for number in range(8)]
    for shown in (straight[0], straight[1]):
        matrix.advance(matrix.now + 1.9)
        assert hear(matrix) == []
        matrix.advance(matrix.now + 0.1)
        assert hear(matrix) == [bytes([2, 6, *straight[:7], shown]).hex(' ')]
    matrix.locked['panel'] = True
    matrix.advance(matrix.now + 10.0)
    assert hear(matrix) == []


def test_it_is_set_up_as_the_driver_expects_it():
    matrix = IntelixSimulator.for_options({'checksum': 'sum8', 'index_base': 0})
    assert say(matrix, '03 01 00', 'sum8') == ['03 02 00 00 01 02 03 04 05 06 07']


def test_nothing_is_unlocked_without_a_password():
    matrix = IntelixSimulator(panel_locked=True)
    assert say(matrix, '00 02 20 20 20 20') == ['00 04 00']


def test_presets():
    matrix = IntelixSimulator()
    assert say(matrix, '03 00 02 08 07 06 05 04 03 02 01') == ['03 02 02 08 07 06 05 04 03 02 01']
    assert matrix.routes == bytes(range(1, 9))
    assert say(matrix, '03 06 02') == ['02 06 08 07 06 05 04 03 02 01']
    assert matrix.routes == bytes(range(8, 0, -1))
    # An input that there is not, or admin locked: reported unchanged.
    assert say(matrix, '03 00 02 09 01 01 01 01 01 01 01') == ['03 02 02 08 07 06 05 04 03 02 01']
    matrix.locked['admin'] = True
    assert say(matrix, '03 00 02 01 01 01 01 01 01 01 01') == ['03 02 02 08 07 06 05 04 03 02 01']
    assert say(matrix, '03 03 02' + ' 41' * 8) == ['03 05 02' + ' 20' * 8]
    # A preset that there is not.
    for text in ('03 01 09', '03 04 09', '03 06 09', '03 00 09' + ' 01' * 8):
        assert say(matrix, text) == []


def test_what_is_not_understood_is_counted():
    matrix = IntelixSimulator()
    for text in ('04 00', '00', '00 00 00', '03 01', '00 01', '02 06' + ' 01' * 8):
        assert say(matrix, text) == []
    assert matrix.ignored['not understood'] == 6
    assert say(matrix, '02 03 01 02 f6') == []
    assert matrix.crosspoint == b'\x01\x02\xf6' and matrix.routes == bytes(range(1, 9))


def test_a_damaged_message_is_not_answered():
    matrix = IntelixSimulator()
    assert hear(matrix, bytes.fromhex('f1 02 00 f0 10')) == []
    assert hear(matrix, bytes.fromhex('f1 02 00')) == []
    matrix.advance(matrix.now + 0.2)
    assert hear(matrix, bytes.fromhex('00')) == []
    assert matrix.ignored == {'bad escape': 1, 'gap': 1, 'noise': 1}
    assert say(matrix, '00 00') == ['00 01']


def test_front_panel():
    matrix = IntelixSimulator()
    assert matrix.press(2, 7)
    assert hear(matrix) == ['02 06 01 07 03 04 05 06 07 08']
    assert matrix.press_preset(1)
    assert hear(matrix) == ['02 06 01 02 03 04 05 06 07 08']
    say(matrix, '00 0c')
    assert not matrix.press(2, 7) and not matrix.press_preset(1) and hear(matrix) == []
    silent = IntelixSimulator(reports_unasked=False)
    assert silent.press(1, 8) and hear(silent) == [] and silent.routes[0] == 8


def test_counting_from_0():
    matrix = IntelixSimulator(index_base=0)
    assert say(matrix, '03 01 00') == ['03 02 00 00 01 02 03 04 05 06 07']
    matrix.press(0, 7)
    assert hear(matrix) == ['02 06 07 01 02 03 04 05 06 07']


def test_input_names():
    matrix = IntelixSimulator()
    assert say(matrix, '01 00 02 42 4c 55 52 59') == [] and matrix.input_names[2] == b'BLURY'
    reporting = IntelixSimulator(reports_input_name=b'\x01\x02\x02')
    assert say(reporting, '01 00 02 42 4c 55 52 59') == ['01 02 02']


def test_power_cycle_keeps_everything():
    matrix = IntelixSimulator()
    say(matrix, '03 00 02' + ' 05' * 8)
    matrix.receive(bytes.fromhex('f1 02'), matrix.now)
    matrix.power_cycle()
    assert say(matrix, '03 01 02') == ['03 02 02' + ' 05' * 8]


@pytest.mark.parametrize('fault, expected', [
    ('deaf', ''), ('no_report', ''), ('late_report', ''),
    ('cut_report', 'f1 0b 03 02 01 01 02 03 04 05 06 07'),
    ('reserved_byte', 'f1 0b 03 f7 02 01 01 02 03 04 05 06 07 08'),
    ('bad_escape', 'f1 02 00 f0 10 f1 0b 03 02 01 01 02 03 04 05 06 07 08'),
    ('wrong_id', 'f1 0b 03 03 01 01 02 03 04 05 06 07 08'),
    ('wrong_preset', 'f1 0b 03 02 02 01 02 03 04 05 06 07 08'),
    ('wrong_value', 'f1 0b 03 02 01 01 02 03 04 05 06 07 09'),
    ('short_report', 'f1 0a 03 02 01 01 02 03 04 05 06 07'),
    ('byte_by_byte', 'f1'),
    ('checksum', 'f1 0b 03 02 01 01 02 03 04 05 06 07 08 35'),
    ('ack', 'fc f1 0b 03 02 01 01 02 03 04 05 06 07 08 fd'),
    ('error', 'fe f1 0b 03 02 01 01 02 03 04 05 06 07 08'),
    ('unasked', 'f1 0a 02 06 01 02 03 04 05 06 07 08 f1 0b 03 02 01 01 02 03 04 05 06 07 08'),
])
def test_fault(fault, expected):
    matrix = IntelixSimulator()
    matrix.misbehave(fault)
    matrix.receive(bytes.fromhex('f1 03 03 01 01'), 0.0)
    matrix.advance(0.0)
    sent = b''.join(one.data for one in matrix.take())
    assert sent == bytes.fromhex(expected)
    matrix.advance(5.0)
    if fault in ('late_report', 'byte_by_byte'):
        rest = b''.join(one.data for one in matrix.take())
        assert sent + rest == bytes.fromhex('f1 0b 03 02 01 01 02 03 04 05 06 07 08')
    matrix.take()
    assert say(matrix, '00 00') == ['00 01']


def test_every_fault_is_tested():
    faults = {mark.args[1][i][0] for mark in test_fault.pytestmark
              for i in range(len(mark.args[1]))}
    assert faults == set(FAULTS)

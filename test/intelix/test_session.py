# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Conversations with a matrix: transcripts, faults, what comes unasked."""

from intelix.vectors import connected, FLOWS, transcript
import pytest

from camera_driver.devices.intelix.codec import CHECKSUMS, Message
from camera_driver.devices.intelix.session import IntelixSession
from camera_driver.errors import NotSupported, OutcomeUnknown, ProtocolError, ReplyTimeout
from camera_driver.sim.faults import Faults

ROUTES = bytes(range(1, 9))
UNASKED = Message(bytes.fromhex('02 06 01 02 03 04 05 06 07 08'))


def keys(heard):
    """Return class and id of what was heard."""
    return [message.key for message in heard]


@pytest.mark.parametrize('flow, requests', [
    ('6.1', [('are_you_there', b'', b'')]),
    ('6.2', [('unlock_panel', b'1234', b'\x01')]),
    ('6.3', [('set_preset', b'\x01' + b'\x03' * 8, b'\x01' + b'\x03' * 8),
             ('set_preset_name', b'\x01LECTURE ', b'\x01LECTURE '),
             ('trigger_preset', b'\x01', b'\x03' * 8)]),
])
def test_transcript(flow, requests):
    port = transcript(FLOWS[flow])
    session = IntelixSession(port)
    for name, parameters, answer in requests:
        assert session.request(name, parameters) == answer
    assert port.done


def test_messages_without_a_report():
    port = transcript(FLOWS['6.4'], FLOWS['6.5'])
    session = IntelixSession(port)
    session.send('set_input_name', b'\x02BLURY')
    assert session.send_raw(bytes.fromhex('02 03 03 02 f6')) == b''
    assert port.done


def test_recovery_from_a_cut_frame():  # 6.6
    port = transcript(FLOWS['6.1'][:1], FLOWS['6.6'])
    session = IntelixSession(port)
    session.request('are_you_there')
    assert port.done and session.channel.counters.damaged == 1


@pytest.mark.parametrize('checksum', CHECKSUMS)
def test_checksums(checksum):
    _, _, session, _ = connected(checksum=checksum)
    assert session.request('get_preset', b'\x01') == b'\x01' + ROUTES


@pytest.mark.parametrize('fault', [
    'deaf', 'no_report', 'late_report', 'cut_report', 'reserved_byte', 'bad_escape', 'wrong_id',
    'wrong_preset', 'short_report', 'byte_by_byte', 'checksum', 'ack', 'error', 'unasked'])
@pytest.mark.parametrize('times', [1, 2])
def test_a_fault_is_survived(fault, times):
    matrix, _, session, _ = connected()
    matrix.misbehave(fault, times)
    assert session.request('get_preset', b'\x02') == b'\x02' + ROUTES
    assert session.request('get_preset', b'\x01') == b'\x01' + ROUTES
    session.request('are_you_there')


def test_noise_on_the_line():
    """What is wrong is never a damaged frame taken for another: only bytes below F0 can change."""
    matrix, port, session, _ = connected()
    port.to_host = Faults({'cut': 0.2, 'lose': 0.1, 'drop': 0.1, 'delay': 0.1}, 7)
    good = 0
    for _ in range(200):
        try:
            assert session.request('get_preset', b'\x03')[1:] == ROUTES
            good += 1
        except ProtocolError:
            pass
        except ReplyTimeout:
            pass
    assert good > 180


def test_what_comes_unasked_is_passed_on():
    matrix, port, session, heard = connected()
    matrix.press(1, 1)
    session.listen()
    assert heard == [UNASKED]
    session.listen()
    assert heard == [UNASKED] and session.channel.counters.timeouts == 0
    matrix.press(1, 1)  # before a request, and never its answer
    session.request('trigger_preset', b'\x01')
    assert heard == [UNASKED] * 3


def test_what_was_on_the_line_is_no_answer():
    matrix, _, session, heard = connected()
    matrix.press(1, 8)
    matrix.misbehave('no_report', 2)
    with pytest.raises(OutcomeUnknown):
        session.request('trigger_preset', b'\x01')
    assert heard[0].parameters[0] == 8


def test_other_messages_are_passed_on_while_waiting():
    matrix, _, session, heard = connected()
    matrix.misbehave('unasked')
    session.request('get_preset', b'\x01')
    assert keys(heard) == [(2, 6), (3, 2)] and session.channel.counters.unexpected == 1


def test_nothing_answers():
    matrix, port, session, _ = connected()
    matrix.on_bytes = lambda data: None
    start = port.now()
    with pytest.raises(ReplyTimeout, match='did not answer are_you_there. Is it switched on'):
        session.request('are_you_there')
    assert port.now() - start == pytest.approx(2.5, abs=0.1)
    with pytest.raises(ReplyTimeout):
        session.request('get_preset', b'\x01')
    with pytest.raises(ReplyTimeout):
        session.request('set_preset', b'\x01' + ROUTES)
    with pytest.raises(OutcomeUnknown, match='trigger preset, and it is unknown whether it did'):
        session.request('trigger_preset', b'\x01')


def test_a_question_that_is_not_understood():
    matrix, _, session, _ = connected(answers_lock_status=False)
    with pytest.raises(ProtocolError, match='get_lock_status, though it is there'):
        session.request('get_lock_status')


@pytest.mark.parametrize('name, parameters, sent', [
    ('are_you_there', b'', 5), ('set_preset', b'\x01' + ROUTES, 5), ('set_lock', b'', 5),
    ('trigger_preset', b'\x01', 1),
    ('unlock_panel', b'1234', 1), ('unlock_admin', b'1234', 1),
    ('set_unlock_password', b'1234', 1), ('set_admin_password', b'1234', 1)])
def test_how_often_it_is_sent(name, parameters, sent):
    matrix, _, session, _ = connected()
    matrix.misbehave('no_report', sent)
    with pytest.raises(OutcomeUnknown if sent == 1 else (ReplyTimeout, ProtocolError)):
        session.request(name, parameters)
    first = matrix.log[0].key
    assert [message.key for message in matrix.log].count(first) == sent


def test_only_noise():
    matrix, _, session, _ = connected()
    matrix.on_bytes = lambda data: matrix.send(b'\x30\xf8\x80')
    with pytest.raises(ProtocolError, match='only bytes came that are not a message.*checksum'):
        session.request('are_you_there')


def test_babble_ends():
    matrix, port, session, _ = connected()

    def babble():
        matrix.send(b'\x55' * 50)
        matrix.after(0.01, babble)

    babble()
    session.listen()
    session.request('are_you_there')
    matrix.on_bytes = lambda data: None
    with pytest.raises(ProtocolError, match='only bytes came'):
        session.request('are_you_there')


def test_a_password_that_is_not_answered_is_not_told(caplog):
    caplog.set_level('DEBUG')
    matrix, _, session, _ = connected()
    matrix.misbehave('error')
    session.request('unlock_panel', b'a%b7')
    matrix.misbehave('deaf')
    with pytest.raises(OutcomeUnknown) as error:
        session.request('unlock_panel', b'a%b7')
    told = caplog.text + str(error.value)
    assert 'a%b7' not in told and b'a%b7'.hex(' ') not in told and '****' in told
    assert 'error byte (fe) after "unlock_panel ****"' in told


def test_raw_messages():
    matrix, _, session, heard = connected(reports_input_name=b'\x01\x02\x02')
    assert session.send_raw(b'\x03\x01\x02') == b'\x03\x02\x02' + ROUTES
    assert session.send_raw(b'\x01\x00\x02BLURY') == b'\x01\x02\x02'  # whatever comes
    assert session.send_raw(b'\x7f\x01') == b''
    matrix.misbehave('deaf')
    assert session.send_raw(b'\x00\x00') == b'' and len(matrix.log) == 3
    with pytest.raises(ValueError, match='0 bytes of data'):
        session.send_raw(b'')
    assert heard[-1].key == (1, 2)


def test_a_message_whose_bytes_are_not_known_is_not_sent():
    _, _, session, _ = connected()
    with pytest.raises(NotSupported, match='set_crosspoint: how this message is coded is not'):
        session.send('set_crosspoint', b'')
    assert session.channel.counters.bytes_sent == 0


def test_requests_keep_a_distance():
    matrix, port, session, _ = connected()
    times = []
    answer = matrix.on_bytes
    matrix.on_bytes = lambda data: (times.append(matrix.now), answer(data))
    for _ in range(3):
        session.request('are_you_there')
    assert all(later - earlier >= 0.02 - 1e-9 for earlier, later in zip(times, times[1:]))

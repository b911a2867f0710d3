# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Commands and answers when something goes wrong (docs/protocols/fuji_mx.md, section 5)."""

from datetime import datetime

from fuji_mx.conversations import (
    ACK, COUNT, ENQ, EOT, example_frames, NAK, scripted, simulated, THREE)
from helpers import pattern
import pytest

from camera_driver.device import no_progress
from camera_driver.devices.fuji_mx.codec import Block, encode, message
from camera_driver.devices.fuji_mx.exchange import T_ACK, T_STILL
from camera_driver.devices.fuji_mx.simulator.simulator import State
from camera_driver.errors import (
    Cancelled, DamagedPicture, DeviceError, OutcomeUnknown, ProtocolError, Refused, SessionLost)


def test_a_nak_is_answered_by_the_same_block():
    session, port = scripted((COUNT, NAK), (COUNT, ACK + THREE), (ACK, b''))
    assert session.picture_count() == 3
    assert port.done


def test_an_answer_without_ack_may_be_an_old_one():
    session, port = scripted((COUNT, encode(Block(0x06, b'\2\0'))), (ENQ, ACK),
                             (COUNT, ACK + THREE), (ACK, b''))
    assert session.picture_count() == 3


@pytest.mark.parametrize('answers', [[4], [3, ACK, 4], [ACK, 4], [b'\x41', 4]])
def test_a_shot_answered_without_ack(answers):
    data = b''.join(encode(Block(0x28, bytes([answer, 0, 0, 0])))
                    if isinstance(answer, int) else answer for answer in answers)
    session, port = scripted((encode(Block(0x27)), data), (ACK, b''))
    if answers[0] == b'\x41':  # all of it is discarded
        with pytest.raises(OutcomeUnknown):
            session.take_picture()
    else:
        assert session.take_picture() == 4
        assert port.done


def test_silence_is_settled_by_enq():
    session, port = scripted((COUNT, None), (ENQ, ACK), (COUNT, ACK + THREE), (ACK, b''))
    assert session.picture_count() == 3
    assert port.now() < 3.0


def test_noise_in_place_of_an_ack():
    session, port = scripted((COUNT, b'\x41\x06'), (ENQ, ACK), (COUNT, ACK + THREE), (ACK, b''))
    assert session.picture_count() == 3


def test_a_surplus_ack():
    session, port = scripted((COUNT, ACK + ACK + THREE), (ACK, b''))
    assert session.picture_count() == 3


@pytest.mark.parametrize('left, stale', [
    ('06', 1), ('06 06', 2), ('10 02 00 0b 10 41', 2), ('10 02 00', 1), ('41', 1),
    ('41 06 15', 1)])
def test_what_came_unasked_is_dropped(left, stale):
    session, port = scripted((b'', bytes.fromhex(left)), (COUNT, ACK + THREE), (ACK, b''))
    assert session.picture_count() == 3
    assert session.exchange.channel.counters.stale == stale
    assert port.done


def test_an_end_that_came_unasked():
    session, port = scripted((b'', EOT))
    with pytest.raises(SessionLost):
        session.exchange.ask(Block(0x27))  # not sent: no doubt about it


def test_an_answer_to_something_else():
    other = encode(Block(0x18, bytes(4)))
    session, port = scripted((COUNT, ACK + other), (NAK, THREE), (ACK, b''))
    assert session.picture_count() == 3
    again = [(COUNT, ACK + other), *[(NAK, other)] * 7, (ENQ, ACK)]
    session, port = scripted(*again * 5)
    with pytest.raises(ProtocolError, match='get picture count": its last answer was 00 18'):
        session.picture_count()
    assert port.done


def test_a_dead_line_is_given_up_in_time():
    session, port = scripted((COUNT, None), (ENQ, None), (ENQ, None))
    with pytest.raises(SessionLost, match='does not answer any more'):
        session.exchange.ask(Block(0x0b))
    assert port.done
    assert port.now() == pytest.approx(T_ACK + 2 * T_STILL, abs=0.1)


def test_the_camera_gives_up():
    session, port = scripted((COUNT, EOT))
    with pytest.raises(SessionLost, match='ended the session'):
        session.exchange.ask(Block(0x0b))
    assert session.exchange.closed


@pytest.mark.parametrize('call, number, payload', [
    (lambda session: session.delete_picture(2), 0x19, b'\2\0'),
    (lambda session: session.take_picture(), 0x27, b''),
    (lambda session: session.charge_flash(200), 0x34, b'\xc8\0'),
    (lambda session: session.take_preview(), 0x64, b''),
    (lambda session: session.raw(0x2e, b'x'), 0x2e, b'x'),
])
@pytest.mark.parametrize('answer', [None, b'\x41\x06', ACK, EOT])
def test_what_is_not_safe_is_never_sent_twice_on_doubt(call, number, payload, answer):
    naks = [(NAK, None)] * 2 if answer == ACK else []
    session, port = scripted((encode(Block(number, payload)), answer), *naks)
    kind = DeviceError if number in (0x34, 0x64) else OutcomeUnknown  # those leave nothing behind
    with pytest.raises(kind):
        call(session)
    assert port.done
    assert port.now() < 30.0 + 4.0


@pytest.mark.parametrize('answer', [NAK, NAK + ACK])
def test_a_nak_does_not_say_that_nothing_was_done(answer):
    session, port = scripted((encode(Block(0x27)), answer))
    with pytest.raises(OutcomeUnknown, match='take picture'):
        session.take_picture()
    assert port.done


def test_what_leaves_nothing_behind_is_sent_again_after_nak():
    preview, done = encode(Block(0x64)), encode(Block(0x65, b'\0\0'))
    session, port = scripted((preview, NAK), (preview, ACK + done), (ACK, b''))
    assert session.take_preview() == 0
    session, port = scripted((preview, NAK), (preview, NAK), (ENQ, ACK), (preview, NAK))
    with pytest.raises(Refused, match='refused to take preview'):
        session.take_preview()
    assert port.done


def test_the_answer_tells_that_it_was_done():
    """An ACK that is lost is no reason to ask: the camera is at work (5.3)."""
    session, simulator = simulated()
    for fault in ('lose_ack', 'lost_block', 'late_block', 'very_late_block', 'damaged_block'):
        simulator.misbehave(fault, command=b'\x27')
        assert session.take_picture() == len(simulator.frames)
    assert len(simulator.shots) == 5
    assert simulator.faults.pending == []


@pytest.mark.parametrize('others', [0, 1, 2])
def test_each_late_copy_of_an_answer_is_known_as_one(others):
    """Asked for twice more, it comes twice more, in place of later answers."""
    def ask(number, image, *answers):
        sent = encode(Block(number, bytes([image, 0])))
        asked = [pair for answer in answers for pair in [(sent, ACK + answer), (ENQ, ACK)]]
        return [*asked[:-1], (ACK, b'')]

    one, two, three = (encode(Block(0x04, f'DSC0000{image}.JPG'.encode())) for image in (1, 2, 3))
    size = encode(Block(0x18, b'\0\4\0\0'))
    session, port = scripted(
        (encode(Block(0x0a, b'\1\0')), ACK), (NAK, None), (NAK, one), (ACK, b''),
        *ask(0x17, 1, one, size), *ask(0x17, 2, size, size) * min(others, 1),
        *ask(0x0a, 2, two) * (others > 1), *ask(0x0a, 3, one, three))
    assert session.picture_name(1) == 'DSC00001.JPG'
    assert session.picture_size(1) == 1024
    if others:
        assert session.picture_size(2) == 1024
    if others > 1:
        assert session.picture_name(2) == 'DSC00002.JPG'
    assert session.picture_name(3) == 'DSC00003.JPG'
    assert port.done
    assert session.exchange.channel.counters.stale == 2 + min(others, 1)


def test_an_ack_of_the_host_is_lost_and_a_block_comes_twice():
    blocks = [encode(block) for block in message(0x03, pattern(1100))]
    start = (encode(Block(0x02, b'\1\0')), ACK + blocks[0])
    session, port = scripted(start, (ACK, None), (NAK, blocks[0]), (ACK, blocks[1]),
                             (ACK, blocks[2]), (ACK, b''))
    assert session.picture(1, 1100) == pattern(1100)
    assert port.done
    # The block itself was lost, and nothing came twice.
    session, port = scripted(start, (ACK, None), (NAK, blocks[1]), (ACK, blocks[2]), (ACK, b''))
    assert session.picture(1, 1100) == pattern(1100)


def test_doubt_without_a_known_size_is_settled_by_reading_again():
    blocks = [encode(block) for block in message(0x01, pattern(600))]
    ask = encode(Block(0x00, b'\1\0'))
    doubled = [(ask, ACK + blocks[0]), (ACK, None), (NAK, blocks[0]), (ACK, blocks[1]), (ACK, b'')]
    clean = [(ask, ACK + blocks[0]), (ACK, blocks[1]), (ACK, b'')]
    session, port = scripted(*doubled, *clean)
    assert session.thumbnail(1) == pattern(600)
    assert port.done
    equal = [encode(block) for block in message(0x01, bytes(1100))]  # padding, and it is meant
    clean = [(ask, ACK + equal[0]), (ACK, equal[1]), (ACK, equal[2]), (ACK, b'')]
    session, port = scripted(*clean, *clean)
    assert session.thumbnail(1) == bytes(1100)
    assert port.done
    strange = pattern(512) * 3  # as the camera says, twice
    blocks = [encode(block) for block in message(0x03, strange)]
    clean = [(encode(Block(0x02, b'\1\0')), ACK + blocks[0]), (ACK, blocks[1]), (ACK, blocks[2]),
             (ACK, b'')]
    session, port = scripted(*clean, *clean)
    assert session.picture(1, 1536) == strange
    assert port.done


def test_another_size_than_the_camera_said():
    session, simulator = simulated()
    with pytest.raises(DamagedPicture, match='announced 1101 bytes and sent 1100'):
        session.picture(1, 1101)
    assert session.picture_count() == 3
    simulator.misbehave('short_answer')
    assert session.picture(1, 1100) == pattern(1100)


@pytest.mark.parametrize('fault', [
    'silence', 'lose_ack', 'lose_answer', 'lose_both', 'damaged_block', 'wrong_bcc', 'lost_block',
    'truncated_block', 'late_block', 'very_late_block', 'duplicate_block', 'wrong_number',
    'eot_in_transfer', 'eot_command', 'nak_command', 'short_answer'])
@pytest.mark.parametrize('times, skip', [(1, 0), (2, 0), (1, 1), (1, 2)])
def test_faults_of_the_camera_in_a_download(fault, times, skip):
    session, simulator = simulated()
    assert session.picture_count() == 3
    simulator.misbehave(fault, times, skip=skip, command=b'\x02')
    assert session.picture(1, 1100) == pattern(1100)
    assert session.picture_count() == 3


def test_an_answer_without_end():
    session, simulator = simulated()
    simulator.misbehave('endless_data', command=b'\x00')
    with pytest.raises(ProtocolError, match='longer than the 66048 bytes'):
        session.thumbnail(1)
    simulator.misbehave('endless_data', command=b'\x02')
    with pytest.raises(ProtocolError, match='longer than the 9292 bytes'):
        session.picture(1, 1100)
    assert session.thumbnail(1) == pattern(600)


@pytest.mark.parametrize('baudrate', [9600, 115200])
@pytest.mark.parametrize('size', [600, 300_000])
def test_progress_may_end_a_download(baudrate, size):
    frames = example_frames()
    frames[0].data = pattern(size)
    session, simulator = simulated(baudrate, paced=True, frames=frames)
    assert session.picture_count() == 3
    begun = session.port.now()

    def enough(progress):
        raise Cancelled('enough')

    with pytest.raises(Cancelled, match='enough'):
        session.picture(1, size, enough)
    assert session.port.now() - begun < 2 * 1037 * 11 / baudrate + 0.1
    assert session.picture_size(1) == size
    assert session.port.now() - begun < 5.0


@pytest.mark.parametrize('size, logins', [(600, 1), (4000, 1), (6000, 2), (300_000, 2)])
def test_a_short_rest_is_acknowledged_and_the_session_goes_on(size, logins):
    frames = example_frames()
    frames[0].data = pattern(size)
    session, _ = simulated(115200, paced=True, frames=frames)
    assert session.picture_count() == 3
    begun = session.port.now()

    def enough(progress):
        raise Cancelled('enough')

    with pytest.raises(Cancelled):
        session.picture(1, size, enough)
    assert session.port.now() - begun < 0.5 + 2 * 512 * 11 / 115200
    assert session.picture_size(1) == size
    assert session.logins == logins


@pytest.mark.parametrize('fault', ['lost_block', 'endless_data', 'eot_in_transfer'])
def test_an_unwanted_rest_that_does_not_come(fault):
    session, simulator = simulated()
    assert session.picture_count() == 3

    def enough(progress):
        simulator.misbehave(fault, 5, command=b'\x02')
        raise Cancelled('enough')

    if fault == 'endless_data':  # from the first block on
        simulator.misbehave(fault, command=b'\x02')
    with pytest.raises(Cancelled):
        session.picture(1, 1100, enough)
    simulator.faults.pending.clear()
    assert session.picture(1, 1100) == pattern(1100)
    assert session.logins == 2


@pytest.mark.parametrize('payload', [b'\3', b''])
def test_a_number_that_is_too_short(payload):
    session, port = scripted((COUNT, ACK + encode(Block(0x06, payload))), (ACK, b''))
    with pytest.raises(ProtocolError, match=f'answered {len(payload)} bytes'):
        session.picture_count()


@pytest.mark.parametrize('answer, expected', [
    (b'', None), (b'\0\0\0\0', None), (bytes.fromhex('00 00 40 1f 00'), 2048000),
    (bytes.fromhex('00 40 1f 00 00'), 2048000), (bytes.fromhex('02 00 02 00 00'), 0)])
def test_card_status_in_either_order(answer, expected):
    session, _ = scripted((encode(Block(0x1b)), ACK + encode(Block(0x1c, answer))), (ACK, b''))
    status = session.card_status()
    assert (status and status.free) == expected


def test_dates():
    for text, expected in ((b'19990606123456', datetime(1999, 6, 6, 12, 34, 56)), (b'', None),
                           (b'0' * 14, None), (b'19991301000000', None)):
        session, _ = scripted((encode(Block(0x84)), ACK + encode(Block(0x85, text))), (ACK, b''))
        assert session.date() == expected


def test_what_is_known_of_the_rest():
    session, simulator = simulated()
    session.no_operation()
    assert session.directory_name(1) == 'DCIM'
    assert session.command_info(0x27) == 0
    assert session.last_picture_name() == 'DSC00003.JPG'
    assert session.raw(0x20, b'') == bytes(2)
    assert session.raw(0x0a, b'\2\0') == b'DSC00002.JPG'


# Uploads (4.6).

@pytest.mark.parametrize('sizes', [[0], [1], [512], [1040], [20_000]])
def test_uploads(sizes):
    session, simulator = simulated()
    for size in sizes:
        assert session.upload_name('DSC00099.JPG') == 0
        session.upload_data(pattern(size), no_progress)
    assert simulator.frames[-1].data == pattern(sizes[-1])


def test_an_upload_is_repeated_block_by_block_after_nak():
    session, simulator = simulated()
    session.upload_name('DSC00099.JPG')
    simulator.misbehave('nak_command', 2, skip=1, command=b'\x0e')
    session.upload_data(pattern(1040), no_progress)
    assert simulator.frames[-1].data == pattern(1040)


def test_an_upload_that_is_refused():
    block = encode(Block(0x0e, b'x'))
    session, port = scripted((block, NAK), (block, NAK), (block, NAK), (ENQ, ACK))
    with pytest.raises(OutcomeUnknown, match='took no more than 0 of 1 bytes'):
        session.upload_data(b'x', no_progress)
    assert port.done


@pytest.mark.parametrize('fault, error', [
    ('silence', OutcomeUnknown), ('lose_ack', OutcomeUnknown), ('eot_command', OutcomeUnknown),
    ('nak_command', (Refused, OutcomeUnknown))])
def test_an_upload_in_doubt(fault, error):
    session, simulator = simulated()
    session.upload_name('DSC00099.JPG')
    simulator.misbehave(fault, 3, skip=1, command=b'\x0e')
    with pytest.raises(error, match='upload'):
        session.upload_data(pattern(1040), no_progress)
    assert session.picture_count() == 3


def test_progress_may_end_an_upload():
    session, simulator = simulated()
    session.upload_name('DSC00099.JPG')

    def enough(progress):
        raise Cancelled('enough')

    with pytest.raises(OutcomeUnknown, match='interrupted'):
        session.upload_data(pattern(1040), enough)
    assert simulator.state is State.CLOSED
    assert session.picture_count() == 3

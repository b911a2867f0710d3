# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions from the host's side: the conversations of kp_fd30.md, section 6, as transcripts; the
table of `session` box by box; late replies; worst-case times; faults of the line by seed.
"""  # noqa: D205, D400

import random

from conversations import pairs
from kp_fd30.rig import Camera, connected, FLOWS
import pytest

from camera_driver.devices.kp_fd30.codec import encode, Reply
from camera_driver.devices.kp_fd30.session import KpFd30Session, LINE
from camera_driver.devices.kp_fd30.simulator.simulator import State
from camera_driver.errors import (
    Busy, Cancelled, DeviceError, OutcomeUnknown, PortError, ProtocolError, ReplyTimeout)
from camera_driver.sim.faults import Faults, KINDS
from camera_driver.sim.loop import LoopPort, Transcript

ENQ, ACK, NAK = b'\x05', b'\x06', b'\x15'
READ_ALC = '02 30 31 46 46 38 31 33 41 30 30 30 30 30 30 03 31 30'
READ_AREA = '02 30 31 46 46 38 31 31 43 30 30 30 30 30 30 03 31 30'
WRITE_ALC = '02 30 30 46 46 30 31 33 41 30 31 30 30 30 30 03 31 38'
ONE = '02 30 31 30 30 30 30 03 44 39'
TWO = '02 30 32 30 30 30 30 03 44 38'
BAD = '02 30 32 30 30 30 30 03 44 39'

SAYINGS = [b'', b'', b'', ACK, ACK, NAK, ENQ, b'\x02', b'\x41', b'\x00\xff', bytes.fromhex(ONE),
           bytes.fromhex(BAD), bytes.fromhex(ONE)[:5], bytes.fromhex(READ_ALC)]


def session_on(conversation):
    port = Transcript(pairs(conversation), LINE)
    return KpFd30Session(port), port


def took(port, operation, error):
    """Return how long an operation takes until it fails, and the error."""
    start = port.now()
    with pytest.raises(error) as caught:
        operation()
    return port.now() - start, caught.value


# The conversations of section 6.

def test_6_1_preset_shutter():
    session, port = session_on(FLOWS['6.1'])
    session.write(1, 0x17, b'\1\0\0')
    session.write(1, 0x08, b'\x22\0\0')
    assert port.done


def test_6_2_read():
    session, port = session_on(FLOWS['6.2'])
    assert session.read(1, 0x3A) == b'\1\0\0'
    assert port.done


def test_6_3_stored():
    session, port = session_on(FLOWS['6.3'])
    session.write(1, 0x17, b'\2\0\0', store=True)
    start = port.now()
    session.write(1, 0x09, bytes.fromhex('01 cd 00'), store=True)
    assert port.now() - start == pytest.approx(0.05)  # 8, item 19
    assert port.done


def test_6_4_control_abort():
    session, port = session_on(FLOWS['6.4'])
    with pytest.raises(AssertionError, match='sent after the end: 05'):  # it is patient
        session.write(1, 0x3A, bytes(3))
    assert port.now() == pytest.approx(0.3 + 0.5)
    camera, port, session = connected()
    camera.misbehave('nak', 1000)
    seconds, error = took(port, lambda: session.write(1, 0x3A, bytes(3)), Busy)
    assert 'it answered NAK to' in str(error)
    assert seconds == pytest.approx(10.0, abs=0.5)


def test_6_5_data_error():
    session, port = session_on(FLOWS['6.5'])
    session.write(1, 0x36, b'\x90\0\0')
    assert port.now() == pytest.approx(6.0)
    assert session.channel.counters.retries == 2
    assert port.done


def test_6_6_damaged_reply():
    session, port = session_on(FLOWS['6.6'])
    assert session.read(1, 0x36) == b'\x90\0\0'
    assert session.channel.counters.damaged == 1
    assert port.done


def test_6_7_matrix():
    session, port = session_on(FLOWS['6.7'])
    assert session.read(2, 0x9D) == b'\0\1\0'
    session.write(2, 0x9D, b'\x10\1\0')
    assert port.done


def test_camera_number():
    port = Transcript(pairs("""
        H>C  05
        C>H  06
        H>C  02 30 31 30 35 38 31 33 41 30 30 30 30 30 30 03 33 37
        C>H  06
        C>H  02 30 31 30 30 30 30 03 44 39
        H>C  06
    """), LINE)  # 7, vector 17
    assert KpFd30Session(port, camera=5).read(1, 0x3A) == b'\1\0\0'
    assert port.done


# Waiting for the ACK to ENQ.

def test_nobody_answers():
    camera, port, session = connected()
    camera.mute = True
    seconds, error = took(port, lambda: session.read(1, 0x3A), ReplyTimeout)
    assert seconds == pytest.approx(4.3)
    assert 'no answer to 4 ENQs. Is it switched on' in str(error)
    assert b''.join(data for _, data in camera.heard) == ENQ * 4
    # Nothing was asked: the next read begins at once.
    camera.mute = False
    start = port.now()
    assert session.read(1, 0x3A) == bytes(3)
    assert port.now() - start < 0.1


@pytest.mark.parametrize('answer', ['41 03 ff', '02 30', READ_ALC])
def test_something_else_answers_enq(answer):
    class Other(Camera):
        def on_bytes(self, data):
            self.send(bytes.fromhex(answer))

    port = LoopPort(Other())
    seconds, error = took(port, lambda: KpFd30Session(port).read(1, 0x3A), ProtocolError)
    assert 'another device type' in str(error) and '9600 8N1' in str(error)
    assert seconds < 12.0


def test_a_nak_says_more_than_silence():
    answers = iter([b'', NAK, b'', b'\xff'])

    class Odd(Camera):
        def on_bytes(self, data):
            self.send(next(answers, b''))

    port = LoopPort(Odd())
    took(port, lambda: KpFd30Session(port).read(1, 0x3A), Busy)


@pytest.mark.parametrize('busy', [1, 2, 3])
def test_busy_for_a_while(busy):
    camera, port, session = connected()
    camera.misbehave('nak', busy)
    session.write(1, 0x3A, b'\2\0\0')
    assert camera.registers['alc_mode'] == b'\2\0\0'
    assert session.channel.counters.retries == busy
    assert port.now() == pytest.approx(0.1 * busy)


@pytest.mark.parametrize('fault', ['lose_enq', 'lose_enq_ack', 'late_enq_ack'])
def test_enq_without_answer_is_repeated(fault):
    camera, port, session = connected(registers={'alc_mode': b'\2\0\0'})
    camera.misbehave(fault)
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert port.now() < 2.0
    assert camera.state is State.IDLE
    assert len(camera.log) == 1


def test_a_late_ack_is_not_taken_for_that_of_the_text():
    camera, _, session = connected()
    camera.misbehave('late_enq_ack')
    camera.misbehave('deaf')
    session.write(1, 0x3A, b'\1\0\0')
    assert camera.registers['alc_mode'] == b'\1\0\0'


@pytest.mark.parametrize('late', [1, 2, 3, 5, 20])
@pytest.mark.parametrize('before', ['nothing', 'read', 'failed read'])
@pytest.mark.parametrize('deaf', [1, 3, 4])
def test_a_late_ack_never_stands_for_a_store(late, before, deaf):
    """What is held is what is stored: the ACK alone tells that it was."""
    camera, port, session = connected()
    camera.misbehave('late_enq_ack', late)
    if before == 'read':
        session.read(1, 0x3A)
    elif before == 'failed read':
        camera.misbehave('deaf', 1)
        session.read(1, 0x3A)
    start = port.now()
    camera.misbehave('deaf', deaf)
    try:
        session.write(1, 0x3A, bytes(3), store=True)
    except OutcomeUnknown:
        assert deaf > 1  # the camera waits 12 s for the text
    else:
        assert camera.eeprom_writes == 1
    assert port.now() - start < 36.0


def test_a_late_reply_before_the_ack_is_acknowledged_and_dropped():
    session, port = session_on(f"""
        H>C  05
        C>H  {TWO}
        H>C  06
        C>H  06
        H>C  {READ_ALC}
        C>H  06 {ONE}
        H>C  06
    """)
    assert session.read(1, 0x3A) == b'\1\0\0'
    assert session.channel.counters.stale == 1
    assert port.done


def test_late_replies_prolong_the_wait_only_so_often():
    """A device that sends nothing but replies."""
    class Babble(Camera):
        def on_bytes(self, data):
            self.after(0.9, lambda: self.send(encode(Reply(b'\1\2\3'))))

    port = LoopPort(Babble())
    seconds, _ = took(port, lambda: KpFd30Session(port).read(1, 0x3A), ProtocolError)
    assert seconds < 60.0


@pytest.mark.parametrize('text', ['00', '05', '06', '15', '30', '02', '02 30 30', ONE])
def test_a_line_that_babbles(text):
    class Babble(Camera):
        def babble(self):
            self.send(bytes.fromhex(text))
            self.after(0.005, self.babble)

    camera = Babble()
    camera.mute = True
    camera.babble()
    port = LoopPort(camera)
    session = KpFd30Session(port)
    for operation in (lambda: session.read(1, 0x3A), lambda: session.write(1, 0x3A, bytes(3))):
        start = port.now()
        try:
            operation()  # 06 all the time looks like a camera
        except DeviceError:
            pass
        assert port.now() - start < 90.0


# Waiting for the ACK to the text.

def test_a_text_that_is_never_acknowledged():
    camera, port, session = connected()
    camera.misbehave('deaf', 100)
    seconds, error = took(port, lambda: session.write(1, 0x17, b'\1\0\0'), OutcomeUnknown)
    assert seconds == pytest.approx(12.0)
    assert 'write 01/17 shutter_mode = preset' in str(error)
    times = [time for time, data in camera.heard if len(data) == 18]
    assert times == pytest.approx([0.0, 3.0, 6.0, 9.0])
    assert [data for _, data in camera.heard].count(ENQ) == 1  # 8, item 6
    seconds, error = took(port, lambda: session.read(1, 0x17), ProtocolError)
    assert seconds == pytest.approx(12.0 + 0.02)
    assert 'though it answered ENQ' in str(error)


def test_another_camera_number():
    camera, port, _ = connected(camera_number=7)
    session = KpFd30Session(port, camera=5)
    _, error = took(port, lambda: session.read(1, 0x17), ProtocolError)
    assert 'camera number' in str(error)


def test_a_write_whose_ack_is_lost():
    camera, port, session = connected()
    camera.misbehave('lose_text_ack')
    took(port, lambda: session.write(1, 0x3A, b'\1\0\0'), OutcomeUnknown)
    assert camera.registers['alc_mode'] == b'\1\0\0'
    assert len(camera.log) == 1


@pytest.mark.parametrize('fault', ['deaf', 'nak_text'])
@pytest.mark.parametrize('times', [1, 2, 3])
def test_a_text_not_taken_is_repeated(fault, times):
    camera, port, session = connected()
    camera.misbehave(fault, times)
    session.write(1, 0x3A, b'\1\0\0')
    assert port.now() == pytest.approx(3.0 * times)
    assert camera.registers['alc_mode'] == b'\1\0\0'


def test_a_lost_ack_and_its_reply():
    camera, port, session = connected(registers={'alc_mode': b'\2\0\0'})
    camera.misbehave('lose_text_ack')
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert port.now() < 0.1
    camera.misbehave('lose_text_ack')
    camera.misbehave('lost_reply')
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert camera.state is State.IDLE


def test_a_reply_in_a_write_is_acknowledged_and_dropped():
    session, port = session_on(f"""
        H>C  05
        C>H  06
        H>C  {WRITE_ALC}
        C>H  {ONE}
        H>C  06
        C>H  06
    """)
    session.write(1, 0x3A, b'\1\0\0')
    assert port.done and session.channel.counters.stale == 1


def test_after_a_failed_read_two_equal_answers_are_wanted():
    """A stale reply in the place of the ACK is not believed (5.3)."""
    camera, port, session = connected(registers={'alc_mode': b'\2\0\0'})
    camera.misbehave('no_reply', 1000, register='alc_area')
    took(port, lambda: session.read(1, 0x1C), ReplyTimeout)
    camera.misbehave('stale_text_reply')
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert len([c for c in camera.log if c.register == 0x3A]) == 3


# Waiting for the reply.

@pytest.mark.parametrize('fault, latest', [
    ('damaged_reply', 3.1), ('short_reply', 3.1), ('long_reply', 3.1), ('lower_case_reply', 3.1),
    ('lost_reply', 3.1), ('gap_in_reply', 3.1), ('slow_reply', 1.0), ('late_reply', 4.1),
    ('noise', 0.1),
])
@pytest.mark.parametrize('times', [1, 3])
def test_a_bad_transmission_is_repeated(fault, latest, times):
    camera, port, session = connected(registers={'alc_mode': b'\2\0\0'})
    camera.misbehave(fault, times)
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert port.now() < latest * times
    assert camera.state is State.IDLE
    camera.faults.pending.clear()
    assert session.read(1, 0x1C) == bytes(3)


@pytest.mark.parametrize('fault, times, latest', [
    ('no_reply', 1, 4.6), ('lost_reply', 4, 13.7), ('damaged_reply', 4, 13.7),
    ('gap_in_reply', 4, 16.7),
])
def test_a_reply_that_does_not_come_is_asked_for_in_a_new_session(fault, times, latest):
    camera, port, session = connected(registers={'alc_mode': b'\2\0\0'})
    camera.misbehave(fault, times)
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert port.now() < latest
    start = port.now()  # what follows does not wait
    session.write(1, 0x1C, b'\1\0\0')
    assert session.read(1, 0x1C) == b'\1\0\0'
    assert port.now() - start < 0.2


@pytest.mark.parametrize('fault, times', [('lost_reply', 1), ('damaged_reply', 1), ('no_reply', 1),
                                          ('damaged_reply', 2), ('damaged_reply', 3)])
def test_a_camera_that_expects_the_read_command_again(fault, times):
    """The other reading of 3.4 f."""
    camera, port, session = connected(repeats_reply=False, registers={'alc_mode': b'\2\0\0'})
    camera.misbehave(fault, times)
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert port.now() < 7.1 * times  # 3.5 s after each damage


@pytest.mark.parametrize('fault, error, words', [
    ('no_reply', ReplyTimeout, 'sent no data within 30 s'),
    ('lost_reply', ReplyTimeout, 'sent no data'),
    ('damaged_reply', ProtocolError, 'arrived damaged'),
    ('gap_in_reply', ProtocolError, 'arrived damaged'),
])
@pytest.mark.parametrize('repeats', [True, False])
def test_no_good_transmission(fault, error, words, repeats):
    camera, port, session = connected(repeats_reply=repeats)
    camera.misbehave(fault, 1000)
    seconds, caught = took(port, lambda: session.read(1, 0x3A), error)
    assert seconds == pytest.approx(30.0, abs=1.6)
    assert words in str(caught)


def test_the_longest_wait():
    camera, port, session = connected()
    camera.misbehave('lose_enq', 3)
    camera.misbehave('deaf', 3)
    camera.misbehave('no_reply', 1000)
    seconds, _ = took(port, lambda: session.read(1, 0x3A), ReplyTimeout)
    assert seconds == pytest.approx(30.0)
    camera.misbehave('lose_enq', 3)
    camera.misbehave('deaf', 1000)
    seconds, _ = took(port, lambda: session.write(1, 0x3A, bytes(3)), OutcomeUnknown)
    assert seconds == pytest.approx(3.3 + 3.0 + 12.0, abs=0.1)


@pytest.mark.parametrize('operation', ['read', 'write'])
@pytest.mark.parametrize('seconds', [0.5, 3.0, 9.5])
def test_a_camera_that_is_busy_after_a_write(operation, seconds):
    camera, port, session = connected(busy_after_write=seconds)
    session.write(1, 0x3A, b'\1\0\0')
    if operation == 'read':
        assert session.read(1, 0x3A) == b'\1\0\0'
    else:
        session.write(1, 0x1C, b'\1\0\0')
        assert camera.registers['alc_area'] == b'\1\0\0'
    assert port.now() == pytest.approx(seconds, abs=0.6)


def test_stray_bytes_while_waiting_for_the_reply():
    session, port = session_on(f"""
        H>C  05
        C>H  06
        H>C  {READ_ALC}
        C>H  06 06 15 05 41 {BAD} 06 {ONE}
        H>C  06
    """)
    assert session.read(1, 0x3A) == b'\1\0\0'
    assert session.channel.counters.damaged == 2
    assert session.channel.counters.unexpected == 4
    assert port.done


# Late replies never become another register's (5.3).

@pytest.mark.parametrize('delay', [0.001, 0.03, 0.04, 0.05, 0.5, 0.52, 0.54, 3.0, 9.0, 9.9])
@pytest.mark.parametrize('operation', ['read', 'write'])
def test_a_late_reply_at_any_time(delay, operation):
    camera, port, session = connected(paced=True, registers={'alc_area': b'\1\0\0'})
    camera.misbehave('no_reply', 1000, register='alc_mode')
    took(port, lambda: session.read(1, 0x3A), ReplyTimeout)
    end = port.now() + 11.0
    camera.after(delay, lambda: camera.send(encode(Reply(b'\7\7\7'))))
    if operation == 'write':
        session.write(1, 0x1C, b'\3\0\0')
    while port.now() < end:
        held = b'\3\0\0' if operation == 'write' else b'\1\0\0'
        assert session.read(1, 0x1C) == held
    port.pause(0.1)
    assert camera.state is State.IDLE


def test_a_reply_whose_ack_was_lost():
    camera, port, session = connected(registers={'alc_mode': b'\2\0\0', 'alc_area': b'\1\0\0'})
    camera.misbehave('lose_final_ack')
    assert session.read(1, 0x3A) == b'\2\0\0'
    assert camera.state is State.WAIT_FINAL_ACK
    port.pause(5.0)  # it was repeated meanwhile
    assert session.read(1, 0x1C) == b'\1\0\0'
    assert session.channel.counters.stale == 1


def test_a_late_reply_of_another_program():
    camera, _, session = connected()
    camera.misbehave('stale_reply', 2)
    assert session.read(1, 0x3A) == bytes(3)
    session.write(1, 0x3A, b'\1\0\0')
    assert session.channel.counters.stale == 2


# The port fails.

def test_cancelled_and_unplugged():
    for action, error in (('cancel', Cancelled), ('unplug', PortError)):
        _, port, session = connected()
        getattr(port, action)()
        with pytest.raises(error):
            session.read(1, 0x3A)


def test_times_on_the_line():
    _, port, session = connected(paced=True)
    session.read(1, 0x3A)
    assert port.now() == pytest.approx((1 + 1 + 18 + 1 + 10) * LINE.byte_time, abs=0.002)


# Faults of the line: the right value or a DeviceError, never a wrong value.

@pytest.mark.parametrize('paced', [False, True])
@pytest.mark.parametrize('rate', [0.02, 0.1, 0.3])
@pytest.mark.parametrize('seed', range(60))
def test_faults_in_both_directions(seed, rate, paced):
    rates = dict.fromkeys(KINDS, rate / 3)
    held = {0x3A: b'\2\0\0', 0x1C: b'\1\0\0', 0x09: b'\1\xcd\0', 0x0C: b'\x40\x41\x42'}
    camera = Camera(registers={'alc_mode': held[0x3A], 'alc_area': held[0x1C],
                               'variable_shutter': held[0x09], 'video_level': held[0x0C]})
    port = LoopPort(camera, paced=paced, to_host=Faults(rates, seed),
                    to_device=Faults(rates, seed + 1000))
    session = KpFd30Session(port)
    good = 0
    for number in [0x3A, 0x1C, 0x09, 0x0C] * 5:
        start = port.now()
        try:
            assert session.read(1, number) == held[number]
            good += 1
        except DeviceError:
            pass
        assert port.now() - start < 45.0
    assert good >= {0.02: 19, 0.1: 15, 0.3: 5}[rate]
    port.to_host = port.to_device = None
    assert session.read(1, 0x3A) == held[0x3A]


@pytest.mark.parametrize('seed', range(150))
def test_any_answers(seed):
    """Whatever a device says: a value, or a DeviceError within the times of the table."""
    class Madman(Camera):
        def on_bytes(self, data):
            for delay in (0.0, draw.uniform(0, 4), draw.uniform(0, 14)):
                self.after(delay, lambda: self.send(b''.join(draw.choices(SAYINGS, k=3))))

    draw = random.Random(seed)
    port = LoopPort(Madman())
    session = KpFd30Session(port)
    for operation in (lambda: session.read(1, 0x3A), lambda: session.write(1, 0x3A, bytes(3)),
                      lambda: session.read(1, 0x1C)):
        start = port.now()
        try:
            operation()
        except DeviceError:
            pass
        assert port.now() - start < 120.0

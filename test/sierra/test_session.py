# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions from the host's side.

The conversations of sierra.md, section 6, as transcripts; the tables of `exchange` and `session`
row by row; recovery, speeds, actions, hostile cameras.
"""

import random

from conversations import pairs, parse
from helpers import pattern
import pytest
from sierra.host import example_frames, FLOWS, FRAMES, IMAGE

from camera_driver.devices.sierra import upload
from camera_driver.devices.sierra.codec import (
    Code, command, Control, encode, pack_int, Packet, Type)
from camera_driver.devices.sierra.exchange import Exchange
from camera_driver.devices.sierra.registers import Action
from camera_driver.devices.sierra.session import MAX_VDATA, SierraSession
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator, State
from camera_driver.devices.sierra.wakeup import WAKE_UP
from camera_driver.errors import (
    Cancelled, DeviceError, OutcomeUnknown, ProtocolError, Refused, ReplyTimeout, SessionLost)
from camera_driver.link.port import LineSettings
from camera_driver.sim.faults import ByteFaults
from camera_driver.sim.loop import LoopPort, Transcript

LOGIN = FLOWS['6.1'][0]
STILL_THERE = """
    H>C  1b 43 02 00 01 01 02 00
    C>H  03 00 04 00 02 00 00 00 02 00
    H>C  06
"""
BATTERY = """
    H>C  1b 43 02 00 01 10 11 00                        ; battery_percent
    C>H  03 00 04 00 57 00 00 00 57 00                  ; 87
    H>C  06
"""
FRAME_1 = """
    H>C  1b 43 06 00 00 04 01 00 00 00 05 00            ; current_frame = 1
    C>H  06
"""
READ_FRAME_1 = FRAME_1 + 'H>C  1b 43 02 00 04 0e 12 00\n'  # get_vdata frame_data
SHOOT = 'H>C  1b 43 03 00 02 02 00 04 00\n'  # take_picture


def logged_in(*parts):
    """Return a session that has just logged in, and the port that plays what follows."""
    lines = [line for part in (LOGIN, *parts)
             for line in (parse(part, FRAMES) if isinstance(part, str) else part)]
    port = Transcript(pairs(lines), WAKE_UP)
    session = SierraSession(port, pacing='burst')
    session.login()
    assert port.line.baudrate == 115200
    return session, port


class Camera(SierraSimulator):
    """A simulated camera that can fall mute, and count what it hears then."""

    mute = False
    heard = b''

    def on_bytes(self, data):
        self.heard += data
        if not self.mute:
            super().on_bytes(data)


class Mute(SierraSimulator):
    """Nothing that answers."""

    def on_bytes(self, data):
        """Do not listen."""


class Babble(Mute):
    """Something that says bytes without end."""

    def __init__(self):
        super().__init__()
        self.after(0.0, self.babble)

    def babble(self):
        """Say it again."""
        self.send(b'\x41\x02\x00\xff\x05')
        self.after(0.01, self.babble)


def connected(paced=False, baudrate=115200, **options):
    """Return a simulated camera, the port to it, and a session that is logged in."""
    options.setdefault('frames', example_frames())
    camera = Camera(**options)
    port = LoopPort(camera, paced=paced)
    session = SierraSession(port, baudrate)
    session.login()
    return camera, port, session


def took(port, operation, error):
    """Return how long an operation takes until it fails."""
    start = port.now()
    with pytest.raises(error):
        operation()
    return port.now() - start


# The conversations of section 6.

def test_6_1_connect():
    session, port = logged_in(BATTERY)
    assert session.read_int(16) == 87
    assert session.logins == 1 and port.done


def test_6_2_identify():
    session, port = logged_in(FLOWS['6.2'][0][2:])  # the first is what libgphoto2 does
    assert [session.read_text(n) for n in (27, 48, 22, 25, 26)] == [
        'SIM-640', 'SIMCORP', '', '', 'v1.00']
    assert port.done


def test_6_3_count_images():
    session, port = logged_in(*FLOWS['6.3'])
    assert (session.read_int(10), session.read_int(51)) == (3, 2)
    assert port.done


def test_6_4_read_a_thumbnail():
    session, port = logged_in(*FLOWS['6.4'])
    assert session.read_frame_int(1, 13) == 900
    assert session.read_frame_data(1, 15) == pattern(900)
    assert port.done


def test_6_5_read_an_image():
    session, port = logged_in(FLOWS['6.5'][0][5:])  # its size is known
    progress = []
    assert session.read_frame_data(1, 14, 5000, 5000, progress.append) == IMAGE
    assert [(p.done, p.total) for p in progress] == [(2048, 5000), (4096, 5000), (5000, 5000)]
    assert port.done and session.channel.counters.retries == 0


def test_6_5_with_a_damaged_packet_and_a_lost_ack():
    session, port = logged_in(FRAME_1, FLOWS['6.5'][1])
    start = port.now()
    assert session.read_frame_data(1, 14) == IMAGE
    assert port.now() - start == pytest.approx(0.03 + 1.0 + 0.15)
    counters = session.channel.counters
    assert (counters.damaged, counters.retries, counters.stale) == (1, 2, 1)
    assert port.done


def test_6_6_take_a_picture():
    session, port = logged_in(*FLOWS['6.6'])
    accepted = []
    session.act(Action.TAKE_PICTURE, accepted=accepted.append)
    assert accepted == [session.exchange.sent_at]
    assert (session.read_int(4), session.read_int(10)) == (4, 4)
    assert port.done


def test_6_7_live_preview():
    session, port = logged_in(*FLOWS['6.7'])
    session.act(Action.TAKE_PREVIEW)
    assert session.read_frame_int(0, 12) == 1500
    assert session.read_frame_data(0, 14) == pattern(1500)
    assert port.done


def test_6_8_delete():
    session, port = logged_in(*FLOWS['6.8'])
    session.act(Action.ERASE_FRAME, frame=2)
    session.act(Action.SET_PROTECTION, 1, frame=1)
    session.act(Action.ERASE_ALL)
    assert port.done


def test_6_9_settings():
    session, port = logged_in(*FLOWS['6.9'])
    session.write_int(7, 3)
    assert session.read_int(7) == 3
    session.write_int(3, 4000)
    session.write_data(22, b'HELLO')
    session.write_data(69, bytes.fromhex('f9 ff ff ff 0a 00 00 00'))
    session.act(Action.SET_LCD_MODE, 1)
    with pytest.raises(Refused, match='refused to write register 200') as refusal:
        session.write_int(200, 1)
    assert refusal.value.code == 0x11
    assert port.done


def test_6_10_clock():
    session, port = logged_in(*FLOWS['6.10'])
    session.write_int(2, 1000000000)
    assert session.read_int(2) == 1000000001
    assert port.done


UPLOAD = """
    H>C  1b 43 06 00 00 20 0e 00 ec 0f 29 01            ; upload_magic
    C>H  06
    H>C  upload
    C>H  06
"""
STORE = """
    H>C  1b 43 03 00 02 0b 00 0d 00                     ; store_upload
    C>H  06
    C>H  05
"""


def test_6_11_upload():
    session, port = logged_in(*FLOWS['6.11'])
    assert session.read_int(28) == 4_000_000
    seen = []
    upload.send(session, IMAGE, seen.append)
    assert [(p.done, p.total) for p in seen] == [(2046, 5000), (4094, 5000), (5000, 5000)]
    assert port.done


def test_6_11_upload_of_what_fits_into_the_command():
    short = encode(command(Code.SET_VDATA, 29, value=IMAGE[:2046]))
    session, port = logged_in(UPLOAD + STORE)
    upload.send(session, IMAGE[:2046])
    assert len(short) == 2054 and port.done


@pytest.mark.parametrize('again', [
    'C>H  15', '', 'C>H  41 42'], ids=['nak', 'silence', 'noise'])
def test_a_packet_of_an_upload_is_sent_again_under_its_number(again):
    session, port = logged_in(UPLOAD + f"""
        H>C  upload0
        {again}
        H>C  upload0
        C>H  06
        H>C  upload1
        {again}
        H>C  upload1
        C>H  06
    """ + STORE)
    upload.send(session, IMAGE)
    assert port.done


@pytest.mark.parametrize('answer, error', [
    ('C>H  11', Refused), ('C>H  18', Refused), ('C>H  15', ProtocolError), ('', ReplyTimeout)])
def test_a_packet_of_an_upload_that_is_never_taken(answer, error):
    times = {Refused: 1, ReplyTimeout: 2, ProtocolError: 4}[error]
    tries = UPLOAD + f"""
        H>C  upload0
        {answer}
    """ * times
    session, port = logged_in(tries + (STILL_THERE + tries if error is ReplyTimeout else ''))
    with pytest.raises(error, match='take packet 0 of the upload'):
        upload.send(session, IMAGE)
    assert port.done


def test_6_12_disconnect_variant_2_at_once():
    session, port = logged_in(FLOWS['6.12'][1])
    session.act(Action.END_SESSION)
    session.end()
    assert port.done


def test_6_12_disconnect_variant_3_back_to_19200():
    session, port = logged_in(FLOWS['6.12'][2])
    session.end()
    session.end()  # once is enough
    assert port.done


@pytest.mark.parametrize('code', ['ff', 'fe', 'fc', 'e0', '8c'])
def test_6_13_loss_of_session(code):
    flow = FLOWS['6.13'][0]
    session, port = logged_in(flow[:1], f'C>H {code}', flow[2:8], STILL_THERE, flow[8:])
    start = port.now()
    assert session.read_int(16) == 87
    assert port.now() - start < 1.5
    assert session.logins == 2 and port.done


def test_6_14_folders():
    flow = FLOWS['6.14'][0]
    session, port = logged_in(flow[:10], flow[:2], flow[10:])  # twice from the root
    assert session.find_folders()
    assert session.read_int(83) == 1
    assert session.sub_folder(1) == 'DCIM'
    session.enter(['DCIM', '100SIERR'])
    assert session.read_int(10) == 3
    assert session.read_frame_data(2, 79) == b'P1010002.JPG\0'
    assert port.done


# Rows of the tables in `exchange`: what answers a command.

WRITE = 'H>C  1b 43 06 00 00 07 03 00 00 00 0a 00\n'  # flash_mode = 3
ASK = 'H>C  1b 43 02 00 01 10 11 00\n'
ANSWER = 'C>H  03 00 04 00 57 00 00 00 57 00\nH>C  06\n'


def test_nak_repeats_a_command():
    session, port = logged_in(
        WRITE + 'C>H 15\n' + WRITE + 'C>H 06\n' + ASK + 'C>H 15\n' + ASK + ANSWER
        + SHOOT + 'C>H 15\n')
    session.write_int(7, 3)
    assert session.read_int(16) == 87
    with pytest.raises(OutcomeUnknown) as doubt:  # not before its outcome is known
        session.act(Action.TAKE_PICTURE)
    assert doubt.value.__cause__.code == 0x15
    assert port.done and session.channel.counters.retries == 2


def test_nak_four_times_is_an_error():
    session, port = logged_in((WRITE + 'C>H 15\n') * 4)
    with pytest.raises(ProtocolError, match='did not write register 7 .*last answer was NAK'):
        session.write_int(7, 3)
    assert port.done


@pytest.mark.parametrize('code', ['11', '18'])
def test_a_refusal_is_never_repeated(code):
    refusal = f'C>H {code}\n'
    session, port = logged_in(WRITE + refusal + ASK + refusal + SHOOT + refusal
                              + SHOOT + 'C>H 06\n' + refusal)
    for operation in (lambda: session.write_int(7, 3), lambda: session.read_int(16)):
        with pytest.raises(Refused) as error:
            operation()
        assert error.value.code == int(code, 16)
    for _ in range(2):  # for the owner of the action to settle
        with pytest.raises(OutcomeUnknown) as doubt:
            session.act(Action.TAKE_PICTURE)
        assert isinstance(doubt.value.__cause__, Refused)
    assert port.done


@pytest.mark.parametrize('damage', ['41', '05', '03 00 04 00 57 00 00 00 58 00', '03 00 04 00 57'])
def test_a_damaged_answer_to_a_write_is_repeated(damage):
    session, port = logged_in(WRITE + f'C>H {damage}\n' + WRITE + 'C>H 06\n')
    session.write_int(7, 3)
    assert port.done


@pytest.mark.parametrize('damage', ['41', '05', '03 00 04 00 57 00 00 00 58 00', '03 00 04 00 57',
                                    '03 01 04 00 57 00 00 00 57 00', '03 00 01 08'])
def test_a_damaged_answer_to_a_question_is_asked_for_again(damage):
    session, port = logged_in(ASK + f'C>H {damage}\n' + 'H>C 15\n' + ANSWER)
    assert session.read_int(16) == 87
    assert port.done


def test_a_question_that_was_itself_damaged_is_asked_again():
    session, port = logged_in(ASK + 'C>H 14\n' + 'H>C 15\n' + ASK + ANSWER)
    assert session.read_int(16) == 87
    assert port.done


def test_silence_repeats_what_is_safe():
    session, port = logged_in(WRITE * 2 + STILL_THERE + WRITE + WRITE + 'C>H 06\n'
                              + ASK * 2 + STILL_THERE + ASK + ASK + ANSWER)
    session.write_int(7, 3)
    assert session.read_int(16) == 87
    assert port.done and session.channel.counters.retries == 4


def test_a_second_answer_after_a_repeat_is_not_taken_for_the_next_one():
    camera, _, session = connected()
    camera.misbehave('silence')
    assert session.read_int(16) == 87
    camera.after(0.2, lambda: camera.send(bytes.fromhex('03 00 04 00 57 00 00 00 57 00')))
    assert session.read_int(1) == 2


def test_a_short_answer_is_an_error():
    short = ASK + 'C>H 03 00 02 00 57 00 57 00\n' + 'H>C 06\n'
    session, port = logged_in(short + STILL_THERE + short)
    with pytest.raises(ProtocolError, match='2 bytes instead of 4'):
        session.read_int(16)
    assert port.done


# Sequence numbers (5.5).

def test_numbers_wrap_beyond_255():
    image = pattern(300 * 256 + 7)
    camera, _, session = connected()
    camera.frames[0].data = image
    camera.registers[77] = 256
    assert session.read_frame_data(1, 14, limit=1 << 20) == image


def test_duplicates_are_acknowledged_and_dropped():
    camera, _, session = connected()
    camera.frames[0].data = IMAGE
    camera.misbehave('duplicate_packet', times=2, command=b'\x04\x0e')
    assert session.read_frame_data(1, 14) == IMAGE
    assert session.channel.counters.stale >= 1


@pytest.mark.parametrize('doubles', [1, 2, 3])
@pytest.mark.parametrize('values', [(2, 3), (2, 2), (0, 7)])
@pytest.mark.parametrize('between', [0, 1])
def test_an_answer_that_comes_once_more_does_not_answer_the_next_question(
        doubles, values, between):
    def answer(value):
        return encode(Packet(Type.LAST, 0, pack_int(value))).hex(' ')

    lines = []
    for register, value in ((51, values[0]), *[(3, 9)] * between, (10, values[1])):
        lines += [f'H>C  {encode(command(Code.GET_INT, register)).hex(" ")}',
                  *[f'C>H  {answer(values[0])}'] * (doubles * (register == 10)),
                  f'C>H  {answer(value)}', 'H>C  06']
    session, port = logged_in('\n'.join(lines))
    found = [session.read_int(register) for register in (51, *[3] * between, 10)]
    assert found == [values[0], *[9] * between, values[1]]
    assert port.done


def test_a_number_with_a_flipped_bit_does_not_pass_for_a_duplicate():
    # The number is under no checksum: packet 1 that calls itself 0 has other data than packet 0.
    session, port = logged_in(READ_FRAME_1 + f"""
        C>H  packet0
        H>C  06
        C>H  {'02 00' + FRAMES['packet1'].hex()[4:]}
        H>C  15
        C>H  packet1
        H>C  06
        C>H  packet2
        H>C  06
    """)
    assert session.read_frame_data(1, 14) == IMAGE
    assert port.done


def test_a_wrong_number_is_asked_for_again_and_given_up():
    camera, _, session = connected()
    camera.frames[0].data = IMAGE
    camera.misbehave('wrong_sequence', times=3, skip=1, command=b'\x04\x0e')
    assert session.read_frame_data(1, 14) == IMAGE
    camera.misbehave('wrong_sequence', times=1000, skip=1, command=b'\x04\x0e')
    with pytest.raises(ProtocolError, match='packet [01] .* damaged'):
        session.read_frame_data(1, 14)
    camera.faults.pending.clear()
    assert session.read_frame_data(1, 14) == IMAGE


@pytest.mark.parametrize('paced', [False, True])
def test_a_camera_that_pauses_within_packets_does_not_get_ahead(paced):
    camera, port, session = connected(paced=paced)
    camera.frames[0].data = pattern(60_000)
    send, number = camera._send, 0

    def stall(data):
        nonlocal number
        number += len(data) > 1000
        if len(data) < 1000 or number % 4:
            send(data)
            return
        send(data[:700])  # the rest comes when it was asked for again
        camera.after(0.4, lambda: send(data[700:]))
    camera._send = stall
    assert session.read_frame_data(1, 14, 60_000, 60_000) == pattern(60_000)
    assert session.logins == 1 and session.channel.counters.timeouts == 0


def test_control_bytes_within_a_transfer_are_noise_unless_alone():
    session, port = logged_in(READ_FRAME_1 + """
        C>H  packet0
        H>C  06
        C>H  ff
        C>H  packet1
        H>C  15
        C>H  11
        H>C  15
        C>H  packet1
        H>C  06
        C>H  packet2
        H>C  06
    """)
    assert session.read_frame_data(1, 14) == IMAGE
    assert session.logins == 1 and port.done


# Recovery.

def test_the_end_of_the_session_in_a_transfer_begins_it_again_in_its_folder():
    camera = Camera(folders={'DCIM/100SIERR': example_frames()})
    port = LoopPort(camera)
    session = SierraSession(port)
    session.login()
    assert session.find_folders()
    session.enter(['DCIM', '100SIERR'])
    camera.misbehave('end_session_in_transfer', command=b'\x04\x0e')
    assert session.read_frame_data(1, 14) == IMAGE
    assert session.logins == 2


def test_sessions_lost_again_and_again_are_given_up():
    camera, _, session = connected()
    camera.misbehave('session_end', times=4, command=b'\x01\x10')
    with pytest.raises(SessionLost):
        session.read_int(16)
    assert session.read_int(16) == 87


def test_a_folder_that_is_gone_is_said_once_and_the_root_is_next():
    camera = Camera(folders={'DCIM/100SIERR': example_frames()})
    session = SierraSession(LoopPort(camera))
    session.login()
    session.find_folders()
    session.enter(['DCIM', '100SIERR'])
    camera.camera.card.root.folders.clear()
    camera.power_cycle()
    camera.send(b'\xff')
    with pytest.raises(Refused, match='folder DCIM/100SIERR is gone; .* List'):
        session.read_int(10)
    assert session.folder == ()
    assert session.read_int(10) == 0


def test_a_folder_that_cannot_be_entered_leaves_the_one_before_current():
    camera = Camera(folders={'A': example_frames(), 'B': []})
    session = SierraSession(LoopPort(camera))
    session.login()
    session.find_folders()
    session.enter(['A'])
    with pytest.raises(Refused):
        session.enter(['nowhere'])
    assert session.folder == ('A',)
    assert session.read_int(10) == 3


@pytest.mark.parametrize('ends_at_19200', [False, True])
@pytest.mark.parametrize('baudrate', [19200, 38400, 57600, 115200])
def test_an_idle_camera_says_so(baudrate, ends_at_19200):
    camera, port, session = connected(baudrate=baudrate, ends_at_19200=ends_at_19200)
    port.pause(20.0)
    assert camera.state is State.ASLEEP
    start = port.now()
    assert session.read_int(16) == 87
    assert port.now() - start < 0.5
    assert session.logins == 2 and port.line.baudrate == baudrate


def test_an_idle_camera_that_says_nothing():
    camera, port, session = connected(require_wakeup=True)
    port.pause(20.0)
    port.read(0.0)  # what it said is lost
    assert session.read_int(16) == 87
    port.pause(20.0)
    port.read(0.0)
    session.act(Action.TAKE_PICTURE)  # is not sent into the void
    assert len(camera.shots) == 1 and session.logins == 3


def test_a_camera_that_was_switched_off_and_on():
    camera, port, session = connected(require_wakeup=True)
    camera.power_cycle()
    start = port.now()
    assert session.read_int(16) == 87
    assert session.logins == 2 and port.now() - start < 10.0


def test_noise_at_the_wake_up():
    camera = Camera(wake_noise=2)
    port = LoopPort(camera)
    camera.send(b'\x00\xff\x41\x02')
    session = SierraSession(port)
    session.login()
    assert port.now() < 3.0


def test_something_else_answers():
    port = LoopPort(Babble())
    with pytest.raises(ProtocolError, match='not as a sierra camera'):
        SierraSession(port).login()


# Speeds (3.4).

@pytest.mark.parametrize('max_speed', [9600, 19200, 38400, 57600, 115200, 230400])
@pytest.mark.parametrize('wanted', [9600, 19200, 57600, 115200, 230400])
def test_the_highest_speed_that_both_take(max_speed, wanted):
    _, port, session = connected(baudrate=wanted, max_speed=max_speed)
    assert port.line.baudrate == max(min(max_speed, wanted), min(19200, wanted))
    assert session.read_int(16) == 87


def test_the_speed_in_force_is_not_asked_for():
    camera, port, _ = connected(baudrate=19200, refuses_same_speed=True)
    assert not [command for command in camera.log if command[:2] == b'\x00\x11']
    assert b'\x1b\x53\x02\x00\x01\x01' in camera.heard  # another command opens the session


@pytest.mark.parametrize('limit', [19200, 38400, 57600])
def test_a_line_that_garbles_above_a_speed(limit):
    camera, port, session = connected(garbles_above=limit)
    assert port.line.baudrate == limit
    assert session.exchange.pacing == 'chunked'
    camera.power_cycle()
    camera.send(b'\xff')
    start = port.now()
    assert session.read_int(16) == 87  # the speeds in vain are not tried again
    assert port.now() - start < 1.0


def test_a_lost_ack_to_a_change_of_speed():
    camera = Camera()
    camera.misbehave('lose_ack', command=b'\x00\x11')
    port = LoopPort(camera)
    session = SierraSession(port)
    session.login()
    assert port.line.baudrate == 115200 and session.exchange.pacing == 'chunked'


@pytest.mark.parametrize('left_at', [115200, 57600])
def test_a_session_that_another_program_left_alive(left_at):
    camera, port, _ = connected(baudrate=left_at, idle_timeout=1000.0)
    port.configure(LineSettings(left_at))
    session = SierraSession(port)
    session.login()
    assert port.line.baudrate == 115200
    assert session.read_int(16) == 87


def test_a_session_left_at_a_speed_that_nobody_knows_times_out():
    camera, port, _ = connected(baudrate=57600)
    port.configure(WAKE_UP)
    session = SierraSession(port)
    session.login()
    assert port.line.baudrate == 115200


def test_a_model_known_to_be_slower_than_it_says():
    _, port, session = connected()
    session.max_baudrate = 38400
    session.limit_speed()
    assert port.line.baudrate == 38400
    assert session.read_int(16) == 87


# Pacing (5.8).

class Recorder:
    """A port's ears: what was written in one go, after which pause."""

    name = 'recorder'
    line = WAKE_UP

    def __init__(self):
        self.pieces = []
        self._pause = self._now = 0.0

    def now(self):
        """Return the time."""
        return self._now

    def write(self, data):
        """Remember."""
        self.pieces.append((self._pause, data.hex(' ')))
        self._pause = 0.0

    def pause(self, seconds):
        """Remember."""
        self._pause = seconds

    def read(self, timeout):
        """Return nothing, later."""
        self._now += timeout
        return b''


@pytest.mark.parametrize('pacing, pieces', [
    ('burst', [(0, '1b 53 02 00 01 01 02 00'), (0, '06')]),
    ('chunked', [(0.00125, '1b'), (0.00125, '53 02 00'), (0.0015, '01 01 02 00'), (0, '06')]),
    ('bytewise', [(0.002, byte) for byte in '1b 53 02 00 01 01 02 00 06'.split()]),
])
def test_pacing(pacing, pieces):
    port = Recorder()
    exchange = Exchange(port, pacing)
    with pytest.raises(ReplyTimeout):
        exchange.ask(Packet(Type.COMMAND, 0x43, b'\x01\x01'), 4, tries=1)
    exchange.control(Control.ACK)
    assert port.pieces == pieces


# Mute, babbling and lying cameras.

def test_worst_cases_are_as_the_docstring_says():
    port = LoopPort(Mute())
    session = SierraSession(port)
    assert took(port, session.login, ReplyTimeout) == pytest.approx(17, abs=0.5)
    assert took(port, session.login, ReplyTimeout) == pytest.approx(17, abs=0.5)

    for register, operation, seconds in (
            (1, lambda: session.read_int(1), 18), (7, lambda: session.write_int(7, 1), 16),
            (4, lambda: session.write_int(4, 1), 22)):
        camera, port, session = connected(idle_timeout=1000.0)
        camera.mute = True
        assert took(port, operation, ReplyTimeout) == pytest.approx(seconds, abs=0.5)
        assert took(port, operation, ReplyTimeout) == pytest.approx(17, abs=0.5)

    camera, port, session = connected(idle_timeout=1000.0)
    camera.mute = True
    port.pause(5.0)
    assert took(port, lambda: session.read_int(1), ReplyTimeout) == pytest.approx(3 + 17, abs=0.5)

    camera, port, session = connected(idle_timeout=1000.0)
    camera.frames[0].data = IMAGE
    fall_mute = (lambda progress: setattr(camera, 'mute', True))
    assert took(port, lambda: session.read_frame_data(1, 14, progress=fall_mute),
                ReplyTimeout) == pytest.approx(13.4, abs=0.5)

    for action, seconds in ((Action.TAKE_PREVIEW, 2), (Action.TAKE_PICTURE, 60)):
        camera, port, session = connected(idle_timeout=1000.0)
        camera.mute = True
        assert seconds <= took(port, lambda: session.act(action), OutcomeUnknown) <= seconds + 3.1

    for action, seconds in ((Action.TAKE_PREVIEW, 20), (Action.TAKE_PICTURE, 60)):
        camera, port, session = connected(exposure_duration=1000.0, idle_timeout=1000.0)
        assert seconds <= took(port, lambda: session.act(action), OutcomeUnknown) <= seconds + 3.1


@pytest.mark.parametrize('data', [b'\x41', b'\x02', b'\x15', b'\xff', b'\x06\x05', b'\x03\x00',
                                  b'\x02\x00\x00\x08', bytes(range(64))])
def test_a_babbling_line_is_left_in_bounded_time(data):
    camera, port, session = connected()
    camera.mute = True

    def babble():
        camera.send(data)
        camera.after(0.01, babble)
    babble()
    operations = (lambda: session.read_int(1), lambda: session.write_int(7, 1),
                  lambda: session.act(Action.TAKE_PICTURE), session.login)
    for operation in operations:
        start = port.now()
        with pytest.raises(DeviceError):
            operation()
        assert port.now() - start < 120.0
    session.end()


@pytest.mark.parametrize('fault, match', [
    ('endless_data', f'longer than the {MAX_VDATA} bytes'), ('empty_packets', 'no progress'),
    ('tiny_packets', 'no progress')])
@pytest.mark.parametrize('paced', [False, True])
def test_packets_without_end_or_progress_are_given_up(fault, match, paced):
    camera, port, session = connected(paced=paced)
    camera.frames[0].data = IMAGE
    camera.misbehave(fault)
    start = port.now()
    with pytest.raises(ProtocolError, match=match):
        session.read_frame_data(1, 14)
    assert port.now() - start < 120.0
    assert session.read_int(16) == 87


def large_picture(seed):
    camera, port, session = connected()
    camera.frames[0].data = random.Random(seed).randbytes(153_600)
    return camera, port, session


@pytest.mark.parametrize('seed', range(10))
@pytest.mark.parametrize('kind, seconds', [('flip', 2.0), ('drop', 9.0), ('repeat', 2.0)])
def test_a_large_picture_over_a_line_that_damages_bytes(kind, seconds, seed):
    """One byte in 10,000; seconds are those that the faults cost, since nothing else takes any."""
    camera, port, session = large_picture(seed)
    port.to_host, port.to_device = (ByteFaults(kind, 1e-4, s) for s in (seed, seed + 1000))
    start = port.now()
    data = session.read_frame_data(1, 14, 153_600, 153_600)
    assert port.now() - start < seconds
    wrong = [a - b for a, b in zip(data, camera.frames[0].data) if a != b]
    assert len(data) == 153_600 and sum(wrong) == 0  # but what no sum of 16 bits can show


@pytest.mark.parametrize('seed', range(5))
def test_a_picture_over_a_line_that_damages_most_packets(seed):
    camera, port, session = large_picture(seed)
    camera.frames[0].data = camera.frames[0].data[:30_000]
    port.to_host = ByteFaults('flip', 1e-3, seed)
    assert session.read_frame_data(1, 14, 30_000, 30_000) == camera.frames[0].data


@pytest.mark.parametrize('packet', range(1, 75, 9))
def test_a_camera_that_is_reset_within_a_large_picture(packet):
    camera, port, session = large_picture(packet)

    def reset(progress):
        if progress.done == 2048 * packet and session.logins == 1:
            camera.power_cycle()
    start = port.now()
    assert session.read_frame_data(1, 14, 153_600, 153_600, reset) == camera.frames[0].data
    assert session.logins == 2 and port.now() - start < 5.0


@pytest.mark.parametrize('data', [b'\x00', b'\x41', b'\x15', b'\x02\x00\x01\x00'])
def test_a_line_that_babbles_while_nobody_reads_fills_no_memory(data):
    camera, port, session = connected()
    for _ in range(200):
        camera.send(data * 10_000)
    try:
        session.read_int(16)
    except DeviceError:
        pass
    assert len(session.channel._inbox) < 100_000
    port.pause(1.0)
    assert session.read_int(16) == 87


def test_a_packet_that_is_never_good_while_others_are():
    camera, port, session = connected(paced=True)
    camera.frames[0].data = IMAGE
    camera.misbehave('damaged_packet', times=10_000, skip=1, command=b'\x04\x0e')
    start = port.now()
    with pytest.raises(ProtocolError, match='packet [01] of .* damaged'):
        session.read_frame_data(1, 14)
    assert port.now() - start < 60.0


@pytest.mark.parametrize('times', [3, 12])
def test_a_packet_that_is_damaged_often_does_not_end_the_transfer(times):
    camera, port, session = connected()
    camera.frames[0].data = IMAGE
    camera.misbehave('damaged_packet', times=times, skip=1, command=b'\x04\x0e')
    start = port.now()
    assert session.read_frame_data(1, 14) == IMAGE
    assert port.now() - start < 1.0 and session.logins == 1


@pytest.mark.parametrize('at', [0, 1, 2])
def test_a_camera_that_is_reset_within_a_transfer(at):
    camera, port, session = connected(require_wakeup=True)
    camera.frames[0].data = IMAGE

    def reset(progress):
        if progress.done == min(2048 * (at + 1), 5000) and session.logins == 1:
            camera.power_cycle()
    start = port.now()
    assert session.read_frame_data(1, 14, progress=reset) == IMAGE
    assert port.now() - start < 5.0 and session.logins == 1 + (at < 2)


def test_the_signature_of_an_ephoto_307():
    camera = Camera()
    say = camera._say
    camera._say = lambda byte: say(0 if byte == 0x15 and camera.line.baudrate == 19200 else byte)
    port = LoopPort(camera)
    session = SierraSession(port)
    session.login()
    assert session.read_int(16) == 87


# Ending a transfer (5.6).

def stop(progress):
    """Stop a transfer at its first packet."""
    raise Cancelled('enough')


def test_a_short_rest_is_acknowledged_and_dropped():
    session, port = logged_in(READ_FRAME_1 + """
        C>H  packet0
        H>C  06
        C>H  packet1
        H>C  06
        C>H  packet2
        H>C  06
        """ + STILL_THERE + BATTERY)
    with pytest.raises(Cancelled, match='enough'):
        session.read_frame_data(1, 14, 5000, 5000, stop)
    assert session.read_int(16) == 87
    assert port.done


def test_a_long_rest_is_interrupted_by_the_next_command():
    session, port = logged_in(READ_FRAME_1 + """
        C>H  packet0
        """ + STILL_THERE + BATTERY)
    with pytest.raises(Cancelled, match='enough'):
        session.read_frame_data(1, 14, 10_000_000, 10_000_000, stop)
    assert session.read_int(16) == 87
    assert port.done


def test_a_camera_that_does_not_take_the_interruption_is_woken_again():
    camera, port, session = connected()
    camera.frames[0].data = pattern(200_000)
    with pytest.raises(Cancelled):
        session.read_frame_data(1, 14, 200_000, 200_000, stop)
    camera.misbehave('silence', times=1)
    assert session.read_int(16) == 87


@pytest.mark.parametrize('at', range(3))
def test_a_transfer_is_ended_within_one_packet_wherever_it_is(at):
    camera, port, session = connected(paced=True)
    camera.frames[0].data = IMAGE

    def stop_at(progress):
        if progress.done >= min(2048 * (at + 1), 5000):
            raise Cancelled('enough')
    with pytest.raises(Cancelled):
        session.read_frame_data(1, 14, 5000, 5000, stop_at)
    start = port.now()
    assert session.read_int(16) == 87
    assert port.now() - start < 1.0
    assert session.read_frame_data(1, 14, 5000, 5000) == IMAGE
    assert session.logins == 1


# Actions: accepted, done, doubtful; never sent twice on doubt.

@pytest.mark.parametrize('options', [
    {}, {'ack_as_enq': True}, {'done_code': 0x06}, {'surplus_enq': True},
    {'ack_as_enq': True, 'done_code': 0x06, 'surplus_enq': True}])
def test_acknowledgements_of_an_action(options):
    camera, port, session = connected(**options)
    for _ in range(3):
        session.act(Action.TAKE_PICTURE)
        assert session.read_int(4) == len(camera.frames)
    assert len(camera.shots) == 3


def doubtful(fault, match, seconds, shots):
    """Check a trigger with a fault: what is raised, after how long, how often it was shot."""
    camera, port, session = connected(exposure_duration=2.5, idle_timeout=60.0)
    if fault:
        camera.misbehave(fault, command=b'\x02\x02')
    start = port.now()
    with pytest.raises(OutcomeUnknown, match=match):
        session.act(Action.TAKE_PICTURE)
    assert port.now() - start < seconds
    assert len(camera.shots) == shots
    assert len([c for c in camera.log if c[:2] == b'\x02\x02']) == 1
    assert session.read_int(10) == 3 + shots  # and it can be asked at once


def test_an_action_that_is_never_answered():
    doubtful('silence', 'take picture, the camera did not answer', 4.0, 0)


def test_an_action_whose_acknowledgements_are_lost():
    doubtful('lose_ack_of_action', 'did not answer', 8.0, 1)


def test_an_action_whose_end_is_not_reported():
    doubtful('lose_done', 'did not report its end within 20 s', 24.0, 1)


@pytest.mark.parametrize('fault', ['session_end', 'session_error', 'wrong_speed'])
def test_an_action_in_which_the_session_ends(fault):
    doubtful(fault, 'told to take picture, and it is unknown .* ended the session', 4.0, 0)


def test_a_failed_action_is_a_refusal():
    camera, _, session = connected()
    camera.misbehave('fail_action')
    with pytest.raises(OutcomeUnknown, match='could not take picture'):
        session.act(Action.TAKE_PICTURE)
    assert session.read_int(16) == 87


def test_a_preview_offers_no_evidence():
    camera, _, session = connected()
    camera.misbehave('nak_command', times=3, command=b'\x02\x05')
    session.act(Action.TAKE_PREVIEW)
    assert camera.preview
    camera.misbehave('refuse', command=b'\x02\x05')
    with pytest.raises(Refused):
        session.act(Action.TAKE_PREVIEW)
    camera.misbehave('nak_command', times=4, command=b'\x02\x05')
    with pytest.raises(OutcomeUnknown):
        session.act(Action.TAKE_PREVIEW)


def test_a_nak_within_other_bytes_does_not_repeat_an_action():
    session, port = logged_in(SHOOT + """
        C>H  15
        C>H  06
        """ + STILL_THERE)
    with pytest.raises(OutcomeUnknown):
        session.act(Action.TAKE_PICTURE)
    assert port.done


def test_an_action_after_a_rest_wakes_the_camera_first():
    camera, port, session = connected()
    for _ in range(3):
        port.pause(15.0)
        session.act(Action.TAKE_PREVIEW)
    assert session.logins == 4


def test_the_harmful_action_is_never_sent():
    camera, _, session = connected()
    with pytest.raises(ValueError, match='never sent'):
        session.act(Action.CALIBRATE_TEST)
    assert not camera.harmful


@pytest.mark.parametrize('seconds, mute', [
    (0.0, False), (0.3, False), (1.0, False), (1.9, False), (2.2, False), (3.0, False),
    (4.5, False), (0.0, True), (2.3, True), (2.9, True), (3.3, True)])
def test_a_transfer_is_over_within_two_seconds_of_its_end(seconds, mute):
    camera, port, session = connected(paced=True, baudrate=9600)
    camera.frames[0].data = IMAGE
    end = port.now() + seconds

    def progress(state):
        camera.mute = mute
        if port.now() >= end:
            raise Cancelled('enough')
    with pytest.raises(Cancelled):
        session.read_frame_data(1, 14, 5000, 5000, progress)
    assert port.now() - end < (2.5 if seconds == 0.0 else 2.0)  # the first packet has to come
    camera.mute = False
    assert session.read_frame_data(1, 14) == IMAGE


def test_what_a_callback_raises_leaves_the_session_usable():
    camera, port, session = connected()

    def fail(sent):
        raise RuntimeError('disk full')
    with pytest.raises(OutcomeUnknown, match='disk full'):
        session.act(Action.TAKE_PICTURE, accepted=fail)
    assert session.read_int(10) == 4
    assert len(camera.shots) == 1

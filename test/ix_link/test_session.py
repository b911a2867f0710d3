# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Sessions from the host's side: the conversations of ix_link.md, section 7, as transcripts; the
table of `session` row by row; late replies; doubtful captures and increments; worst cases.
"""  # noqa: D205, D400

from fractions import Fraction

from conversations import document, pairs
import pytest

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES
from camera_driver.devices.ix_link.commands import (
    BlackCalibration, Code, Command, ReplyMode, Status)
from camera_driver.devices.ix_link.session import ERRORS, IxLinkSession, T_REPLY, T_WORK
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.errors import (
    Busy, NotConfirmed, NotSupported, OutcomeUnknown, PortError, ProtocolError, Refused,
    ReplyTimeout)
from camera_driver.link.port import LineSettings
from camera_driver.model import LiveViewRegion
from camera_driver.sim.loop import LoopPort, Transcript

F, ISO, T = (QUANTITIES[name] for name in ('f_number', 'iso', 'exposure_time'))
STATUS = '58 02 01 6f 6e'
READY, BUSY, ERROR = ('58 04 01 00 6f 01 6f', '58 04 01 00 6f 02 6c', '58 04 01 00 6f 00 6e')
GET, F8 = '58 02 01 0b 0a', '58 05 01 00 0b 12 03 1b'
GET_ISO, ISO100 = '58 02 01 0f 0e', '58 05 01 00 0f 0f 03 02'
CAPTURE, SYNC, TAKEN = '58 03 01 6e 00 6f', '58 03 01 6e 01 6e', '58 03 01 00 6e 6f'
FLOWS = {section: pairs(conversation)
         for section, (conversation,) in document('ix_link').items()}
STEP, STEPPED = '58 04 01 0d 01 03 0e', '58 03 01 00 0d 0c'


def connect(*said):
    """Return a session and the port that plays (sent, answered) pairs of bytes or hex texts."""
    port = Transcript([tuple(bytes.fromhex(one) if isinstance(one, str) else one for one in pair)
                       for pair in said], LineSettings(9600))
    return IxLinkSession(port), port


class Camera(IxLinkSimulator):
    """A simulated camera that can fall mute, and remembers what it hears."""

    mute = False

    def on_bytes(self, data):
        if not self.mute:
            super().on_bytes(data)


def simulated(paced=False, **options):
    """Return a simulated camera, the port to it, and a session."""
    camera = Camera(**options)
    port = LoopPort(camera, paced=paced)
    return camera, port, IxLinkSession(port)


def commands(camera):
    """Return what the camera was told, as ids."""
    return [request.command for request in camera.log]


# The conversations of section 7.

def test_7_1_probe():
    session, port = connect(*FLOWS['7.1'])
    assert session.status() is Status.READY
    assert port.done


def test_7_2_set_exposure():
    session, port = connect(*FLOWS['7.2'])
    for quantity, wanted, grid in ((F, 5.6, (9, 27)), (ISO, 200, (12, 33)), (T, 1e-3, (-15, 34))):
        found = session.grid(quantity)
        assert found == Grid(*grid, 1, 3)
        session.write(quantity, found.find(quantity, wanted, False), found.denominator)
    assert port.done


def test_7_3_synchronous_capture():
    session, port = connect((STATUS, READY), *FLOWS['7.3'])
    session.make_sure_it_is_ready()
    assert session.trigger(ReplyMode.SYNC, 5.002) == ''
    assert port.done


def test_7_4_asynchronous_capture():
    session, port = connect((STATUS, READY), *FLOWS['7.4'])
    session.make_sure_it_is_ready()
    assert session.trigger(ReplyMode.ASYNC, T_REPLY) == ''
    start = port.now()
    session.wait_until_ready(port.now() + 5.0)
    assert port.now() - start == pytest.approx(0.1)
    assert port.done


def test_7_5_capture_refused_because_busy():
    session, port = connect(*FLOWS['7.5'], (STATUS, BUSY))
    with pytest.raises(Busy, match='capture: the camera is busy; try again'):
        session.trigger(ReplyMode.SYNC, 5.0)
    assert port.done


def test_7_6_a_lost_reply_to_an_increment():
    session, port = connect((GET, F8), (STEP, None), (GET, '58 05 01 00 0b 13 03 1a'))
    session.increment(F, 1, 3)
    assert port.done


def test_7_7_live_view():
    session, port = connect(
        *FLOWS['7.7'], ('58 03 01 73 00 72', '58 03 01 00 73 72'),
        (STATUS, BUSY), (STATUS, READY), ('58 03 01 19 01 19', '58 03 01 00 19 18'))
    assert (session.live_view, session.region, session.black_calibration) == (None, None, None)
    session.start_live_view()
    assert session.live_view is True
    session.set_region(LiveViewRegion(128, 128, 50))
    session.stop_live_view(ReplyMode.SYNC)
    assert session.live_view is False
    session.stop_live_view(ReplyMode.ASYNC)
    session.set_black_calibration(BlackCalibration.SUPPRESSED)
    assert session.region == LiveViewRegion(128, 128, 50)
    assert session.black_calibration is BlackCalibration.SUPPRESSED
    assert port.done


# What answers a request.

@pytest.mark.parametrize('code, kind, words', [
    ('ff', Refused, 'err_general .-1.: .*unspecified'),
    ('fe', NotSupported, 'err_not_supported .-2.: .*does not know'),
    ('fc', ProtocolError, 'err_msg_size .-4.: .*size'),
    ('fb', ProtocolError, 'err_protocol_version .-5.: .*version'),
    ('fa', Refused, 'err_input_out_of_range .-6.: .*out of range'),
    ('9c', Refused, 'error .-100.: .*not documented'),
])
@pytest.mark.parametrize('number', ['0b', 'ff'])
def test_each_completion_code_is_an_error_of_its_own_and_never_repeated(code, kind, words, number):
    checksum = 1 ^ int(code, 16) ^ int(number, 16)
    session, port = connect((GET, f'58 03 01 {code} {number} {checksum:02x}'), (GET, F8))
    with pytest.raises(kind, match=f'refused get_aperture: {words}') as error:
        session.value(F)
    assert not isinstance(error.value, OutcomeUnknown)
    if kind is Refused:
        assert error.value.code == int(code, 16) - 256
    assert session.value(F) == 6
    assert port.done


def test_every_code_has_words():
    assert set(ERRORS) == set(Code) - {Code.NO_ERROR}
    assert len({words for _, words in ERRORS.values()}) == len(ERRORS)


CANNOT = '58 03 01 fd 0b f7'


def test_cannot_execute_is_busy_or_was_a_moment_ago_or_is_final():
    session, port = connect(
        (GET, CANNOT), (STATUS, BUSY), (GET, CANNOT), (STATUS, READY), (GET, F8),
        (GET, CANNOT), (STATUS, READY), (GET, CANNOT), (GET, CANNOT), (STATUS, ERROR))
    with pytest.raises(Busy):
        session.value(F)
    assert session.value(F) == 6
    for _ in range(2):
        with pytest.raises(Refused, match='err_cannot_execute .-3.: not possible') as error:
            session.value(F)
        assert error.value.code == -3
    assert port.done


def test_a_status_that_cannot_be_told():
    session, port = connect((STATUS, '58 03 01 fd 6f 93'), (STATUS, '58 04 01 00 6f 07 69'))
    with pytest.raises(Refused):
        session.status()
    with pytest.raises(ProtocolError, match='system status 7'):
        session.status()
    assert port.done


def test_an_error_with_data_is_an_error():
    session, port = connect((GET, '58 05 01 ff 0b 01 02 f6'))
    with pytest.raises(Refused, match='err_general'):
        session.value(F)
    assert port.done


def test_a_positive_code_is_a_protocol_error():
    session, port = connect((GET, '58 05 01 07 0b 12 03 1c'))
    with pytest.raises(ProtocolError, match='completion code 7'):
        session.value(F)
    assert port.done


@pytest.mark.parametrize('instead', [
    None, '58 05 01 00 0b 12 03 1a', '58 05 02 00 0b 12 03 18', '58 05 01 00 0b 12',
    '58 06 01 00 0b 12 03 01 1a', '58 03 01 00 0b 0a', '58 06 01 00 0b 12 03 1b', '00 58 ff 01'])
def test_silence_and_damage_repeat_what_is_repeatable(instead):
    session, port = connect(*[(GET, instead)] * 3, (GET, F8))
    start = port.now()
    assert session.value(F) == 6
    assert port.now() - start == pytest.approx(1.5 + 4 * 0.05, abs=0.35)
    assert port.done and session.channel.counters.retries == 3
    session, port = connect(*[(GET, instead)] * 5)
    with pytest.raises(ProtocolError if instead else ReplyTimeout, match='5 tries'):
        session.value(F)
    assert port.done


@pytest.mark.parametrize('before', [
    '00', '58', '00 58 ff', '58 05 01 00 0b 12 03 1a', '58 05 01 00 0f 0f 03 02',
    '58 03 01 fd 0f f3', '58 05 02 00 0b 12 03 18'])
def test_the_answer_is_found_behind_what_is_not_it(before):
    session, port = connect((GET, before + F8), (STATUS, READY))
    assert session.value(F) == 6
    assert session.status() is Status.READY
    assert port.done and session.channel.counters.retries == 0


def test_31_a_reply_to_something_else_is_dropped():
    session, port = connect((GET_ISO, F8 + ISO100))
    assert session.value(ISO) == 5
    assert session.channel.counters.stale == 1
    assert port.done


def test_what_came_unasked_is_dropped():
    session, port = connect((GET, F8), ('', '00 11' + BUSY), (STATUS, READY))
    session.value(F)
    assert session.status() is Status.READY


@pytest.mark.parametrize('fault', ['zero_denominator', 'reversed_range'])
def test_ranges_that_are_none(fault):
    camera, _, session = simulated()
    camera.misbehave(fault)
    with pytest.raises(ProtocolError, match='get_aperture_range: range .* is none'):
        session.grid(F)
    camera.misbehave('zero_denominator')
    with pytest.raises(ProtocolError, match='18/0 is not a value'):
        session.value(F)


def test_a_value_that_was_accepted_and_is_not_held():
    camera, _, session = simulated()
    camera.grids['f_number'] = Grid(9, 27, 3, 3)
    with pytest.raises(Refused, match='f_number 6.35: the device took it and holds .* 5.657'):
        session.write(F, 16, 3)


# Late replies (6.3).

def test_a_late_reply_is_never_taken_for_a_new_one():
    camera, port, session = simulated()
    camera.misbehave('silence', times=4, command=bytes([Command.GET_APERTURE]))
    camera.misbehave('late_reply', command=bytes([Command.GET_APERTURE]))
    with pytest.raises(ReplyTimeout):
        session.value(F)  # the last answer, 18/3, is still to come
    camera.values['f_number'] = Fraction(5)
    assert session.value(F) == 5
    assert commands(camera)[-2:] == [Command.GET_SYSTEM_STATUS, Command.GET_APERTURE]
    assert session.channel.counters.stale == 1


def test_an_answer_with_another_id_is_barrier_enough():
    camera, _, session = simulated()
    camera.misbehave('silence', times=5)
    with pytest.raises(ReplyTimeout):
        session.value(F)
    session.value(ISO)
    session.value(F)
    assert commands(camera)[5:] == [Command.GET_ISO, Command.GET_APERTURE]


def test_a_barrier_to_the_status_is_another_question():
    camera, _, session = simulated()
    camera.misbehave('silence', times=5)
    with pytest.raises(ReplyTimeout):
        session.status()
    assert session.status() is Status.READY
    assert commands(camera)[5:] == [Command.GET_APERTURE, Command.GET_SYSTEM_STATUS]


def test_a_question_that_was_answered_at_the_second_try_may_be_answered_twice():
    camera, _, session = simulated()
    camera.misbehave('late_reply')
    assert session.value(F) == 6
    camera.values['f_number'] = Fraction(5)
    assert session.value(F) == 5
    assert Command.GET_SYSTEM_STATUS in commands(camera)


def test_a_camera_that_was_mute_for_long():
    camera, port, session = simulated()
    camera.mute = True
    for _ in range(20):
        for question in (session.status, lambda: session.value(F), lambda: session.grid(ISO)):
            with pytest.raises(ReplyTimeout):
                question()
    camera.mute = False
    port.pause(1.0)
    assert session.value(F) == 6
    assert session.grid(ISO) == Grid(12, 33, 1, 3)


def test_a_barrier_that_is_not_understood():
    camera, _, session = simulated()
    camera.misbehave('silence', times=5)
    with pytest.raises(ReplyTimeout):
        session.value(F)
    camera.misbehave('unnamed_size', command=bytes([Command.GET_SYSTEM_STATUS]))
    with pytest.raises(ProtocolError, match='get_system_status: err_msg_size'):
        session.value(F)
    assert session.value(F) == 6


def test_no_value_is_sent_that_does_not_fit_its_byte():
    session, port = connect()
    with pytest.raises(ValueError, match=r'.128, 3.: '):
        session.write(F, 128, 3)
    assert port.done


# Doubtful captures and increments are never sent twice.

@pytest.mark.parametrize('fault', [
    'lose_reply', 'late_reply', 'wrong_checksum', 'wrong_id', 'truncated', 'version_2',
    'data_too_long', 'positive_code', 'noise_inside'])
def test_a_capture_without_a_valid_answer_is_settled_by_the_status(fault):
    camera, port, session = simulated()
    camera.values['exposure_time'] = Fraction(0)  # 1 s: still busy when it is asked
    camera.misbehave(fault, command=bytes([Command.CAPTURE]))
    session.make_sure_it_is_ready()
    settled = session.trigger(ReplyMode.ASYNC, T_REPLY)
    assert 'late' in settled if fault == 'late_reply' else 'busy right after it' in settled
    session.wait_until_ready(port.now() + 7.0)
    assert len(camera.shots) == 1
    assert commands(camera).count(Command.CAPTURE) == 1


@pytest.mark.parametrize('fault, shots', [('lose_reply', 1), ('silence', 0)])
@pytest.mark.parametrize('mode', ReplyMode)
def test_a_capture_is_unknown_when_the_camera_is_ready_again(fault, shots, mode):
    camera, port, session = simulated()
    camera.misbehave(fault, command=bytes([Command.CAPTURE]))
    with pytest.raises(OutcomeUnknown, match='no answer to .* The camera is ready, which does'):
        session.trigger(mode, 1.0)
    assert len(camera.shots) == shots
    assert commands(camera).count(Command.CAPTURE) == 1


def test_a_synchronous_capture_that_takes_longer_than_it_may():
    camera, port, session = simulated(readout=3.0)
    camera.misbehave('late_reply', command=bytes([Command.CAPTURE]))
    assert session.trigger(ReplyMode.SYNC, 3.5) == 'its answer to the trigger came late'
    assert len(camera.shots) == 1


def test_a_late_refusal_of_a_capture_is_a_refusal():
    camera, _, session = simulated()
    camera.misbehave('msg_size', command=bytes([Command.CAPTURE]))
    camera.misbehave('late_reply', command=bytes([Command.CAPTURE]))
    with pytest.raises(Refused, match='err_msg_size'):
        session.trigger(ReplyMode.ASYNC, T_REPLY)
    assert not camera.shots


def test_an_unnamed_refusal_of_a_capture_waits_for_a_named_answer():
    session, port = connect((CAPTURE, '58 03 01 fc ff 02' + TAKEN),
                            (CAPTURE, '58 03 01 fc ff 02'), (STATUS, READY))
    assert session.trigger(ReplyMode.ASYNC, T_REPLY) == ''
    start = port.now()
    # Noise may have been answered with it, and the named answer to the trigger got lost.
    with pytest.raises(OutcomeUnknown, match='err_msg_size'):
        session.trigger(ReplyMode.ASYNC, T_REPLY)
    assert port.now() - start == pytest.approx(T_REPLY)
    assert port.done


def test_a_mute_camera_after_the_trigger():
    camera, port, session = simulated()
    camera.misbehave('silence', times=10)
    with pytest.raises(OutcomeUnknown, match='no answer to capture. Asked .*no answer to get_sys'):
        session.trigger(ReplyMode.ASYNC, T_REPLY)


def test_a_capture_whose_cable_is_pulled():
    class Unplugged(LoopPort):
        def read(self, timeout):
            if camera.shots:
                self.unplug()
            return super().read(timeout)

    camera = Camera()
    session = IxLinkSession(Unplugged(camera))
    session.make_sure_it_is_ready()
    with pytest.raises(OutcomeUnknown, match='told to take a picture, and it is unknown'):
        session.trigger(ReplyMode.ASYNC, T_REPLY)
    with pytest.raises(PortError):
        session.status()


def test_a_camera_that_was_busy_a_moment_ago_is_triggered_once_more():
    camera, _, session = simulated()
    camera.misbehave('cannot_execute', command=bytes([Command.CAPTURE]))
    assert session.trigger(ReplyMode.ASYNC, T_REPLY) == ''
    assert len(camera.shots) == 1


def test_not_ready():
    camera, _, session = simulated()
    session.trigger(ReplyMode.ASYNC, T_REPLY)
    with pytest.raises(Busy):
        session.make_sure_it_is_ready()
    camera.error = True
    with pytest.raises(Refused, match='general error'):
        session.make_sure_it_is_ready()


def test_the_end_of_a_capture():
    camera, port, session = simulated()
    camera.misbehave('fail_capture')
    session.trigger(ReplyMode.ASYNC, T_REPLY)
    with pytest.raises(Refused, match='general error; look at its own display'):
        session.wait_until_ready(port.now() + 5.0)
    camera.error = False
    camera.misbehave('stay_busy')
    session.trigger(ReplyMode.ASYNC, T_REPLY)
    start = port.now()
    with pytest.raises(Busy, match='still busy'):
        session.wait_until_ready(port.now() + 5.0)
    assert port.now() - start == pytest.approx(5.0, abs=0.11)


@pytest.mark.parametrize('fault', ['lose_reply', 'late_reply', 'wrong_checksum', 'wrong_id',
                                   'data_too_long', 'positive_code'])
def test_an_increment_without_a_valid_answer_is_settled_by_the_value(fault):
    camera, _, session = simulated()
    camera.misbehave(fault, command=bytes([Command.INCREMENT_ISO]))
    session.increment(ISO, 1, 3)
    assert camera.values['iso'] == Fraction(16, 3)
    assert commands(camera).count(Command.INCREMENT_ISO) == 1


def test_an_increment_that_got_lost_is_not_repeated():
    camera, _, session = simulated()
    camera.misbehave('silence', command=bytes([Command.INCREMENT_ISO]))
    with pytest.raises(Refused, match='step was not made: .* try again'):
        session.increment(ISO, 1, 3)
    assert camera.values['iso'] == 5
    assert commands(camera).count(Command.INCREMENT_ISO) == 1


def test_an_increment_of_which_nobody_can_tell():
    camera, _, session = simulated()
    camera.misbehave('silence', times=10, skip=1)
    with pytest.raises(OutcomeUnknown, match='no answer to increment_iso'):
        session.increment(ISO, 1, 3)


def test_an_increment_beyond_the_end_is_refused():
    camera, _, session = simulated()
    with pytest.raises(Refused, match='increment_aperture: err_input_out_of_range'):
        session.increment(F, 10, 3)
    assert camera.values['f_number'] == 6


# What can only be commanded is unknown after a doubt.

def test_what_is_unknown_after_a_failure():
    camera, _, session = simulated()
    session.set_black_calibration(BlackCalibration.SUPPRESSED)
    session.start_live_view()
    session.set_region(LiveViewRegion(1, 2, 3))
    camera.misbehave('silence', times=100)
    for operation in (lambda: session.set_black_calibration(BlackCalibration.FORCED),
                      lambda: session.stop_live_view(ReplyMode.SYNC),
                      lambda: session.set_region(LiveViewRegion())):
        with pytest.raises(NotConfirmed, match='sent to the device'):
            operation()
    assert (session.live_view, session.region, session.black_calibration) == (None, None, None)


def test_raw_messages():
    camera, port, session = simulated()
    session.start_live_view()
    assert session.raw(11, b'', T_REPLY) == b'\x12\x03'
    assert session.live_view is True
    assert session.raw(115, b'\x01', T_REPLY) == b''
    assert session.live_view is None
    session.set_black_calibration(BlackCalibration.FORCED)
    session.set_region(LiveViewRegion(1, 2, 3))
    session.raw(25, b'\x01', T_REPLY)
    session.raw(116, b'\x80\x80\x64', T_REPLY)
    assert (session.black_calibration, session.region) == (None, None)
    with pytest.raises(NotSupported, match='refused get_ext_system_status'):
        session.raw(112, b'', T_REPLY)
    with pytest.raises(NotSupported, match='refused command 200'):
        session.raw(200, bytes(253), T_REPLY)
    camera.misbehave('silence', command=b'\x0b')
    with pytest.raises(OutcomeUnknown):
        session.raw(11, b'', T_REPLY)
    assert commands(camera).count(11) == 2


# Worst cases, as the session's docstring has them.

@pytest.mark.parametrize('operation, seconds, error', [
    (lambda s: s.value(F), 2.8, ReplyTimeout),
    (lambda s: s.set_black_calibration(BlackCalibration.FORCED), 2.8, NotConfirmed),
    (lambda s: s.stop_live_view(ReplyMode.SYNC), 10.2, NotConfirmed),
    (lambda s: s.trigger(ReplyMode.ASYNC, T_REPLY), 3.4, OutcomeUnknown),
    (lambda s: s.trigger(ReplyMode.SYNC, T_WORK), 7.9, OutcomeUnknown),
    (lambda s: s.wait_until_ready(0.0), 2.8, ReplyTimeout),
])
@pytest.mark.parametrize('paced', [False, True])
def test_worst_case_with_a_mute_camera(operation, seconds, error, paced):
    camera, port, session = simulated(paced)
    camera.mute = True
    start = port.now()
    with pytest.raises(error):
        operation(session)
    assert seconds - 0.3 < port.now() - start <= seconds


def test_worst_case_of_an_increment():
    camera, port, session = simulated(paced=True)
    camera.misbehave('silence', times=100, skip=1)
    start = port.now()
    with pytest.raises(OutcomeUnknown):
        session.increment(F, 1, 3)
    assert 3.1 < port.now() - start <= 3.4


class Babble(IxLinkSimulator):
    """Never stops talking, from the first byte that it hears on."""

    def on_bytes(self, data):
        self.babble()

    def babble(self):
        """Say something that begins a frame, now and then."""
        self.send(b'\x58\xff\x01' if int(self.now * 100) % 50 == 0 else b'\xaa')
        self.after(0.01, self.babble)


def test_worst_case_with_a_babbling_camera():
    port = LoopPort(Babble())
    session = IxLinkSession(port)
    with pytest.raises(ProtocolError, match='no valid answer to get_system_status .damaged'):
        session.status()
    assert port.now() <= 2.8 + 0.9

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera on the plain object: bytes in, bytes out (ix_link.md, 3.4, 8 and 10)."""

from fractions import Fraction
from math import isclose

import conversations
from hypothesis import given, settings, strategies as st
import pytest

from camera_driver.devices.ix_link.apex import Grid
from camera_driver.devices.ix_link.codec import encode, MAX_FRAME, Request
from camera_driver.devices.ix_link.commands import BlackCalibration, Command
from camera_driver.devices.ix_link.simulator.faults import FAULTS, LATE
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.model import LiveViewRegion

STATUS = '58 02 01 6f 6e'
READY, BUSY, ERROR = ('58 04 01 00 6f 01 6f', '58 04 01 00 6f 02 6c', '58 04 01 00 6f 00 6e')
CAPTURE, SYNC = '58 03 01 6e 00 6f', '58 03 01 6e 01 6e'
TAKEN, REFUSED = '58 03 01 00 6e 6f', '58 03 01 fd 6e 92'
GET, F8 = '58 02 01 0b 0a', '58 05 01 00 0b 12 03 1b'


class Host(conversations.Host):
    """A host that speaks hex and is told at once what came."""

    def __init__(self, **options):
        self.camera = IxLinkSimulator(**options)
        super().__init__(self.camera)

    def ask(self, text, seconds=0.0):
        """Send, wait, and return what has come."""
        self.say(encode(text) if isinstance(text, Request) else bytes.fromhex(text))
        return self.wait(seconds)

    def wait(self, seconds):
        """Let time pass and return what has come."""
        super().wait(seconds)
        return self.hear().hex(' ')

    def do(self, command, *data):
        """Send a command; return the completion code and the data of the reply."""
        reply = bytes.fromhex(self.ask(Request(command, bytes(n & 0xFF for n in data))))
        assert reply[4] == command and len(reply) == reply[1] + 3
        code = reply[3] - 256 if reply[3] > 127 else reply[3]
        return (code, *reply[5:-1]) if code == 0 else code


def test_no_word_unasked():
    host = Host()
    assert host.wait(1000.0) == ''
    assert host.camera.next_due() is None


FLOWS = {
    'increment': [('58 04 01 0d 01 03 0e', '58 03 01 00 0d 0c'),
                  (GET, '58 05 01 00 0b 13 03 1a')],
    'vectors 1, 2': [(GET, F8)],
    'vector 18': [('58 02 01 c8 c9', '58 03 01 fe c8 37')],
    'vector 20': [('58 03 01 19 01 19', '58 03 01 00 19 18')],
    'vector 32': [('58 00 00', '58 03 01 fc ff 02')],
    'vector 33': [('58 01 01 01', '58 03 01 fc ff 02')],
    'vector 34': [('58 03 01 0a 12 19', '58 03 01 fc 0a f7')],
    'version 2': [('58 02 02 0b 09', '58 03 01 fb 0b f1')],
    'wrong checksum': [('58 02 01 0b 0b', ''), (0.2, ''), (GET, F8)],
    'half a request': [('58 02 01 0b', ''), (0.2, ''), (GET, F8)],
    'in pieces': [('58', ''), (0.09, ''), ('02 01', ''), (0.09, ''), ('0b 0a', F8)],
    'prefix before it': [('58' + GET, ''), (0.11, F8)],
    'two at once': [(GET + STATUS, F8 + READY)],
    'later revisions': [('58 02 01 70 71', '58 03 01 fe 70 8f')],
}


@pytest.mark.parametrize('section', ['7.1', '7.2', '7.3', '7.4', '7.7'])
def test_conversation_of_the_document(section):
    Host().play(*conversations.document('ix_link')[section])


def test_7_6_lost_reply_to_an_increment():
    host = Host()
    host.camera.misbehave('lose_reply')
    host.play(*conversations.document('ix_link')['7.6'])


@pytest.mark.parametrize('name', FLOWS)
def test_conversation(name):
    host = Host()
    for said, answer in FLOWS[name]:
        heard = host.wait(said) if isinstance(said, float) else host.ask(said)
        assert heard == bytes.fromhex(answer).hex(' '), said


def test_7_3_synchronous_capture_answers_at_the_end_and_nothing_else_before():
    host = Host()
    host.do(Command.SET_SHUTTER_SPEED, 0, 3)  # 1 s
    assert host.ask(SYNC) == ''
    assert host.ask(STATUS + GET) == ''
    assert host.wait(2.29) == ''
    assert host.wait(0.02) == bytes.fromhex(TAKEN + READY + F8).hex(' ')
    assert len(host.camera.shots) == 1


def test_7_5_capture_refused():
    host = Host()
    assert host.ask(CAPTURE) == TAKEN
    assert host.ask(SYNC) == host.ask(CAPTURE) == REFUSED
    host.wait(1.0)
    host.camera.error = True
    assert host.ask(STATUS) == ERROR
    assert host.ask(CAPTURE) == REFUSED
    assert host.do(Command.CAPTURE, 2) == -6
    assert len(host.camera.shots) == 1


def test_the_phases_of_a_picture():
    host = Host()
    host.do(Command.SET_SHUTTER_SPEED, -3, 3)  # 2 s
    host.ask(CAPTURE)
    phases = []
    for seconds in (0.0, 1.9, 0.2, 0.3, 1.8, 0.2):
        host.wait(seconds)
        phases.append(host.camera.phase)
    assert phases == ['exposing', 'exposing', 'reading out', 'dark frame', 'dark frame', 'idle']
    shot = host.camera.shots[0]
    assert (shot.exposure_time, shot.f_number, shot.iso) == (2.0, 8.0, 100.0)


def test_without_black_calibration_there_is_no_dark_frame():
    host = Host()
    assert host.do(Command.SET_BLACK_CALIB_MODE, 1) == (0,)
    assert host.camera.black_calibration is BlackCalibration.SUPPRESSED
    assert host.do(Command.SET_BLACK_CALIB_MODE, 2) == -6
    host.do(Command.SET_SHUTTER_SPEED, -3, 3)
    host.ask(CAPTURE)
    assert host.ask(STATUS, 2.29) == BUSY
    assert host.ask(STATUS, 0.02) == BUSY  # it was answered when it was asked
    assert host.ask(STATUS) == READY


def test_exposure_by_the_rules():
    host = Host()
    assert host.do(Command.SET_APERTURE, 6, 1) == (0,)
    assert host.do(Command.GET_APERTURE) == (0, 18, 3)  # with the range's denominator
    for bad in ((18, 0), (8, 3), (28, 3), (-1, 1)):
        assert host.do(Command.SET_APERTURE, *bad) == -6
    assert host.do(Command.SET_APERTURE, 37, 6) == (0,)  # a tie goes up
    assert host.do(Command.GET_APERTURE) == (0, 19, 3)
    assert [host.do(Command.INCREMENT_APERTURE, 1, 3) for _ in range(2)] == [(0,), (0,)]
    assert host.do(Command.GET_APERTURE) == (0, 21, 3)
    assert host.do(Command.INCREMENT_APERTURE, 7, 3) == -6
    assert host.do(Command.INCREMENT_APERTURE, -1, 0) == -6
    assert host.do(Command.GET_APERTURE) == (0, 21, 3)
    assert host.do(Command.INCREMENT_SHUTTER_SPEED, -1, 3) == (0,)
    assert isclose(host.camera.exposure_time, 2 ** (-23 / 3))
    assert host.do(Command.INCREMENT_ISO, 1, 1) == (0,)
    assert host.camera.values['iso'] == 6


def test_a_strict_camera_refuses_what_is_off_its_grid():
    host = Host(strict=True)
    assert host.do(Command.SET_APERTURE, 37, 6) == -6
    assert host.do(Command.SET_APERTURE, 12, 2) == (0,)


def test_nothing_is_set_while_it_is_busy():
    for refuses, answer in ((True, -3), (False, (0,))):
        host = Host(busy_refuses=refuses)
        host.ask(CAPTURE)
        assert host.do(Command.SET_APERTURE, 18, 3) == answer
        assert host.do(Command.INCREMENT_ISO, 1, 3) == answer
        assert host.do(Command.START_LIVE_VIEW) == answer
        assert host.do(Command.GET_APERTURE) == (0, 18, 3)


def test_mute_while_it_is_busy():
    host = Host(busy_mute=True)
    assert host.ask(CAPTURE) == TAKEN
    assert host.ask(STATUS) == ''
    assert host.wait(0.4) == READY


def test_live_view_and_its_region():
    host = Host()
    for _ in range(2):
        assert host.do(Command.START_LIVE_VIEW) == (0,)
        assert host.camera.live_view
    assert host.do(Command.SET_REGION_OF_INTEREST, 1, 255, 100) == (0,)
    assert host.camera.region == LiveViewRegion(1, 255, 100)
    for bad in ((0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 101)):
        assert host.do(Command.SET_REGION_OF_INTEREST, *bad) == -6
    for _ in range(2):
        assert host.do(Command.STOP_LIVE_VIEW, 0) == (0,)
        assert not host.camera.live_view
    assert host.do(Command.STOP_LIVE_VIEW, 2) == -6
    assert Host(hdmi=False).do(Command.SET_REGION_OF_INTEREST, 1, 1, 1) == -2


def test_power_cycle():
    host = Host(baudrate=115200)
    host.do(Command.START_LIVE_VIEW)
    host.ask(CAPTURE)
    host.camera.power_cycle()
    assert host.ask(STATUS) == READY
    assert not host.camera.live_view and host.camera.line.baudrate == 115200


# What it can be made to do wrong.

ANSWERS = {
    'general': '58 03 01 ff 0b f5', 'not_supported': '58 03 01 fe 0b f4',
    'cannot_execute': '58 03 01 fd 0b f7', 'msg_size': '58 03 01 fc 0b f6',
    'protocol_version': '58 03 01 fb 0b f1', 'out_of_range': '58 03 01 fa 0b f0',
    'unknown_code': '58 03 01 9c 0b 96', 'positive_code': '58 05 01 07 0b 12 03 1c',
    'unnamed_size': '58 03 01 fc ff 02', 'unnamed_general': '58 03 01 ff ff 01',
    'silence': '', 'lose_reply': '', 'repeated_reply': F8 + F8,
    'wrong_checksum': '58 05 01 00 0b 12 03 1a', 'wrong_size': '58 06 01 00 0b 12 03 1b',
    'wrong_id': '58 05 01 00 0c 12 03 1c', 'version_2': '58 05 02 00 0b 12 03 18',
    'truncated': '58 05 01 00 0b 12 03', 'noise_before': '00 58 ff 01' + F8,
    'noise_inside': '58 05 01 00 58 0b 12 03 1b', 'data_too_long': '58 06 01 00 0b 12 03 01 1a',
    'data_missing': '58 03 01 00 0b 0a', 'error_with_data': '58 05 01 ff 0b 01 02 f6',
    'shifted': '58 05 01 00 0b 12 1b 03 1b',
    'zero_denominator': '58 05 01 00 0b 12 00 18', 'reversed_range': '58 05 01 00 0b 7f 03 76',
    'unknown_status': '58 05 01 00 0b 07 03 0e',
}


@pytest.mark.parametrize('fault', ANSWERS)
def test_faulty_answers(fault):
    host = Host()
    host.camera.misbehave(fault, skip=1, command=bytes([Command.GET_APERTURE]))
    assert host.ask(STATUS) == READY
    assert host.ask(GET) == F8
    assert host.ask(GET) == bytes.fromhex(ANSWERS[fault]).hex(' ')
    assert host.ask(GET) == F8
    assert host.camera.faults.pending == []


def test_late_and_broken_up_replies():
    host = Host()
    host.camera.misbehave('late_reply')
    assert host.ask(GET) == ''
    assert host.ask(STATUS) == ''  # in order, behind it
    assert host.wait(LATE) == bytes.fromhex(F8 + READY).hex(' ')
    host.camera.misbehave('pieces')
    assert host.ask(GET, 0.05) == F8[:8]
    assert host.wait(1.0) == F8[9:]


def test_pictures_that_fail():
    host = Host()
    host.camera.misbehave('fail_capture')
    assert host.ask(CAPTURE, 1.0) == TAKEN
    assert host.ask(STATUS) == ERROR
    host.camera.error = False
    host.camera.misbehave('fail_capture')
    assert host.ask(SYNC, 1.0) == '58 03 01 ff 6e 90'
    host.camera.error = False
    host.camera.misbehave('stay_busy')
    assert host.ask(CAPTURE, 1e6) == TAKEN
    assert host.ask(STATUS) == BUSY


def test_every_fault_is_known():
    others = {'late_reply', 'pieces', 'fail_capture', 'stay_busy'}
    assert set(FAULTS) == set(ANSWERS) | others
    with pytest.raises(ValueError, match='no such fault: melt; there are: silence'):
        IxLinkSimulator().misbehave('melt')
    with pytest.raises(TypeError):
        IxLinkSimulator(colour='red')


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30) | st.builds(
    Request, st.sampled_from(Command), st.binary(max_size=3)).map(encode), max_size=10),
    st.lists(st.sampled_from(list(FAULTS)), max_size=4))
def test_it_survives_anything(chunks, faults):
    host = Host()
    for fault in faults:
        host.camera.misbehave(fault)
    for chunk in chunks:
        host.ask(chunk.hex(), 0.05)
    host.wait(1000.0)
    assert len(host.camera._decoder._buffer) <= MAX_FRAME
    for name, value in host.camera.values.items():
        grid = host.camera.grids[name]
        assert isinstance(grid, Grid)
        assert value in {Fraction(n, grid.denominator) for n in grid.numerators}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated camera can be made to do wrong, and how models differ (sierra.md 9.6)."""

from helpers import pattern
from hypothesis import given, settings, strategies as st
import pytest
from sierra.host import (
    ACK, CAN, connect, DC1, DONE, END, ENQ, GET, NAK, NUL, PICTURE, REFUSED, TWO)

from camera_driver.devices.sierra.codec import encode, Packet, Type
from camera_driver.devices.sierra.simulator.faults import FAULTS
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator, State


def test_quirks_of_actions():
    assert connect(done_code=6)[1].act(8, 1) == ACK + ACK
    assert connect(ack_as_enq=True)[1].act(8, 1) == ENQ + ENQ
    assert connect(surplus_enq=True)[1].act(8, 1) == DONE + ENQ


def test_quirks_of_replies():
    _, host = connect(checksum=b'\xff\xff', negative_length=True)
    assert host.ask(GET) == TWO[:-2] + b'\xff\xff'
    host.set(4, 1)
    assert host.get(12) == -5000


def test_there_is_no_such_option_or_fault(camera):
    with pytest.raises(TypeError, match='colour'):
        SierraSimulator(colour=1)
    with pytest.raises(ValueError, match='no such fault: melt; there are: nak_command'):
        camera[0].misbehave('melt')


@pytest.mark.parametrize('fault, answer', [
    ('nak_command', NAK), ('refuse', DC1), ('cancel_code', CAN), ('silence', b''),
    ('session_end', END), ('session_error', b'\xfc'), ('wrong_speed', b'\x8c'),
])
def test_faulty_answers(camera, fault, answer):
    simulator, host = camera
    host.set(17, 5)
    simulator.misbehave(fault, 2)
    assert host.set(7, 3) == answer
    assert simulator.registers[7] == 0
    ended = answer in (END, b'\xfc', b'\x8c')
    assert (simulator.state is State.ASLEEP) == ended
    assert simulator.line.baudrate == (19200 if ended else 115200)
    assert host.set(7, 3) == answer
    assert host.set(7, 3) == ACK
    assert simulator.faults.pending == []


def test_a_fault_waits_for_its_command_and_occasion(camera):
    simulator, host = camera
    simulator.misbehave('silence', skip=1, command=b'\0\x07')
    assert host.set(4, 1) == host.set(7, 1) == host.set(4, 1) == ACK
    assert host.set(7, 2) == b''
    assert host.set(7, 2) == ACK


@pytest.mark.parametrize('fault, packet', [
    ('truncated_packet', TWO[:-3]), ('dropped_byte', TWO[:5] + TWO[6:]), ('lost_packet', b''),
    ('damaged_packet', None),
    ('wrong_sequence', TWO[:1] + b'\5' + TWO[2:]),
])
def test_faulty_packets(camera, fault, packet):
    simulator, host = camera
    simulator.misbehave(fault)
    heard = host.ask(GET)
    assert heard == packet or packet is None and heard != TWO and len(heard) == len(TWO)
    assert host.ask(NAK) == TWO


def test_duplicate_packet(camera):
    simulator, host = camera
    simulator.misbehave('duplicate_packet')
    host.set(4, 1)
    packets = [host.ask(PICTURE), *(host.ask(ACK) for _ in range(4))]
    assert packets[0] == packets[1]
    assert [packet[:2] for packet in packets] == [
        b'\x02\x00', b'\x02\x00', b'\x02\x01', b'\x03\x02', b'']


def test_an_ack_that_is_not_heard(camera):
    simulator, host = camera
    simulator.misbehave('ack_unheard')
    host.set(4, 1)
    packet = host.ask(PICTURE)
    assert host.ask(ACK) == b''
    assert host.ask(NAK) == packet
    assert host.ask(ACK)[:2] == b'\x02\x01'


def test_session_ends_in_a_transfer(camera):
    simulator, host = camera
    simulator.misbehave('end_session_in_transfer')
    host.set(4, 1)
    assert len(host.ask(PICTURE)) == 2054
    assert host.ask(ACK) == END
    assert simulator.state is State.ASLEEP


def test_endless_data(camera):
    simulator, host = camera
    simulator.misbehave('endless_data', command=b'\4')
    host.set(4, 1)
    packet = host.ask(PICTURE)
    for i in range(600):
        assert packet[:2] == bytes([2, i % 256])
        packet = host.ask(ACK)
    assert host.get(1) == 2


def test_faults_that_no_checksum_shows(camera):
    simulator, host = camera
    host.set(4, 1)
    simulator.misbehave('damaged_reply')
    assert [a != b for a, b in zip(host.read(14), pattern(5000))].count(True) == 1
    simulator.misbehave('short_reply')
    assert host.read(14) == pattern(2500)


def test_lost_answers(camera):
    simulator, host = camera
    simulator.misbehave('lose_signature')
    assert [host.ask(NUL), host.ask(NUL)] == [b'', NAK]
    simulator.misbehave('lose_ack')
    assert host.set(7, 3) == b''
    assert host.get(7) == 3
    simulator.misbehave('lose_ack_of_action')
    assert host.act(2, seconds=5.0) == b''
    simulator.misbehave('damaged_ack_of_action')
    assert host.act(8, 1) == b'F' + ENQ
    simulator.misbehave('lose_done')
    assert host.act(2, seconds=5.0) == ACK
    simulator.misbehave('fail_action')
    assert host.act(2) == REFUSED
    assert (len(simulator.shots), host.get(10)) == (2, 5)


def test_hostile_values(camera):
    simulator, host = camera
    host.set(4, 1)
    simulator.misbehave('huge_length')
    simulator.misbehave('negative_length')
    assert [host.get(12), host.get(12), host.get(12)] == [2 ** 31 - 1, -2 ** 31, 5000]
    simulator.misbehave('hostile_name')
    assert host.read(79) == b'../../etc/passwd\0'
    simulator.misbehave('endless_name')
    assert host.read(79) == b'A' * 2048
    simulator.misbehave('huge_count')
    assert host.get(10) == 2 ** 31 - 1
    assert host.get(10) == 3


def test_log(camera):
    simulator, host = camera
    host.set(4, 1)
    host.get(1)
    assert list(simulator.log) == [b'\0\4\1\0\0\0', b'\1\1']


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30)
                | st.builds(lambda data: encode(Packet(Type.COMMAND, 0x43, data)),
                            st.binary(max_size=8)), max_size=30),
       st.lists(st.sampled_from(sorted(FAULTS)), max_size=3), st.floats(0, 3))
def test_any_bytes_and_any_faults(pieces, faults, pause):
    """It neither fails nor babbles, and is there again after power-on."""
    simulator, host = connect(resolutions={2: Resolution(160, 120, 20000)},
                              memory_size=8548 + 40_000)
    for fault in faults:
        simulator.misbehave(fault)
    for piece in pieces:
        host.ask(piece, pause)
    assert host.ask(b'', 3000.0).count(END) <= 2
    assert host.ask(b'', 3000.0) == b''
    simulator.power_cycle()
    assert NAK in [host.ask(NUL) for _ in range(4)]

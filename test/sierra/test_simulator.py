# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The rules for a simulated camera: link, session, registers (sierra.md, sections 3.1 and 9)."""

from datetime import datetime

from helpers import pattern
import pytest
from sierra.host import ACK, connect, DC1, DONE, END, ENQ, GET, NAK, NUL, PICTURE, REFUSED, TWO

from camera_driver.devices.sierra.codec import (
    Code, command, pack_int, Packet, SUB_FIRST, Type, unpack_int)
from camera_driver.devices.sierra.registers import NUMBER, REGISTERS, UPLOAD_MAGIC
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator, State
from camera_driver.pictures.image import check


# Link (9.1).

def test_nul_is_answered_in_every_state_and_begins_a_session(camera):
    simulator, host = camera
    for prepare in (lambda: None, lambda: host.ask(GET), lambda: host.set(17, 5),
                    lambda: host.act(4)):
        prepare()
        host.set(4, 2)
        assert host.ask(NUL) == NAK
        assert (simulator.state, simulator.line.baudrate) == (State.READY, 19200)
        assert host.get(4) == 0


def test_commands_of_either_subtype_without_wake_up():
    _, host = connect()
    assert host.ask(GET) == TWO
    host.say(ACK)
    assert host.ask(command(Code.GET_INT, 1, sub=SUB_FIRST)) == TWO


def test_wake_up_required():
    _, host = connect(require_wakeup=True)
    assert host.ask(GET) == b''
    assert host.ask(NUL) == NAK
    assert host.ask(GET) == TWO


@pytest.mark.parametrize('number', [1, 2])
def test_noise_of_waking_up(number):
    _, host = connect(wake_noise=number)
    assert host.ask(NUL) == END * number
    assert host.ask(NUL) == NAK
    assert host.ask(NUL) == NAK


def test_noise_between_packets_is_dropped(camera):
    _, host = camera
    assert host.ask(bytes.fromhex('41 7f 80 aa') + GET) == TWO


def test_bytes_one_by_one(camera):
    _, host = camera
    for byte in GET:
        assert host.heard == b''
        host.say(bytes([byte]))
        host.wait(0.3)
    assert host.hear() == TWO


def test_half_a_packet_is_forgotten_after_a_second(camera):
    _, host = camera
    assert host.ask(GET[:5], 0.9) == b''
    assert host.ask(GET[5:]) == TWO
    host.say(ACK)
    assert host.ask(GET[:5], 1.1) == b''
    assert host.ask(GET) == TWO


@pytest.mark.parametrize('damaged', [
    '1b 43 06 00 00 04 02 00 00 00 05 00',
    '1b 43 01 08 00 04 02 00 00 00 06 00',
    '1b 43 05 00 00 04 02 00 00 00 06 00',
])
def test_a_damaged_command_is_asked_for_again(camera, damaged):
    _, host = camera
    assert host.ask(bytes.fromhex(damaged), 0.2) == NAK
    assert host.get(4) == 0
    assert host.set(4, 2) == ACK


def test_stray_ack_and_nak_are_ignored(camera):
    _, host = camera
    for prepare in (lambda: None, lambda: host.get(1), lambda: host.set(4, 1),
                    lambda: host.act(8, 1)):
        prepare()
        assert host.ask(ACK + NAK, 1.0) == b''


def test_a_packet_is_repeated_until_its_ack_and_not_beyond(camera):
    _, host = camera
    host.set(4, 1)
    first = host.ask(PICTURE)
    assert host.ask(NAK) == host.ask(NAK) == first
    second = host.ask(ACK)
    assert second[1] == 1
    assert host.ask(NAK) == second
    assert host.ask(ACK)[:2] == b'\x03\x02'
    assert host.ask(ACK) == host.ask(NAK) == b''


def test_a_command_cancels_a_transfer(camera):
    _, host = camera
    host.set(4, 1)
    host.ask(PICTURE)
    assert host.set(4, 2) == ACK
    assert host.ask(NAK) == host.ask(ACK) == b''


def test_sequence_numbers_wrap():
    data = pattern(2048 * 300 + 5)
    _, host = connect(frames=[Frame(data, b'', 'A.JPG', datetime(2001, 1, 1))])
    host.set(4, 1)
    packet, numbers = host.ask(PICTURE), []
    while packet:
        numbers.append(packet[1])
        packet = host.ask(ACK)
    assert numbers == [i % 256 for i in range(301)]
    assert host.read(14) == data


def test_nothing_is_sent_unasked_but_the_end(camera):
    _, host = camera
    assert host.ask(b'', 9.9) == b''
    assert host.ask(b'', 0.2) == END
    assert host.ask(b'', 1000.0) == b''


# Speed and session (9.5).

@pytest.mark.parametrize('code, baudrate', [(1, 9600), (2, 19200), (3, 38400), (4, 57600),
                                            (5, 115200)])
def test_speeds(camera, code, baudrate):
    simulator, host = camera
    assert host.set(17, code) == ACK
    assert simulator.line.baudrate == baudrate
    assert host.get(17) == code


@pytest.mark.parametrize('code', [-1, 6, 7, 256, 264, 0x10000002])
def test_speeds_that_are_refused(camera, code):
    simulator, host = camera
    host.set(17, 4)
    assert host.set(17, code) == DC1
    assert host.set(17) == DC1
    assert simulator.line.baudrate == 57600


def test_options_of_speed():
    simulator, host = connect(max_speed=38400, refuses_same_speed=True)
    assert host.set(17, 4) == DC1
    assert host.set(17, 3) == ACK
    assert host.set(17, 3) == DC1
    simulator, host = connect(max_speed=230400)
    assert host.set(17, 6) == ACK
    assert simulator.line.baudrate == 230400


def test_a_line_that_does_not_carry_the_speed():
    simulator, host = connect(garbles_above=38400)
    assert host.set(17, 5) == ACK
    assert host.ask(GET) == host.ask(NUL) == b''
    assert host.ask(b'', 10.1) != END
    assert (simulator.state, simulator.line.baudrate) == (State.ASLEEP, 19200)
    assert host.set(17, 3) == ACK
    assert host.ask(GET) == TWO


@pytest.mark.parametrize('prepare', [
    lambda host: None,
    lambda host: (host.set(4, 1), host.ask(PICTURE)),
    lambda host: (host.set(32, UPLOAD_MAGIC), host.write(29, pattern(2046)),
                  host.ask(Packet(Type.DATA, 0, b'x'))),
])
@pytest.mark.parametrize('late', [False, True])
def test_idle_time_out(prepare, late):
    simulator, host = connect(idle_timeout=4.0, ends_at_19200=late)
    host.set(17, 5)
    prepare(host)
    simulator.advance(host.now + 3.9)
    assert simulator.take() == []
    simulator.advance(host.now + 4.1)
    sent, = simulator.take()
    assert (sent.data, sent.line.baudrate) == (END, 19200 if late else 115200)
    assert (simulator.state, simulator.line.baudrate) == (State.ASLEEP, 19200)


def test_any_traffic_restarts_the_idle_clock(camera):
    _, host = camera
    host.set(4, 1)
    host.ask(PICTURE)
    for data in (NAK, ACK, NAK, ACK, ACK):
        host.wait(9.0)
        assert END != host.ask(data)
    host.wait(9.0)
    assert host.ask(GET) == TWO
    assert host.ask(b'', 10.1) == END


def test_the_idle_clock_stands_while_busy():
    _, host = connect(exposure_duration=30.0)
    assert host.act(2, seconds=30.0) == DONE
    assert host.ask(b'', 9.9) == b''
    assert host.ask(b'', 0.2) == END


def test_session_time_out_register(camera):
    _, host = camera
    assert host.set(82, 60) == ACK
    assert host.ask(b'', 59.0) == b''
    assert host.ask(b'', 1.1) == END


@pytest.mark.parametrize('goodbye', [False, True])
def test_end_of_session_by_action(goodbye):
    simulator, host = connect(ff_after_end=goodbye)
    host.set(17, 5)
    assert host.act(4) == DONE + END * goodbye
    assert (simulator.state, simulator.line.baudrate) == (State.ASLEEP, 19200)
    assert host.ask(b'', 100.0) == b''


def test_a_busy_camera_reads_afterwards(camera):
    _, host = camera
    assert host.act(2, seconds=0.5) == ACK
    assert host.ask(GET, 0.4) == b''
    assert host.ask(b'', 0.1) == ENQ + TWO


def test_power_cycle(camera):
    simulator, host = camera
    host.set(17, 5)
    host.set(7, 3)
    host.act(2, seconds=0.5)
    simulator.power_cycle()
    assert host.ask(b'', 20.0) == b''
    assert host.get(17) == 2
    assert host.get(7) == 3
    assert host.get(10) == 3


# Registers (4.2, 9.4).

def test_every_register_answers_as_the_table_says(camera):
    _, host = camera
    host.set(4, 1)
    both = {50, 51, 60, 85, 86}
    for number in range(256):
        row = REGISTERS.get(number)
        readable = row is not None and 'R' in row.access and number not in (83, 84)
        integer = readable and row.kind == 'int32'
        assert isinstance(host.get(number), int) == integer, number
        data = host.read(number)
        if readable and not integer:
            assert data != DC1, number
            if row.kind == 'text':
                assert data.endswith(b'\0') and data.count(0) == 1, number
        else:
            assert data == (b'' if number in both else DC1), number
        if row is not None and row.reads is not None:
            assert (host.get(number) if integer else data) == row.reads
        if row is None or 'W' not in row.access:
            assert host.set(number, 1) == host.write(number, b'x') == DC1, number


@pytest.mark.parametrize('name, values', [
    ('shutter_us', [0, 4000]), ('aperture', [1, 2, 3]), ('flash_mode', [0, 4]),
    ('white_balance', [255, 0]), ('lcd_brightness', [1, 7]), ('image_adjust', [-1, 2]),
    ('resolution', [1, 3]), ('unknown_8', [5]), ('language', [8]), ('focus_position', [240]),
])
def test_integers_are_kept(camera, name, values):
    simulator, host = camera
    for value in values:
        assert host.set(NUMBER[name], value) == ACK
        assert host.get(NUMBER[name]) == value
        assert simulator.registers[NUMBER[name]] == value


@pytest.mark.parametrize('data', [
    command(Code.SET_INT, 7), command(Code.SET_INT, 7, value=b'\1\0\0'),
    command(Code.SET_INT, 22, value=pack_int(1)), command(Code.SET_INT, 1, value=pack_int(99)),
    command(Code.SET_VDATA, 7, value=pack_int(1)), command(Code.SET_VDATA, 69, value=b'short'),
    command(Code.SET_INT, 51, value=pack_int(2)), command(Code.SET_INT, 77, value=pack_int(1)),
    command(Code.GET_INT, 14), command(5, 1), command(200, 1), Packet(Type.COMMAND, 0x43, b''),
    Packet(Type.COMMAND, 0x43, b'\1'), command(Code.ACTION, 3, 0), command(Code.ACTION, 10, 0),
    command(Code.ACTION, 99, 0), command(Code.SET_VDATA, 29, value=b'without magic'),
])
def test_refused(camera, data):
    simulator, host = camera
    before = dict(simulator.registers)
    assert host.ask(data) == DC1
    assert simulator.registers == before


def test_extended_reading(camera):
    _, host = camera
    host.set(4, 1)
    assert host.read(14, Code.GET_VDATA_EXT) == pattern(5000)


def test_missing_and_empty_registers():
    _, host = connect(missing={40, 51, 47}, empty={43, 79})
    host.set(4, 1)
    assert host.get(51) == host.get(40) == host.read(51) == host.read(47) == DC1
    assert host.read(79) == b''


def test_packet_size(camera):
    simulator, host = camera
    assert host.set(77, 256) == ACK
    host.set(4, 1)
    assert len(host.ask(PICTURE)) == 256 + 6
    assert simulator.harmful == {'packet_size': 1}


def test_frame_summary(camera):
    simulator, host = camera
    simulator.frames[0].protected = True
    simulator.frames[0].audio = pattern(100)
    host.set(4, 1)
    summary = host.read(47)
    assert [unpack_int(summary[i:]) for i in range(0, 32, 4)] == [
        5000, 900, 200, 2, 1, 1000000000, 0, 0]
    audio = host.read(43)
    assert (len(audio), unpack_int(audio), unpack_int(audio[4:])) == (32, 200, 100)
    assert host.read(44) == pattern(100)
    assert host.get(39) == 1


def test_camera_summary(camera):
    _, host = camera
    host.set(35, 6)
    summary = host.read(46)
    assert [unpack_int(summary[i:]) for i in range(0, 32, 4)] == [2, 6, 3, 0, 0, 0, 0, 0]


@pytest.mark.parametrize('frame', [0, 4, -1, -16777215])
def test_registers_of_no_frame(camera, frame):
    simulator, host = camera
    assert host.set(4, frame) == ACK
    for number in (12, 13, 39):
        assert host.get(number) == DC1
    for number in (14, 15, 43, 44, 47):
        assert host.read(number) == DC1
    assert host.act(7) == host.act(9, 1) == REFUSED
    assert bool(simulator.harmful['no frame']) == (frame == 0)


def test_reading_without_a_frame_can_hang():
    simulator, host = connect(hangs_without_frame=True)
    host.ask(NUL)
    assert host.ask(command(Code.GET_INT, 12), 60.0) == b''
    assert host.ask(NUL, 60.0) == b''
    assert simulator.state is State.HUNG
    simulator.power_cycle()
    assert host.ask(NUL) == NAK


def test_a_camera_that_forgets_the_frame():
    _, host = connect(forgets_frame=True)
    host.set(4, 1)
    assert host.get(12) == 5000
    assert host.get(13) == DC1


def test_the_newest_name_without_a_frame(camera):
    _, host = camera
    assert host.read(79) == b'P1010003.JPG\0'


def test_clock():
    simulator, host = connect()
    host.now = 500.0
    assert host.get(2) == 1000000000
    host.wait(5.0)
    assert host.get(2) == 1000000005
    for value in (0, -1):
        host.set(2, value)
        host.wait(5.0)
        assert host.get(2) == value
    host.set(2, 2 ** 31 - 1)
    host.wait(1.0)
    assert host.get(2) == -2 ** 31
    check(simulator.press_shutter().data, 'jpeg')


def test_the_shutter_is_pressed_with_no_room_for_the_picture():
    simulator = SierraSimulator(frames=(), memory_size=20_000, resolutions={
        number: Resolution(640, 480, 1_000) for number in range(1, 7)})
    with pytest.raises(RuntimeError, match='no room'):  # it was thought to be smaller
        simulator.press_shutter()

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The conversations of sierra.md, section 6, played from the host's side against the camera."""

from conversations import HOST
from helpers import pattern
import pytest
from sierra.host import ACK, connect, example_frames, FLOWS, IMAGE, NAK, NUL

from camera_driver.devices.sierra.codec import Code, command, encode, pack_int
from camera_driver.devices.sierra.simulator.simulator import State
from camera_driver.pictures.image import check


@pytest.fixture
def example():
    """Return the example camera of section 6, awake."""
    simulator, host = connect(serial_number=None, memory_size=4_000_000 + 8548)
    assert host.ask(NUL) == NAK
    return simulator, host


def test_6_1_connect():
    simulator, host = connect()
    login, folders = FLOWS['6.1']
    host.play(login[:4])
    assert simulator.line.baudrate == 115200
    host.play(login[4:])
    host.play(folders)


def test_the_answer_to_a_change_of_speed_has_the_old_one():
    simulator, _ = connect()
    simulator.receive(encode(command(Code.SET_INT, 17, value=pack_int(5))), 0.0)
    simulator.receive(encode(command(Code.GET_INT, 17)), 0.0)
    assert [sent.line.baudrate for sent in simulator.take()] == [19200, 115200]


def test_6_2_identify(example):
    example[1].play(*FLOWS['6.2'])


def test_6_3_count_images(example):
    example[1].play(*FLOWS['6.3'])


def test_6_4_read_a_thumbnail(example):
    example[1].play(*FLOWS['6.4'])


def test_6_5_read_an_image(example):
    example[1].play(FLOWS['6.5'][0])


def test_6_5_with_a_damaged_packet_and_a_lost_ack(example):
    simulator, host = example
    simulator.misbehave('damaged_packet', skip=1)
    host.set(4, 1)
    flow = FLOWS['6.5'][1]
    assert flow[6] == (HOST, ACK)  # the one that is lost
    host.play(flow[:6] + flow[7:])


def test_6_6_take_a_picture(example):
    simulator, host = example
    host.play(*FLOWS['6.6'])
    assert simulator.shots == [0.0]


def test_6_7_live_preview(example):
    simulator, host = example
    flow, = FLOWS['6.7']
    host.play(flow[:4])
    check(simulator.preview, 'jpeg')
    simulator.camera.preview = pattern(1500)
    host.play(flow[4:])


def test_6_8_delete(example):
    simulator, host = example
    first, _, third = simulator.frames
    flow, = FLOWS['6.8']
    host.play(flow[:5])
    assert simulator.frames == [first, third]
    host.play(flow[5:])
    assert simulator.frames == [first]


def test_6_9_settings(example):
    simulator, host = example
    host.play(*FLOWS['6.9'])
    assert simulator.registers[3] == 4000
    assert host.read(22) == b'HELLO\0'
    assert host.read(69) == pack_int(-7) + pack_int(10)
    assert host.get(34) == 1


def test_6_10_clock(example):
    example[1].play(*FLOWS['6.10'])


def test_6_11_upload(example):
    simulator, host = example
    host.play(*FLOWS['6.11'])
    assert simulator.frames[3].data == IMAGE
    assert host.get(10) == 4


@pytest.mark.parametrize('variant, state', [
    (0, State.ASLEEP), (1, State.ASLEEP), (2, State.READY)])
def test_6_12_disconnect(variant, state):
    simulator, host = connect()
    host.set(17, 5)
    host.play(FLOWS['6.12'][variant])
    assert (simulator.state, simulator.line.baudrate) == (state, 19200)


def test_6_13_loss_of_session():
    simulator, host = connect(wake_noise=1)
    host.ask(NUL + NUL)
    simulator.misbehave('session_end')
    host.play(*FLOWS['6.13'])


def test_6_14_folders():
    _, host = connect(folders={'DCIM/100SIERR': example_frames()})
    host.play(*FLOWS['6.14'])

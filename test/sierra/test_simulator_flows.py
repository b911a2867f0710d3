# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The conversations of sierra.md, section 6, played from the host's side against the camera."""

from helpers import pattern
import pytest
from sierra.host import connect, example_frames, NAK, NUL

from camera_driver.devices.sierra.codec import Code, command, encode, pack_int, Packet, Type
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
    host.play("""
        H>C  00                                             ; NUL, wake up
        C>H  15                                             ; signature
        H>C  1b 53 06 00 00 11 05 00 00 00 16 00            ; comm_speed = 5 (115200)
        C>H  06
    """)
    assert simulator.line.baudrate == 115200
    host.play("""
        H>C  1b 43 02 00 01 01 02 00                        ; get_int 1
        C>H  03 00 04 00 02 00 00 00 02 00                  ; resolution = 2
        H>C  06
        H>C  1b 43 02 00 00 53 53 00                        ; set register 83 without value
        C>H  06
        H>C  1b 43 03 00 03 54 5c b3 00                     ; set folder_name to the root
        C>H  11                                             ; no folders
    """)


def test_the_answer_to_a_change_of_speed_has_the_old_one():
    simulator, _ = connect()
    simulator.receive(encode(command(Code.SET_INT, 17, value=pack_int(5))), 0.0)
    simulator.receive(encode(command(Code.GET_INT, 17)), 0.0)
    assert [sent.line.baudrate for sent in simulator.take()] == [19200, 115200]


def test_6_2_identify(example):
    example[1].play("""
        H>C  1b 43 06 00 00 04 00 00 00 00 04 00
        C>H  06
        H>C  1b 43 02 00 04 1b 1f 00                        ; model
        C>H  03 00 08 00 53 49 4d 2d 36 34 30 00 b0 01
        H>C  06
        H>C  1b 43 02 00 04 30 34 00                        ; manufacturer
        C>H  03 00 08 00 53 49 4d 43 4f 52 50 00 1d 02
        H>C  06
        H>C  1b 43 02 00 04 16 1a 00                        ; camera_id: one NUL
        C>H  03 00 01 00 00 00 00
        H>C  06
        H>C  1b 43 02 00 04 19 1d 00                        ; serial_number: no data at all
        C>H  03 00 00 00 00 00
        H>C  06
        H>C  1b 43 02 00 04 1a 1e 00                        ; firmware_version
        C>H  03 00 06 00 76 31 2e 30 30 00 35 01
        H>C  06
    """)


def test_6_3_count_images(example):
    example[1].play("""
        H>C  1b 43 02 00 01 0a 0b 00                        ; frames_taken
        C>H  03 00 04 00 03 00 00 00 03 00
        H>C  06
        H>C  1b 43 02 00 01 33 34 00                        ; card_status
        C>H  03 00 04 00 02 00 00 00 02 00
        H>C  06
    """)


def test_6_4_read_a_thumbnail(example):
    example[1].play("""
        H>C  1b 43 06 00 00 04 01 00 00 00 05 00            ; current_frame = 1
        C>H  06
        H>C  1b 43 02 00 01 0d 0e 00                        ; thumbnail_length
        C>H  03 00 04 00 84 03 00 00 87 00                  ; 900
        H>C  06
        H>C  1b 43 06 00 00 04 01 00 00 00 05 00
        C>H  06
        H>C  1b 43 02 00 04 0f 13 00                        ; thumbnail_data
        C>H  03 00 84 03 03 0a 11 18 1f 26 2d 34 .. aa b1 b8 bf 92 bf  [906 bytes, sha256 5372f2912b58a762]
        H>C  06
    """)  # noqa: E501


PACKETS = """
    C>H  02 00 00 08 03 0a 11 18 .. 42 49 50 57 00 fc  [2054 bytes, sha256 c080c3a2c7709548]
    C>H  02 01 00 08 6b 72 79 80 .. aa b1 b8 bf 00 fc  [2054 bytes, sha256 cae15ff1042fcba1]
    C>H  03 02 88 03 d3 da e1 e8 .. 96 9d a4 ab 54 be  [910 bytes, sha256 1fcd74aad5fa4ef0]
""".strip().splitlines()


def test_6_5_read_an_image(example):
    example[1].play(f"""
        H>C  1b 43 06 00 00 04 01 00 00 00 05 00            ; current_frame = 1
        C>H  06
        H>C  1b 43 02 00 01 0c 0d 00                        ; frame_length
        C>H  03 00 04 00 88 13 00 00 9b 00                  ; 5000
        H>C  06
        H>C  1b 43 06 00 00 04 01 00 00 00 05 00
        C>H  06
        H>C  1b 43 02 00 04 0e 12 00                        ; frame_data
        {PACKETS[0]}
        H>C  06
        {PACKETS[1]}
        H>C  06
        {PACKETS[2]}
        H>C  06
    """)


def test_6_5_with_a_damaged_packet_and_a_lost_ack(example):
    simulator, host = example
    simulator.misbehave('damaged_packet', skip=1)
    host.set(4, 1)
    host.play(f"""
        H>C  1b 43 02 00 04 0e 12 00
        {PACKETS[0]}
        H>C  06
        C>H  02 01 00 08 6b 72 79 80 .. aa b1 b8 bf 00 fc  [2054 bytes, sha256 19f3108c6640b207]
        H>C  15
        {PACKETS[1]}
        wait 3.0
        H>C  15
        {PACKETS[1]}
        H>C  06
        {PACKETS[2]}
        H>C  06
    """)


def test_6_6_take_a_picture(example):
    simulator, host = example
    host.play("""
        H>C  1b 43 03 00 02 02 00 04 00                     ; take_picture
        C>H  06
        wait 1.0
        C>H  05
        H>C  1b 43 02 00 01 04 05 00                        ; which frame?
        C>H  03 00 04 00 04 00 00 00 04 00
        H>C  06
        H>C  1b 43 02 00 01 0a 0b 00
        C>H  03 00 04 00 04 00 00 00 04 00
        H>C  06
    """)
    assert simulator.shots == [0.0]


def test_6_7_live_preview(example):
    simulator, host = example
    host.play("""
        H>C  1b 43 03 00 02 05 00 07 00                     ; take_preview
        C>H  06
        wait 1.0
        C>H  05
    """)
    check(simulator.preview, 'jpeg')
    simulator.camera.preview = pattern(1500)
    host.play("""
        H>C  1b 43 06 00 00 04 00 00 00 00 04 00            ; frame 0 = preview
        C>H  06
        H>C  1b 43 02 00 01 0c 0d 00
        C>H  03 00 04 00 dc 05 00 00 e1 00                  ; 1500
        H>C  06
        H>C  1b 43 06 00 00 04 00 00 00 00 04 00
        C>H  06
        H>C  1b 43 02 00 04 0e 12 00
        C>H  03 00 dc 05 03 0a 11 18 .. 2c 33 3a 41 a6 ea  [1506 bytes, sha256 9390542837066ca6]
        H>C  06
    """)


def test_6_8_delete(example):
    simulator, host = example
    first, _, third = simulator.frames
    host.play("""
        H>C  1b 43 06 00 00 04 02 00 00 00 06 00            ; current_frame = 2
        C>H  06
        H>C  1b 43 03 00 02 07 00 09 00                     ; erase_frame
        C>H  06
        C>H  05
    """)
    assert simulator.frames == [first, third]
    host.play("""
        H>C  1b 43 06 00 00 04 01 00 00 00 05 00            ; protect frame 1
        C>H  06
        H>C  1b 43 03 00 02 09 01 0c 00
        C>H  06
        C>H  05
        H>C  1b 43 03 00 02 01 00 03 00                     ; erase_all
        C>H  06
        C>H  05
    """)
    assert simulator.frames == [first]


def test_6_9_settings(example):
    simulator, host = example
    host.play("""
        H>C  1b 43 06 00 00 07 03 00 00 00 0a 00            ; flash_mode = 3 (anti-red-eye)
        C>H  06
        H>C  1b 43 02 00 01 07 08 00                        ; read back
        C>H  03 00 04 00 03 00 00 00 03 00
        H>C  06
        H>C  1b 43 06 00 00 03 a0 0f 00 00 b2 00            ; shutter_us = 4000 (1/250 s)
        C>H  06
        H>C  1b 43 07 00 03 16 48 45 4c 4c 4f 8d 01         ; camera_id = "HELLO", no NUL
        C>H  06
        H>C  1b 43 0a 00 03 45 f9 ff ff ff 0a 00 00 00 48 04  ; exposure_compensation = -7/10
        C>H  06
        H>C  1b 43 03 00 02 08 01 0b 00                     ; LCD off
        C>H  06
        C>H  05
        H>C  1b 43 06 00 00 c8 01 00 00 00 c9 00            ; a register the camera has not
        C>H  11
    """)
    assert simulator.registers[3] == 4000
    assert host.read(22) == b'HELLO\0'
    assert host.read(69) == pack_int(-7) + pack_int(10)
    assert host.get(34) == 1


def test_6_10_clock(example):
    example[1].play("""
        H>C  1b 43 06 00 00 02 00 ca 9a 3b a1 01            ; clock
        C>H  06
        wait 1.5
        H>C  1b 43 02 00 01 02 03 00
        C>H  03 00 04 00 01 ca 9a 3b a0 01                  ; one second later
        H>C  06
    """)


def test_6_11_upload(example):
    simulator, host = example
    data = pattern(5000)
    host.play(frames={
        'command': encode(command(Code.SET_VDATA, 29, value=data[:2046])),
        'first': encode(Packet(Type.DATA, 0, data[2046:4094])),
        'last': encode(Packet(Type.LAST, 1, data[4094:])),
    }, text="""
        H>C  1b 43 02 00 01 1c 1d 00                        ; memory_free
        C>H  03 00 04 00 00 09 3d 00 46 00                  ; 4000000
        H>C  06
        H>C  1b 43 06 00 00 20 0e 00 ec 0f 29 01            ; upload_magic
        C>H  06
        H>C  command
        C>H  06
        H>C  first
        C>H  06
        H>C  last
        C>H  06
        H>C  1b 43 03 00 02 0b 00 0d 00                     ; store_upload
        C>H  06
        C>H  05
    """)
    assert simulator.frames[3].data == data
    assert host.get(10) == 4


def test_6_12_disconnect():
    for text in ("""
        H>C  1b 53 06 00 00 11 00 00 00 00 11 00            ; speed code 0
        C>H  06
    """, """
        H>C  1b 43 03 00 02 04 00 06 00                     ; end_session
        C>H  06
        C>H  05
    """):
        simulator, host = connect()
        host.set(17, 5)
        host.play(text)
        assert (simulator.state, simulator.line.baudrate) == (State.ASLEEP, 19200)
    simulator, host = connect()
    host.set(17, 5)
    host.play("""
        H>C  1b 53 06 00 00 11 02 00 00 00 13 00            ; back to 19200
        C>H  06
    """)
    assert (simulator.state, simulator.line.baudrate) == (State.READY, 19200)


def test_6_13_loss_of_session():
    simulator, host = connect(wake_noise=1)
    host.ask(NUL + NUL)
    simulator.misbehave('session_end')
    host.play("""
        H>C  1b 43 02 00 01 10 11 00                        ; battery_percent
        C>H  ff
        H>C  00
        C>H  ff
        H>C  00
        C>H  15
        H>C  1b 53 06 00 00 11 05 00 00 00 16 00
        C>H  06
        H>C  1b 43 02 00 01 10 11 00
        C>H  03 00 04 00 57 00 00 00 57 00                  ; 87 percent
        H>C  06
    """)


def test_6_14_folders():
    _, host = connect(folders={'DCIM/100SIERR': example_frames()})
    host.play("""
        H>C  1b 43 03 00 03 54 5c b3 00                     ; to the root
        C>H  06
        H>C  1b 43 02 00 01 53 54 00                        ; number of sub-folders
        C>H  03 00 04 00 01 00 00 00 01 00
        H>C  06
        H>C  1b 43 06 00 00 53 01 00 00 00 54 00            ; select the first
        C>H  06
        H>C  1b 43 02 00 04 54 58 00                        ; its name
        C>H  03 00 09 00 44 43 49 4d 20 20 20 20 00 9d 01
        H>C  06
        H>C  1b 43 06 00 03 54 44 43 49 4d 74 01            ; enter it
        C>H  06
        H>C  1b 43 0a 00 03 54 31 30 30 53 49 45 52 52 6d 02
        C>H  06
        H>C  1b 43 02 00 01 0a 0b 00                        ; frames in this folder
        C>H  03 00 04 00 03 00 00 00 03 00
        H>C  06
        H>C  1b 43 06 00 00 04 02 00 00 00 06 00
        C>H  06
        H>C  1b 43 02 00 04 4f 53 00                        ; frame_filename
        C>H  03 00 0d 00 50 31 30 31 30 30 30 32 2e 4a 50 47 00 b3 02
        H>C  06
    """)

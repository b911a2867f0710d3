# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures, uploads and folders of a simulated camera (sierra.md 4.5, 4.7, 6.11, 9.4)."""

from datetime import datetime
import io

from helpers import pattern
from PIL import Image
import pytest
from sierra.host import (
    ACK, connect, DC1, DONE, ENQ, example_frames, Host, NAK, NUL, REFUSED)

from camera_driver.devices.sierra.codec import pack_int, Packet, Type, unpack_int
from camera_driver.devices.sierra.registers import UPLOAD_MAGIC
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import Frame, SierraSimulator, State
from camera_driver.pictures.image import check, decode, read_exif


def test_default_camera():
    simulator = SierraSimulator()
    host = Host(simulator)
    assert simulator.frames == sorted(simulator.frames, key=lambda frame: frame.taken)
    assert len({frame.data for frame in simulator.frames}) == host.get(10) == 5
    assert sum(len(frame.data) > 64 * 2048 for frame in simulator.frames) == 2
    assert [frame.protected for frame in simulator.frames] == [False, False, True, False, False]
    for number, frame in enumerate(simulator.frames, 1):
        host.set(4, number)
        assert host.read(14) == frame.data
        assert host.read(15) == frame.thumbnail
        assert host.read(79) == frame.name.encode() + b'\0'
        check(frame.data, 'jpeg')
        check(frame.thumbnail, 'jpeg')
    assert not simulator.harmful


def test_take_picture(camera):
    simulator, host = camera
    before = [host.get(register) for register in (10, 11, 28, 40, 60)]
    host.wait(7.0)
    assert host.act(2, seconds=0.9) == ACK
    assert len(simulator.frames) == 3
    assert host.ask(b'', 0.1) == ENQ
    frame = simulator.frames[3]
    assert (frame.name, frame.taken) == ('P1010004.JPG', datetime(2001, 9, 9, 1, 46, 47))
    assert read_exif(frame.data).taken == frame.taken
    assert simulator.shots == [7.0]
    assert host.get(4) == 4
    after = [host.get(register) for register in (10, 11, 28, 40, 60)]
    assert [a - b for a, b in zip(after, before)] == [1, -1, -frame.size, 1, 1]


def test_pictures_differ_and_are_the_same_in_every_run():
    def take():
        simulator, host = connect()
        host.act(2)
        host.act(2)
        return [frame.data for frame in simulator.frames[3:]]

    pictures = take()
    assert pictures == take()
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize('resolution, width', [(1, 320), (2, 640), (3, 1024)])
def test_resolution(camera, resolution, width):
    simulator, host = camera
    host.set(1, resolution)
    host.act(2)
    assert Image.open(io.BytesIO(simulator.frames[3].data)).width == width
    host.set(4, 4)
    assert unpack_int(host.read(47)[12:]) == resolution


def test_resolutions_of_another_camera():
    simulator, host = connect(resolutions={17: Resolution(160, 120, 20000)})
    assert host.get(1) == 17
    host.act(2)
    assert Image.open(io.BytesIO(simulator.frames[3].data)).width == 160


def test_exposure_shows_in_the_picture(camera):
    simulator, host = camera
    host.set(1, 1)
    host.act(2)
    host.set(3, 1000)
    host.act(2, seconds=2.0)
    host.set(3, 4000)
    host.write(69, pack_int(20) + pack_int(10))
    host.act(2, seconds=2.0)
    plain, dark, bright = (frame.data for frame in simulator.frames[3:])
    assert decode(dark).mean() < decode(plain).mean() - 20
    assert decode(bright).mean() > decode(plain).mean() + 20
    assert read_exif(dark).exposure_time == pytest.approx(0.001)


def test_a_long_exposure_takes_its_time(camera):
    _, host = camera
    host.set(3, 2_000_000)
    assert host.act(2, seconds=2.9) == ACK
    assert host.ask(b'', 0.1) == ENQ


def test_preview(camera):
    simulator, host = camera
    assert host.get(12) == DC1
    assert host.act(5) == DONE
    first = simulator.preview
    assert host.get(12) == len(first)
    host.set(4, 0)
    assert host.read(14) == first
    host.act(5)
    assert simulator.preview != first
    assert host.get(10) == 3
    assert simulator.shots == []


def test_memory_full():
    simulator, host = connect(memory_size=8548 + 85_000)
    assert host.get(11) == 1
    assert host.act(2) == DONE
    assert host.get(11) == 0
    assert host.act(2) == REFUSED
    assert (len(simulator.frames), len(simulator.shots)) == (4, 1)
    with pytest.raises(RuntimeError, match='no room'):
        simulator.press_shutter()


def test_somebody_presses_the_shutter(camera):
    simulator, host = camera
    frame = simulator.press_shutter()
    assert simulator.frames[3] is frame
    assert host.get(10) == 4
    assert (host.get(4), simulator.shots) == (0, [])


def test_card(camera):
    simulator, host = camera
    simulator.remove_card()
    assert (host.get(51), host.get(10), host.get(28)) == (1, 0, 0)
    assert host.act(2) == host.act(0) == host.act(1) == REFUSED
    simulator.insert_card()
    assert (host.get(51), host.get(10)) == (2, 3)


def test_erase_renumbers(camera):
    simulator, host = camera
    first, second, third = simulator.frames
    free = host.get(28)
    host.set(4, 2)
    assert host.act(7) == DONE
    assert simulator.frames == [first, third]
    assert host.get(28) == free + second.size
    host.set(4, 2)
    assert host.get(12) == len(third.data)
    assert host.act(0) == DONE
    assert simulator.frames == [first]
    host.act(2)
    assert simulator.frames[1].name == 'P1010004.JPG'
    assert host.act(1) == DONE
    assert host.get(10) == 0
    assert host.act(0) == REFUSED


def test_protected_pictures_survive(camera):
    simulator, host = camera
    last = simulator.frames[2]
    host.set(4, 3)
    assert host.act(9, 1) == DONE
    assert host.act(7) == host.act(0) == host.act(9, 2) == REFUSED
    assert host.act(1) == DONE
    assert simulator.frames == [last]
    host.set(4, 1)
    assert host.act(9, 0) == DONE
    assert host.act(7) == DONE
    assert simulator.frames == []


def test_names_are_unique():
    frames = [Frame(b'', b'', name, datetime(2001, 1, 1))
              for name in ('P1010003.JPG', 'P1010004.JPG')]
    simulator, host = connect(frames=frames)
    host.act(2)
    host.act(2)
    assert len({frame.name for frame in simulator.frames}) == 4


@pytest.mark.parametrize('argument, mode', [(1, 1), (2, 2), (3, 3), (4, 6), (6, 6), (7, 2)])
def test_lcd_mode(camera, argument, mode):
    _, host = camera
    assert host.act(8, argument) == DONE
    assert host.get(34) == mode
    assert host.act(8, 9) == REFUSED


def test_harmful_actions_are_counted(camera):
    simulator, host = camera
    assert host.act(6, 1) == DONE
    assert host.act(6, 17) == DONE
    assert len(simulator.shots) == 1
    assert host.act(6, 30) == DONE
    assert simulator.registers[32] == -1
    assert host.act(6, 16, seconds=60.0) == b''
    assert simulator.state is State.HUNG
    assert sum(simulator.harmful.values()) == 4


# Uploads (6.11).

def upload(host, *packets, start=b''):
    host.set(32, UPLOAD_MAGIC)
    answers = [host.write(29, start)]
    answers += [host.ask(packet) for packet in packets]
    return b''.join(answers)


@pytest.mark.parametrize('size', [1, 2045, 2046])
def test_upload_in_one_packet(camera, size):
    simulator, host = camera
    assert upload(host, start=pattern(size)) == ACK
    assert host.act(11) == DONE
    assert simulator.frames[3].data == pattern(size)
    check(simulator.frames[3].thumbnail, 'jpeg')
    assert host.act(11) == REFUSED


def test_upload_of_a_picture_keeps_its_thumbnail(camera):
    simulator, host = camera
    data = SierraSimulator().frames[0].data
    pieces = [data[i:i + 2048] for i in range(2046, len(data), 2048)]
    packets = [Packet(Type.DATA, i, piece) for i, piece in enumerate(pieces[:-1])]
    upload(host, *packets, Packet(Type.LAST, len(packets), pieces[-1]), start=data[:2046])
    assert host.act(11) == DONE
    assert simulator.frames[3].data == data
    assert simulator.frames[3].thumbnail == SierraSimulator().frames[0].thumbnail


def test_upload_with_a_duplicate_and_a_wrong_number(camera):
    simulator, host = camera
    first, last = Packet(Type.DATA, 0, b'b'), Packet(Type.LAST, 1, b'c')
    wrong = Packet(Type.LAST, 3, b'x')
    assert upload(host, wrong, first, first, wrong, last, last, start=b'a') == bytes.fromhex(
        '06 15 06 06 15 06 06')
    assert host.act(11) == DONE
    assert simulator.frames[3].data == b'abc'


def test_a_command_drops_an_unfinished_upload(camera):
    _, host = camera
    assert upload(host, Packet(Type.DATA, 0, b'b'), start=b'a') == ACK + ACK
    host.get(1)
    assert host.ask(Packet(Type.LAST, 1, b'c')) == NAK
    assert host.act(11) == REFUSED


def test_an_upload_without_room():
    _, host = connect(memory_size=8548 + 3000)
    assert upload(host, Packet(Type.LAST, 0, bytes(2048)), start=bytes(2046)) == ACK + DC1
    assert host.act(11) == REFUSED


# Folders (4.7).

def test_no_folders(camera):
    _, host = camera
    assert host.set(83) == ACK
    assert host.write(84, b'\\') == host.get(83) == host.read(84) == host.set(83, 1) == DC1


def test_folders():
    frames = example_frames()
    simulator, host = connect(folders={'DCIM/100SIERR': frames[:1], 'DCIM/101SIERR': frames[1:]})
    host.act(2)
    assert len(simulator.frames) == 3
    assert (host.read(84), host.get(10)) == (b'\\       \0', 0)
    assert host.write(84, b'NONE') == DC1
    assert host.write(84, b'DCIM') == ACK
    assert host.get(83) == 2
    for index, name in ((1, b'100SIERR\0'), (2, b'101SIERR\0')):
        assert host.set(83, index) == ACK
        assert host.read(84) == name
    assert host.set(83, 3) == host.set(83, 0) == DC1
    assert host.write(84, b'101SIERR') == ACK
    assert (host.read(84), host.read(91), host.get(10)) == (b'101SIERR\0', b'101SIERR\0', 3)
    assert host.set(83) == ACK
    assert host.get(10) == 0
    host.ask(NUL)
    assert host.read(84) == b'\\       \0'

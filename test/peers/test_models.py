# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The real gphoto2 and photopc at models of the simulated camera, by different paths (sierra.md 9.6).

What they recover from, and what they get wrong: test/sierra/test_models.py has the driver recover
from all of it, and get it right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from peers.clients import ClientError, Gphoto2, Photopc
from peers.pictures import make_frame
import pytest

from camera_driver.devices.sierra.codec import pack_int
from camera_driver.devices.sierra.models import find_model
from camera_driver.devices.sierra.settings import BY_NAME
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator

OFF = 2  # flash_mode, sierra.md 4.2
READ_RESOLUTION, READ_PICTURE, READ_PICTURE_EXT = b'\x01\x01', b'\x04\x0e', b'\x06\x0e'
SET_FLASH, TAKE_PICTURE, ERASE = b'\x00\x07', b'\x02\x02', b'\x02\x07'


@dataclass(frozen=True)
class Model:
    """
    A model of the simulated camera, and how gphoto2 calls it.

    `settings`: what gphoto2 sets and calls 'PATH=VALUE' -> the driver's setting and word for it.
    """

    name: str
    called: str
    speed: int
    settings: Mapping[str, tuple[str, str]]


MODELS = {model.name: model for model in (
    Model('olympus-c860l', 'Olympus C-860L', 115200, {
        'Picture Settings/Flash Mode=Off': ('flash_mode', 'off'),
        'Picture Settings/Aperture=High': ('aperture', 'high')}),
    # After its first question gphoto2 writes byte by byte.
    Model('epson-600', 'Epson PhotoPC 600', 57600, {
        'Shot Settings/Flash Mode=Off': ('flash_mode', 'off'),
        'Camera Settings/Language=German': ('language', 'german')}),
    # No register 51, no summaries of frames, and the frame is forgotten after each reading.
    Model('agfa-307', 'Agfa ePhoto 307', 38400, {
        'Picture Settings/Flash Mode=Off': ('flash_mode', 'off')}),
    # Command code 6.
    Model('epson-3000z', 'Epson PhotoPC 3000z', 115200, {
        'Picture Settings/flash=Off': ('flash_mode', 'off'),
        'Picture Settings/aperture=F8.0': ('aperture', 'F8.0'),
        'Picture Settings/whitebalance=Custom': ('white_balance', 'custom')}),
    Model('olympus-c3000z', 'Olympus C-3000Z', 115200, {
        'Picture Settings/flash=Off': ('flash_mode', 'off'),
        'Picture Settings/resolution=640x480-Fine': ('resolution', '640x480_fine'),
        'Picture Settings/aperture=F2.0': ('aperture', 'F2.0'),
        'Camera Settings/timefmt=ddmmyy': ('lcd_date_format', 'ddmmyy')}))}

FLASH = '/Camera Configuration/Picture Settings/Flash Mode'

classic = pytest.mark.parametrize('model', ['olympus-c860l'], indirect=True)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


@pytest.fixture
def simulator(model):
    frames = [make_frame(1, 3000), make_frame(2, 5000), make_frame(3, 4096)]
    simulator = SierraSimulator(model.name, frames=frames, exposure_duration=0.1)
    simulator.registers[1] = 1  # small pictures
    return simulator


@pytest.fixture
def gphoto2(model, port, tmp_path, modem):
    return Gphoto2(port, model.called, model.speed, tmp_path / 'gphoto2', modem)


@pytest.fixture
def photopc(model, port, tmp_path):
    return Photopc(port, model.speed, tmp_path / 'photopc')


def times(simulator, beginning):
    """Return how often a command was received."""
    return sum(command.startswith(beginning) for command in simulator.log)


# What works, at every model.

def test_gphoto2_identifies_lists_and_downloads(gphoto2, simulator):
    output = gphoto2.run(
        '--summary', '--list-files', '--get-all-files', '--get-all-thumbnails').output
    assert f'Camera Model: {simulator.options.model_name}\n' in output
    assert [line.split()[1] for line in output.splitlines() if line.startswith('#')] == [
        frame.name for frame in simulator.frames]
    files = gphoto2.files()
    for frame in simulator.frames:
        assert files.pop(frame.name) == frame.data
        small = files.pop(f'thumb_{Path(frame.name).stem}.jpg')
        assert small in (frame.thumbnail, frame.thumbnail * 2)  # sierra.md 9.4, 8
    assert not files
    code = 6 if simulator.options.extended else 4
    assert times(simulator, bytes([code])) and not times(simulator, bytes([10 - code]))


def test_gphoto2_sets_deletes_and_takes_a_picture(gphoto2, model, simulator):
    first, _, third = simulator.frames
    settings = [f'--set-config=/Camera Configuration/{setting}' for setting in model.settings]
    gphoto2.run(*settings, '--delete-file', '2', '--capture-image-and-download', '--keep')
    record = find_model(simulator.options.manufacturer, simulator.options.model_name)
    for name, word in model.settings.values():
        row = BY_NAME[name]
        assert simulator.registers[row.register] == row.of_model(record).raw(word), name
    assert simulator.frames[:2] == [first, third]
    new, = simulator.frames[2:]
    assert gphoto2.files() == {new.name: new.data}
    for register in simulator.options.missing:
        assert not times(simulator, bytes([1, register]))
    assert not simulator.harmful


def test_photopc_does_everything(photopc, simulator):
    first, second, third = simulator.frames
    output = photopc.run(
        'query', 'image', 'all', '.', 'thumbnail', 'all', '.', 'snapshot', 'image', '4',
        'new.jpg', 'erase', '2', 'flash', 'Off').output
    assert f'Model: "{simulator.options.model_name}"\n' in output
    new = simulator.frames[-1]
    assert simulator.frames == [first, third, new]
    assert list(photopc.files().values()) == [
        *(frame.thumbnail for frame in (first, second, third)),
        *(frame.data for frame in (first, second, third, new))]
    assert simulator.registers[7] == OFF
    assert not simulator.harmful


def test_photopc_lists(photopc, simulator):
    """It selects each frame once: where the camera forgets it, the list ends (sierra.md 4.6)."""
    rows = [line.split() for line in photopc.run('list').output.splitlines()[2:]]
    if simulator.options.forgets_frame:
        assert rows == [['1', '3000', 'N/A']]
    else:
        assert [(row[1], row[-1]) for row in rows] == [
            (str(len(frame.data)), frame.name) for frame in simulator.frames]


@classic
def test_photopc_sets_what_it_can(photopc, simulator):
    photopc.run('resolution', 'Ext', 'aperture', 'Hi', 'shutter', '1/250', 'adjust', 'Brightness+',
                'whitebalance', 'Fluorescent', 'focus', 'Infinity', 'metering', 'Spot',
                'lcd-brightness', '6', 'lcd-autoshut', '61', 'autoshut-host', '301',
                'autoshut-field', '121', 'dzoom', '200', 'zoom', '12', 'id', 'Mast 4',
                'mode', 'Play')
    expected = {1: 3, 5: 4, 3: 4000, 19: 3, 20: 3, 33: 3, 70: 3, 35: 6, 38: 61, 23: 301, 24: 121,
                72: 200, 71: pack_int(119) + pack_int(10), 22: b'Mast 4', 34: 3}
    assert {number: simulator.registers[number] for number in expected} == expected


# What they recover from.

@pytest.mark.parametrize('model, fault, command', [
    ('olympus-c860l', 'dropped_byte', READ_PICTURE),
    ('epson-600', 'silence', READ_RESOLUTION),  # within 0.5 s: it goes over to single bytes
    ('agfa-307', 'damaged_packet', READ_PICTURE),
    ('epson-3000z', 'damaged_packet', READ_PICTURE_EXT),
], indirect=['model'])
def test_gphoto2_recovers_a_picture(gphoto2, simulator, fault, command):
    simulator.misbehave(fault, command=command)
    gphoto2.run('--get-file', '2')
    assert list(gphoto2.files().values()) == [simulator.frames[1].data]
    assert not simulator.faults.pending


@classic
@pytest.mark.parametrize('fault', ['nak_command', 'session_end'])
def test_gphoto2_recovers_a_setting(gphoto2, simulator, fault):
    simulator.misbehave(fault, command=SET_FLASH)
    gphoto2.run('--set-config', f'{FLASH}=Off')
    assert simulator.registers[7] == OFF
    assert not simulator.faults.pending


@pytest.mark.parametrize('model, fault', [
    ('olympus-c860l', 'ack_unheard'), ('epson-600', 'dropped_byte'), ('agfa-307', 'lost_packet'),
    ('epson-3000z', 'duplicate_packet')], indirect=['model'])
def test_photopc_recovers_a_picture(photopc, simulator, fault):
    simulator.misbehave(fault, command=READ_PICTURE)
    photopc.run('image', '2', 'x.jpg')
    assert photopc.files() == {'x.jpg': simulator.frames[1].data}
    assert not simulator.faults.pending


@classic
@pytest.mark.parametrize('fault', ['silence', 'lose_ack', 'nak_command'])
def test_photopc_recovers_a_setting(photopc, simulator, fault):
    simulator.misbehave(fault, command=SET_FLASH)
    photopc.run('flash', 'Off')
    assert simulator.registers[7] == OFF
    assert not simulator.faults.pending


# What they get wrong, and the driver must not.

@classic
@pytest.mark.parametrize('fault', ['duplicate_packet', 'ack_unheard'])
def test_gphoto2_saves_a_packet_twice(gphoto2, simulator, fault):
    """It ignores the numbers of packets (5.5), also when its own ACK was lost."""
    simulator.misbehave(fault, command=READ_PICTURE)
    gphoto2.run('--get-file', '2')
    saved, = gphoto2.files().values()
    assert saved == simulator.frames[1].data[:2048] + simulator.frames[1].data


@classic
def test_gphoto2_deletes_a_second_picture_when_an_ack_is_damaged(gphoto2, simulator):
    first = simulator.frames[0]
    simulator.misbehave('damaged_ack_of_action', command=ERASE)
    with pytest.raises(ClientError, match='The first byte received .0x46. is not valid'):
        gphoto2.run('--delete-file', '2')
    assert simulator.frames == [first]
    assert times(simulator, ERASE) == 2


@classic
def test_gphoto2_sends_a_trigger_again_when_the_session_ends(gphoto2, simulator):
    simulator.misbehave('session_end', command=TAKE_PICTURE)
    gphoto2.run('--capture-image')
    assert times(simulator, TAKE_PICTURE) == 2


@classic
def test_photopc_takes_a_second_picture_after_silence(photopc, simulator):
    simulator.misbehave('lose_ack_of_action', command=TAKE_PICTURE)
    photopc.run('snapshot')
    assert len(simulator.shots) == times(simulator, TAKE_PICTURE) == 2


@classic
def test_photopc_deletes_a_second_picture_after_silence(photopc, simulator):
    first = simulator.frames[0]
    simulator.misbehave('lose_ack_of_action', command=ERASE)
    photopc.run('erase', '2')
    assert simulator.frames == [first]


@classic
def test_photopc_gives_up_when_the_session_ends(photopc, simulator):
    simulator.misbehave('session_end', command=SET_FLASH)
    with pytest.raises(ClientError, match='"flash" failed'):
        photopc.run('flash', 'Off')
    assert simulator.registers[7] == 0

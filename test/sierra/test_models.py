# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The driver at every model that the simulated camera can be, on the virtual clock."""

import pytest
from sierra.host import DC1, example_frames, Host, NAK, NUL

from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.codec import Code, command
from camera_driver.devices.sierra.models import find_model
from camera_driver.devices.sierra.models import MODELS as RECORDS
from camera_driver.devices.sierra.simulator.models import MODELS, OPTIONS
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.errors import Refused
from camera_driver.model import Shot
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import LoopPort

REAL_CLIENTS = ('olympus-c860l', 'epson-600', 'agfa-307', 'epson-3000z', 'olympus-c3000z')
"""Those that test/peers holds against gphoto2 and photopc."""

READ_PICTURE, TAKE_PICTURE, ERASE = b'\x04\x0e', b'\x02\x02', b'\x02\x07'


def connected(model, **options):
    """Return a simulated camera of a model and the driver's that is connected to it."""
    simulator = SierraSimulator(model, frames=example_frames(), **options)
    simulator.registers[1] = 1
    camera = SierraCamera(LoopPort(simulator), {})
    camera.open()
    return simulator, camera


def times(simulator, beginning):
    """Return how often a command was received."""
    return sum(command.startswith(beginning) for command in simulator.log)


@pytest.mark.parametrize('name', MODELS)
def test_everything_works(name):
    simulator, camera = connected(name)
    options = simulator.options
    assert camera.open().model == options.model_name
    assert camera.session.port.line.baudrate == min(115200, options.max_speed)
    assert [(image.name, image.size) for image in camera.list_images()] == [
        (frame.name, len(frame.data)) for frame in simulator.frames]
    for index, frame in enumerate(simulator.frames, 1):
        assert camera.download(index).data == frame.data
        assert camera.thumbnail(index).data == frame.thumbnail
    shot = camera.capture()
    assert shot.image_index == len(simulator.frames) == 4 and len(simulator.shots) == 1
    assert camera.download(4).data == simulator.frames[3].data
    rest = simulator.frames[1:]
    camera.delete([1])
    assert simulator.frames == rest
    assert camera.set('flash_mode', 'off') == 'off'
    assert simulator.registers[7] == 2
    assert all(result.passed for result in camera.self_test())
    for setting in camera.settings():
        try:
            camera.get(setting)
        except Refused:
            pass
    assert not simulator.harmful
    if name in (record.name for record in RECORDS):
        for missing in options.missing & camera.model.missing:
            assert not times(simulator, bytes([Code.GET_INT, missing]))


@pytest.mark.parametrize('name', MODELS)
def test_what_its_record_says_of_speed_registers_and_sums_the_driver_knows(name):
    options = MODELS[name]
    record = find_model(options.manufacturer, options.model_name)
    if name in (one.name for one in RECORDS):
        assert record.name == name
        assert record.max_baudrate == options.max_speed
    assert options.checksum is None or record.lenient_checksum
    assert record.missing <= options.missing


def test_the_simulated_model_is_an_option():
    model, = (option for option in OPTIONS if option.name == 'model')
    assert list(model.words) == list(MODELS)
    for option in OPTIONS:
        if option.name != 'model':
            assert option.default == getattr(MODELS['generic'], option.name)
    with pytest.raises(KeyError, match='leica'):
        SierraSimulator('leica')


@pytest.mark.parametrize('name, answer', [('olympus-c860l', DC1), ('epson-500', b'\x18')])
def test_a_classic_model_has_no_folders_and_no_code_6(name, answer):
    host = Host(SierraSimulator(name))
    assert host.ask(NUL) == NAK
    assert host.write(84, b'\\') == answer
    assert host.ask(command(Code.GET_VDATA_EXT, 27)) == DC1


class SingleBytesOnly(Faults):
    """A receiver that misses what comes in one go at a high speed (5.8), as an Epson 500 does."""

    def __init__(self, port):
        super().__init__({})
        self.port = port

    def apply(self, chunk):
        lost = len(chunk) > 1 and self.port.line.baudrate > 38400
        return [] if lost else super().apply(chunk)


@pytest.mark.parametrize('name, pacing', [('epson-500', 'auto'), ('epson-600', 'burst')])
def test_a_camera_that_takes_single_bytes_only(name, pacing):
    """The driver finds out without being told, and stays at the high speed."""
    simulator = SierraSimulator(name, frames=example_frames())
    port = LoopPort(simulator)
    port.to_device = SingleBytesOnly(port)
    camera = SierraCamera(port, {'pacing': pacing})
    camera.open()
    assert camera.session.exchange.pacing == 'bytewise'
    assert port.line.baudrate == 115200
    assert camera.download(1).data == simulator.frames[0].data


# Faults: what gphoto2 and photopc recover from, and what they get wrong (9.6; test/peers).

@pytest.mark.parametrize('name', REAL_CLIENTS)
@pytest.mark.parametrize('fault', [
    'damaged_packet', 'dropped_byte', 'truncated_packet', 'lost_packet', 'ack_unheard',
    'duplicate_packet', 'wrong_sequence', 'end_session_in_transfer', 'nak_command', 'silence',
    'session_end', 'session_error', 'wrong_speed'])
def test_a_download_recovers(name, fault):
    simulator, camera = connected(name)
    simulator.misbehave(fault, command=READ_PICTURE)
    assert camera.download(1).data == simulator.frames[0].data
    assert not simulator.faults.pending


@pytest.mark.parametrize('name', REAL_CLIENTS)
@pytest.mark.parametrize('fault', ['nak_command', 'lose_ack', 'silence', 'session_end'])
def test_a_setting_recovers(name, fault):
    simulator, camera = connected(name)
    simulator.misbehave(fault, command=b'\0\x07')
    assert camera.set('flash_mode', 'off') == 'off'
    assert simulator.registers[7] == 2
    assert not simulator.faults.pending


@pytest.mark.parametrize('name', REAL_CLIENTS)
@pytest.mark.parametrize('fault, triggers, shots', [
    ('nak_command', 2, 1),  # not taken: the only answer after which a trigger is repeated
    ('lose_ack_of_action', 1, 1), ('damaged_ack_of_action', 1, 1), ('lose_done', 1, 1),
    ('silence', 1, 0), ('session_end', 1, 0), ('refuse', 1, 0), ('fail_action', 1, 0)])
def test_a_trigger_is_never_repeated_on_doubt(name, fault, triggers, shots):
    """The camera's count settles it: one picture, or the word that there is none."""
    simulator, camera = connected(name)
    simulator.misbehave(fault, command=TAKE_PICTURE)
    try:
        assert isinstance(camera.capture(), Shot) and shots
    except Refused:
        assert not shots
    assert times(simulator, TAKE_PICTURE) == triggers
    assert len(simulator.shots) == len(simulator.frames) - 3 == shots
    assert not simulator.faults.pending


@pytest.mark.parametrize('name', REAL_CLIENTS)
@pytest.mark.parametrize('fault, erased', [
    ('nak_command', 1), ('lose_ack_of_action', 1), ('damaged_ack_of_action', 1), ('lose_done', 1),
    ('silence', 0), ('session_end', 0)])
def test_never_more_is_deleted_than_was_meant(name, fault, erased):
    simulator, camera = connected(name)
    first, second, third = simulator.frames
    simulator.misbehave(fault, command=ERASE)
    try:
        camera.delete([2])
        assert erased
    except Refused:
        assert not erased
    assert simulator.frames == [first, *[second] * (not erased), third]
    assert not simulator.faults.pending

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A sierra camera in a photographer's words, on the virtual clock."""

from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
import itertools

from helpers import pattern
import pytest
from sierra.host import example_frames

from camera_driver.device import no_progress
from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.devices.sierra.codec import pack_int
from camera_driver.devices.sierra.models import find_model, GENERIC, MODELS
from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.devices.sierra.settings import ROWS
from camera_driver.devices.sierra.simulator.options import Resolution
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.devices.sierra.summary import animation_frame, frame_summary, FrameSummary
from camera_driver.errors import (
    Cancelled, DamagedPicture, DeviceError, Forbidden, NotSupported, OutcomeUnknown, ProtocolError,
    Refused)
from camera_driver.model import Access, Exposure, ImageFolder
from camera_driver.operations import Outcome
from camera_driver.sim.loop import LoopPort

OLYMPUS = {'manufacturer': 'OLYMPUS OPTICAL', 'model_name': 'C-2000Z'}
EPSON = {'manufacturer': 'EPSON', 'model_name': 'PhotoPC 800'}


def connected(camera_options=None, **options):
    """Return a simulated camera and the driver's that is connected to it."""
    if 'folders' not in options:
        options.setdefault('frames', example_frames())
    simulator = SierraSimulator(**options)
    camera = SierraCamera(LoopPort(simulator), camera_options or {})
    camera.open()
    return simulator, camera


def folders():
    first, second, third = example_frames()
    return {'DCIM/100SIERR': [first, second], 'DCIM/101SIERR': [third]}


def sent(simulator, operation, *errors):
    """Return the commands that an operation sends before it fails with one of the errors."""
    before = len(simulator.log)
    with pytest.raises(errors):
        operation()
    return list(simulator.log)[before:]


# Identity and models.

def test_identity():
    _, camera = connected()
    assert str(camera.open()) == 'SIMCORP SIM-640 (serial SIM00001)'
    assert camera.model is GENERIC


@pytest.mark.parametrize('text, name', [
    (('AGFA', 'ePhoto 780C'), 'agfa-780c'), (('EPSON', 'PhotoPC 650'), 'epson-650'),
    (('EPSON', 'PhotoPC 800'), 'epson'), (('NIKON', 'E880'), 'nikon-880'),
    (('NIKON', 'E950'), 'nikon'),
    (('NIKON', 'E2500'), 'nikon-2500'), (('OLYMPUS', 'C-3040Z'), 'olympus-c3040z'),
    (('OLYMPUS', 'C-2100UZ'), 'olympus-c2020z'), (('OLYMPUS', 'C-2000Z'), 'olympus'),
    (('OLYMPUS OPTICAL CO.,LTD', 'C750UZ'), 'olympus-c750uz'),
    (('EPSON', 'PhotoPC 3000Z'), 'epson-3000z'), (('OLYMPUS', 'C-990Z'), 'olympus-c990z'),
    (('SANYO', 'VPC-G250'), 'sanyo-g250'), (('TOSHIBA', 'PDR-M61'), 'toshiba-m6x'),
    (('', ''), 'generic'), (('Somebody', 'X-1'), 'generic')])
def test_models_are_found_by_what_the_camera_says(text, name):
    assert find_model(*text).name == name


@pytest.mark.parametrize('model', MODELS, ids=lambda model: model.name)
def test_every_model_record_can_be_chosen(model):
    simulator, camera = connected({'model_record': model.name}, missing=model.missing)
    camera.open()
    assert camera.model is model
    assert camera.session.port.line.baudrate <= model.max_baudrate
    camera.poll()
    camera.list_images()
    asked = {command[1] for command in simulator.log if command[0] in (1, 4)}
    assert not asked & model.missing


@pytest.mark.parametrize('options, message', [
    ({'baudrate': 14400}, 'baudrate: 14400 is not allowed'), ({'baudrate': 1}, 'baudrate'),
    ({'camera_clock': 'noon'}, 'camera_clock'),
    ({'model_record': 'x'}, 'model_record: no record'), ({'pacing': 'slow'}, 'pacing')])
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        SierraCamera(LoopPort(SierraSimulator()), options)


def test_a_camera_without_checksums():
    _, camera = connected(model='nikon-880')
    assert camera.model.name == 'nikon-880'
    assert camera.list_images()


def test_a_model_that_is_slower_than_it_says():
    _, camera = connected(model='epson-650')
    assert camera.session.port.line.baudrate == 38400


# Settings.

READABLE = [row for row in ROWS if row.setting.access is Access.READ_WRITE]
READ_ONLY = [row for row in ROWS if row.setting.access is Access.READ_ONLY]
WRITE_ONLY = [row for row in ROWS if row.setting.access is Access.WRITE_ONLY]


def values(setting):
    """Return values to try a setting with."""
    if setting.words is not None:
        return [*setting.words, 'raw:99']
    if setting.kind is str:
        return ['HELLO', 'a b', '']
    if setting.values:
        return list(setting.values)
    low = setting.minimum or 0
    high = setting.maximum if setting.maximum is not None else 250
    return [setting.kind(low), setting.kind(high), setting.kind((low + high) // 2)]


MAKERS = [{}, EPSON, OLYMPUS, {'manufacturer': 'NIKON', 'model_name': 'E950'},
          {'manufacturer': 'OLYMPUS', 'model_name': 'C-3040Z'},
          {'manufacturer': 'OLYMPUS', 'model_name': 'C-750UZ'},
          {'manufacturer': 'NIKON', 'model_name': 'E2500'}]


@pytest.mark.parametrize('maker', MAKERS, ids=lambda maker: maker.get('model_name', 'unknown'))
@pytest.mark.parametrize('row', READABLE, ids=lambda row: row.setting.name)
def test_every_setting_round_trip(row, maker):
    sizes = {value: Resolution(320, 240, 36_000) for value in range(100)}
    simulator, camera = connected(resolutions=sizes, **maker)
    setting = camera.settings()[row.setting.name]
    for value in values(setting):
        assert camera.set(setting.name, value) == value
        assert camera.get(setting.name) == value
        held = simulator.registers[row.register]
        assert held == row.encode(value, setting)


@pytest.mark.parametrize('row', WRITE_ONLY, ids=lambda row: row.setting.name)
def test_write_only_settings_show_what_was_commanded(row):
    _, camera = connected()
    setting = camera.settings()[row.setting.name]
    assert camera.get(setting.name) is None
    for value in setting.words or [setting.minimum, 60]:
        assert camera.set(setting.name, value) == value
        assert camera.get(setting.name) == (None if setting.momentary else value)


@pytest.mark.parametrize('row', READ_ONLY, ids=lambda row: row.setting.name)
def test_read_only_settings_are_told_and_not_written(row):
    simulator, camera = connected(**OLYMPUS)
    told = camera.get(row.setting.name)
    assert told == {'iso_speed': 'auto', 'operation_mode': 'record', 'card_status': 'card',
                    'frames_taken_total': 3}[row.setting.name]
    assert not sent(simulator, lambda: camera.set(row.setting.name, told), NotSupported)


@pytest.mark.parametrize('name, value', [
    ('lcd_brightness', 0), ('lcd_brightness', 8), ('lcd_brightness', 'bright'),
    ('flash_mode', 'sometimes'), ('flash_mode', 2), ('flash_mode', 'raw:99999999999'),
    ('exposure_compensation', 2.1), ('focal_length', -1.0), ('focal_length', 1e12),
    ('digital_zoom', 1e12), ('capture_flags', -1), ('capture_flags', 2 ** 31),
    ('camera_id', 'x' * 201), ('camera_id', '\u65e5'), ('lcd_mode', 'bright')])
def test_limits_hold_before_any_byte_is_sent(name, value):
    simulator, camera = connected()
    assert not sent(simulator, lambda: camera.set(name, value), ValueError)


def test_unknown_settings_name_those_there_are():
    simulator, camera = connected()
    with pytest.raises(NotSupported, match="no setting 'colour'; there are: resolution, "):
        camera.set('colour', 1)


def test_words_are_those_of_the_family():
    _, camera = connected(**OLYMPUS)
    assert camera.set('white_balance', 'cloudy') == 'cloudy'
    assert camera.settings()['image_adjust'].words['brightness+'] == 1
    _, camera = connected()
    assert camera.get('white_balance') == 'raw:0'
    assert camera.get('flash_mode') == 'auto'  # of all models alike
    with pytest.raises(ValueError):
        camera.set('white_balance', 'cloudy')


def test_a_setting_that_the_camera_does_not_have():
    _, camera = connected(missing=frozenset({70}))
    for operation in (lambda: camera.get('metering_mode'),
                      lambda: camera.set('metering_mode', 'spot')):
        with pytest.raises(Refused, match='metering_mode'):
            operation()


def test_a_setting_that_the_camera_does_not_hold():
    simulator, camera = connected()
    write = simulator.camera.write_int
    simulator.camera.write_int = lambda number, value: write(
        number, pack_int(4) if number == 7 else value)
    with pytest.raises(Refused, match="'off': the device took it and holds 'slow_sync'"):
        camera.set('flash_mode', 'off')


# Exposure and clock.

def test_exposure():
    simulator, camera = connected(**EPSON)
    assert camera.set_exposure(Exposure(0.004, 5.6)) == Exposure(0.004, 5.6, None, 'F5.6')
    assert simulator.registers[3] == 4000
    assert camera.set_exposure(Exposure(aperture='auto')).f_number is None
    assert camera.set_exposure(Exposure(f_number=5.0), nearest=True).f_number == 5.6
    assert camera.step_exposure('exposure_time', 1).exposure_time == 0.008
    assert camera.step_exposure('f_number', 1).f_number == 4.0
    assert camera.exposure_ranges()['f_number'].values == (2.0, 2.3, 2.8, 4.0, 5.6, 8.0)
    for wrong in (Exposure(-1.0), Exposure(3000.0), Exposure(f_number=5.0),
                  Exposure(aperture='F9')):
        assert not sent(simulator, lambda: camera.set_exposure(wrong), ValueError)
    assert not sent(simulator, lambda: camera.set_exposure(Exposure(iso=100.0)), NotSupported)
    camera.set_exposure(Exposure(f_number=2.0))
    with pytest.raises(ValueError, match='no step of 2 EV from 2'):
        camera.step_exposure('f_number', 2)
    with pytest.raises(ValueError, match='quantity'):
        camera.step_exposure('iso', 1)
    camera.set_exposure(Exposure(0.0))
    with pytest.raises(ValueError, match='automatic'):
        camera.step_exposure('exposure_time', 1)


def test_exposure_of_an_unknown_model():
    _, camera = connected()
    assert camera.exposure() == Exposure(0.0, None, None, 'raw:2')
    assert camera.set_exposure(Exposure(aperture='raw:1')).aperture == 'raw:1'
    with pytest.raises(NotSupported, match='no table of f-numbers'):
        camera.set_exposure(Exposure(f_number=4.0))


def test_exposure_of_an_olympus_tells_its_sensitivity():
    _, camera = connected(**OLYMPUS)
    assert camera.exposure() == Exposure(0.0, None, 0.0, 'mid')


def test_clock():
    simulator, camera = connected()
    now = datetime(2026, 8, 1, 12, 30, 15)
    assert camera.set_clock(now) == now
    camera.session.port.pause(3.0)
    assert camera.clock() == datetime(2026, 8, 1, 12, 30, 18)
    simulator.registers[2] = 0
    assert camera.clock() is None


@pytest.mark.parametrize('word', ['utc', 'local'])
def test_what_the_clock_shows(word):
    _, camera = connected({'camera_clock': word})
    assert camera.clock_shows == word
    assert {image.clock for image in camera.list_images()} == {word}
    assert connected()[1].clock_shows == 'utc'


# Pictures.

def test_list():
    simulator, camera = connected()
    simulator.frames[1].protected = True
    progress = []
    images = camera.list_images(progress.append)
    assert [(i.index, i.name, i.folder, i.size, i.thumbnail_size) for i in images] == [
        (1, 'P1010001.JPG', '', 5000, 900), (2, 'P1010002.JPG', '', 300, 100),
        (3, 'P1010003.JPG', '', 2048, 200)]
    assert images[0].stamp == datetime(2001, 9, 9, 1, 46, 40)
    assert [i.write_protected for i in images] == [False, True, False]
    assert [(p.done, p.total) for p in progress] == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize('options', [{'empty': frozenset({47})}, {'missing': frozenset({47})}])
def test_list_of_a_model_without_summaries(options):
    _, camera = connected(**options)
    image = camera.list_images()[0]
    assert (image.size, image.thumbnail_size, image.stamp, image.write_protected) == (
        5000, 900, None, False)


@pytest.mark.parametrize('options', [
    {'negative_length': True}, {'forgets_frame': True}, {'hangs_without_frame': True},
    {'missing': frozenset({12})}])
def test_quirks_of_models(options):
    simulator, camera = connected(**options)
    camera.list_images()
    camera.poll()
    for index, frame in enumerate(simulator.frames, 1):
        assert camera.download(index).data == frame.data
        assert camera.thumbnail(index).data == frame.thumbnail


def test_folders():
    simulator, camera = connected(folders=folders())
    images = camera.list_images()
    assert [(i.index, i.folder, i.size) for i in images] == [
        (1, 'DCIM/100SIERR', 5000), (2, 'DCIM/100SIERR', 300), (3, 'DCIM/101SIERR', 2048)]
    assert [len(camera.download(index).data) for index in (3, 1, 2)] == [2048, 5000, 300]
    shot = camera.capture()  # while another folder is the current one
    assert shot.image_index == 4 and not shot.settled
    assert camera.poll().images_stored == 4
    assert camera.download(4).data == simulator.frames[1].data
    camera.delete([1, 4])
    assert [i.size for i in camera.list_images()] == [300, 2048]


def test_list_of_folders():
    simulator, camera = connected(folders={**folders(), 'MISC': []})
    assert camera.folders() == [
        ImageFolder('', None, 0), ImageFolder('DCIM', None, 0, 'DCIM'),
        ImageFolder('DCIM/100SIERR', 1, 2, '100SIERR'),
        ImageFolder('DCIM/101SIERR', 3, 1, '101SIERR'), ImageFolder('MISC', None, 0, 'MISC')]
    assert len(camera.download(3).data) == 2048


@pytest.mark.parametrize('missing', [{91}, {83}])
def test_list_of_folders_of_a_model_that_tells_less(missing):
    simulator, camera = connected(folders={'': example_frames()}, missing=missing)
    assert camera.folders() == [ImageFolder('', 1, 3)]


def test_no_list_of_folders():
    simulator, camera = connected()
    with pytest.raises(NotSupported, match='no folders'):
        camera.folders()
    simulator, camera = connected(folders=folders())
    simulator.remove_card()
    with pytest.raises(Refused, match='no memory card'):
        camera.folders()


def test_pictures_taken_on_the_body_count():
    simulator, camera = connected(folders=folders())
    simulator.press_shutter()
    assert camera.poll().images_stored == 4
    assert camera.download(4).data == simulator.frames[-1].data


def test_a_doubtful_trigger_is_settled_over_all_folders():
    simulator, camera = connected(folders=folders())
    camera.download(1)
    simulator.misbehave('lose_ack_of_action', command=b'\x02\x02')
    shot = camera.capture()
    assert shot.settled and shot.image_index == 4 and shot.accepted is None
    assert shot.sent == pytest.approx(simulator.shots[0], abs=0.01)
    assert len(simulator.shots) == 1


def test_a_picture_that_was_there_before_in_another_folder_is_not_the_shot():
    """Somebody took it before: of folders but its own the evidence is older than that."""
    simulator, camera = connected(folders={**folders(), 'DCIM/102SIERR': []})
    kept = []

    @contextmanager
    def killed(evidence):
        kept.append(evidence)
        raise KeyboardInterrupt
        yield

    simulator.press_shutter()
    camera.record = killed
    with pytest.raises(KeyboardInterrupt):
        camera.capture()
    assert not simulator.shots
    again = SierraCamera(LoopPort(simulator), {})
    again.open()
    found = again.settle(kept[0])
    assert found.outcome is Outcome.UNKNOWN and found.image_index == 4
    assert 'somebody may have taken it before' in found.words


def test_folders_after_the_session_was_lost():
    simulator, camera = connected(folders=folders())
    camera.download(1)
    camera.session.port.pause(30.0)
    assert len(camera.download(2).data) == 300


def test_an_interrupted_look_at_the_folders_is_not_kept():
    simulator, camera = connected(folders=folders())
    simulator.misbehave('nak_command', times=4, skip=4, command=b'\x01\x0a')
    for _ in range(2):
        try:
            camera.list_images()
        except ProtocolError:
            pass
    assert len(camera.list_images()) == 3
    assert len(camera.download(3).data) == 2048


def test_names_are_cut_and_cleaned():
    simulator, camera = connected()
    simulator.frames[0].name = ' P\x07\x1b1.JPG  '
    assert camera.download(1).name == 'P1.JPG'
    simulator.misbehave('hostile_name')
    assert camera.download(1).name == '../../etc/passwd'  # storage makes file names of it
    simulator.misbehave('endless_name')
    assert len(camera.download(1).name) == 2048


@pytest.mark.parametrize('fault, error', [
    ('huge_length', ProtocolError), ('negative_length', ProtocolError),
    ('endless_data', ProtocolError), ('short_reply', DamagedPicture)])
def test_hostile_pictures(fault, error):
    simulator, camera = connected()
    simulator.misbehave(fault, command=b'' if 'length' in fault else b'\x04\x0e')
    with pytest.raises(error):
        camera.download(1)
    assert camera.download(1).data == simulator.frames[0].data


def shrink(simulator, first):
    """Let the camera count one picture less at each question."""
    read, counts = simulator.camera.read_int, itertools.count(first, -1)
    simulator.camera.read_int = lambda number: (
        next(counts) if number == NUMBER['frames_taken'] else read(number))


@pytest.mark.parametrize('first', [100, 3, 1, 0])
@pytest.mark.parametrize('operation', [
    lambda c: c.poll(), lambda c: c.capture(), lambda c: c.list_images(),
    lambda c: c.list_images(indices=[1]), lambda c: c.download(1), lambda c: c.delete([1]),
    lambda c: c.delete_all()])
def test_a_count_that_runs_backwards_ends_everything(first, operation):
    simulator, camera = connected()
    shrink(simulator, first)
    start = camera.session.port.now()
    with suppress(DeviceError, IndexError):
        operation(camera)
    assert camera.session.port.now() - start < 10.0


def test_a_shrinking_memory_does_not_keep_a_picture_from_being_taken():
    simulator, camera = connected()
    shrink(simulator, 100)
    with pytest.raises(OutcomeUnknown, match='its memory was changed. List the images'):
        camera.capture()
    assert len(simulator.shots) == 1
    with pytest.raises(ProtocolError, match='images are deleted while they are listed'):
        camera.list_images()


def test_an_image_of_impossible_size_does_not_hide_the_others():
    simulator, camera = connected()
    good = camera.list_images()
    simulator.misbehave('huge_length')
    assert camera.list_images() == [replace(good[0], size=None, stamp=None), *good[1:]]


def test_a_hostile_count():
    simulator, camera = connected()
    simulator.misbehave('huge_count')
    with pytest.raises(ProtocolError, match='claims 2147483647 images'):
        camera.list_images()


@pytest.mark.parametrize('index', [0, 4, -1, 10 ** 12])
def test_an_index_out_of_range(index):
    _, camera = connected()
    for operation in (camera.download, camera.thumbnail, lambda i: camera.delete([1, i]),
                      lambda i: camera.protect(i, True)):
        with pytest.raises(IndexError, match='the camera has 3 images, numbered 1 to 3'):
            operation(index)
    assert camera.poll().images_stored == 3


def test_no_thumbnail():
    simulator, camera = connected()
    simulator.frames[0].thumbnail = b''
    with pytest.raises(NotSupported, match='sends nothing'):
        camera.thumbnail(1)


def test_preview():
    simulator, camera = connected()
    picture = camera.take_preview()
    assert picture.data == simulator.preview and picture.format == 'jpeg'
    assert camera.poll().images_stored == 3


def test_capture():
    simulator, camera = connected()
    triggered = []
    shot = camera.capture(triggered.append)
    assert triggered == [shot.sent]
    assert shot.sent == pytest.approx(simulator.shots[0], abs=0.001)
    assert (shot.image_index, shot.settled, shot.delay) == (4, '', 0.0)
    assert shot.done - shot.sent == pytest.approx(1.0)
    camera.session.port.pause(60.0)
    assert camera.capture().delay > 0.1


@pytest.mark.parametrize('fault, shots', [
    ('silence', 0), ('lose_done', 1), ('session_end', 0), ('fail_action', 0), ('refuse', 0)])
def test_doubtful_triggers_are_settled(fault, shots):
    simulator, camera = connected(idle_timeout=60.0)
    simulator.misbehave(fault, command=b'\x02\x02')
    if shots:
        assert 'counts 4 images instead of 3' in camera.capture().settled
    else:
        with pytest.raises(Refused):
            camera.capture()
    assert len(simulator.shots) == shots == len(simulator.frames) - 3


def test_a_picture_that_is_reported_and_not_there():
    simulator, camera = connected()
    simulator.camera.card.store = lambda *args, **kwargs: None
    with pytest.raises(OutcomeUnknown, match='still counts 3 images'):
        camera.capture()


def test_memory_full():
    simulator, camera = connected(memory_size=10_000)
    with pytest.raises(Refused, match='memory is full; delete images first'):
        camera.capture()
    assert not simulator.shots


def test_no_card():
    simulator, camera = connected()
    simulator.remove_card()
    with pytest.raises(Refused, match='no memory card'):
        camera.capture()
    with pytest.raises(Refused, match='no memory card'):
        camera.list_images()


# Deleting and protecting.

def test_delete_descends():
    simulator, camera = connected()
    rest = simulator.frames[1]
    camera.delete([1, 3, 1])
    assert simulator.frames == [rest]


def test_delete_stops_at_a_protected_image():
    simulator, camera = connected()
    camera.protect(2, True)
    assert simulator.frames[1].protected
    with pytest.raises(Refused, match='image 2 was not deleted .*deleted: 3, not deleted: 2, 1'):
        camera.delete([1, 2, 3])
    assert len(simulator.frames) == 2
    camera.protect(2, False)
    camera.delete([1, 2])
    assert not simulator.frames


@pytest.mark.parametrize('fault, left', [
    ('lose_ack_of_action', 2), ('lose_done', 2), ('silence', 3), ('session_end', 3)])
def test_doubtful_deletions_are_settled(fault, left):
    simulator, camera = connected(idle_timeout=60.0)
    simulator.misbehave(fault, command=b'\x02\x07')
    if left == 2:
        camera.delete([2])
    else:
        with pytest.raises(Refused, match='nothing was deleted'):
            camera.delete([2])
    assert len(simulator.frames) == left


@pytest.mark.parametrize('options', [{}, {'missing': frozenset({39})}])
def test_delete_all_on_a_camera_that_acknowledges_and_does_nothing(options):
    simulator, camera = connected(**options)
    simulator.camera.card.erase_all = lambda: None
    camera.delete_all()
    assert not simulator.frames


def test_delete_all_keeps_what_is_protected():
    simulator, camera = connected(folders=folders())
    camera.protect(2, True)
    camera.delete_all()
    assert [i.size for i in camera.list_images()] == [300]


def test_delete_all_says_what_is_left():
    simulator, camera = connected(missing=frozenset({39}))
    simulator.frames[1].protected = True
    with pytest.raises(Refused, match='1 images were not deleted'):
        camera.delete_all()
    assert len(simulator.frames) == 1


# Raw access.

def test_self_test_changes_nothing():
    simulator, camera = connected()
    assert all(result.passed for result in camera.self_test())
    assert {command[0] for command in list(simulator.log)[-20:]} <= {1, 4}


def test_self_test_of_a_camera_without_a_card():
    simulator, camera = connected()
    simulator.remove_card()
    assert [r.name for r in camera.self_test() if not r.passed] == ['card']


def test_messages():
    simulator, camera = connected()
    assert camera.send_message(bytes.fromhex('01 01')) == pack_int(2)
    assert camera.send_message(bytes.fromhex('04 1b')) == b'SIM-640\0'
    assert camera.send_message(bytes.fromhex('00 07 03 00 00 00')) == b'\x06'
    assert camera.send_message(bytes.fromhex('02 02 00')) == b'\x05'
    assert (simulator.registers[7], len(simulator.shots)) == (3, 1)
    assert camera.send_message(bytes.fromhex('02 04 00')) == b'\x05'
    assert camera.poll().images_stored == 4


@pytest.mark.parametrize('message, error', [
    ('', ValueError), ('01', ValueError), ('05 01', ValueError), ('01 01 00', ValueError),
    ('02 02', ValueError), ('03 16' + ' 41' * 2047, ValueError), ('02 06 10', Forbidden),
    ('00 11 05 00 00 00', Forbidden), ('00 4d 00 01 00 00', Forbidden), ('04 0e', Forbidden),
    ('01 0c', Forbidden)])
def test_messages_that_are_not_sent(message, error):
    simulator, camera = connected()
    assert not sent(simulator, lambda: camera.send_message(bytes.fromhex(message)), error)


def test_registers():
    simulator, camera = connected()
    camera.write_register(103, 99)
    assert camera.read_register(103) == 99
    camera.write_register(52, b'abc')
    assert camera.read_register(52, 'bytes') == b'abc'
    with pytest.raises(Refused):
        camera.read_register(200)
    for operation, error in (
            (lambda: camera.read_register(256), ValueError),
            (lambda: camera.read_register(1, 'float'), ValueError),
            (lambda: camera.read_register(14, 'bytes'), Forbidden),
            (lambda: camera.write_register(-1, 1), ValueError),
            (lambda: camera.write_register(7, 2 ** 31), ValueError),
            (lambda: camera.write_register(17, 5), Forbidden),
            (lambda: camera.write_register(77, 256), Forbidden)):
        assert not sent(simulator, operation, error)


def test_registers_that_a_model_must_not_be_asked_for():
    simulator, camera = connected({'model_record': 'agfa-307'}, missing=frozenset({51}))
    assert not sent(simulator, lambda: camera.read_register(51), Forbidden)


def test_a_raw_change_of_folder_is_undone():
    simulator, camera = connected(folders=folders())
    camera.list_images()
    camera.write_register(84, b'\\')
    assert len(camera.download(3).data) == 2048


# Upload (6.11).

def stills():
    """Return JPEGs as the simulated camera makes them."""
    return [frame.data for frame in SierraSimulator().frames]


def upload(camera, data, progress=no_progress):
    """Upload and return the index."""
    return camera.upload('', data, progress=progress, accept_hang=True).index


@pytest.mark.parametrize('options', [{}, {'folders': folders()}, {'frames': []}],
                         ids=['', 'folders', 'empty'])
@pytest.mark.parametrize('size', [1, 2046, 2047, 4094, 4095, 600_000])
def test_upload(size, options):
    simulator, camera = connected(**options)
    before = camera.memory.count()
    data = pattern(size)  # more than 256 packets: numbers begin again
    seen = []
    assert upload(camera, data, seen.append) == before + 1
    assert seen[-1].done == seen[-1].total == size
    assert simulator.frames[-1].data == data
    assert camera.download(before + 1).data == data
    assert camera.memory.count() == before + 1


def test_upload_at_9600_baud():
    simulator = SierraSimulator(frames=[])
    camera = SierraCamera(LoopPort(simulator, paced=True), {'baudrate': 9600})
    camera.open()
    assert upload(camera, pattern(9000)) == 1
    assert camera.statistics.retries == 0
    assert simulator.frames[0].data == pattern(9000)


def test_an_upload_has_to_be_wanted():
    simulator, camera = connected()
    assert not sent(simulator, lambda: camera.upload('', b'x'), Forbidden)
    assert not sent(simulator, lambda: camera.upload('', b'x', True, accept_hang=True),
                    NotSupported)


@pytest.mark.parametrize('options, size, error, message', [
    ({}, 0, ValueError, '0 bytes are not a picture'),
    ({'memory_size': 12_000}, 5_000, Refused, '5000 bytes and the camera 3452 left'),
    ({'battery': 4}, 5_000, Refused, 'battery is at 4%; uploads need 5%')])
def test_what_an_upload_needs(options, size, error, message):
    simulator, camera = connected(**options)
    with pytest.raises(error, match=message):
        upload(camera, pattern(size))
    assert not any(command[:2] == b'\x00\x20' for command in simulator.log)


def test_upload_without_a_card():
    simulator, camera = connected()
    simulator.remove_card()
    with pytest.raises(Refused, match='no memory card'):
        upload(camera, b'x')


@pytest.mark.parametrize('options', [{'battery': 0}, {'missing': frozenset({16})}],
                         ids=['zero', 'missing'])
def test_upload_to_a_camera_that_does_not_know_its_battery(options):
    _, camera = connected(**options)
    assert upload(camera, b'x') == 4


@pytest.mark.parametrize('fault, command', [
    ('lose_ack', b'\x03\x1d'), ('nak_command', b'\x03\x1d'), ('silence', b'\x03\x1d'),
    ('session_end', b'\x03\x1d'), ('lose_ack', b'\x00\x20'), ('session_end', b'\x00\x20'),
    ('nak_command', b'\x02\x0b'), ('lose_done', b'\x02\x0b'),
    ('lose_ack_of_action', b'\x02\x0b')])
def test_uploads_through_faults_are_stored_once(fault, command):
    simulator, camera = connected()
    simulator.misbehave(fault, command=command)
    assert upload(camera, pattern(9000)) == 4
    assert [frame.data for frame in simulator.frames[3:]] == [pattern(9000)]
    taken_back = fault == 'nak_command' and command == b'\x02\x0b'
    assert [c[:2] for c in simulator.log].count(b'\x02\x0b') == 1 + taken_back


@pytest.mark.parametrize('fault', ['fail_action', 'refuse', 'silence', 'session_end'])
def test_uploads_that_are_not_stored(fault):
    simulator, camera = connected()
    simulator.misbehave(fault, command=b'\x02\x0b')
    with pytest.raises(Refused):
        upload(camera, pattern(9000))
    assert [c[:2] for c in simulator.log].count(b'\x02\x0b') == 1
    assert len(simulator.frames) == 3
    assert upload(camera, pattern(9000)) == 4


def test_a_cancelled_upload():
    simulator, camera = connected()

    def progress(state):
        if state.done > 4000:
            raise Cancelled('enough')

    with pytest.raises(Cancelled):
        upload(camera, pattern(9000), progress)
    assert camera.memory.count() == 3
    assert not any(command[:2] == b'\x02\x0b' for command in simulator.log)
    assert upload(camera, stills()[0]) == 4


# Words, ranges and steps.

@pytest.mark.parametrize('value, message', [
    (0.5, 'take 0.3 or 0.7'), (-1.9, 'take -2.0 or -1.7'), (0.31, 'take 0.3 or 0.7'),
    (2.1, 'allowed: -2.0, -1.7'), (-3, 'allowed')])
def test_exposure_compensation_is_not_rounded(value, message):
    simulator, camera = connected()
    before = len(simulator.log)
    with pytest.raises(ValueError, match=message):
        camera.set('exposure_compensation', value)
    assert len(simulator.log) == before


def test_ranges_by_model():
    _, camera = connected(manufacturer='OLYMPUS', model_name='C-3040Z')
    assert camera.settings()['focal_length'].allowed == '7.3 to 21 mm'
    assert camera.settings()['focus_position'].allowed == '1 to 240'
    assert camera.set('lcd_date_format', 'ddmmyy') == 'ddmmyy'
    assert camera.set('resolution', '640x480_normal') == '640x480_normal'
    with pytest.raises(ValueError, match='7.3 to 21 mm'):
        camera.set('focal_length', 30)


def test_date_format_of_a_model_that_is_not_known_is_raw():
    _, camera = connected()
    assert camera.get('lcd_date_format') == 'raw:1'
    with pytest.raises(ValueError):
        camera.set('lcd_date_format', 'ddmmyy')


def test_f_numbers_of_the_models_with_tables():
    _, camera = connected(manufacturer='OLYMPUS', model_name='C-3000Z')
    camera.set('aperture', 'F2.0')
    assert camera.exposure().f_number == 2.0
    assert camera.set_exposure(Exposure(f_number=11.0)).aperture == 'F11.0'


def test_the_led_of_a_coolpix_880():
    _, camera = connected(manufacturer='NIKON', model_name='E880')
    assert 'led_mode' not in camera.settings()


@pytest.mark.parametrize('name, word, times', [
    ('lcd_mode', 'play', 2), ('lcd_step', 'thumbnails_larger', 1), ('lcd_step', 'next', 1)])
def test_steps_of_the_display_are_not_repeated_on_doubt(name, word, times):
    simulator, camera = connected()
    simulator.misbehave('lose_ack_of_action')
    try:
        camera.set(name, word)
    except OutcomeUnknown:
        assert times == 1
    assert [c[:2] for c in simulator.log].count(b'\x02\x08') == times


# Sounds, animations, summaries (4.4).

def with_sound(size):
    frames = example_frames()
    frames[1].audio = pattern(size)
    return frames


@pytest.mark.parametrize('size', [1, 2048, 5000])
def test_audio(size):
    simulator, camera = connected(frames=with_sound(size))
    seen = []
    assert camera.audio(2, seen.append) == pattern(size)
    assert seen[-1].done == seen[-1].total == size
    assert camera.audio(1) == b''
    assert not simulator.harmful
    with pytest.raises(IndexError):
        camera.audio(4)


@pytest.mark.parametrize('options', [{'missing': frozenset({43, 44})}, {'empty': frozenset({43})}])
def test_audio_of_a_camera_without_any(options):
    _, camera = connected(frames=with_sound(100), **options)
    assert camera.audio(2) == b''


def test_audio_that_is_cut_off():
    simulator, camera = connected(frames=with_sound(5000))
    simulator.misbehave('short_reply', command=b'\x04\x2c')
    with pytest.raises(DamagedPicture, match='announced 5000 bytes of sound and sent 2500'):
        camera.audio(2)
    assert camera.audio(2) == pattern(5000)


@pytest.mark.parametrize('declared', [-1, 2 ** 31 - 1])
def test_audio_of_a_size_that_is_not_believed(declared):
    simulator, camera = connected(frames=with_sound(100))
    simulator.camera._computed[43] = lambda: pack_int(0) + pack_int(declared) + bytes(24)
    with pytest.raises(ProtocolError, match='not believed'):
        camera.audio(2)


def animations():
    """Return two animations."""
    first, second, _ = example_frames()
    first.animation, second.animation = 1, 2
    return first, second


def test_animations():
    simulator, camera = connected(animations=animations())
    assert camera.summary()['animations'] == 2
    assert [camera.animation(n).data for n in (1, 2)] == [pattern(5000), pattern(300)]
    assert b'\x00\x04\x02\x00\x00\xff' in simulator.log
    for number in (0, 3):
        with pytest.raises(IndexError, match='the camera has 2 animations'):
            camera.animation(number)
    assert not simulator.harmful


def test_no_animations_without_a_summary():
    _, camera = connected(missing=frozenset({46}))
    for operation in (lambda: camera.animation(1), camera.summary):
        with pytest.raises(NotSupported, match='register 46'):
            operation()


@pytest.mark.parametrize('variant, told', [
    ('A', {'lcd_brightness (A)': 4, 'frames_taken (A)': 3}),
    ('B', {'flash_mode (B)': 0, 'battery_percent (B)': 87, 'frames_taken (B)': 3})])
def test_camera_summary_in_both_variants(variant, told):
    _, camera = connected(summary_variant=variant)
    summary = camera.summary()
    assert set(summary) == {
        'animations', 'resolution (A)', 'lcd_brightness (A)', 'frames_taken (A)', 'resolution (B)',
        'flash_mode (B)', 'battery_percent (B)', 'frames_taken (B)', 'frames_left (B)'}
    assert told.items() <= summary.items()
    assert summary['resolution (A)'] == summary['resolution (B)'] == 2


def test_summary_of_a_picture():
    _, camera = connected()
    assert camera.summary(1) == {
        'size': 5000, 'thumbnail size': 900, 'sound, expanded': 0, 'resolution': 2,
        'protected': False, 'date': '2001-09-09 01:46:40', 'animation': 'no'}


@pytest.mark.parametrize('options', [{'missing': frozenset({47})}, {'empty': frozenset({47})}])
def test_no_summary_of_a_picture(options):
    _, camera = connected(**options)
    with pytest.raises(NotSupported, match='register 47'):
        camera.summary(1)


def test_the_summary_of_section_7():
    raw = bytes.fromhex('88 13 00 00 84 03 00 00 00 00 00 00 02 00 00 00 01 00 00 00 00 ca 9a 3b'
                        '00 00 00 00 00 00 00 00')  # S23
    assert frame_summary(raw) == FrameSummary(
        5000, 900, 0, 2, True, datetime(2001, 9, 9, 1, 46, 40), 0)
    assert frame_summary(b'\xff\xff\xff' + raw[3:]).size == 0xFFFFFF
    assert frame_summary(b'\x88\x13\x00\x77' + raw[4:]).size == 5000
    for other in (b'', raw[:-1], raw + b'x'):
        assert frame_summary(other) is None
    assert animation_frame(1) == -16777215  # S11


class Restless(LoopPort):
    """A camera that begins anew before a packet from now on, in the folder `where`."""

    packets, moment, where = (), 0, ''

    def write(self, data):
        if data[:1] == b'\x1b':
            self.packets = (*self.packets, data[4:6])
            if len(self.packets) == self.moment:
                self.simulator.power_cycle()
                card = self.simulator.camera.card
                card.folder = getattr(card, self.where)
        super().write(data)


def deleting(index, moment, where):
    """Delete an image at 19200; return the port, what was said, and what is gone."""
    port = Restless(SierraSimulator(folders=folders()))
    camera = SierraCamera(port, {'baudrate': 19200, 'pacing': 'burst'})
    camera.open()
    stored = [(one.folder, one.name) for one in camera.list_images()]
    port.packets, port.moment, port.where = (), moment, where
    said = None
    try:
        camera.delete([index])
    except (Refused, OutcomeUnknown, ProtocolError, IndexError) as error:
        said = error
    rest = [(one.folder, one.name) for one in camera.list_images()]
    assert camera.poll().images_stored == len(rest)
    return port, said, [number for number, one in enumerate(stored, 1) if one not in rest]


@pytest.mark.parametrize('where', ['root', 'recording'])
@pytest.mark.parametrize('index', [1, 3])
def test_a_camera_that_begins_anew_at_the_speed_of_the_session(index, where):
    """There it answers as before, in another folder; between its name and the deletion, alas."""
    packets = deleting(index, 0, where)[0].packets
    last = packets.index(b'\x02\x07') - 1  # the frame is selected
    assert packets[last - 1] == b'\x04\x4f' and last > 10  # its name is read
    for moment in {2, 13, 17, 55, last - 1, last, *range(1, last, 11)}:
        _, said, gone = deleting(index, moment, where)
        assert gone in ([], [index]), f'another picture went, at packet {moment}'
        assert isinstance(said, OutcomeUnknown) or bool(gone) == (said is None), (moment, said)

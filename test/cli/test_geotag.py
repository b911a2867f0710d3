# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver geotag` and `shots`: from a ledger and a track to pictures with a position."""

import csv
import hashlib
import io
import json
from pathlib import Path
import re

import numpy as np
from payload.flights import (
    CAMERA, distance, earth, Flight, ground, matrix, save, START, write_ledger)
from payload.pictures import dated, plain, simulated, with_maker_note, with_xmp
from PIL import Image
import pytest

from camera_driver.ledger.shared import SharedLedger
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Exposure
from camera_driver.payload.geotag import Tag

OFFSET = 0.084  # s that the track's clock is ahead
STAMPS = [START + t for t in (1.0, 2.3, 4.1, 5.2)]


@pytest.fixture(scope='module')
def flight():
    return Flight()


@pytest.fixture(scope='module')
def rows(flight):
    return [(f'{fix.time + OFFSET:.3f}', f'{fix.latitude:.11f}', f'{fix.longitude:.11f}',
             f'{fix.height:.4f}', *flight.angles(t), 0.02, 0.04)
            for t in (n / 10 for n in range(80)) for fix in [flight.fix(t)]]


@pytest.fixture
def track(tmp_path, rows):
    """Write the track of the flight."""
    path = tmp_path / 'flight.csv'
    with open(path, 'w') as file:
        csv.writer(file).writerows([
            ('time', 'latitude', 'longitude', 'height_ellipsoid', 'yaw', 'pitch', 'roll',
             'horizontal_accuracy', 'vertical_accuracy'), *rows])
    return path


@pytest.fixture
def ledger(tmp_path):
    """Write a ledger with four pictures."""
    path = tmp_path / 'shots.sqlite3'
    write_ledger(path, [simulated(), plain(), with_maker_note(plain(4)), with_xmp(plain(5))],
                 STAMPS)
    return path


@pytest.fixture
def tag(command, ledger, track):
    """Give a function that runs `camera-driver geotag` with the ledger and the track."""
    return lambda *words: command('geotag', '--ledger', ledger, '--track', track,
                                  f'--offset={OFFSET}', *words)


def records(path):
    shared = SharedLedger(path)
    try:
        return {one.shot_id: one for one in shared.shots()}
    finally:
        shared.close()


def north_of(path):
    """Return the latitude that Pillow finds in a picture."""
    with Image.open(path) as picture:
        degrees, minutes, seconds = map(float, picture.getexif().get_ifd(0x8825)[2])
    return degrees + minutes / 60 + seconds / 3600


def test_exposure_events_are_the_middle_of_the_exposures(tag, tmp_path, ledger, flight):
    log = tmp_path / 'events.csv'
    log.write_text('\n'.join(['time', *(f'{STAMPS[n] + OFFSET + 0.02:.4f}' for n in (2, 0, 1)),
                              f'{STAMPS[3] + OFFSET + 1:.4f}']))
    result = tag('--events', log, '--event-uncertainty', '0.001')
    last = [*records(ledger)][3]
    assert result.code == 0 and result.err == (
        f'camera-driver: {log}: 3 of 4 shots have one of 4 events; by their stamps alone: '
        f'{last}\n')
    tags = [Tag.of(shot) for shot in records(ledger).values()]
    for one, stamp in zip(tags, STAMPS[:3]):
        assert one.time == pytest.approx(stamp + OFFSET + 0.02, abs=1e-4)
        assert max(distance(one, flight.point(stamp + 0.02 - START))) < 0.01
        assert one.stamp_uncertainty == 0.001
    assert tags[3].time == pytest.approx(STAMPS[3] + OFFSET + 0.002, abs=1e-4)
    assert tag('--events', tmp_path / 'none.csv').code == 6


def test_from_ledger_and_track_to_pictures(command, tag, tmp_path, ledger, flight):
    before = {path: path.read_bytes() for path in tmp_path.glob('*.JPG')}
    result = tag('--output', tmp_path / 'tagged', '--json')
    assert result.code == 0 and not result.err
    document = result.document
    assert (document['tagged'], document['failed']) == (4, 0)
    for stamp, one in zip(STAMPS, document['shots']):
        found = Tag(**one['tag'])
        assert max(distance(found, flight.point(stamp + 0.002 - START))) < 0.005
        assert abs(north_of(one['file']) - found.latitude) < 1e-8
        assert found.horizontal == pytest.approx(
            (0.02 ** 2 + (0.002 * found.speed) ** 2) ** 0.5, rel=0.01)
    assert {path: path.read_bytes() for path in before} == before
    # Exports need no track any more.
    shown = command('shots', '--ledger', ledger, '--export', 'odm-geo')
    assert shown.code == 0 and shown.out.count('.JPG ') == 4
    latitude = float(shown.out.splitlines()[1].split()[2])
    assert abs(latitude - north_of(document['shots'][0]['file'])) < 1e-8


def test_positions_that_the_ledger_has_need_no_track(command, tag, tmp_path, ledger):
    assert tag().code == 0  # as a node does in flight
    lost = list(records(ledger))[2]
    shared = SharedLedger(ledger)
    shared.geotag(lost, {'untagged': 'in a gap'})
    shared.close()
    result = command('geotag', '--ledger', ledger, '--output', tmp_path / 'tagged', '--json')
    assert result.code == 7 and (result.document['tagged'], result.document['failed']) == (3, 1)
    for one in result.document['shots']:
        if one['shot_id'] == lost:
            assert (one['tag'], one['reason']) == (None, 'in a gap')
        else:
            assert abs(north_of(one['file']) - one['tag']['latitude']) < 1e-8
    assert records(ledger)[lost].geotag == {'untagged': 'in a gap'}
    assert command('geotag', '--ledger', ledger, '--in-place').code == 7
    text = command('geotag', '--ledger', ledger, '--in-place').out
    assert text.endswith(f'3 of 4 shots have a position from {ledger}.\n')


@pytest.mark.parametrize('words, reason', [
    ([], 'or --output DIR or --in-place'),
    (['--track', 'a.csv', '--find-offset', 'b.csv'], 'not both'),
    (['--in-place', '--offset', '1'], 'are of a --track')])
def test_what_does_not_go_together(command, ledger, words, reason):
    result = command('geotag', '--ledger', ledger, *words)
    assert result.code == 2 and reason in result.err


def test_copies_are_replaced_by_newer_ones_and_by_these_alone(tag, ledger, tmp_path):
    folder = tmp_path / 'tagged'
    for offset in (OFFSET, OFFSET, OFFSET + 0.5):
        assert tag('--output', folder, f'--offset={offset}').code == 0
        assert len(list(folder.iterdir())) == 4
        for one in records(ledger).values():
            assert abs(north_of(one.geotag['file']) - one.geotag['tag']['latitude']) < 1e-8
    (folder / 'nadir0001.JPG').write_bytes(plain(9))  # somebody edited it
    (folder / 'nadir0002.JPG').unlink()
    assert tag('--output', folder).code == 0
    assert (folder / 'nadir0001.JPG').read_bytes() == plain(9)
    assert sorted(path.name for path in folder.iterdir()) == [
        'nadir0001-2.JPG', 'nadir0001.JPG', 'nadir0002.JPG', 'nadir0003.JPG', 'nadir0004.JPG']
    assert tag('--in-place').code == tag('--output', folder).code == 0


def test_exposure_time_of_the_picture_where_the_camera_told_none(tag, tmp_path, ledger):
    path = tmp_path / 'auto' / 'shots.sqlite3'
    write_ledger(path, [simulated(), plain()], STAMPS, exposure_time=0.0)  # automatic
    first, second = tag('--ledger', path, '--json').document['shots']
    assert first['tag']['time'] == pytest.approx(STAMPS[0] + OFFSET + 0.005)  # 1/100 s
    assert second['tag']['time'] == pytest.approx(STAMPS[1] + OFFSET)


def test_table_for_people(tag, command, ledger):
    result = tag('--max-gap', '2')
    assert result.out.splitlines()[0].split() == [
        'SHOT', 'POSITION', 'HEIGHT', 'UNCERTAIN', 'PICTURE']
    assert '4 of 4 shots have a position from' in result.out.splitlines()[-1]
    assert '0.06 m' in result.out
    shown = command('shots', '--ledger', ledger)
    assert shown.code == 0 and 'nadir0001.JPG  47.500' in shown.out


def test_in_place_twice(tag, ledger, tmp_path):
    for offset in (OFFSET, OFFSET + 0.5):
        assert tag('--in-place', f'--offset={offset}').code == 0
        for one in records(ledger).values():
            assert abs(north_of(one.path) - one.geotag['tag']['latitude']) < 1e-8
            digest = hashlib.sha256((tmp_path / one.name).read_bytes()).hexdigest()
            assert digest == one.geotag['sha256'][1]
    assert not list(tmp_path.glob('.*'))


def test_killed_between_the_ledger_and_the_file(tag, ledger, tmp_path):
    """The ledger then expects another file than there is; the next run takes it."""
    for _ in range(2):
        before = {path: path.read_bytes() for path in tmp_path.glob('*.JPG')}
        assert tag('--in-place').code == 0
        for path, data in before.items():
            path.write_bytes(data)
        assert tag('--in-place').code == 0


def test_what_is_not_tagged_is_listed(tag, ledger, tmp_path, rows, command):
    ids = list(records(ledger))
    (tmp_path / 'nadir0001.JPG').write_bytes(plain(9))  # somebody's
    (tmp_path / 'nadir0002.JPG').unlink()
    save_more = Ledger(ledger, 'nadir', START)
    lost = save_more.command(CAMERA, START + 6)
    save_more.failed(lost, 'no film')
    kept = save_more.command(CAMERA, START + 6.5)
    save_more.exposed(kept, START + 6.5, 'trigger', 0.002, Exposure(), 5)
    save_more.close()
    result = tag('--json', '--output', tmp_path / 'tagged')
    assert result.code == 7
    reasons = {one['shot_id']: one['reason'] for one in result.document['shots']}
    assert 'is not what was downloaded for this shot' in reasons[ids[0]]
    assert 'cannot be read: No such file' in reasons[ids[1]]
    assert reasons[ids[2]] is None and reasons[ids[3]] is None
    assert reasons[lost] == 'no picture was taken: no film'
    assert 'its picture is not on this computer' in reasons[kept]
    assert result.document['failed'] == 3
    assert records(ledger)[kept].geotag['tag']  # for whoever fetches it from the card
    assert len(list((tmp_path / 'tagged').iterdir())) == 2
    shown = command('shots', '--ledger', ledger, '--export', 'geojson')
    assert len(json.loads(shown.out)['features']) == 6
    listed = command('shots', '--ledger', ledger, '--export', 'csv-pix4d', '--output',
                     tmp_path / 'p.csv')
    assert '2 of 6 shots have no position or no picture and are not in csv-pix4d' in listed.err
    again = command('shots', '--ledger', ledger, '--export', 'kml', '--output', tmp_path / 'p.csv')
    assert (again.code, again.error) == (6, f'{tmp_path}/p.csv exists; choose another name, or '
                                         'remove it')


def test_track_of_another_flight_takes_no_position_away(tag, ledger, tmp_path, track):
    assert tag().code == 0
    before = records(ledger)
    later = tmp_path / 'later.csv'
    later.write_text(track.read_text().replace('\n18000', '\n18001'))
    result = tag('--track', later)
    assert (result.code, records(ledger)) == (0, before)
    assert 'before the first fix of the track; it keeps the position that it has' in result.out
    assert '0 of 4 shots have a position from' in result.out


def test_nothing_tagged_is_a_failure(command, ledger, tmp_path, track):
    result = command('geotag', '--ledger', ledger, '--track', track, '--offset', '3600')
    assert result.code == 1
    assert ' untagged: ' in command('shots', '--ledger', ledger).out
    assert ' untagged ' in result.out and 'after the last fix of the track' in result.out


def test_offset_is_told_and_never_applied(command, ledger, tmp_path):
    log, stamps = tmp_path / 'triggers.csv', [*STAMPS, START + 9.7, START + 13.3]
    log.write_text('time,event\n' + ''.join(f'{stamp + 12.5:.3f},CAM\n' for stamp in stamps))
    write_ledger(ledger, [None, None], stamps[4:], 'nadir')
    before = records(ledger)
    result = command('geotag', '--ledger', ledger, '--find-offset', log)
    assert result.code == 0
    assert 'Offset +12.5000 s: 6 of 6 shots have one of 6 triggers; residual 0.0000 s' in (
        result.out)
    assert '--offset=12.5000' in result.out
    assert records(ledger) == before


def test_clock_of_the_camera_is_told_and_never_applied(command, tag, tmp_path):
    path, log = tmp_path / 'clock' / 'shots.sqlite3', tmp_path / 'events.csv'
    stamps = START + np.cumsum(np.random.default_rng(1).normal(2.5, 0.3, 60))
    middle = (stamps[0] + stamps[-1]) / 2
    ahead = 3600.4 + 2e-3 * (stamps - middle)  # s, when the shutter was open: 50 ms later
    pictures = [dated(time) for time in stamps + 0.05 + ahead]
    write_ledger(path, [*pictures[:50], None, *pictures[51:]], stamps.tolist(), exposure_time=0.0)
    log.write_text('\n'.join(['time', *(f'{stamp + 0.05 + OFFSET:.6f}' for stamp in stamps[5:])]))
    before = records(path)
    words = 'geotag', '--ledger', path, '--camera-clock'
    for more, offset in (([], 3600.45), (['--events', log, f'--offset={OFFSET}'], 3600.4)):
        result = command(*words, *more, '--json')
        found = result.document
        assert (result.code, found['pictures'], found['slack']) == (0, 59, 0)
        assert abs(found['offset'] - offset) < 3 * found['offset_error'] < 0.1
        assert abs(found['drift'] - 2e-3) < 3 * found['drift_error'] < 2e-3
        assert found['time'] == pytest.approx(middle, abs=0.06)
    assert records(path) == before
    assert re.fullmatch(
        r'The clock of the camera is \+3600\.4\d\d s ahead, standard deviation 0\.0\d\d s, at '
        r'2027-01-15 08:01:\d\d UTC, and gains \+\d{4} ppm, standard deviation \d+ ppm \(59 of 60 '
        r'shots have a picture with a time, in whole seconds\)\.\nNothing was changed\.\n',
        command(*words).out)
    # A picture that was tagged itself does not have the camera's time any more.
    assert tag('--ledger', path, '--in-place', '--max-gap', '1000').code != 2
    assert command(*words, '--json').document['pictures'] == 59 - sum(
        Tag.of(shot) is not None and shot.path is not None for shot in records(path).values())
    result = command(*words, '--track', log)
    assert result.code == 2 and 'nor either with --camera-clock' in result.err
    assert 'change nothing' in command(*words, '--in-place').err
    few = tmp_path / 'few' / 'shots.sqlite3'
    write_ledger(few, [plain(), dated(START)], STAMPS)
    assert '1 pictures with a time of the camera and a stamp' in command(
        'geotag', '--ledger', few, '--camera-clock').error


def test_picture_without_jpeg_keeps_its_position_in_the_ledger(tag, tmp_path, command):
    data = io.BytesIO()
    Image.new('RGB', (8, 8)).save(data, 'TIFF')
    path = tmp_path / 'other' / 'shots.sqlite3'
    write_ledger(path, [], [])
    write_ledger(path, [data.getvalue(), plain()], STAMPS)
    result = tag('--ledger', path, '--in-place')
    assert result.code == 7 and 'only a JPEG can be given a geotag' in result.out


def test_each_picture_has_the_position_of_its_own_shot(tag, tmp_path, flight):
    """One lost, one taken by hand, the camera's clock wrong, the node restarted in between."""
    path = tmp_path / 'busy' / 'shots.sqlite3'
    taken = {}

    def shoot(ledger, t, number):
        shot_id = ledger.command(CAMERA, START + t - 0.2)
        ledger.triggered(shot_id, START + t)
        ledger.exposed(shot_id, START + t, 'trigger', 0.002, Exposure(0.0), number)
        taken[shot_id] = t
        return shot_id

    ledger = Ledger(path, 'nadir', START)
    shoot(ledger, 1.0, 1)
    save(ledger, path.parent, 1, plain(1))
    lost = ledger.command(CAMERA, START + 2.0)
    ledger.failed(lost, 'the trigger was refused')
    shoot(ledger, 3.0, 2)
    save(ledger, path.parent, 2, plain(2))
    save(ledger, path.parent, 3, plain(3))  # somebody pressed the button
    cut_off = ledger.command(CAMERA, START + 3.5)
    ledger.close()
    ledger = Ledger(path, 'nadir', START + 4)  # the node is back
    shoot(ledger, 4.5, 4)
    save(ledger, path.parent, 4, plain(4))
    timeless = ledger.command(CAMERA, START + 5)
    ledger.exposed(timeless, float('nan'), 'unknown', float('nan'), Exposure(), 5)
    save(ledger, path.parent, 5, plain(5))
    ledger.close()

    result = tag('--ledger', path, '--json', '--output', tmp_path / 'tagged')
    assert result.code == 7
    found = {one['shot_id']: one for one in result.document['shots']}
    assert {shot_id for shot_id, one in found.items() if one['tag']} == set(taken)
    for shot_id, t in taken.items():
        position = Tag(**found[shot_id]['tag'])
        assert max(distance(position, flight.point(t))) < 0.005
        assert abs(north_of(found[shot_id]['file']) - position.latitude) < 1e-8
        number = {1.0: 1, 3.0: 2, 4.5: 4}[t]
        with Image.open(found[shot_id]['file']) as one, Image.open(
                io.BytesIO(plain(number))) as other:
            assert one.tobytes() == other.tobytes()
    assert {shot_id: one['reason'] for shot_id, one in found.items() if not one['tag']} == {
        lost: 'no picture was taken: the trigger was refused',
        cut_off: 'whether a picture was taken is not known: interrupted: the program ended before '
                 'or while the trigger was sent',
        timeless: 'the time of its exposure is not known'}
    assert len(list((tmp_path / 'tagged').iterdir())) == 3


@pytest.mark.parametrize(('words', 'error'), [
    (['--track', 'x', '--offset', 'nan'], "'nan' is not a number"),
    (['--track', 'x', '--lever-arm', '1,2'], "'1,2' is not three numbers"),
    (['--track', 'x', '--camera', 'rear'], "has no shots of 'rear'; it has some of nadir"),
    (['--track', 'x', '--output', 'y', '--in-place'], 'not allowed with argument'),
    (['--track', '{track}', '--height', 'msl'], 'heights are over the ellipsoid, and'),
    (['--track', '{bare}'], 'does not say what its heights are over: --height'),
    (['--track', '{track}', '--lens', 'nadir=x.yaml,3'], '--lens is for pictures: say --output'),
    (['--track', '{track}', '--in-place', '--lens', 'nadir=x'], 'write CAMERA=FILE,UM'),
    (['--track', '{track}', '--in-place', '--lens', 'nadir=x,0'], 'a pixel of 0 um is none'),
    (['--track', '{track}', '--in-place', '--lens', 'rear=x,3'], "has no shots by 'rear'"),
    (['--track', '{track}', '--in-place', '--lens', 'nadir={bare},3'], 'bare.csv: '),
])
def test_wrong_command_lines(command, ledger, track, tmp_path, words, error):
    bare = tmp_path / 'bare.csv'
    bare.write_text('time,latitude,longitude,height\n1800000000,1,2,3\n')
    result = command('geotag', '--ledger', ledger,
                     *(word.format(track=track, bare=bare) for word in words))
    assert result.code == 2 and error in result.error


def test_the_lens_goes_into_the_pictures(tag, ledger, tmp_path):
    (tmp_path / 'nadir.yaml').write_text("""\
image_width: 64
image_height: 48
camera_name: nadir
camera_matrix: {rows: 3, cols: 3, data: [100, 0, 32, 0, 100, 24, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [100, 0, 32, 0, 0, 100, 24, 0, 0, 0, 1, 0]}
""")
    result = tag('--output', tmp_path / 'tagged', '--lens', f'nadir={tmp_path}/nadir.yaml,3.45',
                 '--json')
    assert result.code == 0
    for one in result.document['shots']:
        assert b'Camera:PerspectiveFocalLength="0.345"' in Path(one['file']).read_bytes()


def test_mounting_is_of_one_camera(tag, ledger, flight):
    write_ledger(ledger, [None], [START + 3], 'oblique')
    result = tag('--lever-arm=0,0,1')
    assert result.code == 2 and 'are of one camera: say --camera' in result.error
    result = tag('--lever-arm=0,0,1', '--boresight=0,0,0', '--camera', 'oblique', '--json')
    document, = result.document['shots']
    _, down = distance(Tag(**document['tag']), flight.point(3.002))
    assert down == pytest.approx(1, abs=0.05)


def test_dropped_fixes_are_told(tag, track):
    lines = track.read_text().splitlines()
    lines[20] = lines[20].replace(',47.', ',48.')
    track.write_text('\n'.join(lines))
    result = tag()
    assert result.code == 0
    assert f'{track}: 1 fixes or attitudes dropped: faster than 100 m/s' in result.err


def test_shots_of_no_ledger(command, tmp_path):
    result = command('shots', '--ledger', tmp_path / 'none')
    assert result.code == 6 and 'cannot be used as a shot ledger' in result.error
    result = command('shots', '--output', 'x')
    assert result.code == 2 and '--output is for --export' in result.error


def test_one_trigger_of_a_rig_is_one_capture(command, track, tmp_path):
    path = tmp_path / 'rig.sqlite3'
    for late, camera in enumerate(('nadir', 'left')):
        write_ledger(path, [plain()] * 2, [stamp + 0.1 * late for stamp in STAMPS[:2]], camera)
    words = ['geotag', '--ledger', path, '--track', track, f'--offset={OFFSET}', '--output',
             tmp_path / 'tagged', '--rig', 'nadir,left']
    assert command(*words).code == 0
    captures = {(name, camera): re.search(
        rb'CaptureUUID="(.{32})".* Camera:RigCameraIndex="(.)"',
        (tmp_path / 'tagged' / f'{camera}{name:04}.JPG').read_bytes()).groups()
        for name in (1, 2) for camera in ('nadir', 'left')}
    for name in (1, 2):
        nadir, left = captures[name, 'nadir'], captures[name, 'left']
        assert nadir[0] == left[0] and (nadir[1], left[1]) == (b'0', b'1')
    assert len({capture for capture, _ in captures.values()}) == 2
    shown = command('shots', '--ledger', path, '--export', 'geojson')
    assert [one['properties']['rig_camera_index']
            for one in json.loads(shown.out)['features']] == [0, 1, 0, 1]
    wide = command(*words, '--rig-tolerance', 2)
    assert '4 shots follow each other within 2 s and are of more than one trigger' in wide.err
    assert 'is not a list of cameras' in command(*words, '--rig', 'nadir,').error
    assert command(*words, '--rig', 'nadir,lift').err == (
        "camera-driver: --rig: the ledger has no shots by 'lift'\n")


def test_lever_arms_of_a_rig_are_its_shape(command, track, tmp_path, flight):
    path = tmp_path / 'rig' / 'shots.sqlite3'
    arms = {'nadir': (0.1, 0.0, 0.3), 'left': (0.1, -1.25, 0.2), 'right': (-0.4, 1.25, 0.2)}
    for camera, arm in arms.items():
        write_ledger(path, [plain()] * 4, STAMPS, camera)
        assert command('geotag', '--ledger', path, '--track', track, f'--offset={OFFSET}',
                       '--camera', camera, f'--lever-arm={",".join(map(str, arm))}').code == 0
    assert command('geotag', '--ledger', path, '--rig', 'nadir,left,right', '--output',
                   tmp_path / 'tagged').code == 0
    triggers = {}
    for shot in records(path).values():
        triggers.setdefault(shot.geotag['rig']['capture'], []).append(
            (shot.geotag['rig']['index'], shot.camera, Tag.of(shot)))
    assert len(triggers) == 4
    for trigger in triggers.values():
        trigger.sort(key=lambda one: one[0])
        assert [one[:2] for one in trigger] == list(enumerate(arms))
        places = [earth(tag.latitude, tag.longitude, tag.height) for *_, tag in trigger]
        tag = trigger[0][2]
        turn = matrix(tag.yaw, tag.pitch, tag.roll)
        for (_, camera, _), place in zip(trigger, places):
            away = ground(tag.latitude, tag.longitude) @ (place - places[0])
            np.testing.assert_allclose(away, turn @ np.subtract(arms[camera], arms['nadir']),
                                       atol=1e-3)
    identifiers = [re.search(rb'CaptureUUID="(.{32})"', one.read_bytes())[1]
                   for one in (tmp_path / 'tagged').iterdir()]
    assert len(identifiers) == 12 and {identifiers.count(one) for one in identifiers} == {3}


CALIBRATION = """\
image_width: 640
image_height: 480
camera_matrix: {rows: 3, cols: 3, data: [800, 0, 320, 0, 800, 240, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [800, 0, 320, 0, 0, 800, 240, 0, 0, 0, 1, 0]}
"""


def test_footprints_of_a_calibrated_camera(command, tag, ledger, tmp_path):
    assert tag().code == 0
    calibration = tmp_path / 'nadir.yaml'
    calibration.write_text(CALIBRATION)
    words = ['shots', '--ledger', ledger, '--export', 'geojson', '--calibration',
             f'nadir={calibration}', '--ground']
    found = command(*words, 480)
    kinds = [one['geometry']['type'] for one in json.loads(found.out)['features']]
    assert kinds == ['Point', 'Polygon'] * 4 and not found.err
    low = command(*words, 650)
    assert low.out.count('"Point"') == 4 and 'Polygon' not in low.out
    assert low.err == ('camera-driver: 4 shots of nadir have no footprint: the camera was '
                       'not above the ground at 650 m\n')
    for words, message in [
            (['--calibration', f'nadir={calibration}'], 'need both --calibration'),
            (['--calibration', f'x={calibration}', '--ground', 1], "no shots of 'x'"),
            (['--calibration', 'nadir', '--ground', 1], 'write CAMERA=FILE'),
            (['--calibration', 'nadir=/none', '--ground', 1], 'give a calibration file'),
            (['--calibration', f'nadir={ledger}', '--ground', 1], 'not a calibration')]:
        assert message in command('shots', '--ledger', ledger, '--export', 'kml', *words).error
    assert 'footprints are for --export geojson or kml' in command(
        'shots', '--ledger', ledger, '--calibration', 'nadir=x', '--ground', 1).error

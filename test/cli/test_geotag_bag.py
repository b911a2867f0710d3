# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver geotag` with a ROS 2 bag: positions, attitudes, a gimbal, exposure events."""

import math
import sys

import numpy as np
from payload.flights import distance, Flight, ground, matrix, START, write_ledger
import pytest

from camera_driver.ledger.shared import SharedLedger
from camera_driver.payload.geotag import Tag

bags = pytest.importorskip('payload.bags', exc_type=ImportError)  # rosbags has no Debian package

STAMPS = [START + t for t in (1.03, 2.31, 4.17, 5.27)]
LATE = 0.05  # s of the exposure events
ARM = 0.3, -0.1, 0.2  # m forward, right, down
PAN, TILT = 30.0, -15.0  # deg, of the gimbal: to the left, and ahead
GIMBAL = ['--gimbal-topic', '/joints', '--gimbal-joints', 'pan,tilt', '--gimbal-axes', 'zy']


@pytest.fixture(scope='module')
def flight():
    return Flight()


@pytest.fixture(scope='module')
def messages(flight):
    """Return all that was recorded, by topic."""
    times = np.arange(0, 8, 0.1)
    fixes = [flight.fix(t) for t in times]
    return {
        '/gps/fix': [bags.fix(one.time, one.latitude, one.longitude, one.height)
                     for one in fixes],
        '/imu/data': [bags.imu(START + t, *flight.angles(t)) for t in np.arange(0, 8, 0.02)],
        '/joints': [bags.joints(START + t, wheel=1.0, tilt=math.radians(TILT),
                                pan=math.radians(PAN)) for t in times],
        '/hotshoe': [bags.event(stamp + LATE) for stamp in [*STAMPS[:3], STAMPS[3] + 1]]}


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / 'shots.sqlite3'
    write_ledger(path, [None] * 4, STAMPS)
    return path


@pytest.fixture
def tag(command, ledger):
    """Give a function that runs `camera-driver geotag`."""
    return lambda *words: command('geotag', '--ledger', ledger, *words)


def tags(path):
    shared = SharedLedger(path)
    try:
        return [(shot, Tag.of(shot)) for shot in shared.shots()]
    finally:
        shared.close()


@pytest.mark.parametrize('kind', ['mcap', 'sqlite3'])
def test_there_and_back(tag, ledger, tmp_path, messages, flight, kind):
    folder = bags.write_bag(tmp_path / 'bag', messages, kind)
    file, = [path for path in folder.iterdir() if path.suffix in ('.mcap', '.db3')]
    for path in (folder, file):
        result = tag('--track', path, '--lever-arm', ','.join(map(str, ARM)))
        assert (result.code, result.err) == (0, '')
        for stamp, (_, found) in zip(STAMPS, tags(ledger)):
            t = stamp + 0.002 - START
            camera = flight.point(t) + matrix(*flight.angles(t)) @ ARM @ ground(*flight.place[:2])
            assert max(distance(found, camera)) < 0.005
            assert (found.yaw, found.pitch, found.roll) == pytest.approx(
                flight.angles(t), abs=0.01)
            assert (found.height_kind, found.vertical) == (
                'ellipsoid', pytest.approx(0.04, rel=0.01))
    assert tag('--track', folder, '--height', 'msl').code == 0
    assert tags(ledger)[0][1].height_kind == 'mean sea level'


def test_a_gimbal(tag, ledger, tmp_path, messages, flight):
    folder = bags.write_bag(tmp_path / 'bag', messages)
    assert tag('--track', folder, *GIMBAL, '--boresight', '0,10,0').code == 0
    pan, tilt = np.radians([PAN, TILT])
    # About up, then about left, in the axes of the body: forward, right, down.
    left = np.array([[math.cos(pan), math.sin(pan), 0], [-math.sin(pan), math.cos(pan), 0],
                     [0, 0, 1]])
    ahead = np.array([[math.cos(tilt), 0, -math.sin(tilt)], [0, 1, 0],
                      [math.sin(tilt), 0, math.cos(tilt)]])
    for stamp, (_, found) in zip(STAMPS, tags(ledger)):
        body = matrix(*flight.angles(stamp + 0.002 - START))
        np.testing.assert_allclose(matrix(found.yaw, found.pitch, found.roll),
                                   body @ left @ ahead @ matrix(0, 10, 0), atol=2e-4)
    assert tag('--track', folder, *GIMBAL[:-1], 'q').code == 2


def test_a_gimbal_that_is_not_known_makes_no_angle(tag, ledger, tmp_path, messages):
    """No message, another joint, a gap: positions without angles, or none."""
    folder = bags.write_bag(tmp_path / 'bag', messages | {'/joints': [
        one for one in messages['/joints'] if not 2.0 < one.header.stamp.sec - START < 5]})
    result = tag('--track', folder, *GIMBAL)
    assert result.code == 7
    assert 'in a gap of 2.100 s between two gimbal angles' in result.out
    assert [bool(found) for _, found in tags(ledger)] == [True, True, False, True]
    result = tag('--track', folder, *GIMBAL[:3], 'pan,lid', *GIMBAL[4:])
    assert (result.code, result.error) == (
        2, f'{folder}: no gimbal angles on /joints: 60 without the joint lid')
    result = tag('--track', folder, '--gimbal-topic', '/none', *GIMBAL[2:])
    assert (result.code, result.error) == (
        2, f'{folder}: no sensor_msgs/JointState on /none; there is: /joints')


def test_the_event_of_a_shot_is_its_stamp_in_the_ledger(tag, ledger, tmp_path, messages, flight):
    folder = bags.write_bag(tmp_path / 'bag', messages)
    for wrong in (0.03, 0.0, 0.0):  # found again from the estimates, whatever was there before
        result = tag('--track', folder, f'--offset={wrong}', '--events', folder,
                     '--event-uncertainty', '0.001')
        assert result.code == 0 and '3 of 4 shots have one of 4 events' in result.err
        found = tags(ledger)
        for shot, one in found[:3]:
            assert (shot.stamp_source, shot.stamp_uncertainty) == ('exposure_event', 0.001)
            assert one.time == shot.stamp + wrong
    stamps = [shot.stamp for shot, _ in found]
    assert stamps == pytest.approx([*(one + LATE for one in STAMPS[:3]), STAMPS[3]], abs=1e-6)
    assert found[3][0].stamp_source == 'trigger'
    for stamp, (_, one) in zip(stamps[:3], found):
        assert max(distance(one, flight.point(stamp - START))) < 0.005
    # They stay, also for a track without events, and offsets are those of the estimates.
    assert tag('--track', folder).code == 0
    assert [shot.stamp for shot, _ in tags(ledger)] == stamps
    assert '+0.050 s fits 3 of 4' in tag(  # of too few to tell
        '--find-offset', folder, '--event-topic', '/hotshoe').error


@pytest.mark.parametrize('change, words, error', [
    ({'/gps/two': '/gps/fix'}, [],
     'sensor_msgs/NavSatFix on /gps/fix, /gps/two: say which one'),
    ({'/imu/two': '/imu/data'}, [],
     'sensor_msgs/Imu or geometry_msgs/QuaternionStamped on /imu/data, /imu/two: say which one'),
    ({'/gps/fix': None}, [], 'no topic of sensor_msgs/NavSatFix in it'),
    ({'/hotshoe': None}, ['--events', '{bag}'], 'no topic of sensor_msgs/TimeReference in it')])
def test_topics_that_are_not_clear(tag, tmp_path, messages, change, words, error):
    recorded = {name: one[:5] for name, one in messages.items()}
    for name, other in change.items():
        if other:
            recorded[name] = recorded[other]
        else:
            del recorded[name]
    folder = bags.write_bag(tmp_path / 'bag', recorded)
    result = tag('--track', folder, *(word.format(bag=folder) for word in words))
    assert (result.code, result.error) == (2, f'{folder}: {error}')


def test_what_cannot_be_used_is_dropped_and_told(tag, ledger, tmp_path, messages):
    good = messages['/gps/fix']
    bad = [bags.fix(START + 0.95, 47.0, 8.0, 500.0, status=-1),
           bags.fix(0.0, 47.0, 8.0, 500.0), bags.fix(START + 0.96, math.nan, 8.0, 500.0),
           bags.fix(START + 0.97, 0.0, 0.0, 500.0)]
    folder = bags.write_bag(tmp_path / 'bag', {'/gps/fix': [*good[:10], *bad, *good[10:]]})
    result = tag('--track', folder)
    assert result.code == 0 and sorted(
        line.split(' dropped: ')[1] for line in result.err.splitlines()) == [
            'at 0/0', 'not a number', 'without a fix', 'without a stamp']
    assert all(found.yaw is None for _, found in tags(ledger))


def test_files_that_are_no_bags(tag, tmp_path, messages):
    few = {'/gps/fix': messages['/gps/fix'][:50]}
    for kind, suffix in (('mcap', 'mcap'), ('sqlite3', 'db3')):
        folder = bags.write_bag(tmp_path / kind, few, kind)
        file, = folder.glob(f'*.{suffix}')
        data = file.read_bytes()
        for number, damaged in enumerate((b'', data[:40], data[:-700], data[:len(data) // 2],
                                          data.replace(b'base_link', b'\xff' * 9))):
            path = tmp_path / f'{kind}{number}.{suffix}'
            path.write_bytes(damaged)
            result = tag('--track', path)
            assert result.code == 6 and result.error.startswith(
                f'{path} cannot be read as a bag: '), (number, result.err)
    empty = tmp_path / 'empty'
    empty.mkdir()
    for path in (empty, tmp_path / 'none.mcap'):
        assert tag('--track', path).error.startswith(f'{path} cannot be read as a bag: ')


def test_without_rosbags(tag, tmp_path, messages, monkeypatch):
    folder = bags.write_bag(tmp_path / 'bag', {'/gps/fix': messages['/gps/fix'][:2]})
    monkeypatch.setitem(sys.modules, 'rosbags.rosbag2', None)
    result = tag('--track', folder)
    assert (result.code, result.error) == (
        1, f'{folder} is a bag, and rosbags, which reads it, is not installed: pip install '
        'rosbags')


@pytest.mark.parametrize('words, error', [
    (['--track', 'x.csv', '--fix-topic', '/fix'], 'are of a bag: give one as --track'),
    (['--track', 'x.mcap', '--event-topic', '/e'], 'is of a bag: give one as --events or'),
    (['--track', 'x.mcap', '--gimbal-topic', '/j'],
     'a gimbal needs --gimbal-topic, --gimbal-joints and --gimbal-axes'),
    (['--track', 'x.mcap', *GIMBAL[:-1], 'z'],
     "2 joints and the axes 'z': write for each joint one of x (forward), y (left), z (up)"),
    (['--track', 'x.mcap', *GIMBAL[:-1], 'zq'], "2 joints and the axes 'zq'")])
def test_wrong_command_lines(tag, words, error):
    result = tag(*words)
    assert result.code == 2 and error in result.err

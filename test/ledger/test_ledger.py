# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The shot ledger: life of a shot, kill -9, renumbering, damaged and read-only files, sharing."""

from dataclasses import replace
from datetime import datetime
import os
from pathlib import Path
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import pytest

from camera_driver.errors import StorageError
from camera_driver.ledger.file import MIGRATIONS
from camera_driver.ledger.shared import SharedLedger
from camera_driver.ledger.shots import Counters, Ledger
from camera_driver.model import Exposure, Identity, OpticalState, StoredImage
from camera_driver.operations import Outcome, Settlement

NOW = 1_800_000_000.0
CAMERA = Identity('sierra', 'Olympus', 'C-3040Z', 'A17')


def image(index, name='', size=1000, day=1, folder=''):
    return StoredImage(index, name or f'P{index:07}.JPG', folder, size,
                       stamp=datetime(2001, 1, day))


def shoot(ledger, index=None, now=NOW):
    shot = ledger.command(CAMERA, now)
    ledger.triggered(shot, now + 0.25)
    ledger.exposed(shot, now + 0.5, 'trigger', 0.01, Exposure(0.004, 2.8, 100.0), index)
    return shot


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'ledger' / 'shots.sqlite3'


@pytest.fixture
def ledger(path):
    with_file = Ledger(path, 'front', NOW)
    yield with_file
    with_file.close()


def test_life_of_a_shot(ledger):
    shot = ledger.command(CAMERA, NOW)
    assert shot == 'front-20270115T080000Z-0001'
    assert ledger.shot(shot).state == 'commanded'
    ledger.triggered(shot, NOW + 0.25)
    ledger.exposed(shot, NOW + 0.5, 'trigger', 0.01, Exposure(0.004, 2.8), 7)
    record = ledger.shot(shot)
    assert (record.state, record.sent, record.stamp) == ('stored', NOW + 0.25, NOW + 0.5)
    assert (record.stamp_source, record.stamp_uncertainty, record.image_index) == (
        'trigger', 0.01, 7)
    seven = image(7)
    ledger.listed(CAMERA, [image(6), seven])
    assert ledger.shot(shot).name == seven.name
    assert not ledger.has(CAMERA, seven)
    ledger.downloaded(CAMERA, seven, Path('/pictures/P7.JPG'), 1000, 'abc', NOW + 9)
    assert ledger.has(CAMERA, seven)
    assert ledger.shot(shot).state == 'downloaded'
    ledger.verified(CAMERA, 'abc')
    assert ledger.shot(shot).state == 'verified'
    assert ledger.shot(shot).path == '/pictures/P7.JPG'
    assert ledger.counters() == Counters(1, 1, 1, 1, 1)


def test_a_shot_is_on_the_disk_before_its_trigger(ledger):
    """With synchronous FULL a commit waits for the disk; NORMAL does not in WAL mode."""
    statements = []
    ledger.command(CAMERA, NOW)  # the file is open
    ledger._file._db.set_trace_callback(statements.append)
    ledger.command(CAMERA, NOW)
    until_commit = statements[:statements.index('COMMIT')]
    assert [line for line in until_commit if 'synchronous' in line] == [
        'PRAGMA synchronous = FULL']


def test_counters_include_earlier_stages(ledger):
    shoot(ledger)
    shoot(ledger, 1)
    ledger.failed(ledger.command(CAMERA, NOW), 'memory full')
    ledger.unknown(ledger.command(CAMERA, NOW), 'cable pulled')
    ledger.command(CAMERA, NOW)
    assert ledger.counters() == Counters(commanded=5, exposed=2, stored=1, unknown=1, failed=1)
    assert [s.state for s in ledger.shots()] == [
        'exposed', 'stored', 'failed', 'unknown', 'commanded']


def test_ids_are_unique_over_cameras_and_runs(ledger, path):
    other = Ledger(path, '/rig/rear', NOW)
    again = Ledger(path, 'front', NOW)
    ids = [one.command(CAMERA, NOW) for one in (ledger, other, again, ledger, other)]
    assert ids == ['front-20270115T080000Z-0001', 'rig.rear-20270115T080000Z-0001',
                   'front-20270115T080000Z-0002', 'front-20270115T080000Z-0003',
                   'rig.rear-20270115T080000Z-0002']
    other.close()
    again.close()


def test_interrupted_shots_are_unknown_at_the_next_start(ledger, path):
    waiting = ledger.command(CAMERA, NOW)
    sent = ledger.command(CAMERA, NOW)
    ledger.triggered(sent, NOW)
    done = shoot(ledger, 1)
    other = Ledger(path, 'rear', NOW)  # another camera's shots are none of its business
    assert ledger.shot(waiting).state == 'commanded'
    other.close()
    ledger.close()
    again = Ledger(path, 'front', NOW)
    assert again.shot(waiting).state == 'unknown'
    assert 'while the trigger was sent' in again.shot(waiting).message
    assert 'after the trigger was sent' in again.shot(sent).message
    assert again.shot(done).state == 'stored'
    again.close()


CHILD = """
import sys
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Identity
ledger = Ledger(sys.argv[1], 'front', 0.0)
while True:
    print(ledger.command(Identity('sierra'), 0.0), flush=True)
    ledger.triggered(ledger.command(Identity('sierra'), 0.0), 1.0)
"""


def test_survives_kill_9(path):
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen([sys.executable, '-c', CHILD, path], cwd=root,
                             stdout=subprocess.PIPE, text=True)
    announced = [child.stdout.readline().strip() for _ in range(20)]
    child.send_signal(signal.SIGKILL)
    announced += child.stdout.read().split()
    child.wait()
    child.stdout.close()
    ledger = Ledger(path, 'front', NOW)
    assert not ledger.problem
    recorded = {shot.shot_id: shot.state for shot in ledger.shots()}
    assert set(announced) <= set(recorded)
    assert set(recorded.values()) == {'unknown'}
    assert ledger.command(CAMERA, NOW) not in recorded
    ledger.close()


SHARER = """
import sys
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Identity
ledger = Ledger(sys.argv[1], 'front', 0.0)
for line in sys.stdin:
    print(ledger.command(Identity('sierra'), 0.0), flush=True)
assert not ledger.problem, ledger.problem
"""


def test_processes_share_one_file(path):
    root = Path(__file__).resolve().parents[2]
    children = [subprocess.Popen([sys.executable, '-c', SHARER, path], cwd=root, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                for _ in range(3)]
    for child in children:
        child.stdin.write(30 * 'shoot\n')
        child.stdin.flush()
    ids = [line for child in children for line in child.communicate()[0].split()]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(set(ids)) == 90
    ledger = Ledger(path, 'front', NOW)
    assert set(ids) == {shot.shot_id for shot in ledger.shots()}
    ledger.close()


def test_downloads_are_known_after_restart_and_renumbering(ledger, path):
    images = [image(n) for n in (1, 2, 3)]
    for one in images[1:]:
        ledger.downloaded(CAMERA, one, Path('x'), 1000, f'hash{one.index}', NOW)
    ledger.close()
    again = Ledger(path, 'front', NOW)
    moved = [image(n - 1, images[n - 1].name) for n in (2, 3)]  # the first was deleted by hand
    assert [again.has(CAMERA, one) for one in moved] == [True, True]
    assert not again.has(CAMERA, images[0])
    assert not again.has(Identity('sierra', '', 'C-3040Z', 'B99'), images[1])
    again.close()


def test_images_without_enough_marks_are_never_taken_for_known(ledger):
    bare = StoredImage(1, size=1000)
    ledger.downloaded(CAMERA, bare, Path('x'), 1000, 'abc', NOW)
    assert not ledger.has(CAMERA, bare)


def test_delete_renumbers_and_frees_names(ledger):
    first, second, third = (shoot(ledger, n) for n in (1, 2, 3))
    ledger.downloaded(CAMERA, image(1), Path('x'), 1000, 'abc', NOW)
    ledger.deleted(CAMERA, [image(1), image(2)])
    assert not ledger.has(CAMERA, image(1))  # the camera may give the name again
    assert [ledger.shot(s).image_index for s in (first, second, third)] == [None, None, 1]
    assert ledger.shot_of(CAMERA, image(1, 'P0000003.JPG')).shot_id == third
    assert ledger.shot(first).state == 'downloaded'


def test_a_number_that_now_belongs_to_an_older_image_is_not_the_shot(ledger):
    old = image(5)
    ledger.downloaded(CAMERA, old, Path('x'), 1000, 'abc', NOW)
    shot = shoot(ledger, 4)  # then somebody deleted images 1 to 4 at the camera
    assert ledger.expects_list(CAMERA)
    ledger.listed(CAMERA, [image(4, old.name)])
    assert ledger.shot(shot).name is None
    assert not ledger.expects_list(CAMERA)
    assert ledger.shot_of(CAMERA, image(4, 'NEW.JPG')) is None


@pytest.mark.parametrize('verified', [False, True])
@pytest.mark.parametrize('clock', [0, -1e6, 1e6])
def test_a_picture_may_be_downloaded_before_it_is_known_whose_it_is(ledger, clock, verified):
    shot = ledger.command(CAMERA, NOW)
    ledger.record(shot, {'operation': 'capture', 'count': 3})
    ledger.exposed(shot, NOW + 0.5, 'trigger', 0.01, Exposure(), None)  # its number was not told
    ledger.fetch_later(CAMERA, shot, NOW)
    four = image(4)
    ledger.downloaded(CAMERA, four, Path('/pictures/P4.JPG'), 1000, 'abc', NOW + clock)
    if verified:
        ledger.verified(CAMERA, 'abc')
    ledger.settle(shot, Settlement(Outcome.DONE, 'found', 4), NOW + 9)
    assert [one.shot_id for one in ledger.to_fetch(CAMERA)] == [shot]
    ledger.listed(CAMERA, [image(3), four])
    record = ledger.shot(shot)
    assert (record.state, record.path, record.name) == (
        'verified' if verified else 'downloaded', '/pictures/P4.JPG', four.name)
    assert ledger.to_fetch(CAMERA) == []
    # Nor is it a later shot's, when the numbers have changed.
    later = shoot(ledger, 5)
    ledger.listed(CAMERA, [image(4, 'P0000003.JPG'), image(5, four.name)])
    assert ledger.shot(later).name is None


def test_no_number_is_trusted_when_a_list_lacks_one(ledger):
    first, second = shoot(ledger, 6), shoot(ledger, 7)
    # Meanwhile somebody deleted image 1: what is number 6 now was the second shot.
    ledger.listed(CAMERA, [image(index, f'P{index + 1}.JPG') for index in range(1, 7)])
    assert ledger.shot_of(CAMERA, image(6, 'P7.JPG')) is None
    assert ledger.shot(first).name is None and ledger.shot(second).name is None
    assert not ledger.expects_list(CAMERA)


def test_a_number_is_trusted_until_the_first_list_after_it(ledger):
    shot = shoot(ledger, 9)
    ledger.listed(CAMERA, [image(1)])  # the card was formatted by hand
    assert ledger.shot_of(CAMERA, image(9)) is None
    assert ledger.shot(shot).state == 'stored'


@pytest.mark.parametrize('part, nothing', [('name', ''), ('size', None), ('stamp', None)])
@pytest.mark.parametrize('first', [True, False])
def test_what_the_camera_refuses_to_tell_for_a_moment_hides_no_picture(
        ledger, part, nothing, first):
    whole = image(2)
    lacking = replace(whole, **{part: nothing})
    shot = shoot(ledger, 2)
    ledger.listed(CAMERA, [image(1), lacking if first else whole])
    now = whole if first else lacking
    ledger.listed(CAMERA, [image(1), now])
    assert ledger.shot_of(CAMERA, now).shot_id == shot
    # Not another picture at this number, nor this one at another, of which too little is told.
    assert ledger.shot_of(CAMERA, replace(now, size=77, name='OTHER.JPG')) is None
    assert ledger.shot_of(CAMERA, replace(now, index=3)) is None
    assert ledger.shot_of(CAMERA, StoredImage(2)) is None


def test_where_the_camera_gives_no_names_the_number_is_all_there_is(ledger):
    shot = shoot(ledger, 2)
    bare = StoredImage(2, size=1000)
    ledger.listed(CAMERA, [StoredImage(1, size=900), bare])
    assert ledger.shot_of(CAMERA, bare).shot_id == shot


def test_damaged_file_is_moved_aside(path):
    path.parent.mkdir()
    path.write_bytes(b'not a database' * 1000)
    ledger = Ledger(path, 'front', NOW)
    assert 'damaged' in ledger.problem and 'moved to' in ledger.problem
    shot = ledger.command(CAMERA, NOW)
    ledger.close()
    again = Ledger(path, 'front', NOW)
    assert not again.problem
    assert again.shot(shot).state == 'unknown'
    again.close()
    aside = list(path.parent.glob('*.damaged-*'))
    assert [p.read_bytes()[:14] for p in aside] == [b'not a database']


def test_file_damaged_while_in_use(ledger, path):
    for n in range(200):
        ledger.command(CAMERA, NOW)
    ledger._file._db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    with open(path, 'r+b') as file:
        file.seek(4096)
        file.write(os.urandom(path.stat().st_size - 4096))
    ledger._file._db.execute('PRAGMA shrink_memory')
    shot = shoot(ledger, 1)
    assert ledger.shot(shot).state == 'stored' or ledger.problem
    again = Ledger(path, 'front', NOW)
    assert again.shot(again.command(CAMERA, NOW)).state == 'commanded'
    again.close()


@pytest.mark.parametrize('where', ['/proc/none/shots.sqlite3', '/dev/null', '/'])
def test_impossible_place_means_memory(where):
    ledger = Ledger(where, 'front', NOW)
    assert 'memory only' in ledger.problem
    assert ledger.shot(shoot(ledger, 1)).state == 'stored'
    ledger.close()


def test_read_only_file_is_read_and_continued_in_memory():
    folder = Path(tempfile.mkdtemp())
    path = folder / 'shots.sqlite3'
    ledger = Ledger(path, 'front', NOW)
    ledger.downloaded(CAMERA, image(1), Path('x'), 1000, 'abc', NOW)
    ledger.close()
    before = path.read_bytes()
    path.chmod(0o444)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # permissions do not hold root back
    try:
        ledger = Ledger(path, 'front', NOW)
        assert 'memory only' in ledger.problem
        assert ledger.has(CAMERA, image(1))
        assert ledger.shot(shoot(ledger)).state == 'exposed'
        ledger.close()
    finally:
        if root:
            os.seteuid(0)
    assert path.read_bytes() == before
    folder.chmod(0o755)
    shutil.rmtree(folder)


FULL_DISK = """
import resource, sys
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Identity
ledger = Ledger(sys.argv[1], 'front', 0.0)
first = ledger.command(Identity('sierra'), 0.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
second = ledger.command(Identity('sierra'), 0.0)
ledger.failed(second, 'nothing')
assert 'memory only' in ledger.problem, ledger.problem
assert ledger.shot(first).state == 'commanded', ledger.shot(first)
assert ledger.shot(second).state == 'failed'
"""


def test_file_that_cannot_grow(path):
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, '-c', FULL_DISK, path], cwd=root, check=True)


def test_a_newer_schema_is_left_alone(ledger, path):
    ledger.close()
    db = sqlite3.connect(path)
    db.execute(f'PRAGMA user_version = {len(MIGRATIONS) + 1}')
    db.close()
    newer = Ledger(path, 'front', NOW)
    assert 'newer program' in newer.problem
    assert newer.shot(shoot(newer)).state == 'exposed'
    newer.close()
    db = sqlite3.connect(path)
    assert db.execute('SELECT count(*) FROM shots').fetchone() == (0,)
    db.close()


def test_another_process_that_holds_the_lock_does_not_stop_the_camera(ledger, path):
    first = ledger.command(CAMERA, NOW)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    second = ledger.command(CAMERA, NOW)
    holder.execute('ROLLBACK')
    holder.close()
    assert 'memory only' in ledger.problem
    assert [s.shot_id for s in ledger.shots()] == [first, second]


def test_what_was_recorded_in_memory_goes_into_the_file_when_it_is_free_again(ledger, path):
    first, second = shoot(ledger, 1), ledger.command(CAMERA, NOW)
    other = Ledger(path, 'rear', NOW)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    ledger.exposed(second, NOW, 'trigger', 0.1, Exposure(), 2)
    third = shoot(ledger, 3)
    ledger.downloaded(CAMERA, image(1), Path('x'), 1000, 'abc', NOW)
    assert 'memory only' in ledger.problem
    holder.execute('ROLLBACK')
    holder.close()
    shoot(other)
    fourth = shoot(ledger, 4)
    assert not ledger.problem
    again = Ledger(path, 'front', NOW)
    assert [(s.shot_id, s.state) for s in again.shots()] == [
        (first, 'downloaded'), (second, 'stored'), (third, 'stored'), (fourth, 'stored')]
    assert again.has(CAMERA, image(1))
    assert len(other.shots()) == 1
    again.close()
    other.close()


def test_a_doubt_that_was_cleared_in_memory_is_not_open_in_the_file(ledger, path):
    doubt = ledger.doubt(CAMERA, {'operation': 'delete'}, NOW)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    ledger.clear(doubt)
    assert 'memory only' in ledger.problem
    holder.execute('ROLLBACK')
    holder.close()
    ledger.command(CAMERA, NOW)
    assert not ledger.problem
    assert ledger.counters().doubts == 0
    assert doubt not in [one.id for one in ledger.unsettled(CAMERA)]


def test_memory_does_not_grow_with_the_shots():
    script = (
        'import sys\n'
        'from camera_driver.ledger.shots import Ledger\n'
        'from camera_driver.model import Identity\n'
        'def dirty():\n'
        '    lines = open("/proc/self/smaps_rollup").read().splitlines()\n'
        '    return next(int(line.split()[1]) for line in lines if "Private_Dirty" in line)\n'
        'ledger = Ledger(sys.argv[1], "front", 0.0)\n'
        'for number in range(3000):\n'
        '    ledger.triggered(ledger.command(Identity("sierra"), number), number)\n'
        '    if number == 1000:\n'
        '        before = dirty()\n'
        'print(dirty() - before)\n')
    memory = '/dev/shm' if os.path.isdir('/dev/shm') else None  # so that no disk is waited for
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        done = subprocess.run(
            [sys.executable, '-c', script, f'{folder}/shots.sqlite3'], capture_output=True,
            text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    assert int(done.stdout) < 400  # kB; of 2000 shots


def test_a_later_shot_is_later_though_the_clock_was_set_back(ledger):
    open_one = ledger.command(CAMERA, NOW)
    ledger.record(open_one, {'operation': 'capture'})
    ledger.unknown(open_one, 'cable pulled')
    assert [one.id for one in ledger.unsettled(CAMERA)] == [open_one]
    shoot(ledger, 2, NOW - 3600)
    assert not ledger.unsettled(CAMERA)


def test_shots_of_a_folder_that_appears_late(tmp_path):
    place = tmp_path / 'mount'
    place.write_bytes(b'')  # no folder: the disk is not mounted
    ledger = Ledger(place / 'shots.sqlite3', 'front', NOW)
    shot = shoot(ledger)
    place.unlink()
    ledger.close()
    again = Ledger(place / 'shots.sqlite3', 'front', NOW)
    assert [one.shot_id for one in again.shots()] == [shot]
    again.close()


def test_a_shot_in_doubt_is_settled_after_a_restart(ledger, path):
    shot = ledger.command(CAMERA, NOW)
    ledger.record(shot, {'operation': 'capture', 'count': 3})
    ledger.triggered(shot, NOW + 1)
    ledger.close()
    again = Ledger(path, 'front', NOW)
    [doubt] = again.unsettled(CAMERA)
    assert (doubt.id, doubt.evidence) == (shot, {'operation': 'capture', 'count': 3})
    assert again.settle(shot, Settlement(Outcome.UNKNOWN, 'no answer'), NOW + 8).settled is None
    assert [one.id for one in again.unsettled(CAMERA)] == [shot]
    found = again.settle(shot, Settlement(Outcome.DONE, 'it counts 4 now', 4), NOW + 9)
    assert (found.state, found.image_index, found.stamp, found.settled, found.message) == (
        'stored', 4, NOW + 1, NOW + 9, 'it counts 4 now')
    assert not again.unsettled(CAMERA)
    assert again.expects_list(CAMERA)
    again.listed(CAMERA, [image(4)])
    assert again.shot_of(CAMERA, image(4)).shot_id == shot
    again.close()


def test_a_shot_is_settled_as_not_taken(ledger):
    shot = ledger.command(CAMERA, NOW)
    ledger.record(shot, {'operation': 'capture'})
    ledger.unknown(shot, 'silence')
    assert ledger.settle(shot, Settlement(Outcome.NOT_DONE, 'it counts 3'), NOW).state == 'failed'
    assert not ledger.unsettled(CAMERA)


def test_an_exposed_shot_without_a_number_is_asked_for(ledger):
    shot = ledger.command(CAMERA, NOW)
    ledger.record(shot, {'operation': 'capture', 'count': 3})
    ledger.exposed(shot, NOW + 0.5, 'trigger', 0.01, Exposure(), None)
    assert [one.id for one in ledger.unsettled(CAMERA)] == [shot]
    found = ledger.settle(shot, Settlement(Outcome.DONE, 'found', 4), NOW + 9)
    assert (found.state, found.image_index, found.stamp) == ('stored', 4, NOW + 0.5)
    gone = ledger.command(CAMERA, NOW)
    ledger.record(gone, {'operation': 'capture', 'count': 4})
    ledger.exposed(gone, NOW, 'trigger', 0.01, Exposure(), None)
    assert ledger.settle(gone, Settlement(Outcome.NOT_DONE, 'gone'), NOW).state == 'exposed'


def test_what_a_later_shot_may_have_changed_is_not_settled(ledger):
    first = ledger.command(CAMERA, NOW)
    ledger.record(first, {'operation': 'capture', 'count': 3})
    ledger.unknown(first, 'silence')
    ledger.doubt(CAMERA, {'operation': 'delete', 'count': 3}, NOW)
    ledger.refused(CAMERA, NOW + 1, 'busy')
    assert len(ledger.unsettled(CAMERA)) == 2
    shoot(ledger, 4, NOW + 2)
    assert not ledger.unsettled(CAMERA)


def test_a_later_shot_of_a_camera_that_did_not_tell_its_number_counts(ledger):
    nameless = replace(CAMERA, serial_number='')
    for time, first, then in ((NOW, CAMERA, nameless), (NOW + 2, nameless, CAMERA)):
        shot = ledger.command(first, time)
        ledger.record(shot, {'operation': 'capture', 'count': 3})
        ledger.unknown(shot, 'silence')
        assert [one.id for one in ledger.unsettled(first)] == [shot]
        ledger.command(then, time + 1)
        assert not ledger.unsettled(first)
    other = replace(CAMERA, serial_number='B2')
    shot = ledger.command(CAMERA, NOW + 4)
    ledger.record(shot, {'operation': 'capture', 'count': 3})
    ledger.unknown(shot, 'silence')
    ledger.command(other, NOW + 5)
    assert [one.id for one in ledger.unsettled(CAMERA)] == [shot]
    ledger.disturbed(other)
    assert ledger.unsettled(CAMERA)
    ledger.disturbed(nameless)
    assert not ledger.unsettled(CAMERA)


@pytest.mark.parametrize('then', ['a shot', 'an upload'])
def test_what_a_camera_does_that_tells_its_number_alone_counts(ledger, then):
    """It refused to tell its model after a reset, and is another device by that."""
    partly = Identity('sierra', serial_number=CAMERA.serial_number)
    shot = ledger.command(CAMERA, NOW)
    ledger.record(shot, {'operation': 'capture', 'count': 3})
    ledger.unknown(shot, 'killed')
    if then == 'a shot':
        ledger.command(partly, NOW + 1)
    else:
        ledger.disturbed(partly)
    assert not ledger.unsettled(CAMERA)


def test_other_operations_in_doubt_are_settled_once(ledger, path):
    first = ledger.doubt(CAMERA, {'operation': 'delete', 'indices': [2, 4]}, NOW)
    second = ledger.doubt(CAMERA, {'operation': 'upload', 'size': 9}, NOW + 1)
    ledger.close()
    again = Ledger(path, 'front', NOW)
    assert [one.id for one in again.unsettled(CAMERA)] == [first, second]
    assert again.settle(first, Settlement(Outcome.DONE, 'gone', gone=(2, 4)), NOW + 2) is None
    assert [one.id for one in again.unsettled(CAMERA)] == [second]
    again.close()


def test_a_shot_that_was_never_sent_has_its_row(ledger):
    shot = ledger.refused(CAMERA, NOW, 'not connected')
    assert (ledger.shot(shot).state, ledger.shot(shot).message) == ('failed', 'not connected')
    assert ledger.counters() == Counters(commanded=1, failed=1)


def test_downloads_in_the_queue_survive_a_restart(ledger, path):
    first, second, third = (shoot(ledger, index) for index in (1, 2, 3))
    for shot in (first, second, third):
        ledger.fetch_later(CAMERA, shot, NOW)
    ledger.not_fetched(ledger.to_fetch(CAMERA)[0], 'cable pulled', NOW + 1, counts=False)
    ledger.close()
    again = Ledger(path, 'front', NOW)
    waiting = again.to_fetch(CAMERA)
    assert [(f.shot_id, f.image_index, f.tries, f.error) for f in waiting] == [
        (second, 2, 0, ''), (third, 3, 0, ''), (first, 1, 0, 'cable pulled')]
    assert again.counters().waiting == 3
    again.not_fetched(waiting[0], 'damaged', NOW + 2)
    again.not_fetched(waiting[1], 'damaged', NOW + 2, outcome='failed')
    assert [(f.shot_id, f.tries) for f in again.to_fetch(CAMERA)] == [(first, 0), (second, 1)]
    again.downloaded(CAMERA, image(2, 'B.JPG'), Path('/b'), 9, 'sum', NOW)
    again.deleted(CAMERA, [image(1, 'A.JPG')])
    assert not again.to_fetch(CAMERA) and not again.counters().waiting
    again.close()


def test_a_shot_without_a_picture_is_not_waited_for(ledger):
    failed, unknown = ledger.command(CAMERA, NOW), ledger.command(CAMERA, NOW)
    for shot in (failed, unknown):
        ledger.fetch_later(CAMERA, shot, NOW)
    ledger.failed(failed, 'refused')
    ledger.unknown(unknown, 'cable pulled')
    assert not ledger.to_fetch(CAMERA) and not ledger.counters().waiting
    ledger.settle(unknown, Settlement(Outcome.DONE, 'one more', 4), NOW)
    assert [(f.shot_id, f.image_index) for f in ledger.to_fetch(CAMERA)] == [(unknown, 4)]


@pytest.mark.parametrize('who', [Identity('fuji_mx', '', 'MX-1700'), CAMERA])
def test_equal_cameras_are_not_taken_for_one(path, who):
    left, right = Ledger(path, 'left', NOW), Ledger(path, 'right', NOW)
    shot = left.command(who, NOW)
    left.exposed(shot, NOW, 'trigger', 0.1, Exposure(), 1)
    left.downloaded(who, image(1), Path('x'), 1000, 'abc', NOW)
    assert left.shot_of(who, image(1)).shot_id == shot
    assert right.shot_of(who, image(1)) is None
    assert not right.has(who, image(1))
    left.close()
    right.close()


def test_without_a_serial_number_the_port_tells_cameras_apart(path):
    who = Identity('fuji_mx', '', 'MX-1700')
    for port, known in (('/dev/a', False), ('/dev/b', False), ('/dev/a', True)):
        ledger = Ledger(path, 'front', NOW, port)
        assert ledger.has(who, image(1)) is known
        ledger.downloaded(who, image(1), Path('x'), 1000, 'abc', NOW)
        ledger.close()


def old_file(path, *cameras):
    """Write a file of the first schema: one shot of each camera, and one download of them all."""
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.executescript(MIGRATIONS[0])
    for camera in cameras:
        db.execute('INSERT INTO shots (shot_id, number, state, camera, device, camera_type, '
                   "model, serial, commanded, image_index) VALUES (?, 1, 'stored', ?, "
                   "'sierra|C-3040Z|A17', 'sierra', 'C-3040Z', 'A17', 0, 1)", (camera, camera))
    one = image(1)
    db.execute('INSERT INTO images (device, image_key, folder, name, size, date, downloaded, '
               "path, bytes, sha256) VALUES ('sierra|C-3040Z|A17', ?, '', ?, 1000, ?, 0, 'x', "
               "1000, 'a')",
               (f'|{one.name}|1000|{one.stamp.isoformat()}', one.name, one.stamp.isoformat()))
    db.execute('PRAGMA user_version = 1')
    db.commit()
    db.close()


def test_optical_state_of_a_shot(ledger, path):
    shoot(ledger)
    for state in (OpticalState(), OpticalState((0.1, 0.2, 0.3, 1 / 3), 2.0, 2.0, 8.1),
                  OpticalState(None, None, None, None)):
        ledger.seen(shoot(ledger), state)
        assert ledger.shots()[-1].optics == state
    ledger.close()
    again = Ledger(path, 'front', NOW)
    assert [one.optics for one in again.shots()][:2] == [None, OpticalState()]
    again.close()


def test_a_single_camera_keeps_what_it_downloaded_over_the_upgrade(path):
    old_file(path, 'front')
    ledger = Ledger(path, 'front', NOW)
    assert not ledger.problem
    assert ledger.has(CAMERA, image(1))
    assert ledger.shot_of(CAMERA, image(1)).shot_id == 'front'
    ledger.close()


def test_what_two_cameras_may_have_downloaded_is_neither_ones_after_the_upgrade(path):
    old_file(path, 'left', 'right')
    for name in ('left', 'right'):
        ledger = Ledger(path, name, NOW)
        assert not ledger.has(CAMERA, image(1))
        assert ledger.shot_of(CAMERA, image(1)).shot_id == name
        ledger.close()


@pytest.mark.parametrize('replaced', [False, True])
def test_a_file_that_is_deleted_or_replaced_while_in_use(ledger, path, replaced):
    first = shoot(ledger, 1)
    doubt = ledger.doubt(CAMERA, {'operation': 'delete'}, NOW)
    for one in path.parent.iterdir():
        one.unlink()
    if replaced:
        other = Ledger(path, 'rear', NOW)
        shoot(other, 1)
        other.close()
    second = shoot(ledger, 2)
    assert 'while in use' in ledger.problem
    again = Ledger(path, 'front', NOW)
    assert [one.shot_id for one in again.shots()] == [first, second]
    assert [one.id for one in again.unsettled(CAMERA)] == [doubt]
    again.close()


def test_a_file_that_is_made_read_only_while_in_use():
    folder = Path(tempfile.mkdtemp())
    path = folder / 'shots.sqlite3'
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)  # permissions do not hold root back
    try:
        ledger = Ledger(path, 'front', NOW)
        first = shoot(ledger, 1)
        path.chmod(0o444)
        second = shoot(ledger, 2)
        assert 'memory only' in ledger.problem and 'read-only' in ledger.problem
        path.chmod(0o644)
        third = shoot(ledger, 3)
        assert not ledger.problem
        assert [one.shot_id for one in ledger.shots()] == [first, second, third]
        ledger.close()
    finally:
        if root:
            os.seteuid(0)
        shutil.rmtree(folder)


def test_a_fifo_does_not_hang_the_start(tmp_path):
    os.mkfifo(tmp_path / 'fifo')
    ledger = Ledger(tmp_path / 'fifo', 'front', NOW)
    assert 'not a regular file' in ledger.problem
    assert ledger.shot(shoot(ledger, 1)).state == 'stored'
    ledger.close()


def test_questions_use_indexes(ledger):
    asked = []
    ledger._file._db.set_trace_callback(asked.append)
    shot = shoot(ledger, 1)
    ledger.record(shot, {'operation': 'capture'})
    ledger.unsettled(CAMERA)
    ledger.to_fetch(CAMERA)
    ledger.listed(CAMERA, [image(1)])
    ledger.downloaded(CAMERA, image(1), Path('x'), 1000, 'abc', NOW)
    ledger.verified(CAMERA, 'abc')
    ledger.expects_list(CAMERA)
    ledger.shot(shot)
    ledger._file._db.set_trace_callback(None)
    plans = [(sql, row[3]) for sql in asked if sql.startswith(('SELECT', 'UPDATE'))
             for row in ledger._file._db.execute(f'EXPLAIN QUERY PLAN {sql}')]
    assert plans
    scanned = [plan for plan in plans if plan[1] in ('SCAN shots', 'SCAN images', 'SCAN doubts')]
    assert not scanned


def test_position_of_a_shot(ledger, path):
    first, second = shoot(ledger, 1), shoot(ledger, 2)
    rear = Ledger(path, 'rear', NOW)
    third = rear.command(CAMERA, NOW + 9)
    shared = SharedLedger(path)
    assert shared.cameras() == ['front', 'rear']
    assert [one.shot_id for one in shared.shots()] == [first, second, third]
    shared.geotag(first, {'untagged': 'no fix'})
    assert ledger.shot(first).geotag == {'untagged': 'no fix'}
    assert ledger.shot(first).exposure_time == 0.004
    assert ledger.shot(second).geotag is None
    # Nodes go on meanwhile, and what they know is left alone.
    assert [one.state for one in shared.shots('rear')] == ['commanded']
    rear.exposed(third, NOW + 9.5, 'trigger', 0.01, Exposure(), 1)
    shared.geotag(third, {'tag': {}})
    assert (rear.shot(third).state, rear.shot(third).geotag) == ('stored', {'tag': {}})
    rear.geotag(third, {'untagged': 'in a gap'})  # a node does so as well
    ledger.geotag(second, {'tag': {}})
    assert [one.geotag for one in shared.shots()] == [
        {'untagged': 'no fix'}, {'tag': {}}, {'untagged': 'in a gap'}]
    for one in (shared, rear):
        one.close()


def test_shared_ledger_of_an_older_schema(path):
    old_file(path, 'front')
    shared = SharedLedger(path)
    shared.geotag('front', {'untagged': 'no fix'})
    assert shared.shots('front')[0].geotag == {'untagged': 'no fix'}
    shared.close()


@pytest.mark.parametrize('content', [None, b'', b'no database, but of more than a few bytes'])
def test_shared_ledger_that_is_none(tmp_path, content):
    path = tmp_path / 'shots'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match='cannot be used as a shot ledger'):
        SharedLedger(path)
    assert path.read_bytes() == content if content is not None else not path.exists()
    with pytest.raises(StorageError, match='cannot be used as a shot ledger'):
        SharedLedger(tmp_path)


def test_shared_ledger_of_a_newer_program_is_left_alone(ledger, path):
    ledger.close()
    db = sqlite3.connect(path)
    db.execute(f'PRAGMA user_version = {len(MIGRATIONS) + 1}')
    db.commit()
    db.close()
    with pytest.raises(StorageError, match='of a newer program'):
        SharedLedger(path)

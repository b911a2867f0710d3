# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Files: names from devices, and what happens when a disk does not play along."""

from concurrent.futures import ThreadPoolExecutor
import errno
import os
from pathlib import Path
import re
import signal
import stat
import subprocess
import sys
import tempfile
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from camera_driver.errors import StorageError
from camera_driver.pictures import storage
from camera_driver.pictures.storage import PictureStore, safe_name, write_new


@pytest.mark.parametrize(('name', 'safe'), [
    ('P1010001.JPG', 'P1010001.JPG'),
    ('P1010001.JPG \0 rest', 'P1010001.JPG'),
    ('../../etc/passwd', 'passwd'),
    ('C:\\DCIM\\100FUJI\\DSC00001.JPG', 'DSC00001.JPG'),
    ('/', 'fallback.jpg'),
    ('', 'fallback.jpg'),
    ('..', 'fallback.jpg'),
    ('日本', 'fallback.jpg'),
    ('  a b.JPG', 'a_b.JPG'),
    ('.bashrc', 'bashrc'),
    ('-rf', 'rf'),
    ('CON', '_CON'),
    ('com1.jpg', '_com1.jpg'),
    ('x' * 300 + '.jpeg', 'x' * 95 + '.jpeg'),
    ('a\nb\x1b[2J.JPG', 'a_b__2J.JPG'),
])
def test_a_name_from_a_device_becomes_harmless(name, safe):
    assert safe_name(name, 'fallback.jpg') == safe


@given(st.text() | st.text('./\\\0 -_aCON1', max_size=300), st.text())
@example('con.' + 'a' * 96, '')
@example('_' * 150 + 'a', '')
def test_any_name_becomes_one_path_component_for_good(name, fallback):
    safe = safe_name(name, fallback)
    assert re.fullmatch('[A-Za-z0-9_][A-Za-z0-9._-]{0,99}', safe)
    assert not safe.endswith('.')
    assert safe_name(safe, 'other') == safe


def test_saves_below_a_directory_that_it_makes(tmp_path):
    store = PictureStore(tmp_path / 'new' / 'pictures')
    path = store.save('../P1.JPG', b'picture', folder='2026/flight 1')
    assert path == tmp_path / 'new' / 'pictures' / '2026' / 'flight 1' / 'P1.JPG'
    assert path.read_bytes() == b'picture'
    assert os.listdir(path.parent) == ['P1.JPG']
    assert store.free_bytes() > 0


def test_the_same_picture_is_the_same_file_and_another_gets_a_number(tmp_path):
    store = PictureStore(tmp_path)
    first = store.save('P1.JPG', b'one')
    assert store.save('P1.JPG', b'one') == first
    assert store.save('P1.JPG', b'two').name == 'P1-2.JPG'
    assert store.save('P1.JPG', b'six').name == 'P1-3.JPG'
    assert store.save('P1.JPG', b'two').name == 'P1-2.JPG'
    assert first.read_bytes() == b'one'
    assert sorted(os.listdir(tmp_path)) == ['P1-2.JPG', 'P1-3.JPG', 'P1.JPG']


def test_never_writes_through_a_link_or_over_a_directory(tmp_path):
    (tmp_path / 'P1.JPG').symlink_to(tmp_path / 'absent')
    (tmp_path / 'P2.JPG').mkdir()
    store = PictureStore(tmp_path)
    assert store.save('P1.JPG', b'one').name == 'P1-2.JPG'
    assert store.save('P2.JPG', b'two').name == 'P2-2.JPG'
    assert not (tmp_path / 'absent').exists()


def test_a_link_to_the_same_picture_is_not_its_copy(tmp_path):
    (tmp_path / 'elsewhere').write_bytes(b'one')
    (tmp_path / 'P1.JPG').symlink_to(tmp_path / 'elsewhere')
    assert PictureStore(tmp_path).save('P1.JPG', b'one').name == 'P1-2.JPG'


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    pictures = [b'%d' % number for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda data: PictureStore(tmp_path).save('P.JPG', data), pictures))
    assert [path.read_bytes() for path in paths] == pictures
    assert len(os.listdir(tmp_path)) == 24


@pytest.mark.parametrize('folder', ['..', '../other', '/etc', 'a/../../b', 'link', 'link/sub'])
def test_a_folder_cannot_lead_out(tmp_path, folder):
    (tmp_path / 'pictures').mkdir()
    (tmp_path / 'other').mkdir()
    (tmp_path / 'pictures' / 'link').symlink_to(tmp_path / 'other')
    with pytest.raises(StorageError, match='leads out of'):
        PictureStore(tmp_path / 'pictures').save('P1.JPG', b'x', folder)
    assert os.listdir(tmp_path / 'other') == []


@pytest.mark.parametrize(('folder', 'reason'), [
    ('a\0b', 'control'), ('x' * 300, 'too long'), ('file', 'is a file'), ('file/sub', 'is a file'),
    ('circle', 'circle|loop'), ('circle/sub', 'circle|loop')])
def test_says_why_a_folder_cannot_be_used(tmp_path, folder, reason):
    (tmp_path / 'file').write_bytes(b'')
    (tmp_path / 'circle').symlink_to('circle')
    with pytest.raises(StorageError, match=reason):
        PictureStore(tmp_path).save('P1.JPG', b'x', folder)


@pytest.mark.parametrize('character', '\0\n\r\t\x1b\x7f\x80\u2028\udcff')
def test_a_folder_of_control_characters_is_refused(tmp_path, character):
    with pytest.raises(StorageError, match='control characters') as caught:
        PictureStore(tmp_path).save('P1.JPG', b'x', f'flight{character}1')
    assert str(caught.value).isprintable()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize('swapped', ['flight', 'flight/1'])
def test_a_link_swapped_in_is_not_followed(tmp_path, monkeypatch, swapped):
    pictures, other = tmp_path / 'pictures', tmp_path / 'other'
    store = PictureStore(pictures)
    store.save('P1.JPG', b'one', 'flight/1')
    other.mkdir()
    (other / '1').mkdir()
    resolve = storage.below

    def swap(directory, path):
        where = resolve(directory, path)
        if not (pictures / swapped).is_symlink():
            (pictures / swapped).rename(tmp_path / 'moved')
            (pictures / swapped).symlink_to(other)
        return where

    monkeypatch.setattr(storage, 'below', swap)
    with pytest.raises(StorageError, match='a part of this path is a file|symbolic link'):
        store.save('P2.JPG', b'two', 'flight/1')
    assert [path.name for path in other.rglob('*')] == ['1']


def test_names_the_home_that_is_missing(monkeypatch):
    monkeypatch.delenv('HOME', raising=False)
    monkeypatch.setattr('os.path.expanduser', lambda path: path)    # no entry in passwd
    with pytest.raises(StorageError, match='no home directory; set HOME, or choose another'):
        PictureStore('~/camera_driver/front')


def test_says_why_a_home_cannot_be_written(monkeypatch):
    monkeypatch.setenv('HOME', '/proc')
    with pytest.raises(StorageError, match='/proc/camera_driver.* cannot be used'):
        PictureStore('~/camera_driver')


def test_what_the_disk_gives_back_is_compared(tmp_path, monkeypatch):
    """A disk that loses a byte between the write and the synchronisation."""
    fsync = os.fsync

    def lossy(descriptor):
        if not os.path.isdir(f'/proc/self/fd/{descriptor}'):
            os.pwrite(descriptor, b'?', 1)
        fsync(descriptor)

    monkeypatch.setattr(os, 'fsync', lossy)
    with pytest.raises(StorageError, match='gives back something else than was written'):
        PictureStore(tmp_path).save('P1.JPG', b'picture')
    assert os.listdir(tmp_path) == []


def test_the_disk_is_compared_and_not_the_memory_in_front_of_it(tmp_path, monkeypatch):
    """A disk that lost the last byte, which shows when memory's copy of it is dropped."""
    def drop(descriptor, offset, length, advice):
        path = os.readlink(f'/proc/self/fd/{descriptor}')
        if advice == os.POSIX_FADV_DONTNEED and offset == 0 and length in (0, 7):
            Path(path).write_bytes(b'pictur?')

    monkeypatch.setattr(os, 'posix_fadvise', drop)
    with pytest.raises(StorageError, match='gives back something else than was written'):
        PictureStore(tmp_path).save('P1.JPG', b'picture')
    assert os.listdir(tmp_path) == []


@pytest.fixture
def names_are_lost(monkeypatch):
    """Let the disk take files, and not their names; nor may a directory be closed."""
    def refuse(real):
        def refusing(descriptor):
            directory = os.path.isdir(f'/proc/self/fd/{descriptor}')
            if not directory or real is os_close:
                real(descriptor)
            if directory:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return refusing

    os_close = os.close
    monkeypatch.setattr(os, 'fsync', refuse(os.fsync))
    monkeypatch.setattr(os, 'close', refuse(os_close))


def test_a_name_that_does_not_get_onto_the_disk_is_taken_back(tmp_path, names_are_lost):
    with pytest.raises(StorageError, match='P1.JPG was not saved: the disk reports an error'):
        PictureStore(tmp_path).save('P1.JPG', b'one')
    with pytest.raises(StorageError, match='a.csv was not saved: the disk reports an error'):
        write_new(tmp_path / 'a.csv', b'one')
    assert os.listdir(tmp_path) == []


def test_says_that_a_picture_was_replaced_though_the_disk_fails_then(tmp_path, names_are_lost):
    (tmp_path / 'P1.JPG').write_bytes(b'old')
    with pytest.raises(StorageError, match='was replaced, and may be the old one again after'):
        storage.replace(tmp_path / 'P1.JPG', b'new')
    assert (tmp_path / 'P1.JPG').read_bytes() == b'new'
    assert os.listdir(tmp_path) == ['P1.JPG']


def test_a_temporary_that_cannot_be_removed_hides_no_picture(tmp_path, monkeypatch):
    def unlink(name, **directories):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, 'unlink', unlink)
        assert PictureStore(tmp_path).save('P1.JPG', b'one').read_bytes() == b'one'
    PictureStore(tmp_path)
    assert os.listdir(tmp_path) == ['P1.JPG']


@pytest.fixture
def no_hard_links(monkeypatch):
    """Let the file system have no hard links, as FAT of memory cards has none."""
    def link(source, target, **directories):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, 'link', link)


def test_without_hard_links_no_file_is_overwritten_either(tmp_path, no_hard_links):
    store = PictureStore(tmp_path)
    assert store.save('P1.JPG', b'one') == store.save('P1.JPG', b'one') == tmp_path / 'P1.JPG'
    assert store.save('P1.JPG', b'two') == tmp_path / 'P1-2.JPG'
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        'P1.JPG': b'one', 'P1-2.JPG': b'two'}


def test_without_hard_links_a_failure_leaves_nothing(tmp_path, monkeypatch, no_hard_links):
    def replace(source, target, **directories):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, 'replace', replace)
    with pytest.raises(StorageError, match='P1.JPG was not saved: the disk reports an error'):
        PictureStore(tmp_path).save('P1.JPG', b'one')
    assert os.listdir(tmp_path) == []


def test_the_directory_may_not_be_a_file(tmp_path):
    (tmp_path / 'file').write_bytes(b'')
    with pytest.raises(StorageError, match='file.*it is a file; choose another directory'):
        PictureStore(tmp_path / 'file')


def test_without_permission():
    user = os.geteuid()
    with TemporaryDirectory() as directory:     # tmp_path is closed to other users
        store = PictureStore(directory)
        Path(directory).chmod(0o555)
        if user == 0:       # to whom nothing is forbidden
            os.seteuid(65534)
        try:
            with pytest.raises(StorageError, match='P1.JPG was not saved: permission denied'):
                store.save('P1.JPG', b'x')
        finally:
            os.seteuid(user)
            Path(directory).chmod(0o755)


def python(code, *arguments):
    """Run code in a process of its own."""
    return subprocess.run([sys.executable, '-c', code, *map(str, arguments)],
                          capture_output=True, text=True, timeout=60,
                          cwd=Path(__file__).parents[2])


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path):
    done = python(
        'import resource, sys\n'
        'from camera_driver.pictures.storage import PictureStore\n'
        'store = PictureStore(sys.argv[1])\n'
        'resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n'
        'store.save("small.JPG", bytes(50_000))\n'
        'store.save("large.JPG", bytes(50_001))\n', tmp_path)
    assert re.search(r'StorageError: .*large.JPG was not saved: the file exceeds', done.stderr)
    assert os.listdir(tmp_path) == ['small.JPG']


def test_a_new_file_appears_whole_or_not_at_all(tmp_path):
    done = python(
        'import resource, sys\n'
        'from pathlib import Path\n'
        'from camera_driver.pictures.storage import write_new\n'
        'resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n'
        'write_new(Path(sys.argv[1], "small.json"), bytes(50_000))\n'
        'write_new(Path(sys.argv[1], "large.json"), bytes(50_001))\n', tmp_path)
    assert re.search(r'StorageError: .*large.json was not saved: the file exceeds', done.stderr)
    with pytest.raises(StorageError, match='small.json exists'):
        write_new(tmp_path / 'small.json', b'')
    assert os.listdir(tmp_path) == ['small.json']
    assert (tmp_path / 'small.json').stat().st_size == 50_000


@pytest.fixture
def small_disk():
    """Mount a real file system of 256 KiB."""
    # Not in tmp_path: one that a killed run leaves behind would keep pytest from clearing it.
    directory = Path(tempfile.mkdtemp(prefix='camera_driver_disk_'))
    mount = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory],
                           capture_output=True) if os.geteuid() == 0 else None
    if mount is None or mount.returncode:
        directory.rmdir()
        pytest.skip('mounting is not permitted here')
    yield directory
    subprocess.run(['umount', directory], check=True)
    directory.rmdir()


def test_refuses_before_writing_when_the_disk_is_too_full(small_disk):
    store = PictureStore(small_disk)
    store.save('P1.JPG', bytes(200_000))
    with pytest.raises(StorageError, match='needs 100,000 bytes and .* left: the disk is full'):
        store.save('P2.JPG', bytes(100_000))
    assert os.listdir(small_disk) == ['P1.JPG']


def test_says_beforehand_what_cannot_be_saved(small_disk):
    store = PictureStore(small_disk)
    assert store.make_room('P1.JPG', 100_000, 'flight') == small_disk.resolve() / 'flight'
    with pytest.raises(StorageError, match='needs 300,000 bytes'):
        store.make_room('P1.JPG', 300_000, 'flight')
    with pytest.raises(StorageError, match='leads out'):
        store.make_room('P1.JPG', 0, '../flight')
    subprocess.run(['mount', '-o', 'remount,ro', small_disk], check=True)
    with pytest.raises(StorageError, match='read-only'):
        store.make_room('P1.JPG', 0, 'flight')


def test_a_disk_without_room_for_another_file(small_disk):
    subprocess.run(['mount', '-o', 'remount,size=256k,nr_inodes=2', small_disk], check=True)
    store = PictureStore(small_disk)
    (small_disk / 'last').touch()
    with pytest.raises(StorageError, match='P1.JPG was not saved: the disk is full'):
        store.save('P1.JPG', b'x')
    assert os.listdir(small_disk) == ['last']


def test_a_read_only_disk(small_disk):
    store = PictureStore(small_disk)
    subprocess.run(['mount', '-o', 'remount,ro', small_disk], check=True)
    with pytest.raises(StorageError, match='P1.JPG was not saved: the file system is read-only'):
        store.save('P1.JPG', b'x')


def test_a_killed_process_leaves_no_part_under_a_final_name(tmp_path):
    fifo = tmp_path / 'go'
    os.mkfifo(fifo)
    code = ('import os, sys\n'
            'from camera_driver.pictures import storage\n'
            'store = storage.PictureStore(sys.argv[1])\n'
            'def fsync(descriptor):\n'
            '    open(sys.argv[2], "w").close()\n'
            '    open(sys.argv[2]).read()\n'
            'os.fsync = fsync\n'
            'store.save("P1.JPG", bytes(10_000))\n')
    pictures = tmp_path / 'pictures'
    writer = subprocess.Popen([sys.executable, '-c', code, str(pictures), str(fifo)],
                              cwd=Path(__file__).parents[2])
    fifo.read_text()        # the writer has come to its fsync
    (pictures / '.mine.part').touch()
    PictureStore(pictures)      # a second process leaves the first one's file alone
    kept = sorted(os.listdir(pictures))
    writer.send_signal(signal.SIGKILL)
    writer.wait(10)
    assert len(kept) == 2 and kept[0].startswith('.camera_driver-')
    PictureStore(pictures)
    assert os.listdir(pictures) == ['.mine.part']


def test_the_name_is_on_the_disk_after_the_data(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(number):
        synced.append((stat.S_ISDIR(os.fstat(number).st_mode), (tmp_path / 'a.JPG').exists()))
        real(number)

    monkeypatch.setattr(os, 'fsync', fsync)
    PictureStore(tmp_path).save('a.JPG', b'data')
    assert synced == [(False, False), (True, True)]


KILLED = """
import os, signal, sys
from pathlib import Path
from camera_driver.pictures import storage
path, new = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()
old = path.read_bytes()

def killer(left):
    def trace(frame, event, _):
        if 'contextlib' in frame.f_code.co_filename:
            return trace
        if frame.f_code.co_filename != storage.__file__:
            return None
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    return trace

for moment in range(1000):
    path.write_bytes(old)
    child = os.fork()
    if not child:
        sys.settrace(killer([moment]))
        storage.replace(path, new)
        sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = path.read_bytes()
    assert found in (old, new), moment
    print('old' if found == old else 'new', os.WIFSIGNALED(status))
    if not os.WIFSIGNALED(status):
        break
"""


def test_killed_while_it_replaces_a_picture(tmp_path):
    """At every line of it; the picture is the old or the new one, never a part."""
    picture, new = tmp_path / 'P1.JPG', tmp_path / 'new'
    picture.write_bytes(bytes(5000))
    new.write_bytes(bytes(range(200)) * 30)
    picture.chmod(0o640)
    result = subprocess.run([sys.executable, '-c', KILLED, picture, new], check=True,
                            cwd=Path(__file__).parents[2], capture_output=True, text=True)
    lines = result.stdout.splitlines()
    assert len(lines) > 20 and lines[-1] == 'new False'
    assert {'old True', 'new True'} <= set(lines)
    assert picture.read_bytes() == new.read_bytes()
    assert stat.S_IMODE(picture.stat().st_mode) == 0o640


def test_a_link_to_a_picture_stays_one(tmp_path):
    (tmp_path / 'there').mkdir()
    picture, link = tmp_path / 'there' / 'P1.JPG', tmp_path / 'P1.JPG'
    picture.write_bytes(b'old')
    link.symlink_to(picture)
    storage.replace(link, b'new')
    assert link.is_symlink() and picture.read_bytes() == b'new'
    assert os.listdir(tmp_path / 'there') == ['P1.JPG']


def test_what_cannot_be_replaced(tmp_path, small_disk):
    with pytest.raises(StorageError, match='none was not replaced: No such file'):
        storage.replace(tmp_path / 'none', b'new')
    assert not os.listdir(tmp_path)
    picture = small_disk / 'P1.JPG'
    picture.write_bytes(b'old')
    with pytest.raises(StorageError, match='was not replaced: the disk is full'):
        storage.replace(picture, bytes(10_000_000))
    assert picture.read_bytes() == b'old' and os.listdir(small_disk) == ['P1.JPG']

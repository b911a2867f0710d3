# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
import errno
import os
from pathlib import Path
import pty
import re
import signal
import time

from helpers import wait_until
import pytest

from camera_driver.catalog import TYPES
from camera_driver.pictures.image import check
from camera_driver.sim import scene
from camera_driver.sim.faults import Faults
from camera_driver.sim.terminal import Terminal


def files(path):
    """Return all files in a folder, hidden ones too: name -> content."""
    return {entry.name: entry.read_bytes() for entry in Path(path).iterdir()}


@pytest.fixture
def stored(camera):
    """Return the camera's pictures as list --json gives them."""
    return camera('list', '--json').document['images']


def test_list(camera, stored):
    result = camera('list')
    assert result.code == 0 and result.err == ''
    header, *rows, total = result.out.splitlines()
    assert header.split() == ['NO.', 'NAME', 'SIZE', 'THUMBNAIL', 'DATE', '(UTC)',
                              'PROTECTED']
    assert len(rows) == len(stored) > 2
    for row, image in zip(rows, stored):
        assert row.split()[:2] == [str(image['index']), image['name']]
        assert row.endswith('yes' if image['write_protected'] else 'no')
    assert re.fullmatch(rf'{len(stored)} pictures, \S+ [kM]B', total)


def test_download_all(camera, stored, tmp_path):
    result = camera('download', '--all', '--directory', tmp_path, '--json')
    assert result.code == 0
    saved = files(tmp_path)
    assert set(saved) == {image['name'] for image in stored}
    for image, line in zip(stored, result.documents):
        assert line['index'] == image['index']
        assert line['bytes'] == len(saved[image['name']]) == image['size']
        assert line['path'] == str(tmp_path / image['name'])
        checked = check(saved[image['name']], 'jpeg')
        assert (line['width'], line['height']) == (checked.width, checked.height)


def test_download_some_twice(camera, stored, tmp_path):
    for _ in range(2):
        result = camera('download', '2-3', '2', '--directory', tmp_path / 'a' / 'b')
        assert result.code == 0
        assert len(result.out.splitlines()) == 2
        assert str(tmp_path / 'a' / 'b' / stored[1]['name']) in result.out.splitlines()[0]
    assert set(files(tmp_path / 'a' / 'b')) == {image['name'] for image in stored[1:3]}


def test_download_with_reread(camera, command, tmp_path):
    wire = tmp_path / 'wire.log'
    result = camera('--trace', wire, 'download', '1', '--verify', 'reread', '--directory',
                    tmp_path / 'out')
    assert result.code == 0
    assert command('trace', wire).out.count(' > get_vdata 14 frame_data\n') == 2


def test_thumbnails(camera, stored, tmp_path):
    result = camera('thumbnails', '--directory', tmp_path)
    assert result.code == 0
    saved = files(tmp_path)
    assert set(saved) == {f'thumb_{image["name"]}' for image in stored}
    assert camera('thumbnails', '2', '--directory', tmp_path / 'one').code == 0
    assert files(tmp_path / 'one') == {
        f'thumb_{stored[1]["name"]}': saved[f'thumb_{stored[1]["name"]}']}


def test_capture(camera, stored, tmp_path):
    result = camera('capture')
    assert result.code == 0
    assert re.match(rf'Picture {len(stored) + 1} taken in .* s', result.out)
    before = time.time()
    shot, saved = camera('capture', '--download', '--directory', tmp_path, '--json').documents
    assert before < shot['unix_time'] < time.time()
    assert shot['shot']['image_index'] == saved['index'] == len(stored) + 2
    assert len(camera('list', '--json').document['images']) == len(stored) + 2
    assert len(files(tmp_path)) == 1


def test_preview(camera, stored, tmp_path):
    assert camera('preview', '--directory', tmp_path).code == 0
    assert set(files(tmp_path)) == {'preview.jpg'}
    assert camera('list', '--json').document['images'] == stored


def test_protect_and_delete(camera, stored):
    assert camera('unprotect', *range(1, len(stored) + 1)).code == 0
    assert camera('protect', '1', '3').out == '1, 3 protected\n'
    images = camera('list', '--json').document['images']
    assert [image['index'] for image in images if image['write_protected']] == [1, 3]
    result = camera('delete', '2', '--yes')
    assert result.code == 0
    assert result.out == f'Deleted picture 2; {len(stored) - 1} pictures left.\n'
    result = camera('delete', '1', '--yes')
    assert result.code == 1
    assert 'protected' in result.error
    assert camera('delete', '--all', '--yes').out.endswith('; 2 pictures left.\n')
    names = [image['name'] for image in camera('list', '--json').document['images']]
    assert names == [stored[0]['name'], stored[2]['name']]


def test_delete_asks(camera, stored, monkeypatch):
    result = camera('delete', '1')
    assert result.code == 2
    assert 'to delete picture 1 without a question, add --yes' in result.error
    master, slave = pty.openpty()
    with os.fdopen(slave) as keyboard:
        monkeypatch.setattr('sys.stdin', keyboard)
        os.write(master, b'n\n')
        result = camera('delete', '1')
    os.close(master)
    assert result.code == 1
    assert result.err == 'Delete picture 1 from the device? [y/N] Nothing was deleted.\n'
    assert camera('list', '--json').document['images'] == stored


def test_index_out_of_range(camera, stored, tmp_path):
    result = camera('download', '99', '--directory', tmp_path)
    assert result.code == 1
    assert '99' in result.error
    result = camera('download', '1', '99', '--directory', tmp_path)
    assert result.code == 7
    first, last = result.err.splitlines()
    assert first.startswith('camera-driver: picture 99: ')
    assert last == ('camera-driver: 1 of 2 pictures failed, as said above; download these again')
    assert set(files(tmp_path)) == {stored[0]['name']}
    for words in (['delete', '99', '--yes'], ['protect', '99'], ['thumbnails', '99']):
        result = camera(*words)
        assert result.code == 1
        assert '99' in result.error
    assert camera('list', '--json').document['images'] == stored


def test_directory_that_cannot_be_used(camera, tmp_path):
    file = tmp_path / 'file'
    file.write_text('text')
    result = camera('download', '1', '--directory', file)
    assert result.code == 6
    assert 'choose another directory' in result.error
    result = camera('download', '1', '--directory', '/proc/camera')
    assert result.code == 6
    assert result.error.startswith("directory '/proc/camera' cannot be used: ")


def test_read_only_directory_is_found_before_the_camera_is_asked(command, tmp_path, monkeypatch):
    monkeypatch.setattr('os.access', lambda *_: False)  # tests may run as root, who may anything
    result = command('sierra', '--port', tmp_path / 'absent', 'download', '1', '--directory',
                     tmp_path)
    assert result.code == 6
    assert 'cannot be written to; choose another --directory' in result.error


def test_full_disk_is_found_before_the_download(camera, tmp_path, monkeypatch):
    monkeypatch.setattr('camera_driver.pictures.storage.PictureStore.free_bytes',
                        lambda self: 1000)
    result = camera('download', '--all', '--directory', tmp_path)
    assert result.code == 6
    assert '1 kB left; delete files or choose another --directory' in result.error
    assert files(tmp_path) == {}


def test_faults_on_the_line_do_not_reach_the_files(command, tmp_path):
    faults = Faults({'flip': 0.01, 'lose': 0.01, 'cut': 0.01}, seed=3)
    simulator = TYPES['sierra'].simulator_class()()
    with Terminal(simulator, to_host=faults) as terminal:
        words = ('sierra', '--port', terminal.path, 'download', '1-3')
        assert command(*words, '--directory', tmp_path / 'faulty').code == 0
        assert sum(faults.counts.values())
        terminal.to_host = None
        assert command(*words, '--directory', tmp_path / 'clean').code == 0
    assert files(tmp_path / 'faulty') == files(tmp_path / 'clean')


@pytest.mark.parametrize('name, file', [
    ('../../etc/passwd', 'passwd.jpg'), ('/etc/shadow', 'shadow.jpg'),
    ('P1\x1b[2J.JPG', 'P1_2J.JPG'), ('..', 'picture_0001.jpg'), ('', 'picture_0001.jpg')])
def test_hostile_names(camera, terminal, tmp_path, name, file):
    terminal.do(lambda: setattr(terminal.simulator.frames[0], 'name', name))
    directory = tmp_path / 'a' / 'b'
    result = camera('download', '1', '--directory', directory)
    assert result.code == 0
    saved, = tmp_path.rglob('*.*')
    assert saved.parent == directory
    assert '\x1b' not in result.out + camera('list').out


def test_a_picture_that_is_odd_in_the_camera_is_marked(camera, terminal, tmp_path):
    frames = terminal.simulator.frames
    odd = frames[2].data[:-400]
    terminal.do(lambda: setattr(frames[2], 'data', odd))
    result = camera('download', '3', '--directory', tmp_path / 'one')
    assert result.code == 7 and 'odd in the camera: damaged JPEG' in result.out
    assert files(tmp_path / 'one') == {'P1010003_odd.JPG': odd}
    result = camera('--json', 'download', '1', '3', '--keep-odd', '--directory', tmp_path / 'two')
    assert result.code == 0
    assert [line['odd'] is not None for line in result.documents] == [False, True]
    assert files(tmp_path / 'two') == {frames[0].name: frames[0].data, 'P1010003_odd.JPG': odd}


def test_a_damaged_reading_is_repeated(camera, terminal, tmp_path):
    terminal.do(lambda: terminal.simulator.misbehave('damaged_reply', command=b'\x04\x0e'))
    assert camera('download', '3', '--verify', 'reread', '--directory', tmp_path).code == 0
    frame = terminal.simulator.frames[2]
    assert files(tmp_path) == {frame.name: frame.data}


@pytest.mark.parametrize('fault, code, message', [
    ('short_reply', 1, 'announced 150349 bytes and sent 75174'),
    ('huge_length', 5, 'declares 2147483647 bytes for one image'),
    ('huge_count', 5, 'claims 2147483647 images'),
    ('endless_data', 5, 'longer than the 150349 bytes it can be')])
def test_a_camera_that_errs(camera, terminal, tmp_path, fault, code, message):
    command = b'\x04\x0e' if fault not in ('huge_length', 'huge_count') else b''  # frame_data
    terminal.do(lambda: terminal.simulator.misbehave(fault, command=command))
    result = camera('download', '2', '--verify', 'reread', '--directory', tmp_path)
    assert result.code == code
    assert message in result.error
    assert files(tmp_path) == {}


def test_capture_whose_end_is_not_confirmed(camera, terminal, stored):
    terminal.do(lambda: terminal.simulator.misbehave(
        'lose_ack_of_action', command=bytes.fromhex('02 02')))
    result = camera('capture', '--json')
    assert result.code == 0
    assert result.document['shot']['image_index'] == len(stored) + 1
    assert result.document['shot']['settled']
    assert len(terminal.simulator.shots) == 1


def test_an_empty_camera(camera, terminal, tmp_path):
    terminal.do(terminal.simulator.frames.clear)
    assert camera('list').out == 'No pictures.\n'
    assert camera('list', '--json').document == {'images': []}
    for words in (['download', '--all'], ['thumbnails']):
        assert camera(*words, '--directory', tmp_path)[:2] == (0, 'No pictures.\n')
    result = camera('download', '1', '--directory', tmp_path)
    assert result.code == 1
    assert 'image 1: the camera has 0 images' in result.error


def test_no_card(camera, terminal, tmp_path):
    terminal.do(terminal.simulator.remove_card)
    for words in (['list'], ['capture'], ['download', '--all', '--directory', tmp_path]):
        result = camera(*words)
        assert result.code == 1
        assert 'no memory card' in result.error


def test_two_pictures_of_one_name_are_two_files(camera, terminal, tmp_path):
    frames = terminal.simulator.frames
    terminal.do(lambda: setattr(frames[1], 'name', frames[0].name))
    assert camera('download', '1', '2', '--directory', tmp_path).code == 0
    stem = Path(frames[0].name).stem
    assert files(tmp_path) == {f'{stem}.JPG': frames[0].data, f'{stem}-2.JPG': frames[1].data}


def read_terminal(master):
    """Return all that comes to a terminal until the other side is closed, and close it."""
    parts = []
    with open(master, 'rb', buffering=0) as file:
        try:
            while part := file.read(65536):
                parts.append(part)
        except OSError as error:
            assert error.errno == errno.EIO  # Linux's end of a terminal
    return b''.join(parts).decode()


def test_progress_is_for_terminals_only(started, tmp_path):
    words = ['download', '1', '--directory', tmp_path]
    simulator = TYPES['sierra'].simulator_class()()
    frame = simulator.frames[0]
    frame.data = scene.jpeg(1, 320, 240, frame.taken)  # seconds, in place of ten
    with Terminal(simulator, paced=True) as terminal:
        plain = started('sierra', '--port', terminal.path, *words)
        out, err = plain.communicate()
        assert (plain.returncode, err, out.count('\n')) == (0, '', 1)
        master, slave = pty.openpty()
        shown = started('sierra', '--port', terminal.path, *words, stderr=slave)
        os.close(slave)  # the command's own is the last one: behind its text the end is read
        text = read_terminal(master)
        out, _ = shown.communicate()
    assert (shown.returncode, out.count('\n')) == (0, 1)
    assert text.startswith(f'Opening {terminal.path} ...\r')
    assert re.search(r'\rpicture 1: +\d+%\|.*k/30\.\dk \[', text)
    assert text.endswith('\r')  # and nothing is left of it


@pytest.fixture
def downloading(started, tmp_path):
    """Start the download of all pictures on a paced line, and wait until data flow."""
    wire, directory = tmp_path / 'wire.log', tmp_path / 'out'
    with Terminal(TYPES['sierra'].simulator_class()(), paced=True) as terminal:
        process = started('sierra', '--port', terminal.path, '--trace', wire, 'download', '--all',
                          '--directory', directory)
        # The third data packet of some picture.
        wait_until(lambda: wire.exists() and re.search('^[0-9.]+ < 02 02 00 08', wire.read_text(),
                                                       re.MULTILINE))
        yield process, terminal, directory


def test_ctrl_c_in_mid_download(downloading, camera, command):
    process, terminal, directory = downloading
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == 'camera-driver: interrupted\n'
    assert len(files(directory)) == len(out.splitlines())
    for data in files(directory).values():
        check(data, 'jpeg')
    assert command('sierra', '--port', terminal.path, 'info').code == 0


def test_unplugged_in_mid_download(downloading):
    process, terminal, directory = downloading
    terminal.unplug()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err.count('\n') == 1 and terminal.path in err and 'unplugged?' in err
    assert len(files(directory)) == len(out.splitlines())


def test_upload(camera, stored, tmp_path):
    camera('download', '1', '--directory', tmp_path)
    path = tmp_path / stored[0]['name']
    result = camera('upload', path, '--yes', '--json')
    assert result.document['image']['index'] == len(stored) + 1
    assert result.document['bytes'] == stored[0]['size']
    camera('download', len(stored) + 1, '--directory', tmp_path / 'back')
    assert list(files(tmp_path / 'back').values()) == [path.read_bytes()]


def test_upload_asks(camera, stored, tmp_path):
    camera('download', '1', '--directory', tmp_path)
    result = camera('upload', tmp_path / stored[0]['name'])
    assert result.code == 2 and 'without a question, add --yes' in result.error
    assert camera('list', '--json').document['images'] == stored


@pytest.mark.parametrize('content, code, message', [
    (b'\xff\xd8\xff\xd9', 1, 'is not a valid JPEG'), (b'', 1, 'is not a valid JPEG'),
    (None, 6, 'cannot be read: No such file')])
def test_what_is_not_uploaded(camera, stored, tmp_path, content, code, message):
    if content is not None:
        (tmp_path / 'a.jpg').write_bytes(content)
    result = camera('upload', tmp_path / 'a.jpg', '--yes')
    assert result.code == code and message in result.error
    assert camera('list', '--json').document['images'] == stored

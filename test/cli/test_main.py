# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
import re
import subprocess
import sys

import pytest

from camera_driver.catalog import BUILT_IN, TYPES
from camera_driver.cli import main as module
from camera_driver.link.port import LineSettings, SerialPort
from camera_driver.sim.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]


def test_help_names_every_command(command):
    result = command('--help')
    assert result.code == 0 and result.err == ''
    for name in (*TYPES, 'probe', 'simulate', 'trace', 'up', 'call', 'shots', 'geotag'):
        assert re.search(rf'^    {name} ', result.out, re.MULTILINE), name
    assert max(map(len, result.out.splitlines())) < 80


def test_exit_codes_are_documented(command):
    help_text = command('--help').out
    codes = {code for _, code in module.EXIT_CODES} | {0, 7}
    for code in codes:
        assert re.search(rf'\s{code}  \w', help_text), code
    for code in codes | {module.INTERNAL, module.GONE}:
        assert re.search(rf'^{code} ', module.__doc__, re.MULTILINE), code


def test_nothing_said_shows_the_help(command):
    result = command()
    assert result.code == 2 and result.out == ''
    assert result.err.startswith('usage: camera-driver')


@pytest.mark.parametrize('name', TYPES)
def test_every_command_has_help(command, name):
    text = command(name, '--help').out
    names = re.findall(r'^    ([a-z][a-z-]+) ', text, re.MULTILINE)
    expected = {'info', 'self-test', 'send'}
    if TYPES[name].device_class().SETTINGS:
        expected |= {'settings', 'get', 'set'}
    assert expected <= set(names)
    for word in names:
        result = command(name, word, '--help')
        assert result.code == 0 and f'usage: camera-driver {name} {word} ' in result.out
        assert max(map(len, result.out.splitlines())) < 80


@pytest.mark.parametrize('option', ['--help', '--version'])
def test_starting_is_quick_because_devices_and_libraries_are_not_loaded(option):
    libraries = 'serial', 'numpy', 'PIL', 'tqdm', 'yaml', 'rclpy', 'camera_driver.device'
    check = ('import sys; from camera_driver.cli.main import main; main(sys.argv[1:]); '
             f'print([n for n in {libraries} if n in sys.modules], file=sys.stderr)')
    result = subprocess.run([sys.executable, '-c', check, option], cwd=ROOT, text=True,
                            capture_output=True)
    assert result.stderr == '[]\n'


@pytest.mark.parametrize('name, words', [
    *((name, 'info') for name in TYPES), *((name, 'self-test') for name in TYPES),
    ('sierra', 'probe'), ('fuji_mx', 'probe'), ('sierra', 'list'), ('fuji_mx', 'list'),
    ('sierra', 'capture'), ('fuji_mx', 'capture'), ('sierra', 'delete 1 --yes'),
    ('fuji_mx', 'delete 1 --yes'), ('ix_link', 'capture'), ('kp_fd30', 'settings'),
    ('intelix', 'routing')])
def test_image_libraries_are_loaded_for_images_alone(name, words):
    libraries = 'numpy', 'PIL', 'simplejpeg', 'cv2', 'tqdm', 'serial.tools', 'importlib.metadata'
    if words == 'probe' or name not in BUILT_IN:
        libraries = libraries[:-1]  # devices of other packages are looked for
    check = ('import sys; from camera_driver.cli.main import main; code = main(sys.argv[1:]); '
             f'print(code, [n for n in {libraries} if n in sys.modules], file=sys.stderr)')
    with Terminal(TYPES[name].simulator_class()()) as terminal:
        line = ['probe', terminal.path] if words == 'probe' else [
            name, '--port', terminal.path, *words.split()]
        result = subprocess.run([sys.executable, '-c', check, *line], cwd=ROOT, text=True,
                                capture_output=True)
    # A device that answers late on a busy machine may be spoken of before.
    assert result.stderr.splitlines()[-1] == '0 []'


def test_version(command):
    assert re.fullmatch(r'camera-driver (\d+\.\d+\.\d+|\(not installed\))\n',
                        command('--version').out)


@pytest.mark.parametrize('words, message', [
    (['toast'], "invalid choice: 'toast'"),
    (['sierra'], 'the following arguments are required: COMMAND'),
    (['sierra', 'info'], 'say where the device is, with --port PORT; ports here: '),
    (['sierra', 'info', '--port', 'x', '--baudrate', '12'], '--baudrate: baudrate: 12 is not'),
    (['sierra', 'info', '--port', 'x', '--baudrate', 'fast'], "baudrate: 'fast' is not allowed"),
    (['sierra', 'info', '--por', 'x'], 'unrecognized arguments: --por x'),
    (['sierra', 'download', '--port', 'x'], 'say which pictures: numbers such as 1 4-7, or --all'),
    (['sierra', 'download', '1', '--all', '--port', 'x'], 'say which pictures'),
    (['sierra', 'download', 'P1.JPG', '--port', 'x'], "'P1.JPG' is not a picture number"),
    (['sierra', 'download', '0', '--port', 'x'], "'0': pictures are numbered from 1"),
    (['sierra', 'download', '1-99999999999', '--port', 'x'], 'pictures are numbered from 1'),
    (['sierra', 'delete', '--yes', '--port', 'x'], 'say which pictures'),
    (['sierra', 'get', 'flash_mod', '--port', 'x'], 'did you mean flash_mode'),
    (['sierra', 'get', 'qqqqqqqq', '--port', 'x'], 'there are: '),
    (['sierra', 'read-register', 'one', '--port', 'x'], "'one' is not a number; write 51"),
    (['sierra', 'write-register', '1', '1', '--port', 'x'], 'add --allow-raw-writes'),
    (['sierra', 'write-register', '1', 'z', '--port', 'x', '--allow-raw-writes'],
     "VALUE: 'z' is not a number"),
    (['sierra', 'send', '01', '--port', 'x'], 'add --allow-raw-writes'),
    (['sierra', 'send', '0', '--port', 'x'], "'0' is not hex"),
])
def test_wrong_usage_is_said_in_one_line(command, words, message):
    result = command(*words)
    assert result.code == 2 and result.out == ''
    assert message in result.error


def test_absent_port(command, tmp_path):
    result = command('sierra', '--port', tmp_path / 'ttyUSB9', 'info')
    assert result.code == 3
    assert 'no such port. Ports here:' in result.error


def test_port_in_use(camera, terminal):
    port = SerialPort(terminal.path, LineSettings(19200))
    try:
        result = camera('info')
    finally:
        port.close()
    assert result.code == 3
    assert 'in use by ' in result.error and '. Stop that' in result.error


def test_not_a_serial_port(command, tmp_path):
    path = tmp_path / 'file'
    path.write_text('text')
    result = command('sierra', '--port', path, 'info')
    assert result.code == 3
    assert 'not a serial port' in result.error


def test_errors_in_json(command, tmp_path):
    result = command('sierra', '--port', tmp_path / 'ttyUSB9', 'info', '--json')
    assert result.code == 3
    assert result.document == {'error': result.error, 'exit_code': 3}


def test_debug_shows_the_traceback(command, tmp_path):
    result = command('sierra', '--debug', '--port', tmp_path / 'ttyUSB9', 'info')
    assert result.err.startswith('Traceback') and 'no such port' in result.err


def test_whoever_reads_the_output_may_leave(started, tmp_path):
    wire = tmp_path / 'wire.log'
    wire.write_text('# camera_driver trace 1 sierra x 0 0\n' + '1.0 > 15\n' * 50_000)
    process = started('trace', wire)
    assert process.stdout.readline().startswith('# sierra at x')
    process.stdout.close()
    assert process.stderr.read() == ''
    assert process.wait() == module.GONE


def test_trace_records_the_line(camera, command, tmp_path):
    wire = tmp_path / 'wire.log'
    assert camera('--trace', wire, 'info').code == 0
    text = command('trace', wire).out
    assert re.search(r' > NUL\n.* < NAK\n', text)
    assert 'get_vdata 27 model' in text


def test_trace_file_that_cannot_be_written(camera, tmp_path):
    result = camera('--trace', tmp_path, 'info')
    assert result.code == 6
    assert 'give a file that can be written' in result.error


def test_verbose_shows_frames_on_stderr(camera):
    result = camera('-v', 'info', '--json')
    assert result.code == 0
    assert 'model' in result.document['identity']
    assert ' > NUL' in result.err and ' < NAK' in result.err

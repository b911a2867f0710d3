# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver up` as a user starts it: a rig of simulated cameras, and how it ends."""

from contextlib import contextmanager, ExitStack
import fcntl
from itertools import takewhile
import math
import os
from pathlib import Path
import signal
import subprocess
import sys

from diagnostic_msgs.msg import DiagnosticArray
from domains import own_domain
from helpers import wait_until
from node_rig import Client
import pytest
from rcl_interfaces.srv import GetParameters
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.cli.main import main
from camera_driver.msg import CameraStatus, Exposure
from camera_driver.nodes import shared_memory
from camera_driver.nodes.shared_memory import PROFILES, SEGMENT, set_large_images
from camera_driver.srv import Capture, SelectCamera, SetExposure

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, '-m', 'camera_driver.cli.main', 'up']

CAMERAS = """
devices:
- name: nadir
  type: sierra
  namespace: front
  parameters: {port: /dev/none, flash_mode: off}
- name: cockpit
  type: kp_fd30
  parameters: {port: /dev/none}
"""
MATRIX = """
devices:
- {name: cockpit, type: kp_fd30, parameters: {port: /dev/none}}
- {name: tail, type: ix_link, parameters: {port: /dev/none}}
- name: matrix
  type: intelix
  parameters: {port: /dev/none, grabber_output: 8, select_preset: 1,
               routes: [1, 2, 3, 4, 5, 6, 7, 8]}
  cameras: {cockpit: {input: 3}, tail: {input: 4}}
"""
ONE_ABSENT = """
devices:
- {name: absent, type: kp_fd30, parameters: {port: /dev/none, wait_for_device: false}}
- {name: present, type: kp_fd30, parameters: {simulate: true}}
"""
ONE_SIMULATED = """
devices:
- {name: nadir, type: sierra, parameters: {simulate: true}}
"""
PACED = """
devices:
- {name: nadir, type: sierra, parameters: {simulate: true, simulate_paced: true}}
"""


@pytest.fixture
def up(tmp_path, monkeypatch):
    """Give a function that starts a rig with this text as a process."""
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    processes = []

    def start(text, *words, ignored=(), **environment):
        (tmp_path / 'rig.yaml').write_text(text)
        before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
        process = subprocess.Popen([*COMMAND, tmp_path / 'rig.yaml', *words], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**os.environ, **environment})
        processes.append(process)
        for number, handler in before.items():
            signal.signal(number, handler)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


@contextmanager
def answering(name):
    """Wait until a node answers and its device is well; give what calls its services."""
    with ExitStack() as stack:
        caller = Client(stack, name.lstrip('/'), name)
        response = caller.call(Trigger, 'self_test')
        while response.message.startswith('not '):  # active, connected: not yet
            response = caller.call(Trigger, 'self_test')
        assert response.success, response.message
        yield caller


def children(process):
    """Return the process ids of a process's children."""
    text = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text()
    return [int(word) for word in text.split()]


@pytest.mark.parametrize('processes', ['one', 'each'])
def test_two_cameras_until_told_to_end(up, processes):
    # As a script starts it: nohup camera-driver up ... &
    process = up(CAMERAS, '--simulate', '--processes', processes,
                 ignored=(signal.SIGINT, signal.SIGHUP))
    assert process.stdout.readline() == (
        'Starting /front/nadir (sierra), /cockpit (kp_fd30). Ctrl-C ends.\n')
    with answering('/cockpit'), answering('/front/nadir') as nadir:
        process.send_signal(signal.SIGHUP)
        value, = nadir.call(GetParameters, 'get_parameters', names=['flash_mode']).values
    assert value.string_value == 'off'
    alone = children(process)
    assert len(alone) == (2 if processes == 'each' else 0)
    process.send_signal(signal.SIGINT)
    out, log = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, '')
    assert 'Traceback' not in log and 'ended by itself' not in log
    assert not [pid for pid in alone if os.path.exists(f'/proc/{pid}')]


@pytest.mark.long
@pytest.mark.parametrize('processes', ['one', 'each'])
def test_names_of_a_rig(up, processes):
    # Those of the rig, whatever the process as a whole is given.
    process = up('namespace: uav' + CAMERAS.replace('namespace: front', (
        'namespace: front\n  remappings: {~/image_raw: image, ~/status: /all/nadir}')),
        '--simulate', '--processes', processes, '--namespace', 'fleet',
        '--ros-args', '-r', '__ns:=/elsewhere')
    assert process.stdout.readline() == ('Starting /fleet/uav/front/nadir (sierra), '
                                         '/fleet/uav/cockpit (kp_fd30). Ctrl-C ends.\n')
    with answering('/fleet/uav/front/nadir') as nadir, answering('/fleet/uav/cockpit'):
        for topic in ('/all/nadir', '/fleet/uav/front/image', '/fleet/uav/front/camera_info'):
            wait_until(lambda: nadir.client.count_publishers(topic))
        process.send_signal(signal.SIGHUP)  # the terminal is closed
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0 and 'Traceback' not in log, log


@pytest.mark.long
def test_a_simulated_matrix_shows_the_cameras_of_its_rig(up):
    process = up(MATRIX, '--simulate')
    assert process.stdout.readline()
    with answering('/matrix') as matrix:
        images = []
        matrix.client.create_subscription(Image, '/cockpit/image_raw', images.append, 10)
        for name in ('tail', 'cockpit'):  # the tail's live view is off
            response = matrix.call(SelectCamera, 'select_camera', camera=name)
            assert response.success, response.message
        first = wait_until(lambda: images and images[-1])
        assert first.header.frame_id == 'cockpit_optical_frame'
        with answering('/cockpit') as cockpit:
            response = cockpit.call(SetExposure, 'set_exposure', exposure=Exposure(
                exposure_time=0.0001, f_number=math.nan, iso=math.nan), nearest=True)
            assert response.success, response.message
        brightness = sum(first.data[::97])
        wait_until(lambda: sum(images[-1].data[::97]) < brightness / 2)
        assert matrix.client.count_publishers('/cockpit/image_raw') == 2  # its own is silent
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize('processes, home', [('one', ''), ('each', '/proc')])
def test_one_fails_and_the_other_goes_on_without_a_home(up, processes, home):
    process = up(ONE_ABSENT + f'processes: {processes}', ROS_HOME='', HOME=home)
    assert process.stdout.readline()
    wanted = {'one': '[absent]: configure: /dev/none: no such port',
              'each': '/absent has ended by itself with exit code 1'}[processes]
    lines = [*takewhile(lambda line: wanted not in line, process.stderr)]
    with answering('/present'):
        process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    log = ''.join(lines) + log
    assert process.returncode == 1 and 'Traceback' not in log
    assert 'there is no home directory that can be written to: logging to ' in log


@pytest.mark.parametrize('processes', ['one', 'each'])
def test_it_ends_when_all_have_failed(up, processes):
    process = up(ONE_ABSENT.replace('simulate: true', 'port: /dev/nil, wait_for_device: false'),
                 '--processes', processes)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert '/dev/none: no such port' in log and '/dev/nil: no such port' in log
    assert 'Traceback' not in log


def test_one_is_killed_and_the_other_goes_on(up):
    process = up(CAMERAS, '--simulate', '--processes', 'each')
    assert process.stdout.readline()
    with answering('/front/nadir'):
        os.kill(children(process)[0], signal.SIGKILL)
    assert any('/front/nadir has ended by itself by signal 9' in line for line in process.stderr)
    with answering('/cockpit'):
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 1


@pytest.mark.long
@pytest.mark.parametrize('processes', ['one', 'each'])
def test_what_died_is_started_again_and_outlives_no_rig(up, processes):
    by = {'one': (CAMERAS + 'respawn: true', ()), 'each': (CAMERAS, ('--respawn',))}[processes]
    process = up(by[0], '--simulate', '--processes', processes, *by[1])
    assert process.stdout.readline()
    with answering('/front/nadir'):
        os.kill(children(process)[0], signal.SIGKILL)
    name = {'one': 'the rig', 'each': '/front/nadir'}[processes]
    wanted = f'{name} has ended by itself by signal 9; it starts again in 1 s'
    assert any(wanted in line for line in process.stderr)
    with answering('/front/nadir') as nadir:
        seen = []

        def restarts():
            return {pair.key: pair.value for one in seen for status in one.status
                    if status.name.endswith('nadir: device') for pair in status.values
                    }.get('restarts of the process')

        nadir.client.create_subscription(
            DiagnosticArray, '/diagnostics', seen.append, 10)
        wait_until(lambda: restarts() == '1')
        alone = children(process)
        if processes == 'each':
            process.kill()
        else:
            process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == {'one': 1, 'each': -signal.SIGKILL}[processes]
    assert len(alone) == {'one': 1, 'each': 2}[processes]
    wait_until(lambda: not [pid for pid in alone if os.path.exists(f'/proc/{pid}')])


@pytest.mark.long
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_what_is_under_way_is_answered_before_the_end(up, number):
    process = up(PACED)
    assert process.stdout.readline()
    with answering('/nadir') as nadir:
        status, started = [], []
        nadir.client.create_subscription(CameraStatus, '/nadir/status', status.append, 10)
        goal = nadir.send_goal(DownloadImages, 'download_images', started.append)
        sequence = nadir.send_goal(CaptureSequence, 'capture_sequence', count=1000, interval=5.0)
        results = [goal.get_result_async(), sequence.get_result_async()]
        capture = nadir.begin(Capture, 'capture', wait=True)
        wait_until(lambda: started)
        process.send_signal(number)
        for future in results:
            assert not nadir.result(future).result.success
        nadir.result(capture)
        wait_until(lambda: status and status[-1].lifecycle.label == 'finalized')
        assert status[-1].state == CameraStatus.DISCONNECTED
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0 and 'Traceback' not in log, log


def test_a_wrong_file_is_one_line(tmp_path, capfd):
    path = tmp_path / 'rig.yaml'
    path.write_text('devices:\n- name: x\n  type: siera\n')
    assert main(['up', str(path)]) == 2
    assert capfd.readouterr() == (
        '', f"camera-driver: {path}:3:9: there is no device type 'siera'; is sierra meant?\n")
    assert main(['up', str(tmp_path / 'absent.yaml')]) == 6


def test_without_ros(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    result = subprocess.run([*COMMAND, 'rig.yaml'], cwd=ROOT, env=environment, text=True,
                            capture_output=True, timeout=60)
    assert result.returncode == 1
    assert 'a rig needs ROS 2 and this package built with it' in result.stderr
    assert result.stderr.count('\n') == 1


def test_the_profile_for_large_images(monkeypatch):
    monkeypatch.setenv(PROFILES, 'mine.xml')
    set_large_images()
    assert os.environ[PROFILES] == 'mine.xml'
    monkeypatch.setenv(PROFILES, '')
    set_large_images()
    profile = Path(os.environ[PROFILES])
    assert f'<segment_size>{SEGMENT}<' in profile.read_text()


def test_the_shared_memory_of_the_dead_is_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_memory, 'FOLDER', str(tmp_path))
    dead, alive, young, strange = names = [
        'fastrtps_0123456789abcdef', 'fastrtps_f123456789abcdef', 'fastrtps_2123456789abcdef',
        'fastrtps_mine']
    for name in [*names, 'fastrtps_port7411']:
        (tmp_path / name).touch()
        (tmp_path / f'{name}_el').touch()
        if name != young:
            os.utime(tmp_path / f'{name}_el', (0, 0))
    with (tmp_path / f'{alive}_el').open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        shared_memory.remove_dead()
    assert {path.name.removesuffix('_el') for path in tmp_path.iterdir()} == {
        alive, young, strange, 'fastrtps_port7411'}
    assert not (tmp_path / f'{dead}_el').exists()


@pytest.mark.parametrize('left, code, words', [
    ('64m', 0, '/dev/shm has 67 MB left, and images want 134 MB'),  # as in a container
    ('1m', 1, '/dev/shm is full (10')])
def test_with_little_shared_memory(left, code, words, tmp_path):
    mounting = ['unshare', '--mount', '--map-root-user', 'sh', '-c',
                f'mount -t tmpfs -o size={left} tmpfs /dev/shm && exec "$@"', '']
    if subprocess.run([*mounting, 'true'], capture_output=True).returncode:
        pytest.skip('nothing can be mounted here')
    (tmp_path / 'rig.yaml').write_text(ONE_SIMULATED)
    with own_domain() as domain, subprocess.Popen(
            [*mounting, *COMMAND, tmp_path / 'rig.yaml'], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, 'ROS_HOME': str(tmp_path),
                                         'ROS_DOMAIN_ID': str(domain)}) as process:
        log = ''.join(takewhile(lambda line: 'connected to' not in line, process.stderr))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == code
    assert words in log and log.count('\n') == 1

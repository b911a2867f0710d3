# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The examples that need ROS, as a user runs them: each with what it prints."""

import os
from pathlib import Path
import re
import subprocess
import sys

from domains import own_domain
from helpers import wait_until
from node_rig import fuji_mx, rig, sierra
import pytest

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.nodes.fuji_mx_node import FujiMxNode
from camera_driver.nodes.ix_link_node import IxLinkNode
from camera_driver.nodes.kp_fd30_node import KpFd30Node
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.pictures.image import decode
from camera_driver.srv import Capture

EXAMPLES = Path(__file__).resolve().parents[2] / 'examples'
CAMERAS = {'sierra': (SierraNode, sierra), 'fuji_mx': (FujiMxNode, fuji_mx)}
TAKE_PICTURE = b'\x02\x02'  # of a sierra camera


@pytest.fixture
def example():
    """Give a function that starts an example beside a rig."""
    processes = []

    def start(one, name, *words):
        processes.append(subprocess.Popen(
            [sys.executable, EXAMPLES / name, *words], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, 'ROS_DOMAIN_ID': str(one.domain)}))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def result(process):
    """Return exit code and output of an example that ended without a word of complaint."""
    out, complaints = process.communicate(timeout=40)
    assert complaints == '', out
    return process.returncode, out


@pytest.mark.parametrize('name', CAMERAS)
def test_the_same_mission_with_each_still_camera(name, tmp_path, example):
    node_class, simulator = CAMERAS[name]
    with rig(node_class, simulator(), tmp_path, name=name) as one:
        code, out = result(example(one, 'mission.py', f'/{name}', '--count', '2', '--interval',
                                   '0.1', '--max-delay', '0'))
        assert code == 0, out
        assert re.findall(r'shot \S+-(\d+): image (\d+) at \d+\.\d+ \+/- \S+ ms \((\w+)\)',
                          out) == [('0001', '4', 'trigger'), ('0002', '5', 'trigger')]
        assert '2 taken, 0 unknown, 0 failed' in out
        assert '5 of 5 images downloaded' in out
        assert {path.name: path.read_bytes() for path in (tmp_path / 'pictures').iterdir()} == {
            frame.name: frame.data for frame in one.simulator.frames}


def test_a_mission_with_a_camera_that_keeps_its_pictures(tmp_path, example):
    with rig(IxLinkNode, IxLinkSimulator(readout=0.05), tmp_path) as one:
        code, out = result(example(one, 'mission.py', '/camera', '--count', '2', '--interval',
                                   '0.1'))
        assert code == 0 and '2 taken' in out and 'the pictures stay in the camera' in out


def test_a_mission_with_what_takes_no_pictures(tmp_path, example):
    with rig(KpFd30Node, KpFd30Simulator(), tmp_path) as one:
        process = example(one, 'mission.py', '/camera')
        _, complaints = process.communicate(timeout=40)
        assert process.returncode == 1 and '/camera takes no pictures; it can: ' in complaints


@pytest.mark.long
@pytest.mark.parametrize('stored', [True, False], ids=['settled', 'unknown for good'])
def test_a_mission_never_commands_a_shot_in_doubt_again(stored, tmp_path, example):
    frames = sierra().frames
    with rig(SierraNode, sierra(frames=frames[:2], exposure_duration=60.0), tmp_path) as one:
        mission = example(one, 'mission.py', '/camera', '--count', '1', '--interval', '0')
        wait_until(lambda: any(command[:2] == TAKE_PICTURE for command in [*one.simulator.log]))
        one.terminal.unplug()
        one.terminal.power_cycle()  # it has taken the picture, or lost others: as the test says
        one.terminal.do(lambda: one.simulator.frames.append(frames[2]) if stored else
                        one.simulator.frames.pop())
        said = [mission.stdout.readline() for _ in range(3)]
        one.terminal.replug()
        code, out = result(mission)
        shot = re.search(r'shot (\S+): may have been taken: ', said[1])[1]
        assert said[2].startswith('0 taken, 1 unknown, 0 failed; the last problem: ')
        if stored:
            assert code == 0 and f'  shot {shot}: settled: image 3 at' in out, out
        else:
            assert code == 8 and out.splitlines()[-1].startswith(f'  {shot}: '), out
        assert len(one.simulator.shots) == 1
        assert len(list((tmp_path / 'pictures').iterdir())) == len(one.simulator.frames)


@pytest.mark.long
def test_a_mission_goes_on_when_the_camera_is_back(tmp_path, example):
    with rig(SierraNode, sierra(), tmp_path) as one:
        one.terminal.unplug()
        wait_until(lambda: not one.node.connected)
        mission = example(one, 'mission.py', '/camera', '--count', '25', '--interval', '0')
        assert any('  no shot: not connected' in line for line in mission.stdout)
        one.terminal.replug()
        code, out = result(mission)
        assert code == 0, out
        assert re.search(r'^[1-9]\d* taken, 0 unknown, \d+ failed; the last problem: not conn',
                         out, re.MULTILINE), out


def test_a_mission_leaves_a_camera_alone_that_is_on_another_one(tmp_path, example):
    with rig(SierraNode, sierra(), tmp_path) as one:
        feedback = []
        one.send_goal(CaptureSequence, 'capture_sequence', feedback.append, count=0,
                      interval=3600.0)
        wait_until(lambda: feedback)
        code, out = result(example(one, 'mission.py', '/camera', '--count', '1'))
        assert code == 1 and '/camera rejected the goal' in out, out
        assert len(one.simulator.shots) == 1


@pytest.mark.long
def test_a_mission_fetches_when_somebody_elses_download_is_over(tmp_path, example):
    with rig(SierraNode, sierra(max_speed=9600), tmp_path, baudrate=9600,
             capture_during_download='abort') as one:
        one.terminal.paced = True  # one picture takes 10 s
        begun = []
        one.send_goal(DownloadImages, 'download_images', begun.append)
        wait_until(lambda: begun)
        mission = example(one, 'mission.py', '/camera', '--count', '1', '--interval', '0')
        assert any('rejected the goal' in line for line in mission.stdout)
        one.terminal.paced = False
        code, out = result(mission)
        assert code == 0, out
        assert len(list((tmp_path / 'pictures').iterdir())) == len(one.simulator.frames)


def test_save_images(tmp_path, example):
    with rig(SierraNode, sierra(), tmp_path) as one:
        saver = example(one, 'save_images.py', '/camera/image_raw', tmp_path / 'saved', '1')
        assert saver.stdout.readline() == 'waiting for images on /camera/image_raw\n'
        wait_until(lambda: one.node.count_subscribers('/camera/image_raw'))
        assert one.call(Capture, 'capture', wait=True, download=True).success
        code, out = result(saver)
        file, = (tmp_path / 'saved').iterdir()
        size = decode(file.read_bytes()).shape
        assert code == 0 and out.startswith(f'{file}: {size[1]} x {size[0]} rgb8, stamp '), out
        assert out.endswith(', frame camera_optical_frame\n')


@pytest.mark.long
def test_demo(tmp_path):
    """What `make demo` runs, with its lines not slowed down."""
    with own_domain() as domain:
        demo = subprocess.run(
            [sys.executable, EXAMPLES / 'demo.py', '--fast', '--domain', str(domain)],
            cwd=tmp_path, capture_output=True, text=True, timeout=55)
    assert (demo.returncode, demo.stderr) == (0, ''), demo.stdout
    for said in (
            '/nadir    sierra   READY: SIMCORP SIM-640', '/matrix   intelix  READY',
            'flash_mode := off    accepted', "flash_mode := disco  refused: flash_mode: 'disco'",
            'the subscriber: demo_output/image_0001.png: 640 x 480 rgb8, stamp',
            'contact_sheet.png: 6 pictures', 'it is not stored in the camera',
            'it holds 1/1024 s, f/5.7, ISO 200', 'output 8 shows survey (input 1)',
            'rig.png: 5 pictures'):
        assert said in demo.stdout
    before, after = map(int, re.findall(r'/cockpit/image_raw: .* brightness (\d+)', demo.stdout))
    assert after < before / 2  # after the shorter exposure
    assert decode((tmp_path / 'demo_output' / 'rig.png').read_bytes()).shape[1] == 800

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The examples that need ROS, as a user runs them: each with what it prints."""

from hashlib import sha256
import json
import os
from pathlib import Path
import re
import signal
import subprocess
import sys

from domains import own_domain
from helpers import wait_until
from node_rig import fuji_mx, rig, sierra
import pytest
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy
from sensor_msgs.msg import CameraInfo, NavSatFix
from sensor_msgs.srv import SetCameraInfo
from std_msgs.msg import Header

from camera_driver.action import CaptureSequence, DownloadImages
from camera_driver.cli.main import main
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.msg import PictureReport
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
    out, complaints = process.communicate(timeout=60)
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
        _, complaints = process.communicate(timeout=60)
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


def test_a_bag_alone_says_which_picture_is_of_which_shot(tmp_path, example):
    pytest.importorskip('rosbags')  # it has no Debian package
    with rig(SierraNode, sierra(), tmp_path, tf_parent='base_link') as one:
        assert one.call(SetCameraInfo, 'set_camera_info', camera_info=CameraInfo(
            width=640, height=480, distortion_model='plumb_bob', d=[0.0] * 5,
            k=[500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0])).success
        recorder = example(one, 'record_bag.py', tmp_path / 'flight', '/camera', '--fix', '/fix')
        assert recorder.stdout.readline() == f'recording into {tmp_path / "flight"}\n'
        for topic in ('capture_event', 'pictures', 'camera_info', 'image_raw/compressed'):
            wait_until(lambda: one.node.count_subscribers(f'/camera/{topic}'))
        fixes = one.client.create_publisher(NavSatFix, '/fix', 10)
        wait_until(fixes.get_subscription_count)

        def capture():
            for _ in range(10):  # any two of all of them are enough
                fixes.publish(NavSatFix(
                    header=Header(stamp=one.client.get_clock().now().to_msg()), latitude=47.5,
                    longitude=8.25, altitude=600.0))
            return one.call(Capture, 'capture', wait=True, download=True)

        shots = [capture() for _ in range(2)]
        assert all(shot.success for shot in shots)
        # A picture that nobody commanded here, among them.
        assert one.act(DownloadImages, 'download_images', indices=[1], publish=True).success
        told = one.listen(PictureReport, 'pictures', durability=DurabilityPolicy.TRANSIENT_LOCAL)
        wait_until(lambda: len(told) == 3)
        assert all(one.wait_for_all_acked(Duration(seconds=20)) for one in one.node.publishers)
        recorder.send_signal(signal.SIGINT)
        code, out = result(recorder)
        assert code == 0 and '       3 /camera/pictures\n' in out, out
    bag = played(tmp_path / 'flight')
    files = {path.name: sha256(path.read_bytes()).hexdigest()
             for path in (tmp_path / 'pictures').iterdir()}
    events = {event.shot_id: event for event in bag['/camera/capture_event']}
    assert list(events) == [shot.shot_id for shot in shots]
    reports = {report.shot_id: report for report in bag['/camera/pictures']}
    assert len(reports) == 3 and '' in reports
    stamped = {topic: {stamp(message): message for message in bag[f'/camera/{topic}']}
               for topic in ('camera_info', 'image_raw/compressed')}
    for shot_id, event in events.items():
        report = reports[shot_id]
        assert stamp(report) == stamp(event) and event.stamp_uncertainty < 1.0
        assert files[Path(report.path).name] == report.sha256
        assert stamped['camera_info'][stamp(event)].k[0] == 500.0
        picture = stamped['image_raw/compressed'][stamp(event)]
        assert sha256(bytes(picture.data)).hexdigest() == report.sha256
        assert event.exposure.aperture == 'raw:2'
    assert stamp(reports['']) not in map(stamp, events.values())
    assert main(['geotag', '--ledger', str(tmp_path / 'shots.sqlite3'), '--track',
                 str(tmp_path / 'flight'), '--max-gap', '120', '--max-age', '120',
                 '--output', str(tmp_path / 'tagged')]) == 0
    assert len(list((tmp_path / 'tagged').iterdir())) == 2
    mounted, = bag['/tf_static'][0].transforms
    assert mounted.child_frame_id == bag['/camera/capture_event'][0].header.frame_id


def played(folder):
    """Return the messages of a bag by topic, read by a library that is not ours."""
    from rosbags.rosbag2 import Reader
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores

    types = get_typestore(Stores.ROS2_JAZZY)
    found = {}
    with Reader(folder) as reader:
        for connection in reader.connections:
            types.register(get_types_from_msg(connection.msgdef.data, connection.msgtype))
        for connection, _, data in reader.messages():
            found.setdefault(connection.topic, []).append(
                types.deserialize_cdr(data, connection.msgtype))
    return found


def stamp(message):
    return message.header.stamp.sec, message.header.stamp.nanosec


@pytest.mark.long
def test_demo(tmp_path):
    """What `make demo` runs, with its lines not slowed down."""
    with own_domain() as domain:
        demo = subprocess.run(
            [sys.executable, EXAMPLES / 'demo.py', '--fast', '--domain', str(domain)],
            cwd=tmp_path, capture_output=True, text=True, timeout=150)
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


@pytest.mark.long
def test_demo_survey(tmp_path):
    """What `make demo-survey` runs, over one line."""
    with own_domain() as domain:
        demo = subprocess.run(
            [sys.executable, EXAMPLES / 'demo_survey.py', '--short', '--domain', str(domain)],
            cwd=tmp_path, capture_output=True, text=True, timeout=55)
    assert (demo.returncode, demo.stderr) == (0, ''), demo.stdout
    output = tmp_path / 'demo_output'
    features = json.loads((output / 'shots.geojson').read_text())['features']
    shots = [one for one in features if 'shot_id' in one['properties']]
    untagged = [one for one in shots if one['geometry'] is None]
    taken, unknown, failed, missed = (sum(map(int, numbers)) for numbers in zip(*re.findall(
        r'(\d+) taken, (\d+) unknown, (\d+) failed, (\d+) missed; cancelled', demo.stdout)))
    states = [one['properties']['state'] for one in shots]
    assert len([one for one in states if one not in ('failed', 'unknown')]) == taken
    # A shot that would have come too late is in the ledger as failed, and its place is missed.
    assert unknown == states.count('unknown')
    assert failed <= states.count('failed') <= failed + missed
    assert len(shots) <= 12
    assert len(shots) > len(untagged) and (untagged or missed)  # there was no fix for one place
    # Each with a position has a footprint.
    assert len(features) == 2 * len(shots) - len(untagged)
    for one in shots:
        if one['geometry'] is not None and 'file' in one['properties']:
            assert (output / 'tagged' / one['properties']['file']).exists()
    assert (output / 'geo.txt').read_text().startswith('EPSG:4326\n')
    assert decode((output / 'survey.png').read_bytes()).shape == (1000, 1600, 3)


@pytest.mark.long
def test_demo_mavlink(tmp_path):
    """What `make demo-mavlink` runs."""
    pytest.importorskip('pymavlink')
    with own_domain() as domain:
        demo = subprocess.run(
            [sys.executable, EXAMPLES / 'demo_mavlink.py'], cwd=tmp_path, capture_output=True,
            text=True, timeout=55, env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    assert (demo.returncode, demo.stderr) == (0, ''), demo.stdout
    for said in ('component 100: SIMCORP SIM-640', 'component 100: result 0, picture 1 at',
                 'CAM_SHUTTERSPD 1/512: result 0, it holds 1/512', 'asked for again: [0, 1]'):
        assert said in demo.stdout

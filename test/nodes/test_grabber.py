# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The grabber behind the matrix over DDS: whose pictures are on whose topics, and when."""

from array import array
import threading

from diagnostic_msgs.msg import DiagnosticArray
from helpers import wait_until
from node_rig import rig
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import Trigger

from camera_driver.devices.intelix.simulator.simulator import IntelixSimulator
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.msg import CameraStatus
from camera_driver.nodes.abilities.routing import Matrix
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.intelix_node import IntelixNode
from camera_driver.nodes.ix_link_node import IxLinkNode
from camera_driver.sim.video import VideoSignal
from camera_driver.srv import SelectCamera, SendMessage

RIG = {'cameras': ['nadir', 'oblique'], 'nadir.input': 3, 'oblique.input': 5,
       'nadir.frame_id': 'down', 'grabber_output': 6, 'select_preset': 8,
       'routes': [1, 2, 3, 4, 5, 6, 7, 8], 'settle_time': 0.1,
       'simulate': True, 'port': '', 'allow_raw_writes': True}
COLOURS = {'nadir': (1.0, 0.0, 0.0), 'oblique': (0.0, 0.0, 1.0)}  # of their pictures: red, blue
CALIBRATION = """\
{image_width: 640, image_height: 480, camera_name: nadir, distortion_model: plumb_bob,
 camera_matrix: {rows: 3, cols: 3, data: [500.0, 0, 320.0, 0, 500.0, 240.0, 0, 0, 1]},
 distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]},
 rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]},
 projection_matrix: {rows: 3, cols: 4, data: [500.0, 0, 320.0, 0, 0, 500.0, 240.0, 0, 0, 0, 1, 0]}}
"""


@pytest.fixture(scope='module')
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp('grabber')
    (folder / 'nadir.yaml').write_text(CALIBRATION)
    with rig(IntelixNode, IntelixSimulator(), folder, name='matrix', **RIG,
             **{'nadir.camera_info_url': f'file://{folder}/nadir.yaml'}) as one:
        # The node's own simulated matrix, which has the video too.
        one.terminal, one.simulator = one.node.terminal, one.node.terminal.simulator
        for name, gains in COLOURS.items():
            signal = VideoSignal(gains=gains)
            one.simulator.sources[RIG[f'{name}.input']] = lambda signal=signal: signal
        one.images = {name: [] for name in COLOURS}
        for name, images in one.images.items():
            one.client.create_subscription(Image, f'/{name}/image_raw', images.append, 100)
        wait_until(lambda: all(one.node.count_subscribers(f'/{name}/image_raw')
                               for name in COLOURS))
        yield one


@pytest.fixture
def matrix(shared):
    """Give the rig; nobody knows what the matrix shows, and it misbehaves no more."""
    shared.terminal.do(shared.simulator.faults.pending.clear)
    assert shared.call(Trigger, 'reset_device').success
    assert shared.node.part(Matrix).grabber.selected is None
    yield shared
    check(shared)
    for images in shared.images.values():
        images.clear()


def colour(message):
    """Return whose picture it is, by its colour."""
    blue, _, red = np.frombuffer(message.data, np.uint8).reshape(
        message.height, message.width, 3)[:240].mean(axis=(0, 1))
    return 'nadir' if red > 10 > blue else 'oblique' if blue > 10 > red else 'none'


def check(one):
    """Check that no picture is under the name of another camera."""
    for name, images in one.images.items():
        assert {colour(image) for image in list(images)} <= {name}


def since(one, name, begun):
    """Return the pictures of a camera that were taken after a time [s]; older ones may be late."""
    return [image for image in list(one.images[name]) if seconds(image.header.stamp) > begun]


def settle(one):
    """Wait until some pictures more were grabbed; what comes of them is checked at the end."""
    counters = one.node.part(Matrix).grabber.video.reader.counters
    grabbed = counters.grabbed
    wait_until(lambda: counters.grabbed > grabbed + 10)


def select(one, name):
    """Select a camera and return the first of its pictures."""
    begun = one.node.seconds()
    response = one.call(SelectCamera, 'select_camera', camera=name)
    assert response.success, response.message
    return wait_until(lambda: since(one, name, begun))[0]


def test_nothing_is_published_before_the_routing_is_known(matrix):
    begun = matrix.node.seconds()
    counters = matrix.node.part(Matrix).grabber.video.reader.counters
    grabbed, decoded = counters.grabbed, counters.decoded
    wait_until(lambda: counters.grabbed > grabbed + 20)
    assert counters.decoded <= decoded + 1
    assert not since(matrix, 'nadir', begun) and not since(matrix, 'oblique', begun)


def test_pictures_are_under_the_name_of_the_camera_that_is_selected(matrix):
    frames = {'nadir': 'down', 'oblique': 'oblique_optical_frame'}
    for name in ('nadir', 'oblique', 'nadir'):
        other = {'nadir': 'oblique', 'oblique': 'nadir'}[name]
        message = select(matrix, name)
        assert message.header.frame_id == frames[name] and message.encoding == 'bgr8'
        begun = seconds(message.header.stamp)
        wait_until(lambda: len(since(matrix, name, begun)) > 5)
        assert not since(matrix, other, begun)


def test_camera_info_is_that_of_the_camera(matrix):
    infos = {name: [] for name in COLOURS}
    for name, messages in infos.items():
        matrix.client.create_subscription(CameraInfo, f'/{name}/camera_info', messages.append, 10)
    for name, focal_length in (('nadir', 500.0), ('oblique', 0.0)):
        select(matrix, name)
        message = wait_until(lambda: infos[name] and infos[name][-1])
        assert message.k[0] == focal_length and (message.width, message.height) == (640, 480)


def test_camera_info_follows_the_region_of_a_camera_in_the_same_process(tmp_path):
    for name in ('matrix', 'nadir'):
        (tmp_path / name).mkdir()
    (tmp_path / 'matrix' / 'nadir.yaml').write_text(CALIBRATION)
    with (rig(IxLinkNode, IxLinkSimulator(), tmp_path / 'nadir', name='nadir') as camera,
          rig(IntelixNode, IntelixSimulator(), tmp_path / 'matrix', name='matrix', **RIG,
              **{'nadir.camera_info_url': f'file://{tmp_path}/matrix/nadir.yaml'}) as matrix):
        matrix.node.meet({'/nadir': camera.node})
        matrix.node.terminal.do(lambda: matrix.node.terminal.simulator.sources.update(
            {RIG['nadir.input']: VideoSignal}))
        infos = []
        matrix.client.create_subscription(CameraInfo, '/nadir/camera_info', infos.append, 10)
        diagnostics = matrix.listen(DiagnosticArray, '/diagnostics')

        def selected():
            # A simulated matrix that is late with an answer, on a busy computer, leaves a doubt.
            if not matrix.node.part(Matrix).routing.known:
                assert matrix.call(SelectCamera, 'select_camera', camera='nadir').success
            return matrix.node.part(Matrix).routing.camera == 'nadir'

        assert wait_until(lambda: selected() and infos and infos[-1]).k[0] == 0
        wait_until(lambda: any(
            one.name == 'matrix: nadir: calibration' and 'is not known' in one.message
            for message in diagnostics for one in message.status))
        for scale in (100, 50):
            result, = camera.call(SetParameters, 'set_parameters', parameters=[
                Parameter('live_view_scale', value=scale).to_parameter_msg()]).results
            assert result.successful, result.reason
            wait_until(lambda: selected()
                       and infos[-1].k[0] == pytest.approx(500 * 100 / scale))


def test_jpeg(matrix):
    messages = []
    matrix.client.create_subscription(
        CompressedImage, '/oblique/image_raw/compressed', messages.append, 10)
    select(matrix, 'oblique')
    wait_until(lambda: messages)
    assert messages[0].format == 'bgr8; jpeg compressed bgr8'


def test_a_change_at_the_front_panel(matrix):
    select(matrix, 'nadir')
    matrix.terminal.do(lambda: matrix.simulator.press(1, 5))  # of another output
    begun = matrix.node.seconds()
    wait_until(lambda: len(since(matrix, 'nadir', begun)) > 3)
    # To a camera that is not known. It shows the same: how fast the report is, is not tested.
    matrix.simulator.sources[1] = matrix.simulator.sources[3]
    matrix.terminal.do(lambda: matrix.simulator.press(6, 1))
    wait_until(lambda: matrix.node.part(Matrix).grabber.selected is None)
    assert 'shows no camera that is known' in matrix.node.part(Matrix).grabber.words


def test_what_came_before_the_matrix_was_heard_is_not_published(matrix):
    """A front panel is pressed while the worker is at something else and does not listen."""
    select(matrix, 'nadir')
    counters = matrix.node.part(Matrix).grabber.video.reader.counters
    begun, done = threading.Event(), threading.Event()

    def work(device):
        begun.set()
        done.wait(20.0)

    try:
        job = matrix.node.start('waiting', work)
        assert begun.wait(60)
        blind = matrix.node.seconds()
        matrix.terminal.do(lambda: matrix.simulator.press(6, 5))
        delivered = counters.delivered
        wait_until(lambda: counters.delivered > delivered + 30)
        assert not since(matrix, 'nadir', blind)
    finally:
        done.set()
    job.result(20.0)
    wait_until(lambda: since(matrix, 'oblique', blind))
    assert not since(matrix, 'nadir', blind)


def test_a_switch_that_is_not_reported(matrix):
    select(matrix, 'nadir')
    begun = matrix.node.seconds()
    matrix.terminal.do(lambda: matrix.simulator.misbehave('no_report', 2, command=b'\x03\x06'))
    response = matrix.call(SelectCamera, 'select_camera', camera='oblique')
    assert not response.success and matrix.node.part(Matrix).grabber.selected is None
    assert matrix.terminal.do(lambda: matrix.simulator.routes[5]) == 5
    assert not since(matrix, 'oblique', begun)


@pytest.mark.parametrize('fault', ['cut_report', 'reserved_byte', 'short_report'])
def test_a_change_whose_report_is_damaged(matrix, fault):
    select(matrix, 'nadir')

    def press():
        matrix.simulator.misbehave(fault)
        matrix.simulator.press(6, 5)

    matrix.terminal.do(press)
    wait_until(lambda: matrix.node.part(Matrix).grabber.selected is None)
    settle(matrix)


def test_a_raw_message_that_routes_without_a_report(matrix):
    select(matrix, 'nadir')
    matrix.terminal.do(lambda: matrix.simulator.presets.update({2: bytes([5] * 8)}))
    matrix.terminal.do(lambda: matrix.simulator.misbehave('no_report', command=b'\x03\x06'))
    response = matrix.call(SendMessage, 'send_message', message=array('B', [3, 6, 2]))
    assert response.success and not response.reply
    assert matrix.terminal.do(lambda: matrix.simulator.routes[5]) == 5
    assert matrix.node.part(Matrix).grabber.selected is None
    settle(matrix)


def test_a_change_while_the_line_is_broken(matrix):
    """The port is there, and nothing comes: the cable was pulled at the matrix."""
    select(matrix, 'nadir')

    def press():
        matrix.simulator.misbehave('deaf', 6)
        matrix.simulator.misbehave('no_report')
        matrix.simulator.press(6, 5)

    matrix.terminal.do(press)
    wait_until(lambda: matrix.node.part(Matrix).grabber.selected is None)
    settle(matrix)
    wait_until(lambda: matrix.node.connected)


def test_unplugged_within_a_switch(matrix):
    select(matrix, 'nadir')
    simulator = matrix.simulator
    matrix.terminal.do(simulator.log.clear)
    matrix.terminal.do(lambda: simulator.misbehave('no_report', 2, command=b'\x03\x06'))
    answer = matrix.begin(SelectCamera, 'select_camera', camera='oblique')
    wait_until(lambda: matrix.terminal.do(
        lambda: any(message.key == (3, 6) for message in simulator.log)))
    matrix.terminal.unplug()
    response = matrix.result(answer)
    assert not response.success and response.message
    assert matrix.node.part(Matrix).grabber.selected is None
    settle(matrix)
    matrix.terminal.replug()
    wait_until(lambda: matrix.node.connected)
    assert matrix.node.part(Matrix).grabber.selected is None


def test_status_tells_of_the_video(matrix):
    statuses = matrix.listen(CameraStatus, 'status')
    select(matrix, 'oblique')
    wait_until(lambda: statuses and statuses[-1].video.endswith('; shows oblique'))
    matrix.terminal.unplug()
    wait_until(lambda: statuses[-1].video.endswith('nothing is published'))
    matrix.terminal.replug()
    wait_until(lambda: matrix.node.connected)
    assert matrix.node.part(Matrix).grabber.selected is None


def test_a_source_without_cameras(ros):
    with pytest.raises(ValueError, match='video_source: .*say cameras and grabber_output'):
        ros.add(IntelixNode(context=ros.context, parameter_overrides=[
            Parameter(name, value=value) for name, value in (
                ('port', '/dev/none'), ('autostart', False), ('video_source', 'film.avi'))]))

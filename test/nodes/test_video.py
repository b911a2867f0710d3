# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Video of kp_fd30 and ix_link nodes over DDS: pictures that show settings, loss, recovery."""

import math
import os
import time

from diagnostic_msgs.msg import DiagnosticArray
from helpers import wait_until
from node_rig import rig
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from video_files import write_film

from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.msg import CameraStatus, Exposure
from camera_driver.nodes.abilities.live_view import LiveView
from camera_driver.nodes.abilities.topics import Pictures
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.ix_link_node import IxLinkNode
from camera_driver.nodes.kp_fd30_node import KpFd30Node
from camera_driver.nodes.video import MISSING
from camera_driver.pictures.image import decode
from camera_driver.srv import SetExposure, Switch
from camera_driver.video.reader import State
from camera_driver.video.sources import Frame


def camera(folder, **parameters):
    """Run a node with a simulated camera."""
    return rig(KpFd30Node, KpFd30Simulator(), folder, keep_alive=0.0, **parameters)


def put(one, name, value):
    """Set a parameter as a client does."""
    result, = one.call(SetParameters, 'set_parameters', parameters=[
        Parameter(name, value=value).to_parameter_msg()]).results
    assert result.successful, result.reason


def switch(one, on):
    """Call ~/set_live_view."""
    return one.call(Switch, 'set_live_view', on=on)


def latest(one, kind, topic):
    """Subscribe and return a list that holds the newest message only."""
    newest = []
    one.client.create_subscription(
        kind, f'/{one.name}/{topic}', lambda message: newest.__setitem__(slice(None), [message]),
        QoSProfile(depth=1))
    return newest


def pixels(message):
    """Return the pixels of an image message."""
    data = np.frombuffer(message.data, np.uint8)
    return data.reshape(message.height, message.width, -1)


def video(one):
    """Return what diagnostics tell of the video."""
    statuses = (status for message in reversed(one.diagnostics) for status in message.status)
    return next((status for status in statuses if status.name == f'{one.name}: video'), None)


def signal(one):
    """Return what the node's own simulated camera shows."""
    return one.node.terminal.simulator.video_signal()


def brightness(message):
    """Return the mean of the three colours, without the caption and the mark: B, G, R."""
    return pixels(message)[120:400].mean(axis=(0, 1))


def changes(newest, condition):
    """Wait for a message that fulfils a condition and return it."""
    return wait_until(lambda: newest and condition(newest[0]) and newest[0])


def shown(one):
    """Return a picture of the camera as it is set now, not one that was on its way."""
    now = one.node.seconds()
    return changes(one.newest, lambda message: seconds(message.header.stamp) > now)


def plain(one):
    """Undo what other tests have made of the picture."""
    assert one.call(SetExposure, 'set_exposure', exposure=Exposure(
        exposure_time=1 / 60, f_number=math.nan, iso=math.nan), nearest=True).success
    put(one, 'awc_r_gain_offset', 128)


@pytest.fixture(scope='module')
def simulated(tmp_path_factory):
    """Run a node with its own simulated camera, and its pictures."""
    with camera(tmp_path_factory.mktemp('simulated'), simulate=True, port='', name='shown') as one:
        one.newest = latest(one, Image, 'image_raw')
        wait_until(lambda: one.newest)
        yield one


def test_pictures_of_the_simulated_camera(simulated):
    plain(simulated)
    message = changes(simulated.newest, lambda one: brightness(one).mean() > 60)
    assert (message.width, message.height, message.encoding) == (640, 480, 'bgr8')
    assert message.step == 1920 and message.header.frame_id == 'shown_optical_frame'
    stamp = seconds(message.header.stamp)
    later = changes(simulated.newest, lambda one: seconds(one.header.stamp) > stamp)
    assert (pixels(later)[-4:] != pixels(message)[-4:]).any()  # it is alive
    assert 0 <= simulated.node.seconds() - seconds(later.header.stamp) < 30
    assert simulated.node.part(LiveView).video.reader.what == 'simulated'


def test_the_stamp_is_less_the_delay(tmp_path):
    delay = 1.0
    with camera(tmp_path, simulate=True, port='') as one:
        assert one.node.set_parameters([Parameter('video_delay', value=delay)])[0].successful
        assert one.node.part(Pictures).optics.delay == delay
        frame = Frame(np.zeros((2, 2, 3), np.uint8), time.monotonic())
        images = one.listen(Image, 'image_raw')
        one.node.part(LiveView).video._publish(frame)
        grabbed = one.node.seconds_of(frame.time)
        wait_until(lambda: any(abs(seconds(image.header.stamp) - (grabbed - delay)) < 0.01
                               and image.width == 2 for image in list(images)))


def test_the_quality_of_the_jpegs_is_set_while_it_runs(simulated):
    newest = latest(simulated, CompressedImage, 'image_raw/compressed')
    name = 'image_raw.compressed.jpeg_quality'
    usual = len(wait_until(lambda: newest)[0].data)
    assert simulated.node.set_parameters([Parameter(name, value=5)])[0].successful
    changes(newest, lambda message: len(message.data) < 0.7 * usual)
    assert not simulated.node.set_parameters([Parameter(name, value=0)])[0].successful
    assert simulated.node.set_parameters([Parameter(name, value=90)])[0].successful


def test_camera_info_has_the_same_stamp_and_frame(simulated):
    images = simulated.listen(Image, 'image_raw')
    infos = simulated.listen(CameraInfo, 'camera_info')
    wait_until(lambda: len(images) > 3 and len(infos) > 3)

    def common():
        stamps = {seconds(one.header.stamp): one for one in images}
        return [(stamps[stamp], one) for one in infos
                if (stamp := seconds(one.header.stamp)) in stamps]

    image, info = wait_until(common)[0]
    assert info.header == image.header
    assert (info.width, info.height) == (image.width, image.height)


def test_settings_show_in_the_picture(simulated):
    newest = simulated.newest
    put(simulated, 'shutter_mode', 'off')
    before = brightness(shown(simulated))
    put(simulated, 'variable_shutter', 0.002)
    put(simulated, 'shutter_mode', 'variable')
    dark = changes(newest, lambda one: brightness(one).mean() < 0.7 * before.mean())
    put(simulated, 'awc_r_gain_offset', 255)
    red = changes(newest, lambda one: brightness(one)[2] > 1.4 * brightness(dark)[2])
    assert brightness(red)[0] == pytest.approx(brightness(dark)[0], rel=0.05)
    put(simulated, 'alc_area', 'no1')
    put(simulated, 'alc_mode', 'area')
    changes(newest, lambda one: (pixels(one)[144, 200:440] == (40, 230, 255)).all())


def test_an_exposure_that_is_set_shows_in_the_picture(simulated):
    plain(simulated)
    wait_until(lambda: signal(simulated).gains == (1.0, 1.0, 1.0))
    bright = shown(simulated)
    response = simulated.call(SetExposure, 'set_exposure', exposure=Exposure(
        exposure_time=1 / 500, f_number=math.nan, iso=math.nan), nearest=True)
    assert response.success, response.message
    level = brightness(bright).mean() * 2 ** (-math.log2(500 / 60) / 2.2)
    changes(simulated.newest,
            lambda one: brightness(one).mean() == pytest.approx(level, rel=0.1))


def test_jpeg_for_those_who_want_it(simulated):
    newest = latest(simulated, CompressedImage, 'image_raw/compressed')
    message = wait_until(lambda: newest and newest[0])
    assert message.format == 'bgr8; jpeg compressed bgr8'  # of what ~/image_raw has
    assert decode(bytes(message.data)).shape == (480, 640, 3)


@pytest.mark.parametrize('rules, base', [
    (['~/image_raw:=/front/image_color'], '/front/image_color'),
    (['/uav/shown/image_raw:=image'], '/uav/image'),
    (['image_raw:=other'], '/uav/shown/image_raw'),
])
def test_who_remaps_the_image_takes_its_company_along(ros, rules, base):
    node = ros.add(KpFd30Node(
        'shown', namespace='uav', context=ros.context,
        parameter_overrides=[Parameter('simulate', value=True)],
        cli_args=['--ros-args', *(word for rule in rules for word in ('-r', rule))]))
    client = ros.add(Node('client', context=ros.context))
    messages = {}
    topics = {base: Image, f'{base}/compressed': CompressedImage,
              base.rpartition('/')[0] + '/camera_info': CameraInfo}
    for topic, kind in topics.items():
        client.create_subscription(
            kind, topic, lambda message, topic=topic: messages.setdefault(
                seconds(message.header.stamp), {}).__setitem__(topic, message), 10)
    wait_until(lambda: any(len(one) == 3 for one in messages.values()))
    names = {name for name, types in node.get_publisher_names_and_types_by_node('shown', '/uav')
             if types[0].startswith('sensor_msgs/')}
    assert names == set(topics)


def test_live_view_off_stops_the_pictures(simulated):
    reader = simulated.node.part(LiveView).video.reader
    response = switch(simulated, False)
    assert response.success and response.message == 'video off'
    simulated.newest.clear()
    statuses = simulated.listen(CameraStatus, 'status')
    wait_until(lambda: statuses and statuses[-1].video == 'off')
    assert reader.state is State.OFF and not statuses[-1].live_view
    grabbed = reader.counters.grabbed
    response = switch(simulated, True)
    assert response.success and response.message.endswith('from simulated')
    wait_until(lambda: statuses[-1].live_view and statuses[-1].video.startswith('on: '))
    wait_until(lambda: simulated.newest)
    assert reader.counters.grabbed > grabbed


def test_nothing_is_decoded_while_nobody_subscribes(tmp_path):
    with camera(tmp_path, simulate=True, port='') as one:
        reader = one.node.part(LiveView).video.reader
        wait_until(lambda: reader.counters.grabbed > 10)
        assert reader.counters.decoded == 0
        newest = latest(one, Image, 'image_raw')
        wait_until(lambda: newest)


def test_without_a_source_it_says_what_is_missing(tmp_path):
    with camera(tmp_path) as one:
        statuses = one.listen(CameraStatus, 'status')
        wait_until(lambda: statuses)
        assert statuses[-1].video == MISSING and not statuses[-1].live_view
        for on in (True, False):
            response = switch(one, on)
            assert not response.success and response.message == MISSING
        one.diagnostics = []
        one.client.create_subscription(
            DiagnosticArray, '/diagnostics', one.diagnostics.append, 10)
        wait_until(lambda: video(one))
        assert video(one).message == MISSING and video(one).level == b'\0'


def test_a_grabber_that_is_lost_comes_back(tmp_path):
    path = tmp_path / 'film.avi'
    write_film(path, 10, level=40)
    with camera(tmp_path, video_source=str(path), video_encoding='mono8') as one:
        one.diagnostics = []
        one.client.create_subscription(
            DiagnosticArray, '/diagnostics', one.diagnostics.append, 10)
        newest = latest(one, Image, 'image_raw')
        message = wait_until(lambda: newest and newest[0])
        assert message.encoding == 'mono8' and message.step == 64
        assert pixels(message).mean() == pytest.approx(40, abs=3)
        os.remove(path)
        wait_until(lambda: video(one) and video(one).level == b'\x02')
        assert f'lost: {path}: No such file' in video(one).message
        response = switch(one, True)
        assert not response.success and 'it is tried again' in response.message
        write_film(tmp_path / 'new.avi', 10, level=200)
        os.replace(tmp_path / 'new.avi', path)
        changes(newest, lambda one: pixels(one).mean() > 150)
        wait_until(lambda: video(one).level == b'\0')
        assert not one.node.supervisor.last_error
        # The serial line was there all the time.
        assert one.node.supervisor.reconnects == 0


def test_the_serial_line_may_go_and_the_pictures_stay(tmp_path):
    with camera(tmp_path, video_source=write_film(tmp_path / 'film.avi')) as one:
        newest = latest(one, Image, 'image_raw')
        wait_until(lambda: newest)
        one.terminal.unplug()
        wait_until(lambda: not one.node.connected)
        newest.clear()
        wait_until(lambda: newest)


def test_nothing_is_published_to_topics_that_are_no_longer_shown(tmp_path):
    with camera(tmp_path, simulate=True, port='') as one:
        newest = latest(one, Image, 'image_raw')
        wait_until(lambda: newest)
        one.node.part(LiveView).video.show(None)
        decoded = one.node.part(LiveView).video.reader.counters
        grabbed = decoded.grabbed
        wait_until(lambda: decoded.grabbed > grabbed + 10)
        since = one.node.seconds()
        one.node.part(LiveView).video.show(one.node.part(Pictures).topics, 'other')
        message = changes(newest, lambda one: one.header.frame_id == 'other')
        assert seconds(message.header.stamp) >= since - 1e-3


@pytest.mark.parametrize('parameters, problem', (
    ({'video_source': 'simulated'}, 'needs simulate:=true'),
    ({'video_format': 'MJ'}, 'write four characters'),
    ({'video_standard': 'palplus'}, 'allowed: unchanged, pal')))
def test_parameters_that_do_not_fit(tmp_path, parameters, problem):
    with pytest.raises(ValueError, match=problem):
        with camera(tmp_path, **parameters):
            pass


def test_a_password_is_not_shown(tmp_path):
    with camera(tmp_path, video_source='http://user:secret@localhost:9/') as one:
        one.diagnostics = []
        one.client.create_subscription(
            DiagnosticArray, '/diagnostics', one.diagnostics.append, 10)
        response = switch(one, True)
        assert not response.success and 'http://localhost:9/' in response.message
        statuses = one.listen(CameraStatus, 'status')
        wait_until(lambda: video(one) and statuses and 'lost' in statuses[-1].video)
        texts = [response.message, switch(one, False).message, str(video(one)), str(statuses)]
        assert 'secret' not in ''.join(texts)


def test_live_view_is_on_though_the_source_is_missing(tmp_path):
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, video_source=str(tmp_path / 'none')) as one:
        response = switch(one, True)
        assert not response.success and one.simulator.live_view
        assert response.message.startswith('live view is on; video lost: ')
        assert 'No such file' in response.message


def test_live_view_of_an_ix_link_camera_by_its_parameter(tmp_path):
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, simulate=True) as one:
        assert one.node.part(LiveView).video.reader.state is State.OFF
        newest = latest(one, Image, 'image_raw')
        put(one, 'live_view', True)
        whole = pixels(changes(newest, lambda image: True))
        put(one, 'live_view_scale', 25)
        changes(newest, lambda image: np.abs(
            pixels(image)[120:400].astype(int) - whole[120:400]).mean() > 5)
        put(one, 'live_view', False)
        wait_until(lambda: one.node.part(LiveView).video.reader.state is State.OFF)
        assert switch(one, True).success
        wait_until(lambda: one.node.part(LiveView).video.reader.state is State.ON)

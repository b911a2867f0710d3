# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Camera infos over DDS: what they say after a change of region, zoom or focal length."""

from contextlib import closing
import sqlite3

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers import wait_until
from node_rig import fuji_mx, rig, sierra
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from sensor_msgs.srv import SetCameraInfo
from std_srvs.srv import Trigger

from camera_driver.action import DownloadImages
from camera_driver.devices.ix_link.simulator.simulator import IxLinkSimulator
from camera_driver.devices.sierra.codec import pack_int
from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.nodes.abilities.topics import Pictures
from camera_driver.nodes.camera_info import Calibration
from camera_driver.nodes.fuji_mx_node import FujiMxNode
from camera_driver.nodes.ix_link_node import IxLinkNode
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Capture, SetRegionOfInterest, Switch


def calibration(width, height, f, **changes):
    """Return a calibration of a camera that looks along its middle."""
    x, y = width / 2 - 0.5, height / 2 - 0.5
    return CameraInfo(
        width=width, height=height, distortion_model='plumb_bob', d=[0.1, 0.0, 0.0, 0.0, 0.0],
        k=[f, 0.0, x, 0.0, f, y, 0.0, 0.0, 1.0], r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[f, 0.0, x, 0.0, 0.0, f, y, 0.0, 0.0, 0.0, 1.0, 0.0], **changes)


def put(one, name, value):
    """Set a parameter as a client does."""
    result, = one.call(SetParameters, 'set_parameters', parameters=[
        Parameter(name, value=value).to_parameter_msg()]).results
    assert result.successful, result.reason


def told(one, wanted):
    """Wait until diagnostics tell something of the calibration; return all that they tell."""
    def found():
        states = [status for message in one.diagnostics for status in message.status
                  if status.name == f'{one.name}: calibration']
        return states and wanted in states[-1].message and states[-1]

    return wait_until(found)


def listen(one):
    """Subscribe to infos, of which the newest is kept, and to diagnostics."""
    one.infos = []
    one.client.create_subscription(
        CameraInfo, f'/{one.name}/camera_info',
        lambda info: one.infos.__setitem__(slice(None), [info]), QoSProfile(depth=1))
    one.diagnostics = one.listen(DiagnosticArray, '/diagnostics')
    return one


# A region of a video.

@pytest.fixture
def live(tmp_path):
    """Run an ix_link node whose live view is on, with a calibration of the whole picture."""
    Calibration('camera', f'file://{tmp_path}/calibration.yaml').store(
        calibration(1280, 720, 1000.0))
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, simulate=True, sensor_width=12800,
             sensor_height=7200) as one:
        listen(one)
        assert one.call(Switch, 'set_live_view', on=True).success
        yield one


def show(one, *rectangle):
    """Set a region of interest and return what is shown."""
    response = one.call(SetRegionOfInterest, 'set_roi', roi=RegionOfInterest(**dict(zip(
        ('x_offset', 'y_offset', 'width', 'height'), rectangle))))
    assert response.success, response.message
    return response.roi


def with_focal_length(one, f):
    """Wait for a camera info with this K[0] [pixels]."""
    return wait_until(lambda: one.infos and one.infos[0].k[0] == pytest.approx(f, rel=1e-3)
                      and one.infos[0])


def test_camera_info_follows_the_region(live):
    # The camera cannot be asked: somebody may have set a region before.
    info = with_focal_length(live, 0.0)
    assert not any(info.k) and not any(info.p) and not any(info.r) and not info.d
    assert (info.width, info.height) == (1280, 720)
    status = told(live, 'the part of the picture that is shown is not known')
    assert status.level == DiagnosticStatus.WARN
    show(live, 0, 0, 0, 0)
    assert with_focal_length(live, 1000.0).k[2] == 639.5
    assert told(live, 'used').level == DiagnosticStatus.OK
    roi = show(live, 5000, 2000, 2304, 1296)
    info = with_focal_length(live, 1000 * 12800 / roi.width)
    assert info.k[0] == pytest.approx(1000 / 0.18, rel=0.06)
    scale = info.k[0] / 1000
    # The middle of the calibrated picture, in the one that is shown.
    assert info.k[2] == pytest.approx((640 - roi.x_offset / 10) * scale - 0.5, abs=1)
    assert info.k[5] == pytest.approx((360 - roi.y_offset / 10) * scale - 0.5, abs=1)
    assert list(info.p)[:3] == list(info.k)[:3] and info.d[0] == 0.1
    assert (info.width, info.height) == (1280, 720)  # as the picture
    assert info.roi == RegionOfInterest() and not info.binning_x and not info.binning_y
    put(live, 'live_view_scale', 50)
    with_focal_length(live, 2000.0)


def test_region_over_an_edge_is_uncalibrated(live):
    put(live, 'live_view_scale', 50)
    with_focal_length(live, 2000.0)
    put(live, 'live_view_center_x', 20)
    with_focal_length(live, 0.0)
    told(live, 'is shown is not known')
    put(live, 'live_view_center_x', 100)
    info = with_focal_length(live, 2000.0)
    assert info.k[2] > 639.5 + 200


def test_region_is_not_known_of_a_camera_that_is_not_there(live):
    put(live, 'live_view_scale', 50)
    with_focal_length(live, 2000.0)
    live.node.terminal.unplug()
    with_focal_length(live, 0.0)
    live.node.terminal.replug()
    with_focal_length(live, 2000.0)  # it was commanded again


def test_calibration_of_a_part_is_kept_with_its_region(live):
    put(live, 'live_view_scale', 50)
    with_focal_length(live, 2000.0)
    response = live.call(SetCameraInfo, 'set_camera_info',
                         camera_info=calibration(1280, 720, 2100.0))
    assert response.success and 'made with region (left, top, right, bottom; 0 to 1) 0.25, ' in (
        response.status_message)
    with_focal_length(live, 2100.0)
    put(live, 'live_view_scale', 25)
    with_focal_length(live, 4200.0)
    put(live, 'live_view_scale', 100)
    with_focal_length(live, 0.0)
    told(live, 'made while a part of the picture was shown')
    assert Calibration('camera', f'file://{live.folder}/calibration.yaml').known[0].state.region


def test_what_never_changes_need_not_be_known(tmp_path):
    path = tmp_path / 'calibration.yaml'
    Calibration('camera', f'file://{path}').store(calibration(1280, 720, 1000.0))
    path.write_text(path.read_text() + 'optical_state: {fixed: true}\n')
    with rig(IxLinkNode, IxLinkSimulator(), tmp_path, simulate=True) as one:
        listen(one)
        assert one.call(Switch, 'set_live_view', on=True).success
        with_focal_length(one, 1000.0)
        put(one, 'live_view_scale', 50)
        with_focal_length(one, 2000.0)
        response = one.call(SetCameraInfo, 'set_camera_info',
                            camera_info=calibration(1280, 720, 2100.0))
        assert response.success and 'fixed: true' in path.read_text()


# The focal length of shots.

@pytest.fixture
def zoom(tmp_path):
    """Run a sierra node whose camera has a zoom lens, now at 8 mm."""
    with rig(SierraNode, sierra(), tmp_path) as one:
        yield listen(one)


def shoot(one):
    """Take a picture and return its camera info."""
    one.infos.clear()
    response = one.call(Capture, 'capture', wait=True, download=True)
    assert response.success, response.message
    return wait_until(lambda: one.infos and one.infos[0])


def calibrate(one, f):
    """Store a calibration and return what is said of it."""
    response = one.call(SetCameraInfo, 'set_camera_info', camera_info=calibration(
        *one.size, f))
    assert response.success, response.status_message
    return response.status_message


def test_calibrations_of_several_focal_lengths(zoom):
    info = shoot(zoom)
    zoom.size = info.width, info.height
    assert not any(info.k)
    assert 'made with focal length [mm] 8' in calibrate(zoom, 500.0)
    assert shoot(zoom).k[0] == 500.0 and told(zoom, 'used').level == DiagnosticStatus.OK
    put(zoom, 'focal_length', 16.0)
    status = told(zoom, 'it is for a focal length of 8 mm, and it was 16 mm')
    assert status.level == DiagnosticStatus.WARN
    assert {one.key: one.value for one in status.values}['focal length [mm]'] == '16'
    info = shoot(zoom)
    assert not any(info.k) and not any(info.p) and not any(info.r) and not info.d
    calibrate(zoom, 1100.0)
    assert shoot(zoom).k[0] == 1100.0
    put(zoom, 'focal_length', 12.0)
    assert shoot(zoom).k[0] == pytest.approx(800.0)
    assert told(zoom, 'used')
    put(zoom, 'focal_length', 17.0)
    assert not any(shoot(zoom).k)
    told(zoom, 'it is for a focal length of 8, 16 mm, and it was 17 mm')
    put(zoom, 'focal_length', 8.0)
    put(zoom, 'digital_zoom', 2.0)
    info = shoot(zoom)
    assert info.k[0] == pytest.approx(1000.0)
    assert info.k[2] == pytest.approx(zoom.size[0] / 2 - 0.5)
    put(zoom, 'digital_zoom', 0.0)
    assert shoot(zoom).k[0] == 500.0
    # A calibration takes the place of the one of its focal length.
    calibrate(zoom, 505.0)
    known = zoom.node.part(Pictures).calibration.known
    assert [one.intrinsics.k[0] for one in known] == [505.0, 1100.0]


def test_lens_that_was_zoomed_by_hand(zoom):
    info = shoot(zoom)
    zoom.size = info.width, info.height
    calibrate(zoom, 500.0)
    zoom.terminal.do(lambda: zoom.simulator.registers.__setitem__(
        NUMBER['optical_zoom'], pack_int(160) + pack_int(10)))
    assert not any(shoot(zoom).k)
    told(zoom, 'and it was 16 mm')


def test_state_of_a_shot_outlives_the_node(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        response = one.call(Capture, 'capture', wait=True)
        frames = one.simulator.frames
    with closing(sqlite3.connect(tmp_path / 'shots.sqlite3')) as ledger:
        (optics,), = ledger.execute('SELECT optics FROM shots').fetchall()
    assert '"focal_length": 8.0' in optics
    again = sierra(frames=frames)
    again.registers[NUMBER['optical_zoom']] = pack_int(160) + pack_int(10)
    with rig(SierraNode, again, tmp_path) as one:
        listen(one)
        one.size = 640, 480
        calibrate(one, 1000.0)  # at 16 mm
        result = one.act(DownloadImages, 'download_images', indices=[response.image_index],
                         publish=True)
        assert result.success, result.message
        assert not any(wait_until(lambda: one.infos)[0].k)
        told(one, 'it is for a focal length of 16 mm, and it was 8 mm')


def test_models_that_do_not_tell_their_zoom(tmp_path):
    with rig(FujiMxNode, fuji_mx(), tmp_path) as one:
        listen(one)
        info = shoot(one)
        one.size = info.width, info.height
        assert 'focal length [mm] not known' in calibrate(one, 500.0)
        assert not any(shoot(one).k)
        told(one, 'the focal length is not known of this image')
        path = tmp_path / 'calibration.yaml'
        text = path.read_text().split('optical_state')[0]
        path.write_text(text + 'optical_state: {fixed: true}\n')
    with rig(FujiMxNode, fuji_mx(), tmp_path) as one:
        listen(one)
        assert one.call(Trigger, 'self_test').success
        assert shoot(one).k[0] == 500.0

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration: URLs, the YAML of camera_calibration, other sizes, bad files."""

from ament_index_python.packages import get_package_share_directory
import pytest
from sensor_msgs.msg import CameraInfo

from camera_driver.errors import StorageError
from camera_driver.nodes.camera_info import Calibration, dump, parse, resolve

# As camera_calibration_parsers writes it.
YAML = """image_width: 640
image_height: 480
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [600.5, 0., 320., 0., 601, 240., 0., 0., 1.]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.1, -0.2, 0.001, 0.002, 0.]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [600., 0., 320., 0., 0., 600., 240., 0., 0., 0., 1., 0.]
"""


def test_reads_what_camera_calibration_writes():
    info = parse(YAML)
    assert (info.width, info.height, info.distortion_model) == (640, 480, 'plumb_bob')
    assert list(info.k) == [600.5, 0, 320, 0, 601, 240, 0, 0, 1]
    assert list(info.d) == [0.1, -0.2, 0.001, 0.002, 0]
    assert info.p[5] == 600


def test_writes_what_it_reads():
    assert parse(dump(parse(YAML), 'front')) == parse(YAML)


def test_default_is_a_file_in_ros_home_and_its_absence_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    calibration = Calibration('front camera')
    assert calibration.path == tmp_path / 'camera_info' / 'front_camera.yaml'
    assert not calibration.problem
    info = calibration.info_for(640, 480)
    assert (info.width, info.height, list(info.d)) == (640, 480, [])
    assert not any(info.k) and not any(info.r) and not any(info.p)


def test_stored_calibration_is_used_and_found_again(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    calibration = Calibration('front')
    calibration.store(parse(YAML))
    assert calibration.info_for(640, 480).k[0] == 600.5
    assert Calibration('front').info_for(640, 480).k[0] == 600.5
    assert [p.name for p in (tmp_path / 'camera_info').iterdir()] == ['front.yaml']


def test_calibration_of_another_size_is_not_published(tmp_path):
    path = tmp_path / 'front.yaml'
    path.write_text(YAML)
    calibration = Calibration('front', f'file://{path}')
    assert not calibration.misfit(640, 480)
    assert '640 x 480' in calibration.misfit(320, 240)
    info = calibration.info_for(320, 240)
    assert (info.width, info.height, info.k[0]) == (320, 240, 0)


def test_urls(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', '/ros')
    assert str(resolve('file:///a/${NAME}.yaml', 'rear')) == '/a/rear.yaml'
    assert str(resolve('file://${ROS_HOME}/b.yaml', 'rear')) == '/ros/b.yaml'
    assert str(resolve('package://sensor_msgs/${NAME}.yaml', 'rear')) == (
        get_package_share_directory('sensor_msgs') + '/rear.yaml')


@pytest.mark.parametrize('url, why', [
    ('http://host/a.yaml', 'write file:///'), ('file://a.yaml', 'write file:///'),
    ('package://nowhere_to_be_found/a.yaml', 'there is no package'),
    ('file:///${HOME}/a.yaml', 'only ${NAME}'), ('file:///nowhere/a.yaml', 'No such file'),
    ('file:///proc/self', 'directory')])
def test_bad_url_is_said_and_does_no_harm(url, why):
    calibration = Calibration('front', url)
    assert why in calibration.problem and url in calibration.problem
    assert calibration.info_for(640, 480).k[0] == 0


@pytest.mark.parametrize('change, why', [
    (('image_width: 640', 'image_width: wide'), 'image_width'),
    (('image_height: 480', 'image_height: -1'), 'image_height'),
    (('600.5, ', ''), 'camera_matrix has 8 numbers instead of 9'),
    (('600.5', 'nothing'), 'not a number'), (('600.5', '.nan'), 'not a number'),
    (('data: [0.1', 'date: [0.1'), 'distortion_coefficients has no data'),
    (('[0.1', '[' + 20 * '0.1, ' + '0.1'), 'at most 14'),
    (('cols: 3', 'cols: ]'), 'not YAML'), ((YAML, 'just words'), 'not a calibration')])
def test_bad_file_is_said(tmp_path, change, why):
    path = tmp_path / 'front.yaml'
    path.write_text(YAML.replace(*change))
    calibration = Calibration('front', f'file://{path}')
    assert why in calibration.problem
    assert calibration.info is None


def test_what_is_no_calibration_is_not_stored(tmp_path):
    path = tmp_path / 'front.yaml'
    path.write_text(YAML)
    calibration = Calibration('front', f'file://{path}')
    with pytest.raises(ValueError, match='K'):
        calibration.store(CameraInfo(width=640, height=480))
    assert calibration.info == parse(YAML)
    assert path.read_text() == YAML


def test_where_it_cannot_be_saved_it_is_used_and_said():
    calibration = Calibration('front', 'file:///proc/none/front.yaml')
    with pytest.raises(StorageError, match='until the node ends'):
        calibration.store(parse(YAML))
    assert calibration.info_for(640, 480).k[0] == 600.5

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration: URLs, other sizes, what cannot be read or stored."""

import errno
import os

from ament_index_python.packages import get_package_share_directory
import pytest
from sensor_msgs.msg import CameraInfo

from camera_driver.errors import StorageError
from camera_driver.nodes.camera_info import Calibration, resolve
from camera_driver.pictures.calibration import parse

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


def parsed():
    return CameraInfo(**parse(YAML)._asdict())


def with_changes(**changes):
    info = parsed()
    for field, value in changes.items():
        setattr(info, field, value)
    return info


def test_default_is_a_file_in_ros_home_and_its_absence_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    calibration = Calibration('front camera')
    assert calibration.path == tmp_path / 'camera_info' / 'front_camera.yaml'
    simulated = Calibration('front camera', simulated=True)
    assert simulated.path == tmp_path / 'camera_info' / 'simulated' / 'front_camera.yaml'
    named = Calibration('front camera', f'file://{tmp_path}/here.yaml', simulated=True)
    assert named.path == tmp_path / 'here.yaml'  # as the user says
    assert not calibration.problem
    info = calibration.info_for(640, 480)
    assert (info.width, info.height, list(info.d)) == (640, 480, [])
    assert not any(info.k) and not any(info.r) and not any(info.p)


def test_stored_calibration_is_used_and_found_again(monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    calibration = Calibration('front')
    calibration.store(parsed())
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


def test_bad_file_does_no_harm(tmp_path):
    path = tmp_path / 'front.yaml'
    for data in (b'just words', b'\xff\xfe', YAML.encode() * 1000):
        path.write_bytes(data)
        calibration = Calibration('front', f'file://{path}')
        assert 'published as uncalibrated' in calibration.problem
        assert calibration.info is None


def test_without_a_home(monkeypatch):
    for name in ('HOME', 'ROS_HOME'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr('os.path.expanduser', lambda path: path)    # no entry in passwd
    assert 'set HOME or ROS_HOME' in Calibration('front').problem


def test_what_is_no_calibration_is_not_stored(tmp_path):
    path = tmp_path / 'front.yaml'
    path.write_text(YAML)
    calibration = Calibration('front', f'file://{path}')
    for bad, why in ((with_changes(k=[0.0] * 9), 'K'), (CameraInfo(), 'width'),
                     (with_changes(d=[0.0] * 1_000_000), 'at most 14'),
                     (with_changes(d=[float('nan')]), 'finite'),
                     (with_changes(width=2 ** 31), 'width'),
                     *((with_changes(distortion_model=name), 'distortion_model')
                       for name in ('', 'x' * 65, 'a b', 'a\n', '\udcff', 'a: [b'))):
        with pytest.raises(ValueError, match=why):
            calibration.store(bad)
    assert calibration.info == parsed()
    assert path.read_text() == YAML


def test_where_it_cannot_be_saved_it_is_used_and_said():
    calibration = Calibration('front', 'file:///proc/none/front.yaml')
    with pytest.raises(StorageError, match='until the node ends'):
        calibration.store(parsed())
    assert calibration.info_for(640, 480).k[0] == 600.5


def test_on_a_full_disk_the_calibration_before_stays(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / 'front.yaml'
    calibration = Calibration('front', f'file://{path}')
    calibration.store(parsed())
    assert path.stat().st_mode & 0o777 == 0o644     # other users may read it
    before = path.read_bytes()
    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(StorageError, match='until the node ends'):
        calibration.store(with_changes(width=320))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ['front.yaml']

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera is mounted: the static transform that a node publishes if it is told to."""

import math
import sys

from helpers import wait_until
from node_rig import rig, sierra
import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy
from tf2_msgs.msg import TFMessage

from camera_driver.devices.intelix.simulator.simulator import IntelixSimulator
from camera_driver.nodes.intelix_node import IntelixNode
from camera_driver.nodes.mount import quaternion
from camera_driver.nodes.sierra_node import SierraNode

DOWN = [math.pi, 0.0, -math.pi / 2]  # looks down, the top of the image forward


def transforms(one):
    return one.listen(TFMessage, '/tf_static', durability=DurabilityPolicy.TRANSIENT_LOCAL)


def matrix_of(q):
    """Return the rotation matrix of a quaternion, by the formula of every textbook."""
    x, y, z, w = q.x, q.y, q.z, q.w
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])


def about(axis, angle):
    """Return the rotation matrix about x (0), y (1) or z (2)."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[second, first] = math.sin(angle)
    matrix[first, second] = -matrix[second, first]
    return matrix


@pytest.mark.parametrize('angles', [(0, 0, 0), (0.3, -0.4, 2.5), (-3, 1.5, 0.1), DOWN])
def test_roll_pitch_and_yaw_are_about_fixed_axes(angles):
    roll, pitch, yaw = angles
    np.testing.assert_allclose(matrix_of(quaternion(*angles)),
                               about(2, yaw) @ about(1, pitch) @ about(0, roll), atol=1e-12)


def test_a_camera_that_looks_down(tmp_path):
    with rig(SierraNode, sierra(), tmp_path, tf_parent='base_link',
             tf_translation=[0.0, 0.1, -0.2], tf_rotation=DOWN) as one:
        said = transforms(one)  # long after it was published
        transform, = wait_until(lambda: said)[0].transforms
        assert transform.header.frame_id == 'base_link'
        assert transform.child_frame_id == 'camera_optical_frame'
        moved = transform.transform.translation
        assert (moved.x, moved.y, moved.z) == (0.0, 0.1, -0.2)
        right, down, ahead = matrix_of(transform.transform.rotation).T
        np.testing.assert_allclose(ahead, (0, 0, -1), atol=1e-12)
        np.testing.assert_allclose(down, (-1, 0, 0), atol=1e-12)  # its bottom is aft
        np.testing.assert_allclose(right, (0, -1, 0), atol=1e-12)
        # Measured better in the field.
        result, = one.node.set_parameters([Parameter('tf_translation', value=[0.0, 0.1, -0.25])])
        assert result.successful
        assert wait_until(lambda: said[1:])[0].transforms[0].transform.translation.z == -0.25
        for name, value, reason in (
                ('tf_parent', 'base', 'is read when the node starts'),
                ('tf_rotation', [1.0], 'write three numbers'),
                ('tf_rotation', [math.nan, 0.0, 0.0], 'not allowed')):
            result, = one.node.set_parameters([Parameter(name, value=value)])
            assert not result.successful and reason in result.reason, result.reason
        assert len(said) == 2


def test_off_by_default(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        assert one.node.count_publishers('/tf_static') == 0


def test_cameras_behind_a_matrix(tmp_path):
    with rig(IntelixNode, IntelixSimulator(), tmp_path, **{
            'cameras': ['nadir', 'tail'], 'nadir.input': 3, 'tail.input': 4,
            'nadir.tf_parent': 'base_link', 'nadir.tf_rotation': [0, 0, 1]}) as one:
        said = transforms(one)
        transform, = wait_until(lambda: said)[0].transforms
        assert transform.child_frame_id == 'nadir_optical_frame'
        result, = one.node.set_parameters([Parameter('nadir.tf_translation', value=[1, 2])])
        assert 'nadir.tf_translation: [1.0, 2.0] is not allowed' in result.reason


@pytest.mark.parametrize('parameters, reason', [
    ({'tf_translation': [1.0, 2.0, 3.0]}, 'tf_translation: in which frame. Say tf_parent'),
    ({'tf_parent': 'base_link', 'tf_rotation': [1.0]}, 'write three numbers'),
    ({'tf_parent': 'eye', 'frame_id': 'eye'}, 'eye is the frame of the images itself')])
def test_what_makes_no_sense_ends_the_node(parameters, reason, tmp_path):
    with pytest.raises(ValueError, match=reason):
        with rig(SierraNode, sierra(), tmp_path, **parameters):
            pass


def test_without_tf2_msgs_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', None)
    with pytest.raises(ValueError, match='tf2_msgs is not installed.*apt install'):
        with rig(SierraNode, sierra(), tmp_path, tf_parent='base_link'):
            pass

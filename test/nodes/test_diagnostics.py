# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes tell that are not at work; from what on a line deserves a look."""

from types import SimpleNamespace

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers import wait_until
import pytest
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile

from camera_driver.catalog import BUILT_IN
from camera_driver.model import LinkStatistics
from camera_driver.msg import CameraStatus
from camera_driver.nodes.abilities.routing import Matrix
from camera_driver.nodes.abilities.topics import Frame
from camera_driver.nodes.diagnostics import _link


@pytest.mark.parametrize('disturbed, level', [
    ({}, DiagnosticStatus.OK),
    ({'retries': 10}, DiagnosticStatus.OK),
    ({'retries': 11}, DiagnosticStatus.WARN),
    ({'damaged_frames': 11}, DiagnosticStatus.WARN),
    ({'retries': 6, 'damaged_frames': 5}, DiagnosticStatus.WARN),
])
def test_a_line_is_noisy_above_one_percent_of_disturbed_requests(disturbed, level):
    statistics = LinkStatistics(requests=1000, **disturbed)
    assert _link(SimpleNamespace(statistics=statistics, reconnects=0)).level == level


def test_cameras_of_one_name_have_frames_of_their_own(ros, tmp_path, monkeypatch):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    still = [Parameter('port', value='/dev/none'), Parameter('autostart', value=False)]
    matrix = ros.add(BUILT_IN['intelix'].node_class()(
        'matrix', namespace='front', context=ros.context, parameter_overrides=[
            *still, Parameter('cameras', value=['eye']), Parameter('eye.input', value=1)]))
    frames = [ros.add(BUILT_IN['kp_fd30'].node_class()(
        'eye', namespace=namespace, context=ros.context, parameter_overrides=still)).part(
            Frame).frame_id for namespace in ('', 'front')]
    assert frames == ['eye_optical_frame', 'front/eye_optical_frame']
    assert matrix.part(Matrix).cameras['eye'].frame_id == frames[1]


@pytest.mark.parametrize('kind', BUILT_IN.values(), ids=list(BUILT_IN))
@pytest.mark.parametrize('parameter', [Parameter('port', value='/dev/none'),
                                       Parameter('simulate', value=True)])
def test_a_node_that_is_not_configured_tells_of_itself(
        ros, tmp_path, monkeypatch, kind, parameter):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    client = ros.add(Node('client', context=ros.context))
    told, statuses = [], []

    def hear(message):
        if message.status[0].name.startswith('eye: '):  # another test's nodes may still run
            told.append(message)

    client.create_subscription(DiagnosticArray, '/diagnostics', hear, 10)
    node = ros.add(kind.node_class()('eye', context=ros.context, parameter_overrides=[
        parameter, Parameter('autostart', value=False)]))
    client.create_subscription(
        CameraStatus, '/eye/status', statuses.append,
        QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
    wait_until(lambda: told and statuses)
    status = statuses[-1]
    assert (status.lifecycle.label, status.state) == ('unconfigured', CameraStatus.DISCONNECTED)
    assert status.camera_type == kind.name and status.images_left == -1
    lines = {one.name: one for one in told[-1].status}
    assert lines['eye: device'].level == DiagnosticStatus.WARN
    assert lines['eye: device'].message.startswith('unconfigured: the node accepts no work')
    assert {one.hardware_id for one in told[-1].status} == {
        node.parameter('port') or f'simulated {kind.name}'}
    assert node.trigger_configure() and node.trigger_activate()
    wait_until(lambda: statuses[-1].lifecycle.label == 'active')
    told.clear()
    wait_until(lambda: told)
    assert {one.name for one in told[-1].status} == set(lines)  # none grows stale

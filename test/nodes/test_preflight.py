# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`~/preflight` and `camera-driver preflight`: what lets a mission begin, and what does not."""

from datetime import datetime
import json

from diagnostic_msgs.msg import DiagnosticStatus
from helpers import wait_until
from node_rig import fuji_mx, rig, sierra
import pytest
from rclpy.parameter import Parameter

from camera_driver.catalog import BUILT_IN
from camera_driver.cli.main import main
from camera_driver.model import DeviceStatus
from camera_driver.nodes.camera import node_of
from camera_driver.nodes.diagnostics import ERROR, OK, WARN
from camera_driver.nodes.preflight import supply
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Preflight


@pytest.fixture
def camera(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        yield one


def look(one, level=DiagnosticStatus.ERROR, **fields):
    """Return the answer, and what its checks of a level say, by their names."""
    answer = one.call(Preflight, 'preflight', **fields)
    return answer, {check.name.partition(': ')[2]: check.message for check in answer.checks
                    if check.level == level}


@pytest.mark.parametrize('name', BUILT_IN)
def test_every_simulated_device_is_ready(name, tmp_path):
    simulator = {'sierra': sierra, 'fuji_mx': fuji_mx}.get(
        name, BUILT_IN[name].simulator_class())()
    with rig(node_of(name), simulator, tmp_path) as one:
        answer, errors = look(one)
        assert answer.success, answer.message
        names = {check.name.partition(': ')[2] for check in answer.checks}
        assert not errors and {'device', 'link', 'lock', 'identity', 'self-test: echo',
                               'self-test: line', 'clock of the computer'} <= names


def test_what_speaks_against_it(camera, tmp_path):
    answer, good = look(camera, DiagnosticStatus.OK, shots=3)
    assert answer.success and good['memory'].endswith(', 3 are wanted')
    assert good['disk'].startswith(str(tmp_path / 'pictures')) and 'MB are wanted' in good['disk']
    assert good['identity'] == 'SIMCORP SIM-640 (serial SIM00001)' and good['battery'] == '87%'
    answer, errors = look(camera, shots=100_000)
    assert not answer.success and list(errors) == ['memory']
    assert answer.message.startswith('memory: room for ')
    camera.node.set_parameters([Parameter('expect_serial', value='SIM00002')])
    answer, errors = look(camera)
    assert not answer.success and 'expect_serial says SIM00002' in errors['identity']
    camera.node.set_parameters([Parameter('expect_serial', value='SIM00001')])
    (tmp_path / 'pictures').rmdir()
    (tmp_path / 'pictures').write_text('in the way')
    answer, errors = look(camera)
    assert not answer.success and list(errors) == ['disk'] and 'pictures' in answer.message


def test_shots_that_could_not_be_recorded_are_no_mission(tmp_path):
    (tmp_path / 'in_the_way').write_text('no folder')
    with rig(SierraNode, sierra(), tmp_path,
             ledger_file=str(tmp_path / 'in_the_way' / 'shots.sqlite3')) as one:
        answer, errors = look(one)
    assert not answer.success and 'recorded in memory' in errors['ledger']


@pytest.mark.parametrize('status, shots, levels', [
    (DeviceStatus(battery=0.09), 0, {'battery': ERROR}),
    (DeviceStatus(battery=0.29), 0, {'battery': WARN}),
    (DeviceStatus(battery=0.3, images_left=1), 0, {'battery': OK}),
    (DeviceStatus(images_left=5), 5, {'memory': OK}),
    (DeviceStatus(images_left=5), 6, {'memory': ERROR}),
    (DeviceStatus(images_stored=5), 6, {'memory': WARN}), (DeviceStatus(), 6, {})])
def test_battery_and_memory(status, shots, levels):
    assert {task.name: task.level for task in supply(status, shots)} == levels


def test_what_a_person_has_to_judge(camera):
    camera.node.run('setting the clock', lambda c: c.set_clock(datetime(2001, 1, 1)))
    answer, warnings = look(camera, DiagnosticStatus.WARN)
    assert answer.success and 'call ~/sync_clock' in warnings['clock of the camera']
    assert 'clock of the camera: ' in answer.message


def test_of_a_camera_that_is_gone(camera):
    camera.terminal.unplug()
    wait_until(lambda: not camera.node.connected)
    answer, _ = look(camera)
    assert not answer.success and 'not connected' in answer.message


def test_the_verdict_on_a_rig(camera, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('ROS_DOMAIN_ID', str(camera.domain))
    path = tmp_path / 'rig.yaml'
    path.write_text('devices:\n- {name: camera, type: sierra, parameters: {port: /dev/none}}\n')
    assert main(['preflight', str(path), '--shots', '3']) == 0
    first, *checks, last = capsys.readouterr().out.splitlines()
    assert (first.startswith('/camera: go'), last) == (True, 'GO')
    assert '  ok     battery: 87%' in checks
    assert main(['preflight', str(path), '--shots', '100000', '--json']) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told['go'] and any(check['level'] == 'ERROR' and check['check'] == 'memory'
                                  for check in told['nodes']['/camera']['checks'])
    assert main(['preflight', str(path), '--namespace', 'elsewhere', '--timeout', '1']) == 1
    out = capsys.readouterr().out
    assert out.startswith('/elsewhere/camera: NO GO: no node /elsewhere/camera here')
    assert out.endswith('NO GO\n')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The launch files, as a user starts them and as a launch file of somebody else includes them.

They run where `launch` and `launch_ros` are installed, which are on no package registry.
"""

from contextlib import ExitStack
import os
from pathlib import Path
import signal
import subprocess
import sys

from domains import own_domain
from helpers import wait_until
from lifecycle_msgs.srv import GetState
from node_rig import Client
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import parameter_value_to_python

pytest.importorskip('launch_ros')

LAUNCH = Path(__file__).resolve().parents[2] / 'launch'
PROGRAM = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import *
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import *
from launch_ros.events.lifecycle import ChangeState
from launch_ros.event_handlers import OnStateTransition
from lifecycle_msgs.msg import Transition

def ours(file, /, **arguments):
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource('{folder}/' + file), launch_arguments=arguments.items())

def become(transition):
    return EmitEvent(event=ChangeState(
        lifecycle_node_matcher=lambda node: True, transition_id=transition))

service = LaunchService(noninteractive=True)
service.include_launch_description(LaunchDescription([{actions}]))
sys.exit(service.run())
"""
RIG = """
namespace: left
devices:
- name: nadir
  type: sierra
  namespace: front
  remappings: {~/image_raw: image, ~/status: /all/nadir}
- {name: cockpit, type: kp_fd30}
"""


@pytest.fixture
def launch(tmp_path, monkeypatch):
    """Give a function that launches actions in a process, and what asks the nodes."""
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    with ExitStack() as stack:
        domain = stack.enter_context(own_domain())

        def start(actions):
            process = subprocess.Popen(
                [sys.executable, '-c', PROGRAM.format(folder=LAUNCH, actions=actions)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
                env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
            stack.callback(end, process)
            return process

        start.client = lambda name: Client(stack, name, domain=domain)
        yield start


def end(process):
    """End a launch with all that it has started."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()


def values(client, *names):
    """Return the values of parameters."""
    return [parameter_value_to_python(value) for value in client.call(
        GetParameters, 'get_parameters', names=names).values]


def state(client):
    """Return the lifecycle state of a node."""
    return client.call(GetState, 'get_state').current_state.label


@pytest.mark.parametrize('file, argument, problem', [
    ('sierra', "simulate='maybe'", "Valid options are: ['', 'true'"),
    ('sierra', "log_level='loud'", "Valid options are: ['debug'"),
    ('sierra', "autostart='1'", "Valid options are: ['', 'true'"),
    ('sierra', "respawn='often'", "Valid options are: ['true'"),
    ('sierra', "params_file='none.yaml'", 'params_file: there is no file /'),
    ('device', "type='leica'", "Valid options are: ['sierra'"),
    ('rig', "rig='r', processes='two'", "Valid options are: ['', 'one', 'each']"),
    ('rig', "rig='none.yaml'", 'none.yaml: No such file or directory; name a rig file')])
def test_what_is_refused(launch, file, argument, problem):
    process = launch(f"ours('{file}.launch.py', {argument})")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and problem in out
    assert 'process started' not in out


def test_a_launch_file_that_includes_ours_sets_parameters_and_names(launch, tmp_path):
    (tmp_path / 'mine.yaml').write_text('/**: {ros__parameters: {keep_alive: 7.0}}')
    launch("""GroupAction([
        PushRosNamespace('uav'), SetParameter('frame_id', 'lens'), SetParameter('port', '/dev/x'),
        SetParameter('flash_mode', 'off'), SetParameter('keep_alive', 3.0),
        SetRemap('~/image_raw', '/front/image'),
        ours('sierra.launch.py', name='nadir', simulate='True', port='/dev/none',
             params_file='mine.yaml')])""")
    client = launch.client('uav/nadir')
    wait_until(lambda: state(client) == 'active')
    assert values(client, 'frame_id', 'port', 'simulate', 'keep_alive') == [
        'lens', '/dev/none', True, 7.0]
    wait_until(lambda: values(client, 'flash_mode') == ['off'])
    wait_until(lambda: client.client.count_publishers('/front/image/compressed'))


def test_launch_events_drive_a_node(launch):
    launch("""
        ours('kp_fd30.launch.py', name='eye', simulate='true', autostart='false'),
        RegisterEventHandler(OnStateTransition(goal_state='inactive', entities=[
            become(Transition.TRANSITION_ACTIVATE)])),
        TimerAction(period=0.1, actions=[become(Transition.TRANSITION_CONFIGURE)])""")
    client = launch.client('eye')
    wait_until(lambda: state(client) == 'active')
    assert values(client, 'autostart') == [False]


def test_autostart_false_waits(launch):
    launch("ours('kp_fd30.launch.py', simulate='true', autostart='False')")
    assert state(launch.client('kp_fd30')) == 'unconfigured'


@pytest.mark.parametrize('processes', ['one', 'each'])
def test_a_rig_in_a_namespace(launch, tmp_path, processes):
    (tmp_path / 'rig.yaml').write_text(RIG)
    launch(f"""GroupAction([
        PushRosNamespace('fleet'), SetParameter('frame_id', 'lens'),
        ours('rig.launch.py', rig='rig.yaml', namespace='uav', simulate='true',
             processes='{processes}')])""")
    nadir = launch.client('fleet/uav/left/front/nadir')
    wait_until(lambda: state(nadir) == 'active')
    assert values(nadir, 'frame_id') == ['lens']
    wait_until(lambda: nadir.client.count_publishers('/all/nadir')
               and nadir.client.count_publishers('/fleet/uav/left/front/image/compressed'))
    assert state(launch.client('fleet/uav/left/cockpit')) in ('inactive', 'active')


def test_all_types_simulated(launch):
    launch("ours('simulated.launch.py', namespace='sim')")
    for name in ('sierra', 'intelix'):
        client = launch.client(f'sim/{name}')
        wait_until(lambda: state(client) == 'active')

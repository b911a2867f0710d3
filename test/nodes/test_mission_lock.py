# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is refused while a node is locked for a mission, and what is not."""

from helpers import wait_until
from node_rig import rig
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy
from sierra.host import example_frames
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from camera_driver.catalog import BUILT_IN
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.nodes.camera import node_of
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import (
    Capture, Command, DeleteImages, LoadSettings, SaveSettings, SendMessage, UploadImage,
    WriteRegister)


def test_until_it_is_unlocked(tmp_path):
    (tmp_path / 'picture.jpg').write_bytes(b'x')
    with rig(SierraNode, SierraSimulator(frames=example_frames()), tmp_path, start_locked=True,
             allow_delete=True, allow_raw_writes=True, upload_directory=str(tmp_path)) as one:
        told = one.listen(Bool, 'locked', depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        wait_until(lambda: told)
        assert told.pop().data

        def refused():
            return [response.message for response in (
                one.call(DeleteImages, 'delete_images', indices=[1], without_copy=True),
                one.call(UploadImage, 'upload_image', file='picture.jpg'),
                one.call(WriteRegister, 'write_register', register_number=53, value=8),
                one.call(SendMessage, 'send_message', message=list(b'?')),
                one.call(Trigger, 'reset_device'))
                if 'refused: the node is locked for a mission' in response.message]

        def set_port():
            return one.call(SetParameters, 'set_parameters', parameters=[
                Parameter('port', value='/dev/other').to_parameter_msg()]).results[0].reason

        words = refused()
        assert len(words) == 5 and words[0] == (
            '~/delete_images is refused: the node is locked for a mission, by its parameter '
            'start_locked; unlock it first (~/lock with data: false)')
        assert len(one.simulator.frames) == len(example_frames())
        assert one.call(Capture, 'capture', wait=True).success
        assert one.call(Command, 'sync_clock').success

        answer = one.call(SetBool, 'lock', data=False)
        assert (answer.success, answer.message) == (True, 'not locked')
        wait_until(lambda: told)
        assert not told.pop().data
        assert one.call(WriteRegister, 'write_register', register_number=53, value=8).success

        one.node.trigger_deactivate()
        assert 'locked by ~/lock at 20' in one.call(SetBool, 'lock', data=True).message
        assert one.call(SetBool, 'lock', data=True).success  # as it is
        wait_until(lambda: told)
        assert [message.data for message in told] == [True]
        one.node.trigger_cleanup()
        assert 'setting port is refused: the node is locked' in set_port()
        one.call(SetBool, 'lock', data=False)
        assert set_port() == ''


OF_ALL = {'reset_device', 'send_message'}
LOCKED = {
    'sierra': {'delete_images', 'upload_image', 'write_register'},
    'fuji_mx': {'delete_images', 'upload_image'}, 'ix_link': set(),
    'kp_fd30': {'store_settings', 'write_register'}, 'intelix': {'set_preset', 'set_input_name'}}
OWN = {'std_srvs', 'camera_driver'}  # packages of the services that nodes offer of themselves


@pytest.mark.parametrize('name', BUILT_IN)
def test_what_each_type_refuses(name, tmp_path):
    """Of all services that it has, with nothing in the request."""
    simulator = BUILT_IN[name].simulator_class()()
    with rig(node_of(name), simulator, tmp_path, start_locked=True) as one:
        refused = set()
        called = {service.srv_name: service.srv_type for service in one.node.services
                  if service.srv_type.__module__.partition('.')[0] in OWN}
        for path, kind in called.items():
            service_name = path.rpartition('/')[2]
            if 'refused: the node is locked' in one.call(kind, service_name).message:
                refused.add(service_name)
            if service_name == 'lock':
                one.call(SetBool, 'lock', data=True)
        assert {'lock', 'preflight', 'self_test'} <= {path.rpartition('/')[2] for path in called}
        assert refused == OF_ALL | LOCKED[name]


def test_loading_settings_is_refused_where_it_would_write(tmp_path):
    with rig(node_of('kp_fd30'), BUILT_IN['kp_fd30'].simulator_class()(), tmp_path,
             start_locked=True) as one:
        saved = one.call(SaveSettings, 'save_settings')
        assert saved.success
        assert one.call(LoadSettings, 'load_settings', settings=saved.settings).success
        answer = one.call(LoadSettings, 'load_settings', settings=saved.settings, apply=True)
        assert '~/load_settings is refused: the node is locked' in answer.message

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The intelix node over DDS: routing, presets, locks, selecting a camera."""

from array import array

from helpers import wait_until
from node_rig import rig
import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger

from camera_driver.devices.intelix.simulator.simulator import IntelixSimulator
from camera_driver.msg import Routing
from camera_driver.nodes.abilities.routing import Matrix
from camera_driver.nodes.intelix_node import IntelixNode
from camera_driver.rig import read
from camera_driver.srv import (
    GetPreset, SelectCamera, SendMessage, SetLock, SetName, SetPreset, TriggerPreset)

STRAIGHT = [1, 2, 3, 4, 5, 6, 7, 8]
RIG = {'cameras': ['nadir', 'oblique'], 'nadir.input': 3, 'oblique.input': 5, 'grabber_output': 8,
       'select_preset': 8, 'routes': [1, 2, 3, 4, 5, 6, 7, 8], 'allow_raw_writes': True}
PASSWORD = b'1234'


@pytest.fixture(scope='module')
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp('matrix')
    (folder / 'password').write_text('1234\n')
    with rig(IntelixNode, IntelixSimulator(panel_password=PASSWORD), folder,
             **RIG, panel_password_file=str(folder / 'password')) as one:
        one.routings = latched(one)
        yield one


@pytest.fixture
def matrix(shared):
    """Give the rig, whose routing is not known; the matrix is as new."""
    def as_new():
        shared.simulator.faults.pending.clear()
        new = IntelixSimulator(panel_password=PASSWORD)
        for name in ('presets', 'preset_names', 'input_names', 'locked', 'routes'):
            setattr(shared.simulator, name, getattr(new, name))

    shared.terminal.do(as_new)
    assert shared.call(Trigger, 'reset_device').success
    settle(shared)
    del shared.routings[:-1]
    assert not shared.routings[0].known
    return shared


def settle(one):
    """Wait until all that the node has said of the routing has come."""
    wait_until(lambda: one.routings and one.routings[-1] == one.node.part(Matrix).routing)


def latched(one):
    """Subscribe to the routing as a late comer does; return what comes."""
    messages = []
    one.client.create_subscription(
        Routing, f'/{one.name}/routing', messages.append,
        QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL))
    wait_until(lambda: messages)
    return messages


def test_routing_is_unknown_at_first(matrix):
    message = latched(matrix)[0]
    assert (message.known, list(message.inputs), message.camera) == (False, [], '')


def test_the_front_panel_is_heard(matrix):
    matrix.terminal.do(lambda: matrix.simulator.press(8, 5))
    wait_until(lambda: len(matrix.routings) > 1)
    message = matrix.routings[-1]
    assert message.known and list(message.inputs) == matrix.terminal.do(
        lambda: list(matrix.simulator.routes)) and message.camera == 'oblique'
    matrix.terminal.do(lambda: matrix.simulator.press(8, 1))  # no camera of the rig
    wait_until(lambda: len(matrix.routings) > 2)
    assert matrix.routings[-1].camera == '' and latched(matrix)[0].known


def test_a_camera_is_selected(matrix):
    for name, number in (('nadir', 3), ('oblique', 5)):
        response = matrix.call(SelectCamera, 'select_camera', camera=name)
        assert response.success, response.message
        assert response.message == f'output 8 shows {name} (input {number})'
        wanted = [*STRAIGHT[:7], number]
        assert list(response.inputs) == wanted
        assert matrix.terminal.do(lambda: list(matrix.simulator.routes)) == wanted
        wait_until(lambda: matrix.routings[-1].camera == name)
    assert [one.camera for one in matrix.routings] == ['', 'nadir', '', 'oblique']
    assert [one.known for one in matrix.routings] == [False, True, False, True]


def test_a_camera_that_there_is_not(matrix):
    response = matrix.call(SelectCamera, 'select_camera', camera='leica')
    assert not response.success
    assert response.message == ("no camera 'leica' in the parameter cameras; there are: nadir, "
                                'oblique')


def test_selecting_is_verified(matrix):
    matrix.terminal.do(lambda: matrix.simulator.misbehave('wrong_value', 2, command=b'\x03\x06'))
    response = matrix.call(SelectCamera, 'select_camera', camera='nadir')
    assert not response.success and response.outcome_unknown
    assert 'It reports 1 2 3 4 5 6 7 2 after it was told 1 2 3 4 5 6 7 3' in response.message
    matrix.terminal.do(lambda: matrix.simulator.misbehave('no_report', 2, command=b'\x03\x06'))
    response = matrix.call(SelectCamera, 'select_camera', camera='nadir')
    assert not response.success and response.outcome_unknown
    assert 'unknown whether it did' in response.message
    settle(matrix)
    assert [one.known for one in matrix.routings] == [False]


def test_what_cannot_be_read_back_is_not_confirmed(matrix):
    matrix.terminal.do(lambda: matrix.simulator.misbehave('deaf', 1000, command=b'\x03\x04'))
    response = matrix.call(SetPreset, 'set_preset', preset=2, name='BACK')
    assert not response.success and response.outcome_unknown
    assert 'preset 2: sent to the device' in response.message
    matrix.terminal.do(matrix.simulator.faults.pending.clear)


def test_presets(matrix):
    backwards = STRAIGHT[::-1]
    response = matrix.call(SetPreset, 'set_preset', preset=2, inputs=array('B', backwards),
                           name='BACK')
    assert response.success and (list(response.inputs), response.name) == (backwards, 'BACK')
    response = matrix.call(SetPreset, 'set_preset', preset=2, name='AGAIN')
    assert (list(response.inputs), response.name) == (backwards, 'AGAIN')
    response = matrix.call(GetPreset, 'get_preset', preset=2)
    assert (list(response.inputs), response.name) == (backwards, 'AGAIN')
    assert len(matrix.routings) == 1
    response = matrix.call(TriggerPreset, 'trigger_preset', preset=2)
    assert response.success and list(response.inputs) == backwards
    wait_until(lambda: list(matrix.routings[-1].inputs) == backwards)


@pytest.mark.parametrize('fields, words', [
    ({'preset': 0, 'name': 'A'}, 'preset 0: there are 1 to 255'),
    ({'preset': 300, 'name': 'A'}, 'preset 300: there are 1 to 255'),
    ({'preset': 1}, 'nothing to set'),
    ({'preset': 8, 'name': 'A'}, 'preset 8 is reserved for ~/select_camera'),
    ({'preset': 1, 'inputs': array('B', [1, 2])}, '2 inputs: there has to be one for each'),
    ({'preset': 1, 'inputs': array('B', [9] * 8)}, 'input 9: there are 1 to 8'),
    ({'preset': 1, 'name': 'MUCH TOO LONG'}, 'at most 8 printable ASCII characters'),
])
def test_presets_that_cannot_be(matrix, fields, words):
    response = matrix.call(SetPreset, 'set_preset', **fields)
    assert not response.success and words in response.message


def test_names_and_locks(matrix):
    response = matrix.call(SetName, 'set_input_name', number=3, name='NADIR')
    assert response.success and response.outcome_unknown
    assert matrix.terminal.do(lambda: matrix.simulator.input_names[3]) == b'NADIR'
    assert not matrix.call(SetName, 'set_input_name', number=9, name='NADIR').success
    for locked in (True, False):
        response = matrix.call(SetLock, 'set_panel_lock', on=locked)
        assert response.success, response.message
        assert matrix.terminal.do(lambda: matrix.simulator.locked['panel']) is locked
    for locked in (True, False):  # no password of it anywhere
        matrix.terminal.do(lambda: matrix.simulator.locked.update(admin=not locked))
        response = matrix.call(SetLock, 'set_admin_lock', on=locked)
        assert not response.success and 'INTELIX_ADMIN_PASSWORD' in response.message
        assert ('was not locked' in response.message) is locked
        assert ('set without_password: true' in response.message) is locked
        assert '(parameter admin_password_file)' in response.message
        assert matrix.terminal.do(lambda: matrix.simulator.locked['admin']) is not locked
    matrix.terminal.do(lambda: matrix.simulator.locked.update(admin=False))
    response = matrix.call(SetLock, 'set_admin_lock', on=True, without_password=True)
    assert response.success, response.message
    assert matrix.terminal.do(lambda: matrix.simulator.locked['admin'])
    response = matrix.call(SetLock, 'set_admin_lock', on=False, without_password=True)
    assert not response.success and 'INTELIX_ADMIN_PASSWORD' in response.message
    matrix.terminal.do(lambda: matrix.simulator.locked.update(admin=False))


def test_raw_messages(matrix):
    response = matrix.call(SendMessage, 'send_message', message=array('B', [3, 6, 1]))
    assert response.success and bytes(response.reply) == b'\x02\x06' + bytes(STRAIGHT)
    wait_until(lambda: list(matrix.routings[-1].inputs) == STRAIGHT)


def test_self_test(matrix):
    response = matrix.call(Trigger, 'self_test')
    assert response.success and 'passed: locks' in response.message


def test_routing_is_unknown_without_the_matrix(matrix):
    assert matrix.call(SelectCamera, 'select_camera', camera='nadir').success
    wait_until(lambda: matrix.routings[-1].known)
    matrix.terminal.unplug()
    wait_until(lambda: not matrix.routings[-1].known)
    matrix.terminal.replug()
    wait_until(lambda: matrix.node.connected)
    assert not matrix.routings[-1].known


def test_selecting_needs_its_configuration(tmp_path):
    values = {name: RIG[name] for name in ('cameras', 'nadir.input', 'oblique.input')}
    with rig(IntelixNode, IntelixSimulator(), tmp_path, grabber_output=8, **values) as one:
        response = one.call(SelectCamera, 'select_camera', camera='nadir')
        assert not response.success
        assert response.message.endswith('shall show: select_preset, routes')
        assert not one.terminal.do(lambda: [m for m in one.simulator.log if m.key[0] == 3])


def test_cameras_of_a_rig_file(ros, tmp_path):
    (tmp_path / 'rig.yaml').write_text("""
devices:
- name: matrix
  type: intelix
  parameters: {port: /dev/none, grabber_output: 8, select_preset: 8,
               routes: [1, 2, 1, 1, 1, 1, 1, 1]}
  cameras:
    nadir: {input: 1}
    oblique: {input: 2, frame_id: wing}
""")
    device, = read(tmp_path / 'rig.yaml').devices
    node = ros.add(IntelixNode(device.name, context=ros.context, parameter_overrides=[
        Parameter('autostart', value=False),
        *(Parameter(name, value=value) for name, value in device.parameters.items())]))
    assert [(one.name, one.input, one.frame_id) for one in node.part(Matrix).cameras.values()] == [
        ('nadir', 1, 'nadir_optical_frame'), ('oblique', 2, 'wing')]


@pytest.mark.parametrize('values, words', [
    ({'routes': [1, 2, 3]}, r'routes: \[1, 2, 3\] is not allowed'),
    ({'routes': [1, 2, 3, 4, 5, 6, 7, 9]}, 'routes: 9 is not allowed; allowed: 1 to 8'),
    ({'routes': 5}, r'routes: 5 is not a list: write routes: \[5\]'),
    ({'routes': ['1']}, "routes: '1' is not allowed; allowed: 1 to 8"),
    ({'cameras': 'a'}, r"cameras: 'a' is not a list: write cameras: \[a\]; .*list of texts"),
    ({'cameras': [True]}, 'cameras: True is true or false, not a text'),
    ({'cameras': ['a-b']}, "cameras: 'a-b' is not a name"),
    ({'cameras': ['a', 'a'], 'a.input': 1}, "cameras: 'a' is not a name, or is there twice"),
    ({'cameras': ['a']}, 'a.input: say at which input of the matrix a is'),
    ({'cameras': ['a'], 'a.input': 9}, 'a.input: 9 is not allowed'),
    ({'cameras': ['a', 'b'], 'a.input': 1, 'b.input': 1}, 'b.input: input 1 is that of a'),
    ({'grabber_output': 9}, 'grabber_output: 9 is not allowed'),
])
def test_wrong_parameters(ros, values, words):
    overrides = [Parameter(name, value=value) for name, value in (
        {'port': '/dev/none', 'autostart': False} | values).items()]
    with pytest.raises(ValueError, match=words):
        ros.add(IntelixNode(context=ros.context, parameter_overrides=overrides))


def test_lists_are_parameters_of_ros_types(matrix):
    def put(value):
        return matrix.call(SetParameters, 'set_parameters', parameters=[
            value.to_parameter_msg()]).results[0].reason

    described = {one.name: one for one in matrix.call(
        DescribeParameters, 'describe_parameters', names=['cameras', 'routes']).descriptors}
    assert described['cameras'].type == ParameterType.PARAMETER_STRING_ARRAY
    assert described['routes'].type == ParameterType.PARAMETER_INTEGER_ARRAY
    assert list(matrix.node.get_parameter('cameras').value) == ['nadir', 'oblique']
    assert put(Parameter('routes', value=[8, 7, 6, 5, 4, 3, 2, 1])) == ''
    assert matrix.node.parameter('routes') == (8, 7, 6, 5, 4, 3, 2, 1)
    assert '[1, 2] is not allowed; write the inputs of outputs 1 to 8' in put(
        Parameter('routes', value=[1, 2]))
    assert 'routes: 9 is not allowed' in put(Parameter('routes', value=[9] * 8))
    for kind in ('BOOL_ARRAY', 'BYTE_ARRAY', 'STRING_ARRAY'):  # [] may be each
        assert put(Parameter('routes', Parameter.Type[kind], [])) == ''
        assert list(matrix.node.get_parameter('routes').value) == []
    assert put(Parameter('cameras', value=['nadir', 'oblique'])) == ''  # as a dump has it
    assert put(Parameter('routes', value=STRAIGHT)) == ''
    assert 'read when the node starts' in put(Parameter('cameras', value=['nadir']))

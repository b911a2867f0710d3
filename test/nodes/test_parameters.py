# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters tell the truth about the device, or that it is not known."""

from dataclasses import replace

from helpers import wait_until
from node_rig import rig
import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.parameter import Parameter, parameter_dict_from_yaml_file
from std_srvs.srv import Trigger
from toy_device import ToySimulator
import yaml

from camera_driver import catalog
from camera_driver.nodes import base
from camera_driver.nodes.base import DeviceNode


class ToyNode(DeviceNode):
    DEVICE_TYPE = 'toy'

    def __init__(self, node_name='', **arguments):
        super().__init__(node_name, **arguments)
        self.serve(Trigger, '~/hold', lambda request, response: self.run(
            'holding', lambda toy: toy.hold(self.show_progress)))


@pytest.fixture(autouse=True)
def toy_type(monkeypatch):
    monkeypatch.setitem(catalog.TYPES, 'toy', replace(
        catalog.TYPES['sierra'], name='toy', device='toy_device:ToyCamera',
        simulator='toy_device:ToySimulator'))


@pytest.fixture
def toy(tmp_path):
    with rig(ToyNode, ToySimulator(), tmp_path, reply_timeout=1.0) as one:
        yield one


def get(one, name):
    """Return the value as a client sees it; None = not set."""
    value, = one.call(GetParameters, 'get_parameters', names=[name]).values
    return Parameter.from_parameter_msg(
        Parameter(name).to_parameter_msg().__class__(name=name, value=value)).value


def put(one, **values):
    """Set parameters one by one as a client does; return the reasons of those that failed."""
    results = one.call(SetParameters, 'set_parameters', parameters=[
        Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]).results
    assert all(bool(result.reason) != result.successful for result in results)
    return [result.reason for result in results]


def described(one, name):
    return one.call(DescribeParameters, 'describe_parameters', names=[name]).descriptors[0]


def test_nothing_is_written_that_nobody_mentioned(toy):
    assert not [line for line in toy.simulator.heard if line.startswith('set')]
    assert (get(toy, 'level'), get(toy, 'mode'), get(toy, 'gain')) == (3, 'auto', 1.0)
    assert get(toy, 'light') is None and get(toy, 'model_only') is None


def test_what_the_file_mentions_is_written_after_connecting(tmp_path):
    # `off` and `2` as YAML has them: a bool, and an int for a float; null says nothing.
    with rig(ToyNode, ToySimulator(), tmp_path, mode=False, gain=2, light=True,
             level='null') as one:
        assert (get(one, 'mode'), get(one, 'gain'), get(one, 'light')) == ('off', 2.0, 'on')
        assert [line for line in one.simulator.heard if line.startswith('set')] == [
            'set mode off', 'set gain 2.0', 'set light on']
        assert get(one, 'level') == 3


def test_what_the_file_mentions_and_the_device_refuses(tmp_path):
    with rig(ToyNode, ToySimulator(), tmp_path, level=7, model_only=1) as one:
        assert get(one, 'level') == 3
        assert 'not applied: level, model_only' in one.node.supervisor.recovery
        assert 'not in this mode' in one.node.settings.problems['level']


@pytest.mark.parametrize('values, reason', [
    ({'level': 70}, 'level: 70 is not allowed; allowed: 1 to 9 lx'),
    ({'mode': 'purple'}, "mode: 'purple' is not allowed; allowed: auto, off, on"),
    ({'reconnect_delay': 0.0}, 'reconnect_delay: 0.0 is not allowed'),
    ({'simulate': 'maybe'}, "simulate: 'maybe' is not allowed; allowed: true, false")])
def test_a_file_that_can_be_right_for_no_device_ends_the_node(tmp_path, values, reason):
    with pytest.raises(ValueError) as error:
        with rig(ToyNode, ToySimulator(), tmp_path, **values):
            pass
    assert str(error.value).startswith(reason)


def test_a_set_is_written_and_read_back(toy):
    assert put(toy, level=5, mode='on', light='on') == ['', '', '']
    assert (get(toy, 'level'), get(toy, 'mode'), get(toy, 'light')) == (5, 'on', 'on')
    assert (toy.simulator.held['level'], toy.simulator.held['mode']) == ('5', 'on')


def test_the_parameter_shows_what_the_device_has_made_of_it(toy):
    assert put(toy, gain=2.4) == ['']
    assert get(toy, 'gain') == 2.0


def test_what_yaml_makes_of_words_and_numbers(toy):
    assert put(toy, mode=False, gain=2) == ['', '']
    assert (get(toy, 'mode'), get(toy, 'gain')) == ('off', 2.0)


def test_refused_by_the_device(toy):
    reason, = put(toy, level=7)
    assert 'not in this mode' in reason
    assert get(toy, 'level') == 3
    assert 'level' not in toy.node.settings.commanded


@pytest.mark.parametrize('values', [
    {'level': 70}, {'level': 2.5}, {'level': 'five'}, {'mode': 'purple'}, {'gain': float('nan')},
    {'level': None}, {'serial': '9'}, {'model_only': 1}, {'port': 'x'}, {'keep_alive': 2.0}])
def test_refused_before_a_byte_is_sent(toy, values):
    before = {name: get(toy, name) for name in values}
    heard = len(toy.simulator.heard)
    reason, = put(toy, **values)
    assert reason
    assert len(toy.simulator.heard) == heard
    assert {name: get(toy, name) for name in values} == before
    kind = described(toy, next(iter(values))).type
    assert kind == Parameter(next(iter(values)), value=next(iter(before.values()))).type_.value


def test_refused_while_disconnected(toy):
    toy.terminal.unplug()
    wait_until(lambda: not toy.node.connected)
    assert put(toy, level=5)[0].startswith('not connected: ')
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)
    assert toy.simulator.held['level'] == '3' and get(toy, 'level') == 3


def test_refused_while_busy(toy):
    begun = toy.begin(Trigger, 'hold')
    wait_until(lambda: toy.node.worker.activity == 'holding')
    reason, = put(toy, level=5)
    assert 'the device is holding' in reason
    toy.node.worker.stop_job()
    toy.result(begun)
    assert get(toy, 'level') == 3


def test_several_at_once_are_honest_about_a_failure_in_the_middle(toy):
    result = toy.node.set_parameters_atomically([
        Parameter('mode', value='on'), Parameter('level', value=7)])
    assert not result.successful and 'already written: mode' in result.reason
    assert (get(toy, 'mode'), get(toy, 'level')) == ('on', 3)


def test_not_known_any_more_after_a_power_cycle(toy):
    toy.simulator.held['level'] = '8'  # by hand, on the device
    toy.terminal.unplug()
    wait_until(lambda: not toy.node.connected)
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)
    assert get(toy, 'level') == 8 and get(toy, 'light') is None


def test_configuration_says_when_it_can_be_set(toy):
    assert put(toy, port=get(toy, 'port'), autostart=True, keep_alive=get(toy, 'keep_alive')) == [
        ''] * 3  # is so already
    assert put(toy, simulate=True) == [
        'simulate is read when the node starts: start it with another value']
    for values in ({'port': '/dev/none'}, {'keep_alive': 2.0}, {'reconnect_delay': 2}):
        reason, = put(toy, **values)
        assert 'concerns what is open' in reason and '/camera deactivate, then cleanup' in reason
    assert toy.node.trigger_deactivate() and toy.node.trigger_cleanup()
    port = get(toy, 'port')
    assert 'port is empty' in put(toy, port='')[0] and 'read when' in put(toy, simulate=True)[0]
    assert put(toy, reconnect_delay=2, port='/dev/none', keep_alive=2) == [''] * 3
    assert (get(toy, 'reconnect_delay'), toy.node.parameter('keep_alive')) == (2.0, 2.0)
    toy.node.trigger_configure()
    wait_until(lambda: '/dev/none' in toy.node.supervisor.last_error)
    assert toy.node.trigger_cleanup() and put(toy, port=port) == ['']
    assert toy.node.trigger_configure()
    wait_until(lambda: toy.node.connected)


def test_a_dump_loads_again_while_the_node_runs(toy, tmp_path):
    assert put(toy, mode='off') == ['']
    names = toy.node.list_parameters([], 0).names
    dump = tmp_path / 'dump.yaml'
    dump.write_text(yaml.safe_dump({'/camera': {'ros__parameters': {
        name: get(toy, name) for name in names}}}))
    loaded = parameter_dict_from_yaml_file(str(dump))  # as `ros2 param load` does
    results = toy.call(SetParameters, 'set_parameters', parameters=list(loaded.values())).results
    refused = {name: one.reason for name, one in zip(loaded, results) if not one.successful}
    assert get(toy, 'mode') == 'off' and get(toy, 'level') == 3
    assert 'null says nothing' in refused.pop('light')
    assert {name for name in refused if 'qos_overrides' not in name} == {
        'model_only', 'serial', 'start_type_description_service'}, refused
    assert all('read-only' in reason for reason in refused.values())


def test_descriptors(toy):
    level = described(toy, 'level')
    assert level.type == ParameterType.PARAMETER_INTEGER and not level.read_only
    assert level.description == 'a level [lx]'
    assert (level.integer_range[0].from_value, level.integer_range[0].to_value) == (1, 9)
    mode = described(toy, 'mode')
    assert mode.additional_constraints.startswith('allowed: auto, off, on')
    assert 'last commanded' in described(toy, 'light').additional_constraints
    assert described(toy, 'serial').read_only
    absent = described(toy, 'model_only')
    assert absent.read_only and absent.additional_constraints == 'this model has no such setting'
    delay = described(toy, 'reconnect_delay')
    assert not delay.read_only and delay.type == ParameterType.PARAMETER_DOUBLE
    assert delay.additional_constraints.endswith('can be set while unconfigured')
    assert delay.floating_point_range[0].to_value == 600.0


def test_every_common_parameter_is_there(toy):
    for setting in base.COMMON:
        assert toy.node.has_parameter(setting.name)
        assert described(toy, setting.name).description

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The base of all nodes over real DDS, with a toy device: life cycle, link loss, the funnel."""

from dataclasses import replace
import subprocess
import sys
import threading

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers import wait_until
from lifecycle_msgs.msg import State as Lifecycle
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from node_rig import rig
import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy
from spinning import spinning
from std_srvs.srv import Trigger
from toy_device import ToySimulator

from camera_driver import catalog
from camera_driver.errors import DeviceError, Refused
from camera_driver.host.supervisor import State
from camera_driver.msg import CameraStatus
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.sim.terminal import Terminal
from camera_driver.srv import SendMessage


class ToyNode(DeviceNode):
    """With services that misbehave on request."""

    DEVICE_TYPE = 'toy'

    def __init__(self, node_name='', **arguments):
        super().__init__(node_name, **arguments)
        self.lost = []
        self.serve(Trigger, '~/fail', self._fail)
        self.serve(Trigger, '~/hold', self._hold)
        self.error = None

    def _fail(self, request, response):
        response.message = 'half done'
        raise self.error

    def _hold(self, request, response):
        self.run('holding', lambda toy: toy.hold(self.show_progress))

    def on_disconnected(self, error):
        self.lost.append(error)


@pytest.fixture(autouse=True)
def toy_type(monkeypatch):
    monkeypatch.setitem(catalog.TYPES, 'toy', replace(
        catalog.TYPES['sierra'], name='toy', device='toy_device:ToyCamera',
        simulator='toy_device:ToySimulator'))


@pytest.fixture
def toy(tmp_path):
    with rig(ToyNode, ToySimulator(), tmp_path, reply_timeout=1.0) as one:
        yield one


class Told:
    """The newest status and diagnosis of the device that a node has published."""

    def __init__(self, one):
        self.statuses = one.listen(CameraStatus, 'status',
                                   durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.diagnoses = one.listen(DiagnosticArray, '/diagnostics')

    def by(self, condition):
        """Wait until both fulfil a condition and return them."""
        def newest():
            if not self.statuses or not self.diagnoses:
                return None
            both = self.statuses[-1], self.diagnoses[-1].status[0]
            values = {pair.key: pair.value for pair in both[1].values}
            return both if (values['lifecycle'] == both[0].lifecycle.label
                            and condition(*both)) else None

        return wait_until(newest)


def lone_node(**parameters):
    """Run a node alone, whether or not there is a device."""
    overrides = [Parameter(key, value=value) for key, value in parameters.items()]
    return spinning(
        lambda context: ToyNode('camera', context=context, parameter_overrides=overrides), 8)


def swap(one, serial):
    """Put another device on the same cable."""
    def action():
        one.simulator.serial = serial
        one.simulator.power_cycle()

    one.terminal.do(action)


# Link.

def test_status(toy):
    messages = toy.listen(CameraStatus, 'status', durability=DurabilityPolicy.TRANSIENT_LOCAL)
    wait_until(lambda: messages and messages[-1].state == CameraStatus.READY)
    status = messages[-1]
    assert (status.camera_type, status.manufacturer, status.model, status.serial_number) == (
        'toy', 'Toys', 'Toy', '1')
    assert status.identity_verifiable and status.port == toy.terminal.path
    assert status.battery == 0.5 and status.images_stored == -1 and status.memory_free == -1
    assert status.recovery.startswith('connected to Toys Toy (serial 1)')
    assert status.link.requests > 3 and status.link.reconnects == 0
    begun = toy.begin(Trigger, 'hold')
    wait_until(lambda: messages[-1].state == CameraStatus.BUSY and messages[-1].progress > 0)
    assert messages[-1].activity == 'holding'
    toy.node.worker.stop_job()
    assert 'ended on request' in toy.result(begun).message
    wait_until(lambda: messages[-1].state == CameraStatus.READY)


def test_diagnostics(toy):
    messages = toy.listen(DiagnosticArray, '/diagnostics')
    wait_until(lambda: messages)
    device, link = messages[-1].status[:2]
    assert (device.name, link.name) == ('camera: device', 'camera: link')
    assert device.level == link.level == DiagnosticStatus.OK
    assert device.hardware_id == '1'
    values = {pair.key: pair.value for pair in device.values}
    assert values['state'] == 'READY' and values['mood'] == 'good'
    toy.terminal.unplug()
    wait_until(lambda: messages[-1].status[0].level == DiagnosticStatus.ERROR)
    assert 'not connected' in messages[-1].status[0].message


def test_absent_at_start_and_plugged_in_later(tmp_path):
    path = tmp_path / 'port'
    with lone_node(port=str(path), reconnect_delay=0.1) as node:
        wait_until(lambda: node.supervisor and node.supervisor.last_error)
        assert 'no such port' in node.supervisor.last_error
        with pytest.raises(DeviceError, match='not connected: .*no such port'):
            node.run('asking', lambda toy: toy.poll())
        with Terminal(ToySimulator(), path):
            wait_until(lambda: node.connected)
    assert node.worker is None


def test_a_mute_device_is_looked_for(tmp_path):
    simulator = ToySimulator()
    simulator.mute = True
    with Terminal(simulator) as terminal:
        with lone_node(port=terminal.path, reconnect_delay=0.1, reply_timeout=0.05) as node:
            wait_until(lambda: node.supervisor and 'no answer' in node.supervisor.last_error)
            simulator.mute = False
            wait_until(lambda: node.connected)


def test_no_port_given():
    with pytest.raises(ValueError, match='the parameter port is empty; say where the device is'):
        with lone_node(reconnect_delay=0.1):
            pass


def test_a_misspelt_parameter_is_named(capfd):
    with lone_node(port='/dev/none', reconect_delay=0.1, zzz=1, **{'qos_overrides.x': 1}) as node:
        wait_until(lambda: node.worker)
    text = capfd.readouterr().err
    assert 'no parameter reconect_delay: it has no effect; is reconnect_delay meant?' in text
    assert 'no parameter zzz: it has no effect\n' in text
    assert 'qos_overrides' not in text


def test_unplugged_and_replugged(toy):
    toy.node.set_parameters([Parameter('light', value='on'), Parameter('level', value=5)])
    before = toy.node.supervisor.statistics.requests
    toy.terminal.unplug()  # nobody uses the line: it is noticed all the same
    wait_until(lambda: not toy.node.connected)
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)
    assert len(toy.node.lost) == 1
    supervisor = toy.node.supervisor
    assert supervisor.reconnects == 1 and supervisor.statistics.requests > before
    assert 'reconnected to Toys Toy (serial 1); applied: light, level' in supervisor.recovery


def test_a_lost_link_is_told_once_and_by_name(toy, capfd):
    toy.terminal.unplug()
    wait_until(lambda: not toy.node.connected)
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)
    log = capfd.readouterr().err
    assert log.count('[camera.host.supervisor]: the link is lost: ') == 1
    assert log.count('the port is gone') == 1


def test_unplugged_under_a_job(toy):
    begun = toy.begin(Trigger, 'hold')
    wait_until(lambda: toy.node.worker.activity == 'holding')
    toy.terminal.unplug()
    toy.node.worker.stop_job()
    toy.result(begun)
    wait_until(lambda: not toy.node.connected)
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)


def test_silence_is_checked_before_the_link_is_given_up(toy):
    def silent_once(device):
        toy.simulator.mute = True
        try:
            device.poll()
        finally:
            toy.simulator.mute = False

    with pytest.raises(DeviceError, match='no answer'):
        toy.node.run('asking', silent_once)
    assert toy.node.run('asking', lambda device: device.poll()).battery == 0.5
    assert not toy.node.lost
    toy.simulator.mute = True
    with pytest.raises(DeviceError, match='no answer'):
        toy.node.run('asking', lambda device: device.poll())
    wait_until(lambda: toy.node.lost)
    toy.simulator.mute = False
    wait_until(lambda: toy.node.connected)


def test_power_cycle_mended_by_the_session_itself(toy):
    assert toy.node.set_parameters([Parameter('level', value=5)])[0].successful
    toy.terminal.power_cycle()
    assert toy.simulator.held['level'] == '3'
    toy.node.run('asking', lambda device: device.poll())
    wait_until(lambda: 'new session with' in toy.node.supervisor.recovery)
    assert 'applied: level' in toy.node.supervisor.recovery
    assert toy.simulator.held['level'] == '5' and toy.node.connected and not toy.node.lost


@pytest.mark.parametrize('plugged', [True, False])
def test_another_device_is_refused_and_the_right_one_looked_for(toy, plugged):
    toy.node.set_parameters([Parameter('level', value=5)])
    if plugged:  # on the same cable, behind the session's back
        swap(toy, '2')
        toy.node.run('asking', lambda device: device.poll())
    else:
        toy.terminal.unplug()
        wait_until(lambda: not toy.node.connected)
        swap(toy, '2')
        toy.terminal.replug()
    supervisor = toy.node.supervisor
    wait_until(lambda: supervisor.state is State.ERROR)
    assert 'another device answers: Toys Toy (serial 2)' in supervisor.last_error
    assert toy.simulator.held['level'] == '3'
    with pytest.raises(DeviceError, match='another device'):
        toy.node.run('asking', lambda device: device.poll())
    swap(toy, '1')
    wait_until(lambda: toy.node.connected)
    assert toy.simulator.held['level'] == '5'


def test_another_device_is_accepted_by_a_new_configuration(toy):
    toy.terminal.unplug()
    wait_until(lambda: not toy.node.connected)
    swap(toy, '2')
    toy.terminal.replug()
    wait_until(lambda: toy.node.supervisor.state is State.ERROR)
    for transition in (toy.node.trigger_deactivate, toy.node.trigger_cleanup,
                       toy.node.trigger_configure, toy.node.trigger_activate):
        assert transition() == TransitionCallbackReturn.SUCCESS
    wait_until(lambda: toy.node.connected)
    assert toy.node.identity.serial_number == '2'


def test_identity_unverifiable(tmp_path):
    with rig(ToyNode, ToySimulator('-', '-'), tmp_path) as one:
        assert 'identity unverifiable' in one.node.supervisor.recovery


def test_polls(tmp_path):
    with rig(ToyNode, ToySimulator(), tmp_path, keep_alive=0.01) as one:
        wait_until(lambda: one.simulator.heard.count('poll') > 2)


# Services.

def test_reset(toy):
    response = toy.call(Trigger, 'reset_device')
    assert response.success and response.message.startswith('reconnected to Toys Toy')
    assert toy.node.connected


def test_reset_ends_what_hangs(toy):
    begun = toy.begin(Trigger, 'hold')
    wait_until(lambda: toy.node.worker.activity == 'holding')
    assert toy.call(Trigger, 'reset_device').success
    assert not toy.result(begun).success


def test_resets_of_an_absent_device_plan_one_try_to_connect(toy):
    toy.terminal.unplug()
    wait_until(lambda: not toy.node.connected)
    for _ in range(5):
        assert not toy.call(Trigger, 'reset_device').success
    assert len(toy.node.worker._later) <= 1
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)


def test_reset_of_an_absent_device_fails_and_goes_on_trying(toy):
    toy.terminal.unplug()
    wait_until(lambda: not toy.node.connected)
    response = toy.call(Trigger, 'reset_device')
    assert not response.success and 'no such port' in response.message
    toy.terminal.replug()
    wait_until(lambda: toy.node.connected)


def test_self_test(toy):
    response = toy.call(Trigger, 'self_test')
    assert response.success and response.message.startswith('passed: echo: 20 of 20 answers alike')


def test_raw_messages_are_guarded(toy):
    response = toy.call(SendMessage, 'send_message', message=list(b'say hello'))
    assert not response.success and 'allow_raw_writes' in response.message


def test_raw_message(tmp_path):
    with rig(ToyNode, ToySimulator(), tmp_path, allow_raw_writes=True) as one:
        response = one.call(SendMessage, 'send_message', message=list(b'say hello'))
        assert response.success and bytes(response.reply) == b'hello'


@pytest.mark.parametrize('error, message', [
    (Refused('the card is full'), 'the card is full'), (ValueError('iso: 7'), 'iso: 7'),
    (IndexError('no image 9'), 'no image 9'), (KeyError('x'), 'internal error: KeyError')])
def test_every_error_is_an_answer(toy, error, message):
    toy.node.error = error
    for _ in range(2):  # the node outlives it
        response = toy.call(Trigger, 'fail')
        assert not response.success and response.message.startswith(message)


def test_many_that_wait_leave_the_node_alive(toy):
    messages = toy.listen(CameraStatus, 'status')
    begun = [toy.begin(Trigger, 'hold')]
    wait_until(lambda: toy.node.worker.activity == 'holding')
    begun += toy.begin_all(Trigger, 'self_test', 20)
    wait_until(lambda: sum(future.done() for future in begun) >= 16)
    messages.clear()
    wait_until(lambda: messages)
    toy.node.worker.stop_job()
    answers = [toy.result(future) for future in begun]
    busy = [one.message for one in answers if 'the device is holding' in one.message]
    assert len(busy) >= 16 and any(one.success for one in answers)


# Life cycle.

def test_not_active(toy):
    assert toy.node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    response = toy.call(Trigger, 'self_test')
    assert not response.success and response.message.startswith('not active')
    assert toy.node.connected
    assert toy.node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert toy.node.worker is None
    assert toy.node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert toy.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    wait_until(lambda: toy.node.connected)
    assert toy.call(Trigger, 'self_test').success


def test_a_transition_that_is_not_possible_is_refused(toy):
    for _ in range(2):
        response = toy.call(ChangeState, 'change_state',
                            transition=Transition(id=Transition.TRANSITION_ACTIVATE))
        assert not response.success
    assert toy.call(Trigger, 'self_test').success


def test_a_transition_that_fails_says_so(toy):
    told = Told(toy)
    assert toy.node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    assert toy.node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert toy.node.set_parameters([Parameter('wait_for_device', value=False)])[0].successful
    toy.terminal.unplug()
    assert toy.node.trigger_configure() == TransitionCallbackReturn.FAILURE
    assert toy.node.worker is None
    status, device = told.by(lambda status, device: status.last_error == device.message)
    assert (status.lifecycle.label, status.state) == ('unconfigured', CameraStatus.DISCONNECTED)
    assert device.level == DiagnosticStatus.ERROR and status.last_error_stamp.sec
    assert device.message.startswith('configure: ') and 'no such port' in device.message
    toy.terminal.replug()
    assert toy.node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert toy.node.connected
    status, device = told.by(lambda status, device: status.lifecycle.label == 'inactive')
    assert (status.state, status.last_error) == (CameraStatus.INACTIVE, '')
    assert device.level == DiagnosticStatus.WARN


def test_an_activation_that_fails_leaves_the_node_inactive(toy):
    told = Told(toy)
    assert toy.node.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
    part = Part(toy.node)
    part.set_active = lambda active: active and 1 / 0
    toy.node.parts.append(part)
    assert toy.node.trigger_activate() == TransitionCallbackReturn.FAILURE
    status, device = told.by(lambda status, device: status.last_error == device.message)
    assert (status.lifecycle.label, status.state) == ('inactive', CameraStatus.INACTIVE)
    assert 'ZeroDivisionError' in device.message and device.level == DiagnosticStatus.ERROR
    assert toy.call(Trigger, 'self_test').message.startswith('not active')
    toy.node.parts.remove(part)
    assert toy.node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    told.by(lambda status, device: status.state == CameraStatus.READY)


def test_status_and_diagnostics_tell_the_state_of_the_node(toy):
    told = Told(toy)
    node = toy.node
    for transition, state, label, level, words in (
            (node.trigger_deactivate, CameraStatus.INACTIVE, 'inactive', DiagnosticStatus.WARN,
             'accepts no work (ros2 lifecycle set /camera activate)'),
            (node.trigger_cleanup, CameraStatus.DISCONNECTED, 'unconfigured',
             DiagnosticStatus.WARN, 'set /camera configure, then activate)'),
            (node.trigger_configure, CameraStatus.INACTIVE, 'inactive', DiagnosticStatus.WARN,
             'accepts no work'),
            (node.trigger_activate, CameraStatus.READY, 'active', DiagnosticStatus.OK, 'ready'),
            (node.trigger_shutdown, CameraStatus.DISCONNECTED, 'finalized',
             DiagnosticStatus.WARN, 'accepts no work (start it again)')):
        assert transition() == TransitionCallbackReturn.SUCCESS
        status, device = told.by(
            lambda status, device: (status.state, status.lifecycle.label) == (state, label)
            and device.level == level and words in device.message)
        assert {'state', 'lifecycle'} <= {pair.key for pair in device.values}
        assert device.hardware_id == ('1' if node.connected else toy.terminal.path)
    assert status.lifecycle.id == Lifecycle.PRIMARY_STATE_FINALIZED


def test_a_device_without_a_serial_number_is_known_by_its_port(tmp_path):
    with rig(ToyNode, ToySimulator('-', '-'), tmp_path) as one:
        messages = one.listen(DiagnosticArray, '/diagnostics')
        wait_until(lambda: messages)
        assert {status.hardware_id for status in messages[-1].status} == {one.terminal.path}


def test_stamps_are_of_the_moment_on_the_line(toy):
    moment = toy.node.run('asking', lambda device: device._port.now())
    earlier = toy.node.seconds()
    assert earlier - 20 < toy.node.seconds_of(moment) < earlier
    assert toy.node.seconds_of(moment - 100) == pytest.approx(
        toy.node.seconds_of(moment) - 100, abs=0.01)


PROGRAM = """
import sys
from dataclasses import replace
sys.path.insert(0, {folder!r})
from camera_driver import catalog
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.main import run
catalog.TYPES['toy'] = replace(catalog.TYPES['sierra'], name='toy',
    device='toy_device:ToyCamera', simulator='toy_device:ToySimulator')
class Node(DeviceNode):
    DEVICE_TYPE = 'toy'
    def __init__(self):
        super().__init__()
        {more}
sys.exit(run(Node))
"""


def program(*parameters, more='pass'):
    folder = str(__file__).rsplit('/', 2)[0]
    arguments = [word for one in parameters for word in ('-p', one)]
    return subprocess.Popen(
        [sys.executable, '-c', PROGRAM.format(folder=folder, more=more), '--ros-args', *arguments],
        stderr=subprocess.PIPE, text=True)


def test_the_process_fails_without_a_device_when_it_does_not_wait():
    process = program('port:=/dev/no_such_port', 'wait_for_device:=false')
    _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'configure: /dev/no_such_port: no such port' in log and 'Traceback' not in log


def test_the_process_fails_with_a_value_that_is_not_allowed():
    process = program('mode:=purple', 'port:=/dev/none')
    _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "mode: 'purple' is not allowed; allowed: auto, off, on" in log
    assert 'Traceback' not in log


def test_the_process_ends_with_a_defect():
    process = program('simulate:=true', more='self.create_timer(0.1, lambda: 1 / 0)')
    _, log = process.communicate(timeout=60)
    assert process.returncode not in (0, None) and 'ZeroDivisionError' in log


def test_nothing_is_left_running(tmp_path):
    with rig(ToyNode, ToySimulator(), tmp_path) as one:
        one.begin(Trigger, 'hold')
        wait_until(lambda: one.node.worker.activity == 'holding')
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name.endswith(' device')}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes and the library below them log, as /rosout shows it."""

from contextlib import contextmanager, ExitStack
import logging

from domains import own_domain
from helpers import wait_until
from node_rig import Client
import pytest
from rcl_interfaces.msg import Log, LoggerLevel
from rcl_interfaces.srv import SetLoggerLevels
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from spinning import executor_thread
from std_srvs.srv import Trigger

from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.errors import StorageError
from camera_driver.nodes.kp_fd30_node import KpFd30Node
from camera_driver.sim.terminal import Terminal

LIBRARY = logging.getLogger('camera_driver.some.module')


class Cameras:
    """Two cameras /left/eye and /right/eye in one process, and what comes on /rosout."""

    def __init__(self, stack, namespaces):
        # Those of two nodes of one name in a process: rcl takes the log of both from /rosout.
        domain = stack.enter_context(own_domain())
        self.client = Client(stack, f'{namespaces[0]}/eye', domain=domain)
        self.lines = []
        self.client.client.create_subscription(
            Log, '/rosout', self.lines.append,
            QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        executor = stack.enter_context(executor_thread(16, domain))
        self.terminals, self.nodes = [], []
        for namespace in namespaces:
            terminal = stack.enter_context(Terminal(KpFd30Simulator()))
            node = KpFd30Node('eye', namespace=namespace, context=executor.context,
                              parameter_overrides=[Parameter('port', value=terminal.path),
                                                   Parameter('reconnect_delay', value=0.1)])
            executor.add_node(node)
            self.terminals.append(terminal)
            self.nodes.append(node)
        wait_until(lambda: all(node.active and node.connected for node in self.nodes))

    def heard(self, name, text):
        """Wait for a line that holds the text, and return the first of this logger."""
        return wait_until(lambda: next((line for line in list(self.lines)
                                        if line.name == name and text in line.msg), None))

    def said(self, text):
        """Return the names of the loggers of lines that hold a text."""
        return {line.name for line in list(self.lines) if text in line.msg}


@contextmanager
def cameras(*namespaces):
    with ExitStack() as stack:
        yield Cameras(stack, namespaces)


@pytest.fixture(scope='module')
def both():
    """Give two cameras."""
    with cameras('left', 'right') as two:
        yield two


def test_lines_of_the_library_are_those_of_the_node_that_they_concern(both):
    left = both.heard('left.eye.host.supervisor', 'connected to')
    both.heard('right.eye.host.supervisor', 'connected to')
    assert left.level == Log.INFO
    # Where it was logged, and not where it was handed over.
    assert left.file.endswith('host/supervisor.py') and left.function == '_greet' and left.line


def test_a_lost_link_is_said_of_the_one_camera_alone(both):
    both.terminals[1].unplug()
    line = both.heard('right.eye.host.supervisor', 'the link is lost: ')
    assert line.level == Log.WARN
    both.heard('right.eye.host.supervisor', 'no such port')  # the first try to connect again
    both.terminals[1].replug()
    both.heard('right.eye.host.supervisor', 'reconnected to')
    assert both.said('the link is lost') == {'right.eye.host.supervisor'}


@pytest.mark.parametrize('where', ['service', 'transition', 'part', 'worker'])
def test_whatever_the_node_calls_logs_for_it(both, where):
    node = both.nodes[0]

    def speak(*_):
        LIBRARY.error('from the %s', where)

    if where == 'service':
        node.serve(Trigger, '~/speak', speak)
        assert both.client.call(Trigger, 'speak').success
    elif where == 'transition':
        node.parts[0].set_active = speak
        node.trigger_deactivate()
        node.trigger_activate()
        del node.parts[0].set_active
    elif where == 'part':
        node.parts[0].tell = speak  # on the worker, when its activity changes, and by a timer
        node.run('asking', lambda device: None)
        del node.parts[0].tell
    else:
        node.run('asking', speak)
    both.heard('left.eye.some.module', f'from the {where}')
    assert both.said(f'from the {where}') == {'left.eye.some.module'}


def test_a_level_holds_for_one_node_and_from_now_on(both):
    def set_level(level):
        result, = both.client.call(SetLoggerLevels, 'set_logger_levels', levels=[
            LoggerLevel(name='left.eye', level=level)]).results
        assert result.successful, result.reason

    set_level(LoggerLevel.LOG_LEVEL_DEBUG)
    for node in both.nodes:
        node.run('asking', lambda device: device.poll())
    both.heard('left.eye.link.channel', ' > ')
    both.heard('left.eye.link.channel', ' < ')
    set_level(LoggerLevel.LOG_LEVEL_ERROR)
    for node in both.nodes:
        node.run('asking', lambda device: LIBRARY.warning('mind this'))
    both.heard('right.eye.some.module', 'mind this')
    assert both.said('mind this') == {'right.eye.some.module'}
    set_level(LoggerLevel.LOG_LEVEL_UNKNOWN)  # as it was
    assert both.said(' > ') == {'left.eye.link.channel'}


def test_an_error_is_logged_with_its_traceback(both):
    def fail(device):
        try:
            raise StorageError('the disk is full')
        except StorageError:
            LIBRARY.exception('not saved')

    both.nodes[1].run('asking', fail)
    line = both.heard('right.eye.some.module', 'not saved')
    assert line.msg.endswith('StorageError: the disk is full') and 'Traceback' in line.msg


def test_what_concerns_no_node_is_logged_all_the_same(both, capfd):
    LIBRARY.warning('of nobody')
    assert '[camera_driver.some.module]: of nobody' in capfd.readouterr().err
    assert not both.said('of nobody')


@pytest.mark.parametrize('parameter, error, text', [
    (Parameter('frame_id', value=''), ValueError,
     '[lone.eye]: cannot start: the parameter port is empty; say where'),
    (Parameter('use_sim_time', value=5), InvalidParameterTypeException,  # rclpy's own
     "[lone.eye]: cannot start: Trying to set parameter 'use_sim_time' to '5'")])
def test_a_node_that_cannot_start_says_why(ros, capfd, parameter, error, text):
    with pytest.raises(error):
        KpFd30Node('eye', namespace='lone', context=ros.context, parameter_overrides=[parameter])
    said = capfd.readouterr().err
    assert '[FATAL]' in said and text in said


def test_a_node_that_cannot_start_is_gone(ros):
    with pytest.raises(ValueError):
        KpFd30Node('nobody', context=ros.context)
    watcher = ros.add(Node('watcher', context=ros.context))
    wait_until(lambda: 'watcher' in (names := watcher.get_node_names()) and 'nobody' not in names)


def test_a_node_that_is_gone_logs_on(both, capfd):
    with cameras('gone') as two:
        pass
    with two.nodes[0].log.speaking():
        LIBRARY.warning('too late')
    assert '[gone.eye.some.module]: too late' in capfd.readouterr().err

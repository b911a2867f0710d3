# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The sierra node as a whole: its names, raw registers, and as a process that is killed."""

from array import array
from contextlib import ExitStack
import signal
import subprocess
import sys

from helpers import wait_until
from node_rig import Client, rig, sierra
import pytest
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from camera_driver.action import DownloadImages
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.sim.terminal import Terminal
from camera_driver.srv import Capture, ReadRegister, WriteRegister

MAIN = 'import sys; from camera_driver.nodes.sierra_node import main; sys.exit(main())'


@pytest.fixture
def camera(tmp_path):
    with rig(SierraNode, sierra(), tmp_path, allow_raw_writes=True) as one:
        yield one


def test_registers(camera):
    response = camera.call(ReadRegister, 'read_register', register_number=16)
    assert response.success and response.value == 87, response.message
    response = camera.call(ReadRegister, 'read_register', register_number=27, text=True)
    assert bytes(response.data).startswith(b'SIM-640')
    response = camera.call(WriteRegister, 'write_register', register_number=35, value=3)
    assert response.success, response.message
    assert camera.simulator.registers[35] == 3
    response = camera.call(WriteRegister, 'write_register', register_number=22, text=True,
                           data=array('B', b'front'))
    assert response.success, response.message
    response = camera.call(ReadRegister, 'read_register', register_number=14, text=True)
    assert not response.success and 'frame' in response.message


def test_raw_writes_are_locked_by_default(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        before = one.simulator.registers[35]
        response = one.call(WriteRegister, 'write_register', register_number=35, value=3)
        assert not response.success and 'allow_raw_writes' in response.message
        assert one.simulator.registers[35] == before


def test_after_a_reconnect_the_display_has_its_mode_again_and_takes_no_step(camera):
    for name, word in (('lcd_mode', 'play'), ('lcd_step', 'next'), ('lcd_test_color', 'white'),
                       ('lcd_step', 'next'), ('led_mode', 'on')):
        result, = camera.call(SetParameters, 'set_parameters', parameters=[
            Parameter(name, value=word).to_parameter_msg()]).results
        assert result.successful, result.reason
    values = camera.call(GetParameters, 'get_parameters', names=[
        'lcd_mode', 'lcd_step', 'lcd_test_color']).values
    assert [value.string_value for value in values] == ['play', '', '']

    def commands():
        return [command[1:3] for command in camera.simulator.log if command[0] == 2]

    assert commands() == [b'\x08\x03', b'\x08\x07', b'\x0c\x00', b'\x08\x07']
    assert camera.call(Trigger, 'reset_device').success
    wait_until(lambda: len(commands()) > 4)
    assert camera.call(Trigger, 'self_test').success  # all is applied by now
    assert commands()[4:] == [b'\x08\x03']


def test_what_is_done_at_once_has_no_place_in_a_parameter_file(tmp_path):
    with pytest.raises(ValueError, match='lcd_step: it is done at the moment it is set'):
        with rig(SierraNode, sierra(), tmp_path, lcd_step='next'):
            pass


class Process(Client):
    """The node as a process of its own, and a client."""

    def __init__(self, stack, folder, **parameters):
        super().__init__(stack, 'camera')
        values = {'ledger_file': folder / 'shots.sqlite3',
                  'download_directory': folder / 'pictures', **parameters}
        arguments = [part for key, value in values.items() for part in ('-p', f'{key}:={value}')]
        self.process = subprocess.Popen(
            [sys.executable, '-c', MAIN, '--ros-args', '-r', '__node:=camera', *arguments],
            stderr=subprocess.PIPE, text=True)

    def capture(self):
        """Take a picture as soon as the camera is there."""
        return wait_until(lambda: (response := self.call(Capture, 'capture', wait=True)).success
                          and response)

    def end(self, number):
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.mark.long
def test_simulated_from_start_to_end(tmp_path):
    with ExitStack() as stack:
        node = Process(stack, tmp_path, simulate='true', simulate_model='agfa-307')
        try:
            assert node.capture().image_index > 0
            answer = node.call(ReadRegister, 'read_register', register_number=27, text=True)
            assert bytes(answer.data) == b'ePhoto 307\0', answer.message
        finally:
            assert node.end(signal.SIGINT) == 0


@pytest.mark.long
def test_killed_in_mid_download_and_started_again(tmp_path):
    with Terminal(sierra()) as terminal:
        with ExitStack() as stack:
            node = Process(stack, tmp_path, port=terminal.path)
            try:
                taken = node.capture()
                node.act(DownloadImages, 'download_images', indices=[4])
                terminal.paced = True
                begun = []
                node.send_goal(DownloadImages, 'download_images', begun.append, indices=[2])
                wait_until(lambda: begun)
            finally:
                node.end(signal.SIGKILL)
        terminal.paced = False
        with ExitStack() as stack:  # the other still believes in the killed node
            node = Process(stack, tmp_path, port=terminal.path)
            try:
                assert node.capture().shot_id > taken.shot_id
                result = node.act(DownloadImages, 'download_images')
            finally:
                assert node.end(signal.SIGTERM) == 0
        assert result.success, result.message
        names = [path.rsplit('/')[-1] for path in result.files]
        assert names == [frame.name for frame in terminal.simulator.frames
                         if frame is not terminal.simulator.frames[3]]
        pictures = {path.name: path.read_bytes() for path in (tmp_path / 'pictures').iterdir()}
        assert pictures == {frame.name: frame.data for frame in terminal.simulator.frames}


@pytest.mark.parametrize('name, value, words', [
    ('verify', 'twice', "verify: 'twice' is not allowed; allowed: none, reread"),
    ('camera_id', '007', 'camera_id: 7 is a number, not a text: quote it twice'),
    ('baudrate', '115200.0', 'baudrate: 115200.0 is not an integer: write 115200'),
    ('trigger_delay', 'true', 'trigger_delay: True is true or false, not a number')])
def test_wrong_parameter_at_start_is_one_line(tmp_path, name, value, words):
    with ExitStack() as stack:
        node = Process(stack, tmp_path, simulate='true', **{name: value})
        assert node.process.wait(60) == 1
        errors = node.process.stderr.read()
        node.process.stderr.close()
    assert words in errors

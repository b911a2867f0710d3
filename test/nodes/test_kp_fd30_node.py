# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The kp_fd30 node over DDS: exposure beside its parameters, reconnects, guards, snapshots."""

from array import array
import math
import threading

from helpers import wait_until
from node_rig import rig
import pytest
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from camera_driver.devices.kp_fd30.simulator.simulator import KpFd30Simulator
from camera_driver.msg import Exposure
from camera_driver.nodes.kp_fd30_node import KpFd30Node
from camera_driver.srv import (
    Command, GetExposure, LoadSettings, ReadRegister, SaveSettings, SendMessage,
    SetExposure, StepExposure, WriteRegister)

SHUTTER = ('shutter_mode', 'preset_shutter', 'variable_shutter')


@pytest.fixture
def camera(tmp_path):
    with rig(KpFd30Node, KpFd30Simulator(), tmp_path, keep_alive=0.0) as one:
        yield one


@pytest.fixture
def unlocked(tmp_path):
    with rig(KpFd30Node, KpFd30Simulator(), tmp_path, allow_factory_store=True,
             allow_raw_writes=True) as one:
        yield one


def get(one, *names):
    """Return parameters as a client sees them; None = not set."""
    values = one.call(GetParameters, 'get_parameters', names=list(names)).values
    return [Parameter.from_parameter_msg(Parameter(name).to_parameter_msg().__class__(
        name=name, value=value)).value for name, value in zip(names, values)]


def put(one, name, value):
    """Set a parameter as a client does; return why it failed."""
    result, = one.call(SetParameters, 'set_parameters', parameters=[
        Parameter(name, value=value).to_parameter_msg()]).results
    return result.reason


def expose(one, seconds, **how):
    """Set the exposure time."""
    return one.call(SetExposure, 'set_exposure', exposure=Exposure(
        exposure_time=seconds, f_number=math.nan, iso=math.nan), **how)


def power_cycle(one, away=True):
    """Switch the camera off and on, and wait until the node has found it again."""
    before = one.node.supervisor.reconnects
    if away:
        one.terminal.unplug()
        wait_until(lambda: not one.node.connected)
    one.terminal.do(one.simulator.power_cycle)
    if away:
        one.terminal.replug()
        wait_until(lambda: one.node.connected and one.node.supervisor.reconnects > before)


def test_settings_are_parameters(camera):
    assert get(camera, 'alc_mode', *SHUTTER, 'awc_r_gain_offset') == [
        'ave', 'off', '8.0s', pytest.approx(1 / 60, rel=0.01), 128]
    assert not put(camera, 'alc_mode', 'area')
    assert camera.simulator.registers['alc_mode'] == bytes.fromhex('01 00 00')
    assert not put(camera, 'preset_shutter', '1/50000s')
    assert camera.simulator.registers['preset_shutter'] == bytes.fromhex('24 00 00')
    assert 'allowed: ave, area' in put(camera, 'alc_mode', 'bright')
    assert camera.simulator.eeprom_writes == 0


def test_parameters_follow_the_exposure(camera):
    response = expose(camera, 0.002, nearest=True)
    assert response.success, response.message
    held = response.exposure.exposure_time
    assert held == pytest.approx(0.002, abs=16e-6)
    assert get(camera, *SHUTTER) == ['variable', '8.0s', held]
    response = camera.call(StepExposure, 'step_exposure', quantity='exposure_time', steps=1.0)
    assert response.exposure.exposure_time == pytest.approx(2 * held, abs=16e-6)
    assert get(camera, 'variable_shutter') == [response.exposure.exposure_time]
    assert expose(camera, 1 / 20000).success
    assert get(camera, *SHUTTER[:2]) == ['preset', '1/20000s']
    assert expose(camera, 0.0).success
    assert get(camera, 'shutter_mode') == ['aes']


def test_a_refused_exposure_changes_nothing(camera):
    for seconds, why in ((0.00012, 'not on the grid'), (-1.0, 'exposure_time'),
                         (math.nan, 'nothing to set')):
        response = expose(camera, seconds)
        assert not response.success and why in response.message
    assert get(camera, 'shutter_mode') == ['off']
    response = camera.call(StepExposure, 'step_exposure', quantity='exposure_time', steps=1.0)
    assert not response.success and 'nothing to step' in response.message


def test_exposure_is_set_again_after_a_reconnect(camera):
    held = expose(camera, 0.002, nearest=True).exposure.exposure_time
    assert not put(camera, 'alc_mode', 'area')
    power_cycle(camera)
    assert 'applied: exposure; applied: alc_mode' in camera.node.supervisor.recovery
    assert camera.call(GetExposure, 'get_exposure').exposure.exposure_time == held
    assert get(camera, 'alc_mode', 'shutter_mode', 'variable_shutter') == [
        'area', 'variable', held]


def test_the_later_of_exposure_and_parameter_counts_after_a_reconnect(camera):
    assert not put(camera, 'shutter_mode', 'aes')
    assert expose(camera, 1 / 20000).success
    power_cycle(camera)
    assert get(camera, *SHUTTER[:2]) == ['preset', '1/20000s']
    assert not put(camera, 'shutter_mode', 'ext_trigger')
    power_cycle(camera)
    assert get(camera, 'shutter_mode') == ['ext_trigger']


def test_after_reset_the_settings_are_there_again(camera):
    assert not put(camera, 'alc_mode', 'peak_ave')
    camera.terminal.do(camera.simulator.power_cycle)
    assert camera.simulator.registers['alc_mode'] == bytes(3)
    assert 'applied: alc_mode' in camera.call(Trigger, 'reset_device').message
    assert camera.simulator.registers['alc_mode'] == bytes.fromhex('02 00 00')


@pytest.mark.long
def test_a_camera_that_is_switched_off_is_noticed_and_set_again(tmp_path):
    with rig(KpFd30Node, KpFd30Simulator(), tmp_path, keep_alive=0.1) as one:
        assert not put(one, 'alc_mode', 'area')
        one.terminal.do(lambda: setattr(one.simulator, 'on_bytes', lambda data: None))
        wait_until(lambda: not one.node.connected)
        one.terminal.do(lambda: (one.simulator.power_cycle(), delattr(one.simulator, 'on_bytes')))
        wait_until(lambda: one.node.connected)
        assert one.simulator.registers['alc_mode'] == bytes.fromhex('01 00 00')


def test_restart_white_balance(camera):
    response = camera.call(Command, 'restart_white_balance')
    assert response.success, response.message
    assert camera.simulator.restarts == 1


def unplug_at(one, fields):
    """Pull the cable when the camera has got a text with these fields; its answer is lost."""
    on_bytes, text = one.simulator.on_bytes, fields.encode()

    def heard(data):
        on_bytes(data)
        if text in data:
            del one.simulator.on_bytes
            one.simulator.take()
            threading.Thread(target=one.terminal.unplug).start()

    one.terminal.do(lambda: setattr(one.simulator, 'on_bytes', heard))


def plug_in(one):
    wait_until(lambda: not one.node.connected)
    one.terminal.do(one.simulator.power_cycle)
    one.terminal.replug()
    wait_until(lambda: one.node.connected)


def test_a_restart_in_doubt_is_said_to_be_one(camera):
    unplug_at(camera, '0107000000')
    response = camera.call(Command, 'restart_white_balance')
    assert not response.success and response.outcome_unknown
    assert camera.simulator.restarts == 1


def test_a_parameter_in_doubt_is_written_after_the_reconnect(camera):
    unplug_at(camera, '013A010000')
    assert put(camera, 'alc_mode', 'area').startswith('outcome unknown: alc_mode: area')
    plug_in(camera)
    assert camera.simulator.registers['alc_mode'] == bytes.fromhex('01 00 00')
    assert get(camera, 'alc_mode') == ['area']


def test_an_exposure_in_doubt_is_written_after_the_reconnect(camera):
    unplug_at(camera, '0117020000')
    response = expose(camera, 0.002, nearest=True)
    assert not response.success and response.outcome_unknown
    plug_in(camera)
    assert camera.simulator.registers['shutter_mode'] == bytes.fromhex('02 00 00')
    assert camera.simulator.registers['variable_shutter'] == bytes.fromhex('01 cd 00')


@pytest.mark.parametrize('keep_alive', [0.1, 0.0])
def test_a_camera_without_power_for_a_moment(tmp_path, keep_alive):
    with rig(KpFd30Node, KpFd30Simulator(), tmp_path, keep_alive=keep_alive) as one:
        told = {'shutter_mode': 'variable', 'alc_mode': 'area', 'awc_r_gain_offset': 33}
        for name, value in told.items():
            assert not put(one, name, value)
        one.terminal.do(one.simulator.power_cycle)
        if not keep_alive:  # nothing asks, but the self test
            response = one.call(Trigger, 'self_test')
            assert not response.success
            assert 'shutter_mode off [00 00 00] instead of variable' in response.message
        wait_until(lambda: 'applied: shutter_mode, alc_mode' in one.node.supervisor.recovery)
        assert 'new session' in one.node.supervisor.recovery
        wait_until(lambda: get(one, *told) == list(told.values()))
        assert one.simulator.registers['awc_r_gain_offset'] == bytes.fromhex('21 00 00')


def test_eeprom_is_locked_by_default(camera):
    assert not put(camera, 'alc_mode', 'area')
    response = camera.call(Command, 'store_settings')
    assert not response.success and 'allow_factory_store' in response.message
    assert camera.simulator.eeprom_writes == 0


def test_store(unlocked):
    assert not put(unlocked, 'alc_mode', 'area')
    response = unlocked.call(Command, 'store_settings')
    assert response.success, response.message
    assert unlocked.simulator.eeprom['alc_mode'] == bytes.fromhex('01 00 00')


def test_save_and_load(camera):
    saved = camera.call(SaveSettings, 'save_settings')
    assert saved.success and '"alc_mode": "00 00 00"' in saved.settings
    assert not put(camera, 'alc_mode', 'area')
    response = camera.call(LoadSettings, 'load_settings', settings=saved.settings)
    assert response.success, response.message
    assert response.differences == ['alc_mode: area [01 00 00] -> ave [00 00 00]']
    assert get(camera, 'alc_mode') == ['area']
    response = camera.call(LoadSettings, 'load_settings', settings=saved.settings, apply=True)
    assert response.success, response.message
    assert get(camera, 'alc_mode') == ['ave']
    assert camera.simulator.registers['alc_mode'] == bytes(3)
    assert put(camera, 'awc_r_gain_offset', 5) == ''
    response = camera.call(
        LoadSettings, 'load_settings', settings=saved.settings, apply=True, store=True)
    assert not response.success and 'allow_factory_store' in response.message
    assert len(response.differences) == 10 and camera.simulator.eeprom_writes == 0
    response = camera.call(LoadSettings, 'load_settings', settings='{}')
    assert not response.success and 'not a file of saved registers' in response.message


def test_what_is_loaded_counts_as_commanded(unlocked):
    saved = unlocked.call(SaveSettings, 'save_settings').settings
    assert not put(unlocked, 'alc_mode', 'peak_ave')
    saved = saved.replace('"alc_mode": "00', '"alc_mode": "01').replace(
        '"video_level": "00', '"video_level": "40')
    response = unlocked.call(LoadSettings, 'load_settings', settings=saved, apply=True)
    assert response.success and response.message == '2 registers written'
    power_cycle(unlocked)
    assert get(unlocked, 'alc_mode') == ['area']
    assert unlocked.simulator.registers['video_level'] == bytes.fromhex('40 00 00')
    response = unlocked.call(
        LoadSettings, 'load_settings', settings=saved, apply=True, store=True)
    assert response.success and response.message == '10 registers stored'
    assert not put(unlocked, 'alc_mode', 'ave')  # the later command counts
    power_cycle(unlocked)
    assert get(unlocked, 'alc_mode') == ['ave']


def test_registers(unlocked):
    response = unlocked.call(WriteRegister, 'write_register', register_number=0x36, value=7)
    assert response.success, response.message
    assert unlocked.call(ReadRegister, 'read_register', register_number=0x136).value == 7
    response = unlocked.call(WriteRegister, 'write_register', register_number=0x29D, text=True,
                             data=array('B', bytes.fromhex('05 01 00')))
    assert response.success, response.message
    assert unlocked.call(ReadRegister, 'read_register', register_number=0x29D).value == 0x105
    response = unlocked.call(ReadRegister, 'read_register', register_number=7, text=True)
    assert not response.success and 'never read' in response.message


def test_parameters_show_what_was_written_raw(unlocked):
    assert not put(unlocked, 'awc_r_gain_offset', 9)
    response = unlocked.call(WriteRegister, 'write_register', register_number=0x36, value=7)
    assert response.success, response.message
    assert get(unlocked, 'awc_r_gain_offset') == [7]
    response = unlocked.call(SendMessage, 'send_message',
                             message=array('B', bytes.fromhex('00 ff 01 3a 01 00 00')))
    assert response.success, response.message
    assert get(unlocked, 'alc_mode') == ['area']
    power_cycle(unlocked)
    assert get(unlocked, 'awc_r_gain_offset') == [128]  # the later command counts, and is not kept


def test_raw_writes_are_locked_by_default(camera):
    response = camera.call(WriteRegister, 'write_register', register_number=0x36, value=7)
    assert not response.success and 'allow_raw_writes' in response.message
    assert camera.simulator.registers['awc_r_gain_offset'] == bytes.fromhex('80 00 00')


def test_self_test_and_identity(camera):
    response = camera.call(Trigger, 'self_test')
    assert response.success and 'passed: settings' in response.message
    assert 'identity unverifiable' in camera.node.supervisor.recovery

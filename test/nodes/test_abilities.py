# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a node offers on the ROS graph is what its device type's abilities allow, exactly."""

from dataclasses import replace
import importlib

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from diagnostic_msgs.srv import SelfTest
from helpers import wait_until
from node_rig import rig
import pytest
from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy

from camera_driver import abilities
from camera_driver.catalog import TYPES
from camera_driver.device import Device
from camera_driver.msg import CameraStatus
from camera_driver.srv import GetCapabilities

OF_ROS = {'lifecycle_msgs', 'rcl_interfaces', 'type_description_interfaces'}

IMAGES = {'~/image_raw': 'sensor_msgs/msg/Image',
          '~/image_raw/compressed': 'sensor_msgs/msg/CompressedImage',
          '~/camera_info': 'sensor_msgs/msg/CameraInfo',
          '~/set_camera_info': 'sensor_msgs/srv/SetCameraInfo'}
OFFERED = {
    Device: {
        '~/status': 'camera_driver/msg/CameraStatus',
        '/diagnostics': 'diagnostic_msgs/msg/DiagnosticArray',
        '~/lock': 'std_srvs/srv/SetBool',
        '~/locked': 'std_msgs/msg/Bool',
        '~/send_message': 'camera_driver/srv/SendMessage',
        '~/get_capabilities': 'camera_driver/srv/GetCapabilities',
        '~/preflight': 'camera_driver/srv/Preflight',
        '~/self_test': 'std_srvs/srv/Trigger',
        '~/self_test_diagnostics': 'diagnostic_msgs/srv/SelfTest',
        '~/reset_device': 'std_srvs/srv/Trigger'},
    abilities.TakesPictures: {
        '~/capture': 'camera_driver/srv/Capture',
        '~/capture_event': 'camera_driver/msg/CaptureEvent',
        '~/geotags': 'camera_driver/msg/Geotag',
        '~/capture_sequence': 'camera_driver/action/CaptureSequence',
        '~/survey': 'camera_driver/action/Survey',
        '~/pause_survey': 'std_srvs/srv/SetBool'},
    abilities.ControlsExposure: {
        '~/get_exposure': 'camera_driver/srv/GetExposure',
        '~/set_exposure': 'camera_driver/srv/SetExposure',
        '~/step_exposure': 'camera_driver/srv/StepExposure'},
    abilities.TakesPreviews: {
        '~/take_preview': 'std_srvs/srv/Trigger',
        '~/preview/image_raw': 'sensor_msgs/msg/Image',
        '~/preview/image_raw/compressed': 'sensor_msgs/msg/CompressedImage'},
    abilities.StoresImages: {
        **IMAGES, '~/list_images': 'camera_driver/srv/ListImages',
        '~/download_images': 'camera_driver/action/DownloadImages',
        '~/delete_images': 'camera_driver/srv/DeleteImages',
        '~/pictures': 'camera_driver/msg/PictureReport',
        '~/untimed/image_raw': 'sensor_msgs/msg/Image',
        '~/untimed/image_raw/compressed': 'sensor_msgs/msg/CompressedImage',
        '~/thumbnail/compressed': 'sensor_msgs/msg/CompressedImage'},
    abilities.ListsFolders: {'~/list_folders': 'camera_driver/srv/ListFolders'},
    abilities.ProtectsImages: {'~/protect_image': 'camera_driver/srv/ProtectImage'},
    abilities.UploadsImages: {'~/upload_image': 'camera_driver/srv/UploadImage'},
    abilities.GivesSummaries: {'~/get_summary': 'camera_driver/srv/GetSummary'},
    abilities.HasClock: {'~/sync_clock': 'camera_driver/srv/Command'},
    abilities.HasRegisters: {
        '~/read_register': 'camera_driver/srv/ReadRegister',
        '~/write_register': 'camera_driver/srv/WriteRegister'},
    abilities.HasVideo: {**IMAGES, '~/set_live_view': 'camera_driver/srv/Switch'},
    abilities.HasLiveView: {},
    abilities.ShowsRegion: {'~/set_roi': 'camera_driver/srv/SetRegionOfInterest'},
    abilities.KeepsSettings: {
        '~/save_settings': 'camera_driver/srv/SaveSettings',
        '~/load_settings': 'camera_driver/srv/LoadSettings',
        '~/store_settings': 'camera_driver/srv/Command'},
    abilities.Routes: {
        '~/routing': 'camera_driver/msg/Routing', '~/set_preset': 'camera_driver/srv/SetPreset',
        '~/get_preset': 'camera_driver/srv/GetPreset',
        '~/trigger_preset': 'camera_driver/srv/TriggerPreset',
        '~/select_camera': 'camera_driver/srv/SelectCamera',
        '~/set_input_name': 'camera_driver/srv/SetName'},
    abilities.HasLocks: {
        '~/set_panel_lock': 'camera_driver/srv/SetLock',
        '~/set_admin_lock': 'camera_driver/srv/SetLock'},
}
OF_TYPE = {
    'sierra': {'~/download_audio': 'camera_driver/srv/DownloadFile',
               '~/download_animation': 'camera_driver/srv/DownloadFile'},
    'kp_fd30': {'~/restart_white_balance': 'camera_driver/srv/Command'}}

SURE = {  # what changes nothing in the device, or cannot be in doubt
    '~/self_test', '~/self_test_diagnostics', '~/preflight', '~/reset_device', '~/lock',
    '~/pause_survey', '~/take_preview', '~/set_camera_info', '~/get_exposure',
    '~/get_capabilities', '~/get_preset', '~/get_summary', '~/list_folders', '~/list_images',
    '~/download_audio', '~/download_animation', '~/download_images', '~/read_register',
    '~/save_settings'}


def found_of(node):
    """Return what a node offers: name -> type."""
    who = (node.get_name(), node.get_namespace())
    return {name.replace(node.get_fully_qualified_name(), '~', 1): kinds[0]
            for name, kinds in (node.get_publisher_names_and_types_by_node(*who)
                                + node.get_service_names_and_types_by_node(*who)
                                + get_action_server_names_and_types_by_node(node, *who))
            if '/_action/' not in name and kinds[0].split('/')[0] not in OF_ROS}


@pytest.mark.parametrize('own', [True, False], ids=['its own node', 'none of its own'])
@pytest.mark.parametrize('kind', TYPES.values(), ids=list(TYPES))
def test_a_node_offers_what_its_device_type_can_do(kind, own, ros, tmp_path, monkeypatch):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    node_class = kind.node_class() if own else replace(kind, node='').node_class()
    # What the node of this name in the test before had may be remembered a while longer.
    node = ros.add(node_class(f'{kind.name}_{own}', context=ros.context, parameter_overrides=[
        Parameter('autostart', value=False), Parameter('port', value='/dev/none')]))
    expected = dict(OF_TYPE.get(kind.name, {}) if own else {})
    for ability, offered in OFFERED.items():
        if issubclass(kind.device_class(), ability):
            expected |= offered
    assert found_of(node) == expected


def test_every_ability_is_in_the_table():
    every = {one for one in vars(abilities).values()
             if isinstance(one, type) and issubclass(one, Device)}
    assert every == set(OFFERED)


def test_every_answer_that_can_be_in_doubt_says_so():
    offered = {name: kind.split('/') for of_one in (*OFFERED.values(), *OF_TYPE.values())
               for name, kind in of_one.items()}
    for name, (package, kind, what) in offered.items():
        if kind == 'msg' or name in SURE:
            continue
        interface = getattr(importlib.import_module(f'{package}.{kind}'), what)
        answer = interface.Response if kind == 'srv' else interface.Result
        assert answer.get_fields_and_field_types().get('outcome_unknown') == 'boolean', name


@pytest.mark.parametrize('kind', TYPES.values(), ids=list(TYPES))
def test_what_it_can_do_is_told(kind, tmp_path):
    cls = kind.device_class()
    with rig(kind.node_class(), kind.simulator_class()(), tmp_path) as one:
        told = one.call(GetCapabilities, 'get_capabilities')
        assert told.success and told.abilities == abilities.abilities_of(cls)
        assert ('takes_pictures' in told.abilities) == issubclass(cls, abilities.TakesPictures)
        assert {*told.settings} <= {setting.name for setting in cls.SETTINGS}
        assert bool(told.settings) == bool(cls.SETTINGS)
        assert bool(told.ranges) == issubclass(cls, abilities.ControlsExposure)
        status = one.listen(CameraStatus, 'status', durability=DurabilityPolicy.TRANSIENT_LOCAL)
        wait_until(lambda: status)
        assert status[0].abilities == told.abilities
        diagnostics = one.listen(DiagnosticArray, '/diagnostics')
        wait_until(lambda: diagnostics)
        test = one.call(SelfTest, 'self_test_diagnostics')
        assert test.passed == b'\x01' and test.status, test.status
        assert {line.level for line in test.status} == {DiagnosticStatus.OK}
        assert all(line.name.startswith('camera: ') and line.message for line in test.status)
        assert test.id and {test.id} == {line.hardware_id for line in (
            *test.status, *diagnostics[-1].status)}
        one.terminal.unplug()
        wait_until(lambda: not one.node.connected)
        away = one.call(GetCapabilities, 'get_capabilities')
        assert away.success and away.abilities == told.abilities and not away.ranges
        assert away.settings == told.settings
        assert ('not connected' in away.message) == bool(told.ranges)
        test = one.call(SelfTest, 'self_test_diagnostics')
        assert test.passed == b'\x00' and test.id
        assert test.status[0].level == DiagnosticStatus.ERROR
        assert 'not connected' in test.status[0].message

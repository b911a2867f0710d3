# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Rig files: what they become, and where it says what is wrong."""

import os
from pathlib import Path

from hypothesis import given, settings, strategies as st
import pytest

from camera_driver.catalog import TYPES
from camera_driver.errors import StorageError
from camera_driver.machines import Network
from camera_driver.model import Setting
from camera_driver.rig import declared, read, Rig, RigDevice, RigError

pytest.importorskip('camera_driver.msg', reason='the nodes declare the parameters')

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def rig(tmp_path):
    """Give a function that reads a rig file with this text."""
    path = tmp_path / 'rig.yaml'

    def read_text(text, simulate=False, namespace=''):
        path.write_text(text)
        return read(str(path), simulate, namespace)

    return read_text


MACHINES = 'machines: {base: {host: 10.0.0.1}, pod: }\n'


def one(parameters='port: a', name='x', kind='sierra'):
    """Return the entry of a device."""
    return f'  - {{name: {name}, type: {kind}, parameters: {{{parameters}}}}}\n'


@pytest.mark.parametrize('path', sorted((ROOT / 'config').glob('rig*.yaml')), ids=str)
def test_examples(path):
    for simulate in (False, True):
        devices = read(str(path), simulate).devices
        assert devices
        assert all(device.parameters.get('simulate', False) is simulate for device in devices)


def test_a_camera_behind_a_simulated_matrix_shows_no_video_of_its_own(rig):
    text = """
devices:
- {name: cockpit, type: kp_fd30, parameters: {port: a, video_source: /dev/video1}}
- {name: tail, type: kp_fd30, parameters: {port: b, video_source: none}}
- name: matrix
  type: intelix
  parameters: {port: c, video_source: /dev/video0, grabber_output: 8}
  cameras: {cockpit: {input: 1}, elsewhere: {input: 2}}
"""
    assert [device.parameters.get('video_source') for device in rig(text).devices] == [
        '/dev/video1', 'none', '/dev/video0']
    assert [device.parameters.get('video_source') for device in rig(text, True).devices] == [
        'none', 'none', None]


def test_what_a_file_becomes(rig):
    assert rig("""
processes: each
respawn: true
devices:
- name: nadir
  type: sierra
  namespace: front/left
  parameters: {port: /dev/ttyUSB0, flash_mode: off, keep_alive: 2, resolution: raw:1, baudrate: ~,
               qos_overrides./front/left/nadir/status.publisher.depth: 3, use_sim_time: true,
               exposure_compensation: 1e0}
- {name: on, type: kp_fd30, parameters: {port: 1234, variable_shutter: 2e-3}}
""") == Rig((
        RigDevice('nadir', 'sierra', 'front/left', {
            'port': '/dev/ttyUSB0', 'flash_mode': 'off', 'keep_alive': 2.0, 'resolution': 'raw:1',
            'qos_overrides./front/left/nadir/status.publisher.depth': 3, 'use_sim_time': True,
            'exposure_compensation': 1.0}),
        RigDevice('on', 'kp_fd30', '', {'port': '1234', 'variable_shutter': 0.002})), 'each',
        True)


@pytest.mark.parametrize('namespace', ['', '/', 'a', '/a', 'a/b', '/a/b'])
def test_full_names(rig, namespace):
    device, = rig(f'devices:\n- {{name: x, type: sierra, namespace: {namespace!r}, '
                  'parameters: {simulate: true}}').devices
    assert device.full_name == '/' + '/'.join([*filter(None, namespace.split('/')), 'x'])


@pytest.mark.parametrize('before, of_file, of_device, whole', [
    ('', '', '', '/x'), ('uav', '', '', '/uav/x'), ('/uav', '', 'a', '/uav/a/x'),
    ('uav', 'left', 'a', '/uav/left/a/x'), ('', 'left/b', '', '/left/b/x'),
    ('uav', '', '/a', '/a/x'), ('uav', '/left', 'a', '/left/a/x'), ('/', '', 'a', '/a/x'),
    ('uav', '/', '', '/x')])
def test_namespaces_before_that_of_the_device(rig, before, of_file, of_device, whole):
    device, = rig(f'namespace: {of_file!r}\ndevices:\n- {{name: x, type: sierra, '
                  f'namespace: {of_device!r}, parameters: {{simulate: true}}}}',
                  namespace=before).devices
    assert device.full_name == whole
    assert device.logger == whole[1:].replace('/', '.')


def test_a_namespace_from_outside_that_ros_does_not_take(rig):
    with pytest.raises(RigError, match="ROS does not take the namespace 'a b'"):
        rig('devices:\n' + one(), namespace='a b')


def test_remappings(rig):
    device, = rig('devices:\n- {name: x, type: sierra, parameters: {simulate: true}, '
                  'remappings: {~/image_raw: image, /x/status: /left/status}}').devices
    assert device.remappings == {'~/image_raw': 'image', '/x/status': '/left/status'}


def test_merged_parameters(rig):
    first, second, third = rig("""
devices:
- {name: x, type: sierra, parameters: &x {port: a, baudrate: 9600, flash_mode: on}}
- {name: y, type: sierra, parameters: &y {<<: *x, port: b, flash_mode: auto}}
- {name: z, type: sierra, parameters: {port: c, <<: *y}}
""".replace('flash_mode: on', 'flash_mode: off')).devices
    assert first.parameters == {'port': 'a', 'baudrate': 9600, 'flash_mode': 'off'}
    assert second.parameters == {'port': 'b', 'baudrate': 9600, 'flash_mode': 'auto'}
    assert third.parameters == {'port': 'c', 'baudrate': 9600, 'flash_mode': 'auto'}


def test_cameras_behind_a_device(rig, monkeypatch):
    text = """
devices:
- name: matrix
  type: sierra
  parameters: {simulate: true}
  cameras:
    nadir: {input: 1}
    oblique: {input: 2, frame_id: wing}
"""
    with pytest.raises(RigError, match='6:3: there are no cameras behind a sierra'):
        rig(text)
    monkeypatch.setattr(TYPES['sierra'].node_class(), 'camera_parameters', lambda: (
        Setting('input', int, 'where it is', minimum=0, maximum=8, default=0),
        Setting('frame_id', str, 'its frame', default='')))
    assert rig(text).devices[0].parameters == {
        'simulate': True, 'cameras': ('nadir', 'oblique'), 'nadir.input': 1, 'oblique.input': 2,
        'oblique.frame_id': 'wing'}
    for right, wrong, problem in (
            ('nadir:', 'a-b:', "7:5: ROS does not take the name 'a-b'"),
            ('input: 1', 'inptu: 1', '7:13: a camera behind a sierra has no parameter inptu; is '
             'input meant'),
            ('{input: 1}', '1', '7:12: parameters is written as key: value')):
        with pytest.raises(RigError, match=problem):
            rig(text.replace(right, wrong))


def test_lists(rig):
    text = """
devices:
- {name: matrix, type: intelix, parameters: {simulate: true, routes: [8, 7, 6, 5, 4, 3, 2, 1]}}
"""
    assert rig(text).devices[0].parameters == {
        'simulate': True, 'routes': (8, 7, 6, 5, 4, 3, 2, 1)}
    for wrong, problem in (
            ('8 7', r'3:70: routes: has to be a list: \[8 7\]'),
            ('[8, 9]', '3:74: routes: 9 is not allowed; allowed: 1 to 8'),
            ('[[8]]', '3:71: routes: has to be a single value'),
            ('{a: b}', r'3:70: routes: has to be a list: \[\]')):
        with pytest.raises(RigError, match=problem):
            rig(text.replace('[8, 7, 6, 5, 4, 3, 2, 1]', wrong))
    with pytest.raises(RigError, match='simulate: has to be a single value'):
        rig(text.replace('simulate: true', 'simulate: [true]'))


@pytest.mark.parametrize('text, problem', [
    ('', '1:1: the file is empty; list its devices under devices:'),
    ('devices', '1:1: a rig file is written as key: value, with these keys: namespace, '
     'processes, respawn, machines, network, devices'),
    ('processes: one', '1:1: there is no devices:, the list of its devices'),
    ('devices: []', '1:10: devices: is not a list'),
    ('devices:\n  nadir: {}', '2:3: devices: is not a list; begin each device with a dash'),
    ('device: []', '1:1: a rig file has no key device; is devices meant?'),
    ('respawn: 2\ndevices: []', "1:10: there is no respawn '2'; there are: false, true"),
    ('processes: two\ndevices: []', "1:12: there is no processes 'two'; there are: each, one"),
    ('devices:\n' + one() + 'devices: []', '3:1: devices: stands here a second time, first in '
     'line 1'),
    ('devices:\n- nadir', '2:3: a device is written as key: value, with these keys: name, type'),
    ('devices:\n- type: sierra', '2:3: this device has no name:'),
    ('devices:\n- name: x', '2:3: this device has no type:'),
    ('devices:\n- {name: x, type: siera}', "2:19: there is no device type 'siera'; is sierra "
     'meant?'),
    ('devices:\n- {name: x, type: leica}', "2:19: there is no device type 'leica'; there are: "),
    ('devices:\n- {name: x, type: [sierra]}', '2:19: device type: has to be a single value'),
    ('devices:\n- {name: x, type: sierra, colour: red}', '2:27: a device has no key colour; '
     'there are: cameras, machine, name, namespace, parameters, remappings, type'),
    ('devices:\n' + one(name='front-left'), "2:12: ROS does not take the name 'front-left': "),
    ('devices:\n' + one(name='1st'), "2:12: ROS does not take the name '1st'"),
    ('devices:\n' + one(name='x' * 250), '2:12: namespace and name are longer than'),
    ('devices:\n- {name: x, type: sierra, namespace: a//b}', '2:38: ROS does not take the '
     "namespace 'a//b'"),
    ('devices:\n- {name: x, type: sierra, namespace: a/}', '2:38: ROS does not take the'),
    ('namespace: 1a\ndevices: []', "1:12: ROS does not take the namespace '1a'"),
    ('devices:\n- {name: x, type: sierra, remappings: {~/a b: c}}',
     "2:40: ROS does not take '~/a b' as the name of a topic or service"),
    ('devices:\n- {name: x, type: sierra, remappings: {~/a: c:=d}}',
     "2:45: ROS does not take 'c:=d' as the name"),
    ('devices:\n- {name: x, type: sierra, remappings: {~: c}}', "2:40: ROS does not take '~'"),
    ('devices:\n- {name: x, type: sierra, remappings: [a]}', '2:39: remappings is written as key'),
    ('devices:\n' + one('prot: a'), '2:42: sierra has no parameter prot; is port meant?'),
    ('devices:\n' + one('zzzzz: a'), '2:42: sierra has no parameter zzzzz'),
    ('devices:\n' + one('port: [a]'), '2:48: port: has to be a single value'),
    ('devices:\n' + one('port: a, port: b'), '2:51: port: stands here a second time, first in '
     'line 2'),
    ('devices:\n' + one('flash_mode: disco'), "2:54: flash_mode: 'disco' is not allowed; "
     'allowed: auto, force'),
    ('devices:\n' + one('lcd_brightness: 9'), '2:58: lcd_brightness: 9 is not allowed; '
     'allowed: 1 to 7'),
    ('devices:\n' + one('autostart: 5'),
     '2:53: autostart: 5 is a number, neither true nor false; allowed: true'),
    ('devices:\n' + one('keep_alive: .nan'), '2:54: keep_alive: nan is not allowed'),
    ('devices:\n' + one('keep_alive: 2001-02-31'), '2:54: keep_alive: day is out of range'),
    ('devices:\n' + one('port: ""'), '2:12: x has no port: write one under parameters:'),
    ('devices:\n- {name: x, type: sierra}', '2:10: x has no port'),
    ('devices:\n- {name: x, type: sierra, parameters: ~}', '2:10: x has no port'),
    ('devices:\n' + one() + one(name='y'), '3:48: a is the port of x as well (line 2)'),
    ('devices:\n' + one() + one('port: b'), '3:12: the name /x is taken by the device in line 2'),
    ('devices:\n' + one('port: socket://h:1') + one('port: socket://h:1', 'y'),
     '3:48: socket://h:1 is the port of x as well (line 2)'),
    (f'{MACHINES}devices:\n' + one(), '3:5: this device has no machine:, one of base, pod'),
    (f'{MACHINES}devices:\n- {{name: x, type: sierra, machine: pot}}',
     "3:36: there is no machine 'pot'; is pod meant?"),
    ('devices:\n- {name: x, type: sierra, machine: pod}',
     '2:27: machine: is one of machines:, which the file does not have'),
    ('machines: {}\ndevices: []', '1:11: machines: has none'),
    ('machines: {a: {host: b, x: y}}', '1:25: a machine has no key x'),
    ('machines: {a: {host: b}, c: {host: b}}', '1:26: b is another machine already'),
    ('machines: {a: {host: "b c"}}', '1:12: machines and hosts have names or addresses'),
    ('network: {discovery: simple}', '1:10: network: is of several computers'),
    (f'{MACHINES}network: {{}}', '2:10: network: has no discovery: simple, static, server'),
    (f'{MACHINES}network: {{discovery: serve}}', "2:22: there is no discovery 'serve'; is server"),
    (f'{MACHINES}network: {{discovery: server}}', '2:11: discovery: server needs server: MACHINE'),
    (f'{MACHINES}network: {{discovery: server, server: x}}', "2:38: there is no machine 'x'"),
    (f'{MACHINES}network: {{discovery: server, server: pod, server_port: 0}}',
     '2:56: server_port: 0 is not allowed; allowed: 1 to 65535'),
    (f'{MACHINES}network: {{discovery: static, server: pod}}',
     '2:30: server: is of discovery: server'),
    ('machines: {' + ', '.join(f'm{i}: ' for i in range(33)) + '}\nnetwork: {discovery: static}',
     '2:22: ROS 2 takes no more than 32 machines'),
    ('devices: [', '1:11: '),
    ('devices: !!python/name:os.system', '1:10: '),
    ('devices:\n\t- x', '2:1: found character'),
    ('a: 1\n---\nb: 2', '2:1: but found another document'),
    ('devices:\n- &a {<<: *a}', ' something in it contains itself'),
])
def test_errors_name_the_line(rig, tmp_path, text, problem):
    with pytest.raises(RigError) as error:
        rig(text)
    assert str(error.value).startswith(f'{tmp_path}/rig.yaml:{problem}')
    assert '\n' not in str(error.value)


def test_a_rig_on_several_machines(rig):
    text = MACHINES + """
network: {discovery: server, server: base, server_port: 4711}
devices:
- {name: x, type: sierra, machine: base, parameters: {port: /dev/ttyUSB0}}
- {name: y, type: sierra, machine: pod, parameters: {port: /dev/ttyUSB0}}
"""
    whole = rig(text)
    assert whole.network == Network({'base': '10.0.0.1', 'pod': 'pod'}, 'server', 'base', 4711)
    share, machine = whole.share('pod')
    assert ([device.name for device in share.devices], machine) == (['y'], 'pod')
    with pytest.raises(ValueError, match="no machine 'pot' in the rig file; is pod meant"):
        whole.share('pot')
    with pytest.raises(RigError, match='/dev/ttyUSB0 is the port of x as well'):
        rig(text.replace('machine: pod', 'machine: base'))
    assert rig(text.replace(', server_port: 4711', '')).network.server_port == 11811
    alone = rig('devices:\n' + one())
    assert alone.network == Network() and alone.share() == (alone, '')


def test_what_is_no_text(tmp_path):
    for data in (b'\xff\xfe\xff', b'a: \x01'):
        (tmp_path / 'rig.yaml').write_bytes(data)
        with pytest.raises(RigError, match='rig.yaml: '):
            read(str(tmp_path / 'rig.yaml'))
    with pytest.raises(StorageError, match='absent.yaml: No such file or directory'):
        read(str(tmp_path / 'absent.yaml'))


def test_one_port_by_two_names(rig, tmp_path):
    (tmp_path / 'port').touch()
    os.symlink(tmp_path / 'port', tmp_path / 'link')
    text = 'devices:\n' + one(f'port: {tmp_path}/port') + one(f'port: {tmp_path}/link', 'y')
    with pytest.raises(RigError, match=f'3:48: {tmp_path}/link is the port of x as well'):
        rig(text)
    assert all(device.parameters['simulate'] for device in rig(text, simulate=True).devices)
    assert rig(text.replace('link', 'link, simulate: true'))


def test_one_name_in_two_namespaces(rig):
    entry = 'devices:\n- {{name: x, type: sierra, namespace: {}, parameters: {{port: a}}}}\n'
    second = one('port: b')
    assert rig(entry.format('front') + second.lstrip())
    with pytest.raises(RigError, match='3:10: the name /x is taken'):
        rig(entry.format('/') + second.lstrip())


@pytest.mark.parametrize('kind', TYPES)
def test_what_can_only_be_read_is_not_set(rig, kind):
    for name, setting in declared(TYPES[kind]).items():
        if setting.access.value == 'read only':
            with pytest.raises(RigError, match=f'2:.*: {name} can be read, not set'):
                rig('devices:\n' + one(f'{name}: 1', kind=kind))


@settings(max_examples=300, deadline=None)
@given(st.text('abz_01/-~ ', max_size=12), st.text('abz_01/~', max_size=12))
def test_names_as_ros_takes_them(tmp_path_factory, name, namespace):
    from rclpy.exceptions import InvalidNamespaceException, InvalidNodeNameException
    from rclpy.validate_namespace import validate_namespace
    from rclpy.validate_node_name import validate_node_name
    path = tmp_path_factory.getbasetemp() / 'names.yaml'
    path.write_text(f'devices: [{{name: "{name}", namespace: "{namespace}", type: sierra, '
                    'parameters: {simulate: true}}]')
    try:
        validate_node_name(name)
        validate_namespace(namespace if namespace[:1] == '/' else f'/{namespace}')
        good = True
    except (InvalidNamespaceException, InvalidNodeNameException):
        good = False
    try:
        read(str(path))
        assert good
    except RigError:
        assert not good


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([
    'devices', 'name', 'parameters', ': ', ':', '\n', '- ', '  ', '{', '}', '[', ']', ', ', '&a ',
    '*a', '<<', 'sierra', 'x', '~', '"', '!!int ', '? ', '# ', '1'])))
def test_any_text_is_a_rig_or_an_error(tmp_path_factory, words):
    path = tmp_path_factory.getbasetemp() / 'any.yaml'
    path.write_text(''.join(words))
    try:
        read(str(path))
    except RigError as error:
        assert str(error).startswith(f'{path}:')


def test_ros_reads_the_arguments_as_they_were_meant():
    import rclpy
    from rclpy.node import Node
    values = {'port': '', 'a': 'off', 'b': 'null', 'c': '12', 'd': 'äß "q" \\ \n:= {x}', 'e': True,
              'f': 3, 'g': 2e-05, 'h': '~', 'i': 'raw:1', 'qos_overrides./x/y.publisher.depth': 4,
              'j': ('on', 'a, b'), 'k': (1, 2)}
    context = rclpy.Context()
    names = {'~/c': 'd', 'e/f': '/g', '/h/i1': '~/j', '/k': 'l/m_'}
    rclpy.init(args=RigDevice('x', 'sierra', 'a/b', values, names).arguments(), context=context)
    node = Node('other', context=context, automatically_declare_parameters_from_overrides=True)
    try:
        assert node.get_fully_qualified_name() == '/a/b/x'
        told = {name: node.get_parameter(name).value for name in values}
        assert {name: tuple(value) if name in 'jk' else value
                for name, value in told.items()} == values
        assert list(map(node.resolve_topic_name, names)) == [
            '/a/b/d', '/g', '/a/b/x/j', '/a/b/l/m_']
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)

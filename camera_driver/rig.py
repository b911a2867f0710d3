# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Rig files: any number of devices, each with its name, type, namespace and parameters.

A file is checked as a whole before anything is started, parameters against what the device type
declares. An error names the file, the line and the column. docs/rig.md describes the keys.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
import difflib
import json
import os
from pathlib import Path
import re
from typing import cast, NoReturn

import yaml

from camera_driver.catalog import TYPES
from camera_driver.device_type import DeviceType
from camera_driver.errors import StorageError
from camera_driver.machines import DISCOVERY, MOST_PEERS, Network, SERVER_PORT
from camera_driver.model import Access, OptionValue, Setting, SettingValue

PROCESSES = ('one', 'each')
"""All nodes in one process, or one process for each."""

FILE_KEYS = ('namespace', 'processes', 'respawn', 'machines', 'network', 'devices')
DEVICE_KEYS = ('name', 'type', 'machine', 'namespace', 'parameters', 'remappings', 'cameras')
NETWORK_KEYS = ('discovery', 'server', 'server_port')

NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')  # of a ROS node, and of each part of a namespace
TOPIC = re.compile(r'(?:~?/)?[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*')
HOST = re.compile(r'[A-Za-z0-9_](?:[A-Za-z0-9_.:-]*[A-Za-z0-9_])?')  # a name or an address
LONGEST = 240  # characters of namespace and name; ROS wants topics to stay below 256

USE_SIM_TIME = Setting('use_sim_time', bool, 'take the time from /clock', default=False)


NO_NAMESPACE = ('ROS does not take the namespace {!r}: names such as front or /uav1/front, of '
                'letters, digits and _')


class RigError(ValueError):
    """A rig file is wrong; the text begins with file:line:column."""


@dataclass(frozen=True)
class RigDevice:
    """One device of a rig. `parameters` are checked, and of the types that the node wants."""

    name: str
    type: str
    namespace: str  # with what is before it: 'front', '/uav1/front', '' = none
    parameters: Mapping[str, OptionValue]
    remappings: Mapping[str, str] = field(default_factory=dict)  # topic or service -> other name
    machine: str = ''  # the computer that it is at; '' = there is but one

    @property
    def full_name(self) -> str:
        """Return the name of its node with the namespace: '/front/nadir'."""
        return f'/{self.namespace.strip("/")}/{self.name}'.replace('//', '/')

    @property
    def logger(self) -> str:
        """Return the name of its node's logger: 'front.nadir'."""
        return self.full_name[1:].replace('/', '.')

    def arguments(self) -> list[str]:
        """Return the command line of its node's executable."""
        # JSON is YAML that leaves no doubt what is a text.
        return [*self.names(),
                *(word for name, value in self.parameters.items()
                  for word in ('-p', f'{name}:={json.dumps(value, ensure_ascii=False)}'))]

    def names(self) -> list[str]:
        """Return the arguments that give its node, topics and services their names."""
        return ['--ros-args', *(word for name, other in (
            ('__node', self.name), ('__ns', f'/{self.namespace.strip("/")}'),
            *self.remappings.items()) for word in ('-r', f'{name}:={other}'))]


@dataclass(frozen=True)
class Rig:
    """A rig: its devices, whether their nodes share a process (PROCESSES), and live on."""

    devices: tuple[RigDevice, ...]
    processes: str
    respawn: bool = False
    network: Network = Network()

    def share(self, machine: str = '') -> tuple[Rig, str]:
        """
        Return what runs on one of its machines, and which that is; '' = on this computer.

        Raises ValueError when there is no such, or nothing to do for it.
        """
        hosts = self.network.hosts
        if not hosts:
            if machine:
                raise ValueError(f'machine {machine}: the rig file has no machines:')
            return self, ''
        machine = machine or self.network.here()
        if machine not in hosts:
            raise ValueError(f'there is no machine {machine!r} in the rig file'
                             + _nearest(machine, hosts))
        devices = tuple(device for device in self.devices if device.machine == machine)
        if not devices and machine != self.network.server:
            raise ValueError(f'no device of the rig file is at {machine}')
        return replace(self, devices=devices), machine


def read(path: str, simulate: bool = False, namespace: str = '') -> Rig:
    """
    Read and check a rig file; needs ROS, as the nodes declare the parameters.

    :param simulate: give every device a simulated one instead of its port.
    :param namespace: put before those in the file, except where they begin with a slash.

    Raises RigError with the line of what is wrong, StorageError when it cannot be read.
    """
    if not _names(namespace):
        raise RigError(NO_NAMESPACE.format(namespace))
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise StorageError(f'{path}: {error.strerror}; name a rig file') from None
    try:
        root = yaml.compose(data, yaml.SafeLoader)
        if root is None:
            raise RigError(f'{path}:1:1: the file is empty; list its devices under devices:')
        return _Reader(path, simulate, namespace).rig(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f':{mark.line + 1}:{mark.column + 1}' if mark else ''
        raise RigError(f'{path}{where}: {error.problem}') from None
    except yaml.YAMLError as error:
        raise RigError(f'{path}: {" ".join(str(error).split())}') from None
    except RecursionError:
        raise RigError(f'{path}: something in it contains itself') from None


def declared(kind: DeviceType) -> Mapping[str, Setting]:
    """Return all that can stand under `parameters` of a device type."""
    return {one.name: one for one in (
        *kind.node_class().parameters(), USE_SIM_TIME, *kind.device_class().SETTINGS)}


class _Reader:
    """Makes a rig from the nodes of a YAML document, which know their lines."""

    def __init__(self, path: str, simulate: bool, namespace: str) -> None:
        self._path = path
        self._simulate = simulate
        self._namespace = namespace
        self._names: dict[str, int] = {}  # full name -> line
        # Machine and real path -> name and line of the device.
        self._ports: dict[tuple[str, str], tuple[str, int]] = {}
        self._hosts: dict[str, str] = {}

    def rig(self, root: yaml.Node) -> Rig:
        items = self._mapping(root, 'a rig file', FILE_KEYS)
        if 'namespace' in items:
            self._namespace = self._within(items['namespace'][1])
        processes = 'one'
        if 'processes' in items:
            processes = self._word(items['processes'][1], 'processes', PROCESSES)
        respawn = 'respawn' in items and self._word(
            items['respawn'][1], 'respawn', ('true', 'false')) == 'true'
        if 'machines' in items:
            self._hosts = self._machines(items['machines'][1])
        network = Network(self._hosts)
        if 'network' in items:
            network = self._network(items['network'][1])
        if 'devices' not in items:
            self._fail(root, 'there is no devices:, the list of its devices')
        devices = items['devices'][1]
        if not isinstance(devices, yaml.SequenceNode) or not devices.value:
            self._fail(devices, 'devices: is not a list; begin each device with a dash: '
                       '- name: nadir')
        return Rig(tuple(_behind([self._device(node) for node in devices.value])), processes,
                   respawn, network)

    def _machines(self, node: yaml.Node) -> dict[str, str]:
        """Return machine -> host."""
        hosts: dict[str, str] = {}
        for name, (key, value) in self._mapping(node, 'machines').items():
            items = {} if self._says_nothing(value) else self._mapping(
                value, 'a machine', ('host',))
            host = self._text(items['host'][1], 'host') if 'host' in items else name
            if not HOST.fullmatch(name) or not HOST.fullmatch(host):
                self._fail(key, 'machines and hosts have names or addresses such as pod or '
                           '10.0.0.2')
            if host in hosts.values():
                self._fail(key, f'{host} is another machine already')
            hosts[name] = host
        if not hosts:
            self._fail(node, 'machines: has none; write a name for each, as in '
                       'pod: {host: 10.0.0.2}')
        return hosts

    def _network(self, node: yaml.Node) -> Network:
        items = self._mapping(node, 'network', NETWORK_KEYS)
        if not self._hosts:
            self._fail(node, 'network: is of several computers; list them under machines:')
        if 'discovery' not in items:
            self._fail(node, f'network: has no discovery: {", ".join(DISCOVERY)}')
        where, value = items['discovery']
        discovery = self._word(value, 'discovery', DISCOVERY)
        if discovery == 'static' and len(self._hosts) > MOST_PEERS:
            self._fail(value, f'ROS 2 takes no more than {MOST_PEERS} machines; use a server')
        if discovery != 'server':
            for key in ('server', 'server_port'):
                if key in items:
                    self._fail(items[key][0], f'{key}: is of discovery: server')
            return Network(self._hosts, discovery)
        if 'server' not in items:
            self._fail(where, 'discovery: server needs server: MACHINE, on which it runs')
        port = Setting('server_port', int, '', minimum=1, maximum=65535)
        return Network(
            self._hosts, discovery, self._word(items['server'][1], 'machine', self._hosts),
            int(self._value(port, items['server_port'][1]))  # type: ignore[arg-type]
            if 'server_port' in items else SERVER_PORT)

    def _machine(self, node: yaml.Node, items: Mapping[str, tuple[yaml.Node, yaml.Node]]) -> str:
        if 'machine' in items:
            if not self._hosts:
                self._fail(items['machine'][0], 'machine: is one of machines:, which the file '
                           'does not have')
            return self._word(items['machine'][1], 'machine', self._hosts)
        if self._hosts:
            self._fail(node, f'this device has no machine:, one of {", ".join(self._hosts)}')
        return ''

    def _device(self, node: yaml.Node) -> RigDevice:
        items = self._mapping(node, 'a device', DEVICE_KEYS)
        for key in ('name', 'type'):
            if key not in items:
                self._fail(node, f'this device has no {key}:')
        kind = TYPES[self._word(items['type'][1], 'device type', TYPES)]
        name, namespace = self._name(items)
        parameters = {}
        if 'parameters' in items:
            parameters = self._parameters(items['parameters'][1], kind.name, declared(kind))
        if 'cameras' in items:
            parameters |= self._cameras(*items['cameras'], kind)
        remappings = self._remappings(items['remappings'][1]) if 'remappings' in items else {}
        if self._simulate:
            parameters['simulate'] = True
            if parameters.get('video_source') != 'none':
                parameters.pop('video_source', None)  # the grabber is simulated as well
        device = RigDevice(name, kind.name, namespace, parameters, remappings,
                           self._machine(node, items))
        line = items['name'][1].start_mark.line + 1
        if device.full_name in self._names:
            self._fail(items['name'][1], f'the name {device.full_name} is taken by the device in '
                       f'line {self._names[device.full_name]}')
        self._names[device.full_name] = line
        if not parameters.get('simulate'):
            self._port(items, device)
        return device

    def _name(self, items: Mapping[str, tuple[yaml.Node, yaml.Node]]) -> tuple[str, str]:
        node = items['name'][1]
        name, namespace = self._text(node, 'name'), self._namespace
        if not NAME.fullmatch(name):
            self._fail(node, f'ROS does not take the name {name!r}: letters, digits and _ alone, '
                       'and no digit in front')
        if 'namespace' in items:
            node = items['namespace'][1]
            namespace = self._within(node)
        if len(namespace) + len(name) > LONGEST:
            self._fail(node, f'namespace and name are longer than {LONGEST} characters')
        return name, namespace

    def _within(self, node: yaml.Node) -> str:
        """Return a namespace with what is put before it."""
        namespace = self._text(node, 'namespace')
        if not _names(namespace):
            self._fail(node, NO_NAMESPACE.format(namespace))
        if namespace.startswith('/') or not self._namespace:
            return namespace
        return '/'.join(filter(None, [self._namespace.rstrip('/'), namespace]))

    def _remappings(self, node: yaml.Node) -> dict[str, str]:
        found = {}
        for name, (key, value) in self._mapping(node, 'remappings').items():
            found[name] = self._text(value, name)
            for one, text in ((key, name), (value, found[name])):
                if not TOPIC.fullmatch(text):
                    self._fail(one, f'ROS does not take {text!r} as the name of a topic or '
                               'service: names such as ~/image_raw or /front/image')
        return found

    def _port(self, items: Mapping[str, tuple[yaml.Node, yaml.Node]], device: RigDevice) -> None:
        """Refuse a device without a port, and two with the same, whatever links name it."""
        port = str(device.parameters.get('port', ''))
        if not port:
            self._fail(items['name'][1], f'{device.name} has no port: write one under '
                       'parameters:, or simulate: true, or simulate all')
        node = self._mapping(items['parameters'][1], 'parameters')['port'][1]
        real = device.machine, port if '://' in port else os.path.realpath(port)
        if real in self._ports:
            name, line = self._ports[real]
            self._fail(node, f'{port} is the port of {name} as well (line {line})')
        self._ports[real] = device.name, node.start_mark.line + 1

    def _cameras(self, key: yaml.Node, node: yaml.Node, kind: DeviceType
                 ) -> dict[str, OptionValue]:
        """Return the parameters that name the cameras behind a device: NAME.PARAMETER."""
        known = {one.name: one for one in kind.node_class().camera_parameters()}
        if not known:
            self._fail(key, f'there are no cameras behind a {kind.name}')
        cameras = self._mapping(node, 'cameras')
        values: dict[str, OptionValue] = {'cameras': tuple(cameras)}
        for name, (where, parameters) in cameras.items():
            if not NAME.fullmatch(name):
                self._fail(where, f'ROS does not take the name {name!r}')
            values |= {f'{name}.{parameter}': value for parameter, value in self._parameters(
                parameters, f'a camera behind a {kind.name}', known).items()}
        return values

    def _parameters(self, node: yaml.Node, what: str, known: Mapping[str, Setting]
                    ) -> dict[str, OptionValue]:
        values: dict[str, OptionValue] = {}
        if self._says_nothing(node):
            return values
        for name, (key, value) in self._mapping(node, 'parameters').items():
            if name.startswith('qos_overrides.'):
                values[name] = self._scalar(value, name)
                continue
            if name not in known:
                self._fail(key, f'{what} has no parameter {name}' + _nearest(name, known))
            if known[name].access is Access.READ_ONLY:
                self._fail(key, f'{name} can be read, not set')
            if not self._says_nothing(value):
                values[name] = self._value(known[name], value)
        return values

    def _value(self, setting: Setting, node: yaml.Node) -> OptionValue:
        if setting.many and isinstance(node, yaml.SequenceNode):
            single = replace(setting, many=False)
            return tuple(self._single(single, item) for item in node.value)
        if setting.many:
            text = node.value if isinstance(node, yaml.ScalarNode) else ''
            self._fail(node, f'{setting.name}: has to be a list: [{text}]')
        return self._single(setting, node)

    def _single(self, setting: Setting, node: yaml.Node) -> SettingValue:
        value = self._scalar(node, setting.name)
        if setting.kind is str:
            value = node.value  # YAML makes false of a word such as off
        elif setting.kind is float and isinstance(value, str):
            try:
                value = float(value)  # YAML takes 1e-3, without a point, for a text
            except ValueError:
                pass
        try:
            return setting.validate(value)
        except ValueError as error:
            self._fail(node, str(error))

    # What YAML consists of.

    def _mapping(self, node: yaml.Node, what: str, keys: Collection[str] = ()
                 ) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Return key -> (node of the key, node of the value), with what `<<` merges."""
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, f'{what} is written as key: value'
                       + (f', with these keys: {", ".join(keys)}' if keys else ''))
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if key.tag == 'tag:yaml.org,2002:merge':
                merged |= self._mapping(value, what, keys)
                continue
            name = self._text(key, 'a key')
            if name in own:
                self._fail(key, f'{name}: stands here a second time, first in line '
                           f'{own[name][0].start_mark.line + 1}')
            if keys and name not in keys:
                self._fail(key, f'{what} has no key {name}' + _nearest(name, keys))
            own[name] = key, value
        return merged | own

    def _word(self, node: yaml.Node, what: str, words: Collection[str]) -> str:
        word = self._text(node, what)
        if word not in words:
            self._fail(node, f'there is no {what} {word!r}' + _nearest(word, words))
        return word

    def _text(self, node: yaml.Node, what: str) -> str:
        self._scalar(node, what)
        return str(node.value)

    def _scalar(self, node: yaml.Node, what: str) -> SettingValue:
        """Return what YAML makes of a text, a number or a truth value."""
        if not isinstance(node, yaml.ScalarNode):
            self._fail(node, f'{what}: has to be a single value')
        try:
            value: SettingValue = yaml.constructor.SafeConstructor().construct_object(node)
            return value
        except ValueError as error:
            self._fail(node, f'{what}: {error}')
        except (LookupError, AttributeError, TypeError, OverflowError):  # of `!!int` alone
            self._fail(node, f'{what}: {node.value!r} is no {node.tag.rpartition(":")[2]}')

    def _says_nothing(self, node: yaml.Node) -> bool:
        """Say whether it is null, as it is in a dump where nothing is known."""
        return bool(node.tag == 'tag:yaml.org,2002:null')

    def _fail(self, node: yaml.Node, text: str) -> NoReturn:
        mark = node.start_mark
        raise RigError(f'{self._path}:{mark.line + 1}:{mark.column + 1}: {text}')


def _names(namespace: str) -> bool:
    """Say whether ROS takes a namespace."""
    return namespace in ('', '/') or all(
        map(NAME.fullmatch, namespace.removeprefix('/').split('/')))


def _behind(devices: Sequence[RigDevice]) -> Iterator[RigDevice]:
    """Take the simulated cameras' own video from those whose pictures a matrix publishes."""
    names = {f'{device.full_name.rpartition("/")[0]}/{name}' for device in devices
             if device.parameters.get('grabber_output')
             for name in cast(Sequence[str], device.parameters.get('cameras', ()))}
    for device in devices:
        if (device.full_name in names and device.parameters.get('simulate')
                and 'video_source' in declared(TYPES[device.type])):
            device = replace(device, parameters={'video_source': 'none', **device.parameters})
        yield device


def _nearest(word: str, words: Collection[str]) -> str:
    """Name what was probably meant, or what there is."""
    near = difflib.get_close_matches(word, words, 1)
    if near:
        return f'; is {near[0]} meant?'
    return f'; there are: {", ".join(sorted(words))}' if len(words) < 12 else ''

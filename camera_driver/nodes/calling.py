# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Call a service of a node from outside: what `camera-driver call` does."""

from collections.abc import Callable, Mapping
from importlib import import_module
from time import monotonic
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rosidl_parser.definition import AbstractNestedType, BasicType, NamespacedType

from camera_driver.errors import NotSupported, OutcomeUnknown, ReplyTimeout
from camera_driver.nodes.shared_memory import check_room

DISCOVERY = 10.0  # s; mostly 0.1, but an announcement that is missed is repeated after 3
SETTLED = 1.0  # s without a new service of a node: it has told all that it has
POLL = 0.1  # s; Ctrl-C is noticed between two of them


def call(name: str, service: str, fields: object, timeout: float) -> dict[str, Any]:
    """
    Call a service of the node `name` and return the fields of its answer.

    Raises ReplyTimeout when there is no such node, ValueError when it has no such service or that
    has no such fields, and OutcomeUnknown when no answer came within `timeout` seconds: what was
    asked for may be done all the same. Raises OSError without room in the shared memory.
    """
    check_room()
    context = rclpy.Context()
    rclpy.init(context=context, args=[])
    try:
        node = Node('camera_driver_call', context=context, enable_rosout=False,
                    start_parameter_services=False)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        spin = executor.spin_once
        full_name = '/' + name.strip('/')
        path = f'{full_name}/{service.removeprefix("~/")}'
        kind = _type_of(_find(node, full_name, path, spin))
        request = filled(kind.Request, fields)
        client = node.create_client(kind, path)
        if not client.wait_for_service(DISCOVERY):
            raise ReplyTimeout(f'{path} is announced and does not answer: is {full_name} alive?')
        future = client.call_async(request)
        try:
            deadline = monotonic() + timeout
            while not future.done() and monotonic() < deadline:
                spin(timeout_sec=POLL)
        except KeyboardInterrupt:
            raise OutcomeUnknown(f'interrupted while {path} was at work') from None
        if not future.done():
            raise OutcomeUnknown(f'{path} has not answered within {timeout:g} s (--timeout); it '
                                 'may still be at work')
        answer: dict[str, Any] = _plain(future.result())
        return answer
    finally:
        rclpy.shutdown(context=context)


def _find(node: Node, name: str, path: str, spin: Callable[..., None]) -> str:
    """Wait for a service of a node and return its type."""
    services: dict[str, list[str]] = {}
    now = last_news = monotonic()
    start = now
    while now - start < DISCOVERY and not (services and now - last_news > SETTLED):
        try:
            found = dict(node.get_service_names_and_types_by_node(*_split(name)))
        except rclpy.node.NodeNameNonExistentError:
            found = {}
        if path in found:
            return str(found[path][0])
        if found != services:
            services, last_news = found, now
        spin(timeout_sec=POLL)
        now = monotonic()
    if not services:
        there = sorted(f'{namespace.rstrip("/")}/{one}'
                       for one, namespace in node.get_node_names_and_namespaces()
                       if one != node.get_name())
        raise ReplyTimeout(f'no node {name} here' + (
            f'; there are {", ".join(there)}' if there else
            ', nor any other: is it running, with the same ROS_DOMAIN_ID?'))
    raise ValueError(f'{name} has no service {path.removeprefix(name + "/")!r}; it has '
                     + ', '.join(sorted(one.removeprefix(name + '/') for one in services
                                        if '/_action/' not in one)))


def _split(name: str) -> tuple[str, str]:
    """Return name and namespace of a full name."""
    namespace, _, base = name.rpartition('/')
    return base, namespace or '/'


def _type_of(name: str) -> Any:
    """Return the class of a type such as 'std_srvs/srv/Trigger'."""
    package, _, base = name.split('/')
    try:
        return getattr(import_module(f'{package}.srv'), base)
    except (ImportError, AttributeError):
        raise NotSupported(f'{name}: this type is not installed here') from None


def filled(kind: Any, fields: object) -> Any:
    """Return a message with what was given; its other fields are as they are by default."""
    message = kind(check_fields=True)
    names = message.get_fields_and_field_types()
    if not isinstance(fields, Mapping):
        raise ValueError(f'{fields!r} in place of fields, as in {{{next(iter(names), "")}: ...}}')
    types = dict(zip(names, kind.SLOT_TYPES))
    for name, value in fields.items():
        if name not in types:
            raise ValueError(f'no field {name!r}; there are ' + (', '.join(names) or 'none'))
        try:
            setattr(message, name, _value(types[name], value))
        except AssertionError as error:
            raise ValueError(f'{error} (given: {value!r})') from None
    return message


def _value(kind: Any, value: Any) -> Any:
    """Return what YAML gave as a message's field takes it; the field itself checks the rest."""
    if isinstance(kind, NamespacedType):
        return filled(getattr(import_module('.'.join(kind.namespaces)), kind.name), value)
    if isinstance(kind, AbstractNestedType) and isinstance(value, list):
        return [_value(kind.value_type, one) for one in value]
    if isinstance(kind, BasicType) and type(value) is int:
        if kind.typename in ('float', 'double'):
            return float(value)
        if kind.typename == 'octet' and 0 <= value <= 255:
            return bytes([value])
    return value


def _plain(value: Any) -> Any:
    """Return a field of a message as YAML and JSON have it."""
    if hasattr(value, 'get_fields_and_field_types'):
        return {name: _plain(getattr(value, name))
                for name in value.get_fields_and_field_types()}
    if isinstance(value, bytes):
        return value[0]
    if isinstance(value, (str, int, float)):
        return value
    return [_plain(one) for one in (value.tolist() if hasattr(value, 'tolist') else value)]

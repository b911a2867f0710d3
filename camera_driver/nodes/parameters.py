# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Parameters: configuration, and the mirror of the device's settings.

`Configuration` is of a fixed type and has a default. Some of it can be changed at any time, some
while the node is unconfigured, some only when it starts (`When`); a set at another time fails with
the reason. What a parameter is already can always be set, so that a dump can be loaded.

A setting is a parameter of dynamic type, because only so rclpy can say that it is not known: it
is *not set* (`ros2 param get` says so, `ros2 param dump` writes null, rqt_reconfigure shows no
value) until the device has told it, or it was commanded where the device cannot tell. A value in
a YAML file, or one that was set at run time, is *commanded*: it is written after each connecting.
null in a YAML file says nothing, so that a dump can be loaded at start. A setting that is
`momentary` (one step of a display, say) is done when it is set and is *not set* again afterwards:
neither a reconnect nor a parameter file may do it once more.

Setting one: checked against what this model can, written, read back. The set fails with the
reason when the device is not there or refuses, and the parameter then shows what the device has.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
import difflib
from functools import partial
import threading
import traceback
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult)
from rclpy.node import Node
from rclpy.parameter import Parameter

from camera_driver.device import Device
from camera_driver.errors import DeviceError, Forbidden, NotConfirmed, OutcomeUnknown
from camera_driver.host.settings import HeldSettings
from camera_driver.model import Access, Setting, SettingValue, When
from camera_driver.nodes.convert import DOUBT, words
from camera_driver.nodes.rclpy_private import given_parameters, restore_type, show_parameter

COMMON = (
    Setting('port', str, 'port of the device: a serial port (prefer /dev/serial/by-id/.. over '
            '/dev/ttyUSB0), a link to one, socket://HOST:PORT, or '
            'rfc2217://HOST:PORT', default=''),
    Setting('autostart', bool, 'configure and activate at start', default=True, when=When.START),
    Setting('wait_for_device', bool, 'true: wait for a device that is absent at start; false: '
            'configuring fails, and with autostart the process exits with an error',
            default=True),
    Setting('expect_serial', str, 'serial number that ~/preflight requires of the device; empty: '
            'any',
            default='', when=When.ANY_TIME),
    Setting('reconnect_delay', float, 'delay before the first reconnection attempt; it doubles '
            'with each attempt, up to 30 s', 's', minimum=0.1, maximum=600.0, default=1.0),
    Setting('status_rate', float, 'minimum rate of ~/status', 'Hz', minimum=0.1,
            maximum=50.0, default=1.0, when=When.START),
    Setting('start_locked', bool, 'lock the node for a mission from the start, as ~/lock does; '
            'it is locked again after a restart', default=False, when=When.START),
    Setting('allow_raw_writes', bool, 'allow raw writes and messages to the device, such as '
            '~/send_message', default=False, when=When.START),
    Setting('simulate', bool, 'start a simulated device on a pseudo-terminal and connect to it '
            'instead of `port`', default=False, when=When.START),
    Setting('simulate_paced', bool, 'with simulate, pace bytes to the line speed', default=False),
    Setting('trace_file', str, 'record every byte on the line in this file (`camera-driver '
            'trace FILE` shows it); empty: no trace', default=''),
)

NOT_MENTIONED = ('null', '~', None)  # as the YAML parser of rcl hands them over
NULLS = (*NOT_MENTIONED, 'None')  # and as `ros2 param load` does

WORD_OF_BOOL = {True: ('on', 'yes', 'true'), False: ('off', 'no', 'false')}


class Configuration:
    """The node's configuration as parameters."""

    def __init__(self, node: Node, unconfigured: Callable[[], bool],
                 check_lock: Callable[[str], None]) -> None:
        """
        Begin with none.

        :param check_lock: raises DeviceError while what it names must not be done.
        """
        self._node = node
        self._unconfigured = unconfigured
        self._check_lock = check_lock
        self.settings: dict[str, Setting] = {}
        self.values: dict[str, Any] = {}

    def declare(self, settings: Iterable[Setting]) -> None:
        """
        Declare parameters and take over what was given at the start.

        Raises ValueError that says which value is not allowed.
        """
        for setting in settings:
            value: Any = () if setting.many else setting.default
            assert value is not None, f'{setting.name} needs a default'
            # Of dynamic type first: `1` in YAML is good for a float, rclpy thinks otherwise.
            given = self._node.declare_parameter(
                setting.name, parameter(setting, value).value,
                ParameterDescriptor(dynamic_typing=True)).value
            if given not in NOT_MENTIONED:
                value = setting.validate_all(adapt(setting, given))
            self._node.set_descriptor(
                setting.name, describe(setting, read_only=False, fixed_type=True),
                parameter(setting, value).get_parameter_value())
            self.settings[setting.name], self.values[setting.name] = setting, value

    def listen(self, check: Callable[[Mapping[str, Any]], None], changed: Callable[[], None]
               ) -> None:
        """
        Let parameters be set from now on.

        :param check: raises ValueError for values that do not go together.
        :param changed: is called when values have changed.
        """
        def on_set(parameters: list[Parameter]) -> SetParametersResult:
            new = self._changes(parameters)
            try:
                for name, value in new.items():
                    self._refuse_untimely(self.settings[name])
                    self.settings[name].validate_all(value)
                if new:
                    check({**self.values, **new})
            except (ValueError, Forbidden) as error:
                return SetParametersResult(successful=False, reason=words(error))
            return SetParametersResult(successful=True)

        def after(parameters: list[Parameter]) -> None:
            new = self._changes(parameters)
            self.values.update(new)
            if new:
                changed()

        self._node.add_on_set_parameters_callback(on_set)
        self._node.add_post_set_parameters_callback(after)

    def _changes(self, parameters: Iterable[Parameter]) -> dict[str, Any]:
        values = {one.name: adapt(self.settings[one.name], one.value) for one in parameters
                  if one.name in self.values}
        return {name: value for name, value in values.items() if value != self.values[name]}

    def _refuse_untimely(self, setting: Setting) -> None:
        if setting.when is When.START:
            raise ValueError(f'{setting.name} is read when the node starts: start it with another '
                             'value')
        if setting.when is When.UNCONFIGURED and not self._unconfigured():
            raise ValueError(
                f'{setting.name} concerns what is open while the node is configured: set it while '
                f'it is not (ros2 lifecycle set {self._node.get_fully_qualified_name()} '
                'deactivate, then cleanup), and configure and activate it again')
        if setting.when is When.UNCONFIGURED:
            self._check_lock(f'setting {setting.name}')


def warn_of_unknown(node: Node) -> None:
    """Name the parameters that were given and do not exist: mostly a slip of the pen."""
    known = node.list_parameters([], 0).names
    for name in given_parameters(node):
        if node.has_parameter(name) or name.startswith('qos_overrides.'):
            continue
        near = difflib.get_close_matches(name, known, 1)
        node.get_logger().warning(f'there is no parameter {name}: it has no effect'
                                  + (f'; is {near[0]} meant?' if near else ''))


def describe(setting: Setting, read_only: bool, fixed_type: bool = False) -> ParameterDescriptor:
    """Return the descriptor of a setting: description, unit, range, what is allowed."""
    descriptor = ParameterDescriptor(
        name=setting.name, read_only=read_only, dynamic_typing=not fixed_type,
        description=setting.description + (f' [{setting.unit}]' if setting.unit else ''),
        additional_constraints=f'allowed: {setting.allowed}'
        + ('; done when it is set, and not set again' if setting.momentary else
           '; write-only: shown as last commanded' if setting.access is Access.WRITE_ONLY else
           f'; can be set {setting.when.value}' if fixed_type else ''))
    if fixed_type:
        descriptor.type = _type(setting).value
    if setting.many:
        return descriptor  # ROS has no ranges of lists
    if setting.minimum is not None and setting.maximum is not None and setting.words is None:
        if setting.kind is int:
            descriptor.integer_range = [IntegerRange(
                from_value=int(setting.minimum), to_value=int(setting.maximum),
                step=int(setting.step or 0))]
        elif setting.kind is float:
            descriptor.floating_point_range = [FloatingPointRange(
                from_value=float(setting.minimum), to_value=float(setting.maximum),
                step=float(setting.step or 0.0))]
    return descriptor


def adapt(setting: Setting, value: Any) -> Any:
    """
    Undo what YAML does to words and numbers: `off` comes as False, `5` for a float as 5.

    Lists become tuples.
    """
    if setting.many and isinstance(value, (Sequence, array)) and not isinstance(value, str):
        return tuple(float(one) if type(one) is int and setting.kind is float else one
                     for one in value)
    if isinstance(value, bool) and setting.words:
        return next((word for word in WORD_OF_BOOL[value] if word in setting.words), value)
    if type(value) is int and setting.kind is float:
        return float(value)
    return value


def adapt_all(settings: Mapping[str, Setting], parameters: Iterable[Parameter]
              ) -> list[Parameter]:
    """Do the same with what is to be set; what has no setting stays as it is."""
    return [parameter(settings[one.name], adapt(settings[one.name], one.value))
            if one.name in settings and one.value is not None else one for one in parameters]


def parameter(setting: Setting, value: Any) -> Parameter:
    """Return a parameter; an empty list does not say by itself what it is a list of."""
    if setting.many and value == ():
        return Parameter(setting.name, _type(setting), [])
    return Parameter(setting.name, value=list(value) if isinstance(value, tuple) else value)


def _type(setting: Setting) -> Parameter.Type:
    kinds = Parameter.Type
    return {bool: kinds.BOOL, int: kinds.INTEGER_ARRAY if setting.many else kinds.INTEGER,
            float: kinds.DOUBLE_ARRAY if setting.many else kinds.DOUBLE,
            str: kinds.STRING_ARRAY if setting.many else kinds.STRING,
            }[setting.kind]


class SettingParameters(HeldSettings):
    """The device's settings as parameters."""

    def __init__(self, node: Node, settings: tuple[Setting, ...],
                 run: Callable[[str, Callable[[Device], None]], None],
                 changed: Callable[[Device], None]) -> None:
        """
        Declare them; nothing is known yet.

        :param run: does something with the device, on the worker (label, function).
        :param changed: is told when settings may have changed, on the worker.

        Raises ValueError when the value in a YAML file can be right for no model.
        """
        self._node = node
        self._run = run
        self._mine = threading.local()  # .showing: this thread shows what the device has
        configured: dict[str, SettingValue] = {}
        for setting in settings:
            given = node.declare_parameter(
                setting.name, None, ParameterDescriptor(dynamic_typing=True)).value
            if given not in NOT_MENTIONED and setting.momentary:
                raise ValueError(f'{setting.name}: it is done at the moment it is set; take it '
                                 'out of the parameter file')
            if given not in NOT_MENTIONED and setting.access is not Access.READ_ONLY:
                configured[setting.name] = setting.validate(adapt(setting, given))
            self._show_parameter(setting, None, '', False)
        super().__init__(settings, configured, self._show_parameter, changed=changed, words=words)
        node.add_on_set_parameters_callback(self._on_set)
        node.add_post_set_parameters_callback(self._after)

    # When somebody sets parameters.

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        wanted = {one.name: one.value for one in parameters if one.name in self.settings}
        if getattr(self._mine, 'showing', False) or not wanted:
            return SetParametersResult(successful=True)
        try:
            for name, value in wanted.items():
                if value in NULLS:
                    raise ValueError(f'{name}: null says nothing, and it stays as it is')
            self._run(f'setting {", ".join(wanted)}', partial(self.write, wanted=wanted))
            return SetParametersResult(successful=True)
        except (OutcomeUnknown, NotConfirmed) as error:
            reason = DOUBT + words(error)
        except (DeviceError, ValueError) as error:
            reason = words(error)
        except Exception as error:
            self._node.get_logger().error(f'parameters: {traceback.format_exc()}')
            reason = f'internal error: {error!r}'
        for name in wanted:
            restore_type(self._node, name)
        return SetParametersResult(successful=False, reason=reason)

    def _after(self, parameters: list[Parameter]) -> None:
        """Show what the device has made of a value that it took."""
        if getattr(self._mine, 'showing', False):
            return
        for one in parameters:
            held = self.held.get(one.name) if one.name in self.settings else None
            if held is not None and (held != one.value or self.settings[one.name].momentary):
                self._show(one.name, held)

    def _show_parameter(self, setting: Setting, value: SettingValue | None, why: str,
                        absent: bool) -> None:
        """Show what the device has; None = not known, and `why`."""
        descriptor = describe(setting, read_only=absent or setting.access is Access.READ_ONLY)
        if absent:
            descriptor.additional_constraints = why
            descriptor.integer_range = descriptor.floating_point_range = []
        elif why:
            descriptor.additional_constraints += f'; {why}'
        self._mine.showing = True
        try:
            show_parameter(self._node, Parameter(setting.name, value=value), descriptor)
        finally:
            self._mine.showing = False

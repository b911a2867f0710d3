# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A camera as a MAVLink component sees it, by the ROS interfaces of its node alone.

So the node may be on another computer. What it tells is kept, and what is asked for is asked in
the executor's thread; answers go to the components' thread by `post`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
import math
import re
from time import monotonic
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent
from rcl_interfaces.srv import DescribeParameters, GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Bool

from camera_driver.catalog import TYPES
from camera_driver.mavlink.camera import Optics, Position, Shot, State
from camera_driver.mavlink.component import Component
from camera_driver.model import Setting, SettingValue
from camera_driver.msg import CameraStatus, CaptureEvent, Exposure, Geotag, PictureReport
from camera_driver.nodes.convert import seconds
from camera_driver.nodes.qos import REQUESTS
from camera_driver.srv import Capture, DeleteImages, GetExposure, SetExposure

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
REPORTS = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
EVENTS = QoSProfile(depth=100)

CONNECTED = (CameraStatus.READY, CameraStatus.BUSY, CameraStatus.INACTIVE)
SILENT = 5.0  # s without a status after which it is not: it comes each second
# s until an answer is given up; one to a client that the node has not found yet is lost.
READING, WRITING, TAKING, DELETING = 1.0, 15.0, 120.0, 600.0

QUANTITIES = {'exposure_time': 's', 'f_number': '', 'iso': ''}
"""Of the exposure, which is no parameter but settings of a MAVLink camera; and their units."""

Reply = Callable[[Any], None]


class RosCamera:
    """One camera."""

    def __init__(self, node: Node, name: str, post: Callable[[Callable[[], None]], None],
                 optics: Optics | None = None) -> None:
        """
        Listen to the node `name`, which may come later.

        :param post: lets the components' thread do something.
        :param optics: its sensor and lens; ROS does not tell their sizes.
        """
        self._node = node
        self._name = name
        self._post = post
        self.component: Component | None = None  # that hears of shots
        # Until when an answer may come [monotonic s], and what to do when none will.
        self._asked: dict[Any, tuple[float, Callable[[str], None]]] = {}
        self._declared: Mapping[str, Setting] = {}
        self._identity = ''  # of which the settings are known
        self._allow_delete = False
        self._locked = True
        self._heard = -math.inf
        model = name.strip('/')
        self._state = State(manufacturer='unknown', model=model, optics=optics)
        self._capture = node.create_client(Capture, f'{name}/capture', qos_profile=REQUESTS)
        self._delete = node.create_client(DeleteImages, f'{name}/delete_images',
                                          qos_profile=REQUESTS)
        self._describe = node.create_client(DescribeParameters, f'{name}/describe_parameters')
        self._get = node.create_client(GetParameters, f'{name}/get_parameters')
        self._set = node.create_client(SetParameters, f'{name}/set_parameters')
        self._get_exposure = node.create_client(GetExposure, f'{name}/get_exposure',
                                                qos_profile=REQUESTS)
        self._set_exposure = node.create_client(SetExposure, f'{name}/set_exposure',
                                                qos_profile=REQUESTS)
        for kind, topic, heard, qos in (
                (CameraStatus, 'status', self._status, LATCHED),
                (CaptureEvent, 'capture_event', self._event, EVENTS),
                (Geotag, 'geotags', self._geotag, REPORTS),
                (PictureReport, 'pictures', self._picture, REPORTS),
                (Bool, 'locked', self._lock, LATCHED),
                (CameraInfo, 'camera_info', self._info, EVENTS)):
            node.create_subscription(kind, f'{name}/{topic}', heard, qos)

    # What a component asks; in its thread.

    @property
    def state(self) -> State:
        """The camera as it was last heard of."""
        return self._state

    def capture(self, done: Callable[[Shot], None]) -> None:
        """Take one picture."""
        def answered(response: Capture.Response) -> None:
            taken = None if response.outcome_unknown else bool(response.success)
            self._post(partial(done, Shot(
                response.shot_id, taken, seconds(response.stamp) or None, response.message)))

        def lost(why: str, asked: bool) -> None:
            self._post(partial(done, Shot('', None if asked else False, None, why)))

        self._ask(self._capture, Capture.Request(wait=True), TAKING, answered, lost)

    def set(self, name: str, value: SettingValue, done: Callable[[str], None]) -> None:
        """Set a setting; done when what the camera holds then is known."""
        def answered(response: SetParameters.Response) -> None:
            result = response.results[0]
            self._ask(self._get, GetParameters.Request(names=[name]), READING, partial(
                held, '' if result.successful else result.reason or 'refused'), failed)

        def held(problem: str, response: GetParameters.Response) -> None:
            self._take({name: one for one in response.values})
            self._post(partial(done, problem))

        def failed(why: str, asked: bool) -> None:
            self._post(partial(done, why))

        def exposed(response: SetExposure.Response) -> None:
            self._exposed(response.exposure)
            self._post(partial(done, '' if response.success else response.message or 'refused'))

        if name in QUANTITIES:
            unchanged = dict.fromkeys(QUANTITIES, math.nan)
            self._ask(self._set_exposure, SetExposure.Request(exposure=Exposure(
                **{**unchanged, name: float(value)})), WRITING, exposed, failed)
            return
        wanted = Parameter(name, value=value).to_parameter_msg()
        self._ask(self._set, SetParameters.Request(parameters=[wanted]), WRITING, answered, failed)

    def format(self, done: Callable[[str], None]) -> None:
        """Delete all pictures of which there are copies, as ~/delete_images does."""
        def answered(response: DeleteImages.Response) -> None:
            self._post(partial(done, '' if response.success else response.message or 'failed'))

        self._ask(self._delete, DeleteImages.Request(all=True), DELETING, answered,
                  lambda why, asked: self._post(partial(done, why)))

    def _ask(self, client: Any, request: Any, patience: float, answered: Reply,
             lost: Callable[[str, bool], None]) -> None:
        """
        Ask the node; from any thread, and answered in the executor's.

        `lost` says why there is no answer, and whether it was asked.
        """
        def ask() -> None:
            if not client.service_is_ready():
                lost(f'{self._name} is not there: is it running, with the same ROS_DOMAIN_ID?',
                     False)
                return
            future = client.call_async(request)
            self._asked[future] = monotonic() + patience, lambda why: lost(why, True)
            future.add_done_callback(over)

        def over(future: Any) -> None:
            if self._asked.pop(future, None) and not future.cancelled():
                answered(future.result())

        self._node.executor.create_task(ask)

    # What the node tells; in the executor's thread.

    def look(self) -> None:
        """Give up what will not be answered: the node is gone, or does not know who asks."""
        now = monotonic()
        if self._state.connected and now > self._heard + SILENT:
            self._state = replace(self._state, connected=False)
        gone = self._asked and not self._get.service_is_ready()
        for future, (end, lost) in list(self._asked.items()):
            if gone or now > end:
                del self._asked[future]
                future.cancel()
                lost(f'{self._name} has gone while it was at work' if gone else
                     f'{self._name} does not answer')

    def _status(self, status: CameraStatus) -> None:
        self._heard = monotonic()
        connected = status.state in CONNECTED
        free = status.memory_free if status.memory_free >= 0 and connected else None
        self._state = replace(
            self._state, connected=connected, memory_free=free,
            takes_pictures='takes_pictures' in status.abilities)
        identity = ' '.join((status.camera_type, status.manufacturer, status.model,
                             status.serial_number, status.firmware_version))
        if connected and identity != self._identity:
            self._identity = identity
            self._state = replace(
                self._state, manufacturer=status.manufacturer or status.camera_type,
                model=status.model or self._name.strip('/'),
                firmware_version=status.firmware_version)
            self._learn(status.camera_type, status.abilities)

    def _learn(self, camera_type: str, abilities: Sequence[str]) -> None:
        """Ask for the settings of another camera."""
        kind = TYPES.get(camera_type)
        declared = list(kind.device_class().SETTINGS) if kind else []
        names = [one.name for one in declared]
        more = [name for name, ability in (
            ('allow_delete', 'stores_images'), ('video_source', 'has_video'))
            if ability in abilities]

        def again(why: str, asked: bool) -> None:
            self._identity = ''  # with the next status

        def described(response: DescribeParameters.Response) -> None:
            found = [of_model(*one) for one in zip(declared, response.descriptors)]
            self._declared = {one.name: one for one in found if one}
            self._ask(self._get, GetParameters.Request(names=[*names, *more]), READING, got, again)

        def got(response: GetParameters.Response) -> None:
            self._take(dict(zip([*names, *more], response.values)))
            if 'controls_exposure' in abilities:
                self._ask(self._get_exposure, GetExposure.Request(), WRITING, exposures, again)
            else:
                tell()

        def tell() -> None:
            self._state = replace(self._state, settings=tuple(self._declared.values()))

        def exposures(response: GetExposure.Response) -> None:
            if not response.success:  # not active yet, say
                tell()
                again(response.message, True)
                return
            found = {one.quantity: Setting(
                one.quantity, float, 'of the exposure', QUANTITIES[one.quantity],
                values=tuple(one.values), minimum=one.minimum, maximum=one.maximum)
                for one in response.ranges if one.quantity in QUANTITIES}
            self._declared = {**found, **self._declared}
            tell()
            self._exposed(response.exposure)

        self._ask(self._describe, DescribeParameters.Request(names=names), READING,
                  described, again)

    def _exposed(self, exposure: Exposure) -> None:
        """Take over the exposure that the camera holds."""
        told = {name: float(getattr(exposure, name)) for name in QUANTITIES
                if name in self._declared and math.isfinite(getattr(exposure, name))}
        if told:
            self._state = replace(self._state, values={**self._state.values, **told})

    def parameters(self, event: ParameterEvent) -> None:
        """Hear of parameters of any node."""
        if event.node == self._name:
            self._take({one.name: one.value for one in (
                *event.new_parameters, *event.changed_parameters, *event.deleted_parameters)})

    def _take(self, found: Mapping[str, Any]) -> None:
        """Take over the values of parameters, as messages."""
        values = dict(self._state.values)
        for name, message in found.items():
            value = parameter_value_to_python(message)
            if name == 'allow_delete':
                self._allow_delete = bool(value)
            elif name == 'video_source':
                # Not with a password in it: all on the link would read it.
                good = str(value).startswith('rtsp://') and '@' not in str(value)
                self._state = replace(self._state, video_url=str(value) if good else '')
            elif name in self._declared and value is not None:
                values[name] = value
            else:
                values.pop(name, None)
        self._state = replace(self._state, values=values,
                              may_format=self._allow_delete and not self._locked)

    def _lock(self, locked: Bool) -> None:
        self._locked = bool(locked.data)
        self._take({})

    def _info(self, info: CameraInfo) -> None:
        if (info.width, info.height) != (self._state.width, self._state.height):
            self._state = replace(self._state, width=int(info.width), height=int(info.height))

    def _event(self, event: CaptureEvent) -> None:
        self._exposed(event.exposure)
        taken = None if event.outcome_unknown else bool(event.success)
        shot = Shot(event.shot_id, taken, seconds(event.header.stamp) or None, event.message,
                    bool(event.update))
        if self.component:
            self._post(partial(self.component.shot, shot))

    def _geotag(self, tag: Geotag) -> None:
        if self.component and tag.status == tag.TAGGED:
            over_sea = tag.height_over == tag.MEAN_SEA_LEVEL and math.isfinite(tag.height)
            self._post(partial(self.component.located, tag.shot_id, Position(
                tag.latitude, tag.longitude, tag.height if over_sea else None)))

    def _picture(self, report: PictureReport) -> None:
        if self.component and report.path and report.shot_id:
            self._post(partial(self.component.stored, report.shot_id, f'file://{report.path}'))


def of_model(setting: Setting, descriptor: ParameterDescriptor) -> Setting | None:
    """Return a setting as the model has it, from what its parameter says; None: it has it not."""
    said = re.match('allowed: ([^;]*)', descriptor.additional_constraints)
    if not said:
        return None
    if setting.words is not None:
        words = [word for word in said[1].split(', ') if word and word != 'raw:NUMBER']
        return replace(setting, words=dict(zip(words, range(len(words)))), raw_allowed=False)
    numbers = [setting.kind(one) for one in re.findall(r'-?\d[\d.e+-]*', said[1])
               ] if setting.kind in (int, float) else []
    if setting.values:
        return replace(setting, values=tuple(numbers))
    if ' to ' in said[1] and len(numbers) == 2:
        return replace(setting, minimum=numbers[0], maximum=numbers[1])
    return setting

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A video matrix and the cameras behind it: `~/routing`, presets, `~/select_camera`.

Where a frame grabber is at one of its outputs, the pictures are published under the names of the
cameras that they show.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
import re
from typing import Any

from rclpy.qos import DurabilityPolicy

from camera_driver import msg, srv
from camera_driver.abilities import Routes
from camera_driver.device import Device
from camera_driver.errors import NotSupported
from camera_driver.model import Identity, Setting, When
from camera_driver.nodes import grabber, mount, video
from camera_driver.nodes.abilities.topics import frame_of, Pictures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.diagnostics import OK, Task, WARN
from camera_driver.nodes.grabber import Behind, Grabber
from camera_driver.nodes.qos import publisher
from camera_driver.sim.video import VideoSignal

NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')


class Matrix(Part[Routes]):
    """Routing, presets and names of a matrix, and the cameras behind it."""

    ABILITY = Routes
    PARAMETERS = (
        *grabber.PARAMETERS,
        Setting('cameras', str, 'names of the cameras behind the matrix, such as [nadir, '
                'oblique]; for each of them NAME.input says which input it is connected to, and '
                'NAME.frame_id and NAME.camera_info_url are those of a camera node',
                many=True, when=When.START),
        Setting('grabber_output', int, 'output that the frame grabber is connected to; 0: none',
                minimum=0, default=0, when=When.START),
        Setting('select_preset', int, 'preset reserved for ~/select_camera, which overwrites it; '
                '0: none', minimum=0, maximum=255, default=0, when=When.ANY_TIME),
        Setting('routes', int, 'input that each output shows, starting with output 1, such as '
                '[1, 2, 3, 4, 5, 6, 7, 8]: ~/select_camera switches all of them in one step and '
                'changes only grabber_output; empty: not known', minimum=1, many=True,
                when=When.ANY_TIME),
    )
    CAMERA_PARAMETERS = (
        Setting('input', int, 'input of the matrix that the camera is connected to; 0: not known',
                minimum=0, default=0, when=When.START),
        Setting('frame_id', str, 'frame of its images (optical); empty: that of its '
                'own node, NAMESPACE/CAMERA_optical_frame',
                default='', when=When.START),
        Setting('camera_info_url', str, 'URL of its calibration; empty: '
                'file://${ROS_HOME}/camera_info/CAMERA.yaml, with simulate '
                'file://${ROS_HOME}/camera_info/simulated/CAMERA.yaml', default='',
                when=When.START),
        *mount.SETTINGS,
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self.cameras = {camera.name: camera for camera in self._cameras()}
        self._mounts = [mount.Mount(node, camera.frame_id, f'{camera.name}.')
                        for camera in self.cameras.values()]
        self._sources: dict[int, Callable[[], VideoSignal | None]] = {}  # input -> a simulated one
        self.grabber = Grabber(node, self.cameras)
        self._watches = bool(self.cameras and node.parameter('grabber_output'))
        self.routing = msg.Routing()  # the last one that was published
        self._routing = publisher(node.create_publisher, msg.Routing, '~/routing', depth=1,
                                  durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.serve(srv.SetPreset, '~/set_preset', self._set_preset, in_mission=False)
        node.serve(srv.GetPreset, '~/get_preset', self._get_preset)
        node.serve(srv.TriggerPreset, '~/trigger_preset', self._trigger_preset)
        node.serve(srv.SelectCamera, '~/select_camera', self._select_camera)
        node.serve(srv.SetName, '~/set_input_name', self._set_input_name, in_mission=False)
        self._show()

    @classmethod
    def parameters(cls, device: type[Device]) -> Sequence[Setting]:
        """Return the parameters, for this many outputs."""
        assert issubclass(device, Routes)
        most = {'grabber_output': device.OUTPUTS, 'routes': device.INPUTS}
        return [replace(one, maximum=most[one.name]) if one.name in most else one
                for one in cls.PARAMETERS]

    @classmethod
    def camera_parameters(cls, device: type[Device]) -> Sequence[Setting]:
        """Return the parameters of each camera, for this many inputs."""
        assert issubclass(device, Routes)
        return [replace(one, maximum=device.INPUTS) if one.name == 'input' else one
                for one in cls.CAMERA_PARAMETERS]

    @classmethod
    def check(cls, device: type[Device], values: Mapping[str, Any]) -> None:
        """Check the parameters of the video, and the routes."""
        assert issubclass(device, Routes)
        video.check(values)
        for name in values['cameras']:
            if f'{name}.{mount.PARENT}' in values:  # they are declared after `cameras`
                mount.check(values, f'{name}.')
        if values['routes'] and len(values['routes']) != device.OUTPUTS:
            raise ValueError(f'routes: {list(values["routes"])} is not allowed; write the inputs '
                             f'of outputs 1 to {device.OUTPUTS}, all of them')
        if values['video_source'] and not (values['cameras'] and values['grabber_output']):
            raise ValueError('video_source: pictures are published under the names of cameras; '
                             'say cameras and grabber_output')

    def values_changed(self) -> None:
        """Follow where the cameras are mounted."""
        for one in self._mounts:
            one.follow()

    def tell(self, status: msg.CameraStatus) -> None:
        """Tell of the video."""
        if self._watches:
            status.video = self.grabber.words

    def meet(self, others: Mapping[str, DeviceNode]) -> None:
        """Follow the cameras of the rig; a simulated matrix shows the simulated ones."""
        for camera in self.cameras.values():
            other = others.get(f'{self.node.get_namespace().rstrip("/")}/{camera.name}')
            pictures = other and other.find(Pictures)
            if pictures:
                self.grabber.follow(camera.name, pictures.optics)
            if other and other.shows_video:
                self._sources[camera.input] = other.simulated_video

    def begin(self) -> None:
        """Let a simulated matrix show what its rig shows."""
        if self.node.terminal and self._watches:
            simulator: Any = self.node.terminal.simulator
            simulator.video_output = self.node.parameter('grabber_output')
            simulator.sources.update(self._sources)

    def connected(self, device: Routes, identity: Identity) -> str:
        """Publish the routing from now on."""
        device.watch(lambda: self._notice(device), closely=bool(
            self._watches and self.grabber.video.source))
        self._notice(device)
        return ''

    def close(self) -> None:
        """Close the video source."""
        self.grabber.video.stop()

    def tasks(self) -> Sequence[Task]:
        """Tell of routing and video."""
        routing = self.routing
        words = ' '.join(map(str, routing.inputs)) if routing.known else (
            'not known: the matrix has not reported it, or not legibly')
        task = Task('routing', OK if routing.known else WARN, words, {'camera': routing.camera})
        return (task, *self.grabber.tasks()) if self._watches else (task,)

    def set_active(self, active: bool) -> None:
        """Open the video source, or close it."""
        if not active:
            self.grabber.video.stop()
        elif self._watches:
            self.grabber.video.start()

    # Configuration.

    def _cameras(self) -> Sequence[Behind]:
        """Read the parameters of the cameras. Raises ValueError that names the wrong one."""
        found: list[Behind] = []
        names = self.node.parameter('cameras')
        for name in names:
            if not NAME.fullmatch(name) or names.count(name) > 1:
                raise ValueError(f'cameras: {name!r} is not a name, or is there twice; names have '
                                 'letters, digits and _')
            self.node.configuration.declare([replace(one, name=f'{name}.{one.name}')
                                             for one in self.node.camera_parameters()])
            mount.check(self.node.configuration.values, f'{name}.')
            get = self.node.parameter
            number = int(get(f'{name}.input'))
            if not number:
                raise ValueError(f'{name}.input: say at which input of the matrix {name} is')
            taken = next((one.name for one in found if one.input == number), None)
            if taken:
                raise ValueError(f'{name}.input: input {number} is that of {taken}')
            found.append(Behind(
                name, number, str(get(f'{name}.frame_id') or frame_of(
                    f'{self.node.get_namespace().rstrip("/")}/{name}')),
                str(get(f'{name}.camera_info_url'))))
        return found

    # Routing.

    def camera_at(self, inputs: Sequence[int] | None) -> Behind | None:
        """Return the camera at the grabber's output; None: none that is configured, or unknown."""
        output = self.node.parameter('grabber_output')
        if not inputs or not output:
            return None
        return next((camera for camera in self.cameras.values()
                     if camera.input == inputs[output - 1]), None)

    def _notice(self, device: Routes) -> None:
        """Take note of what the matrix has said; in the worker's thread."""
        inputs = device.routing()
        if inputs != (tuple(self.routing.inputs) if self.routing.known else None):
            self.grabber.select(self.camera_at(inputs))
            self._show(inputs)
        self.grabber.heard(device.heard_until)

    def _show(self, inputs: Sequence[int] | None = None) -> None:
        """Publish the routing; in the worker's thread, and first when the node is made."""
        camera = self.camera_at(inputs)
        message = msg.Routing(known=inputs is not None, inputs=array('B', inputs or ()),
                              camera=camera.name if camera else '')
        message.header.stamp = self.node.get_clock().now().to_msg()
        self.routing = message
        self.node.publish(self._routing, lambda: message)

    def _select_camera(self, request: srv.SelectCamera.Request,
                       response: srv.SelectCamera.Response) -> None:
        camera = self.cameras.get(request.camera)
        if camera is None:
            raise ValueError(f'no camera {request.camera!r} in the parameter cameras; there are: '
                             f'{", ".join(self.cameras) or "none"}')
        get = self.node.parameter
        preset, output = get('select_preset'), get('grabber_output')
        routes = get('routes')
        missing = [name for name, value in (('select_preset', preset), ('routes', routes),
                                            ('grabber_output', output)) if not value]
        if missing:
            raise NotSupported(
                f'selecting a camera routes every output of the matrix, by a preset; say at the '
                f'start of the node what they shall show: {", ".join(missing)}')
        inputs = [camera.input if number == output else shown
                  for number, shown in enumerate(routes, 1)]
        response.inputs = array('B', self.run(
            f'selecting {camera.name}', lambda device: device.route(preset, inputs)))
        response.message = f'output {output} shows {camera.name} (input {camera.input})'

    # Presets, names, locks.

    def _set_preset(self, request: srv.SetPreset.Request,
                    response: srv.SetPreset.Response) -> None:
        number, inputs = request.preset, list(request.inputs)
        if not inputs and not request.name:
            raise ValueError('nothing to set: inputs and name are empty')
        if number == self.node.parameter('select_preset') and number:
            raise ValueError(f'preset {number} is reserved for ~/select_camera (parameter '
                             'select_preset)')

        def work(device: Routes) -> tuple[Sequence[int], str]:
            if inputs:
                device.set_preset(number, inputs)
            if request.name:
                device.set_preset_name(number, request.name)
            return device.preset(number), device.preset_name(number)

        held, response.name = self.run(f'setting preset {number}', work)
        response.inputs = array('B', held)

    def _get_preset(self, request: srv.GetPreset.Request,
                    response: srv.GetPreset.Response) -> None:
        number = request.preset
        held, response.name = self.run(f'reading preset {number}', lambda device: (
            device.preset(number), device.preset_name(number)))
        response.inputs = array('B', held)

    def _trigger_preset(self, request: srv.TriggerPreset.Request,
                        response: srv.TriggerPreset.Response) -> None:
        number = request.preset
        response.inputs = array('B', self.run(
            f'triggering preset {number}', lambda device: device.trigger_preset(number)))

    def _set_input_name(self, request: srv.SetName.Request,
                        response: srv.SetName.Response) -> None:
        self.run(f'naming input {request.number}',
                 lambda device: device.set_input_name(request.number, request.name))
        response.outcome_unknown = True
        response.message = 'sent; the protocol, as far as it is known, cannot read it back'

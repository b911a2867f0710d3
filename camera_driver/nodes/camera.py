# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The node of a device that takes pictures: capture, exposure, calibration, sequences.

What the stamp of a shot means: the time at which the trigger had left the serial port, in ROS
time, plus the parameter `trigger_delay`. Its uncertainty is the round trip of a command on this
line: it bounds how late the camera took the command, and says nothing of the shutter.
"""

from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from copy import deepcopy
from dataclasses import asdict, replace
from functools import partial
import math
import os
from pathlib import Path
from tempfile import TemporaryDirectory
import threading
from typing import Any, TypeVar

from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.srv import SetCameraInfo
from std_msgs.msg import Header
from std_srvs.srv import SetBool

from camera_driver import msg, srv
from camera_driver.device import Camera
from camera_driver.errors import DeviceError, Forbidden, NotSupported, OutcomeUnknown, Refused
from camera_driver.host.worker import Priority
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Exposure, Identity, RegionOfInterest, Setting
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode
from camera_driver.nodes.camera_info import Calibration, DEFAULT_URL
from camera_driver.nodes.diagnostics import OK, Task, WARN
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.nodes.sequence import Sequences

T = TypeVar('T')

QUANTITIES = ('exposure_time', 'f_number', 'iso')


class CameraNode(DeviceNode):
    """Base of the nodes of cameras; knows no device type."""

    PARAMETERS = (
        *DeviceNode.PARAMETERS,
        Setting('trigger_delay', float, 'from the trigger on the line to the exposure, as '
                'measured for this model; added to the stamp', 's', minimum=0.0, maximum=10.0,
                default=0.0),
        Setting('frame_id', str, 'frame of the images (optical: z forward, x right, y down); '
                'empty: NAME_optical_frame', default=''),
        Setting('camera_info_url', str, 'file:// or package:// URL of the calibration; ${NAME} '
                f'and ${{ROS_HOME}} are replaced; empty: {DEFAULT_URL}', default=''),
        Setting('ledger_file', str, 'where every commanded shot is recorded; may be shared by '
                'all cameras; empty: ${ROS_HOME}/camera_driver/shots.sqlite3, or a temporary '
                'one with simulate', default=''),
    )

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        name = self.get_name()
        self.frame_id = self.parameter('frame_id') or f'{name}_optical_frame'
        self.calibration = Calibration(name, self.parameter('camera_info_url'))
        if self.calibration.problem:
            self.get_logger().warning(self.calibration.problem)
        self._ledger_lock = threading.Lock()
        self._own_folder: TemporaryDirectory | None = None  # of a simulated camera's ledger
        self._ledger = Ledger(self._ledger_file(), self.get_fully_qualified_name().lstrip('/'),
                              self.seconds())
        self.counters = self._ledger.counters()
        self.images = ImageTopics(self, calibration=self.calibration)
        # One per shot, also of a shot that was under way when the node was deactivated.
        self._events = self.create_publisher(
            msg.CaptureEvent, '~/capture_event', QoSProfile(depth=100),
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        self.serve(srv.Capture, '~/capture', self._capture)
        self.serve(srv.GetExposure, '~/get_exposure', self._get_exposure)
        self.serve(srv.SetExposure, '~/set_exposure', self._set_exposure)
        self.serve(srv.StepExposure, '~/step_exposure', self._step_exposure)
        self.serve(srv.SetRegionOfInterest, '~/set_roi', self._set_roi)
        self.create_service(SetCameraInfo, '~/set_camera_info', self._set_camera_info,
                            callback_group=self.waiting)
        self._sequences = Sequences(self)

    def destroy_node(self) -> None:
        """Destroy the node; the ledger is closed when nobody can write to it any more."""
        super().destroy_node()
        with self._ledger_lock:
            self._ledger.close()
        if self._own_folder:
            self._own_folder.cleanup()

    def extra_diagnostics(self) -> Sequence[Task]:
        """Tell how many of the commanded shots are exposed, stored, downloaded and verified."""
        counters = self.counters
        values = {**asdict(counters), 'ledger': str(self._ledger.path)}
        done = f'{counters.downloaded} downloaded'
        if self._device_class.list_images is Camera.list_images:
            values.update(stored='unknown', downloaded='unknown', verified='unknown')
            done = 'stored: unknown, this protocol does not tell'
        if self._ledger.problem:
            return (Task('shots', WARN, self._ledger.problem, values),)
        if counters.unknown or counters.failed:
            return (Task('shots', WARN, f'of {counters.commanded} commanded shots '
                         f'{counters.failed} failed and {counters.unknown} are unknown', values),)
        return (Task('shots', OK, f'{counters.commanded} commanded, {counters.exposed} exposed, '
                     f'{done}', values),)

    def forget_exposure(self) -> None:
        """Do not set the exposure again that was commanded."""
        self._commanded_exposure = Exposure()

    def _configure(self) -> None:
        self.forget_exposure()  # another device may come
        super()._configure()

    def _device_connected(self, device: Camera, identity: Identity) -> str:
        # The exposure first: parameters that belong to it and are still commanded came later.
        done = (self._expose_again(device), super()._device_connected(device, identity))
        return '; '.join(words for words in done if words)

    # The ledger.

    def ledger(self, work: Callable[[Ledger], T]) -> T:
        """Do something with the ledger; from any thread."""
        with self._ledger_lock:
            result = work(self._ledger)
            self.counters = self._ledger.counters()
        return result

    def _ledger_file(self) -> Path:
        if self.parameter('simulate') and not self.parameter('ledger_file'):
            # A simulated camera forgets its images at its end; so does its ledger.
            self._own_folder = TemporaryDirectory(prefix='camera_driver_')
            return Path(self._own_folder.name, 'shots.sqlite3')
        home = os.environ.get('ROS_HOME') or str(Path.home() / '.ros')
        name = self.parameter('ledger_file') or '${ROS_HOME}/camera_driver/shots.sqlite3'
        return Path(name.replace('${ROS_HOME}', home))

    # Taking pictures.

    def shoot(self, triggered: Callable[[msg.CaptureEvent], None] = lambda _: None,
              ) -> 'Future[msg.CaptureEvent]':
        """
        Take one picture and account for it: ledger, event, stamp. Returns at once.

        :param triggered: called in the worker's thread when the trigger has left, with what is
            known then.
        :returns: the future of the event that is published; its `success` and `message` say how
            it went. Raises Busy, PortError when no shot can be commanded.
        """
        self.before_capture()
        event = msg.CaptureEvent()
        running = self.start('capturing', partial(self._shoot, event=event, triggered=triggered),
                             Priority.CAPTURE)
        self.make_way()
        outcome: Future[msg.CaptureEvent] = Future()

        def done(_: object) -> None:
            error = running.exception()
            if error and not event.shot_id:
                outcome.set_exception(error)  # nothing was commanded
            else:
                outcome.set_result(event)

        running.add_done_callback(done)
        return outcome

    def before_capture(self) -> None:
        """Refuse a capture that may not happen now. Raises Busy."""

    def make_way(self) -> None:
        """Let a capture that is in the queue come soon."""

    def check_download(self) -> None:
        """Raise NotSupported where pictures do not come over the line."""
        if self._device_class.download is Camera.download:
            raise NotSupported('the pictures of this camera do not come over its line; leave '
                               'download false')

    def download_later(self, index: int) -> None:
        """Download a picture that was just taken, in the background."""
        raise NotSupported('pictures do not come over the line of this camera')

    def taken(self, index: int) -> None:
        """Hear of an image that a shot has just stored; in the worker's thread."""

    def _shoot(self, camera: Camera, event: msg.CaptureEvent,
               triggered: Callable[[msg.CaptureEvent], None]) -> None:
        """Take one picture; in the worker's thread."""
        if type(camera).capture is Camera.capture:
            camera.capture()  # says that it cannot: there is nothing to record
        event.image_index = -1
        event.stamp_source = event.STAMP_UNKNOWN
        event.stamp_uncertainty = math.nan
        event.exposure = convert.exposure_message(Exposure())
        event.header = Header(frame_id=self.frame_id)
        commanded = self.seconds()
        shot_id = self.ledger(lambda ledger: ledger.command(self.identity, commanded))
        event.shot_id = shot_id
        delay = float(self.parameter('trigger_delay'))

        stamp: float | None = None  # the trigger has not left

        def left(port_time: float) -> None:
            nonlocal stamp
            stamp = self.seconds_of(port_time) + delay
            event.header.stamp = convert.time_message(stamp)
            event.stamp_source = event.STAMP_TRIGGER
            event.stamp_uncertainty = convert.number(camera.statistics.last_round_trip)
            self.ledger(lambda ledger: ledger.triggered(shot_id, stamp - delay))
            triggered(event)

        try:
            shot = camera.capture(left)
        except Exception as error:
            # Behind the trigger, all but the camera's own 'no' leaves it open.
            event.outcome_unknown = (isinstance(error, OutcomeUnknown)
                                     or not isinstance(error, DeviceError)
                                     or stamp is not None and not isinstance(error, Refused))
            event.message = str(error) or repr(error)
            record = Ledger.unknown if event.outcome_unknown else Ledger.failed
            self.ledger(lambda ledger: record(ledger, shot_id, event.message))
            self._events.publish(event)
            raise
        if stamp is not None and shot.accepted is not None:
            event.stamp_uncertainty = shot.accepted - shot.sent
        else:  # not accepted in words, but settled by the camera's count: some time until now
            stamp = self.seconds_of(shot.sent) + delay
            event.header.stamp = convert.time_message(stamp)
            event.stamp_source = event.STAMP_TRIGGER
            event.stamp_uncertainty = self.seconds() - commanded
        event.image_index = convert.count(shot.image_index)
        event.exposure = convert.exposure_message(shot.exposure)
        event.message = '; '.join(filter(None, (
            shot.settled, shot.delay and f'making it ready took {shot.delay:.2f} s')))
        event.success = True
        self.ledger(lambda ledger: ledger.exposed(
            shot_id, stamp, event.stamp_source, event.stamp_uncertainty, shot.exposure,
            shot.image_index, event.message))
        self._events.publish(event)
        if shot.image_index is not None:
            self.taken(shot.image_index)

    # Services.

    def _capture(self, request, response):
        response.image_index, response.stamp_uncertainty = -1, math.nan  # should it fail
        if request.download:
            self.check_download()
        left: Future[msg.CaptureEvent] = Future()
        running = self.shoot(lambda event: left.set_result(deepcopy(event)))
        if request.download:
            running.add_done_callback(self._download_when_taken)
        wait((running,) if request.wait else (running, left), return_when=FIRST_COMPLETED)
        event = running.result() if running.done() else left.result()
        response.success = event.success or not running.done()
        response.message, response.shot_id = event.message, event.shot_id
        response.image_index = event.image_index
        response.stamp = event.header.stamp
        response.stamp_uncertainty = event.stamp_uncertainty

    def _download_when_taken(self, running: 'Future[msg.CaptureEvent]') -> None:
        if running.exception() or not running.result().success:
            return
        try:
            self.download_later(running.result().image_index)
        except DeviceError as error:
            self.get_logger().error(f'{running.result().shot_id} is not downloaded: {error}')

    def _get_exposure(self, _, response):
        response.exposure = convert.exposure_message(Exposure())
        exposure, ranges = self.run('reading the exposure', lambda camera: (
            camera.exposure(), camera.exposure_ranges()))
        response.exposure = convert.exposure_message(exposure)
        response.ranges = convert.range_messages(ranges)

    def _set_exposure(self, request, response):
        response.exposure = convert.exposure_message(Exposure())  # should it fail
        wanted = convert.exposure_request(request.exposure)
        if wanted == Exposure():
            raise ValueError('nothing to set: every quantity is NaN and the aperture empty')
        exposure = self.run('setting the exposure', lambda camera: self._expose(
            camera, lambda: camera.set_exposure(wanted, request.nearest)))
        self._remember(wanted, exposure)
        response.exposure = convert.exposure_message(exposure)

    def _step_exposure(self, request, response):
        response.exposure = convert.exposure_message(Exposure())
        if request.quantity not in QUANTITIES:
            raise ValueError(f'quantity {request.quantity!r}: write one of '
                             f'{", ".join(QUANTITIES)}')
        if not math.isfinite(request.steps):
            raise ValueError(f'steps: {request.steps:g} is not a number of EV')
        exposure = self.run('setting the exposure', lambda camera: self._expose(
            camera, lambda: camera.step_exposure(request.quantity, request.steps)))
        self._remember(Exposure(**{request.quantity: getattr(exposure, request.quantity)}),
                       exposure)
        response.exposure = convert.exposure_message(exposure)

    def _expose(self, camera: Camera, command: Callable[[], Exposure]) -> Exposure:
        """Change the exposure and show the settings that this changes, also when it fails."""
        try:
            return command()
        finally:
            self.settings.refresh(camera, camera.EXPOSURE_SETTINGS)

    def _remember(self, wanted: Exposure, held: Exposure) -> None:
        """Remember what was commanded, as the camera holds it where it says so."""
        known = self._commanded_exposure
        if wanted.f_number is not None or wanted.aperture:  # two names of one quantity
            known = replace(known, f_number=None, aperture='')
        self._commanded_exposure = replace(known, **{
            name: value if getattr(held, name) in (None, '') else getattr(held, name)
            for name, value in vars(wanted).items() if value not in (None, '')})

    def _expose_again(self, camera: Camera) -> str:
        """Set the exposure that was commanded, after a reconnect; say what was done."""
        if self._commanded_exposure == Exposure():
            return ''
        try:
            held = camera.set_exposure(self._commanded_exposure, nearest=True)
        except (Refused, NotSupported, ValueError) as error:
            self.get_logger().error(f'exposure: could not be applied: {error}')
            return f'not applied: exposure: {error}'
        wishes = ((name, getattr(self._commanded_exposure, name), getattr(held, name))
                  for name in QUANTITIES)
        others = ', '.join(  # its range may be another one now, with another lens
            f'{name} {value:.4g} instead of {wanted:.4g}' for name, wanted, value in wishes
            if None not in (wanted, value) and not math.isclose(wanted, value, rel_tol=0.01))
        if not others:
            return 'applied: exposure'
        self.get_logger().warning(f'exposure: {others}')
        return f'applied: exposure, but {others}'

    def _set_roi(self, request, response):
        wanted = convert.roi_request(request.roi)
        shown = self.command('setting the region', lambda camera: camera.set_roi(wanted))
        response.roi = convert.roi_message(shown)
        if shown != wanted != RegionOfInterest():
            response.message = (f'widened to {shown.width} x {shown.height} pixels at '
                                f'({shown.x_offset}, {shown.y_offset})')

    def _set_camera_info(self, request, response):
        # Not by `serve`: this service calls its message otherwise, and needs no device.
        try:
            self.calibration.store(request.camera_info)
            response.success = True
            response.status_message = f'used from now on and saved as {self.calibration.path}'
        except (ValueError, DeviceError) as error:
            response.status_message = str(error)
        return response

    # What only some cameras have; their nodes offer it.

    def offer_live_view(self) -> None:
        """Offer `~/set_live_view`."""
        self.serve(SetBool, '~/set_live_view', self._set_live_view)

    def _set_live_view(self, request, response):
        self.command('switching live view', lambda camera: camera.set_live_view(request.data))
        response.message = f'live view is {"on" if request.data else "off"}'

    def offer_registers(self) -> None:
        """Offer `~/read_register` and `~/write_register`."""
        self.serve(srv.ReadRegister, '~/read_register', self._read_register)
        self.serve(srv.WriteRegister, '~/write_register', self._write_register)

    def _read_register(self, request, response):
        kind = 'bytes' if request.text else 'int'
        value = self.run(f'reading register {request.register_number}',
                         lambda camera: camera.read_register(request.register_number, kind))
        if isinstance(value, int):
            response.value = value
        else:
            response.data = array('B', value)

    def _write_register(self, request, response):
        if not self.parameter('allow_raw_writes'):
            raise Forbidden('raw writes are locked; start the node with allow_raw_writes: true')
        value = bytes(request.data) if request.text else request.value
        self.raw_command(
            f'writing register {request.register_number}',
            lambda camera: camera.write_register(request.register_number, value))

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One camera as a MAVLink camera component (protocol v2): what it answers, sends and takes.

Nothing here waits, and time comes from outside: messages go in by `receive`, time passes in
`tick`, and what is to be sent comes out by `send`. Of the thread of its service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
import logging
import math
import re
from typing import Any

from pymavlink.dialects.v20 import common as mavlink

from camera_driver.mavlink import ftp
from camera_driver.mavlink.camera import Camera, Optics, Position, Shot
from camera_driver.mavlink.definition import definition, parameters
from camera_driver.mavlink.images import Image, Images
from camera_driver.mavlink.orders import Link, Order, REPEATED, START
from camera_driver.mavlink.position import Track, Way
from camera_driver.mavlink.settings import PROGRESS, Settings
from camera_driver.payload.survey import DISTANCE, RANGES

log = logging.getLogger(__name__)

HEARTBEAT = 1.0  # s
FAILURE_PAUSE = 1.0  # s of a sequence behind a picture that failed
PACE = 0.02  # s between messages of a long answer: a telemetry radio takes 6 kB/s
SHORTEST_STREAM = 0.1  # s
MOST_SECONDS = 1e6
WAY_PERIOD = 0.05  # s between looks how far the vehicle has come
SHORTEST, LONGEST = RANGES[DISTANCE]['distance']  # m
UNKNOWN_PROGRESS = 255
NOT_KNOWN = 2 ** 31 - 1  # of latitude, longitude and heights
UNKNOWN_OPTICS = Optics(math.nan, math.nan, math.nan)
MEBIBYTE = 1024 * 1024

ACCEPTED: int = mavlink.MAV_RESULT_ACCEPTED
REJECTED: int = mavlink.MAV_RESULT_TEMPORARILY_REJECTED
DENIED: int = mavlink.MAV_RESULT_DENIED
UNSUPPORTED: int = mavlink.MAV_RESULT_UNSUPPORTED
FAILED: int = mavlink.MAV_RESULT_FAILED
IN_PROGRESS: int = mavlink.MAV_RESULT_IN_PROGRESS

TRIGGER_INTERVAL: int = mavlink.MAV_CMD_DO_SET_CAM_TRIGG_INTERVAL
TRIGGER_DISTANCE: int = mavlink.MAV_CMD_DO_SET_CAM_TRIGG_DIST
OF_AUTOPILOT = TRIGGER_INTERVAL, TRIGGER_DISTANCE
"""An autopilot triggers by itself on these, so what is sent to all is not meant for a camera."""

INFORMATION: int = mavlink.MAVLINK_MSG_ID_CAMERA_INFORMATION
SETTINGS: int = mavlink.MAVLINK_MSG_ID_CAMERA_SETTINGS
STORAGE: int = mavlink.MAVLINK_MSG_ID_STORAGE_INFORMATION
CAPTURE_STATUS: int = mavlink.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS
IMAGE_CAPTURED: int = mavlink.MAVLINK_MSG_ID_CAMERA_IMAGE_CAPTURED
VIDEO: int = mavlink.MAVLINK_MSG_ID_VIDEO_STREAM_INFORMATION
VIDEO_STATUS: int = mavlink.MAVLINK_MSG_ID_VIDEO_STREAM_STATUS


class Component:
    """One camera on all links."""

    def __init__(self, system: int, component: int, camera: Camera, images: Images,
                 send: Callable[[Any, Link], None], clock: Callable[[], float],
                 utc: Callable[[], float], track: Track, definitions: str = '') -> None:
        """
        Begin; `tick` sends the first heartbeat.

        :param send: is given a message and the link that it goes to; None: all.
        :param clock: monotonic seconds.
        :param utc: seconds since 1970.
        :param track: of the vehicle.
        :param definitions: where the definition can be had by HTTP; empty: by MAVLink FTP alone.
        """
        self._system = system
        self._track = track
        self.component = component
        self._camera = camera
        self._images = images
        self._send = send
        self._clock = clock
        self._utc = utc
        self._start = now = clock()
        self._files = ftp.FileServer()
        self._settings = Settings(component, camera, self._look, lambda one: send(one, None),
                                  clock)
        # Those from before this process may have been done, and are not done again.
        self._orders = {key: Order((0, 0), None, START, (math.nan,) * 7, 0, now, result=FAILED)
                        for key in images.orders(utc() - REPEATED)}
        self._streams = {mavlink.MAVLINK_MSG_ID_HEARTBEAT: (HEARTBEAT, now)}  # period, next
        self._outbox: dict[tuple[Any, ...], Callable[[], Any]] = {}  # long answers; link first
        self._paced = now
        # What is being done.
        self._order: Order | None = None  # of a single picture, to be answered at its end
        self._sequence: Order | None = None  # of several pictures, answered at once
        self._formatting: Order | None = None
        self._shooting = False
        self._shot_for: Order | None = None  # the order of the picture that is being taken
        self._left = 0.0  # pictures still to be begun; inf: until it is stopped
        self._interval = 0.0  # s
        self._way: Way | None = None  # of a sequence along it
        self._next = now
        self._others: list[Shot] = []  # events that came meanwhile
        # What is known of the camera, and follows from it.
        self._state = camera.state
        # Another one for each: MAVSDK fetches all into one folder, at the same time.
        self._path = f'/info/camera_{component}.xml.xz'
        self.uri = (f'{definitions}/camera_{component}.xml' if definitions else
                    f'mftp://{self._path}')
        self._define()
        self._commands: Mapping[int, Callable[[Order], int | None]] = {
            mavlink.MAV_CMD_REQUEST_MESSAGE: self._request_message,
            mavlink.MAV_CMD_REQUEST_CAMERA_INFORMATION: partial(self._request, INFORMATION),
            mavlink.MAV_CMD_REQUEST_CAMERA_SETTINGS: partial(self._request, SETTINGS),
            mavlink.MAV_CMD_REQUEST_STORAGE_INFORMATION: partial(self._request, STORAGE),
            mavlink.MAV_CMD_REQUEST_CAMERA_CAPTURE_STATUS: partial(self._request, CAPTURE_STATUS),
            mavlink.MAV_CMD_REQUEST_CAMERA_IMAGE_CAPTURE: self._request_image,
            mavlink.MAV_CMD_REQUEST_VIDEO_STREAM_INFORMATION: partial(self._request, VIDEO),
            mavlink.MAV_CMD_REQUEST_VIDEO_STREAM_STATUS: partial(self._request, VIDEO_STATUS),
            mavlink.MAV_CMD_SET_MESSAGE_INTERVAL: self._set_interval,
            mavlink.MAV_CMD_GET_MESSAGE_INTERVAL: self._get_interval,
            mavlink.MAV_CMD_SET_CAMERA_MODE: self._set_mode,
            mavlink.MAV_CMD_IMAGE_STOP_CAPTURE: self._stop_capture,
            **self._done_once,
        }

    @property
    def _done_once(self) -> Mapping[int, Callable[[Order], int | None]]:
        """What must not be done twice for one command."""
        return {START: self._start_capture,
                mavlink.MAV_CMD_DO_DIGICAM_CONTROL: self._digicam,
                TRIGGER_INTERVAL: self._trigger_interval,
                TRIGGER_DISTANCE: self._trigger_distance,
                mavlink.MAV_CMD_STORAGE_FORMAT: self._format}

    @property
    def _messages(self) -> Mapping[int, Callable[[], Any]]:
        """What can be asked for by number, and sent at an interval."""
        return {mavlink.MAVLINK_MSG_ID_HEARTBEAT: self._heartbeat,
                INFORMATION: self._information, SETTINGS: self._camera_settings,
                STORAGE: self._storage, CAPTURE_STATUS: self._capture_status,
                **({VIDEO: self._video, VIDEO_STATUS: self._video_status}
                   if self._state.video_url else {})}

    # In.

    def receive(self, message: Any, link: Link) -> None:
        """Take a message of somebody else."""
        kind = message.get_type()
        sender = message.get_srcSystem(), message.get_srcComponent()
        if (getattr(message, 'target_system', 0) not in (0, self._system)
                or getattr(message, 'target_component', 0) not in (0, self.component)):
            return
        if kind in ('COMMAND_LONG', 'COMMAND_INT'):
            last = ((message.param5, message.param6, message.param7) if kind == 'COMMAND_LONG' else
                    (message.x, message.y, message.z))
            self._command(Order(
                sender, link, message.command,
                (message.param1, message.param2, message.param3, message.param4, *last),
                getattr(message, 'confirmation', 0), self._clock(), {message.get_seq()}),
                broadcast=message.target_component == 0)
        elif kind == 'TIMESYNC' and message.tc1 == 0:
            self._send(mavlink.MAVLink_timesync_message(
                int((self._clock() - self._start) * 1e9), message.ts1), link)
        elif kind == 'FILE_TRANSFER_PROTOCOL':
            for reply in self._files.ask(sender, message.payload):
                self._outbox[link, sender, reply.number] = partial(ftp.message, sender, reply)
        elif kind == 'PARAM_EXT_SET':
            self._settings.set(message)
        elif kind in ('PARAM_EXT_REQUEST_LIST', 'PARAM_EXT_REQUEST_READ'):
            for name in self._settings.asked(message):
                self._outbox[link, name] = partial(self._settings.message, name)

    def shot(self, shot: Shot) -> None:
        """Hear of a shot of the camera, whoever asked for it; also how one was settled."""
        if self._shooting:  # perhaps the one that was asked for here, whose ACK comes first
            self._others.append(shot)
        else:
            self._announce(shot)

    def located(self, shot_id: str, position: Position) -> None:
        """Hear where a shot was taken, from who knows better than the link."""
        image = self._images.of_shot(shot_id)
        if image and _placed(image, position) != image:
            self._tell(_placed(image, position))

    def stored(self, shot_id: str, url: str) -> None:
        """Hear where the picture of a shot is now."""
        image = self._images.of_shot(shot_id)
        if image:
            self._images.save(replace(image, url=url))

    def tick(self) -> float:
        """Do what is due now and return when to call again [s], if nothing comes before."""
        now = self._clock()
        self._look()
        for number, (period, due) in list(self._streams.items()):
            if now >= due:
                self._streams[number] = period, max(due + period, now)
                if number in self._messages:
                    self._send(self._messages[number](), None)
        for order in (self._order, self._formatting):
            if order and now >= order.told + PROGRESS:
                self._answer(order, IN_PROGRESS)
        self._settings.tick(now)
        if self._way:
            self._fly(self._way)
        elif self._left and not self._shooting and now >= self._next:
            self._shoot()
        if self._outbox and now >= self._paced:
            self._paced = now + PACE
            key = next(iter(self._outbox))
            message = self._outbox.pop(key)()
            if message is not None:  # it is still there
                self._send(message, key[0])
        self._orders = {key: order for key, order in self._orders.items()
                        if order.result is None or now <= order.at + REPEATED}
        return min([due for _, due in self._streams.values()] + [now + PROGRESS / 2]
                   + ([self._paced] if self._outbox else [])
                   + ([now + WAY_PERIOD] if self._way else [self._next] if (
                       self._left and not self._shooting) else []))

    # The camera.

    def _look(self) -> None:
        """Take over what is known of the camera by now, and tell of what has changed."""
        before, self._state = self._state, self._camera.state
        if before == self._state:
            return
        if before.about != self._state.about:
            self._define()
            self._send(self._information(), None)
        if before.memory_free != self._state.memory_free:
            self._send(self._storage(), None)

    def _define(self) -> None:
        """Describe the settings that there are."""
        self._settings.known = parameters(self._state.settings)
        self.definition = definition(self._state.manufacturer, self._state.model,
                                     self._settings.known)
        self._files.files = {self._path: self.definition.packed}

    def _shoot(self) -> None:
        self._shooting = True
        self._shot_for = self._order or self._sequence
        self._left -= 1
        self._next += self._interval
        self._camera.capture(self._shot)
        self._send(self._capture_status(), None)

    def _shot(self, shot: Shot) -> None:
        """Hear what became of the picture that was asked for here."""
        self._shooting = False
        if shot.taken is not True:
            log.error('component %d: %s: %s', self.component, 'no picture' if shot.taken is False
                      else 'perhaps no picture', shot.message)
        order, self._order = self._order, None
        if order:
            self._answer(order, ACCEPTED if shot.taken else FAILED)
        if not self._left:
            self._sequence = None
            self._interval = 0.0
        now = self._clock()
        if not shot.taken:
            self._next = max(self._next, now + FAILURE_PAUSE)
        while self._interval and self._next < now:  # places that have passed are left out
            self._next += self._interval
        self._announce(shot, self._shot_for)
        for one in self._others:
            self._announce(one)
        self._others.clear()

    def _announce(self, shot: Shot, order: Order | None = None) -> None:
        """Tell all of a shot, unless they know; `order`: it was taken for."""
        image = self._images.of_shot(shot.shot_id) if shot.shot_id else None
        if image is None:
            if shot.settled:  # of before there was a component, or before formatting
                return
            image = Image(self._images.count, shot.shot_id, shot.taken, shot.stamp)
            if order:
                self._images.commanded(
                    image.number, *order.sender, order.command, order.parameters[3] if (
                        order.number or order.counts_from_zero) else None)
            position = shot.taken and self._track.at(shot.stamp or self._utc())
            self._tell(_placed(image, position) if position else image)
        elif shot.settled and image.taken is not shot.taken:
            self._tell(replace(image, taken=shot.taken, stamp=shot.stamp or image.stamp))

    def _tell(self, image: Image) -> None:
        def then() -> None:
            self._send(self._image(image), None)
            self._send(self._capture_status(), None)

        self._images.save(image, then)

    # Commands.

    def _command(self, order: Order, broadcast: bool) -> None:
        handler = self._commands.get(order.command)
        if handler is None or (broadcast and order.command in OF_AUTOPILOT):
            if not broadcast:  # else it is meant for others, who would seem to refuse it
                self._answer(order, UNSUPPORTED)
            return
        if order.command in self._done_once:
            earlier = self._orders.get(order.key)
            if earlier and (earlier is self._sequence or order.repeats(earlier, order.at)):
                earlier.at = order.at
                earlier.frames |= order.frames
                self._answer(order, IN_PROGRESS if earlier.result is None else earlier.result)
                return
            self._orders[order.key] = order
        result = handler(order)
        if result is not None:
            self._answer(order, result)

    def _answer(self, order: Order, result: int) -> None:
        if result != IN_PROGRESS:
            order.result = result
        order.told = self._clock()
        self._send(mavlink.MAVLink_command_ack_message(
            order.command, result, UNKNOWN_PROGRESS if result == IN_PROGRESS else 0, 0,
            *order.sender), order.link)

    def _request_message(self, order: Order) -> int | None:
        number, first, last = order.parameters[:3]
        if number == IMAGE_CAPTURED:
            return self._request_images(order, first, last)
        return self._request(_whole(number), order, order.parameters[1])

    def _request(self, number: int | None, order: Order, part: float | None = None
                 ) -> int | None:
        """Answer a request for a message; `part`: which storage or stream, of the one there is."""
        if number is None or number not in self._messages:
            return UNSUPPORTED
        if part is None:
            part = order.parameters[0]
        if number in (STORAGE, VIDEO, VIDEO_STATUS) and not (math.isnan(part) or part in (0, 1)):
            return DENIED
        self._answer(order, ACCEPTED)
        self._send(self._messages[number](), order.link)
        return None

    def _request_image(self, order: Order) -> int | None:
        return self._request_images(order, max(order.parameters[0], 0.0), 0.0)

    def _request_images(self, order: Order, first: float, last: float) -> int | None:
        """Send pictures once more: one, a range, from one on (last -1), or all (first -1)."""
        begin, end = _whole(first), _whole(0.0 if math.isnan(last) else last)
        if begin is None or end is None or begin < -1 or end < -1:
            return DENIED
        if begin == -1:
            begin, end = 0, -1
        elif end == 0:
            end = begin
        stop = self._images.count if end == -1 else end + 1
        if not 0 <= begin < stop <= self._images.count:
            return DENIED
        self._answer(order, ACCEPTED)
        if stop == begin + 1:
            self._send(self._image(self._images[begin]), order.link)
            return None
        for number in range(begin, stop):
            self._outbox[order.link, number] = partial(self._image_again, number)
        return None

    def _set_interval(self, order: Order) -> int:
        number, microseconds = _whole(order.parameters[0]), order.parameters[1]
        if number is None or number not in self._messages:
            return UNSUPPORTED
        if number == mavlink.MAVLINK_MSG_ID_HEARTBEAT or not (
                microseconds in (-1, 0)
                or SHORTEST_STREAM <= microseconds / 1e6 <= MOST_SECONDS):
            return DENIED
        if microseconds > 0:
            self._streams[number] = microseconds / 1e6, self._clock()
        else:
            self._streams.pop(number, None)
        return ACCEPTED

    def _get_interval(self, order: Order) -> int | None:
        number = _whole(order.parameters[0])
        if number is None or number not in self._messages:
            return UNSUPPORTED
        self._answer(order, ACCEPTED)
        period = self._streams[number][0] if number in self._streams else -1e-6
        self._send(mavlink.MAVLink_message_interval_message(number, round(period * 1e6)),
                   order.link)
        return None

    def _set_mode(self, order: Order) -> int:
        good = (self._mine(order.parameters[0])
                and order.parameters[1] == mavlink.CAMERA_MODE_IMAGE)
        return ACCEPTED if good else DENIED

    def _format(self, order: Order) -> int | None:
        storage, whole, log_only = order.parameters[:3]
        if storage not in (0, 1) or not self._state.may_format:
            return DENIED
        if self._busy:
            return REJECTED
        if whole == 1:
            self._formatting = order
            self._answer(order, IN_PROGRESS)
            self._camera.format(self._formatted)
            return None
        if log_only != 1:
            return DENIED
        self._forget_images()
        return ACCEPTED

    def _formatted(self, problem: str) -> None:
        order, self._formatting = self._formatting, None
        assert order
        if problem:
            log.error('component %d: not formatted: %s', self.component, problem)
        else:
            self._forget_images()
        self._answer(order, FAILED if problem else ACCEPTED)
        self._send(self._storage(), None)

    def _forget_images(self) -> None:
        self._images.clear()
        self._send(self._capture_status(), None)

    @property
    def _busy(self) -> bool:
        return self._shooting or self._left > 0 or self._formatting is not None

    def _mine(self, target: float) -> bool:
        """Whether a command's parameter `target camera` means this camera."""
        return math.isnan(target) or target in (0, self.component)

    def _start_capture(self, order: Order) -> int | None:
        target, interval, count, number = order.parameters[:4]
        interval = 0.0 if math.isnan(interval) else interval
        if (not self._mine(target) or not 0 <= interval <= MOST_SECONDS or _whole(count) is None
                or count < 0 or not (math.isnan(number) or 0 <= number < math.inf)):
            return DENIED
        return self._begin(order, count or math.inf, interval)

    def _begin(self, order: Order, count: float, interval: float, shoot: bool = True,
               replaced: bool = False) -> int | None:
        """Take pictures; the order of a single one is answered when it has been taken."""
        if not self._state.takes_pictures:
            return UNSUPPORTED
        if self._busy and not replaced:
            return REJECTED
        self._images.order(order.key, self._utc())
        if count == 1:
            self._order = order
            self._answer(order, IN_PROGRESS)
        else:
            self._sequence = order
            self._answer(order, ACCEPTED)
        self._left, self._interval, self._next = count, interval, self._clock()
        if shoot and not self._shooting:
            self._shoot()
        return None

    def _stop_capture(self, order: Order) -> int:
        if not self._mine(order.parameters[0]):
            return DENIED
        self._stop()
        return ACCEPTED

    def _stop(self) -> None:
        self._left = self._interval = 0.0
        self._sequence = self._way = None
        self._send(self._capture_status(), None)

    def _digicam(self, order: Order) -> int | None:
        if order.parameters[4] != 1:
            return UNSUPPORTED  # zoom, focus, session: no camera here has them by this command
        return self._begin(order, 1, 0.0)

    def _trigger_interval(self, order: Order) -> int | None:
        milliseconds, integration, target = order.parameters[:3]
        if (not self._mine(target) or not 0 < milliseconds <= MOST_SECONDS * 1000
                or integration > 0):
            return DENIED
        replaced = self._replace_trigger()
        return self._begin(order, math.inf, milliseconds / 1000, replaced=replaced)

    def _trigger_distance(self, order: Order) -> int | None:
        """Take a picture each so many metres of the way that the autopilot tells; 0: no more."""
        distance, integration, at_once, target = order.parameters[:4]
        if not self._mine(target) or integration > 0 or not (
                distance == 0 or SHORTEST <= distance <= LONGEST):
            return DENIED
        if distance == 0:
            self._replace_trigger()
            return ACCEPTED
        if not self._track.at(self._utc()):
            log.warning('component %d: DO_SET_CAM_TRIGG_DIST needs GLOBAL_POSITION_INT of the '
                        'autopilot, and none comes', self.component)
            return REJECTED
        replaced = self._replace_trigger()
        result = self._begin(order, math.inf, 0.0, at_once == 1, replaced)
        if self._sequence is order:
            self._way = Way(self._track, distance, self._utc())
        return result

    def _replace_trigger(self) -> bool:
        """End a sequence of triggers, for another one; its last picture may be under way."""
        if self._sequence is None or self._sequence.command not in OF_AUTOPILOT:
            return False
        self._stop()
        return True

    def _fly(self, way: Way) -> None:
        """Trigger where the next place is."""
        look = way.look(self._utc(), self._clock(), self._shooting)
        if look.missed:
            log.warning('component %d: %d places were missed: the camera was at work, or no '
                        'position came', self.component, look.missed)
        if look.trigger:
            self._shoot()

    # Out.

    @property
    def _boot_time(self) -> int:
        return int((self._clock() - self._start) * 1000) % 2 ** 32

    def _heartbeat(self) -> Any:
        return mavlink.MAVLink_heartbeat_message(
            mavlink.MAV_TYPE_CAMERA, mavlink.MAV_AUTOPILOT_INVALID, 0, 0,
            mavlink.MAV_STATE_ACTIVE if self._state.connected else mavlink.MAV_STATE_CRITICAL, 3)

    def _information(self) -> Any:
        state = self._state
        flags = ((mavlink.CAMERA_CAP_FLAGS_CAPTURE_IMAGE if state.takes_pictures else 0)
                 | (mavlink.CAMERA_CAP_FLAGS_HAS_VIDEO_STREAM if state.video_url else 0))
        described = len(self._settings.known) > 1  # more than CAM_MODE
        optics = state.optics or UNKNOWN_OPTICS
        return mavlink.MAVLink_camera_information_message(
            self._boot_time, _letters(state.manufacturer), _letters(state.model),
            _firmware(state.firmware_version), optics.focal_length, optics.sensor_width,
            optics.sensor_height, state.width or 0, state.height or 0, 0, flags,
            self.definition.version if described else 0,
            self.uri.encode() if described else b'')

    def _camera_settings(self) -> Any:
        return mavlink.MAVLink_camera_settings_message(
            self._boot_time, mavlink.CAMERA_MODE_IMAGE, math.nan, math.nan)

    @property
    def _free(self) -> float:
        """Room in the camera's memory [MiB]; NaN = not known."""
        free = self._state.memory_free
        return math.nan if free is None else free / MEBIBYTE

    def _storage(self) -> Any:
        known = self._state.memory_free is not None
        return mavlink.MAVLink_storage_information_message(
            self._boot_time, 1, 1, mavlink.STORAGE_STATUS_READY if known else
            mavlink.STORAGE_STATUS_NOT_SUPPORTED, math.nan, math.nan, self._free, math.nan,
            math.nan)

    def _capture_status(self) -> Any:
        status = int(self._shooting) + (2 if self._sequence else 0)
        return mavlink.MAVLink_camera_capture_status_message(
            self._boot_time, status, 0, self._interval, 0, self._free, self._images.count)

    def _video(self) -> Any:
        return mavlink.MAVLink_video_stream_information_message(
            1, 1, mavlink.VIDEO_STREAM_TYPE_RTSP, self._video_flags, 0.0, 0, 0, 0, 0, 0, b'video',
            self._state.video_url.encode()[:159])

    def _video_status(self) -> Any:
        return mavlink.MAVLink_video_stream_status_message(
            1, self._video_flags, 0.0, 0, 0, 0, 0, 0)

    @property
    def _video_flags(self) -> int:
        return int(mavlink.VIDEO_STREAM_STATUS_FLAGS_RUNNING) if self._state.connected else 0

    def _image_again(self, number: int) -> Any:
        """Return what was announced of a picture; None: it was forgotten meanwhile."""
        try:
            return self._image(self._images[number])
        except IndexError:
            return None

    def _image(self, image: Image) -> Any:
        orientation = [image.w, image.x, image.y, image.z]
        return mavlink.MAVLink_camera_image_captured_message(
            self._boot_time, round((image.stamp or 0) * 1e6), 0, _scaled(image.latitude, 1e7),
            _scaled(image.longitude, 1e7), _scaled(image.altitude, 1e3),
            _scaled(image.relative_altitude, 1e3),
            [math.nan if one is None else one for one in orientation], image.number,
            1 if image.taken else 0, image.url.encode()[:204])


def _placed(image: Image, position: Position) -> Image:
    """Return a picture with where it was taken."""
    w, x, y, z = position.quaternion or (image.w, image.x, image.y, image.z)
    relative = position.relative_altitude
    return replace(image, latitude=position.latitude, longitude=position.longitude,
                   altitude=position.altitude, w=w, x=x, y=y, z=z,
                   relative_altitude=image.relative_altitude if relative is None else relative)


def _whole(number: float) -> int | None:
    """Return a whole number that was sent as a float; None: it is none."""
    return int(number) if math.isfinite(number) and number == int(number) else None


def _scaled(value: float | None, factor: float) -> int:
    return NOT_KNOWN if value is None else round(value * factor)


def _letters(text: str) -> list[int]:
    """Return a text as an array of 32 bytes, which ends without a zero when it is full."""
    return list(text.encode()[:32].ljust(32, b'\0'))


def _firmware(version: str) -> int:
    """Return a version as MAVLink has it: major in the lowest byte; 0 = not known."""
    numbers = [min(255, int(one)) for one in re.findall(r'\d+', version)[:4]]
    return sum(one << 8 * place for place, one in enumerate(numbers))

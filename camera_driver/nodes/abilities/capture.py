# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Pictures on command: `~/capture`, `~/capture_event`.

What the stamp of a shot means: the time at which the trigger had left the serial port, in ROS
time, plus the parameter `trigger_delay`. Its uncertainty is the round trip of a command on this
line: it bounds how late the camera took the command, and says nothing of the shutter.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
import math
import threading
import time

from std_msgs.msg import Header

from camera_driver import msg, srv
from camera_driver.abilities import TakesPictures
from camera_driver.device import Device
from camera_driver.errors import Busy, DeviceError, NotSupported, OutcomeUnknown, Refused
from camera_driver.host.shots import Shots
from camera_driver.host.worker import Priority
from camera_driver.ledger.shots import Ledger, ShotRecord
from camera_driver.model import Exposure, Identity, Setting, When
from camera_driver.nodes import convert
from camera_driver.nodes.abilities.download import Downloads, NUMBER_UNKNOWN
from camera_driver.nodes.abilities.exposure_events import ExposureEvents
from camera_driver.nodes.abilities.images import Images
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.abilities.topics import Frame, Pictures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.qos import publisher

MOST_DELAY = 86400.0  # s that may be asked for
CYCLES = 10  # last pictures that say how long one takes
SET = 0.1  # s by which a clock moves at once only if it is set
SLEW = 5e-4  # s/s that synchronisation (adjtime) moves it by at most


def check_max_delay(seconds: float) -> None:
    """Raise ValueError for a bound that is none."""
    if not 0 <= seconds <= MOST_DELAY:  # nor is NaN
        raise ValueError(f'max_delay: {seconds:g} is not allowed; 0 (no bound) to '
                         f'{MOST_DELAY:g} s')


@dataclass(frozen=True)
class Patience:
    """How long a shot may wait for its turn on the line."""

    since: float  # monotonic s, when it was asked for
    max_delay: float  # s; 0 = for ever
    activity: str  # of the device at that time
    begun: Future[None] = field(default_factory=Future)

    @property
    def over(self) -> bool:
        """Whether it is too late by now."""
        return 0 < self.max_delay < time.monotonic() - self.since

    def late(self, activity: str) -> Busy:
        """Say that the shot is not taken, as the device was at work on something else."""
        why = f': the device was {activity}' if activity else ''
        return Busy(f'not taken: it would have been {time.monotonic() - self.since:.2f} s late or '
                    f'more, and max_delay is {self.max_delay:g} s{why}. Ask for it when the line '
                    'is free, or allow more')


class Captures(Part[TakesPictures]):
    """What takes pictures, and accounts for each."""

    ABILITY = TakesPictures
    PARAMETERS = (
        Setting('trigger_delay', float, 'delay from the trigger on the line to the exposure, as '
                'measured for this model; added to the stamp', 's', minimum=0.0, maximum=10.0,
                default=0.0, when=When.ANY_TIME),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._records = node.part(Records)
        self._exposures = node.part(ExposureEvents)
        self._exposures.stamped = self.stamped
        self._shots = Shots(self._records, node.seconds)
        self._one = threading.Lock()  # at a time asks whether a shot may be commanded
        self._running: Future[None] | None = None  # the last shot
        self._cycles: deque[float] = deque(maxlen=CYCLES)  # s
        now = time.monotonic()
        self._ahead = (node.seconds() - now, now)  # the clock of stamps, of this one [s]; when
        # One per shot, also of a shot that was under way when the node was deactivated.
        self._events = publisher(node.create_publisher, msg.CaptureEvent, '~/capture_event',
                                 depth=100)
        node.serve(srv.Capture, '~/capture', self._capture)

    # Not made yet when this is: they need to hear of a new connection after it.

    @property
    def _images(self) -> Images | None:
        return self.node.find(Images)

    @property
    def _downloads(self) -> Downloads | None:
        return self.node.find(Downloads)

    def begin(self) -> None:
        """Forget how fast the camera is."""
        self._cycles.clear()

    @property
    def cycle_time(self) -> float:
        """How long the camera was busy with the slowest of the last pictures [s]; NaN: none."""
        return max(list(self._cycles), default=math.nan)

    def connected(self, camera: TakesPictures, identity: Identity) -> str:
        """Ask what became of what an earlier connection left open, before the images move on."""
        settled = self._shots.settle_open(camera, identity, self._delay)
        self._tell(settled)
        return f'earlier shots settled: {len(settled)}' if settled else ''

    def before_change(self, camera: Device) -> None:
        """Ask what became of open shots before a deletion or an upload makes that impossible."""
        self._tell(self._shots.before_change(camera, self.node.identity, self._delay))

    @property
    def _delay(self) -> float:
        return float(self.node.parameter('trigger_delay'))

    def _tell(self, settled: Sequence[ShotRecord]) -> None:
        """Publish shots that were settled after their events."""
        for shot in settled:
            self.stamped(shot)
            self._exposures.taken(shot.shot_id)
            if self._images and shot.image_index is not None:
                self._images.taken(shot.image_index)

    def stamped(self, shot: ShotRecord) -> None:
        """Publish what has become of a shot after its event."""
        self._events.publish(_update(shot, self.node.part(Frame).frame_id))

    def shoot(self, triggered: Callable[[msg.CaptureEvent], None] = lambda _: None,
              download: bool = False, max_delay: float = 0.0) -> 'Future[msg.CaptureEvent]':
        """
        Take one picture and account for it: ledger, event, stamp.

        Returns at once; with max_delay, when its turn has come or it is given up.

        :param triggered: called in the worker's thread when the trigger has left, with what is
            known then.
        :param download: fetch the picture afterwards, in the background.
        :param max_delay: [s] from now until its turn on the line; a shot that would be later is
            withdrawn, and the future raises Busy. 0 = no bound.
        :returns: the future of the event that is published; its `success` and `message` say how
            it went. Raises Busy, PortError when no shot can be commanded; the future raises
            what kept it from being commanded later, and NotSupported.
        """
        if download:
            self.check_download()
        event = msg.CaptureEvent()
        patience = Patience(time.monotonic(), max_delay, self._activity)
        with self._one:
            try:
                self.may_begin()
                running = self.node.start('capturing', partial(
                    self._shoot, event=event, triggered=triggered, download=download,
                    patience=patience), Priority.CAPTURE)
            except DeviceError as error:
                self._not_sent(error)
                raise
            self._running = running
        if self._downloads:
            self._downloads.make_way()
        outcome: Future[msg.CaptureEvent] = Future()

        def done(_: object) -> None:
            error = (patience.late(self._activity) if running.cancelled() else
                     running.exception())
            if error and not event.shot_id:
                self._not_sent(error)
            if error and (not event.shot_id or isinstance(error, NotSupported)):
                outcome.set_exception(error)
            else:
                outcome.set_result(event)

        running.add_done_callback(done)
        if max_delay and not wait((running, patience.begun), max_delay, FIRST_COMPLETED).done:
            running.cancel()  # if it has not begun
        return outcome

    @property
    def _activity(self) -> str:
        """What keeps a shot from its turn."""
        return self.node.worker.activity if self.node.worker else ''

    @property
    def under_way(self) -> bool:
        """Whether a shot is being taken, or waits for its turn."""
        return self._running is not None and not self._running.done()

    def may_begin(self) -> None:
        """Refuse a capture that may not happen now. Raises Busy."""
        if self._downloads:
            self._downloads.may_capture()

    def check_download(self) -> None:
        """Raise NotSupported where pictures do not come over the line."""
        if self._downloads is None:
            raise NotSupported('the pictures of this camera do not come over its line; leave '
                               'download false')

    def _not_sent(self, error: BaseException) -> None:
        """Record a shot that was asked for and that the camera never heard of."""
        supervisor = self.node.supervisor
        identity = supervisor and supervisor.identity or Identity(self.node.DEVICE_TYPE)
        self._records(lambda ledger: ledger.refused(identity, self.node.seconds(), str(error)))

    def _shoot(self, camera: TakesPictures, event: msg.CaptureEvent,
               triggered: Callable[[msg.CaptureEvent], None], download: bool,
               patience: Patience) -> None:
        """Take one picture; in the worker's thread."""
        if patience.over:
            raise patience.late(patience.activity)
        patience.begun.set_result(None)
        begun = time.monotonic()
        event.image_index = -1
        event.stamp_source = event.STAMP_UNKNOWN
        event.stamp_uncertainty = event.delay = math.nan
        event.exposure = convert.exposure_message(Exposure())
        event.header = Header(frame_id=self.node.part(Frame).frame_id)
        commanded = self.node.seconds()
        shot_id = self._records(lambda ledger: ledger.command(self.node.identity, commanded))
        event.shot_id = shot_id
        if download:
            self._records(
                lambda ledger: ledger.fetch_later(self.node.identity, shot_id, commanded))
        delay = self._delay
        stamp: float | None = None  # the trigger has not left

        def left(port_time: float) -> None:
            nonlocal stamp
            sent = self.node.seconds_of(port_time)
            stamp = sent + delay
            event.delay = port_time - patience.since
            event.header.stamp = convert.time_message(stamp)
            event.stamp_source = event.STAMP_TRIGGER
            event.stamp_uncertainty = convert.number(camera.statistics.last_round_trip)
            self._records(lambda ledger: ledger.triggered(shot_id, sent))
            triggered(event)

        try:
            with self._shots.accounted(camera, shot_id):
                shot = camera.capture(left)
        except Exception as error:
            # Behind the trigger, all but the camera's own 'no' leaves it open.
            event.outcome_unknown = (isinstance(error, OutcomeUnknown)
                                     or not isinstance(error, DeviceError)
                                     or stamp is not None and not isinstance(error, Refused))
            event.message = convert.words(error) or repr(error)
            record = Ledger.unknown if event.outcome_unknown else Ledger.failed
            self._records(lambda ledger: record(ledger, shot_id, event.message))
            self._events.publish(event)
            raise
        if stamp is not None and shot.accepted is not None:
            event.stamp_uncertainty = shot.accepted - shot.sent
        else:  # not accepted in words, but settled by the camera's count: some time until now
            stamp = self.node.seconds_of(shot.sent) + delay
            event.delay = shot.sent - patience.since
            event.header.stamp = convert.time_message(stamp)
            event.stamp_source = event.STAMP_TRIGGER
            event.stamp_uncertainty = time.monotonic() - begun
        event.image_index = convert.count(shot.image_index)
        event.exposure = convert.exposure_message(shot.exposure)
        event.message = '; '.join(filter(None, (
            shot.settled, f'making it ready took {shot.delay:.2f} s' if shot.delay else '',
            self._clock_set())))
        event.success = True
        self._records(lambda ledger: ledger.exposed(
            shot_id, stamp, event.stamp_source, event.stamp_uncertainty, shot.exposure,
            shot.image_index, event.message))
        if download and self._downloads:
            if event.image_index < 0:
                self._downloads.not_told(shot_id)
            else:
                self._downloads.wake()
        self._events.publish(event)
        self._exposures.taken(shot_id)
        if self._images:
            optics = self.node.part(Pictures).optics.ask(camera)
            self._records(lambda ledger: ledger.seen(shot_id, optics))
            if shot.image_index is not None:
                self._images.taken(shot.image_index)
        self._cycles.append(time.monotonic() - begun)

    def _clock_set(self) -> str:
        """Say whether the clock that stamps are by was set since this was asked for last."""
        ahead, before = (self.node.seconds() - (now := time.monotonic()), now), self._ahead
        self._ahead = ahead
        moved = ahead[0] - before[0]
        if (self.node.get_clock().ros_time_is_active
                or abs(moved) < SET + SLEW * (now - before[1])):
            return ''
        words = (f"this computer's clock was set by {moved:+.1f} s: this stamp and earlier ones "
                 'are not by the same time')
        self.node.get_logger().warning(words)
        return words

    def _capture(self, request: srv.Capture.Request, response: srv.Capture.Response) -> None:
        # Should it fail:
        response.image_index, response.stamp_uncertainty, response.delay = -1, math.nan, math.nan
        check_max_delay(request.max_delay)
        if request.download:
            self.check_download()
        left: Future[msg.CaptureEvent] = Future()
        running = self.shoot(lambda event: left.set_result(deepcopy(event)), request.download,
                             request.max_delay)
        wait((running,) if request.wait else (running, left), return_when=FIRST_COMPLETED)
        event = running.result() if running.done() else left.result()
        response.success = event.success or not running.done()
        response.outcome_unknown = event.outcome_unknown
        response.message, response.shot_id = event.message, event.shot_id
        response.image_index = event.image_index
        response.stamp = event.header.stamp
        response.stamp_uncertainty, response.delay = event.stamp_uncertainty, event.delay
        if request.download and event.success and event.image_index < 0:
            response.message = '; '.join(filter(None, (response.message, NUMBER_UNKNOWN)))


def _update(shot: ShotRecord, frame_id: str) -> msg.CaptureEvent:
    """Report a shot again that was settled, or stamped better, after its event."""
    event = msg.CaptureEvent()
    event.header.frame_id = frame_id
    if shot.stamp is not None:
        event.header.stamp = convert.time_message(shot.stamp)
    event.shot_id, event.update, event.message = shot.shot_id, True, shot.message
    event.image_index = convert.count(shot.image_index)
    event.stamp_source = shot.stamp_source or event.STAMP_UNKNOWN
    event.stamp_uncertainty = convert.number(shot.stamp_uncertainty)
    event.delay = math.nan
    event.exposure = convert.exposure_message(Exposure())
    event.success = shot.state != 'failed'
    return event

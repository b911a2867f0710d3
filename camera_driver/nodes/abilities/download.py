# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Downloads: the action `~/download_images`, and those that captures ask for.

What a capture asks for is in the ledger: it is fetched after a lost link, a full disk or a restart
as well, by the shot and not by its number.

One picture at a time is a job of the device's thread, so that a capture that comes waits for one
picture at most. With `capture_during_download: abort` it does not even wait for that: the picture
under way is given up in an orderly way and begun again at byte 0 after the shot, as the protocols
cannot seek.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
import math
import threading
import time
from typing import Any

from camera_driver.abilities import StoresImages
from camera_driver.action import DownloadImages
from camera_driver.errors import Busy, Cancelled, DeviceError, ProtocolError
from camera_driver.host.fetches import Fetches, NotFetched, ONE_PICTURE
from camera_driver.host.worker import DeviceWorker, Priority
from camera_driver.ledger.shots import Fetch
from camera_driver.model import Identity, Picture, Progress, Setting, StoredImage, When
from camera_driver.msg import PictureReport
from camera_driver.nodes.abilities.images import Images
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import words
from camera_driver.pictures.keep import ODD, read_sound

BUSY = 'another download is under way; cancel it or wait for its end'
CLOSING = 1.0  # s
CANCEL_PERIOD = 0.05  # s between looks whether the goal was cancelled
PATIENCE = 86400.0  # s to wait for the device; a download in front may take hours
FEEDBACK_PERIOD = 0.2  # s

RETRY_DELAY = 10.0  # s
NUMBER_UNKNOWN = ('the picture is not downloaded: the camera did not tell its number; list the '
                  'images and download it by its number')


class MadeWay(Exception):
    """A capture wants the line: this picture begins again afterwards."""


@dataclass
class Report:
    """What has come of a download so far."""

    total: int  # bytes of all images, 0 = unknown
    count: int
    started: float  # monotonic s
    files: list[str] = field(default_factory=list)
    wanted: list[int] = field(default_factory=list)  # indices
    done: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)  # index -> why
    odd: dict[int, str] = field(default_factory=dict)  # index -> why; saved all the same
    wrong: bool = False  # some are odd that were wanted sound
    number: int = 0
    index: int = 0
    before: int = 0  # bytes of the images that are done
    last: float = -math.inf  # when the last feedback left

    def feedback(self, done: int, now: float) -> DownloadImages.Feedback | None:
        """Return the feedback when `done` bytes of this image have come; None: not yet again."""
        if now - self.last < FEEDBACK_PERIOD:
            return None
        self.last = now
        bytes_done = self.before + done
        rate = bytes_done / (now - self.started) if now > self.started else 0.0
        left = max(0, self.total - bytes_done) / rate if rate and self.total else math.nan
        return DownloadImages.Feedback(
            index=self.index, number=self.number, count=self.count, bytes_done=bytes_done,
            bytes_total=max(self.total, bytes_done) if self.total else 0, rate=rate,
            time_left=left)


class Downloads(Part[StoresImages]):
    """The downloads of one camera, one at a time."""

    ABILITY = StoresImages
    PARAMETERS = (
        Setting('capture_during_download', str, 'how to handle a capture requested during a '
                'download: wait for the current image to finish, refuse it, or abort the current '
                'image and restart it afterwards (captures in quick succession may keep an image '
                'from ever finishing)', words={'wait': 0, 'refuse': 1, 'abort': 2},
                raw_allowed=False, default='wait', when=When.ANY_TIME),
        Setting('verify', str, 'none: the checks of the protocol and a complete decode; '
                'reread: download every image until two readings agree',
                words={'none': 0, 'reread': 1}, raw_allowed=False, default='none',
                when=When.ANY_TIME),
        Setting('keep_odd', bool, 'save an image that fails its check after one reading; false: '
                'only if a second reading agrees. Either way its name is marked, and it is not '
                'published', default=False, when=When.ANY_TIME),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._images = node.part(Images)
        self._lock = threading.Lock()
        self._goal = threading.Lock()  # held by the goal under way
        self._under_way = 0
        self._make_way = False
        self._woken = False  # to fetch what shots wait for
        self._background: DeviceWorker | None = None
        self._fetches = Fetches(node.part(Records), node.seconds, self, words)
        node.serve_action(DownloadImages, '~/download_images', self._execute, self._check)

    @property
    def active(self) -> bool:
        """Say whether a download is under way or waits for its turn."""
        return self._under_way > 0 or self._woken

    def destroy(self) -> None:
        """End what runs in the background, as the device's thread has ended."""
        if self._background:
            self._background.shutdown(lambda: None, CLOSING)

    def may_capture(self) -> None:
        """Refuse a capture during a download, where that is wanted. Raises Busy."""
        if self.active and self.node.parameter('capture_during_download') == 'refuse':
            raise Busy('a download is under way and capture_during_download is refuse; try again '
                       'when it is done, or set it to wait or abort')

    def make_way(self) -> None:
        """Give up the picture under way for a capture, where that is wanted; it begins again."""
        self._make_way = self.node.parameter('capture_during_download') == 'abort'

    def connected(self, camera: StoresImages, identity: Identity) -> str:
        """Go on to fetch what shots wait for."""
        assert self.node.worker
        self.node.worker.later(0.0, '', self.wake)  # once all is connected
        return ''

    def set_active(self, active: bool) -> None:
        """Go on to fetch what shots wait for."""
        if active and self.node.connected:
            self.wake()

    def wake(self) -> None:
        """Fetch, in the background, what shots wait for."""
        with self._lock:
            if self._woken or not self.node.part(Records).counters.waiting:
                return
            self._woken = True
            if self._background is None:
                self._background = DeviceWorker(f'{self.node.get_name()} downloads')
            self._background.later(0.0, '', self._fetch_waiting)

    def not_told(self, shot_id: str) -> None:
        """Say that a picture cannot be fetched, unless its number is learned later."""
        self.node.get_logger().error(f'{shot_id}: {NUMBER_UNKNOWN}')
        shot = self.node.part(Records)(lambda ledger: ledger.shot(shot_id))
        self._images.report(PictureReport.WAITING, NUMBER_UNKNOWN, shot)

    def _fetch_waiting(self) -> None:
        """Fetch one picture after the other; in the background's thread."""
        with self._lock:
            self._woken = False
            self._under_way += 1
        try:
            waiting = self.node.connected and self._fetches.run(
                self.node.identity, lambda: self.node.active and self.node.connected)
        finally:
            with self._lock:
                self._under_way -= 1
        if waiting and self._background:
            self._background.later(RETRY_DELAY, '', self._fetch_waiting)

    # What `Fetches` asks of the camera.

    def list_stored(self, indices: Sequence[int] | None) -> Sequence[StoredImage]:
        """Return what is stored, and let the ledger learn from it."""
        return self._images.list_stored(PATIENCE, indices)

    def fetch(self, image: StoredImage) -> None:
        """Download an image, check, save, record and publish it."""
        report = Report(0, 1, time.monotonic(), number=1, index=image.index)
        self._one(image, report, DownloadImages.Goal(publish=True),
                  lambda: not self.node.active, lambda _: None)

    def lives(self) -> bool:
        """Say whether the device still answers, after the supervisor has looked after it."""
        try:
            self.run('looking after the link', lambda camera: None)
        except DeviceError:
            return False
        return True

    def not_fetched(self, fetch: Fetch, what: NotFetched, why: Exception | None,
                    image: StoredImage | None) -> None:
        """Say that a picture was not fetched, once for each reason."""
        reason = words(why) if why else 'the camera does not hold it any more'
        if what is NotFetched.WAITING and reason == fetch.error:
            return
        message = f'the picture of {fetch.shot_id} was not downloaded: {reason}' + (
            '; it is tried again' if what is NotFetched.WAITING else '')
        self.node.get_logger().error(message)
        if self.node.supervisor:
            self.node.supervisor.note(message)
        shot = self.node.part(Records)(lambda ledger: ledger.shot(fetch.shot_id))
        self._images.report(what.value, reason, shot, image)

    def _check(self, goal: DownloadImages.Goal) -> None:
        if any(index < 1 for index in goal.indices):
            raise ValueError('indices begin with 1')
        if self._goal.locked():
            raise Busy(BUSY)

    def _execute(self, handle: Any, result: DownloadImages.Result) -> None:
        """Serve one goal."""
        if not self._goal.acquire(blocking=False):
            raise Busy(BUSY)  # accepted in the same instant as the other one
        wanted = [*dict.fromkeys(handle.request.indices)]
        report = Report(0, len(wanted), time.monotonic(), wanted=wanted)
        end = ''
        with self._lock:
            self._under_way += 1
        try:
            self._all(self._wanted(handle.request), report, handle)
        except (DeviceError, IndexError) as error:
            end = 'cancelled' if handle.is_cancel_requested else words(error)
        finally:
            with self._lock:
                self._under_way -= 1
            self._goal.release()
        result.files = report.files
        result.failed = sorted(set(report.wanted) - set(report.done))
        why = (f'image {index}: {reason}' for index, reason in report.failed.items()
               if reason != end)
        result.message = '; '.join(filter(None, (
            f'{len(report.files)} of {report.count} images downloaded', end, *why,
            *(f'image {index} is odd in the camera, saved under a name with {ODD}, and not '
              f'published: {reason}' for index, reason in report.odd.items()))))
        result.success = not end and not result.failed and not report.wrong

    def _wanted(self, goal: DownloadImages.Goal) -> Sequence[StoredImage]:
        """Return the images that a goal asks for. Raises IndexError that names what is absent."""
        if goal.indices:
            return self._images.list_stored(PATIENCE, goal.indices)
        images = self._images.list_stored(PATIENCE)
        if goal.thumbnails_only:
            return images
        identity = self.node.identity
        return self.node.part(Records)(
            lambda ledger: [one for one in images if not ledger.has(identity, one)])

    def _all(self, images: Sequence[StoredImage], report: Report, handle: Any) -> None:
        """Download images; raises what will go wrong with all others as well."""
        goal = handle.request
        sizes = [i.thumbnail_size if goal.thumbnails_only else i.size for i in images]
        report.total = 0 if None in sizes else sum(size or 0 for size in sizes)
        report.count = len(images)
        report.wanted = [image.index for image in images]
        for report.number, image in enumerate(images, 1):
            report.index = image.index
            if not self.node.active:
                raise Cancelled('the node was deactivated')
            try:
                self._one(image, report, goal, lambda: handle.is_cancel_requested,
                          handle.publish_feedback)
            except ONE_PICTURE as error:
                report.failed[image.index] = words(error)
            except DeviceError as error:
                if not handle.is_cancel_requested:
                    report.failed[image.index] = words(error)
                raise

    def _one(self, image: StoredImage, report: Report, goal: DownloadImages.Goal,
             cancelled: Callable[[], bool],
             feedback: Callable[[DownloadImages.Feedback], None]) -> None:
        """Download one image or thumbnail, check, save, record and publish it."""
        node, images = self.node, self._images

        def progress(step: Progress) -> None:
            node.show_progress(step)
            message = report.feedback(step.done, time.monotonic())
            if message:
                feedback(message)

        number = f'{report.number} of {report.count}' if report.count > 1 else str(image.index)
        label = f'downloading {"thumbnail" if goal.thumbnails_only else "image"} {number}'
        size = image.thumbnail_size if goal.thumbnails_only else image.size
        images.make_room(image, size or 0, goal.directory)

        def read() -> Picture:
            picture = self._transfer(label, image.index, goal.thumbnails_only, progress,
                                     cancelled)
            if picture.name and picture.name != image.name:
                raise ProtocolError(f'image {image.index} was {image.name} and is {picture.name} '
                                    'now: the images in the camera have changed; download again')
            return picture

        if goal.thumbnails_only:
            picture = read()
            path = images.keep_thumbnail(picture, image, goal.directory, goal.publish)
        else:
            keep_odd = bool(node.parameter('keep_odd'))
            picture, checked = read_sound(read, node.parameter('verify') == 'reread', keep_odd)
            path = images.keep(checked, image, goal.directory, goal.publish)
            if checked.odd:
                node.get_logger().warning(f'image {image.index} is odd: {checked.odd}')
                report.odd[image.index] = checked.odd
                report.wrong |= not keep_odd
        report.files.append(str(path))
        report.done.append(image.index)
        report.before += len(picture.data)
        report.last = -math.inf
        feedback(report.feedback(0, time.monotonic()))

    def _transfer(self, label: str, index: int, thumbnail: bool,
                  progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Picture:
        """
        Get a picture over the line, from its beginning again when a capture came between.

        A cancel request ends the wait at once; the device's thread stays busy until the camera
        has been quietened.
        """
        given_up = threading.Event()

        def watched(step: Progress) -> None:
            if given_up.is_set():
                raise Cancelled('cancelled')
            if self._make_way:
                raise MadeWay
            progress(step)

        def transfer(camera: StoresImages) -> Picture:
            self._make_way = False  # whoever asked for it has been before this
            return (camera.thumbnail if thumbnail else camera.download)(index, watched)

        while True:
            running = self.start(label, transfer, Priority.DOWNLOAD)
            while not wait((running,), CANCEL_PERIOD).done:
                if cancelled():
                    given_up.set()
                    running.cancel()  # if it has not begun
                    raise Cancelled('cancelled')
            try:
                return running.result()
            except MadeWay:
                continue

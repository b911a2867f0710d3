# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The images in a camera: they are listed, and those that were downloaded kept and published.

The stamp of a picture that is published is the time of its exposure, which the ledger knows of
commanded shots. Any other picture goes to topics of its own, `~/untimed/...`, without stamp and
frame: what a camera's clock wrote into a file is not ROS time, the time of arrival would be a
wrong one, and 0 is "the latest" to tf2. What became of each picture is told on `~/pictures`.
"""

from collections.abc import Sequence
import math
from pathlib import Path

from rclpy.qos import DurabilityPolicy
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from camera_driver import msg, srv
from camera_driver.abilities import StoresImages
from camera_driver.errors import DeviceError, ProtocolError, Refused, StorageError
from camera_driver.ledger.shots import Ledger, ShotRecord
from camera_driver.model import DeviceStatus, Identity, Picture, Setting, StoredImage, When
from camera_driver.nodes import convert
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.abilities.topics import Frame, Pictures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.diagnostics import ERROR, OK, Task
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.nodes.qos import publisher
from camera_driver.nodes.requests import PATIENCE
from camera_driver.pictures.image import check_thumbnail, Checked
from camera_driver.pictures.keep import EXTENSIONS, keep, Kept
from camera_driver.pictures.storage import PictureStore

NAMING_DELAY = 1.0  # s after a shot, if nothing else waits by then
REPORTS = 100  # of the last pictures, kept for whoever comes later


class Images(Part[StoresImages]):
    """The camera's memory, and the folder that its images are downloaded to."""

    ABILITY = StoresImages
    PARAMETERS = (
        Setting('download_directory', str, 'where downloaded images are saved; empty: '
                '~/camera_driver/NAMESPACE/NAME, with simulate '
                '~/camera_driver/simulated/NAMESPACE/NAME', default='', when=When.ANY_TIME),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._records = node.part(Records)
        self._topics = node.part(Pictures).topics
        self._untimed = ImageTopics(node, 'untimed/')
        self._reports = publisher(node.create_publisher, msg.PictureReport, '~/pictures',
                                  depth=REPORTS, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._thumbnails = publisher(node.create_lifecycle_publisher, CompressedImage,
                                     '~/thumbnail/compressed', depth=10)
        self._store: PictureStore | None = None
        self._directory = ''  # of the store, as it was given
        self._unnamed: list[int] = []  # images that shots have stored
        self.listings = 0  # how often somebody was told the numbers of the images
        node.serve(srv.ListImages, '~/list_images', self._list_images)

    def connected(self, camera: StoresImages, identity: Identity) -> str:
        """Learn the names of shots whose numbers an earlier connection left behind."""
        self._unnamed = []
        if not self._records(lambda ledger: ledger.expects_list(identity)):
            return ''
        try:
            images = camera.list_images()
        except (Refused, ProtocolError) as error:
            return f'images not listed: {convert.words(error)}'
        self._records(lambda ledger: ledger.listed(identity, images))
        return 'earlier shots looked up in the camera'

    def taken(self, index: int) -> None:
        """Learn the image's name when there is time: its number holds only until a deletion."""
        self._unnamed.append(index)
        if len(self._unnamed) == 1:
            assert self.node.worker
            self.node.worker.later(NAMING_DELAY, '', self._learn_names)

    def _learn_names(self) -> None:
        indices, self._unnamed = self._unnamed, []
        try:
            images = self.use(lambda camera: camera.list_images(indices=indices))
        except (DeviceError, IndexError) as error:
            self.node.get_logger().debug(f'images {indices}: names not read: {error}')
            return
        self._records(lambda ledger: ledger.listed(self.node.identity, images, complete=False))

    def list_stored(self, timeout: float = PATIENCE,
                    indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """
        Return what the camera holds; the ledger learns the names of its shots from it.

        :param timeout: [s] for the device to become free, else Busy.
        :param indices: of these alone, each once. Raises IndexError.
        """
        only = None if indices is None else [*dict.fromkeys(indices)]
        images = self.run('listing images', lambda camera: camera.list_images(
            self.node.show_progress, only), timeout)
        self._records(lambda ledger: ledger.listed(self.node.identity, images, indices is None))
        return images

    def preflight(self, device: StoresImages, status: DeviceStatus, shots: int) -> Sequence[Task]:
        """Say whether the disk has room for so many pictures, by what the camera reckons with."""
        size = 0
        if status.memory_free and status.images_left:
            size = shots * status.memory_free // status.images_left
        store = self._pictures()
        try:
            where = store.make_room('pictures', size)
        except StorageError as error:
            return (Task('disk', ERROR, str(error)),)
        wanted = f', {size / 1e6:,.0f} MB are wanted' if size else ''
        return (Task('disk', OK, f'{where}: {store.free_bytes() / 1e6:,.0f} MB left{wanted}'),)

    # Pictures that have come.

    def make_room(self, stored: StoredImage, size: int, folder: str) -> None:
        """Make sure, before a long transfer, that its file can be saved. Raises StorageError."""
        self._pictures().make_room(stored.name, size, folder)

    def keep(self, checked: Checked, stored: StoredImage, folder: str, publish: bool) -> Path:
        """Save, record and publish an image; an odd one is not published. Raises StorageError."""
        kept = keep(checked, stored, self._pictures(), folder)
        sound = checked.width and not checked.odd  # else nobody can tell

        def record(ledger: Ledger) -> None:
            ledger.downloaded(self.node.identity, stored, kept.path, kept.size, kept.sha256,
                              self.node.seconds())
            if sound:
                ledger.verified(self.node.identity, kept.sha256)

        self._records(record)
        shot = self.shot_of(stored)
        publish = bool(publish and sound)
        if publish:
            topics = self._topics if _is_timed(shot) else self._untimed
            topics.publish(checked, self._header(shot), shot.optics if shot else None)
        outcome = msg.PictureReport.ODD if checked.odd else msg.PictureReport.DOWNLOADED
        self.report(outcome, checked.odd, shot, stored, kept, publish)
        return kept.path

    def shot_of(self, stored: StoredImage) -> ShotRecord | None:
        """Return the shot that an image in the camera is the picture of, if it is known."""
        return self._records(lambda ledger: ledger.shot_of(self.node.identity, stored))

    def report(self, outcome: str, message: str, shot: ShotRecord | None,
               stored: StoredImage | None = None, kept: Kept | None = None,
               published: bool = False) -> None:
        """Tell on `~/pictures` what became of a picture."""
        report = msg.PictureReport(
            header=self._header(shot), outcome=outcome, message=message, published=published,
            image_index=-1, stamp_uncertainty=math.nan)
        if shot:
            report.shot_id = shot.shot_id
            report.image_index = convert.count(shot.image_index)
            report.name = shot.name or ''
        if shot and _is_timed(shot):
            report.stamp_source = shot.stamp_source or ''
            report.stamp_uncertainty = convert.number(shot.stamp_uncertainty)
        if stored:
            report.image_index, report.name = int(stored.index), stored.name
        if kept:
            report.path, report.size, report.sha256 = str(kept.path), kept.size, kept.sha256
        self.node.publish(self._reports, lambda: report)

    def keep_thumbnail(self, picture: Picture, stored: StoredImage, folder: str,
                       publish: bool) -> Path:
        """Check, save and publish a thumbnail. Raises DamagedPicture, StorageError."""
        checked = check_thumbnail(picture.data)
        stem = Path(stored.name).stem or f'image_{stored.index:05}'
        path = self._pictures().save(f'{stem}_thumbnail.{EXTENSIONS[checked.format]}',
                                     checked.data, folder)
        if publish:
            header = self._header(self.shot_of(stored))
            self._thumbnails.publish(convert.compressed_message(checked, header))
        return path

    def keep_file(self, name: str, data: bytes, folder: str) -> Path:
        """Save what is not a picture beside the pictures. Raises StorageError."""
        return self._pictures().save(name, data, folder)

    def _header(self, shot: ShotRecord | None) -> Header:
        """Return the time and frame of an exposure; nothing where the time is not known."""
        if shot is None or not shot.stamp:
            return Header()
        return Header(stamp=convert.time_message(shot.stamp),
                      frame_id=self.node.part(Frame).frame_id)

    def _pictures(self) -> PictureStore:
        below = '/simulated' if self.node.parameter('simulate') else ''  # not among real ones
        directory = (self.node.parameter('download_directory')
                     or f'~/camera_driver{below}{self.node.get_fully_qualified_name()}')
        if self._store is None or self._directory != directory:
            self._store, self._directory = PictureStore(directory), directory
        return self._store

    # Services.

    def _list_images(self, request: srv.ListImages.Request,
                     response: srv.ListImages.Response) -> None:
        images = self.list_stored(indices=[*request.indices] or None)
        self.listings += 1
        known = self._records(
            lambda ledger: [ledger.has(self.node.identity, one) for one in images])
        response.images = list(map(convert.stored_image_message, images, known))
        clocks = sorted({convert.ZONES[one.clock] for one in images if one.clock and one.stamp})
        response.message = f'{len(images)} images, {sum(known)} of them downloaded' + ''.join(
            f"; stamps: the camera's clock, taken for {zone}" for zone in clocks)


def _is_timed(shot: ShotRecord | None) -> bool:
    return shot is not None and bool(shot.stamp)

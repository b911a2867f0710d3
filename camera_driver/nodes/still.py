# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The node of a still camera: images in its memory, previews, its clock.

The stamp of a picture that is published is the time of its exposure where the ledger knows it,
and 0 where it does not: what a camera's clock wrote into a file is no ROS time, and the time of
arrival would be a wrong one. A preview carries the time at which it was commanded.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
import os
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from camera_driver import srv
from camera_driver.device import Camera, wall_clock
from camera_driver.errors import Busy, DeviceError, Forbidden, ProtocolError, Refused, StorageError
from camera_driver.model import Identity, Picture, Setting, StoredImage
from camera_driver.nodes import convert
from camera_driver.nodes.base import PATIENCE
from camera_driver.nodes.camera import CameraNode
from camera_driver.nodes.download import Downloads
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.pictures import image
from camera_driver.pictures.keep import keep, thumbnail_jpeg
from camera_driver.pictures.storage import below, PictureStore


ZONES = {'utc': 'UTC', 'local': 'local time'}
NAMING_DELAY = 1.0  # s after a shot, if nothing else waits by then


class StillCameraNode(CameraNode):
    """Base of the nodes of cameras with a memory of their own."""

    PARAMETERS = (
        *CameraNode.PARAMETERS,
        Setting('download_directory', str, 'where downloaded images are saved; empty: '
                '~/camera_driver/NAMESPACE/NAME', default=''),
        Setting('allow_delete', bool, 'let ~/delete_images delete images in the camera',
                default=False),
        Setting('upload_directory', str, 'where ~/upload_image takes pictures from; empty: '
                'uploading is locked, as a picture that the camera could not have made itself may '
                'hang it', default=''),
        Setting('capture_during_download', str, 'what a capture does that comes during a '
                'download: wait for the present image; refuse; abort the present image and begin '
                'it again afterwards (captures that come faster than an image keep it from ever '
                'ending)', words={'wait': 0, 'refuse': 1, 'abort': 2},
                raw_allowed=False, default='wait'),
        Setting('verify', str, 'none: the checks of the protocol and a complete decode; '
                'reread: download every image twice and compare', words={'none': 0, 'reread': 1},
                raw_allowed=False, default='none'),
    )

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        self._previews = ImageTopics(self, 'preview/')
        self._thumbnails = self.create_lifecycle_publisher(
            CompressedImage, '~/thumbnail/compressed', QoSProfile(depth=10),
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        self._store: PictureStore | None = None
        self._unnamed: list[int] = []  # images that shots have stored
        self.downloads = Downloads(self)
        self.serve(Trigger, '~/take_preview', self._take_preview)
        self.serve(srv.ListImages, '~/list_images', self._list_images)
        self.serve(srv.DeleteImages, '~/delete_images', self._delete_images)
        self.serve(srv.ProtectImage, '~/protect_image', self._protect_image)
        self.serve(Trigger, '~/sync_clock', self._sync_clock)

    def destroy_node(self) -> None:
        """Destroy the node."""
        self.downloads.close()
        super().destroy_node()

    def before_capture(self) -> None:
        """Refuse a capture during a download, where that is wanted. Raises Busy."""
        if self.downloads.active and self.parameter('capture_during_download') == 'refuse':
            raise Busy('a download is under way and capture_during_download is refuse; try again '
                       'when it is done, or set it to wait or abort')

    def make_way(self) -> None:
        """Let a capture that is in the queue come at once, where that is wanted."""
        if self.parameter('capture_during_download') == 'abort':
            self.downloads.make_way()

    def download_later(self, index: int) -> None:
        """Download an image that was just taken, in the background."""
        self.downloads.fetch_later(index)

    def on_connected(self, device: Camera, identity: Identity) -> str:
        """Learn the names of shots whose numbers an earlier connection left behind."""
        self._unnamed = []
        if not self.ledger(lambda ledger: ledger.expects_list(identity)):
            return ''
        try:
            images = device.list_images()
        except (Refused, ProtocolError) as error:
            return f'images not listed: {error}'
        self.ledger(lambda ledger: ledger.listed(identity, images))
        return 'earlier shots looked up in the camera'

    def taken(self, index: int) -> None:
        """Learn the image's name when there is time: its number holds only until a deletion."""
        self._unnamed.append(index)
        if len(self._unnamed) == 1:
            self.worker.later(NAMING_DELAY, '', self._learn_names)

    def _learn_names(self) -> None:
        indices, self._unnamed = self._unnamed, []
        try:
            images = self.supervisor.use(lambda camera: camera.list_images(indices=indices))
        except (DeviceError, IndexError) as error:
            self.get_logger().debug(f'images {indices}: names not read: {error}')
            return
        self.ledger(lambda ledger: ledger.listed(self.identity, images, complete=False))

    def list_stored(self, timeout: float = PATIENCE,
                    indices: Sequence[int] | None = None) -> Sequence[StoredImage]:
        """
        Return what the camera holds; the ledger learns the names of its shots from it.

        :param timeout: [s] for the device to become free, else Busy.
        :param indices: of these alone. Raises IndexError.
        """
        images = self.run('listing images',
                          lambda camera: camera.list_images(self.show_progress, indices), timeout)
        self.ledger(lambda ledger: ledger.listed(self.identity, images, indices is None))
        return images

    # Pictures that have come.

    def make_room(self, stored: StoredImage, size: int, folder: str) -> None:
        """Make sure, before a long transfer, that its file can be saved. Raises StorageError."""
        self._pictures().make_room(stored.name, size, folder)

    def keep(self, picture: Picture, stored: StoredImage, folder: str, publish: bool) -> Path:
        """Check, save, record and publish an image. Raises DamagedPicture, StorageError."""
        kept = keep(picture, stored, self._pictures(), folder)

        def record(ledger):
            ledger.downloaded(self.identity, stored, kept.path, kept.size, kept.sha256,
                              self.seconds())
            if kept.checked.width:  # else nobody can tell
                ledger.verified(self.identity, kept.sha256)

        self.ledger(record)
        if publish and kept.checked.width:
            header = self._header(stored)
            if kept.checked.format == 'jpeg':
                self.images.publish_jpeg(picture.data, kept.checked, header)
            else:
                self.images.publish_pixels(partial(image.decode, picture.data),
                                           kept.checked.width, kept.checked.height, header)
        return kept.path

    def keep_thumbnail(self, picture: Picture, stored: StoredImage, folder: str,
                       publish: bool) -> Path:
        """Check, save and publish a thumbnail. Raises DamagedPicture, StorageError."""
        data, checked = thumbnail_jpeg(picture)
        stem = Path(stored.name).stem or f'image_{stored.index:05}'
        path = self._pictures().save(f'{stem}_thumbnail.jpg', data, folder)
        if publish:
            self._thumbnails.publish(
                convert.compressed_message(data, checked.mode, self._header(stored)))
        return path

    def keep_file(self, name: str, data: bytes, folder: str) -> Path:
        """Save what is no picture beside the pictures. Raises StorageError."""
        return self._pictures().save(name, data, folder)

    def _header(self, stored: StoredImage) -> Header:
        shot = self.ledger(lambda ledger: ledger.shot_of(self.identity, stored))
        stamp = convert.time_message(shot.stamp) if shot and shot.stamp else Time()
        return Header(stamp=stamp, frame_id=self.frame_id)

    def _pictures(self) -> PictureStore:
        directory = (self.parameter('download_directory')
                     or f'~/camera_driver{self.get_fully_qualified_name()}')
        if self._store is None or self._store.directory != Path(directory).expanduser().absolute():
            self._store = PictureStore(directory)
        return self._store

    # Services.

    def _take_preview(self, _, response):
        stamp = self.get_clock().now().to_msg()
        picture = self.run('taking a preview',
                           lambda camera: camera.take_preview(self.show_progress))
        response.message = self._publish_preview(picture, stamp)

    def _publish_preview(self, picture: Picture, stamp: Time) -> str:
        picture = image.encoded(picture)
        checked = image.check(picture.data, picture.format)
        header = Header(stamp=stamp, frame_id=self.frame_id)
        if checked.format == 'jpeg':
            self._previews.publish_jpeg(picture.data, checked, header)
        else:
            self._previews.publish_pixels(partial(image.decode, picture.data), checked.width,
                                          checked.height, header)
        return (f'{checked.width} x {checked.height} pixels published on ~/preview/image_raw; '
                'it is not stored in the camera')

    def _list_images(self, request, response):
        images = self.list_stored(indices=[*request.indices] or None)
        known = self.ledger(
            lambda ledger: [ledger.has(self.identity, one) for one in images])
        response.images = list(map(convert.stored_image_message, images, known))
        clocks = sorted({ZONES[one.clock] for one in images if one.clock and one.stamp})
        response.message = f'{len(images)} images, {sum(known)} of them downloaded' + ''.join(
            f"; stamps: the camera's clock, taken for {zone}" for zone in clocks)

    def _delete_images(self, request, response):
        if not self.parameter('allow_delete'):
            raise Forbidden('deleting is locked; start the node with allow_delete: true')
        if request.all and request.indices:
            raise ValueError('either all or indices, not both')
        if not request.all and not request.indices:
            raise ValueError('nothing to delete: give indices, or all: true')
        gone: list[StoredImage] = []
        try:
            unsaved = self.run('deleting images', partial(
                self._delete, indices=tuple(request.indices), gone=gone))
            response.message = f'{len(gone)} images deleted' + (
                f'; of these no copy was downloaded here: {", ".join(unsaved)}' if unsaved else '')
        except DeviceError as error:
            response.success = False
            response.message = f'{error}; {len(gone)} images were deleted'
        response.deleted = len(gone)

    def _delete(self, camera: Camera, indices: Sequence[int],
                gone: list[StoredImage]) -> list[str]:
        """Delete, put what is gone into `gone`, return the names of those without a copy."""
        if self.downloads.active:
            raise Busy('a download is under way, and deleting would renumber its images; wait '
                       'for its end or cancel it')
        before = camera.list_images()
        self.ledger(lambda ledger: ledger.listed(self.identity, before))
        if indices:
            there = {one.index for one in before}
            absent = [str(i) for i in indices if i not in there]
            if absent:
                raise IndexError(f'there is no image {", ".join(absent)}; nothing was deleted')
            wanted = [one for one in before if one.index in indices]
        else:
            wanted = [one for one in before if not one.write_protected]
        unsaved = self.ledger(lambda ledger: [
            one.name or str(one.index) for one in wanted if not ledger.has(self.identity, one)])
        try:
            if indices:
                camera.delete([one.index for one in wanted])
            else:
                camera.delete_all()
            gone += wanted
        except DeviceError:
            left = [replace(one, index=0) for one in camera.list_images()]
            gone += [one for one in wanted if replace(one, index=0) not in left]
            raise
        finally:
            self.ledger(lambda ledger: ledger.deleted(self.identity, gone))
        return unsaved

    def _protect_image(self, request, response):
        self.run('protecting an image',
                 lambda camera: camera.protect(request.index, request.write_protected))

    def _sync_clock(self, _, response):
        def work(camera: Camera) -> str:
            before = camera.clock()
            now = wall_clock(camera.clock_shows)
            after = camera.set_clock(now.replace(microsecond=0))
            off = f'{(before - now).total_seconds():+.0f} s off' if before else 'not set'
            zone = ZONES[camera.clock_shows]
            return f'the camera clock shows {after or now} {zone}; it was {off}'

        response.message = self.run('setting the clock', work)

    # What only some cameras take; their nodes offer it.

    def offer_upload(self) -> None:
        """Offer `~/upload_image`."""
        self.serve(srv.UploadImage, '~/upload_image', self._upload_image)

    def _upload_image(self, request, response):
        directory = self.parameter('upload_directory')
        if not directory:
            raise Forbidden('uploading is locked; start the node with upload_directory: the '
                            'folder that pictures are taken from')
        path = below(Path(directory).expanduser().absolute(), request.file)
        if not os.path.isfile(path):
            raise StorageError(f'{path}: there is no such file; give its path below {directory}')
        data, _ = image.read_jpeg(path)
        stored = self.run(f'uploading {path.name}', lambda camera: camera.upload(
            request.name or path.name, data, request.overwrite, self.show_progress,
            accept_hang=True))
        response.image = convert.stored_image_message(stored, downloaded=False)
        response.message = f'{path} is image {stored.index} now'

    def offer_summary(self) -> None:
        """Offer `~/get_summary`."""
        self.serve(srv.GetSummary, '~/get_summary', self._get_summary)

    def _get_summary(self, request, response):
        index = request.index or None
        response.values = convert.key_values(self.run(
            'reading a summary', lambda camera: camera.summary(index)))

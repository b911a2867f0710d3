# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Deleting images in a camera: `~/delete_images`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from camera_driver import srv
from camera_driver.abilities import StoresImages
from camera_driver.errors import Busy, DeviceError, Forbidden, OutcomeUnknown, Refused
from camera_driver.model import Setting, StoredImage, When
from camera_driver.nodes.abilities.capture import Captures
from camera_driver.nodes.abilities.download import Downloads
from camera_driver.nodes.abilities.images import Images
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import words


class Deletions(Part[StoresImages]):
    """Deletes images, where that is allowed."""

    ABILITY = StoresImages
    PARAMETERS = (
        Setting('allow_delete', bool, 'let ~/delete_images delete images in the camera',
                default=False, when=When.START),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._records = node.part(Records)
        self._downloads = node.part(Downloads)
        self._images = node.part(Images)
        self._stale = -1  # the listing, by its number, that a doubtful deletion has outdated
        node.serve(srv.DeleteImages, '~/delete_images', self._delete_images, in_mission=False)

    def _delete_images(self, request: srv.DeleteImages.Request,
                       response: srv.DeleteImages.Response) -> None:
        if not self.node.parameter('allow_delete'):
            raise Forbidden('deleting is locked; start the node with allow_delete: true')
        if request.all and request.indices:
            raise ValueError('either all or indices, not both')
        if not request.all and not request.indices:
            raise ValueError('nothing to delete: give indices, or all: true')
        for name in ('names', 'sizes'):
            if len(getattr(request, name)) not in (0, len(request.indices)):
                raise ValueError(f'{name}: give one for each of the indices, or none')
        done = _Done()
        try:
            self.run('deleting images', partial(self._delete, request=request, done=done))
        except OutcomeUnknown as error:
            response.success, response.outcome_unknown = False, True
            response.message = words(error)
        except DeviceError as error:
            response.success = False
            response.outcome_unknown = bool(done.unknown)
            response.message = words(error)
        response.deleted = len(done.gone)
        response.gone, response.kept, response.unknown = (
            sorted(one.index for one in images) for images in (
                done.gone, done.kept, done.unknown))
        parts = [response.message] if response.message else []
        parts.append(f'{len(done.gone)} images deleted')
        if done.unknown:
            parts.append(f'unknown of {", ".join(map(_name, done.unknown))}: list the images '
                         'again before the next deletion')
        if response.success and done.unsaved:
            parts.append('of these no copy was downloaded here: ' + ', '.join(done.unsaved))
        response.message = '; '.join(parts)

    def _delete(self, camera: StoresImages, request: srv.DeleteImages.Request,
                done: '_Done') -> None:
        """Delete, and say in `done` what has become of the images."""
        if self._downloads.active:
            raise Busy('a download is under way, and deleting would renumber its images; wait '
                       'for its end or cancel it')
        if self._stale == self._images.listings and not request.all:
            raise Refused('the outcome of the last deletion is unknown, and numbers may have '
                          'moved; list the images again, and delete by the new numbers')
        captures = self.node.find(Captures)
        if captures:
            captures.before_change(camera)
        before = camera.list_images()
        self._records(lambda ledger: ledger.listed(self.node.identity, before))
        wanted = _wanted(request, before)
        done.unsaved = self._records(lambda ledger: [
            _name(one) for one in wanted if not ledger.has(self.node.identity, one)])
        if done.unsaved and not request.without_copy:
            raise Refused(f'no copy of {", ".join(done.unsaved)} is on this computer; download '
                          'first, or set without_copy: true; nothing was deleted')
        try:
            if request.indices:
                camera.delete([one.index for one in wanted])
            else:
                camera.delete_all()
            done.gone = wanted
        except BaseException as error:
            self._look(camera, wanted, done, isinstance(error, OutcomeUnknown))
            raise
        finally:
            self._records(lambda ledger: ledger.deleted(self.node.identity, done.gone))

    def _look(self, camera: StoresImages, wanted: Sequence[StoredImage], done: '_Done',
              doubtful: bool) -> None:
        """Find out which images are gone after a deletion that failed."""
        try:
            left = [replace(one, index=0) for one in camera.list_images()]
        except BaseException:  # the line is gone, or the node ends
            done.unknown = wanted
        else:
            done.gone = [one for one in wanted if replace(one, index=0) not in left]
            done.kept = [one for one in wanted if one not in done.gone]
        if doubtful or done.unknown or done.gone:
            self._stale = self._images.listings


@dataclass
class _Done:
    """What became of the images of a deletion; those of the listing before it."""

    gone: Sequence[StoredImage] = ()
    kept: Sequence[StoredImage] = ()
    unknown: Sequence[StoredImage] = ()
    unsaved: Sequence[str] = ()  # names of those without a copy on this computer


def _wanted(request: srv.DeleteImages.Request,
            before: Sequence[StoredImage]) -> Sequence[StoredImage]:
    """Return the images that a request means. Raises IndexError, Refused (not what it expects)."""
    if request.all:
        return [one for one in before if not one.write_protected]
    there = {one.index: one for one in before}
    absent = [str(index) for index in request.indices if index not in there]
    if absent:
        raise IndexError(f'there is no image {", ".join(absent)}; nothing was deleted')
    for place, index in enumerate(request.indices):
        one = there[index]
        if request.names and request.names[place] not in ('', one.name):
            raise Refused(f'image {index} is {one.name} and not {request.names[place]}; nothing '
                          'was deleted, list the images again')
        if request.sizes and request.sizes[place] != one.size:
            raise Refused(f'image {index} has {one.size} bytes and not {request.sizes[place]}; '
                          'nothing was deleted, list the images again')
    return [one for one in before if one.index in request.indices]


def _name(image: StoredImage) -> str:
    return image.name or str(image.index)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Deleting images in a camera: `~/delete_images`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from camera_driver import srv
from camera_driver.abilities import StoresImages
from camera_driver.errors import Busy, DeviceError, Forbidden
from camera_driver.model import Setting, StoredImage
from camera_driver.nodes.abilities.download import Downloads
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.convert import words


class Deletions(Part[StoresImages]):
    """Deletes images, where that is allowed."""

    ABILITY = StoresImages
    PARAMETERS = (
        Setting('allow_delete', bool, 'let ~/delete_images delete images in the camera',
                default=False),
    )

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._records = node.part(Records)
        self._downloads = node.part(Downloads)
        node.serve(srv.DeleteImages, '~/delete_images', self._delete_images)

    def _delete_images(self, request: srv.DeleteImages.Request,
                       response: srv.DeleteImages.Response) -> None:
        if not self.node.parameter('allow_delete'):
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
            response.message = f'{words(error)}; {len(gone)} images were deleted'
        response.deleted = len(gone)

    def _delete(self, camera: StoresImages, indices: Sequence[int],
                gone: list[StoredImage]) -> list[str]:
        """Delete, put what is gone into `gone`, return the names of those without a copy."""
        if self._downloads.active:
            raise Busy('a download is under way, and deleting would renumber its images; wait '
                       'for its end or cancel it')
        before = camera.list_images()
        self._records(lambda ledger: ledger.listed(self.node.identity, before))
        if indices:
            there = {one.index for one in before}
            absent = [str(i) for i in indices if i not in there]
            if absent:
                raise IndexError(f'there is no image {", ".join(absent)}; nothing was deleted')
            wanted = [one for one in before if one.index in indices]
        else:
            wanted = [one for one in before if not one.write_protected]
        unsaved = self._records(lambda ledger: [
            one.name or str(one.index) for one in wanted
            if not ledger.has(self.node.identity, one)])
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
            self._records(lambda ledger: ledger.deleted(self.node.identity, gone))
        return unsaved

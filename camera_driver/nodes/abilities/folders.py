# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of the memory: `~/list_folders`."""

from camera_driver import srv
from camera_driver.abilities import ListsFolders
from camera_driver.nodes import convert
from camera_driver.nodes.base import DeviceNode, Part


class Folders(Part[ListsFolders]):
    """Lists the folders."""

    ABILITY = ListsFolders

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.ListFolders, '~/list_folders', self._list_folders)

    def _list_folders(self, _: srv.ListFolders.Request, response: srv.ListFolders.Response
                      ) -> None:
        folders = self.run('listing folders', lambda camera: camera.folders())
        response.folders = [convert.image_folder_message(one) for one in folders]
        response.message = f'{len(folders)} folders'

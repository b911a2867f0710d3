# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A camera's video on its image topics: `~/set_live_view`.

Where the camera has a switch for its live view, `~/set_live_view` and the parameter `live_view`
switch both, and the source is closed at first. Where it has none, the source is open while the
node is active.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from camera_driver import srv
from camera_driver.abilities import HasLiveView, HasVideo
from camera_driver.device import Device
from camera_driver.errors import VideoError
from camera_driver.msg import CameraStatus
from camera_driver.nodes import video
from camera_driver.nodes.abilities.topics import Frame, Pictures
from camera_driver.nodes.base import DeviceNode, Part
from camera_driver.nodes.diagnostics import Task
from camera_driver.video.reader import State

LIVE_VIEW = 'live_view'  # setting of cameras that have a switch for it


class LiveView(Part[HasVideo]):
    """The video source of a camera, and the camera's switch for it."""

    ABILITY = HasVideo
    PARAMETERS = video.PARAMETERS

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        self._camera_switches = issubclass(node.device_class, HasLiveView)
        self._live = not self._camera_switches
        self.video = video.Video(node)
        self.video.show(node.part(Pictures).topics, node.part(Frame).frame_id)
        node.serve(srv.Switch, '~/set_live_view', self._set_live_view)

    @classmethod
    def check(cls, device: type[Device], values: Mapping[str, Any]) -> None:
        """Check the parameters of the video."""
        video.check(values)

    def tell(self, status: CameraStatus) -> None:
        """Tell of the video, and whether it is on where the camera has no switch."""
        status.video = self.video.words
        if not self._camera_switches:
            status.live_view = self.video.reader.state is State.ON

    def close(self) -> None:
        """Close the source."""
        self.video.stop()

    def tasks(self) -> Sequence[Task]:
        """Tell of the video."""
        return (self.video.task(),)

    def settings_known(self, device: HasVideo) -> None:
        """Follow the live view of a camera that has a switch for it."""
        on = device.get(LIVE_VIEW) if LIVE_VIEW in device.settings() else None
        if on is None or on == self._live:
            return
        self._live = bool(on)
        if not on:
            self.video.stop()
        elif self.node.active:
            self.video.start()

    def set_active(self, active: bool) -> None:
        """Open the source where live view is on, or close it."""
        if not active:
            self.video.stop()
        elif self._live:
            self.video.start()

    def _set_live_view(self, request: srv.Switch.Request, response: srv.Switch.Response) -> None:
        done = []
        if self._camera_switches:
            self.command('switching live view', lambda camera: self._switch(camera, request.on))
            done.append(f'live view is {"on" if request.on else "off"}')
            if not self.video.source:
                response.message = f'{done[0]}; {video.MISSING}'
                return
        self._live = request.on
        try:
            done.append(f'video {self.video.switch(request.on)}')
        except VideoError as error:
            raise VideoError('; '.join([*done, f'video {error}'])) from None
        response.message = '; '.join(done)

    def _switch(self, camera: HasVideo, on: bool) -> None:
        assert isinstance(camera, HasLiveView)
        camera.set_live_view(on)

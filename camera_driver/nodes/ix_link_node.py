# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of a Phase One Industrial camera: `ros2 run camera_driver ix_link_node`."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
import threading
from typing import Any

from camera_driver import msg
from camera_driver.errors import Busy
from camera_driver.nodes.diagnostics import ERROR, Task
from camera_driver.nodes.main import run
from camera_driver.nodes.video import VideoCameraNode


class IxLinkNode(VideoCameraNode):
    """A camera that is triggered over iX Link and shows its live view on HDMI."""

    DEVICE_TYPE = 'ix_link'

    def __init__(self, node_name: str = '', **arguments: Any) -> None:
        super().__init__(node_name, **arguments)
        self._one = threading.Lock()  # at a time asks whether a shot is under way
        self._shot: Future[msg.CaptureEvent] | None = None

    def shoot(self, triggered: Callable[[msg.CaptureEvent], None] = lambda _: None,
              ) -> 'Future[msg.CaptureEvent]':
        """Take one picture; refused during another one, where that is wanted. Raises Busy."""
        with self._one:
            if (self.parameter('capture_when_busy') == 'refuse' and self._shot
                    and not self._shot.done()):
                raise Busy('another picture is being taken and capture_when_busy is refuse; try '
                           'again when it is done, or set it to wait')
            self._shot = super().shoot(triggered)
            return self._shot

    def extra_diagnostics(self) -> Sequence[Task]:
        """Say when the camera reports an error of its own."""
        supervisor = self.supervisor
        if supervisor and supervisor.device_status.details.get('status') == 'error':
            return (*super().extra_diagnostics(), Task(
                'camera', ERROR, 'it reports a general error and takes no pictures; look at its '
                'own display, or switch it off and on'))
        return super().extra_diagnostics()


def main() -> int:
    """Run the node until it is told to end."""
    return run(IxLinkNode)

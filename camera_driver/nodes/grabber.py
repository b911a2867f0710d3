# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One frame grabber behind a video matrix: its pictures under the name of the camera that they show.

Which camera that is only the matrix knows, and what is done at its front panel it reports
afterwards, if at all. A frame is therefore held until the matrix has answered a question that was
sent MARGIN later than it came: had the matrix switched before, its report would have come before
the answer. A report that other
pictures are coming, or that a switch begins, ends the publishing at once, and what is held is
dropped. After a switch frames count when `settle_time` is over.

Frames go out in the thread of the video reader, when the next one comes.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
import time
from typing import Any

from std_msgs.msg import Header

from camera_driver.host.optics import Optics
from camera_driver.model import Setting, When
from camera_driver.nodes import video
from camera_driver.nodes.camera_info import Calibration
from camera_driver.nodes.diagnostics import Task
from camera_driver.nodes.image_topics import ImageTopics
from camera_driver.pictures.image import Pixels

MARGIN = 0.1  # s in which the report of a switch arrives
MOST_HELD = 16  # frames

PARAMETERS = (
    *video.PARAMETERS,
    Setting('settle_time', float, 'delay from the report of a switch until images are published: '
            'the time the grabber takes to lock on to another signal, as measured',
            's', minimum=0.0,
            maximum=30.0, default=1.0, when=When.ANY_TIME),
)


@dataclass(frozen=True)
class Behind:
    """A camera whose video goes into the matrix."""

    name: str
    input: int  # noqa: A003
    frame_id: str
    camera_info_url: str


class HeldTopics:
    """The image topics of a camera, which frames reach some time after they came."""

    def __init__(self, topics: ImageTopics) -> None:
        self._topics = topics
        self._held: deque[tuple[float, tuple[Any, ...]]] = deque(maxlen=MOST_HELD)
        self._begins = 0.0
        self.clear_until = 0.0  # monotonic s: what came before shows this camera

    @property
    def wanted(self) -> bool:
        """Whether anybody subscribes to any of the topics."""
        return self._topics.wanted

    def begin(self, when: float) -> None:
        """Hold nothing, and take what comes from `when` [monotonic s] on."""
        self._held.clear()
        self._begins = when

    def publish_frame(self, pixels: Pixels, encoding: str, header: Header,
                      jpeg: Callable[[], bytes]) -> None:
        """Publish what is held and can go, and hold this frame."""
        while self._held and self._held[0][0] <= self.clear_until:
            self._topics.publish_frame(*self._held.popleft()[1])
        now = time.monotonic()
        if now >= self._begins:
            self._held.append((now, (pixels, encoding, header, jpeg)))


class Grabber:
    """The video source at an output of the matrix; `node` has PARAMETERS."""

    def __init__(self, node: Any, cameras: Mapping[str, Behind]) -> None:
        """Open nothing yet."""
        self._node = node
        self.video = video.Video(node)
        self.selected: Behind | None = None
        self._topics: dict[str, HeldTopics] = {}
        self._images: dict[str, ImageTopics] = {}
        for camera in cameras.values():
            calibration = Calibration(camera.name, camera.camera_info_url,
                                      node.parameter('simulate'))
            if calibration.problem:
                node.get_logger().warning(f'{camera.name}: {calibration.problem}')
            images = ImageTopics(node, calibration=calibration, below=camera.name)
            self._images[camera.name], self._topics[camera.name] = images, HeldTopics(images)

    def follow(self, name: str, optics: Optics) -> None:
        """Hear of the optical state of a camera, from its own node."""
        self._images[name].optics = optics

    def tasks(self) -> Sequence[Task]:
        """Tell of the video, and of the calibrations that there are."""
        return (self.video.task(), *(replace(task, name=f'{name}: {task.name}')
                                     for name, images in self._images.items()
                                     for task in images.tasks() if task.values['for [pixels]']))

    def select(self, camera: Behind | None) -> None:
        """Publish from now on what this camera shows, None: nothing; in the worker's thread."""
        if camera == self.selected:
            return
        before, self.selected = self.selected, camera
        if camera:
            topics = self._topics[camera.name]
            topics.begin(time.monotonic() + self._node.parameter('settle_time'))
            self.video.show(topics, camera.frame_id)
        else:
            self.video.show(None)
        if before:
            self._topics[before.name].begin(0.0)  # lets go of what is held

    def heard(self, until: float) -> None:
        """Take note that all was heard that the matrix had said by `until` [monotonic s]."""
        if self.selected:
            self._topics[self.selected.name].clear_until = until - MARGIN

    @property
    def words(self) -> str:
        """Status of the video source, as a sentence."""
        shows = f'shows {self.selected.name}' if self.selected else (
            'shows no camera that is known: nothing is published')
        return f'{self.video.words}; {shows}' if self.video.source else self.video.words

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The node of any device type: what each of its abilities adds, and nothing else."""

from functools import cache
from typing import Any, ClassVar

from camera_driver.nodes.abilities.capabilities import Capabilities
from camera_driver.nodes.abilities.capture import Captures
from camera_driver.nodes.abilities.clock import CameraClock
from camera_driver.nodes.abilities.delete import Deletions
from camera_driver.nodes.abilities.download import Downloads
from camera_driver.nodes.abilities.exposure import Exposures
from camera_driver.nodes.abilities.exposure_events import ExposureEvents
from camera_driver.nodes.abilities.folders import Folders
from camera_driver.nodes.abilities.geotags import Geotags
from camera_driver.nodes.abilities.images import Images
from camera_driver.nodes.abilities.live_view import LiveView
from camera_driver.nodes.abilities.locks import Locks
from camera_driver.nodes.abilities.previews import Previews
from camera_driver.nodes.abilities.protection import Protection
from camera_driver.nodes.abilities.records import Records
from camera_driver.nodes.abilities.region import Region
from camera_driver.nodes.abilities.registers import Registers
from camera_driver.nodes.abilities.routing import Matrix
from camera_driver.nodes.abilities.sequence import Sequences
from camera_driver.nodes.abilities.snapshot import Snapshots
from camera_driver.nodes.abilities.summary import Summary
from camera_driver.nodes.abilities.survey import Surveys
from camera_driver.nodes.abilities.topics import Frame, Pictures
from camera_driver.nodes.abilities.upload import Uploads
from camera_driver.nodes.base import DeviceNode, Part


class CameraNode(DeviceNode):
    """
    Base of the nodes; knows no device type.

    A subclass names its DEVICE_TYPE; what only this type can do are further PARTS.
    """

    PARTS: ClassVar[tuple[type[Part[Any]], ...]] = (
        Capabilities, Records, Frame, Pictures, Geotags, ExposureEvents, Captures, Images,
        Downloads, Deletions, Sequences, Surveys, Exposures, Previews, Protection, Uploads,
        Folders, Summary, CameraClock, Registers, Region, LiveView, Snapshots, Matrix, Locks)


@cache
def node_of(device_type: str) -> type[CameraNode]:
    """Return the class of the node of a device type that has nothing of its own."""
    return type(CameraNode.__name__, (CameraNode,), {'DEVICE_TYPE': device_type})

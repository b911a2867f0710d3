# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The calibration of a camera: where it lies, what is published.

The rules of image_common's camera_info_manager: `camera_info_url` is `file://` or `package://`,
`${NAME}` and `${ROS_HOME}` are replaced, the default is
`file://${ROS_HOME}/camera_info/${NAME}.yaml`, and the file is camera_calibration's YAML, or
OpenCV's. A camera without calibration has zeros in D, K, R and P, which is not an error
(CameraInfo.msg). Nor has a picture whose optical state is another one than the calibration is for
(`pictures.optics`).
"""

from collections.abc import Sequence
from dataclasses import replace
import os
from pathlib import Path
import re
import tempfile

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError
from sensor_msgs.msg import CameraInfo

from camera_driver.errors import StorageError
from camera_driver.model import OpticalState
from camera_driver.nodes.diagnostics import OK, Task, WARN
from camera_driver.pictures import calibration
from camera_driver.pictures.calibration import Calibrated, Intrinsics
from camera_driver.pictures.optics import applied, told

DEFAULT_URL = 'file://${ROS_HOME}/camera_info/${NAME}.yaml'
SIMULATED_URL = 'file://${ROS_HOME}/camera_info/simulated/${NAME}.yaml'
"""The default of a simulated camera, whose calibration is not that of the real one."""


class Calibration:
    """
    The calibration of one camera, or several of other focal lengths and sizes, in one file.

    `problem` says why there is none although there should be.
    """

    def __init__(self, name: str, url: str = '', simulated: bool = False) -> None:
        """
        Find and read the calibration; `url` as in `camera_info_url`, empty = the default.

        Never raises for what is wrong with URL or file; see `problem`.
        """
        self.name = re.sub('[^A-Za-z0-9_]', '_', name)
        self.path: Path | None = None
        self.problem = ''
        self.known: Sequence[Calibrated] = ()
        try:
            where = url or (SIMULATED_URL if simulated else DEFAULT_URL)
            self.path = resolve(where, self.name)
            if self.path.exists() or url:
                self.known = calibration.read_all(self.path)
        except (OSError, ValueError) as error:
            self.problem = (f'camera_info_url {where!r}: {_reason(error)}; '
                            'images are published as uncalibrated')

    @property
    def info(self) -> CameraInfo | None:
        """The main calibration, as it was made."""
        return _info(self.known[0].intrinsics) if self.known else None

    def info_for(self, width: int, height: int, state: OpticalState = OpticalState()
                 ) -> CameraInfo:
        """
        Return the camera info of an image of this size [pixels] and state, without header.

        Zeros, with this image's size, where the calibration says nothing reliable about it.
        """
        found = applied(self.known, state, width, height)
        if isinstance(found, Intrinsics):
            return _info(found)
        return CameraInfo(width=width, height=height)

    def misfit(self, width: int, height: int, state: OpticalState = OpticalState()) -> str:
        """Say why there is a calibration and it is not used for an image of this size, state."""
        found = applied(self.known, state, width, height)
        if isinstance(found, Intrinsics) or not found:
            return ''
        return f'published as uncalibrated: the calibration in {self.path} does not fit: {found}'

    def misfit_now(self, state: OpticalState) -> str:
        """Say the same of an image of its own size."""
        if not self.known:
            return ''
        found = self.known[0].intrinsics
        return self.misfit(found.width, found.height, state)

    def task(self, state: OpticalState, last: str = '') -> Task:
        """
        Return what diagnostics tell: whether it is used in this state, and why not.

        :param last: why the last picture was published as uncalibrated.
        """
        sizes = sorted({f'{one.intrinsics.width} x {one.intrinsics.height}' for one in self.known})
        values = {'file': str(self.path or ''), 'for [pixels]': ', '.join(sizes), **told(state)}
        why = self.problem or self.misfit_now(state) or last
        words = 'used' if self.known else 'none: images are published as uncalibrated'
        return Task('calibration', WARN if why else OK, why or words, values)

    def store(self, info: CameraInfo, state: OpticalState = OpticalState()) -> None:
        """
        Use a calibration from now on and save it, as made in this state.

        It takes the place of one of the same focal length and size. Raises ValueError (not a
        calibration; nothing changes) and StorageError (used until the node ends, but not saved).
        """
        found = Intrinsics(info.width, info.height, info.distortion_model, info.d, info.k, info.r,
                           info.p)
        made = Calibrated(found, replace(state, focal_length=state.focal_length or None))
        if any(one.fixed for one in self.known):  # somebody has said so; that stays true
            usual = OpticalState()
            made = made._replace(fixed=True, state=replace(
                made.state, region=state.region or usual.region,
                digital_zoom=state.digital_zoom or usual.digital_zoom,
                binning=state.binning or usual.binning))
        known = [made, *(one for one in self.known if _place(one) != _place(made))]
        text = calibration.dump_all(known, self.name)
        self.known = known
        self.problem = ''
        if self.path is None:
            raise StorageError('camera_info_url names no file that can be written; the '
                               'calibration is used until the node ends')
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix='.camera_info-')
            try:
                with open(handle, 'w') as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(name, 0o644)
                os.replace(name, self.path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise StorageError(f'{self.path}: {_reason(error)}; the calibration is used until the '
                               'node ends') from error


def resolve(url: str, name: str) -> Path:
    """Return the file that a camera_info_url names. Raises ValueError that says what is wrong."""
    try:
        home = os.environ.get('ROS_HOME') or str(Path.home() / '.ros')
    except RuntimeError:
        raise ValueError('there is no home directory; set HOME or ROS_HOME') from None
    text = url.replace('${NAME}', name).replace('${ROS_HOME}', home)
    if '${' in text:
        raise ValueError('only ${NAME} and ${ROS_HOME} are replaced')
    if text.startswith('file:///'):
        return Path(text.removeprefix('file://'))
    match = re.fullmatch('package://([^/]+)/(.+)', text)
    if not match:
        raise ValueError('write file:///absolute/path.yaml or package://PACKAGE/path.yaml')
    try:
        return Path(get_package_share_directory(match[1])) / match[2]
    except PackageNotFoundError:
        raise ValueError(f'there is no package {match[1]!r}') from None


def _info(found: Intrinsics) -> CameraInfo:
    return CameraInfo(**found._asdict())


def _place(one: Calibrated) -> tuple[float | None, int, int]:
    """Return what a camera has one calibration for."""
    return one.state.focal_length, one.intrinsics.width, one.intrinsics.height


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

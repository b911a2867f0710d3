# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The calibration of a camera: where it lies, what is published.

The rules of image_common's camera_info_manager: `camera_info_url` is `file://` or `package://`,
`${NAME}` and `${ROS_HOME}` are replaced, the default is
`file://${ROS_HOME}/camera_info/${NAME}.yaml`, and the file is camera_calibration's YAML, or
OpenCV's. A camera without calibration has zeros in D, K, R and P, which is not an error
(CameraInfo.msg).
"""

import os
from pathlib import Path
import re
import tempfile

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError
from sensor_msgs.msg import CameraInfo

from camera_driver.errors import StorageError
from camera_driver.pictures import calibration

DEFAULT_URL = 'file://${ROS_HOME}/camera_info/${NAME}.yaml'


class Calibration:
    """
    The calibration of one camera, in one file.

    `problem` says why there is none although there should be.
    """

    def __init__(self, name: str, url: str = '') -> None:
        """
        Find and read the calibration; `url` as in `camera_info_url`, empty = the default.

        Never raises for what is wrong with URL or file; see `problem`.
        """
        self.name = re.sub('[^A-Za-z0-9_]', '_', name)
        self.path: Path | None = None
        self.problem = ''
        self.info: CameraInfo | None = None
        try:
            self.path = resolve(url or DEFAULT_URL, self.name)
            if self.path.exists() or url:
                self.info = _info(calibration.read(self.path))
        except (OSError, ValueError) as error:
            self.problem = (f'camera_info_url {url or DEFAULT_URL!r}: {_reason(error)}; '
                            'images are published as uncalibrated')

    def info_for(self, width: int, height: int) -> CameraInfo:
        """
        Return the camera info of an image of this size [pixels], without header.

        A calibration made at another size says nothing reliable about this image (whether it was
        scaled or cut is not known), so it is left out: zeros, with this image's size.
        """
        if self.info and (self.info.width, self.info.height) == (width, height):
            known = self.info
            return CameraInfo(width=width, height=height, d=known.d, k=known.k, r=known.r,
                              p=known.p, distortion_model=known.distortion_model)
        return CameraInfo(width=width, height=height)

    def misfit(self, width: int, height: int) -> str:
        """Say why there is a calibration and it is not used for an image of this size."""
        if not self.info or (self.info.width, self.info.height) == (width, height):
            return ''
        return (f'the calibration in {self.path} is for {self.info.width} x {self.info.height} '
                f'pixels and the image has {width} x {height}: published as uncalibrated; '
                'calibrate at this resolution or set the camera to that one')

    def store(self, info: CameraInfo) -> None:
        """
        Use a calibration from now on and save it.

        Raises ValueError (not a calibration; nothing changes) and StorageError (used until the
        node ends, but not saved).
        """
        found = calibration.Intrinsics(info.width, info.height, info.distortion_model, info.d,
                                       info.k, info.r, info.p)
        text = calibration.dump(found, self.name)
        self.info = _info(found)
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


def _info(found: calibration.Intrinsics) -> CameraInfo:
    return CameraInfo(**found._asdict())


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

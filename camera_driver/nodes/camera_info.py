# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The calibration of a camera: where it lies, how it is read, what is published.

The rules of image_common's camera_info_manager: `camera_info_url` is `file://` or `package://`,
`${NAME}` and `${ROS_HOME}` are replaced, the default is
`file://${ROS_HOME}/camera_info/${NAME}.yaml`, and the file is camera_calibration's YAML. A camera
without calibration has zeros in D, K, R and P, which is no error (CameraInfo.msg).
"""

from collections.abc import Sequence
import math
import os
from pathlib import Path
import re
import tempfile

from ament_index_python.packages import get_package_share_directory, PackageNotFoundError
from sensor_msgs.msg import CameraInfo
import yaml

from camera_driver.errors import StorageError

DEFAULT_URL = 'file://${ROS_HOME}/camera_info/${NAME}.yaml'

SIZES = {'camera_matrix': (3, 3), 'rectification_matrix': (3, 3), 'projection_matrix': (3, 4)}
MOST_COEFFICIENTS = 14  # of any distortion model


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
                self.info = parse(self.path.read_text())
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
        text = dump(info, self.name)
        self.info = parse(text)
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
    home = os.environ.get('ROS_HOME') or str(Path.home() / '.ros')
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


def parse(text: str) -> CameraInfo:
    """Read a calibration in YAML. Raises ValueError that says what is wrong."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f'not YAML: {" ".join(str(error).split())}') from None
    if not isinstance(data, dict):
        raise ValueError('not a calibration: it has no image_width')
    info = CameraInfo(width=_size(data, 'image_width'), height=_size(data, 'image_height'))
    info.distortion_model = str(data.get('distortion_model', 'plumb_bob'))
    info.d = _numbers(data, 'distortion_coefficients', None)
    info.k, info.r, info.p = (_numbers(data, key, r * c) for key, (r, c) in SIZES.items())
    return info


def dump(info: CameraInfo, name: str) -> str:
    """Write a calibration as YAML. Raises ValueError when it is none."""
    if not info.width or not info.height or not info.k[0]:
        raise ValueError('not a calibration: width, height and K[0] have to be set')
    if not all(math.isfinite(x) for x in (*info.d, *info.k, *info.r, *info.p)):
        raise ValueError('not a calibration: some of its numbers are not finite')
    data = {'image_width': info.width, 'image_height': info.height, 'camera_name': name,
            'camera_matrix': _matrix(info.k, 3, 3), 'distortion_model': info.distortion_model,
            'distortion_coefficients': _matrix(info.d, 1, len(info.d)),
            'rectification_matrix': _matrix(info.r, 3, 3),
            'projection_matrix': _matrix(info.p, 3, 4)}
    return str(yaml.safe_dump(data, sort_keys=False, default_flow_style=None))


def _matrix(values: Sequence[float], rows: int, columns: int) -> dict[str, object]:
    return {'rows': rows, 'cols': columns, 'data': [float(x) for x in values]}


def _size(data: dict[str, object], key: str) -> int:
    value = data.get(key)
    if type(value) is not int or not 0 < value < 2 ** 20:
        raise ValueError(f'{key} is {value!r} and should be a number of pixels')
    return value


def _numbers(data: dict[str, object], key: str, count: int | None) -> list[float]:
    block = data.get(key)
    values = block.get('data') if isinstance(block, dict) else None
    if not isinstance(values, list):
        raise ValueError(f'{key} has no data')
    if len(values) != count if count else len(values) > MOST_COEFFICIENTS:
        raise ValueError(f'{key} has {len(values)} numbers instead of '
                         f'{count or f"at most {MOST_COEFFICIENTS}"}')
    if not all(type(x) in (int, float) and math.isfinite(x) for x in values):
        raise ValueError(f'{key} holds something that is not a number')
    return [float(x) for x in values]


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)

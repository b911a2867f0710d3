# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The protocol library without ROS: list a camera's images and fetch the newest.

    camera-driver simulate sierra --link /tmp/camera      (in another terminal)
    python3 examples/without_ros.py /tmp/camera
"""

import sys

from camera_driver.devices.sierra.camera import SierraCamera
from camera_driver.errors import DeviceError
from camera_driver.link.port import SerialPort
from camera_driver.pictures.image import check
from camera_driver.pictures.storage import PictureStore


def main(port):
    """Open, list, download, close."""
    camera = SierraCamera(SerialPort(port, SierraCamera.LINE), {})
    try:
        print(camera.open())
        images = camera.list_images()
        for image in images:
            print(f'{image.index:4} {image.name:14} {image.size:8} bytes  {image.stamp}')
        if images:
            picture = camera.download(images[-1].index)
            check(picture.data, picture.format)
            print('saved', PictureStore('.').save(picture.name, picture.data))
    finally:
        camera.close()


if __name__ == '__main__':
    try:
        main(sys.argv[1])
    except DeviceError as error:
        sys.exit(str(error))

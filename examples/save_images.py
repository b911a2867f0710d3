# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Save every image of a topic as a PNG file: a subscriber that knows nothing of the driver.

    python3 examples/save_images.py /sierra/image_raw [FOLDER] [COUNT]
"""

import argparse
from pathlib import Path

import numpy
from PIL import Image as Picture
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image


class Saver(Node):
    """Writes what arrives."""

    def __init__(self, topic, folder, count):
        """Subscribe."""
        super().__init__('save_images')
        self.folder = folder
        self.left = count
        self.number = 0
        self.create_subscription(Image, topic, self.save, 10)
        print(f'waiting for images on {topic}', flush=True)

    def save(self, message):
        """Write one image and say what it was."""
        pixels = numpy.frombuffer(message.data, numpy.uint8).reshape(
            message.height, message.width, -1)
        if message.encoding == 'bgr8':  # PNG files are RGB
            pixels = pixels[:, :, ::-1]
        self.number += 1
        path = self.folder / f'image_{self.number:04}.png'
        Picture.fromarray(pixels.squeeze()).save(path)
        stamp = message.header.stamp
        print(f'{path}: {message.width} x {message.height} {message.encoding}, '
              f'stamp {stamp.sec}.{stamp.nanosec:09}, frame {message.header.frame_id}', flush=True)
        self.left -= 1
        if not self.left:
            raise SystemExit


def main():
    """Spin until COUNT images have come (0: for ever)."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('topic', help='such as /sierra/image_raw')
    parser.add_argument('folder', nargs='?', type=Path, default=Path(), help='default: this one')
    parser.add_argument('count', nargs='?', type=int, default=0, help='0, the default: for ever')
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rclpy.init()
    try:
        rclpy.spin(Saver(arguments.topic, arguments.folder, arguments.count))
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()

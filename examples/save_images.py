# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Save every image of a topic as a PNG file: a subscriber that knows nothing of the driver.

    python3 examples/save_images.py /sierra/image_raw [FOLDER] [COUNT]
"""

from pathlib import Path
import sys

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
    topic = sys.argv[1]
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else '.')
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    folder.mkdir(parents=True, exist_ok=True)
    rclpy.init()
    try:
        rclpy.spin(Saver(topic, folder, count))
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()

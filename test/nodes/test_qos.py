# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service: what who starts a node can choose, and what a monitor can ask for."""

from helpers import wait_until
from node_rig import rig, sierra
import pytest
from rclpy.duration import Duration
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from camera_driver.action import DownloadImages
from camera_driver.msg import CameraStatus, CaptureEvent
from camera_driver.nodes.reports import LEASE
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Capture

LATER = {'durability': DurabilityPolicy.TRANSIENT_LOCAL, 'depth': 1}
KEPT = {'image_raw': Image, 'image_raw/compressed': CompressedImage, 'camera_info': CameraInfo,
        'thumbnail/compressed': CompressedImage, 'capture_event': CaptureEvent}


def override(topic, policy):
    return f'qos_overrides./camera/{topic}.publisher.{policy}'


def test_who_subscribes_later_sees_the_last_picture_where_that_was_chosen(tmp_path):
    chosen = {override(topic, 'durability'): 'transient_local' for topic in KEPT}
    with rig(SierraNode, sierra(), tmp_path, **chosen, **{
            override('image_raw', 'depth'): 2, override('image_raw', 'history'): 'keep_last',
            override('preview/image_raw', 'reliability'): 'best_effort'}) as one:
        shot = one.call(Capture, 'capture', wait=True)
        assert shot.success
        done = one.act(DownloadImages, 'download_images', indices=[shot.image_index],
                       publish=True)
        assert done.success, done.message
        assert one.act(DownloadImages, 'download_images', indices=[shot.image_index],
                       thumbnails_only=True, publish=True).success
        kept = {topic: one.listen(kind, topic, **LATER) for topic, kind in KEPT.items()}
        wait_until(lambda: all(kept.values()))
        assert {messages[-1].header.stamp.sec for messages in kept.values()} == {shot.stamp.sec}
        info, = one.node.get_publishers_info_by_topic('/camera/preview/image_raw')
        assert info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
        assert info.qos_profile.durability == DurabilityPolicy.VOLATILE


def test_a_policy_that_is_none_ends_the_node(tmp_path):
    with pytest.raises(ValueError, match='durability`: `for ever`'):
        with rig(SierraNode, sierra(), tmp_path,
                 **{override('image_raw', 'durability'): 'for ever'}):
            pass


def test_a_monitor_hears_that_a_node_is_gone(tmp_path):
    alive, late = [], []
    with rig(SierraNode, sierra(), tmp_path) as one:
        def watch():
            return one.client.create_subscription(
                CameraStatus, '/camera/status', lambda message: None, QoSProfile(
                    depth=1, liveliness=LivelinessPolicy.AUTOMATIC,
                    liveliness_lease_duration=Duration(seconds=LEASE),
                    deadline=Duration(seconds=3.0)),
                event_callbacks=SubscriptionEventCallbacks(
                    liveliness=lambda event: alive.append(event.alive_count),
                    incompatible_qos=late.append))

        watch()
        wait_until(lambda: alive)
        assert alive == [1] and not late
        one.end_node()
        wait_until(lambda: alive[-1] == 0)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 nodes: the only importers of rclpy and messages."""

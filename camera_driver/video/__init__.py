# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Video of frame grabbers, files and streams: its sources and their reader; no ROS."""

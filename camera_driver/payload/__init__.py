# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What makes a camera a mapping payload: tracks, geotags, exports; no ROS."""

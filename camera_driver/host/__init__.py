# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What keeps a device open and gives it work: worker and supervisor; no ROS."""

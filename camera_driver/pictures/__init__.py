# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A picture that came over the line: checked, decoded once, kept; no ROS."""

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Build the ROS-free Python package: the library and the camera-driver command."""

from setuptools import setup

setup()

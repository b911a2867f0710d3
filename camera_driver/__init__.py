# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Drivers and simulators for serial-controlled cameras, as a library and as ROS 2 nodes."""

from pkgutil import extend_path

# The generated msg, srv and action packages live in another directory of the same name.
__path__ = extend_path(__path__, __name__)

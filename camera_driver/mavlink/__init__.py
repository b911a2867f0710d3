# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras as MAVLink components, for ground stations and autopilots; no ROS."""

from importlib.util import find_spec

if find_spec('pymavlink') is None:
    raise ImportError('MAVLink needs pymavlink: python3 -m pip install pymavlink')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the catalog of camera_driver is told, by the entry point in pyproject.toml."""

from camera_driver.device_type import DeviceType

SKYCAM = DeviceType(
    'skycam', 'SC-6 all-sky camera (invented)', 'skycam.camera:SkyCamera',
    'skycam.simulator:SkySimulator', 'skycam.codec', 'skycam.codec:explain')

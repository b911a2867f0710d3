# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What is wrong with a serial port, its adapter or the computer, before a device is blamed.

`adapter` looks at a port from outside, `computer` at everything else. Both read what the kernel
tells under a root directory, ask no device, need no ROS, and change nothing.
"""

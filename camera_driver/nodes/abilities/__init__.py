# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What each ability of a device adds to its node, a module for each."""

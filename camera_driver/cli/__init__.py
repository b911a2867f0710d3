# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The camera-driver command."""

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Fuji MX, DX and DS still cameras and their clones: the Fuji protocol."""

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The device types, a folder each; no type imports another."""

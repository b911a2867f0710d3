# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Intelix DIGI-HD-8X8 video matrix."""

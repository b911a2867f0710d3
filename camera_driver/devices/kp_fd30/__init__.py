# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Hitachi KP-FD30 colour video camera."""

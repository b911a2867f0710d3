# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes and time: ports, framing, channels, wire traces."""

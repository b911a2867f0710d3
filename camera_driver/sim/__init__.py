# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated devices: their base, the two hosts (memory, pseudo-terminal), faults, scenes."""

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The shot ledger: every commanded shot and what became of it; no ROS."""

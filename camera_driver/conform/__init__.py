# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Evidence from devices: numbered facts, what a trace says of them, and reports of it."""

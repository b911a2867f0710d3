# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated device: bytes in, bytes out, time told from outside."""

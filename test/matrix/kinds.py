# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The device types of the matrix."""

from matrix import fuji_mx, intelix, ix_link, kp_fd30, sierra, skycam

KINDS = {kind.type.name: kind for kind in (
    sierra.KIND, fuji_mx.KIND, ix_link.KIND, kp_fd30.KIND, intelix.KIND, skycam.KIND)}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Phase One Industrial cameras: the iX Link protocol over RS-232."""

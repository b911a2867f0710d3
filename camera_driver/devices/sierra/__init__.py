# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Epson, Sanyo, Agfa, Olympus, Nikon still cameras: the Sierra protocol."""

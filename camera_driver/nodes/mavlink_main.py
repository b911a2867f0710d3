# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""How the executable runs the MAVLink node, also where what that needs is missing."""

from importlib.util import find_spec
import sys


def main() -> int:
    """Run the node until it is told to end, or say what to install (exit code 1)."""
    if find_spec('pymavlink') is None:
        print(f'{sys.argv[0]}: MAVLink needs pymavlink: python3 -m pip install pymavlink',
              file=sys.stderr)
        return 1
    from camera_driver.nodes.mavlink_camera_node import run
    return run()

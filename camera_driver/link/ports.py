# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The port that a user's word means: a line of this computer, or one of another."""

from camera_driver.link.port import LineSettings, Port, SerialPort


def open_port(name: str, line: LineSettings) -> Port:
    """Open the port that a name or URL means. Raises PortError that says why not."""
    if name.startswith('rfc2217://'):
        from camera_driver.link.remote import RemotePort  # most never need it
        return RemotePort(name, line)
    return SerialPort(name, line)

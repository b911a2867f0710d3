# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What only a kp_fd30 camera can do: restart-white-balance."""

from __future__ import annotations

from camera_driver.cli.job import Command, Job
from camera_driver.devices.kp_fd30.camera import KpFd30Camera


def restart_white_balance(job: Job[KpFd30Camera]) -> int:
    """Begin the white adjustment again."""
    with job.device() as opened:
        opened.device.restart_white_balance()
    job.out.show({'restarted': True}, 'The white adjustment begins again.')
    return 0


COMMANDS = (
    Command('restart-white-balance', KpFd30Camera, 'begin the white adjustment again',
            restart_white_balance),
)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Somebody sets the computer's time in the middle of a sequence."""

from contextlib import ExitStack
import os
from pathlib import Path
import shutil
import subprocess

from domains import own_domain
from helpers import wait_until
from node_rig import Client
import pytest
from std_srvs.srv import Trigger

from camera_driver.action import CaptureSequence
from camera_driver.ledger.shared import SharedLedger
from camera_driver.nodes.main import command

YEAR = 365 * 86400  # s


def test_a_clock_that_is_set_moves_no_interval_and_is_told(tmp_path):
    if shutil.which('gcc') is None:
        pytest.skip('gcc is not installed')
    library, ahead = tmp_path / 'clock.so', tmp_path / 'ahead'
    subprocess.run(['gcc', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library,
                    Path(__file__).with_name('clock.c'), '-ldl'], check=True)
    jumps = [YEAR, -3600]  # ahead by so much from then on; one when the one before is told of
    feedback = []

    def taken(message):
        feedback.append(message)
        if jumps and (len(feedback) == 1 or 'clock was set' in message.message):
            (tmp_path / 'new').write_text(str(jumps.pop(0)))
            (tmp_path / 'new').replace(ahead)

    with ExitStack() as stack:
        domain = stack.enter_context(own_domain())
        node = stack.enter_context(subprocess.Popen(
            [*command('sierra'), '--ros-args', '-r', '__node:=camera', '-p', 'simulate:=true',
             '-p', f'ledger_file:={tmp_path / "shots.sqlite3"}'],
            env={**os.environ, 'LD_PRELOAD': str(library), 'CLOCK_AHEAD': str(ahead),
                 'ROS_DOMAIN_ID': str(domain), 'ROS_HOME': str(tmp_path)}))
        stack.callback(node.terminate)
        one = Client(stack, 'camera', '/camera', domain=domain)
        while one.call(Trigger, 'self_test').message.startswith('not '):  # connected yet
            pass
        goal = one.send_goal(CaptureSequence, 'capture_sequence', taken, count=0, interval=0.1)
        wait_until(lambda: sum('clock was set' in one.message for one in feedback) == 2)
        one.result(goal.cancel_goal_async())
        result = one.result(goal.get_result_async()).result
    assert result.taken == len(result.shot_ids)
    assert all(0 < message.achieved_interval < 3600 for message in feedback[1:])
    shots = {shot.shot_id: shot for shot in SharedLedger(tmp_path / 'shots.sqlite3').shots()}
    shots = [shots[shot_id] for shot_id in result.shot_ids]
    steps = [late.stamp - early.stamp for early, late in zip(shots, shots[1:])]
    told = [shot.message for shot in shots if 'clock was set by' in shot.message]
    assert [round(step, -3) for step in steps if abs(step) > 3000] == [
        round(YEAR, -3), round(-3600 - YEAR, -3)]
    assert len(told) == 2 and f'+{YEAR}' in told[0] and f'{-3600 - YEAR}' in told[1]
    assert all(0 < shot.stamp_uncertainty < 60 for shot in shots)

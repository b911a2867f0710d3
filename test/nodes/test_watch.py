# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver watch`: what is shown of a node's messages, and the table on a terminal."""

import json
import math
import os
import pty
import select
import signal
import subprocess
import sys

from builtin_interfaces.msg import Time
from domains import own_domain
import pytest
from std_msgs.msg import Header

from camera_driver.cli.main import main
from camera_driver.cli.watch import Row, view
from camera_driver.msg import CameraStatus, CaptureEvent, LinkStatistics
from camera_driver.nodes.listening import Heard

NOW, UTC = 100.0, 1_800_000_000.0


def status(**fields):
    """Return what a camera at rest tells."""
    return CameraStatus(**{
        'state': CameraStatus.READY, 'progress': math.nan, 'battery': math.nan,
        'images_stored': -1, 'images_left': -1, 'memory_free': -1,
        'link': LinkStatistics(median_round_trip=math.nan), **fields})


def row(heard):
    return view({'/one': heard}, NOW, UTC)['/one']


def test_what_a_camera_does():
    at_work = status(
        state=CameraStatus.BUSY, activity='downloading image 3 of 7', progress=0.25, battery=0.87,
        images_stored=7, images_left=93, last_error='an old one',
        link=LinkStatistics(median_round_trip=0.0123, requests=400, retries=2, reconnects=3))
    shown = row(Heard(at_work, 9, at=NOW - 0.4))
    assert shown == Row('BUSY', 'downloading image 3 of 7', 0.25, '', pytest.approx(0.87),
                        '7 stored, 93 left', '12.3 ms, 0.5% again, 3 reconnects', 'an old one')
    assert shown.cells()[:2] == ['BUSY', '##...... 25% downloading image 3 of 7']
    assert shown.cells()[3] == '87%'


def test_what_a_camera_does_not_tell_is_left_out():
    assert row(Heard(status(), 1, at=NOW)) == Row('READY')
    assert row(Heard(status(memory_free=7_740_000), 1, at=NOW)).memory == '7.74 MB free'
    assert row(Heard(status(last_error='\x1b[2J'), 1, at=NOW)).cells()[-1] == '?[2J'


def test_who_is_silent():
    assert row(Heard()) == Row('not heard')
    late = row(Heard(status(), 2, at=NOW - 7, gap=1.0))
    assert (late.state, late.remark) == ('silent', 'not heard for 7.0 s; it was READY')
    assert row(Heard(status(), 2, at=NOW - 7, gap=4.0)).state == 'READY'  # it tells so seldom


@pytest.mark.parametrize('fields, words', [
    ({'success': True}, 'taken'), ({'outcome_unknown': True}, 'UNKNOWN'), ({}, 'FAILED')])
def test_the_last_shot(fields, words):
    event = CaptureEvent(header=Header(stamp=Time(sec=int(UTC) - 3)), **fields)
    assert row(Heard(status(), 2, at=NOW, shot=event)).shot == f'{words} 3.0 s ago'
    event.header.stamp = Time()
    assert row(Heard(status(), 2, at=NOW, shot=event)).shot == words


def test_the_middleware_does_not_print_between_the_answers(tmp_path):
    (tmp_path / 'rig.yaml').write_text(
        'devices:\n- {name: nadir, type: sierra, parameters: {port: /dev/none}}\n')
    (tmp_path / 'profile.xml').write_text('<dds><profiles><nonsense/></profiles></dds>')
    with own_domain() as domain:
        done = subprocess.run(
            [sys.executable, '-m', 'camera_driver.cli.main', '--json', 'watch', '--once',
             '--timeout', '0.1', tmp_path / 'rig.yaml'], text=True, capture_output=True,
            timeout=60, env={**os.environ, 'ROS_DOMAIN_ID': str(domain),
                             'FASTRTPS_DEFAULT_PROFILES_FILE': str(tmp_path / 'profile.xml')})
    assert 'XMLPARSER' in done.stderr
    assert json.loads(done.stdout)['/nadir']['state'] == 'not heard'


def test_on_a_terminal_until_ctrl_c(tmp_path, capsys):
    rig = tmp_path / 'rig.yaml'
    rig.write_text('devices:\n- {name: nadir, type: sierra, parameters: {port: /dev/none}}\n')
    assert main(['watch', str(rig)]) == 2
    assert 'this is for a terminal; add --once' in capsys.readouterr().err
    near, far = pty.openpty()
    with own_domain() as domain, subprocess.Popen(
            [sys.executable, '-m', 'camera_driver.cli.main', 'watch', rig], stdin=far, stdout=far,
            stderr=far, env={**os.environ, 'ROS_DOMAIN_ID': str(domain), 'TERM': 'xterm',
                             'COLUMNS': '100'}) as process:
        try:
            os.close(far)
            told = b''
            while b'Ctrl-C ends' not in told:
                assert select.select([near], [], [], 60)[0]
                told += os.read(near, 65536)
            assert b'/nadir' in told and b'not heard' in told
            process.send_signal(signal.SIGINT)
            while select.select([near], [], [], 60)[0]:
                try:
                    os.read(near, 65536)
                except OSError:  # it has ended
                    break
            assert process.wait(60) == 0
        finally:
            process.kill()
            os.close(near)

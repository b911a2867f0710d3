# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What systemd hears of a process with nodes, and how a hung node is told from a busy one."""

import os
import signal
import socket
import subprocess
import threading

from domains import own_domain
from helpers import wait_until
from node_rig import rig, sierra
import pytest

from camera_driver.host.process import watchdog_interval
from camera_driver.nodes import reports
from camera_driver.nodes.main import command
from camera_driver.nodes.sierra_node import SierraNode


@pytest.mark.parametrize('hidden', [False, True])
def test_a_process_is_ready_alive_and_ends(hidden, tmp_path):
    name = f'camera_driver notify {os.getpid()}'
    path = f'@{name}' if hidden else str(tmp_path / 'notify')
    with own_domain() as domain, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f'\0{name}' if hidden else path)
        systemd.settimeout(20.0)
        with subprocess.Popen(
                [*command('sierra'), '--ros-args', '-p', 'simulate:=true'],
                env={**os.environ, 'NOTIFY_SOCKET': path, 'WATCHDOG_USEC': '300000',
                     'ROS_DOMAIN_ID': str(domain), 'ROS_HOME': str(tmp_path)}) as process:
            assert [systemd.recv(100) for _ in range(3)] == [
                b'READY=1', b'WATCHDOG=1', b'WATCHDOG=1']
            process.send_signal(signal.SIGTERM)
            while (word := systemd.recv(100)) == b'WATCHDOG=1':
                pass
            assert word == b'STOPPING=1' and process.wait(60) == 0


def test_a_hung_node_is_told_from_a_busy_one(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, 'HUNG', 3.0)
    with rig(SierraNode, sierra(), tmp_path) as one:
        release = threading.Event()
        busy = threading.Thread(
            target=one.node.run, args=('holding', lambda camera: release.wait(30.0)))
        busy.start()
        beats = one.node.reports._beat
        wait_until(lambda: one.node.reports._beat > beats + 3.0)
        assert one.node.reports.alive
        release.set()
        busy.join()
        release.clear()

        def hang():
            timer.cancel()
            release.wait(30.0)

        timer = one.node.create_timer(0.0, hang, one.node.quick)
        wait_until(lambda: not one.node.reports.alive)
        release.set()
        wait_until(lambda: one.node.reports.alive)


def test_whose_watchdog_it_is(monkeypatch):
    for name in ('WATCHDOG_USEC', 'WATCHDOG_PID'):
        monkeypatch.delenv(name, raising=False)
    assert watchdog_interval() is None
    monkeypatch.setenv('WATCHDOG_USEC', '30000000')
    assert watchdog_interval() == 10.0
    monkeypatch.setenv('WATCHDOG_PID', '1')
    assert watchdog_interval() is None
    monkeypatch.setenv('WATCHDOG_PID', str(os.getpid()))
    assert watchdog_interval() == 10.0
    monkeypatch.setenv('WATCHDOG_USEC', 'soon')
    assert watchdog_interval() is None

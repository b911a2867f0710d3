# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver rig`, and a rig on two computers, played by processes that share a server."""

import json
import os
from pathlib import Path
import re
import shutil
import signal
import socket
import subprocess
import sys

from domains import own_domain
from helpers import wait_until
import pytest

from camera_driver.cli.main import main
from camera_driver.cli.rig import clock, TEMPLATE, template, unit
from camera_driver.nodes.listening import Heard

CONFIG = Path(__file__).resolve().parents[2] / 'config'
COMMAND = [sys.executable, '-m', 'camera_driver.cli.main']
RIG = """
machines: {{base: {{host: 127.0.0.1}}, pod: {{host: 127.0.0.2}}}}
network: {{discovery: server, server: base, server_port: {}}}
devices:
- {{name: nadir, type: sierra, machine: base, parameters: {{port: /dev/none}}}}
- {{name: oblique, type: fuji_mx, machine: pod, parameters: {{port: /dev/none}}}}
"""


@pytest.fixture
def rig(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(('127.0.0.1', 0))
        port = one.getsockname()[1]
    (tmp_path / 'rig.yaml').write_text(RIG.format(port))
    return tmp_path / 'rig.yaml'


@pytest.mark.long
def test_two_computers_and_one_that_is_lost(rig, tmp_path):
    def up(machine):
        return subprocess.Popen([*COMMAND, 'up', rig, '--simulate', '--machine', machine],
                                env=environment, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)

    def status():
        done = subprocess.run([*COMMAND, '--json', 'rig', 'status', rig, '--timeout', '2'],
                              env=environment, text=True, capture_output=True, timeout=60)
        told = json.loads(done.stdout)
        assert told['well'] is (done.returncode == 0)
        return {name[1:]: (one['machine'], one['state']) for name, one in told['devices'].items()}

    both = {'nadir': ('base', 'READY'), 'oblique': ('pod', 'READY')}
    with own_domain() as domain:
        environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain), 'ROS_HOME': str(tmp_path)}
        base, pod = up('base'), up('pod')
        try:
            assert base.stdout.readline() == (
                'Starting /nadir (sierra), the discovery server of base. Ctrl-C ends.\n')
            assert pod.stdout.readline() == 'Starting /oblique (fuji_mx) of pod. Ctrl-C ends.\n'
            wait_until(lambda: status() == both, 60)
            watched = subprocess.run([*COMMAND, '--json', 'watch', rig, '--once'],
                                     env=environment, text=True, capture_output=True, timeout=60)
            assert {'/nadir', '/oblique'} == {*json.loads(watched.stdout)}
            pod.send_signal(signal.SIGSTOP)
            # Not at once: a busy machine may hear of the other one late, too.
            wait_until(lambda: status() == {**both, 'oblique': ('pod', 'not heard')}, 60)
            pod.send_signal(signal.SIGCONT)
            wait_until(lambda: status() == both, 60)
        finally:
            pod.kill()
            base.terminate()
            assert base.wait(60) == 0
            pod.wait(30)
            base.stdout.close()
            pod.stdout.close()


def test_words_for_what_is_not_there(rig, capsys):
    assert main(['up', str(rig), '--simulate']) == 2
    assert 'say which it is: --machine base|pod' in capsys.readouterr().err
    assert main(['up', str(rig), '--machine', 'pot']) == 2
    assert "there is no machine 'pot' in the rig file; is pod meant?" in capsys.readouterr().err
    rig.write_text('machines: {a: , b: }\ndevices:\n- {name: x, type: sierra, machine: a}\n')
    assert main(['up', str(rig), '--simulate', '--machine', 'b']) == 2
    assert 'no device of the rig file is at b' in capsys.readouterr().err
    rig.write_text('devices:\n- {name: x, type: sierra}\n')
    assert main(['up', str(rig), '--simulate', '--machine', 'b']) == 2
    assert 'machine b: the rig file has no machines:' in capsys.readouterr().err


def test_environment_and_units(rig, capsys):
    assert main(['rig', 'env', str(rig)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 'unset ROS_STATIC_PEERS' in lines and 'export ROS_SUPER_CLIENT=TRUE' in lines
    assert main(['rig', 'units', str(rig), '--user', 'pi']) == 0
    base, pod = capsys.readouterr().out.split('# /etc/systemd/system/cameras.service on ')[1:]
    assert base.startswith('base\n') and f'up {rig} --machine base' in base
    assert f'up {rig} --machine pod' in pod and 'User=pi\n' in pod
    assert main(['rig', 'env', str(rig), '--namespace', '1']) == 2
    # One process says itself that it lives.
    assert 'NotifyAccess=main\nWatchdogSec=30\n' in unit(rig, '', 'pi', 'one')
    assert 'NotifyAccess=all\nUser=' in unit(rig, '', 'pi', 'each')


def test_units_are_what_systemd_takes(rig, tmp_path):
    assert (CONFIG / 'systemd' / TEMPLATE).read_text() == template()
    if not shutil.which('systemd-analyze'):
        pytest.skip('apt-get install systemd')
    units = tmp_path / 'camera_driver@one.service', tmp_path / 'cameras.service'
    units[0].write_text(template())
    units[1].write_text(unit(rig, 'base', 'pi', 'one'))
    for words in (('verify',), ('security', '--offline=true', '--threshold=30')):
        done = subprocess.run(['systemd-analyze', *words, *units], text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert words[0] != 'verify' or not done.stderr


def test_udev_rules_are_what_udev_takes():
    rules = CONFIG / 'udev' / '70-camera_driver.rules'
    term = r'[A-Z_]+(\{[A-Za-z_]+\})?(==|!=|\+=|=)"[^"]*"'
    for line in rules.read_text().splitlines():
        assert not line or line[0] == '#' or re.fullmatch(f'{term}(, {term})*', line), line
    if shutil.which('udevadm') and subprocess.run(
            ['udevadm', 'verify', '--help'], capture_output=True).returncode == 0:
        subprocess.run(['udevadm', 'verify', rules], check=True, timeout=60)


def test_clocks():
    assert Heard(messages=1, lateness=30.0).offset is None  # may be one that was kept
    assert Heard(messages=2, lateness=-3.0).offset == -3.0
    assert clock(-3.04) == 'its clock is 3.0 s ahead of this one'
    assert clock(3.0) == 'its clock is behind this one, or its messages are late, by 3.0 s'

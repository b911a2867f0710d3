# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver doctor` at pseudo-terminals: what answers there, and what is wrong with a rig."""

import json
import subprocess
import sys

import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.cli import probe
from camera_driver.cli.main import main
from camera_driver.sim.terminal import Terminal


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Wait less than for a real device."""
    monkeypatch.setattr(probe, 'ROUNDS', (1.0,))


@pytest.fixture
def terminals():
    """Return simulated devices: name of the type -> its terminal."""
    there = {name: Terminal(BUILT_IN[name].simulator_class()()) for name in ('sierra', 'kp_fd30')}
    yield there
    for one in there.values():
        one.close()


def diagnose(capsys, *words):
    """Return the exit code, and the findings of all but the computer by subject."""
    code = main(['doctor', *map(str, words), '--json'])
    document = json.loads(capsys.readouterr().out)
    assert document['well'] is (code == 0)
    computer = document['findings'].pop('this computer')
    assert {'clock', 'disk'} <= {one['subject'] for one in computer}
    return code, {title: {one['subject']: (one['level'], one['words']) for one in findings}
                  for title, findings in document['findings'].items()}


def test_a_device_is_there(terminals, capsys):
    path = terminals['sierra'].path
    code, found = diagnose(capsys, path)
    assert code == 0
    assert found[path]['device'][0] == 'ok' and 'sierra: ' in found[path]['device'][1]
    assert found[path]['port'] == ('ok', 'opens at 9600 8N1')
    assert main(['doctor', path, '--no-questions']) == 0
    told = capsys.readouterr().out
    assert 'device' not in told and told.endswith('warnings\n') or told.endswith('warning\n')


def test_nothing_answers(terminals, capsys):
    terminals['sierra'].do(lambda: terminals['sierra'].simulator.misbehave('silence', times=999))
    terminals['sierra'].simulator.on_bytes = lambda data: None
    code, found = diagnose(capsys, terminals['sierra'].path)
    assert code == 1
    assert found[terminals['sierra'].path]['device'] == ('ERROR', 'nothing answers')


def test_ports_of_a_rig_that_are_exchanged(terminals, capsys, tmp_path):
    rig = tmp_path / 'rig.yaml'
    rig.write_text(f"""\
devices:
- name: nadir
  type: sierra
  parameters: {{port: {terminals['kp_fd30'].path}, download_directory: {tmp_path}}}
- name: video
  type: kp_fd30
  parameters: {{port: /dev/none}}
- {{name: test, type: sierra, parameters: {{simulate: true}}}}
- {{name: other, type: none, parameters: {{port: /dev/none}}}}
- {{name: without, type: sierra}}
""")
    code, found = diagnose(capsys, rig)
    nadir, video, other, without = found.values()
    assert code == 1 and [*found][0] == f'nadir (sierra), {terminals["kp_fd30"].path}'
    assert nadir['device'][0] == 'ERROR'
    assert nadir['device'][1].startswith('a kp_fd30 answers, not a sierra: ')
    assert video['port'][0] == 'ERROR' and 'no such port. Ports here: ' in video['port'][1]
    assert other['type'][0] == without['port'][0] == 'ERROR'


@pytest.mark.parametrize('text, words', [
    ('devices: 7', 'not a rig file that can be read'), ('[', 'not a rig file'),
    ('- a', 'not a rig file'), (None, 'no such file; name a rig file or a port')])
def test_a_rig_file_that_is_none(capsys, tmp_path, text, words):
    rig = tmp_path / 'rig.yaml'
    if text is not None:
        rig.write_text(text)
    assert main(['doctor', str(rig)]) != 0
    assert words in capsys.readouterr().err


def test_it_needs_no_ros(terminals):
    code = ('import sys\nfor name in ("rclpy", "ament_index_python"): sys.modules[name] = None\n'
            'from camera_driver.cli.main import main\nsys.exit(main(sys.argv[1:]))')
    done = subprocess.run([sys.executable, '-c', code, 'doctor', terminals['sierra'].path],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, '')
    assert 'ok     device: sierra' in done.stdout

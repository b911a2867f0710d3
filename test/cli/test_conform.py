# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver conform` at simulated devices on pseudo-terminals."""

from dataclasses import replace
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
from urllib.parse import quote
from xml.etree import ElementTree
import zipfile

from conform_reports import looked
from helpers import wait_until
import pytest

from camera_driver.catalog import TYPES
from camera_driver.conform import report
from camera_driver.sim.terminal import Terminal


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def made(command, terminal, tmp_path):
    """Make a report of the simulated camera; return its path and what the command said."""
    path = tmp_path / 'report.zip'
    return path, command('conform', 'sierra', '--port', terminal.path, '--out', path)


def test_a_report_is_made_and_verified(made, command, state):
    path, result = made
    assert result.code == 0
    assert '28 confirmed, 0 refuted, 0 not supported, 20 not tried.' in result.out
    assert f'unzip -p {path} summary.txt' in result.out
    found = report.read(path)
    assert found.about['complete'] and found.about['device']['model'] == 'SIM-640'
    assert found.about['device']['serial_number'] not in ('', '000001')
    assert len(found.about['device']['serial_number']) == 16
    assert 'self-test, echo: passed' in found.about['done']
    assert [one.name for one in state.iterdir()] == ['salt']
    assert (state / 'salt').stat().st_mode & 0o777 == 0o600
    again = command('conform', '--verify', path)
    assert again.code == 0 and 'The results follow from the trace.' in again.out
    document = command('conform', '--verify', path, '--json').document
    assert document['verified'] and document['results'] == found.results
    jsonschema = pytest.importorskip('jsonschema')
    schema = json.loads((ROOT / 'docs' / 'report.schema.json').read_text())
    jsonschema.validate({'about': found.about, 'results': found.results}, schema)


def test_without_a_type_it_finds_out_which_it_is(command, terminal, tmp_path):
    path = tmp_path / 'report.zip'
    result = command('conform', '--out', path, '--port', terminal.path)
    assert result.code == 0 and report.read(path).about['type'] == 'sierra'


def test_options_before_the_type_count(command, terminal):
    result = command('conform', '--level', 'all', 'sierra', '--port', terminal.path)
    assert result.code == 2 and 'to go to level all' in result.error


def test_a_report_of_a_device_that_does_otherwise(command, tmp_path):
    camera = TYPES['sierra'].simulator_class()()
    camera.registers[8] = 129
    path = tmp_path / 'report.zip'
    with Terminal(camera) as terminal:
        result = command('conform', 'sierra', '--port', terminal.path, '--out', path, '--json')
    assert result.code == 1
    refuted, = [one for one in result.document['results']['facts'] if one['verdict'] == 'refuted']
    assert (refuted['id'], refuted['seen']) == ('sierra-007', '81 00 00 00')
    assert command('conform', '--verify', path).code == 1


def test_results_as_junit_xml(command, tmp_path):
    path = tmp_path / 'report.zip'
    looked(TYPES['sierra'], tmp_path).write(path)
    assert command('conform', '--verify', path, '--junit', tmp_path / 'junit.xml').code == 0
    suite = ElementTree.parse(tmp_path / 'junit.xml').getroot()
    cases = len(TYPES['sierra'].unproven())
    assert (suite.get('tests'), suite.get('failures')) == (str(cases), '0')
    assert len(suite.findall('testcase')) == cases
    assert len(suite.findall('testcase/skipped')) == int(suite.get('skipped')) == 20
    assert command('conform', '--verify', path, '--junit', tmp_path).code == 6


@pytest.mark.skipif(not shutil.which('ssh-keygen'), reason='needs OpenSSH')
def test_a_signed_report(command, tmp_path):
    keys = [tmp_path / 'mine', tmp_path / 'other']
    for key in keys:
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key], check=True)
    path, signers = tmp_path / 'report.zip', tmp_path / 'signers'
    camera = TYPES['ix_link'].simulator_class()()
    with Terminal(camera) as terminal:
        assert command('conform', 'ix_link', '--port', terminal.path, '--out', path, '--sign',
                       keys[0]).code == 0

    def allow(key):
        signers.write_text(f'owner@example {key.with_suffix(".pub").read_text()}')

    assert 'Signed by: SHA256:' in command('conform', '--verify', path).out
    allow(keys[0])
    verified = command('conform', '--verify', path, '--signers', signers)
    assert verified.code == 0 and 'Signed by: owner@example SHA256:' in verified.out
    allow(keys[1])
    refused = command('conform', '--verify', path, '--signers', signers)
    assert refused.code == 6 and 'it is signed by nobody whom' in refused.error
    other = report.read(path)
    replace(other, files={**other.files, 'summary.txt': b'all is well'}).write(path)
    refused = command('conform', '--verify', path)
    assert refused.code == 6 and 'is not that of this report' in refused.error
    replace(other, signature=b'').write(path)
    assert 'Signed by: nobody.' in command('conform', '--verify', path).out
    assert 'is not signed' in command('conform', '--verify', path, '--signers', signers).error


def test_an_altered_report_is_refused(command, tmp_path):
    path = tmp_path / 'report.zip'
    looked(TYPES['sierra'], tmp_path).write(path)
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr('more.txt', 'more')
    result = command('conform', '--verify', path)
    assert result.code == 6 and 'more.txt is not what its manifest says' in result.error


def test_its_replay_gives_the_same_report(made, command, started, tmp_path):
    path, _ = made
    process = started('conform', '--replay', path, '--link', tmp_path / 'camera', '--json')
    assert json.loads(process.stdout.readline())['type'] == 'sierra'
    again = tmp_path / 'again.zip'
    assert command('conform', 'sierra', '--port', tmp_path / 'camera', '--out', again).code == 0
    out, _ = process.communicate()
    assert process.returncode == 0 and json.loads(out)['difference'] is None
    assert report.read(again).results['facts'] == report.read(path).results['facts']


def test_a_report_gives_the_simulator_its_personality(command, started, tmp_path):
    camera = TYPES['sierra'].simulator_class()()
    camera.registers[8], camera.registers[36] = 129, None
    path, again, link = tmp_path / 'report.zip', tmp_path / 'again.zip', tmp_path / 'camera'
    with Terminal(camera) as terminal:
        assert command('conform', 'sierra', '--port', terminal.path, '--out', path).code == 1
    process = started('simulate', 'sierra', '--personality', path, '--link', link, '--json')
    assert json.loads(process.stdout.readline())['type'] == 'sierra'
    assert command('conform', 'sierra', '--port', link, '--out', again).code == 1
    assert command('sierra', '--port', link, 'read-register', '8').out.strip().endswith('129')
    verdicts = [{one['id']: one['verdict'] for one in report.read(one).results['facts']}
                for one in (path, again)]
    assert verdicts[0] == verdicts[1]
    assert verdicts[0]['sierra-007'] == 'refuted'
    assert verdicts[0]['sierra-012'] == 'not supported'
    wrong = command('simulate', 'kp_fd30', '--personality', path)
    assert wrong.code == 2 and 'a report of sierra, not of kp_fd30' in wrong.error


@pytest.fixture
def paced():
    """Run a simulated camera whose line takes its time."""
    with Terminal(TYPES['sierra'].simulator_class()(), paced=True) as terminal:
        yield terminal


def let_it_run(path, state):
    """Wait until the device has answered, and some more."""
    wait_until(path.exists)
    wire, = state.glob('*.trace')
    size = wire.stat().st_size
    wait_until(lambda: wire.stat().st_size > size + 300)


def test_ctrl_c_leaves_a_report_as_far_as_it_got(started, paced, tmp_path, state):
    path = tmp_path / 'report.zip'
    process = started('conform', 'sierra', '--port', paced.path, '--out', path)
    let_it_run(path, state)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert f'{path}: the report as far as it got' in err
    found = report.read(path)
    assert not found.about['complete'] and found.about['ended'] == 'interrupted'
    assert report.verify(TYPES['sierra'], found)[1]


def test_a_killed_run_is_reported_by_the_next(started, command, tmp_path, state):
    path, following = tmp_path / 'report.zip', tmp_path / 'next.zip'
    with Terminal(TYPES['ix_link'].simulator_class()(), paced=True) as terminal:
        process = started('conform', 'ix_link', '--port', terminal.path, '--out', path)
        let_it_run(path, state)
        process.kill()
        process.wait()
        terminal.paced = False
        first = report.read(path)  # from when the camera had answered
        result = command('conform', 'ix_link', '--port', terminal.path, '--out', following)
    assert not first.about['complete']
    assert result.code == 0 and f'{path}: the report of an earlier run' in result.err
    found = report.read(path)
    assert found.about['ended'] == 'killed'
    assert len(found.files['trace.log']) > len(first.files['trace.log'])
    assert report.read(following).about['complete']


def test_an_unplugged_cable_leaves_a_report(started, paced, tmp_path, state):
    path = tmp_path / 'report.zip'
    process = started('conform', 'sierra', '--port', paced.path, '--out', path)
    let_it_run(path, state)
    paced.unplug()
    process.communicate()
    assert process.returncode == 3
    ended = report.read(path).about['ended']
    assert 'unplugged' in ended and paced.path not in ended


def test_nothing_is_changed_without_a_question(command, terminal, tmp_path):
    words = 'conform', 'sierra', '--port', terminal.path, '--level', 'all'
    result = command(*words)
    assert result.code == 2 and 'to go to level all without a question, add --yes' in result.error
    assert not terminal.simulator.shots
    path = tmp_path / 'report.zip'
    assert command(*words, '--yes', '--out', path).code == 0
    found = report.read(path)
    assert len(terminal.simulator.shots) == 1 and len(terminal.simulator.frames) == 5
    assert found.about['done'][-1] == 'picture: deleted' and found.about['left'] == []
    assert not [name for name in found.files if 'pictures' in name]


def test_a_picture_is_in_the_report_if_it_is_wanted(command, terminal, tmp_path):
    path = tmp_path / 'report.zip'
    assert command('conform', 'sierra', '--port', terminal.path, '--level', 'capture', '--yes',
                   '--with-pictures', '--out', path).code == 0
    found, picture = report.read(path), terminal.simulator.frames[-1].data
    assert found.files['pictures/picture.jpeg'] == picture
    # The trace has as many bytes of it, but not these.
    assert picture[-64:].hex(' ').encode() not in found.files['trace.log']
    assert any(f'picture: {len(picture)} bytes' in one for one in found.about['done'])


def test_what_a_killed_run_changed_the_next_one_puts_back(started, command, tmp_path, state):
    with Terminal(TYPES['ix_link'].simulator_class()(), paced=True) as terminal:
        words = 'conform', 'ix_link', '--port', terminal.path, '--level', 'capture', '--yes'
        asks = 'ix_link', '--port', terminal.path, 'exposure', '--json'
        before = command(*asks).document
        process = started(*words, '--out', tmp_path / 'report.zip')

        def caught_in_between():
            process.send_signal(signal.SIGSTOP)
            os.waitpid(process.pid, os.WUNTRACED)
            if any('"exposure"' in one.read_text() for one in state.glob('*.json')):
                return True
            process.send_signal(signal.SIGCONT)
            return False

        wait_until(lambda: list(state.glob('*.json')) and caught_in_between())
        process.kill()
        process.wait()
        terminal.paced = False
        result = command(*words, '--out', tmp_path / 'next.zip')
        after = command(*asks).document
    assert 'what an earlier run changed, exposure ' in result.err and ': put back' in result.err
    assert report.read(tmp_path / 'report.zip').about['left']
    assert report.read(tmp_path / 'next.zip').about['left'] == []
    assert after == before


def test_what_is_changed_on_another_device_is_left_alone(command, terminal, tmp_path, state):
    change = {'what': 'setting', 'name': 'flash_mode', 'before': 'off',
              'identity': {'camera_type': 'sierra', 'serial_number': 'of another one'}}
    state.mkdir()
    kept = state / f'conform-sierra-{quote(terminal.path, "")}.json'
    kept.write_text(json.dumps({'changes': [change]}))
    before = terminal.simulator.registers[7]
    result = command('conform', 'sierra', '--port', terminal.path, '--level', 'capture', '--yes',
                     '--out', tmp_path / 'report.zip')
    assert 'setting flash_mode: of another device, which is not here' in result.err
    assert terminal.simulator.registers[7] == before
    assert json.loads(kept.read_text())['changes'] == [change]


def test_a_report_that_cannot_be_written_is_written_by_the_next(command, tmp_path, state):
    folder, path = tmp_path / 'folder', tmp_path / 'next.zip'
    with Terminal(TYPES['ix_link'].simulator_class()()) as terminal:
        words = 'conform', 'ix_link', '--port', terminal.path, '--out'
        folder.mkdir()
        result = command(*words, folder)
        assert result.code == 6 and 'give a file that can be written with --out' in result.error
        assert list(state.glob('*.trace'))
        folder.rmdir()
        assert command(*words, path).code == 0
    assert report.read(path).about['complete'] and report.read(folder).about['device']


def test_what_is_missing_is_said(command, tmp_path):
    assert 'say where the device is' in command('conform').error
    assert '--port PORT' in command('conform', 'sierra').error
    result = command('conform', 'sierra', '--port', tmp_path / 'none')
    assert result.code == 3 and not list(tmp_path.iterdir())

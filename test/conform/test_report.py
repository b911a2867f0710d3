# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Reports of all simulated devices: what they say, and that anybody can judge them again."""

import json
from pathlib import Path
import random
import zipfile

from conform_reports import ABOUT, Changes, device_of, looked, verdicts
import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.conform import report
from camera_driver.conform.facts import Level
from camera_driver.conform.steps import Steps
from camera_driver.errors import StorageError
from camera_driver.link import trace
from camera_driver.sim.faults import Faults
from camera_driver.sim.replay import Replay

ROOT = Path(__file__).resolve().parents[2]
NOISE = 'flip=0.01,lose=0.01,delay=0.01,insert=0.01,repeat=0.01,cut=0.01,drop=0.01'


@pytest.fixture(params=BUILT_IN)
def kind(request):
    """Return each built-in type."""
    return BUILT_IN[request.param]


def tried(kind):
    """Return the facts that a look tries."""
    return {fact.id for fact in kind.unproven() if fact.level is Level.LOOK}


def test_a_simulated_device_does_what_the_page_says(kind, tmp_path):
    found = looked(kind, tmp_path)
    assert {fact for fact, verdict in verdicts(found).items() if verdict == 'confirmed'} == tried(
        kind)
    assert set(verdicts(found).values()) == {'confirmed', 'not tried'}


def test_what_is_judged_again_is_the_same(kind, tmp_path):
    path = tmp_path / 'report.zip'
    looked(kind, tmp_path).write(path)
    again = report.read(path)
    results, same = report.verify(kind, again)
    assert same and results == again.results
    assert set(again.files) == {'about.json', 'trace.log', 'results.json', 'summary.txt'}
    assert f'{len(tried(kind))} confirmed' in again.files['summary.txt'].decode()
    text = again.files['trace.log'].decode().splitlines()
    for one in again.results['facts']:  # what is said to be seen is in these lines
        assert not one['seen'] or '<' in {text[line - 1].split()[1] for line in one['lines']}


@pytest.mark.parametrize('seed', range(20))
def test_a_noisy_line_refutes_nothing(kind, tmp_path, seed):
    found = verdicts(looked(kind, tmp_path, to_host=Faults.parse(NOISE, 2 * seed),
                            to_device=Faults.parse(NOISE, 2 * seed + 1)))
    assert {found[fact] for fact in tried(kind)} <= {'confirmed', 'not tried'}


def test_a_trace_that_ends_anywhere_confirms_what_its_bytes_show(kind, tmp_path):
    whole = looked(kind, tmp_path)
    text = whole.files['trace.log']
    draw = random.Random(0)
    for _ in range(30):
        cut = report.entries(text[:draw.randrange(100, len(text))])
        for one, full in zip(report.judged(kind, cut)['facts'], whole.results['facts']):
            assert one['verdict'] in (full['verdict'], 'not tried')
            assert one['verdict'] == 'not tried' or len(one['lines']) >= 2


def test_a_trace_plays_as_the_device_that_it_is_of(kind, tmp_path):
    whole = looked(kind, tmp_path)
    replay = Replay(whole.entries(), kind.comparable)
    again = looked(kind, tmp_path, replay)
    assert replay.difference is None and replay.done
    assert verdicts(again) == verdicts(whole)


def test_reports_are_as_the_schema_says(kind, tmp_path):
    jsonschema = pytest.importorskip('jsonschema')
    schema = json.loads((ROOT / 'docs' / 'report.schema.json').read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    found = looked(kind, tmp_path)
    document = {'about': dict(found.about), 'results': found.results}
    jsonschema.validate(document, schema)
    document['about']['level'] = 'some'
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


PRIVATE = (b'SECRET-SERIAL', b'SECRET-OWNER')


def test_nothing_private_is_in_it(tmp_path):
    kind = BUILT_IN['sierra']
    camera = kind.simulator_class()()
    camera.registers[25], camera.registers[22] = PRIVATE
    path = tmp_path / 'wire.trace'
    device = device_of(kind, camera, path)
    assert device.open().serial_number == PRIVATE[0].decode()
    done = list(Steps(device, kind.unproven(), Changes()).go(Level.ALL))
    assert device.get('camera_id') == PRIVATE[1].decode()
    device.close()
    assert PRIVATE[0].hex(' ') in path.read_text() and PRIVATE[1].hex(' ') in path.read_text()
    made = report.make(kind, {**ABOUT, 'done': done}, list(trace.read(path)))
    for data in made.files.values():
        for text in PRIVATE:
            assert text not in data and text.hex(' ').encode() not in data


@pytest.fixture
def made(tmp_path):
    """Return the path of a small report, and what changes a file in it."""
    path = tmp_path / 'report.zip'
    looked(BUILT_IN['ix_link'], tmp_path).write(path)

    def change(name, data, manifest=None):
        files = dict(report.read(path).files)
        files[name] = data
        with zipfile.ZipFile(path, 'w') as archive:
            for one, text in files.items():
                archive.writestr(one, text)
            archive.writestr('manifest.sha256', manifest or report.Report(files).manifest)

    return path, change


@pytest.mark.parametrize('name', ['about.json', 'trace.log', 'results.json', 'summary.txt'])
def test_one_byte_altered_is_refused(made, name):
    path, change = made
    found = report.read(path)
    data = bytearray(found.files[name])
    data[len(data) // 2] ^= 1
    change(name, bytes(data), found.manifest)
    with pytest.raises(StorageError, match=f'{name} is not what its manifest says'):
        report.read(path)


def test_results_that_the_trace_does_not_give_are_refused(made):
    path, change = made
    results = json.loads(report.read(path).files['results.json'])
    results['facts'][0]['verdict'] = 'refuted'
    change('results.json', json.dumps(results).encode())
    with pytest.raises(StorageError, match='does not follow from trace.log'):
        report.verify(BUILT_IN['ix_link'], report.read(path))


def test_a_report_made_with_other_facts_is_judged_anew(made):
    path, change = made
    about = json.loads(report.read(path).files['about.json'])
    change('about.json', json.dumps({**about, 'facts': '0'}).encode())
    assert report.verify(BUILT_IN['ix_link'], report.read(path))[1] is False


@pytest.mark.parametrize('data', [b'', b'PK', b'no zip at all'])
def test_what_is_no_report_is_said_to_be_none(tmp_path, data):
    path = tmp_path / 'report.zip'
    path.write_bytes(data)
    with pytest.raises(StorageError, match='not a report'):
        report.read(path)
    with pytest.raises(StorageError, match='No such file'):
        report.read(tmp_path / 'none.zip')


def test_a_zip_of_something_else_is_no_report(tmp_path):
    path = tmp_path / 'report.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('a.txt', 'a')
    with pytest.raises(StorageError, match='it has no about.json'):
        report.read(path)


def test_a_refused_question_is_not_supported(tmp_path):
    kind = BUILT_IN['sierra']
    camera = kind.simulator_class()()
    camera.registers[8] = None
    assert verdicts(looked(kind, tmp_path, camera))['sierra-007'] == 'not supported'

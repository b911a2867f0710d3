# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the pages say that they rest on."""

from dataclasses import replace
import json

from conform_reports import looked
import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.conform.evidence import Evidence
from camera_driver.errors import StorageError

KIND = BUILT_IN['sierra']


def reported(folder, model, date='2026-01-01T00:00:00Z', registers=()):
    """Return a report of a camera of this model, with these registers."""
    camera = KIND.simulator_class()()
    camera.registers.update(registers)
    found = looked(KIND, folder, camera)
    about = {**found.about, 'date': date, 'device': {
        'manufacturer': 'Maker', 'model': model, 'firmware_version': '1'}}
    return replace(found, files={**found.files, 'about.json': json.dumps(about).encode()})


def test_without_reports_a_page_says_so():
    evidence = Evidence(KIND, [])
    assert evidence.sentence().startswith('No report of a real device')
    assert evidence.of('sierra-007') == ''


def test_a_page_names_who_confirms_and_who_refutes(tmp_path):
    good = reported(tmp_path, 'A')
    bad = reported(tmp_path, 'B', registers={8: 129, 36: 4})
    other = looked(BUILT_IN['ix_link'], tmp_path)
    evidence = Evidence(KIND, [good, bad, other])
    assert evidence.of('sierra-007') == 'confirmed on 1: Maker A 1; refuted on 1: Maker B 1'
    assert evidence.of('sierra-008') == 'confirmed on 2: Maker A 1, Maker B 1'
    assert evidence.of('sierra-001') == ''
    assert 'of 2 devices (Maker A 1, Maker B 1) confirm 28 of the 48' in evidence.sentence()
    assert evidence.sentence().endswith('and refute 2.')


def test_of_several_reports_of_a_device_the_newest_counts(tmp_path):
    reports = [reported(tmp_path, 'A', f'2026-01-0{day}T00:00:00Z', registers={8: value})
               for day, value in ((2, 128), (1, 129))]
    assert Evidence(KIND, reports).of('sierra-007') == 'confirmed on 1: Maker A 1'


def test_what_does_not_follow_from_its_trace_is_refused(tmp_path):
    found = reported(tmp_path, 'A')
    files = {**found.files, 'results.json': found.files['results.json'].replace(
        b'"confirmed"', b'"refuted"', 1)}
    with pytest.raises(StorageError, match='does not follow'):
        Evidence(KIND, [replace(found, files=files)])

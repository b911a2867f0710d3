# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What `make mutants` changes; the run itself is not part of the tests."""

import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location(
    'mutants', Path(__file__).resolve().parent.parent / 'benchmarks' / 'mutants.py')
mutants = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutants)


@pytest.mark.parametrize('source, changed', [
    ('a < b', ['(a <= b)']), ('a is b', ['(a is not b)']), ('a and b', ['(a or b)']),
    ('a + b', ['(a - b)']), ('not a', ['(a)']), ('a = True', ['a = (False)']),
    ('a = 7', ['a = (8)', 'a = (6)']), ('sync(a)', ['pass']), ('a = "7"', []),
    ('def f():\n    return a', ['def f():\n    return None']),
    ('match a:\n    case -1:\n        pass', []),  # what cannot be compiled tells nothing
])
def test_each_place_is_changed_by_itself(tmp_path, source, changed):
    path = tmp_path / 'module.py'
    path.write_text(source)
    assert [mutant.decode() for mutant in mutants.mutants(path)] == changed


@pytest.mark.parametrize('name, first', [
    ('devices/sierra/codec.py', 'test/sierra/test_codec.py'),
    ('ledger/file.py', 'test/ledger/test_ledger.py'), ('operations.py', 'test/test_operations.py'),
    ('payload/track.py', 'test/payload/test_track.py'),
    ('host/worker.py', 'test/host/test_worker.py')])
def test_a_module_has_its_tests(name, first):
    assert mutants.tests_of(name)[0] == first

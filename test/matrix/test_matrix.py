# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is said of an operation is true, whatever happens to it and when."""

import logging

from matrix.engine import matrix
from matrix.kinds import KINDS
from matrix.report import DOCUMENT, figures, rows
import pytest

from camera_driver import operations

MOST = 12


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Format no messages: there are thousands."""
    caplog.set_level(logging.CRITICAL)


@pytest.mark.parametrize('kind', KINDS.values(), ids=list(KINDS))
def test_every_operation_that_is_declared_has_a_recipe(kind):
    declared = {name for name, one in operations.operations(kind.type.device_class()).items()
                if one.kind is not operations.Kind.READ}
    if not kind.type.device_class().SETTINGS:
        declared -= {'set'}
    assert {name.partition(',')[0] for name in kind.recipes} == declared


@pytest.mark.parametrize('kind, name', [(kind, name) for kind in KINDS for name in
                                        KINDS[kind].recipes])
def test_what_is_said_is_true(kind, name):
    tally = matrix(KINDS[kind], name, MOST)
    assert not tally.wrong, f'{len(tally.wrong)} of {tally.cells}:\n' + '\n'.join(tally.wrong)
    told = rows(DOCUMENT.read_text())[kind, name]  # make matrix writes it
    assert all(many or not few for few, many in zip(figures(tally), told))


def test_the_document_has_the_rows_of_the_matrix():
    assert list(rows(DOCUMENT.read_text())) == [
        (kind, name) for kind in KINDS for name in KINDS[kind].recipes]

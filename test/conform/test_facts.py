# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Numbered facts, the sentences that they are of, and what would settle them, kept together."""

from collections import Counter
from pathlib import Path
import re

import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.conform.facts import by_id, Level, Verdict

PAGES = Path(__file__).resolve().parents[2] / 'docs' / 'protocols'
UNPROVEN = re.compile('assum|unknown|unconfirm|not confirmed|not known|unverified|not documented',
                      re.IGNORECASE)
OF_THE_HOST = {  # lines with such a word that say nothing of a device
    'fuji_mx': ('`?` = unknown.', 'reads a transfer of unknown size again'),
    'intelix': ('| **unknown** |', 'delivery of every unknown', '| Standing of each message |',
                '| Routing |', '| Present routing |', '| Damage on the line |',
                '| Names of inputs |', '| No report |', '| Messages that no table has |'),
    'ix_link': ('sent, not confirmed', 'report "outcome unknown"'),
    'kp_fd30': ('the **outcome is unknown**', 'the outcome stays unknown'),
    'sierra': ('assume the camera could not follow', 'Identifier `unknown_N`'),
}


@pytest.fixture(params=BUILT_IN)
def kind(request):
    """Return each built-in type."""
    return BUILT_IN[request.param]


@pytest.fixture
def prose(kind):
    """Return the type's protocol page without the table that is made of the facts."""
    return (PAGES / f'{kind.name}.md').read_text().split('<!-- Written by')[0]


def test_every_unproven_sentence_has_a_number(kind, prose):
    number = re.compile(rf'\b{kind.name}-\d{{3}}\b')
    without = [line for line in prose.splitlines() if UNPROVEN.search(line)
               and not number.search(line)]
    used = Counter(text for line in without for text in OF_THE_HOST[kind.name] if text in line)
    assert used == Counter(OF_THE_HOST[kind.name])
    assert not [line for line in without if not any(text in line for text in used)]


def test_every_number_stands_in_one_sentence(kind, prose):
    facts = by_id(kind.unproven())
    assert list(facts) == [f'{kind.name}-{number:03}' for number in range(1, len(facts) + 1)]
    assert Counter(re.findall(rf'\[({kind.name}-\d+)\]', prose)) == Counter(list(facts))
    assert set(re.findall(rf'\b{kind.name}-\d+\b', prose)) == set(facts)


def test_every_fact_says_what_would_settle_it(kind):
    for fact in kind.unproven():
        for text in fact.says, fact.confirms, fact.refutes:
            assert text.endswith('.') and '|' not in text, fact.id
        assert fact.confirms != fact.refutes
        # Only what is asked has a level, and the other way round.
        assert bool(fact.questions or fact.watch) == (fact.level is not None), fact.id
        re.compile(fact.answers)


def test_levels_rise():
    assert Level.ALL.includes(Level.LOOK) and Level.LOOK.includes(Level.LOOK)
    assert not Level.LOOK.includes(Level.CAPTURE)


def test_no_number_twice():
    fact, = [one for one in BUILT_IN['sierra'].unproven() if one.id == 'sierra-007']
    with pytest.raises(ValueError, match='one number'):
        by_id([fact, fact])
    assert fact.refusal is Verdict.NOT_SUPPORTED

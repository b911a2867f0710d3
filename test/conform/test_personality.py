# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Planted deviations: each is found, and no other; a report of one makes another such device."""

import re

from conform_reports import looked, verdicts
import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.conform import report
from camera_driver.conform.facts import by_id, Level, Verdict
from camera_driver.link.dialogue import dialogue, Said
from camera_driver.sim.personality import Personality

ALL = [(kind, fact.id) for kind in BUILT_IN.values() for fact in kind.unproven()
       if fact.level is Level.LOOK and not fact.watch and fact.silence is not Verdict.CONFIRMED]


def deviating(kind, answers):
    """Return a simulated device with these answers."""
    simulator = kind.simulator_class()()
    simulator.personality = Personality(answers, kind.codec_module(), kind.listener_class()())
    return simulator


def another(kind, fact, folder):
    """Return a question of a fact, and what refutes it as its answer; None: silence."""
    question = fact.questions[0]
    if fact.silence is Verdict.REFUTED:
        return question, None
    whole = looked(kind, folder)
    heard = dialogue(whole.entries(), kind.codec_module(), kind.listener_class())
    said = next((one.said.data for one in heard.exchanges
                 if one.question == question and one.said), b'')
    ways = [said + b'\7', said[:-1], b'', *(
        said[:place] + bytes([value]) + said[place + 1:]
        for place in range(len(said)) for value in (0x00, 0xEE))]
    if kind.name == 'kp_fd30':  # its frames have one length
        ways = [way for way in ways if len(way) == len(said)]
    return question, Said(next(
        way for way in ways if not re.fullmatch(fact.answers, way.hex(' '))))


@pytest.mark.parametrize(('kind', 'number'), ALL, ids=[number for _, number in ALL])
def test_a_planted_deviation_is_found_and_no_other(kind, number, tmp_path):
    fact = by_id(kind.unproven())[number]
    question, answer = another(kind, fact, tmp_path)
    clean = verdicts(looked(kind, tmp_path))
    made = looked(kind, tmp_path, deviating(kind, {question: answer}))
    found = verdicts(made)
    assert found[number] == 'refuted'
    same = {one.id for one in kind.unproven() if question in one.questions}
    # Of a device that the driver cannot open nothing else is tried.
    assert {one for one in found if found[one] not in (clean[one], 'not tried')} <= same
    # What was seen makes another device, of which a report says the same.
    again = looked(kind, tmp_path, deviating(kind, report.deviations(kind, made)))
    assert verdicts(again) == found

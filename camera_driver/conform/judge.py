# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What a wire trace says of facts: a pure function of the trace, which anybody can compute again.

No single answer proves anything: a line's noise, or an answer that came late, can look like one.
Answers confirm a fact that came at least twice more often than those that do not; they refute it
the other way round, if they are the same at least twice. That a device says no counts from the
second time on where it never answered; silence from the third time on, if it answered something
else afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
import re
from statistics import quantiles
from typing import Any

from camera_driver.conform.facts import Fact, Verdict
from camera_driver.link.dialogue import Dialogue, dialogue, Exchange, Said
from camera_driver.link.trace import Entry, Heading

ANSWERS, REFUSALS, SILENCES = 2, 2, 3
"""How often something has to be seen before it counts."""


@dataclass(frozen=True)
class Finding:
    """What became of one fact, or of one question of it."""

    verdict: Verdict
    why: str
    question: bytes = b''
    seen: bytes | None = None  # the answer
    lines: tuple[int, ...] = ()  # of the trace, which show it


def judge(facts: Sequence[Fact], trace: Iterable[Heading | Entry], codec: Any, make: Any
          ) -> Mapping[str, Any]:
    """
    Return all that a report says of a trace, as JSON has it; the same for the same trace.

    :param codec: of the device type.
    :param make: makes its listener.
    """
    heard = dialogue(trace, codec, make)
    return {
        'facts': [{'id': fact.id, 'says': fact.says, **_document(finding(fact, heard))}
                  for fact in facts],
        'line': {'questions': len(heard.exchanges),
                 'unanswered': sum(one.said is None for one in heard.exchanges),
                 'damaged': heard.damaged},
        'delays': _delays(heard)}


def deviations(facts: Sequence[Fact], heard: Dialogue) -> Mapping[bytes, Said | None]:
    """Return by question what a device says otherwise than its page; None: nothing."""
    found = {}
    for fact in facts:
        for question in () if fact.watch else fact.questions:
            one = of_question(fact, question, heard)
            if one.verdict in (Verdict.REFUTED, Verdict.NOT_SUPPORTED):
                refused = any(exchange.said and exchange.said.refused for exchange
                              in heard.exchanges if exchange.question == question)
                found[question] = None if one.seen is None else Said(one.seen, refused)
    return found


def _document(found: Finding) -> Mapping[str, Any]:
    return {'verdict': found.verdict.value, 'why': found.why, 'question': found.question.hex(' '),
            'seen': None if found.seen is None else found.seen.hex(' '),
            'lines': list(found.lines)}


def finding(fact: Fact, heard: Dialogue) -> Finding:
    """Return what a dialogue says of a fact: refuted if any of its questions refutes it."""
    if fact.watch:
        return _watched(*fact.watch(heard.exchanges))
    if not fact.questions:
        return Finding(Verdict.NOT_TRIED, 'no level tries it')
    found = [of_question(fact, question, heard) for question in fact.questions]
    rank = [Verdict.REFUTED, Verdict.NOT_TRIED, Verdict.CONFIRMED, Verdict.NOT_SUPPORTED]
    return min(found, key=lambda one: rank.index(one.verdict))


def _watched(verdict: Verdict, shown: Sequence[Exchange]) -> Finding:
    if not shown:
        return Finding(verdict, 'nothing shows it')
    last = shown[-1]
    return Finding(verdict, 'seen in what was asked one after the other', last.question,
                   last.said.data if last.said else None, _lines(shown))


def of_question(fact: Fact, question: bytes, heard: Dialogue) -> Finding:
    """Return what the answers to one question say of a fact."""
    asked = [one for one in heard.exchanges if one.question == question]
    answers = [one for one in asked if one.said and not one.said.refused]
    refusals = [one for one in asked if one.said and one.said.refused]
    if answers:
        return _answered(fact, question, answers)
    if len(refusals) >= REFUSALS:
        return Finding(fact.refusal, 'the device says no', question,
                       refusals[0].said.data if refusals[0].said else None, _lines(refusals))
    silent = [one for one in asked if one.said is None]
    if len(silent) >= SILENCES and any(
            one.said and one.line > silent[SILENCES - 1].line for one in heard.exchanges):
        return Finding(fact.silence, 'no answer, while other questions are answered', question,
                       None, _lines(silent))
    return Finding(Verdict.NOT_TRIED, 'asked too seldom to tell' if asked else 'not asked',
                   question)


def _answered(fact: Fact, question: bytes, answers: Sequence[Exchange]) -> Finding:
    def full(one: Exchange) -> bytes:
        assert one.said
        return one.said.data + (one.behind if fact.alone else b'')

    counted = Counter(map(full, answers)).most_common()
    sides: Mapping[bool, list[tuple[bytes, int]]] = {
        side: [(seen, times) for seen, times in counted
               if bool(re.fullmatch(fact.answers, seen.hex(' '))) is side]
        for side in (True, False)}
    lead = sum(times for _, times in sides[True]) - sum(times for _, times in sides[False])
    side = lead > 0
    if abs(lead) < ANSWERS or not side and sides[side][0][1] < ANSWERS:
        return Finding(Verdict.NOT_TRIED, 'its answers are not clear', question)
    seen = sides[side][0][0]
    lines = _lines([one for one in answers if full(one) == seen])
    if side:
        return Finding(Verdict.CONFIRMED, 'answered as expected', question, seen, lines)
    return Finding(Verdict.REFUTED, 'answered otherwise', question, seen, lines)


def _lines(exchanges: Sequence[Exchange]) -> tuple[int, ...]:
    """Return the lines of the first that show it: where question and answer end."""
    return tuple(sorted({line for one in exchanges[:SILENCES]
                         for line in (one.line, one.answered) if line}))


def _delays(heard: Dialogue) -> Mapping[str, Any]:
    """Return how long answers took, in ms: tenths of their distribution, not their mean."""
    times = sorted(round(one.delay * 1000, 3) for one in heard.exchanges if one.said)
    if len(times) < 2:
        return {'count': len(times), 'deciles_ms': times}
    tenths = [round(one, 3) for one in quantiles(times, n=10, method='inclusive')]
    return {'count': len(times), 'deciles_ms': [times[0], *tenths, times[-1]]}

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What traces say of facts: traces written by hand, in the bytes of the protocol documents."""

import pytest

from camera_driver.catalog import BUILT_IN
from camera_driver.conform.facts import by_id
from camera_driver.conform.judge import finding, judge
from camera_driver.link.dialogue import dialogue, Said
from camera_driver.link.trace import Entry, Heading

SIERRA, INTELIX = BUILT_IN['sierra'], BUILT_IN['intelix']
ASK_8 = '1b 43 02 00 01 08 09 00'
READS_128 = '03 00 04 00 80 00 00 00 80 00'
READS_129 = '03 00 04 00 81 00 00 00 81 00'
DC1, ACK = '11', '06'


def trace(kind, *lines):
    """Return a trace of 'MARK HEX' lines, a second apart."""
    return [Heading(kind.name, 'port', 1.7e9, 0.0),
            *(Entry(float(number), line[0], bytes.fromhex(line[1:]))
              for number, line in enumerate(lines))]


def found(kind, number, *lines):
    """Return what a trace says of a fact."""
    heard = dialogue(trace(kind, *lines), kind.codec_module(), kind.listener_class())
    return finding(by_id(kind.unproven())[number], heard)


def sierra(*lines):
    """Return what a trace says of: register 8 reads 128."""
    return found(SIERRA, 'sierra-007', *lines)


ONCE = (f'>{ASK_8}', f'<{READS_128}', f'>{ACK}')
OTHER = (f'>{ASK_8}', f'<{READS_129}', f'>{ACK}')


def test_confirmed_with_the_lines_that_show_it():
    result = sierra(*ONCE, *ONCE)
    assert (result.verdict.value, result.seen.hex(' ')) == ('confirmed', '80 00 00 00')
    assert result.lines == (2, 3, 5, 6)  # of the trace, behind its heading


def test_refuted_with_the_bytes():
    result = sierra(*OTHER, *OTHER)
    assert (result.verdict.value, result.seen.hex(' ')) == ('refuted', '81 00 00 00')


@pytest.mark.parametrize('lines', [
    (), ONCE, OTHER, ONCE + OTHER, ONCE * 2 + OTHER, ONCE + OTHER * 2, ONCE * 3 + OTHER * 2])
def test_one_answer_proves_nothing(lines):
    assert sierra(*lines).verdict.value == 'not tried'


def test_answers_count_that_are_well_ahead_of_the_others():
    assert sierra(*ONCE * 3, *OTHER).verdict.value == 'confirmed'
    assert sierra(*ONCE * 9, *OTHER * 2).verdict.value == 'confirmed'
    result = sierra(*ONCE, *OTHER * 3)
    assert (result.verdict.value, result.seen.hex(' ')) == ('refuted', '81 00 00 00')


def test_different_answers_can_confirm_but_not_refute():
    third = (f'>{ASK_8}', '<03 00 04 00 82 00 00 00 82 00', f'>{ACK}')
    assert sierra(*OTHER, *third).verdict.value == 'not tried'
    asked = ('>1b 43 02 00 01 55 56 00', '<03 00 04 00 0{} 00 00 00 0{} 00', f'>{ACK}')
    lines = [line.format(value, value) for value in (1, 2) for line in asked]
    assert found(SIERRA, 'sierra-031', *lines).verdict.value == 'confirmed'


def test_what_is_damaged_is_no_answer():
    cut = f'<{READS_129[:-5]}80 00'
    assert sierra(*ONCE, f'>{ASK_8}', cut, *ONCE, f'>{ASK_8}', cut).verdict.value == 'confirmed'


def test_a_packet_that_is_sent_again_is_one_answer():
    again = (f'>{ASK_8}', f'<{READS_128}', '>15', f'<{READS_128}', f'>{ACK}')
    assert sierra(*again).verdict.value == 'not tried'
    assert sierra(*again, *again).seen.hex() == '80000000'


def test_a_no_counts_where_nothing_was_ever_answered():
    no = (f'>{ASK_8}', f'<{DC1}')
    assert sierra(*no).verdict.value == 'not tried'
    assert sierra(*no, *no).verdict.value == 'not supported'
    assert sierra(*no, *ONCE, *no, *ONCE).verdict.value == 'confirmed'


PRESET_0 = '>f1 03 03 01 00'
THERE = ('>f1 02 00 00', '<f1 02 00 01')


def test_silence_counts_where_others_are_answered():
    def verdict(*lines):
        return found(INTELIX, 'intelix-011', *lines).verdict.value

    assert verdict(PRESET_0, PRESET_0, *THERE) == 'not tried'
    assert verdict(PRESET_0, PRESET_0, PRESET_0) == 'not tried'  # perhaps it is gone
    assert verdict(PRESET_0, PRESET_0, PRESET_0, *THERE) == 'confirmed'
    answered = (PRESET_0, '<f1 0b 03 02 00 00 01 02 03 04 05 06 07')
    assert verdict(*answered, *answered) == 'refuted'


def test_what_follows_an_answer_can_belong_to_it():
    assert found(INTELIX, 'intelix-001', *THERE, *THERE).verdict.value == 'confirmed'
    summed = (*THERE, '<02')
    result = found(INTELIX, 'intelix-001', *summed, *summed)
    assert (result.verdict.value, result.seen) == ('refuted', b'\x02')


def test_of_several_questions_one_refutes():
    def asked(register, answer):
        data = bytes([4, register])
        question = f'>1b 43 02 00 {data.hex()} {sum(data):02x} 00'
        return (question, f'<{answer}', '>06') * 2

    empty, text = '03 00 00 00 00 00', '03 00 01 00 61 61 00'
    assert found(SIERRA, 'sierra-029', *asked(80, empty)).verdict.value == 'not tried'
    assert found(SIERRA, 'sierra-029', *asked(80, empty), *asked(81, empty)
                 ).verdict.value == 'confirmed'
    result = found(SIERRA, 'sierra-029', *asked(80, empty), *asked(81, text))
    assert (result.verdict.value, result.question) == ('refuted', bytes([4, 81]))
    assert found(SIERRA, 'sierra-029', *asked(80, empty), *asked(81, DC1)
                 ).verdict.value == 'confirmed'


def test_the_same_trace_gives_the_same_document():
    lines = trace(SIERRA, *ONCE, *OTHER, f'>{ASK_8}')
    document, again = (judge(SIERRA.unproven(), lines, SIERRA.codec_module(),
                             SIERRA.listener_class()) for _ in range(2))
    assert document == again
    assert document['line'] == {'questions': 3, 'unanswered': 1, 'damaged': 0}
    assert document['delays'] == {'count': 2, 'deciles_ms': [1000.0] * 11}
    assert {one['verdict'] for one in document['facts']} == {'not tried'}


def test_a_trace_may_have_several_sessions():
    both = [*trace(SIERRA, *ONCE), *trace(SIERRA, *ONCE)]
    heard = dialogue(both, SIERRA.codec_module(), SIERRA.listener_class())
    assert [one.said for one in heard.exchanges] == [Said(b'\x80\0\0\0')] * 2

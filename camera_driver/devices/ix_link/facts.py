# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/protocols/ix_link.md says without proof."""

from collections.abc import Sequence

from camera_driver.conform.facts import Fact, Level, Verdict
from camera_driver.devices.ix_link.commands import Command, Status
from camera_driver.link.dialogue import Exchange, Said

GETTERS = (Command.GET_APERTURE, Command.GET_ISO, Command.GET_SHUTTER_SPEED)
SILENCES = 3  # questions without an answer, until it is none of the line


def _while_busy(exchanges: Sequence[Exchange]) -> tuple[Verdict, Sequence[Exchange]]:
    """Look at what was asked between a capture and a status that is still BUSY."""
    asked: list[Exchange] = []
    captured = False
    for one in exchanges:
        command = one.question[0]
        if command == Command.CAPTURE:
            captured, asked = bool(one.said and not one.said.refused), []
        elif captured and command in GETTERS:
            asked.append(one)
        elif command == Command.GET_SYSTEM_STATUS and captured:
            busy = one.said == Said(bytes([Status.BUSY]))
            told = [get for get in asked if get.said and not get.said.refused]
            refused = [get for get in asked if get.said and get.said.refused]
            if busy and len(told) > 1 and not refused:
                return Verdict.CONFIRMED, told
            if busy and len(refused) > 1 and not told:
                return Verdict.REFUTED, refused
            if len(asked) >= SILENCES and not told and not refused:
                return Verdict.REFUTED, asked
            captured = False
    return Verdict.NOT_TRIED, ()


FACTS = (
    Fact('ix_link-001', 'Completion codes beyond 0 to -6 do not come.',
         'No reply of a report has one.', 'A reply has a code that the table does not list.'),
    Fact('ix_link-002', 'A request with a wrong checksum is not answered.',
         'Silence behind it, and the next request is answered.', 'A reply of any code.'),
    Fact('ix_link-003', 'What a set command makes of values off the grid.',
         'The value that is read back is the nearest of the grid.',
         'It is refused with -6, or another value is held.'),
    Fact('ix_link-004', 'A region that reaches beyond an edge is moved inwards.',
         'A grabbed picture of a region with centre 1, 1 shows the corner in full size.',
         'It shows a part of that size, or black.'),
    Fact('ix_link-005', 'stop_live_view in mode SYNC and start_live_view take less than 5 s.',
         'The reply comes within 5 s.', 'It comes later.'),
    Fact('ix_link-006', 'Settings last over a power cycle.',
         'What was set is read back after power was off and on.', 'Another value is read.'),
    Fact('ix_link-007', 'Questions are answered while the camera is busy.',
         'Between a capture and the first status READY a get command is answered with code 0.',
         'It is refused or not answered.', Level.CAPTURE, watch=_while_busy),
    Fact('ix_link-008', 'A system status is 0, 1 or 2.',
         'get_system_status answers one of them.', 'It answers another number.',
         Level.LOOK, '6f', '0[012]'),
    Fact('ix_link-009', 'Nothing of this revision counts pictures.',
         'Command 112 is refused with -2.', 'Command 112 answers a number that grows by one with '
         'each capture.'),
    Fact('ix_link-010', 'The answer to get_aperture has a denominator of 1 to 255.',
         'Its second byte is not 0.', 'Its second byte is 0.', Level.LOOK, '0b',
         '.. (?!00)..'),
    Fact('ix_link-011', 'The answer to get_iso has a denominator of 1 to 255.',
         'Its second byte is not 0.', 'Its second byte is 0.', Level.LOOK, '0f', '.. (?!00)..'),
    Fact('ix_link-012', 'The answer to get_shutter_speed has a denominator of 1 to 255.',
         'Its second byte is not 0.', 'Its second byte is 0.', Level.LOOK, '13', '.. (?!00)..'),
    Fact('ix_link-013', 'The ranges of aperture, ISO and shutter speed are four bytes with a '
         'denominator of 1 to 255.', 'Four bytes, the last not 0.', 'Another number of bytes, or '
         'the last is 0.', Level.LOOK, '0c,10,14', '.. .. .. (?!00)..'),
)

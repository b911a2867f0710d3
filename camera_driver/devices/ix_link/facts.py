# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/protocols/ix_link.md says without proof."""

from camera_driver.conform.facts import Fact, Level

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
         'It is refused or not answered.'),
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

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/protocols/fuji_mx.md says without proof."""

from collections.abc import Sequence

from camera_driver.conform.facts import Fact, Level, Verdict
from camera_driver.devices.fuji_mx.commands import Command
from camera_driver.link.dialogue import Exchange

HIDDEN = 'The camera takes it without a sign of harm, and answers as many bytes.'

LARGEST_THUMBNAIL = 10500  # bytes
ANSWERS = 2  # of one length, until it is none that the line has made


def _thumbnail(exchanges: Sequence[Exchange]) -> tuple[Verdict, Sequence[Exchange]]:
    """Look at the length of a thumbnail that was read twice."""
    sizes: dict[int, list[Exchange]] = {}
    for one in exchanges:
        if one.question[0] == Command.GET_THUMBNAIL and one.said and one.said.data:
            sizes.setdefault(len(one.said.data), []).append(one)
    certain = [size for size, shown in sizes.items() if len(shown) >= ANSWERS]
    if len(certain) != 1:
        return Verdict.NOT_TRIED, ()
    return (Verdict.CONFIRMED if certain[0] <= LARGEST_THUMBNAIL else Verdict.REFUTED,
            sizes[certain[0]])


FACTS = (
    Fact('fuji_mx-001', 'A command that the camera does not know is answered with NAK, and the '
         'third time with EOT.', 'NAK, NAK, EOT behind one sent three times.',
         'ACK, or another answer.'),
    Fact('fuji_mx-002', 'no_operation (0C) is answered with nothing or one byte.',
         'Its answer has 0 or 1 byte.', 'It has more.', Level.LOOK, '0c', '(|..)'),
    Fact('fuji_mx-003', '11 is a question with one byte in the answer.', HIDDEN,
         'Another length, or something changes.'),
    Fact('fuji_mx-004', '13 is answered with one byte.', HIDDEN,
         'Another length, or something changes.'),
    Fact('fuji_mx-005', '20 is a question with two bytes in the answer.', HIDDEN,
         'Another length, or something changes.'),
    Fact('fuji_mx-006', '22 is answered with one byte.', HIDDEN,
         'Another length, or something changes.'),
    Fact('fuji_mx-007', 'The status behind take_picture (27) is 0 for a picture that was taken.',
         'Bytes 2 and 3 of the answer are 00 00 when the count grows by one.',
         'They are not, or they are and the count stays.'),
    Fact('fuji_mx-008', '2B is answered with two bytes.', HIDDEN,
         'Another length, or something changes.'),
    Fact('fuji_mx-009', '2E is a command of some cameras.', 'It is in the answer to 4C.',
         'No camera lists it.'),
    Fact('fuji_mx-010', 'charge_flash (34) is answered with 35 and an errno.',
         'The answer has the number 35 and one byte 00.', 'It has another number or length.'),
    Fact('fuji_mx-011', 'get_command_list (4C) holds one byte for each command that is supported, '
         '09 and 0B among them.', 'Both are in the answer.', 'One is not.', Level.LOOK, '4c',
         '(?=.*\\b09\\b)(?=.*\\b0b\\b).*'),
    Fact('fuji_mx-012', 'get_command_info (51) tells 0, or a time in 0.1 s, 5 to 200.',
         'For 0B it answers 0, or 5 to 200.', 'It answers another number, or another length.',
         Level.LOOK, '51 0b', '(00|0[5-9a-f]|[1-9ab].|c[0-8]) 00'),
    Fact('fuji_mx-013', 'The status behind take_preview (64) is 0.',
         'The answer is 00 00 when a preview can be fetched.', 'It is not.'),
    Fact('fuji_mx-014', 'A DS-7 has the commands 00 02 07 09 0A 0B 0C 0E 0F 11 13 15 17 19 1B 27 '
         '29 30 32 34.', 'None of those that are tried is refused.', 'One is refused.'),
    Fact('fuji_mx-015', 'A thumbnail has at most 10500 bytes.',
         'That of the picture that is taken is not.', 'It is longer.', Level.CAPTURE,
         watch=_thumbnail),
    Fact('fuji_mx-016', 'get_card_status (1B) tells the status first, 0 for normal.',
         'The first byte is 0 and the next four, low first, are a multiple of 512.',
         'They are not, with a card in the camera.', Level.LOOK, '1b',
         '00 00 .[02468ace] .. ..'),
    Fact('fuji_mx-017', 'The flash mode is 0 to 3.', 'get_flash_mode answers 00 to 03.',
         'It answers another number.', Level.LOOK, '30', '0[0-3]'),
    Fact('fuji_mx-018', 'get_date (84) is answered with 14 digits in ASCII.',
         'The answer is 14 bytes of 30 to 39.', 'It is not.', Level.LOOK, '84',
         '(3[0-9] ){13}3[0-9]'),
    Fact('fuji_mx-019', 'get_camera_id (80) has ten bytes.', 'The answer has ten bytes.',
         'It has more or less.', Level.LOOK, '80', '(.. ){9}..'),
    Fact('fuji_mx-020', 'get_directory_name (2A) of directory 1 is text.',
         'The answer has at least one byte.', 'It is empty.', Level.LOOK, '2a 01 00',
         '..( ..)*'),
)

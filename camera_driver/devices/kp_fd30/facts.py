# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/protocols/kp_fd30.md says without proof."""

from camera_driver.conform.facts import Fact, Level, Verdict

ONE_BYTE = '.. 00 00'

FACTS = (
    Fact('kp_fd30-001', 'When the reply to a read gets lost the camera sends its reply again.',
         'A reply that is not acknowledged comes again 3 s later, without a question.',
         'Nothing comes for 4 s, or it asks for the command.'),
    Fact('kp_fd30-002', 'alc_peak_ratio (39) has one byte.',
         'A read of area 01, register 39 answers X1 00 00.',
         'X2 or X3 is not 00.', Level.LOOK, '01 ff 81 39 00 00 00', ONE_BYTE),
    Fact('kp_fd30-003', 'video_level (0C) has one byte.',
         'A read of area 01, register 0C answers X1 00 00.',
         'X2 or X3 is not 00.', Level.LOOK, '01 ff 81 0c 00 00 00', ONE_BYTE),
    Fact('kp_fd30-004', 'Preset shutter times run down in steps of 0.5 s from 8.0 s.',
         'Pictures of a clock at codes 00 to 05 show 8.0, 7.5, 7.0, 6.5, 6.0, 5.5 s.',
         'They show other times.'),
    Fact('kp_fd30-005', 'Registers whose rows are illegible exist.',
         'A read of area 01, register 06 (agc_mode) is answered.',
         'The camera says nothing to it, and answers the next question.',
         Level.LOOK, '01 ff 81 06 00 00 00', '.. .. ..', silence=Verdict.REFUTED),
    Fact('kp_fd30-006', 'A frame with an unknown register or an impossible value is acknowledged '
         'and ignored.', 'ACK to the text, and the register reads as before.',
         'Silence, or the register reads as written.'),
    Fact('kp_fd30-007', 'Register 07 is write only.',
         'A read of it is not answered, or with zeros.',
         'A read of it answers something that is not 00 00 00.'),
    Fact('kp_fd30-008', 'A mode-dependent register can be written when its mode is off.',
         'preset_shutter, written with shutter_mode off, reads as written, and holds when the '
         'mode is set.', 'It reads as before, or changes when the mode is set.'),
)

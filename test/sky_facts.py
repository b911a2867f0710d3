# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the sixth device needs for reports, beside its package: nothing else knows of it."""

from dataclasses import replace

from skycam import SKYCAM
from skycam.codec import encode, Line

from camera_driver.conform.facts import Fact, Level
from camera_driver.link.dialogue import Said

FACTS = (
    Fact('skycam-001', 'The gain is 0 to 8.', 'GAIN answers one digit.', 'It answers something '
         'else.', Level.LOOK, b'GAIN'.hex(), '3[0-8]'),
    Fact('skycam-002', 'It has a fan.', 'FAN is answered.', 'It is not answered.', Level.LOOK,
         b'FAN'.hex(), '.*'),
    Fact('skycam-003', 'It is cooled.', 'TEMP falls below 250.', 'It does not.'),
)


class Listener:
    """A word is answered by the line with the same word, or by NO."""

    def asked(self, frame):
        """Return the text of a line."""
        self._word = frame.word
        return str(frame).encode()

    def answered(self, frame):
        """Return the value."""
        if frame.word not in (self._word, 'NO'):
            return None
        return Said(frame.value.encode(), refused=frame.word == 'NO')

    def spoken(self, question, said):
        """Return a line."""
        return encode(Line('NO' if said.refused else question.decode(), said.data.decode()))


class Rule:
    """Only the serial number is private."""

    HEAD, TAIL = 4, 2

    def __call__(self, mark, frame):
        """Return a line without it."""
        return Line('ID', 'SC-6,0000,1.3') if mark == '<' and frame.word == 'ID' else frame


SKYCAM = replace(SKYCAM, facts='sky_facts:FACTS', listener='sky_facts:Listener',
                 redact='sky_facts:Rule')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The mirror."""

import re

from skycam.codec import Decoder, encode, Line, VALUES

from camera_driver.link.port import LineSettings
from camera_driver.sim.simulator import Simulator


class SkySimulator(Simulator):
    """A simulated SC-6; `count` is what it has taken."""

    LINE = LineSettings(9600)

    def __init__(self, exposure_duration: float = 0.2) -> None:
        super().__init__()
        self.duration, self.count = exposure_duration, 17
        self.on_power()

    def on_power(self) -> None:
        self.held = {'GAIN': '0', 'FILTER': 'CLEAR'}
        self._decoder, self._asked, self._exposing = Decoder(), list[Line](), False

    def on_bytes(self, data: bytes) -> None:
        self._asked += [line for line in self._decoder.feed(data) if isinstance(line, Line)]
        while self._asked and not self._exposing:
            line = self._asked.pop(0)
            self.send(encode(self._answer(line.word, line.value)))

    def _answer(self, word: str, value: str) -> Line:
        if word == 'EXPOSE':
            self._exposing = True
            self.after(self.duration, self._done)
            return Line(word, str(self.count + 1))
        if word in self.held and re.fullmatch(VALUES[word], value):
            self.held[word] = value
        known = {'ID': 'SC-6,0042,1.3', 'TEMP': '253.2', 'COUNT': str(self.count), **self.held}
        return Line(word, known[word]) if word in known else Line('NO', f'{word},UNKNOWN')

    def _done(self) -> None:
        self.count, self._exposing = self.count + 1, False
        self.send(encode(Line('DONE', str(self.count))))
        self.on_bytes(b'')

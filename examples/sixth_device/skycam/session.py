# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The conversation. What is not answered is sent 3 times in all, but EXPOSE once.

Worst cases: a question 1.5 s (COUNT 33 s), in endless noise 4.5 s (36 s); an exposure 12 s.
"""

from collections.abc import Callable
import re

from skycam.codec import Decoder, encode, Line, VALUES

from camera_driver.errors import Refused, ReplyTimeout
from camera_driver.link.channel import Channel
from camera_driver.link.port import Port
from camera_driver.model import Shot
from camera_driver.operations import Attempt, once

T_ANSWER, T_EXPOSURE, T_COUNT, T_GAP = 0.5, 10.0, 10.5, 0.1  # s


class SkySession:
    """The conversation with one camera over an open port."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.channel: Channel[Line] = Channel(port, encode, Decoder(), T_GAP)
        self.changed_at = 0.0  # when what changes the camera had left the port last

    def ask(self, word: str, value: str = '', attempt: Attempt | None = None, tries: int = 3
            ) -> str:
        """Return the value that answers. Raises ReplyTimeout, Refused."""
        self.channel.drain(0.0, T_ANSWER)
        self.channel.counters.requests += 1
        if attempt:
            attempt.sending()
        self.channel.send(Line(word, value))
        sent = self.port.flush()
        self.changed_at = sent if attempt else self.changed_at
        try:
            answer = self._receive(word, T_COUNT if word == 'COUNT' else T_ANSWER)
        except ReplyTimeout:
            if tries == 1:
                raise
            self.channel.counters.retries += 1
            return self.ask(word, value, attempt, tries - 1)
        self.channel.counters.round_trips.append(self.port.now() - sent)
        return answer

    def expose(self, triggered: Callable[[float], None]) -> Shot:
        """Take a picture. Raises Refused, OutcomeUnknown."""
        with once('take a picture', self.port.name) as attempt:
            try:
                self.ask('EXPOSE', attempt=attempt, tries=1)
            except Refused as error:
                raise attempt.clear_no(error)
            accepted = self.port.now()
            triggered(self.changed_at)
            self._receive('DONE', T_EXPOSURE)
            return Shot(self.changed_at, self.port.now(), accepted=accepted)

    def _receive(self, word: str, timeout: float) -> str:
        """Return the value of the next line with this word. Raises Refused for its NO."""
        end = self.port.now() + timeout
        while (left := end - self.port.now()) > 0:
            found = str(self.channel.receive(left, T_ANSWER))
            if match := re.fullmatch(f'{word}=({VALUES.get(word, ".*")})', found):
                return match[1]
            if found.startswith(f'NO={word},'):
                raise Refused(f'{self.port.name}: the camera answered {found}')
        raise ReplyTimeout(f'{self.port.name}: no valid answer to {word}; is it another device?')

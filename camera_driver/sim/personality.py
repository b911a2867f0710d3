# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What makes a simulated device answer some questions as a real one did.

It stands between the line and the device: a question that the real one refused, or left without an
answer, does not reach the simulated one; of all others its answer is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camera_driver.link.dialogue import Listener, Said
from camera_driver.link.framing import Damaged


class Personality:
    """The answers of a real device: of each question what it said, None: nothing."""

    def __init__(self, answers: Mapping[bytes, Said | None], codec: Any, listener: Listener
                 ) -> None:
        """Take the type's codec, and a listener of its own."""
        self._answers = answers
        self._codec, self._listener = codec, listener
        self._host, self._device = codec.Decoder(), codec.Decoder()
        self._said: Said | None = None  # to the question that the device is at
        self._question = b''

    def heard(self, data: bytes) -> tuple[bytes, bytes]:
        """Return what of a host's words reaches the device, and what is said in its place."""
        on, instead = b'', b''
        for frame in self._host.feed(data):
            question = None if isinstance(frame, Damaged) else self._listener.asked(frame)
            if question is not None:
                self._question = question
                self._said = self._answers.get(question)
                if question in self._answers and (self._said is None or self._said.refused):
                    if self._said:
                        instead += self._listener.spoken(question, self._said)
                    self._said = None
                    continue
            on += self._raw(frame)
        return on, instead

    def speaks(self, data: bytes) -> bytes:
        """Return what a device's words become."""
        if not self._said:
            return data
        words = b''
        for frame in self._device.feed(data):
            answer = not isinstance(frame, Damaged) and self._listener.answered(frame)
            words += (self._listener.spoken(self._question, self._said) if answer else
                      self._raw(frame))
        return words

    def _raw(self, frame: Any) -> bytes:
        return bytes(frame.data if isinstance(frame, Damaged) else self._codec.encode(frame))

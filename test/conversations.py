# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The conversations of the protocol documents, and a host that holds them with a simulated device.

A conversation is a block of lines in docs/protocols/TYPE.md, or a text in a test:

    H>C  05                     ; what the host says, in hex
    C>H  06                     ; what the device says
    C>H  02 00 .. 00 fc  [2054 bytes, sha256 c080c3a2c7709548]
    wait 3 s
    # anything else

In a test a name may stand for the bytes.
"""

from hashlib import sha256
from pathlib import Path
import re

HOST, DEVICE, WAIT = 'H>C', 'C>H', 'wait'
DOCUMENTS = Path(__file__).resolve().parent.parent / 'docs' / 'protocols'
BLOCK = re.compile(r'^(?:(?:### |\*\*)(?P<section>[\d.]+) |```\w*\n(?P<text>.*?)^```$)',
                   re.MULTILINE | re.DOTALL)
SAYS = re.compile(rf'^(?:{HOST}|{DEVICE}) ', re.MULTILINE)
ELIDED = re.compile(r'([0-9a-f ]+)\.\.([0-9a-f ]+)\[(\d+) bytes, sha256 (\w+)\]')


def document(kind, frames=None):
    """
    Return the conversations of a protocol's document: section -> its conversations, in order.

    `frames`: name -> bytes, among them all that the document elides.
    """
    found = {}
    section = ''
    for match in BLOCK.finditer((DOCUMENTS / f'{kind}.md').read_text()):
        section = match['section'] or section
        if SAYS.search(match['text'] or ''):
            found.setdefault(section, []).append(parse(match['text'], frames))
    return found


def parse(text, frames=None):
    """Return a conversation as (HOST, bytes), (DEVICE, bytes) and (WAIT, seconds)."""
    found = []
    for line in text.splitlines():
        line = line.split('#')[0].split(';')[0].strip()
        if line:
            who, data = line.split(None, 1)
            assert who in (HOST, DEVICE, WAIT), line
            found.append((who, float(data.removesuffix('s')) if who == WAIT else
                          _bytes(data, frames or {})))
    return found


def pairs(conversation, frames=None):
    """Return a conversation, or its text, as pairs of (said, heard), for a Transcript."""
    if isinstance(conversation, str):
        conversation = parse(conversation, frames)
    found = []
    for who, data in conversation:
        if who == HOST:
            found.append((data, None))
        elif who == DEVICE:
            said, heard = found.pop() if found else (b'', None)
            found.append((said, (heard or b'') + data))
    return found


def _bytes(text, frames):
    if text in frames:
        return frames[text]
    elided = ELIDED.fullmatch(text)
    if not elided:
        return bytes.fromhex(text)
    head, tail, size, digest = elided.groups()
    whole, = {frame for frame in frames.values()
              if sha256(frame).hexdigest().startswith(digest)}
    assert len(whole) == int(size)
    assert whole.startswith(bytes.fromhex(head)) and whole.endswith(bytes.fromhex(tail))
    return whole


class Host:
    """The host's side of a line to a simulated device, on the plain object, with a clock."""

    patient = False  # an answer may take a while, without a word of it in the conversation

    def __init__(self, simulator):
        self.simulator = simulator
        self.now = simulator.now
        self.heard = b''

    def say(self, data):
        """Send bytes."""
        self.simulator.receive(data, self.now)
        self._listen()

    def wait(self, seconds):
        """Let time pass."""
        self.now += seconds
        self.simulator.advance(self.now)
        self._listen()

    def hear(self):
        """Return what has come since the last time."""
        heard, self.heard = self.heard, b''
        return heard

    def send(self, data, seconds=0.0):
        """Send bytes, let time pass, and return what comes."""
        self.say(data)
        self.wait(seconds)
        return self.hear()

    def play(self, conversation):
        """Hold a conversation; find every byte as it stands there, and nothing left over."""
        for who, data in conversation:
            if who == WAIT:
                Host.wait(self, data)
            elif who == HOST:
                assert not self.heard, f'heard {self.heard.hex(" ")} before {data.hex(" ")}'
                Host.say(self, data)
            else:
                while self.patient and len(self.heard) < len(data) and (
                        due := self.simulator.next_due()) is not None:
                    Host.wait(self, max(0.0, due - self.now))
                found, self.heard = self.heard[:len(data)], self.heard[len(data):]
                assert found.hex(' ') == data.hex(' ')
        assert not self.heard

    def _listen(self):
        for sent in self.simulator.take():
            self.heard += sent.data

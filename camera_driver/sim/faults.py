# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a line, by seed; and what a receiver at another speed makes of a sender's bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
import random

from camera_driver.link.port import LineSettings

KINDS: Mapping[str, str] = {
    'lose': 'the whole chunk is lost',
    'cut': 'the end of the chunk is lost',
    'drop': 'one byte within is lost',
    'flip': 'one bit is flipped',
    'insert': 'one byte of noise is inserted',
    'repeat': 'the chunk comes twice',
    'delay': 'the chunk comes 0.3 s late',
}

DELAY = 0.3  # s


class Faults:
    """
    Damage chunks (what one side sends in one go) at random, reproducibly.

    `rates` maps KINDS to probabilities per chunk; `counts` tells what has been done.
    """

    def __init__(self, rates: Mapping[str, float], seed: int = 0) -> None:
        unknown = set(rates) - set(KINDS)
        if unknown:
            raise ValueError(f'no such fault: {", ".join(sorted(unknown))}; '
                             f'there are: {", ".join(KINDS)}')
        bad = [f'{kind}={rate}' for kind, rate in rates.items() if not 0 <= rate <= 1]
        if bad:
            raise ValueError(f'{", ".join(bad)}: a rate is a probability from 0 to 1')
        self.rates = dict(rates)
        self.counts: Counter[str] = Counter()
        self._random = random.Random(seed)

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> Faults:
        """Make faults from 'flip=0.01,lose=0.02'. Raises ValueError that says what is wrong."""
        rates = {}
        for part in filter(None, text.split(',')):
            kind, _, rate = part.partition('=')
            try:
                rates[kind.strip()] = float(rate)
            except ValueError:
                raise ValueError(f'{part!r}: write KIND=RATE, such as flip=0.01') from None
        return cls(rates, seed)

    def apply(self, chunk: bytes) -> list[tuple[float, bytes]]:
        """Return what arrives of a chunk: (delay [s], bytes) pairs."""
        pieces = [chunk]
        delay = 0.0
        for kind, rate in self.rates.items():
            if not chunk or self._random.random() >= rate:
                continue
            self.counts[kind] += 1
            if kind == 'lose':
                return []
            if kind == 'delay':
                delay = DELAY
            elif kind == 'repeat':
                pieces.append(pieces[0])
            else:
                pieces[0] = self._damage(kind, pieces[0])
        return [(delay, piece) for piece in pieces if piece]

    def _damage(self, kind: str, data: bytes) -> bytes:
        if not data:
            return data
        i = self._random.randrange(len(data))
        if kind == 'cut':
            return data[:i]
        if kind == 'drop':
            return data[:i] + data[i + 1:]
        if kind == 'insert':
            return data[:i] + bytes([self._random.randrange(256)]) + data[i:]
        return data[:i] + bytes([data[i] ^ 1 << self._random.randrange(8)]) + data[i + 1:]


class ByteFaults(Faults):
    """
    Damage each byte with one probability: flip a bit of it, drop it, or repeat it.

    :param kind: 'flip', 'drop' or 'repeat'.
    """

    def __init__(self, kind: str, rate: float, seed: int = 0) -> None:
        super().__init__({kind: rate}, seed)
        if kind not in ('flip', 'drop', 'repeat'):
            raise ValueError(f'{kind}: not of single bytes; flip, drop, repeat')
        self._kind, self._rate = kind, rate

    def apply(self, chunk: bytes) -> list[tuple[float, bytes]]:
        """Return what arrives of a chunk: (delay [s], bytes) pairs."""
        data = bytearray()
        for byte in chunk:
            if self._random.random() >= self._rate:
                data.append(byte)
                continue
            self.counts[self._kind] += 1
            if self._kind == 'flip':
                data.append(byte ^ 1 << self._random.randrange(8))
            elif self._kind == 'repeat':
                data += bytes([byte, byte])
        return [(0.0, bytes(data))] if data else []


def misread(data: bytes, sender: LineSettings, receiver: LineSettings) -> bytes:
    """
    Return what a receiver with other line settings makes of bytes: their bits, at its own pace.

    A byte whose stop bit is missing is delivered as 0, as Linux does; a receiver with parity
    drops it, and bytes of wrong parity too (`link.port.check_parity`).
    """
    bits = ''.join(_bits(byte, sender) for byte in data)
    ratio = sender.baudrate / receiver.baudrate  # sender's bits in one of the receiver's
    parity = receiver.parity != 'N'
    received = bytearray()
    place = bits.find('0')
    while place >= 0:
        samples = [place + ratio * (i + 0.5)
                   for i in range(1, receiver.bytesize + parity + 2)]
        levels = ''.join(bits[int(s)] if s < len(bits) else '1' for s in samples)
        value = int(levels[receiver.bytesize - 1::-1], 2)
        if not parity:
            received.append(value if levels[-1] == '1' else 0)
        elif levels == _bits(value, receiver)[1:len(levels) + 1]:
            received.append(value)
        place = bits.find('0', int(samples[-1]) + 1)
    return bytes(received)


def _bits(byte: int, line: LineSettings) -> str:
    """Return a byte as it is on the line: start bit, lowest bit first, parity, stop bits."""
    data = format(byte, f'0{line.bytesize}b')[:-line.bytesize - 1:-1]
    ones = data.count('1')
    parity = {'N': '', 'E': str(ones % 2), 'O': str(1 - ones % 2)}[line.parity]
    return '0' + data + parity + '1' * line.stopbits

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A recorded line as a device: it says what the trace says, as long as the host does the same.

- The bytes of the host have to be those of the trace, in its order. How they are cut into writes
  and how long the host takes for them makes no difference.
- What the device said comes as long after the host's words before it as in the trace, or at once
  if the host already says what comes next. What it said before the host's first word in a session
  comes at once.
- Retries: what the host says again after a pause, without an answer in between, is a repeat. A
  host may knock or repeat more often than the recorded one: what is too much is not answered. It
  may do so less often: the answer comes a second later than in the trace then.
- The line settings are those of the host in the trace.

At the first difference it falls silent, as a device that does not understand. Several sessions in
one file are played one after the other; the host has to open the port as often as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from camera_driver.link.port import LineSettings
from camera_driver.link.trace import Entry, Heading
from camera_driver.sim.simulator import Simulator

TOGETHER = 0.05  # s; what the host says in pieces with shorter pauses is one record
PATIENCE = 1.0  # s that repeats of the host are waited for


@dataclass(frozen=True)
class Record:
    """What one side said in one go, or line settings of the host."""

    number: int  # of its first line in the trace, without the headings
    session: int
    time: float  # s since the beginning of its session
    until: float  # s, of its last line
    mark: str  # as in the trace
    data: bytes = b''
    line: LineSettings | None = None
    delay: float = 0.0  # s behind the host's last words, of what it did not say
    latest: float = 0.0  # s behind the first of these, if the host does not repeat them
    repeat: bool = False


@dataclass(frozen=True)
class Difference:
    """Where a host left the trace."""

    expected: Record | None  # from the host; None: the trace was over
    came: bytes


class Replay(Simulator):
    """A recorded line as a simulated device; `difference` says where the host left it."""

    LINE = LineSettings(9600)  # of a trace that does not tell

    def __init__(self, trace: Iterable[Heading | Entry],
                 comparable: Callable[[bytes], bytes] = bytes) -> None:
        """
        Play a trace, as `link.trace.read` yields it.

        :param comparable: makes of a record of the host what the trace holds of it, where that is
            without passwords, or redacted.
        :raises ValueError: nobody says anything in it.
        """
        self.records: Sequence[Record] = list(_records(trace))
        if not any(record.data for record in self.records):
            raise ValueError('nobody says anything in this trace')
        self.LINE = next((record.line for record in self.records if record.line), self.LINE)
        super().__init__()
        self.difference: Difference | None = None
        self.played = 0  # records
        self._comparable = comparable
        self._heard = b''  # of what the host is saying
        self._said = b''  # its last record
        self._began = self._asked = 0.0  # s, when it said that first, and last
        self.after(0.0, self._go_on)

    @property
    def done(self) -> bool:
        """Say whether all was played."""
        return not self.difference and all(
            record.repeat or not record.data for record in self._rest())

    @property
    def expected(self) -> Record | None:
        """What the host has to say next, if no repeat; None: nothing."""
        return next((record for record in self._rest()
                     if record.mark == '>' and not record.repeat), None)

    def on_power(self) -> None:
        """Go on: what comes next, the trace says."""
        self._go_on()

    def on_bytes(self, data: bytes) -> None:
        """Compare what the host says with the trace."""
        self._heard += data
        while self._heard and not self.difference:
            expected = list(self._allowed())
            record = next((one for one in expected if self._hears(one.data)), None)
            if record:
                self._take(record)
            elif any(self._may_hear(one.data) for one in expected):
                return
            elif self._said and self._hears(self._said):
                self._heard = self._heard[len(self._said):]
            elif self._may_hear(self._said):
                return
            else:
                self.difference = Difference(self.expected, self._heard)
                self._schedule.clear()

    def _rest(self) -> Iterator[Record]:
        """Yield what was not played yet."""
        return (self.records[number] for number in range(self.played, len(self.records)))

    def _allowed(self) -> Iterator[Record]:
        """Yield what the host may say next: repeats, and what is behind them."""
        for record in self._rest():
            if record.mark == '>':
                yield record
                if not record.repeat:
                    return

    def _hears(self, words: bytes) -> bool:
        heard = self._heard[:len(words)]
        return heard == words or len(heard) == len(words) and self._comparable(heard) == words

    def _may_hear(self, words: bytes) -> bool:
        heard = self._heard
        return len(heard) < len(words) and (
            words.startswith(heard) or words.startswith(self._comparable(heard)))

    def _take(self, record: Record) -> None:
        self._heard = self._heard[len(record.data):]
        self._schedule.clear()
        while self.records[self.played] is not record:  # the host did not wait for it
            self._play()
        self.played += 1
        self._said = record.data
        self._asked = self.now
        if not record.repeat:
            self._began = self.now
        self._go_on()

    def _play(self) -> None:
        record = self.records[self.played]
        self.played += 1
        if record.mark == '<':
            self.send(record.data)
        elif record.line:
            self.line = record.line

    def _go_on(self) -> None:
        """Play what is due, up to the next words of the host."""
        rest = self._rest()
        while (record := next((one for one in rest if not one.repeat), None)) and (
                record.mark != '>'):
            if record is not self.records[self.played]:  # the host has not repeated as often
                due = self._began + record.latest
            elif record.line:
                due = self.now
            else:
                due = self._asked + record.delay
            if due > self.now:
                self.after(due - self.now, self._go_on)
                return
            while self.records[self.played] is not record:
                self._play()
            self._play()


def _records(trace: Iterable[Heading | Entry]) -> Iterator[Record]:
    """Yield records with what their order tells."""
    before: Record | None = None
    first = last = Record(0, 0, 0.0, 0.0, '>')  # words of the host, and their last repeat
    for record in _whole(trace):
        if record.session != last.session:
            before, first = None, replace(first, session=record.session, until=0.0)
            last = first
        if record.mark != '>':
            record = replace(record, delay=record.time - last.until,
                             latest=record.time - first.until + PATIENCE)
        elif before and (before.mark, before.data) == (record.mark, record.data):
            record = last = replace(record, repeat=True)
        else:
            first = last = record
        yield record
        before = record


def _whole(trace: Iterable[Heading | Entry]) -> Iterator[Record]:
    """Yield records, those that the host said in several writes as one."""
    session = number = 0
    start = 0.0
    last: Record | None = None
    for entry in trace:
        if isinstance(entry, Heading):
            session, start = session + 1, entry.time
            continue
        number, time = number + 1, entry.time - start
        if last and last.session == session and last.mark == entry.mark == '>' and (
                time - last.until < TOGETHER):
            last = replace(last, data=last.data + entry.data, until=time)
            continue
        if last:
            yield last
        last = Record(number, session, time, time, entry.mark, entry.data,
                      LineSettings.parse(entry.text) if entry.mark == '=' else None)
    if last:
        yield last

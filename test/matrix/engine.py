# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The matrix of outcomes: operation x moment x disturbance, generated, against the simulator's truth.

A clean run of an operation is watched, frame by frame. Each of its frames gives moments: within
it, behind it, and, of what the device says, in place of it. Then the operation is run again for
each moment and each disturbance, and for each fault of the device's program and each occasion
that the clean run gave to it. Held of every cell:

- never 'not done' when it was done, never 'done' when it was not, never done twice;
- evidence that was recorded settles what became of it, in another session, correctly;
- who is told to end (cancel, Ctrl-C) or has lost the line has closed within `AT_ONCE`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
import re
from typing import Any

from camera_driver import operations
from camera_driver.catalog import DeviceType
from camera_driver.errors import DeviceError, NotConfirmed, OutcomeUnknown, ReplyTimeout
from camera_driver.operations import Outcome
from camera_driver.sim.loop import LoopPort

AT_ONCE = 2.0  # s of virtual time
SILENCE = 100.0  # s, after which a silent device is there again
LONG = 120.0  # s: whatever was begun is over
ALWAYS = 1_000_000  # times
GARBAGE = bytes(range(64, 104))
DISTURBANCES = ('port gone', 'silence', 'reset', 'garbage', 'cancel', 'interrupt', 'ended')
LEAVING = ('port gone', 'cancel', 'interrupt')


class Ended(BaseException):
    """The end of the process: nothing of the driver runs from here on."""


@dataclass(frozen=True)
class Moment:
    """A place in a conversation: so many bytes had gone that way since the call began."""

    way: str  # '>' to the device, '<' from it
    place: int
    words: str
    lost: int = 0  # bytes from the device that do not arrive

    def __str__(self):
        return self.words


@dataclass(frozen=True)
class Said:
    """What was said of an operation, and when it was left."""

    outcome: Outcome
    error: BaseException | None = None
    evidence: Mapping[str, Any] | None = None
    left: float = 0.0  # s from the disturbance to the end of `close`


def whole_or_none(error, done):
    """Say that a plain failure may not leave a part behind."""
    return not any(done)


def names_written(error, done):
    """Say whether a plain failure names what was written before it."""
    return 'was written' in str(error) or not any(done)


def names_gone(*numbers):
    """Return what says whether a refused deletion of these numbers names what is gone."""
    def told(error, done):
        named = re.search(r'(?<!not )deleted: (\d+(?:, \d+)*)', str(error))
        gone = {number for number, part in zip(numbers, done) if part}
        return gone == {int(number) for number in named[1].split(',')} if named else not gone

    return told


def holds(*parts):
    """Tell of each part whether the device holds it."""
    return lambda simulator: lambda: tuple(bool(part(simulator)) for part in parts)


@dataclass(frozen=True)
class Recipe:
    """How an operation is called, and how the simulator tells what was done."""

    call: Callable[[Any], object]  # of the device
    done: Callable[[Any], Callable[[], tuple[bool, ...]]]
    """Given the simulator before: a function that tells of each part whether it was done; it
    fails when anything was done twice, or something else."""
    options: Mapping[str, Any] = field(default_factory=dict)  # of the device, for this
    settles: bool = True  # the evidence tells for certain
    enough: Callable[[Mapping[str, Any]], bool] = lambda evidence: True  # it is complete
    tells: bool = True  # the device has a way to say that it was done
    refused: Callable[[BaseException, tuple[bool, ...]], bool] = whole_or_none
    """Says whether a plain failure is true of what was done in part."""
    prepare: Callable[[Any], object] = lambda device: None  # before the call; not disturbed
    numbers: tuple[int, ...] = ()  # of the images to be deleted, part by part
    left_out: tuple[str, ...] = ()  # disturbances and faults of which nothing can be held


@dataclass(frozen=True)
class Kind:
    """A device type in the matrix."""

    type: DeviceType
    simulator: Callable[[], Any]
    recipes: Mapping[str, Recipe]
    faults: Mapping[str, str]
    lies: Collection[str]  # faults of which nothing can be held
    options: Mapping[str, Any] = field(default_factory=dict)

    def connect(self, simulator, recipe, port=None):
        """Return a device of a new session, not open yet."""
        cls = self.type.device_class()
        return cls(port or LoopPort(simulator, cls.LINE), {**self.options, **recipe.options})


class Line(LoopPort):
    """A line that is watched, and on which something happens at one moment."""

    def __init__(self, simulator, line, moment=None, what='', paced=False):
        super().__init__(simulator, line, paced=paced)
        self.moment, self.what = moment, what
        self.armed = self.due = False
        self.sent, self.heard = [], []  # (number of the chunk, bytes)
        self.counts = {'>': 0, '<': 0}
        self.chunks = 0
        self.losing = 0  # bytes that are still to be lost
        self.happened = None
        self.mute_until = 0.0
        self.ended = False
        self.before_reset = lambda: None

    def arm(self):
        """Begin."""
        self.armed = True

    def write(self, data):
        self._step()
        if self._mute():
            return
        if not self.armed:
            super().write(data)
            return
        self.sent.append((self.chunks, data))
        self.chunks += 1
        before = self.counts['>']
        self.counts['>'] += len(data)
        if self._is_here('>', self.counts['>']):
            head = data[:self.moment.place - before]
            if head:
                super().write(head)
            self._strike()
            data = data[len(head):]
            if not data or self._mute():
                return
        super().write(data)

    def read(self, timeout):
        self._step()
        end = self.now() + timeout
        while True:
            data = super().read(max(0.0, end - self.now()))
            if data and self._mute():
                continue
            if data and self.armed:
                data = self._hear(data)
                if not data and self.now() < end:
                    continue
            return data

    def pause(self, seconds):
        self._step()
        super().pause(seconds)

    def flush(self):
        self._step()
        return super().flush()

    def _hear(self, data):
        self.heard.append((self.chunks, data))
        self.chunks += 1
        before = self.counts['<']
        self.counts['<'] += len(data)
        if self.losing:
            lost = min(self.losing, len(data))
            self.losing -= lost
            return data[lost:]
        here = self.counts['<'] - bool(self.moment and self.moment.lost)
        if self._is_here('<', here):
            head = data[:self.moment.place - before]
            rest = data[len(head):]
            if self.moment.lost:
                lost = min(self.moment.lost, len(rest))
                self.losing = self.moment.lost - lost
                self._strike()
                return head + rest[lost:]
            self.due = True
            if rest:
                self._arriving.appendleft((self._now, rest))
                self.counts['<'] -= len(rest)
            return head
        return data

    def _is_here(self, way, count):
        moment = self.moment
        return (moment is not None and self.happened is None and not self.due
                and moment.way == way and moment.place <= count)

    def _mute(self):
        return self.now() < self.mute_until

    def _step(self):
        if self.ended:
            raise Ended
        if self.due:
            self.due = False
            self._strike()

    def _strike(self):
        """Let it happen."""
        self.happened = self.now()
        match self.what:
            case 'port gone':
                self.unplug()
                self._check()
            case 'silence':
                self.mute_until = self.now() + SILENCE
            case 'reset':
                self.before_reset()
                self.simulator.power_cycle()
            case 'garbage':
                self._arrive(self.now(), GARBAGE, self.line.byte_time)
            case 'cancel':
                self.cancel()
                self._check()
            case 'interrupt':
                raise KeyboardInterrupt
            case 'ended':
                self.ended = True
                raise Ended


class Run:
    """One call of one operation."""

    def __init__(self, kind, name, moment=None, what='', paced=False):
        self.kind, self.name = kind, name
        self.recipe = kind.recipes[name]
        self.simulator = kind.simulator()
        self.port = Line(self.simulator, kind.type.device_class().LINE, moment, what, paced)
        self.device = kind.connect(self.simulator, self.recipe, self.port)
        self.device.open()
        self.recipe.prepare(self.device)
        method = operations.operations(type(self.device))[name.partition(',')[0]]
        self.is_once = method.kind is operations.Kind.ONCE
        self.recorded = []
        self.marks = []  # where in the conversation evidence was recorded
        self.device.record = self._record
        self.faults = Counter()  # the occasions that there were for each
        self.done = self.recipe.done(self.simulator)
        self.forgotten = ()  # what was done, and lost by a reset
        self.port.before_reset = self._before_reset

    def _before_reset(self):
        self.forgotten = self.done()

    def _record(self, evidence):
        self.recorded.append(evidence)
        self.marks.append(self.port.chunks)
        return nullcontext()

    def call(self):
        """Call it, and return what is said of it."""
        evidence = error = None
        self.port.arm()
        try:
            self.recipe.call(self.device)
            outcome = Outcome.DONE
        except NotConfirmed as doubt:
            outcome, error = Outcome.UNKNOWN, doubt
        except OutcomeUnknown as doubt:
            outcome, error, evidence = Outcome.UNKNOWN, doubt, doubt.evidence
        except (DeviceError, ValueError, IndexError, KeyboardInterrupt) as failure:
            outcome, error = Outcome.NOT_DONE, failure
        except Ended as end:
            outcome, error = Outcome.UNKNOWN, end
        if self.port.ended:
            outcome = Outcome.UNKNOWN
            evidence = self.recorded[-1] if self.recorded else None
        else:
            self.port.armed = self.port.due = False
            self.device.close()
        self.simulator.faults.pending.clear()
        left = self.port.now() - self.port.happened if self.port.happened is not None else 0.0
        self.simulator.advance(self.simulator.now + LONG)  # what was begun goes on
        return Said(outcome, error, evidence, left)

    def settle(self, evidence):
        """Ask in a session of another program."""
        device = self.kind.connect(self.simulator, self.recipe)
        try:
            device.open()
        except ReplyTimeout:  # it hangs
            self.simulator.power_cycle()
            device.open()
        found = device.settle(evidence)
        device.close()
        return found


@dataclass
class Tally:
    """What came of the cells of one operation."""

    cells: int = 0
    counts: Counter = field(default_factory=Counter)  # outcome, or 'settled'
    wrong: list[str] = field(default_factory=list)

    def add(self, run, words):
        """Run a cell and hold what is said of it against what was done."""
        self.cells += 1
        try:
            self._add(run)
        except Exception as error:
            self.wrong.append(f'{run.name}, {words}: {type(error).__name__} {error}')

    def _add(self, run):
        said = run.call()
        done = run.done()
        recipe = run.recipe
        self.counts[said.outcome] += 1
        if said.outcome is Outcome.DONE:
            ever = tuple(map(any, zip(done, run.forgotten or done)))
            assert all(ever) or not recipe.tells, f'said to be done, and done are {done}'
        elif said.outcome is Outcome.NOT_DONE:
            assert not all(done) and recipe.refused(said.error, done), (
                f'said not to be done, and done are {done}: {said.error!r}')
        if run.port.what in LEAVING and run.port.happened is not None:
            assert said.left < AT_ONCE, f'left after {said.left:.1f} s'
        if said.evidence is not None:
            self._settle(run, said, done)
        elif run.port.ended:
            assert not (run.is_once and run.recipe.settles and any(done)), (
                f'nothing was recorded, and done are {done}')
        else:
            assert not (isinstance(said.error, OutcomeUnknown) and run.recorded), (
                f'a doubt without its evidence: {said.error}')

    def _settle(self, run, said, done):
        found = run.settle(said.evidence)
        recipe = run.recipe
        self.counts['settled'] += found.outcome is not Outcome.UNKNOWN
        if recipe.numbers:
            gone = {number for number, part in zip(recipe.numbers, done) if part}
            assert set(found.gone) <= gone, f'{gone} are gone: {found}'
            assert gone <= {*found.gone, *found.in_doubt}, f'{gone} are gone: {found}'
        elif found.outcome is Outcome.DONE:
            assert all(done), f'done are {done}: {found}'
        elif found.outcome is Outcome.NOT_DONE:
            assert not any(done), f'done are {done}: {found}'
        if recipe.settles and recipe.enough(said.evidence) and (
                recipe.numbers or all(done) or not any(done)):
            assert found.outcome is not Outcome.UNKNOWN and not found.in_doubt, (
                f'unsettled, done are {done}: {found} of {said.evidence}')


def moments(port, device_type, every_byte=False):
    """Return the moments of what was said on a port, in order: (number of the chunk, Moment)."""
    codec, explain = device_type.codec_module(), device_type.explainer()
    found = []
    chunks = sorted([(n, '>', data) for n, data in port.sent]
                    + [(n, '<', data) for n, data in port.heard])
    places = {'>': 0, '<': 0}
    decoders = {'>': codec.Decoder(), '<': codec.Decoder()}
    begun = {'>': 0, '<': 0}
    for index, (number, way, data) in enumerate(chunks):
        for byte in data:
            places[way] += 1
            frames = decoders[way].feed(bytes([byte]))
            if frames:
                _of_frame(found, number, way, begun[way], places[way], explain, frames[-1],
                          every_byte)
                begun[way] = places[way]
        following = chunks[index + 1][1] if index + 1 < len(chunks) else ''
        if following != way and places[way] > begun[way]:
            frames = decoders[way].flush()
            _of_frame(found, number, way, begun[way], places[way], explain,
                      frames[-1] if frames else data.hex(' '), every_byte)
            begun[way] = places[way]
    return found


def _of_frame(found, number, way, start, end, explain, frame, every_byte):
    try:
        words = frame if isinstance(frame, str) else explain(frame)
    except Exception:
        words = str(frame)
    words = f'{way} {words[:60]}'
    if not found:
        found.append((number, Moment('>', 0, f'before {words}')))
    inside = range(start + 1, end) if every_byte else [(start + end) // 2]
    if way == '>':
        found += [(number, Moment(way, place, f'within {words}, byte {place - start}'))
                  for place in inside if start < place < end]
    else:
        found.append((number, Moment(way, start, f'{words} lost', end - start)))
        found += [(number, Moment(way, place, f'{words} cut at byte {place - start}', end - place))
                  for place in inside if start < place < end]
    found.append((number, Moment(way, end, f'behind {words}')))


def sample(items, marks, most):
    """Return at most `most` of (number, item): those behind the marks, and others spread."""
    if most is None or len(items) <= most:
        return [item for _, item in items]
    chosen = set()
    each = max(1, most // 2 // max(1, len(marks)))
    for mark in marks[:most // 2]:
        behind = [index for index, (number, _) in enumerate(items) if number >= mark]
        chosen.update(behind[:each])
    rest = [index for index in range(len(items)) if index not in chosen]
    places = most - len(chosen)
    chosen.update(rest[round(k * (len(rest) - 1) / max(1, places - 1))] for k in range(places))
    return [items[index][1] for index in sorted(chosen)]


def occasions(run):
    """Run cleanly, and return the occasions of each fault: fault -> [(chunk, which)]."""
    found = {}
    happens = run.simulator.faults.happens

    def watch(what):
        if run.port.armed:
            seen = found.setdefault(what, [])
            seen.append((run.port.chunks, len(seen)))
        return happens(what)

    run.simulator.faults.happens = watch
    said = run.call()
    assert said.outcome is Outcome.DONE, f'{run.name}, undisturbed: {said}'
    assert all(run.done()), f'{run.name}, undisturbed: done are {run.done()}'
    return found


def matrix(kind, name, most=None, every_byte=False):
    """Run all cells of an operation, or a sample: `most` moments, and occasions of a fault."""
    tally = Tally()
    clean = Run(kind, name)
    faults = occasions(clean)
    for moment in sample(moments(clean.port, kind.type, every_byte), clean.marks, most):
        for what in DISTURBANCES:
            if what in clean.recipe.left_out:
                continue
            tally.add(Run(kind, name, moment, what), f'{what} {moment}')
    for what in kind.faults:
        if what in kind.lies or what in clean.recipe.left_out:
            continue
        for skip in sample(faults.get(what, []), clean.marks, most and 4):
            for words, times in (('once', 1), ('always', ALWAYS)):
                if f'{what}, {words}' in {*kind.lies, *clean.recipe.left_out}:
                    continue
                run = Run(kind, name)
                run.simulator.misbehave(what, times, skip=skip)
                tally.add(run, f'{what}, {words}, from occasion {skip} on')
    return tally


def disturbed(kind, name, words, what, which=0):
    """Return a run, armed, of which that happens at the moment that is called so."""
    clean = Run(kind, name)
    clean.call()
    found = [moment for _, moment in moments(clean.port, kind.type)]
    there = [moment for moment in found if moment.words.startswith(words)]
    assert len(there) > which, f'{words}: there are {[str(moment) for moment in found]}'
    run = Run(kind, name, there[which], what)
    run.port.arm()
    return run

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What is done to a device for a report, level by level. Verdicts the trace alone gives.

What is changed is written down before (`Journal`), put back at once, and compared in the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
import hashlib
from typing import Any, Protocol

from camera_driver.abilities import (
    ControlsExposure, HasClock, ProtectsImages, Routes, StoresImages, TakesPictures)
from camera_driver.conform.facts import Fact, Level
from camera_driver.conform.judge import ANSWERS, REFUSALS, SILENCES
from camera_driver.device import Device, no_progress
from camera_driver.errors import (
    Cancelled, DeviceError, Forbidden, NotSupported, OutcomeUnknown, PortError, Refused)
from camera_driver.model import Access, Exposure, Picture, Setting, SettingValue, StoredImage

TRIES = 6  # of a question, until its answers are clear
PRESET = 1  # of a device that routes: it holds one with this number, whatever its count
QUANTITIES = ('exposure_time', 'f_number', 'iso')


@dataclass(frozen=True)
class Change:
    """What is about to be changed, and what to put back; JSON values."""

    what: str  # 'setting', 'exposure', 'preset', 'preset name', 'picture'
    name: str
    before: Any = None

    def __str__(self) -> str:
        return f'{self.what} {self.name}'


class Journal(Protocol):
    """Where changes are written down before they are made; it outlives the program."""

    def changing(self, change: Change) -> None:
        """Write down what is about to be changed."""
        ...

    def restored(self, change: Change) -> None:
        """Strike it out: it is as it was."""
        ...


def restore(device: Device, change: Change) -> bool:
    """Put back what was changed; returns whether it could be. Raises DeviceError."""
    if change.what == 'setting':
        device.set(change.name, change.before)
    elif change.what == 'exposure' and isinstance(device, ControlsExposure):
        device.set_exposure(_only(change.name, change.before), nearest=True)
    elif change.what == 'preset' and isinstance(device, Routes):
        device.set_preset(int(change.name), change.before)
    elif change.what == 'preset name' and isinstance(device, Routes):
        device.set_preset_name(int(change.name), change.before)
    else:
        return False
    return True


def ask(device: Device, question: bytes) -> None:
    """
    Ask until the answer is clear to whoever reads the trace: well ahead of any other.

    Raises PortError, Cancelled: nothing can be asked any more.
    """
    seen: Counter[bytes | str] = Counter()
    for _ in range(TRIES):
        try:
            answer: bytes | str = device.send_message(question)
            needed = ANSWERS if answer else SILENCES  # nothing may be silence, with some types
        except (Forbidden, NotSupported, ValueError):
            return  # the driver knows better
        except Refused:
            answer, needed = 'no', REFUSALS
        except (PortError, Cancelled):
            raise
        except DeviceError:
            answer, needed = 'silence', SILENCES
        seen[answer] += 1
        others = max((times for other, times in seen.items() if other != answer), default=0)
        if seen[answer] - others >= needed:
            return


class Steps:
    """
    The levels, each a generator of what was done; words without values, which may be private.

    `say` is told what is under way. `pictures` are those that were downloaded, by name.
    """

    def __init__(self, device: Device, facts: Sequence[Fact], journal: Journal,
                 say: Callable[[str], None] = no_progress) -> None:
        self._device, self._facts, self._journal, self._say = device, facts, journal, say
        self._own: StoredImage | None = None  # the picture that was taken here
        self.pictures: dict[str, bytes] = {}

    def go(self, level: Level) -> Iterator[str]:
        """Do all levels up to this one."""
        yield from self._look()
        if level.includes(Level.CAPTURE):
            yield from self._capture(level)
        if level.includes(Level.ALL):
            yield from self._all()
        self._say('echo')
        with _going_on():  # behind a silence: that it still answers
            self._device.questions()['echo']()

    # Look.

    def _look(self) -> Iterator[str]:
        self._say('self-test')
        for result in self._device.self_test():
            yield f'self-test, {result.name}: {"passed" if result.passed else "FAILED"}'
        yield from self._questions(Level.LOOK)

    def _questions(self, level: Level) -> Iterator[str]:
        questions = list(dict.fromkeys(
            question for fact in self._facts if fact.level is level
            for question in fact.questions))
        for number, question in enumerate(questions, 1):
            self._say(f'question {number} of {len(questions)}')
            ask(self._device, question)
        if questions:
            yield f'{len(questions)} questions asked'

    # Capture.

    def _capture(self, level: Level) -> Iterator[str]:
        device = self._device
        before = self._held()
        for name, held in before.items():
            other = _other(device.setting(name), held)
            if other is not None:
                yield self._to_and_fro(Change('setting', name, held),
                                       partial(device.set, name, other))
        if isinstance(device, ControlsExposure) and not device.EXPOSURE_SETTINGS:
            yield from self._exposures(device)
        if isinstance(device, Routes):
            yield from self._presets(device)
        yield from self._put_back(before)
        yield from self._questions(Level.CAPTURE)
        if isinstance(device, TakesPictures):
            yield from self._picture(device, level)
            yield from self._questions(Level.CAPTURE)  # some answers are to be others by now

    def _held(self) -> Mapping[str, SettingValue]:
        """Return the settings that are set to and fro, as they are."""
        held: dict[str, SettingValue] = {}
        for name, setting in self._device.settings().items():
            if setting.access is not Access.READ_WRITE or setting.momentary or not (
                    setting.words or _bounded(setting)):
                continue
            with _going_on():
                value = self._device.get(name)
                if value is not None:
                    held[name] = value
        return held

    def _to_and_fro(self, change: Change, put: Callable[[], object]) -> str:
        """Change something and put it back, whatever happens in between."""
        self._say(str(change))
        self._journal.changing(change)
        words = 'to and fro'
        try:
            put()
        except (PortError, Cancelled):
            raise
        except (DeviceError, ValueError):
            words = 'not taken'
        finally:
            with _going_on():
                restore(self._device, change)
                self._journal.restored(change)
        return f'{change}: {words}'

    def _exposures(self, device: ControlsExposure) -> Iterator[str]:
        ranges, held = device.exposure_ranges(), device.exposure()
        for name in QUANTITIES:
            value: float | None = getattr(held, name)
            if name in ranges and value is not None:
                there = ranges[name]
                other = there.maximum if value < there.maximum else there.minimum
                yield self._to_and_fro(Change('exposure', name, value), partial(
                    device.set_exposure, _only(name, other), nearest=True))

    def _presets(self, device: Routes) -> Iterator[str]:
        inputs, name = list(device.preset(PRESET)), device.preset_name(PRESET)
        yield self._to_and_fro(Change('preset', str(PRESET), inputs), partial(
            device.set_preset, PRESET, [*inputs[1:], inputs[0] % device.INPUTS + 1]))
        yield self._to_and_fro(Change('preset name', str(PRESET), name),
                               partial(device.set_preset_name, PRESET, 'CONFORM'))

    def _put_back(self, before: Mapping[str, SettingValue]) -> Iterator[str]:
        """Compare with what was held, as one setting may have changed another; put that back."""
        for name, value in self._held().items():
            if value != before.get(name, value):
                change = Change('setting', name, before[name])
                self._journal.changing(change)
                with _going_on():
                    restore(self._device, change)
                    if self._device.get(name) == before[name]:
                        self._journal.restored(change)
                        yield f'{change}: changed by another setting, and put back'
        yield f'{len(before)} settings compared'

    def _picture(self, device: TakesPictures, level: Level) -> Iterator[str]:
        self._say('picture')
        try:
            shot = device.capture()
        except (PortError, Cancelled):
            raise
        except OutcomeUnknown:
            yield 'picture: it is unknown whether one was taken'
            return
        except DeviceError:
            yield 'picture: refused'
            return
        yield 'picture: one taken'
        if not isinstance(device, StoresImages) or shot.image_index is None:
            return
        index = shot.image_index
        change = Change('picture', str(index))
        if level.includes(Level.ALL):  # else it is meant to stay
            self._journal.changing(change)
        with _going_on():
            for _ in range(ANSWERS):
                self._own, = device.list_images(indices=[index])
            self._say('download')
            yield self._downloaded('picture', device.download(index))
            self._say('thumbnail')
            for _ in range(ANSWERS):  # a short one: twice, so that its length is certain
                thumbnail = device.thumbnail(index)
            yield self._downloaded('thumbnail', thumbnail)

    def _downloaded(self, what: str, picture: Picture) -> str:
        self.pictures[f'{what}.{picture.format}'] = picture.data
        return (f'{what}: {len(picture.data)} bytes, '
                f'SHA-256 {hashlib.sha256(picture.data).hexdigest()}')

    # All.

    def _all(self) -> Iterator[str]:
        device, own = self._device, self._own
        if isinstance(device, HasClock):
            self._say('clock')
            with _going_on():
                shown = device.clock()
                if shown:
                    device.set_clock(shown)
                    yield 'clock: set to what it showed'
        if not own or not isinstance(device, StoresImages):
            return
        self._say('deletion')
        with _going_on():
            if isinstance(device, ProtectsImages):
                device.protect(own.index, True)
                device.protect(own.index, False)
                yield 'picture: protected and released'
            if list(device.list_images(indices=[own.index])) == [own]:
                device.delete([own.index])
                self._journal.restored(Change('picture', str(own.index)))
                yield 'picture: deleted'


@contextmanager
def _going_on() -> Iterator[None]:
    """Go on behind what a device refuses or leaves unanswered, as long as there is a line."""
    try:
        yield
    except (PortError, Cancelled):
        raise
    except (DeviceError, LookupError, ValueError):
        pass


def _only(quantity: str, value: float) -> Exposure:
    """Return one quantity of an exposure."""
    fields: dict[str, Any] = {quantity: value}
    return Exposure(**fields)


def _bounded(setting: Setting) -> bool:
    return (setting.kind in (int, float) and setting.minimum is not None
            and setting.maximum is not None)


def _other(setting: Setting, held: SettingValue) -> SettingValue | None:
    """Return another value that a setting can have; None: there is none."""
    if setting.words:
        return next((word for word in setting.words if word != held), None)
    values = setting.values or (setting.minimum, setting.maximum)
    return next((value for value in values if value is not None and value != held), None)

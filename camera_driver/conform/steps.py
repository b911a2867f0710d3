# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What is done to a device for a report, level by level; its verdicts the trace alone gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from camera_driver.conform.facts import Fact, Level
from camera_driver.conform.judge import ANSWERS, REFUSALS, SILENCES
from camera_driver.device import Device, no_progress
from camera_driver.errors import (
    Cancelled, DeviceError, Forbidden, NotSupported, PortError, Refused)

TRIES = 6  # of a question, until its answers are clear


def look(device: Device, facts: Sequence[Fact], say: Callable[[str], None] = no_progress
         ) -> Iterator[str]:
    """
    Ask what changes nothing: the self-test, and the questions of facts. Yields what was done.

    `say` is told what is under way.
    """
    say('self-test')
    for result in device.self_test():
        # Not the details: they may hold names.
        yield f'self-test, {result.name}: {"passed" if result.passed else "FAILED"}'
    questions = list(dict.fromkeys(
        question for fact in facts if fact.level is Level.LOOK for question in fact.questions))
    for number, question in enumerate(questions, 1):
        say(f'question {number} of {len(questions)}')
        ask(device, question)
    say('echo')
    _harmless(device)  # behind a silence: that it still answers
    yield f'{len(questions)} questions asked'


def ask(device: Device, question: bytes) -> None:
    """
    Ask until the answer is clear to whoever reads the trace.

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
        if seen[answer] >= needed:
            return


def _harmless(device: Device) -> None:
    try:
        device.questions()['echo']()
    except (PortError, Cancelled):
        raise
    except (DeviceError, KeyError):
        pass

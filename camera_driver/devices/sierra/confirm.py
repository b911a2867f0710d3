# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Sets: written, and read back. What the camera holds counts, not what it answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from camera_driver.errors import Cancelled, DeviceError, NotConfirmed, Refused
from camera_driver.operations import Attempt, line_lost

T = TypeVar('T')


def confirmed(what: str, write: Callable[[Attempt], None], read: Callable[[], T | None],
              good: Callable[[Any], bool]) -> T | None:
    """
    Write and return what is read back; None: the camera cannot tell.

    `what` is for messages: 'flash_mode: off'. Raises Refused (the camera said no, or holds
    something else), NotConfirmed (it was sent, and the camera could not be asked).
    """
    attempt = Attempt()
    trouble: BaseException | None = None
    try:
        write(attempt)
    except (DeviceError, KeyboardInterrupt) as error:
        if not attempt.sent:
            raise
        trouble = error
        if line_lost(error):
            raise _not_confirmed(what, error) from error
    try:
        held = read()
    except Refused as error:
        if isinstance(trouble, Refused):
            raise trouble from error
        held = None
    except (DeviceError, KeyboardInterrupt) as error:
        raise _not_confirmed(what, error) from (trouble or error)
    if held is None:
        if isinstance(trouble, Refused):
            raise trouble
        if trouble:
            raise _not_confirmed(what, trouble) from trouble
        return None
    if good(held):
        return held
    if trouble:
        raise trouble
    raise Refused(f'{what}: the camera took it and holds {held!r}')


def _not_confirmed(what: str, error: BaseException) -> NotConfirmed:
    why = 'interrupted' if isinstance(error, (Cancelled, KeyboardInterrupt)) else error
    return NotConfirmed(f'{what}: sent to the camera, and what it holds now could not be read '
                        f'back: {why}')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Upload of a picture into a sierra camera (sierra.md 6.11)."""

from __future__ import annotations

from camera_driver.devices.sierra.codec import Code, command
from camera_driver.devices.sierra.registers import Action, NUMBER, UPLOAD_MAGIC
from camera_driver.devices.sierra.session import MAX_PICTURE, SierraSession
from camera_driver.errors import Refused
from camera_driver.model import ProgressCallback

MIN_BATTERY = 5  # percent; 0 is what cameras say that do not know (register 16, G)


def send(session: SierraSession, data: bytes, progress: ProgressCallback | None = None) -> None:
    """
    Send a picture and have it stored.

    The packets are sent from the first one again after a lost session; the store is done once.
    Raises as `SierraSession.act`.
    """
    def transfer() -> None:
        session.write_int(NUMBER['upload_magic'], UPLOAD_MAGIC)
        session.exchange.upload(NUMBER['upload_data'], data, progress)
        session.exchange.listen()  # a session that is lost by now has lost the picture too

    store = command(Code.ACTION, Action.STORE_UPLOAD, 0)
    session.once(store, lambda attempt: session.exchange.act(store, False, None, attempt),
                 transfer)


def check(session: SierraSession, data: bytes) -> None:
    """
    Check what has to be so before a picture is sent.

    Raises ValueError (no picture can be so small or large), Refused (no room, battery low).
    """
    name = session.port.name
    if not 0 < len(data) <= MAX_PICTURE:
        raise ValueError(f'{len(data)} bytes are not a picture; allowed: 1 to {MAX_PICTURE}')
    free = session.read_int(NUMBER['memory_free'])
    if free < len(data):
        raise Refused(f'{name}: the picture has {len(data)} bytes and the camera {free} left; '
                      'delete images first')
    battery = _battery(session)
    if 0 < battery < MIN_BATTERY:
        raise Refused(f'{name}: its battery is at {battery}%; uploads need {MIN_BATTERY}%')


def _battery(session: SierraSession) -> int:
    """Return percent; 0: the camera does not say."""
    try:
        return session.read_int(NUMBER['battery_percent'])
    except Refused:
        return 0

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The components of a system on their links: who hears what, and how it is written. No threads.

Nothing is routed from one link to another: routers do that, and twice is once too often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
import logging
from pathlib import Path
import re
import traceback
from typing import Any

from pymavlink.dialects.v20 import common as mavlink

from camera_driver.errors import StorageError
from camera_driver.mavlink.autopilot import Autopilot
from camera_driver.mavlink.camera import Camera
from camera_driver.mavlink.component import Component
from camera_driver.mavlink.images import Images, Store

log = logging.getLogger(__name__)

SIGNATURE_EPOCH = 1420070400  # s UTC, 2015-01-01: signatures count 10 us from there


class Link:
    """One link: what is said on it, as bytes."""

    def __init__(self, name: str, number: int, write: Callable[[bytes], None],
                 key: bytes | None = None, datagrams: bool = False) -> None:
        """
        Begin.

        :param number: of this link in signatures.
        :param key: 32 bytes, with which all is signed; what is not is then not heard.
        :param datagrams: whether each piece that is received begins with a message.
        """
        self.name = name
        self._number = number
        self._write = write
        self._key = key
        self._datagrams = datagrams
        self._decoder = self._codec(0, 0)
        self._decoder.robust_parsing = True
        self._encoders: dict[tuple[int, int], Any] = {}

    def _codec(self, system: int, component: int) -> Any:
        codec = mavlink.MAVLink(None, system, component)
        if self._key:
            codec.signing.secret_key = self._key
            codec.signing.link_id = self._number
            codec.signing.sign_outgoing = True
        return codec

    def decode(self, data: bytes, utc: float) -> list[Any]:
        """Return the messages that bytes complete; what is damaged, or not known, is left out."""
        if self._datagrams:
            self._decoder.buf.clear()  # of a piece that was cut off
            self._decoder.buf_index = 0
        self._stamp(self._decoder, utc)
        return [message for message in self._decoder.parse_buffer(data) or ()
                if message.get_msgId() >= 0 and message.get_type() != 'BAD_DATA']

    def send(self, system: int, component: int, message: Any, utc: float) -> None:
        """Write a message of a component."""
        encoder = self._encoders.setdefault((system, component), self._codec(system, component))
        self._stamp(encoder, utc)
        data = message.pack(encoder)
        encoder.seq = (encoder.seq + 1) % 256
        self._write(bytes(data))

    def _stamp(self, codec: Any, utc: float) -> None:
        codec.signing.timestamp = max(codec.signing.timestamp,
                                      int((utc - SIGNATURE_EPOCH) * 1e5))


class System:
    """Cameras as components of one system. Of one thread."""

    def __init__(self, system: int, cameras: Mapping[str, Camera], store: Store,
                 clock: Callable[[], float], utc: Callable[[], float], definitions: str = ''
                 ) -> None:
        """
        Begin, with no links.

        :param definitions: where definitions can be had by HTTP; empty: by MAVLink FTP alone.

        Raises ValueError for too many cameras, StorageError.
        """
        self._system = system
        self._clock = clock
        self._utc = utc
        self.links: list[Link] = []
        self.components: dict[str, Component] = {}
        ids = store.components(list(cameras))
        self.autopilot = Autopilot(system, partial(self._send, min(ids.values(), default=0)),
                                   clock, utc)
        for name, camera in cameras.items():
            self.components[name] = Component(
                system, ids[name], camera, Images(store, name), partial(self._send, ids[name]),
                clock, utc, self.autopilot.track, definitions)

    def receive(self, link: Link, data: bytes) -> None:
        """Take what came by a link."""
        for message in link.decode(data, self._utc()):
            sender = message.get_srcSystem(), message.get_srcComponent()
            guarded(partial(self.autopilot.receive, message, link))
            for one in self.components.values():
                if sender != (self._system, one.component):  # a loop of links
                    guarded(partial(one.receive, message, link))

    def definition(self, path: str) -> bytes | None:
        """Return the definition that has a path by HTTP; None: there is none. From any thread."""
        return next((one.definition.text for one in self.components.values()
                     if path == f'/camera_{one.component}.xml'), None)

    def tick(self) -> float:
        """Do what is due and return when to call again [s]."""
        due = [guarded(one.tick) for one in self.components.values()]
        return min((one for one in due if one is not None), default=self._clock() + 1.0)

    def _send(self, component: int, message: Any, link: Link | None) -> None:
        for one in self.links if link is None else [link]:
            one.send(self._system, component, message, self._utc())


def guarded(work: Callable[[], float | None]) -> float | None:
    """Do something; a defect that one message meets must not silence all cameras."""
    try:
        return work()
    except Exception:
        log.error('%s', traceback.format_exc())
        return None


def read_key(path: Path) -> bytes:
    """
    Return the key that signs messages: 64 hexadecimal digits in a file.

    Raises StorageError when it cannot be read, ValueError when it is no key.
    """
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f'{path}: {error}; name the file with the signing key') from None
    if not re.fullmatch('[0-9a-fA-F]{64}', text):
        raise ValueError(f'{path}: not a signing key: 64 hexadecimal digits are; of a passphrase '
                         'they are printed by: printf %s PASSPHRASE | sha256sum | cut -c-64')
    return bytes.fromhex(text)

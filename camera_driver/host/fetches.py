# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The pictures that shots wait for: fetched by the shot, whatever comes between.

What is to be fetched is in the ledger, so it outlives a lost link and a restart. A picture is
looked for by what the ledger knows of its shot, as its number changes when others are deleted.
What goes wrong with one picture alone counts against it, MOST_TRIES times; what goes wrong with
the link, the disk or the program does not, and ends the round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from operator import methodcaller
from typing import Any, Protocol

from camera_driver.errors import (
    Cancelled, DamagedPicture, DeviceError, NotSupported, ProtocolError, Refused, ReplyTimeout)
from camera_driver.model import Identity, StoredImage

MOST_TRIES = 3

# What goes wrong with one picture alone; anything else will go wrong with the next as well.
ONE_PICTURE = (
    DamagedPicture, ProtocolError, Refused, ReplyTimeout, NotSupported, IndexError)


class NotFetched(Enum):
    """What became of a picture that was not fetched."""

    WAITING = 'waiting'  # it is tried again
    FAILED = 'failed'  # given up
    GONE = 'gone'  # not in the camera any more


class Fetch(Protocol):
    """A shot whose picture is to be fetched."""

    @property
    def shot_id(self) -> str:
        """What the ledger knows it by."""

    @property
    def image_index(self) -> int | None:
        """The camera's number of its picture, at last."""

    @property
    def tries(self) -> int:
        """How many failed by the picture's own fault."""


class Camera(Protocol):
    """What is asked of whoever has the camera; all but `lives` raise what a device does."""

    def list_stored(self, indices: Sequence[int] | None) -> Sequence[StoredImage]:
        """Return what is stored, and let the ledger learn from it."""

    def fetch(self, image: StoredImage) -> None:
        """Download an image, check, save and record it."""

    def lives(self) -> bool:
        """Say whether the device still answers."""

    def not_fetched(self, fetch: Any, what: NotFetched, why: Exception | None,
                    image: StoredImage | None) -> None:
        """Hear of a picture that was not fetched; `image` if it was found."""


class Fetches:
    """The pictures that one camera's shots wait for."""

    def __init__(self, ledger: Callable[[Callable[[Any], Any]], Any], now: Callable[[], float],
                 camera: Camera, words: Callable[[Exception], str] = str) -> None:
        """
        Begin with an open ledger.

        :param ledger: does something with it, in its one thread at a time.
        :param now: Unix seconds.
        :param words: says an error for the ledger.
        """
        self._ledger = ledger
        self._now = now
        self._camera = camera
        self._words = words

    def run(self, identity: Identity, wanted: Callable[[], bool]) -> bool:
        """Fetch one after the other, each once, while `wanted`; say whether some still wait."""
        tried: set[str] = set()
        while wanted():
            waiting = self._ledger(lambda ledger: ledger.to_fetch(identity))
            fetch = next((one for one in waiting if one.shot_id not in tried), None)
            if fetch is None:
                return bool(waiting)
            tried.add(fetch.shot_id)
            if not self._fetch(identity, fetch):
                return True
        return False

    def _fetch(self, identity: Identity, fetch: Fetch) -> bool:
        """Fetch the picture of a shot; says whether it is any use to go on with the next."""
        image: StoredImage | None = None
        try:
            image = self._look_for(identity, fetch)
            if image is None:
                self._failed(fetch, NotFetched.GONE)
                return True
            if self._waits(identity, fetch):
                self._camera.fetch(image)
        except ONE_PICTURE as error:
            own = self._camera.lives()
            last = own and fetch.tries + 1 >= MOST_TRIES
            self._failed(fetch, NotFetched.FAILED if last else NotFetched.WAITING, error, own,
                         image)
            return own
        except Cancelled:
            return False
        except DeviceError as error:
            self._failed(fetch, NotFetched.WAITING, error, False, image)
            return False
        return True

    def _look_for(self, identity: Identity, fetch: Fetch) -> StoredImage | None:
        """Return the picture of a shot; None: the camera does not hold it any more."""
        for indices in ([fetch.image_index] if fetch.image_index else None, None):
            try:
                listed = self._camera.list_stored(indices)
            except IndexError:
                continue
            for image in listed:
                shot = self._ledger(methodcaller('shot_of', identity, image))
                if shot and shot.shot_id == fetch.shot_id:
                    return image
        return None

    def _waits(self, identity: Identity, fetch: Fetch) -> bool:
        """Say whether a picture was not downloaded before it was known whose it is."""
        return any(one.shot_id == fetch.shot_id
                   for one in self._ledger(lambda ledger: ledger.to_fetch(identity)))

    def _failed(self, fetch: Fetch, what: NotFetched, error: Exception | None = None,
                own: bool = True, image: StoredImage | None = None) -> None:
        why = self._words(error) if error else ''
        over = None if what is NotFetched.WAITING else what.value
        self._ledger(lambda ledger: ledger.not_fetched(fetch, why, self._now(), own, over))
        self._camera.not_fetched(fetch, what, error, image)

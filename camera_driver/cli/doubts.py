# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What a command leaves in doubt: asked of the device by the next command at the same port.

The evidence of a once operation is a file from before it is sent until its outcome is known, or
the device has been asked for it. It outlives a killed process. Where no file can be written,
nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
import json
import logging
import os
from pathlib import Path
import sys
import time
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from camera_driver.cli.output import clean
from camera_driver.errors import DeviceError, OutcomeUnknown

if TYPE_CHECKING:
    from camera_driver.device import Device
    from camera_driver.model import Identity
    from camera_driver.operations import Evidence

log = logging.getLogger(__name__)


def state_folder() -> Path:
    """Return where commands keep what the next one has to know."""
    state = os.environ.get('XDG_STATE_HOME') or '~/.local/state'
    return Path(os.path.expanduser(state)) / 'camera_driver'


class Doubts:
    """The operation in doubt of the devices of one type at one port, if there is one."""

    def __init__(self, device_type: str, port: str) -> None:
        """Look for the file in ${XDG_STATE_HOME}/camera_driver."""
        self.path = state_folder() / f'doubt-{device_type}-{quote(port, "")}.json'

    def settle(self, device: Device, identity: Identity) -> None:
        """Say on stderr what became of an operation that an earlier command left in doubt."""
        from camera_driver.model import Identity
        try:
            kept: dict[str, Any] = json.loads(self.path.read_text())
            if not identity.same_device(Identity(**kept['identity'])):
                return
            when, evidence = time.localtime(kept['time']), kept['evidence']
            found = device.settle(evidence)
        except FileNotFoundError:
            return
        except DeviceError as error:
            print(clean(f'camera-driver: an earlier command is in doubt, and the device could not '
                        f'be asked: {error}'), file=sys.stderr)
            return
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning('%s: %r', self.path, error)
            return
        image = '' if found.image_index is None else f' (picture {found.image_index})'
        doubt = '' if identity.verifiable else ', if it is the same device'
        what = f'{evidence["operation"]} of {time.strftime("%Y-%m-%d %H:%M:%S", when)}'
        print(clean(f'camera-driver: what an earlier command left in doubt, {what}: '
                    f'{found.outcome.value}{image}{doubt}: {found.words}'), file=sys.stderr)
        self._forget()

    @contextmanager
    def record(self, identity: Identity, evidence: Evidence) -> Iterator[None]:
        """Keep the evidence of an operation until its outcome is known."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, 'w') as file:
                json.dump({'time': time.time(), 'identity': asdict(identity),
                           'evidence': evidence}, file)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, TypeError) as error:
            log.info('%s: %s', self.path, error)
        try:
            yield
        except BaseException as error:
            if isinstance(error, DeviceError) and not isinstance(error, OutcomeUnknown):
                self._forget()
            raise
        self._forget()

    def _forget(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

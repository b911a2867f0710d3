# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Where the passwords of the matrix come from: a file or the environment, never a parameter."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path

from camera_driver.devices.intelix.commands import password_bytes
from camera_driver.errors import Forbidden, naming, StorageError

VARIABLES: Mapping[str, str] = {
    'panel': 'INTELIX_PANEL_PASSWORD', 'admin': 'INTELIX_ADMIN_PASSWORD'}
"""Lock -> variable of the environment."""


def find(lock: str, file: str) -> bytes:
    """
    Return the password of a lock: what is in the file, if one is named, else the variable's.

    Raises StorageError, Forbidden (there is none), ValueError (it can be none); none tells it.
    """
    option = f'{lock}_password_file'
    if file:
        return read(option, Path(os.path.expanduser(file)))
    variable = VARIABLES[lock]
    if variable not in os.environ:
        raise naming(Forbidden('unlocking needs the password: put it into the environment as '
                               f'{variable}, or into a file, and name that'), option)
    return password_bytes(os.environ[variable], variable)


def read(what: str, path: Path) -> bytes:
    """Return the password that is the only line of a file."""
    try:
        text = path.read_text(encoding='utf-8')
    except OSError as error:
        raise StorageError(f'{what}: {path}: {error.strerror}') from error
    except UnicodeDecodeError:
        raise ValueError(f'{what}: {path} is not a text file') from None
    return password_bytes(text.rstrip('\r\n'), f'{what}: {path}')

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Signatures by OpenSSH, which owners have: `ssh-keygen -Y sign` and `verify`."""

from __future__ import annotations

from pathlib import Path
import re
import subprocess
from tempfile import TemporaryDirectory

from camera_driver.errors import StorageError

NAMESPACE = 'camera-driver'


def sign(data: bytes, key: Path) -> bytes:
    """
    Return the signature of data by a private key, or by ssh-agent with that of a public one.

    ssh-keygen asks for a passphrase itself. Raises StorageError.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / 'data'
        file.write_bytes(data)
        _run('the report was not signed', '-Y', 'sign', '-n', NAMESPACE, '-f', str(key), str(file))
        return file.with_suffix('.sig').read_bytes()


def signer(data: bytes, signature: bytes, signers: Path | None = None) -> str:
    """
    Return who signed data: the fingerprint of the key, and with `signers` a name.

    :param signers: an allowed signers file (ssh-keygen(1)).

    Raises StorageError when it is not the signature of these data, or not of one of these.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / 'data.sig'
        file.write_bytes(signature)
        wrong = 'the signature is not that of this report'
        said = _run(wrong, '-Y', 'check-novalidate', '-n', NAMESPACE, '-s', str(file), data=data)
        found = re.search(r'with (\S+) key (\S+)', said)
        name = ''
        if signers:
            unknown = f'it is signed by nobody whom {signers} names'
            name = _run(unknown, '-Y', 'find-principals', '-s', str(file), '-f',
                        str(signers)).splitlines()[0]
            _run(unknown, '-Y', 'verify', '-n', NAMESPACE, '-I', name, '-f', str(signers), '-s',
                 str(file), data=data)
        return f'{name} {found[2] if found else said}'.strip()


def _run(wrong: str, *words: str, data: bytes | None = None) -> str:
    """Run ssh-keygen and return what it said. Raises StorageError that begins with `wrong`."""
    try:
        done = subprocess.run(['ssh-keygen', *words], input=data, capture_output=True, check=False)
    except OSError as error:
        raise StorageError(f'{wrong}: ssh-keygen (OpenSSH 8.1 or later) cannot be run: '
                           f'{error.strerror}') from error
    said = (done.stdout or done.stderr).decode(errors='replace').strip()
    if done.returncode:
        raise StorageError(f'{wrong}: {said or done.stderr.decode(errors="replace").strip()}')
    return said

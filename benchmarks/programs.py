# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The programs that download from the same camera: `camera-driver`, gphoto2, photopc."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import os
from pathlib import Path
import shutil
import subprocess

from peers.clients import Gphoto2, Photopc, Run, run_measured

ROOT = Path(__file__).resolve().parent.parent
BAUDRATE = 115200
TIMEOUT = 120.0  # s

Download = Callable[[int], Run]


def programs(port: str, directory: Path) -> Mapping[str, Download]:
    """Return name -> function that downloads one picture, and measures the whole command."""
    directory.mkdir()
    modem = directory / 'modem.so'
    subprocess.run(['gcc', '-shared', '-fPIC', '-o', str(modem),
                    str(ROOT / 'test/peers/modem.c'), '-ldl'], check=True)
    gphoto2 = Gphoto2(port, 'Olympus C-860L', BAUDRATE, directory / 'gphoto2', modem)
    photopc = Photopc(port, BAUDRATE, directory / 'photopc')
    own = shutil.which('camera-driver')
    if own is None:
        raise RuntimeError('camera-driver is not in PATH: . install/setup.sh')

    def ours(index: int) -> Run:
        return run_measured(
            [own, 'sierra', '--port', port, 'download', str(index), '--directory', 'own'],
            directory, os.environ, TIMEOUT)

    return {
        'camera-driver sierra download': ours,
        'photopc image': lambda index: photopc.run(
            'image', str(index), f'{index}.jpg', timeout=TIMEOUT),
        'gphoto2 --get-file': lambda index: gphoto2.run(
            '--force-overwrite', '--get-file', str(index), timeout=TIMEOUT),
    }

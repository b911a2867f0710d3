# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Shared memory, by which Fast DDS hands messages to other processes on the same computer."""

import fcntl
import os
from pathlib import Path
import re
import time

from ament_index_python.packages import get_package_share_directory

PROFILES = 'FASTRTPS_DEFAULT_PROFILES_FILE'
FOLDER = '/dev/shm'
SEGMENT = 128 << 20  # bytes; that of config/large_images_fastdds.xml
SMALL_SEGMENTS = 2 << 20  # bytes; what Fast DDS takes without it, and tracing


DEAD = re.compile('fastrtps_[0-9a-z]{16}_el')  # the lock of a process on its segment
YOUNG = 10.0  # s within which a process may not have locked its own yet


def remove_dead() -> None:
    """
    Remove the segments of processes that were killed.

    Nobody else does, unless told to (fastdds shm clean): 128 MiB of memory for each kill.
    """
    for lock in Path(FOLDER).glob('fastrtps_*_el'):
        try:
            if not DEAD.fullmatch(lock.name) or time.time() < lock.stat().st_mtime + YOUNG:
                continue
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its owner holds it for life
                lock.with_name(lock.name.removesuffix('_el')).unlink(missing_ok=True)
                lock.unlink()
        except OSError:  # it lives, is another user's, or somebody else was quicker
            continue


def check_room() -> None:
    """Make room, and raise OSError where the middleware would end with a bus error."""
    remove_dead()
    free = _free()
    if free is not None and free < SMALL_SEGMENTS:
        raise OSError(f'{FOLDER} is full ({free / 1e3:.0f} kB left), and the middleware would end '
                      'with a bus error: remove what is old there, or make it larger '
                      '(docker run --shm-size=512m)')


def set_large_images() -> str:
    """
    Let images above 512 KiB through Fast DDS, where the user has no profile of his own.

    Where they have no room (a container has 64 MB by default) Fast DDS would do without shared
    memory at all; then its own segment is left, and what that means is returned.
    """
    if os.environ.get(PROFILES):
        return ''
    free = _free()
    if free is not None and free < SEGMENT + SMALL_SEGMENTS:
        return (f'{FOLDER} has {free / 1e6:.0f} MB left, and images want {SEGMENT / 1e6:.0f} MB: '
                'those above 512 KiB do not reach best-effort subscribers in other processes '
                '(docs/large_images.md)')
    os.environ[PROFILES] = str(Path(get_package_share_directory('camera_driver'), 'config',
                                    'large_images_fastdds.xml'))
    return ''


def _free() -> int | None:
    """Return the room for shared memory [bytes]; None: there is none, or nobody knows."""
    try:
        usage = os.statvfs(FOLDER)
    except OSError:
        return None
    return usage.f_bavail * usage.f_frsize

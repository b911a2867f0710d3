# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The computer: its clock and disks, and what ROS 2 and Fast DDS are told by the environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from importlib.util import find_spec
import math
import os
from pathlib import Path
import shutil

from camera_driver.doctor.findings import error, Finding, note, ok, warning
from camera_driver.host.clock import words as say

OLDEST = 2024  # a year before this one: the clock was never set
FULL, SCARCE = 100e6, 2e9  # bytes left
SAFE_DOMAIN, LAST_DOMAIN = 101, 232
SMALL_SEGMENTS, SEGMENT = 2 << 20, 128 << 20  # bytes; docs/large_images.md
PROFILES = 'FASTRTPS_DEFAULT_PROFILES_FILE'


def clock(now: float, wrong: float | None) -> Finding:
    """
    Judge the clock, from which pictures get their stamps.

    :param now: Unix seconds. `wrong`: by how much it may be [s], as `host.clock` says it.
    """
    words = datetime.fromtimestamp(now, timezone.utc).strftime('%Y-%m-%d %H:%M:%S UTC')
    if int(words[:4]) < OLDEST:
        return error('clock', f'it stands at {words}', 'set it: sudo timedatectl set-ntp true, or '
                     'sudo date -s; a computer without a battery needs the network or a GNSS '
                     'receiver (chrony) at every start')
    words = ', '.join(filter(None, [words, say(wrong)]))
    if wrong is not None and math.isinf(wrong):
        return warning('clock', words, 'stamps are worth as much as this clock: install chrony, '
                       'or sudo timedatectl set-ntp true')
    return ok('clock', words)


def disk(folder: Path, what: str) -> Finding:
    """Judge where something is to be written; the folder may not be there yet."""
    here = next((one for one in (folder, *folder.parents) if one.exists()), Path('/'))
    if not here.is_dir():
        return error('disk', f'{what}: {here} is not a directory', 'name another folder')
    if not os.access(here, os.W_OK | os.X_OK):
        return error('disk', f'{what}: {here} cannot be written', 'name another folder, or see to '
                     'its owner and to whether the disk is mounted read-only')
    left = shutil.disk_usage(here).free
    words = f'{what}: {here} has {left / 1e9:.1f} GB left'
    if left < FULL:
        return error('disk', words, 'make room')
    if left < SCARCE:
        return warning('disk', words, 'make room before the flight')
    return ok('disk', words)


def ros(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield whether the nodes would find ROS 2, and what its variables mean."""
    if find_spec('rclpy') is None:
        yield note('ROS', 'ROS 2 is not in this environment: commands for devices work, nodes do '
                   'not', 'source /opt/ros/jazzy/setup.bash and install/setup.bash')
        return
    distribution = environment.get('ROS_DISTRO', 'an unnamed distribution')
    if find_spec('camera_driver.msg') is None:
        yield error('ROS', f'{distribution}, without the messages of this package',
                    'source install/setup.bash of the workspace in which it was built')
    else:
        yield ok('ROS', distribution)
    yield from _domain(environment)
    middleware = environment.get('RMW_IMPLEMENTATION', '')
    if middleware not in ('', 'rmw_fastrtps_cpp'):
        yield note('middleware', f'{middleware}: this package was tried with rmw_fastrtps_cpp')
    if environment.get('ROS_LOCALHOST_ONLY') == '1':
        yield note('network', 'ROS_LOCALHOST_ONLY=1: nobody on another computer hears the nodes',
                   'ROS 2 Jazzy: ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST or SUBNET instead')
    elif environment.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '').upper() in ('OFF', 'LOCALHOST'):
        yield note('network', 'ROS_AUTOMATIC_DISCOVERY_RANGE='
                   f'{environment["ROS_AUTOMATIC_DISCOVERY_RANGE"]}: nobody on another computer '
                   'finds the nodes')
    yield from _profile(environment)


def _domain(environment: Mapping[str, str]) -> Iterator[Finding]:
    text = environment.get('ROS_DOMAIN_ID', '') or '0'
    if not text.isdigit() or int(text) > LAST_DOMAIN:
        yield error('network', f'ROS_DOMAIN_ID={text} is none: nodes end at once',
                    f'a number from 0 to {SAFE_DOMAIN}, the same on all computers')
    elif int(text) > SAFE_DOMAIN:
        yield warning('network', f'ROS_DOMAIN_ID={text}: its ports are among those that Linux '
                      'gives away', f'a number from 0 to {SAFE_DOMAIN}')
    else:
        yield ok('network', f'ROS_DOMAIN_ID={text}')


def _profile(environment: Mapping[str, str]) -> Iterator[Finding]:
    profile = environment.get(PROFILES, '')
    if profile and not Path(profile).is_file():
        yield error('large images', f'{PROFILES} names {profile}, which is not there',
                    'unset it: a node then sets its own')
    elif profile:
        yield note('large images', f'{PROFILES}={profile}: a node keeps your profile; with one '
                   'that has no segment of its own, images above 512 KiB reach reliable '
                   'subscribers alone', 'docs/large_images.md')
    if 'FASTDDS_DEFAULT_PROFILES_FILE' in environment and not profile:
        yield note('large images', 'FASTDDS_DEFAULT_PROFILES_FILE is not read by the Fast DDS of '
                   'Jazzy', f'{PROFILES} is')


def shared_memory(folder: Path = Path('/dev/shm')) -> Iterator[Finding]:
    """Yield whether images have room where Fast DDS hands them on; nothing where there is none."""
    try:
        left = shutil.disk_usage(folder).free
    except OSError:
        return
    words = f'{folder} has {left / 1e6:.0f} MB left'
    if left < SMALL_SEGMENTS:
        yield error('shared memory', words, 'nodes end: remove what is old there, or make it '
                    'larger (docker run --shm-size=512m)')
    elif left < SEGMENT + SMALL_SEGMENTS:
        yield warning('shared memory', f'{words}: images above 512 KiB do not reach best-effort '
                      'subscribers in other processes', 'docker run --shm-size=512m '
                      '(docs/large_images.md)')
    else:
        yield ok('shared memory', words)

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A ROS 2 bag (MCAP or SQLite) as a track and as a log of exposure events, without ROS.

Topics are found by their type where there is one of it, and have to be named where there are more.
Stamps are those of the headers; when a message was recorded does not count. `rosbags` reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from camera_driver.errors import NotSupported, StorageError
from camera_driver.payload.messages import attitude_of, fix_of, gimbal_reader, seconds
from camera_driver.payload.readers import Read
from camera_driver.payload.track import Attitude, Fix

FIXES = ('sensor_msgs/msg/NavSatFix',)
ATTITUDES = ('sensor_msgs/msg/Imu', 'geometry_msgs/msg/QuaternionStamped')
JOINTS = ('sensor_msgs/msg/JointState',)
EVENTS = ('sensor_msgs/msg/TimeReference',)

R = TypeVar('R', Fix, Attitude)


class Unclear(ValueError):
    """A bag does not have what is wanted, or has it more than once; the text says what."""


def is_bag(path: Path) -> bool:
    """Say whether a path is that of a bag: a folder, or one of the files in it."""
    return path.is_dir() or path.suffix in ('.mcap', '.db3')


def read_bag(path: Path, fix_topic: str = '', attitude_topic: str = '', gimbal_topic: str = '',
             joints: Sequence[str] = (), axes: str = '') -> Read:
    """
    Read fixes, and attitudes and the angles of a gimbal where there are some.

    :param fix_topic: sensor_msgs/NavSatFix; this and `attitude_topic` (Imu or QuaternionStamped)
        may be empty where the bag has one topic of this type.
    :param gimbal_topic: sensor_msgs/JointState; empty: there is no gimbal.
    :param joints: of the gimbal, as `axes` as `gimbal_reader` has them.
    :raises NotSupported: rosbags is not installed.
    :raises StorageError: it cannot be read.
    :raises Unclear: a topic is not there, or more than one could be meant.
    """
    gimbal_of = gimbal_reader(joints, axes) if gimbal_topic else None
    with _opened(path) as bag:
        dropped: Counter[str] = Counter()
        fixes = _records(bag, _topic(bag, path, FIXES, fix_topic), fix_of, dropped)
        attitudes: list[Attitude] = []
        if attitude_topic or _topics(bag, ATTITUDES):
            attitudes = _records(bag, _topic(bag, path, ATTITUDES, attitude_topic), attitude_of,
                                 dropped)
        gimbal: list[Attitude] | None = None
        if gimbal_of:
            lacks: Counter[str] = Counter()
            gimbal = _records(bag, _topic(bag, path, JOINTS, gimbal_topic), gimbal_of, lacks)
            if not gimbal:
                words = ', '.join(f'{count} {reason}' for reason, count in lacks.items())
                raise Unclear(f'{path}: no gimbal angles on {gimbal_topic}: '
                              f'{words or "no messages"}')
            dropped += lacks
    return Read(fixes, attitudes, None, gimbal, dropped)


def read_events(path: Path, topic: str = '') -> Sequence[float]:
    """
    Return the stamps of exposure events (sensor_msgs/TimeReference) [s].

    :param topic: may be empty where there is one of this type.

    Raises what `read_bag` raises.
    """
    with _opened(path) as bag:
        return [time for message in _messages(bag, _topic(bag, path, EVENTS, topic))
                if (time := seconds(message))]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        from rosbags.rosbag2 import Reader
    except ImportError:
        raise NotSupported(f'{path} is a bag, and rosbags, which reads it, is not installed: '
                           'pip install rosbags') from None
    try:
        with Reader(path) as bag:
            yield bag
    except Unclear:
        raise
    except Exception as error:  # rosbags raises anything on damaged bytes
        raise StorageError(f'{path} cannot be read as a bag: '
                           f'{str(error) or type(error).__name__}') from error


def _topics(bag: Any, types: Collection[str]) -> list[str]:
    return sorted({one.topic for one in bag.connections if one.msgtype in types})


def _topic(bag: Any, path: Path, types: Collection[str], wanted: str) -> str:
    """Return the topic of a type that is wanted, or the only one."""
    there = _topics(bag, types)
    names = ' or '.join(one.replace('/msg/', '/') for one in types)
    if wanted and wanted not in there:
        raise Unclear(f'{path}: no {names} on {wanted}; there is: {", ".join(there) or "none"}')
    if not there:
        raise Unclear(f'{path}: no topic of {names} in it')
    if not wanted and len(there) > 1:
        raise Unclear(f'{path}: {names} on {", ".join(there)}: say which one')
    return wanted or there[0]


def _messages(bag: Any, topic: str) -> Iterator[Any]:
    from rosbags.typesys import get_typestore, Stores
    types = get_typestore(Stores.ROS2_JAZZY)
    for connection, _, data in bag.messages([one for one in bag.connections
                                             if one.topic == topic]):
        yield types.deserialize_cdr(data, connection.msgtype)


def _records(bag: Any, topic: str, read: Callable[[Any], R | str], dropped: Counter[str]
             ) -> list[R]:
    """Return what can be read of a topic, and count what cannot."""
    records: list[R] = []
    for message in _messages(bag, topic):
        record = read(message) if seconds(message) else 'without a stamp'
        if isinstance(record, str):
            dropped[record] += 1
        else:
            records.append(record)
    return records

# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Tracks and trigger logs from files: GPX, and CSV with a header line; `payload.bag` has ROS 2 bags.

What is unclear is refused, with file and line: a time without its zone, a height of which nobody
says what it is over, a column that is not known. A value that is a number and cannot be right is
the track's to drop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import csv
from datetime import datetime
from pathlib import Path
import re
from typing import NamedTuple
from xml.parsers import expat

from camera_driver.errors import StorageError
from camera_driver.payload.geometry import from_angles
from camera_driver.payload.track import Attitude, ELLIPSOID, Fix, MEAN_SEA_LEVEL

HEIGHTS = {'height': None, 'height_ellipsoid': ELLIPSOID, 'height_msl': MEAN_SEA_LEVEL}
ANGLES = ('yaw', 'pitch', 'roll')
ACCURACIES = ('horizontal_accuracy', 'vertical_accuracy')
RANGES = {'yaw': (-180, 360), 'pitch': (-90, 90), 'roll': (-180, 180)}
COLUMNS = ('time', 'latitude', 'longitude', *HEIGHTS, *ANGLES, *ACCURACIES)
UNIX = (315532800, 4102444800)  # 1980 to 2100: neither seconds of a GPS week nor milliseconds
ISO = re.compile(r'(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:?\d\d)?',
                 re.ASCII)


class Read(NamedTuple):
    """
    What a file of a track holds.

    `height_kind`: what its heights are over, if it says so; `gimbal`: None, there is none;
    `dropped`: what had neither a fix nor an attitude, by the reason.
    """

    fixes: Sequence[Fix]
    attitudes: Sequence[Attitude]
    height_kind: str | None
    gimbal: Sequence[Attitude] | None = None
    dropped: Mapping[str, int] = {}


def read_track(path: Path) -> Read:
    """
    Read a GPX or CSV file, told apart by its first character.

    :raises ValueError: it is neither, or unclear; the text names the line.
    :raises StorageError: it cannot be read.
    """
    return _gpx(path) if _bytes(path).lstrip(b'\xef\xbb\xbf \r\n\t')[:1] == b'<' else _csv(path)


def read_triggers(path: Path) -> Sequence[float]:
    """
    Return the times of a trigger log: the column `time` of a CSV file; others are not looked at.

    :raises ValueError: it is unclear; the text names the line.
    :raises StorageError: it cannot be read.
    """
    return [_time(row.get('time') or '', where) for where, row in _rows(path, ['time'])]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f'{path} cannot be read: {error.strerror}') from error


def _csv(path: Path) -> Read:
    fixes, attitudes = [], []
    kind = None
    for where, row in _rows(path, ['time', 'latitude', 'longitude']):
        height, = [name for name in HEIGHTS if name in row]
        kind = HEIGHTS[height]
        time = _time(row['time'], where)
        if _all_or_none(row, ('latitude', 'longitude', height), where):
            fixes.append(Fix(time, *(_number(row, name, where) for name in (
                'latitude', 'longitude', height)), *(
                    _number(row, name, where) if row.get(name) else None for name in ACCURACIES)))
        if _all_or_none(row, ANGLES, where):
            attitudes.append(Attitude(time, from_angles(*(
                _number(row, name, where) for name in ANGLES))))
    return Read(fixes, attitudes, kind)


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield file and line, and the cells by the name of their column."""
    try:
        text = _bytes(path).decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: not UTF-8 text at byte {error.start}') from None
    reader = csv.reader(text.splitlines())
    names = [name.strip().lower() for name in next(reader, [])]
    _check_header(f'{path}, line 1', names, needed)
    for cells in reader:
        where = f'{path}, line {reader.line_num}'
        if not any(cells):
            continue
        if len(cells) != len(names):
            raise ValueError(f'{where}: {len(cells)} cells under {len(names)} names of columns')
        yield where, dict(zip(names, map(str.strip, cells)))


def _check_header(where: str, names: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise ValueError(f'{where}: no column {", ".join(missing)}; the first line has to name '
                         f'the columns, with commas between them: {", ".join(COLUMNS)}')
    if len(set(names)) < len(names):
        raise ValueError(f'{where}: two columns of the same name')
    if list(needed) == ['time']:
        return
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise ValueError(f'{where}: {", ".join(unknown)} is none of {", ".join(COLUMNS)}')
    if sum(name in HEIGHTS for name in names) != 1:
        raise ValueError(f'{where}: one of {", ".join(HEIGHTS)} is needed')
    for group in (ANGLES, ACCURACIES):
        if 0 < sum(name in names for name in group) < len(group):
            raise ValueError(f'{where}: {", ".join(group)} belong together')


def _all_or_none(row: Mapping[str, str], names: Sequence[str], where: str) -> bool:
    """Say whether cells are filled; an attitude may be of another moment than a position."""
    filled = sum(bool(row.get(name)) for name in names)
    if 0 < filled < len(names):
        raise ValueError(f'{where}: {", ".join(names)}: all of them or none')
    return bool(filled)


def _number(row: Mapping[str, str], name: str, where: str) -> float:
    try:
        value = float(row[name])
    except ValueError:
        raise ValueError(f'{where}: {name} {row[name]!r} is not a number') from None
    low, high = RANGES.get(name, (value, value))
    if value < low or value > high:
        raise ValueError(f'{where}: {name} {value:g} is not from {low} to {high} degrees')
    return value


def _time(text: str, where: str) -> float:
    """Return Unix seconds of them, or of an ISO 8601 time with its zone."""
    iso = ISO.fullmatch(text)
    if iso and not iso[4]:
        raise ValueError(f'{where}: {text} has no zone; write {text}Z if it is UTC')
    try:
        if iso:
            zone = '+00:00' if iso[4] == 'Z' else f'{iso[4][:3]}:{iso[4][-2:]}'
            time = datetime.fromisoformat(f'{iso[1]}T{iso[2]}{zone}').timestamp()
            time += float(f'0.{iso[3] or 0}')
        else:
            time = float(text)
    except ValueError:
        raise ValueError(f'{where}: time {text!r} is neither Unix seconds nor ISO 8601') from None
    if not UNIX[0] <= time <= UNIX[1]:
        raise ValueError(f'{where}: time {text} is not Unix seconds: it would not be in 1980 to '
                         '2100')
    return time


def _gpx(path: Path) -> Read:
    parts: list[list[Fix]] = []
    point: dict[str, str] = {}
    inside: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def where() -> str:
        return f'{path}, line {parser.CurrentLineNumber}'

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name.rpartition(':')[2])
        if len(inside) == 1 and inside[0] != 'gpx':
            raise ValueError(f'{where()}: a GPX begins with gpx, not with {name}')
        if inside[-1] == 'trkseg':
            parts.append([])
        elif inside[-2:] == ['trkseg', 'trkpt']:
            point.clear()
            point.update(attributes)

    def text(data: str) -> None:
        if inside[-2:-1] == ['trkpt']:
            point[inside[-1]] = point.get(inside[-1], '') + data

    def end(name: str) -> None:
        if inside[-2:] == ['trkseg', 'trkpt']:
            missing = [name for name in ('lat', 'lon', 'ele', 'time') if name not in point]
            if missing:
                raise ValueError(f'{where()}: a trkpt without {", ".join(missing)}')
            parts[-1].append(Fix(_time(point['time'].strip(), where()), *(
                _number(point, name, where()) for name in ('lat', 'lon', 'ele'))))
        inside.pop()

    def entity(*_: object) -> None:
        raise ValueError(f'{where()}: entities are not read')

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = text, entity
    try:
        parser.Parse(_bytes(path), True)
    except expat.ExpatError as error:
        raise ValueError(f'{path}, line {error.lineno}: {expat.ErrorString(error.code)}') from None
    # Parts of a track may stand in any order, unlike the points of one.
    fixes = [fix for part in sorted(filter(None, parts), key=lambda part: part[0].time)
             for fix in part]
    if not fixes:
        raise ValueError(f'{path}: no trkpt in a trkseg in it; routes and waypoints have no times')
    return Read(fixes, [], None)
